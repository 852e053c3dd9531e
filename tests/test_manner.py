"""Ordinary words that direct a speaker: what each sets, what is denied, who wins, and what is told of words that nobody knows."""
import pytest

from chironomia.agent.direction import KINDS, Direction
from chironomia.agent.manner import Reading, read_manner
from chironomia.agent.manner_words import Role, lexicon
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.vocabulary import Formality, GestureFunction, Hands

GESTURES = frozenset(path.stem for path in bundled_gestures().glob("*.yaml"))
FIELDS = {"rate": "rate_per_min", "beats": "beats_per_min"}


def _read(text: str, base: Direction = Direction()) -> Reading:  # noqa: B008  # frozen
    return read_manner(text, base, GESTURES)


def _plain(direction: Direction) -> dict[str, object]:
    return {k: v for k, v in direction.model_dump().items() if k != "manner" and v != getattr(Direction(), k)}


def test_the_example_of_the_help_is_read_whole() -> None:
    reading = _read("hesitant, small, mostly left hand, no pointing")
    assert reading.remarks == ()
    assert _plain(reading.direction) == {
        "rate_per_min": 6.0, "beats_per_min": 4.0, "size": 0.7, "hands": Hands.LEFT, "forbidden": (GestureFunction.DEICTIC,)
    }  # fmt: skip
    assert reading.direction.manner == "hesitant, small, mostly left hand, no pointing"


def test_every_manner_in_the_lexicon_sets_what_it_says() -> None:
    manners = [entry for entry in lexicon().entries if entry.role is Role.MANNER]
    assert len(manners) > 250
    for entry in manners:
        reading = _read(" ".join(word.split("|")[0] for word in entry.words))
        assert reading.remarks == (), entry.words
        for name, value in entry.value.items():
            usual = {"rate": 14.0, "size": 1.0}.get(name.removesuffix("_by"), 0.0)
            expected = value * usual if name.endswith("_by") else value
            key = name.removesuffix("_by")
            assert getattr(reading.direction, FIELDS.get(key, key)) == pytest.approx(expected) or value == expected, (entry.words, name)


def test_what_the_lexicon_names_exists() -> None:
    for entry in lexicon().entries:
        if entry.role is Role.THING:
            assert set(entry.value) <= KINDS | GESTURES, entry.words
        if entry.opposite is not None:
            assert lexicon().manner(entry.opposite).value != entry.value


def test_every_thing_can_be_forbidden() -> None:
    for entry in (entry for entry in lexicon().entries if entry.role is Role.THING):
        reading = _read("no " + " ".join(word.split("|")[0] for word in entry.words))
        assert set(reading.direction.forbidden) >= set(entry.value), (entry.words, reading)
        assert reading.remarks == ()


def test_the_later_word_wins() -> None:
    assert _read("large, small").direction.size == 0.7
    assert _read("small, large").direction.size == 1.35
    assert _read("no pointing, more pointing").direction.favourites == ("DEICTIC",)
    assert _read("more pointing, no pointing").direction.favourites == ()


def test_degrees_go_further_or_less_far() -> None:
    rates = [_read(f"{degree} shy").direction.rate_per_min or 0.0 for degree in ("very", "", "slightly")]
    assert rates[0] < rates[1] < rates[2] < 14.0


def test_a_denied_manner_means_its_opposite() -> None:
    assert _plain(_read("not lively").direction) == _plain(_read("calm").direction)
    assert _read("not too big").direction.size < 1.0
    assert _read("no big gestures, never small").direction.size > 1.0


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("no thumbs up", {"thumb-up"}),
        ("avoid shrugging, clapping or air quotes", {"shrug", "shrug-shoulders", "clap", "air-quotes"}),
        ("no emblems/pointing/beats/head", {"EMBLEM", "DEICTIC", "BEAT", "HEAD"}),
        ("don't point at people", {"DEICTIC"}),
        ("no CYCLE", {"CYCLE"}),
        ("only beats", set(GestureFunction) - {"BEAT"}),
        ("only beats and pointing", set(GestureFunction) - {"BEAT", "DEICTIC"}),
    ],
)
def test_what_is_forbidden(text: str, forbidden: set[str]) -> None:
    assert set(_read(text).direction.forbidden) == forbidden


@pytest.mark.parametrize(
    ("text", "hands", "share"),
    [
        ("use mostly her left hand", Hands.LEFT, 0.8),
        ("never use the left hand", Hands.RIGHT, 1.0),
        ("gesture only with the right hand", Hands.RIGHT, 1.0),
        ("speak with both hands", Hands.BOTH, 0.8),
        ("one-handed", Hands.RIGHT, 1.0),
        ("keep your hands very still", Hands.NONE, 1.0),
        ("only the head", Hands.NONE, 1.0),
    ],
)
def test_which_hands(text: str, hands: Hands, share: float) -> None:
    direction = _read(text).direction
    assert (direction.hands, direction.hands_share) == (hands, share)


@pytest.mark.parametrize(
    ("text", "locale"), [("for a Japanese audience", "JP"), ("the listeners live in South Korea", "KR"), ("pt-BR", "pt-BR")]
)
def test_where_the_listener_lives(text: str, locale: str) -> None:
    assert _read(text).direction.locale == locale


def test_words_refine_what_was_there_before() -> None:
    base = Direction(rate_per_min=10.0, size=1.2, forbidden=("DEICTIC",), manner="Warm.", formality=Formality.FORMAL)
    refined = _read("fewer gestures, smaller", base).direction
    assert (refined.rate_per_min, refined.size) == (6.0, 0.96)
    assert (refined.forbidden, refined.formality) == (base.forbidden, base.formality)
    assert refined.manner == "Warm.; fewer gestures, smaller"


def test_words_that_are_not_understood_are_told_with_what_is_near() -> None:
    reading = _read("livley and bouncy, small, only thumbs up")
    assert reading.direction.size == 0.7
    first, second, third = reading.remarks
    assert "'livley'" in first
    assert "lively" in first
    assert "'bouncy'" in second
    assert "'only thumbs up'" in third


@pytest.mark.parametrize("text", ["", "  \n", ",,,", "🙂", "не надо", "no", "very", "only", "x" * 5000, "no " * 500])
def test_any_text_is_read(text: str) -> None:
    assert _plain(_read(text).direction) == {}
