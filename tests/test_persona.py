"""Personas: the bundled ones, files of one's own, and what is wrong with a file in one line."""
from pathlib import Path

import pytest

from chironomia.agent.direction import Direction, check_names
from chironomia.agent.persona import asked_direction, bundled_personas, persona, persona_text
from chironomia.motion_library.build import bundled_gestures

GESTURES = frozenset(path.stem for path in bundled_gestures().glob("*.yaml"))


def test_bundled_personas_are_different_people_whose_gestures_exist() -> None:
    personas = bundled_personas()
    assert len(personas) >= 6
    assert len({(p.rate_per_min, p.beats_per_min, p.size) for p in personas.values()}) == len(personas)
    for name, who in personas.items():
        check_names(who, GESTURES)
        assert who.name == name
        assert len(who.manner) > 60


def test_a_persona_is_found_by_name_in_any_spelling_or_by_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(persona_text("shy-guest"), encoding="utf-8")
    assert persona("Shy Guest") == persona("shy-guest")
    assert persona(mine) == persona(str(mine)) == persona("shy-guest").changed(name="mine")


def test_an_unknown_name_is_answered_with_all_names() -> None:
    with pytest.raises(ValueError, match=r"unknown persona 'clam teacher' \(did you mean calm-teacher\?\); there are .*weary"):
        persona("clam teacher")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rate_per_min: 90\n", r"p.yaml:1: rate_per_min: .*less than or equal to 60, got 90"),
        ("size: 1\nsizes: 2\n", r"p.yaml:2: sizes: is not a key here; .*did you mean size\?"),
        ("\nlocale: UK\n", r"p.yaml:2: locale: expected the code of a country.*'UK'; did you mean GB\?"),
        ("forbidden: [Emblem]\n", r"p.yaml:1: forbidden: .*'Emblem'; did you mean EMBLEM\?"),
        ("hands: lefty\n", r"p.yaml:1: hands: expected left, right.*'lefty'; did you mean left\?"),
        ("size: [\n", r"p.yaml:1: not YAML"),
        ("", r"p.yaml:1: expected a persona"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=told) as caught:
        persona(path)
    assert "\n" not in str(caught.value)


def test_norway_needs_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("locale: NO\n", encoding="utf-8")
    assert persona(path).locale == "NO"


def test_words_place_and_rate_refine_a_persona() -> None:
    asked = asked_direction(GESTURES, "shy-guest", "larger", "JP", 9.0).direction
    assert (asked.rate_per_min, asked.locale, asked.forbidden) == (9.0, "JP", persona("shy-guest").forbidden)
    assert asked.size > persona("shy-guest").size


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"rate": 90.0}, "rate_per_min: .*got 90"),
        ({"rate": -1.0}, "rate_per_min: .*got -1"),
        ({"locale": "Brazil"}, "locale: expected the code"),
    ],
)
def test_values_out_of_range_are_told_in_one_line(fields: dict[str, float], told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        asked_direction(GESTURES, **fields)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_gesture_that_the_library_does_not_have_is_named_with_near_ones() -> None:
    with pytest.raises(ValueError, match=r"'thumbs-up', which the library does not have; near ids: thumb-up"):
        asked_direction(GESTURES, Direction(forbidden=("thumbs-up",)))
