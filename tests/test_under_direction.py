"""A plan under a direction: fewer, larger, other hands, nothing forbidden — for every manner, persona and planner."""
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest

from chironomia.agent.brief import Brief
from chironomia.agent.compose import compose
from chironomia.agent.direction import Direction
from chironomia.agent.manner_words import Role, lexicon
from chironomia.agent.persona import asked_direction, bundled_personas
from chironomia.agent.pipeline import open_library, rhythm_of
from chironomia.agent.plan import Plan
from chironomia.agent.planner import plan
from chironomia.agent.transcript import transcribe
from chironomia.agent.under_direction import beats_per_min, led, under_direction
from chironomia.generators.score import Placement, Score
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import Formality, GestureFunction, Hands, ImageSchema

TEXT = """Hello everyone, and welcome! Prices rose, and rose, and then they fell. We put everything into one box, and closed the door.
I don't know why. On the one hand it is cheap; on the other hand it is slow. Look over there! It was huge, and it kept growing and growing.
Well done, all of you! We brought the two teams together. Stop! Not a tiny bit further. It goes round and round. No, never.
And what about you? Come here, please. First, we cut it in half; second, we throw the rest away. That is perfect."""


@dataclass(frozen=True)
class Played:
    """The score of the text under a direction, with the figures that directions change."""

    plan: Plan
    score: Score

    @property
    def semantic(self) -> list[Placement]:
        return [p for p in self.score.placements if p.call.function != GestureFunction.BEAT]

    @property
    def beats(self) -> int:
        return len(self.score.placements) - len(self.semantic)

    @property
    def amplitude(self) -> float:
        """The mean size that is asked for, of all calls; sizes of clips come in steps."""
        return sum(p.call.intensity for p in self.score.placements) / max(len(self.score.placements), 1)

    @property
    def hands(self) -> Counter[Hands]:
        return Counter(p.hands for p in self.score.placements)


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


@pytest.fixture(scope="module")
def play(library: Library) -> Callable[[Direction], Played]:
    utterance = transcribe(TEXT)
    rhythm = rhythm_of(utterance, None)

    @cache
    def played(direction: Direction) -> Played:
        made = under_direction(plan(utterance, library, Brief(direction)), utterance, direction)
        return Played(made, compose(utterance, made, rhythm, library)[0])

    return played


def _directed(library: Library, words: str = "", persona: str | None = None) -> Direction:
    return asked_direction([g.id for g in library.gestures], persona, words).direction.changed(manner="")


def test_every_manner_changes_what_is_performed_in_its_direction(library: Library, play: Callable[[Direction], Played]) -> None:
    plain = play(Direction())
    seen = set()
    for entry in (entry for entry in lexicon().entries if entry.role is Role.MANNER):
        direction = _directed(library, " ".join(word.split("|")[0] for word in entry.words))
        if direction in seen:
            continue
        seen.add(direction)
        got = play(direction)
        said = (entry.words, entry.value)
        if (rate := direction.rate_per_min) is not None:
            assert len(got.semantic) > len(plain.semantic) or rate <= 16.0, said
            assert len(got.semantic) < len(plain.semantic) or rate >= 13.0, said
        if direction.size != 1.0 and got.score.placements:
            assert (got.amplitude > plain.amplitude) == (direction.size > 1.0), said
            assert got.score.pulses == direction.size, said
        if direction.hands in (Hands.LEFT, Hands.BOTH):
            assert got.hands[direction.hands] > plain.hands[direction.hands] + 3, said
        if direction.hands is Hands.RIGHT:
            assert got.hands[Hands.RIGHT] >= plain.hands[Hands.RIGHT], said
        if direction.hands is Hands.NONE:
            assert (set(got.hands), got.score.pulses) == ({Hands.NONE}, 0.0), said
        if (beats := direction.beats_per_min) is not None and direction.rate_per_min is None:
            assert (got.beats > plain.beats) == (beats > 14.0), said
        if direction.formality is not Formality.ANY:
            wrong = Formality.FORMAL if direction.formality is Formality.INFORMAL else Formality.INFORMAL
            assert not any(library.gesture(p.gesture).formality is wrong for p in got.score.placements), said
    assert len(seen) > 25


@pytest.mark.parametrize("size", [0.5, 0.7, 0.85, 1.0, 1.2, 1.5])
def test_the_larger_is_asked_for_the_larger_are_clips(size: float, play: Callable[[Direction], Played]) -> None:
    smaller, larger = play(Direction(size=max(size - 0.15, 0.5))), play(Direction(size=size))
    of = [sum(p.amplitude for p in one.score.placements) / len(one.score.placements) for one in (smaller, larger)]
    assert of[0] <= of[1]
    assert smaller.amplitude < larger.amplitude or size == 0.5


def test_the_share_of_a_hand_is_kept(play: Callable[[Direction], Played]) -> None:
    counts = [play(Direction(hands=Hands.LEFT, hands_share=share)).hands[Hands.LEFT] for share in (0.0, 0.4, 0.8, 1.0)]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] > 10


@pytest.mark.parametrize("name", ["DEICTIC", "EMBLEM", "ICONIC", "METAPHORIC", "BEAT", "UP", "CONTRAST", "HEAD", "wave", "beat-palm-in"])
def test_what_is_forbidden_is_not_performed(name: str, library: Library, play: Callable[[Direction], Played]) -> None:
    placements = play(Direction(forbidden=(name,))).score.placements
    for placement in placements:
        gesture = library.gesture(placement.gesture)
        assert name not in {gesture.id, gesture.function, *gesture.schemas, "HEAD" if gesture.hands is Hands.NONE else ""}
    assert placements


def test_favourites_come_more_often_and_the_spared_less(play: Callable[[Direction], Played]) -> None:
    def metaphors(direction: Direction) -> int:
        return sum(p.call.function == GestureFunction.METAPHORIC for p in play(direction).semantic)

    assert metaphors(Direction(sparing=("METAPHORIC",))) <= metaphors(Direction()) < metaphors(Direction(favourites=("METAPHORIC",)))
    beats = play(Direction(favourites=("beat-chop",))).score.placements
    assert {p.gesture for p in beats if p.call.function == GestureFunction.BEAT} == {"beat-chop"}


def test_only_beats_is_beats_alone_and_no_gestures_is_stillness(library: Library, play: Callable[[Direction], Played]) -> None:
    only = play(_directed(library, "only beats"))
    assert only.semantic == []
    assert only.beats > 5
    still = play(_directed(library, "no gestures")).score
    assert still.placements == ()
    assert still.pulses == 0.0


def test_personas_differ_in_rate_and_size(library: Library, play: Callable[[Direction], Played]) -> None:
    got = {name: play(_directed(library, persona=name)) for name in bundled_personas()}
    assert len(got["lively-host"].semantic) >= 2 * len(got["shy-guest"].semantic)
    assert len(got["stand-up-comedian"].semantic) > len(got["calm-teacher"].semantic) > len(got["shy-guest"].semantic)
    assert got["stand-up-comedian"].amplitude > got["newsreader"].amplitude > got["shy-guest"].amplitude
    assert got["weary-clerk"].hands[Hands.LEFT] > got["lively-host"].hands[Hands.LEFT]  # whose only left hand is a side of a contrast
    assert not any(p.call.function == GestureFunction.EMBLEM for p in got["formal-diplomat"].score.placements)


def test_any_planners_plan_passes_through_the_same() -> None:
    utterance = transcribe('He went <gesture id="point-at">there</gesture>, and it rose and fell and turned.')
    words = tuple(w.text for w in utterance.words)
    wild = Plan(
        planner="a model",
        words=words,
        calls=(
            GestureCall(words=(0, 1), anchor=0, function=GestureFunction.DEICTIC, show="points", confidence=0.9),
            GestureCall(words=(2, 3), anchor=2, function=GestureFunction.DEICTIC, show="points", gesture="point-at"),
            GestureCall(words=(5, 6), anchor=5, function=GestureFunction.METAPHORIC, schema=ImageSchema.UP, show="up", confidence=0.4),
            GestureCall(words=(7, 8), anchor=7, function=GestureFunction.METAPHORIC, schema=ImageSchema.DOWN, show="down", confidence=0.8),
        ),
    )
    direction = Direction(forbidden=("DEICTIC",), rate_per_min=10.0, hands=Hands.LEFT, hands_share=1.0, size=0.7)
    made = under_direction(wild, utterance, direction, remarks=("direction: 'x' is not understood",))
    assert [call.anchor for call in made.calls] == [2, 7], "what the author marked up stays, the surest of the rest is kept"
    assert (made.calls[0].hands, made.calls[1].hands) == (Hands.EITHER, Hands.LEFT)
    assert made.calls[1].intensity < 0.5 == made.calls[0].intensity
    assert [r.split(":")[0] for r in made.remarks] == ["direction", "left out 'He'", "left out 'rose'"]
    assert under_direction(made, utterance, direction) == made, "a second time changes nothing"


def test_sides_contrasts_and_aims_keep_their_hands() -> None:
    direction = Direction(hands=Hands.LEFT, hands_share=1.0)
    for kept in ({"schema": "RIGHT"}, {"schema": "CONTRAST"}, {"target": (1.0, 1.0, 1.0)}, {"hands": "right"}, {"hands": "none"}):
        call = GestureCall.model_validate({"words": (0, 1), "anchor": 0, "function": "METAPHORIC", "show": "it", **kept})
        assert led(call, direction, random.Random(0)).hands == call.hands


def test_beats_are_no_more_than_gestures_unless_said() -> None:
    assert beats_per_min(Direction()) == 14.0
    assert beats_per_min(Direction(rate_per_min=5.0)) == 5.0
    assert beats_per_min(Direction(rate_per_min=5.0, beats_per_min=20.0)) == 20.0
    assert beats_per_min(Direction(hands=Hands.NONE)) == beats_per_min(Direction(forbidden=("BEAT",))) == 0.0


def test_a_plan_from_a_file_keeps_its_direction() -> None:
    from chironomia.agent.prompted import parse_plan

    utterance = transcribe("Prices rose.")
    made = Plan(planner="embedded", calls=(), direction=Direction(locale="JP", forbidden=("UP",), size=0.8))
    assert parse_plan(made.model_dump_json(by_alias=True), utterance).direction == made.direction
    with pytest.raises(ValueError, match=r"size: .*got 9"):
        parse_plan('{"calls": [], "direction": {"size": 9}}', utterance)
