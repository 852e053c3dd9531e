import json
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from chironomia.generators.render import render
from chironomia.generators.score import Placement, Score, ScoreRhythm, ScoreSync, ScoreWord
from chironomia.generators.shown import placement_facts
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.compile import compile_gesture
from chironomia.motion_library.invariants import check_library, check_schema
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.notation import parse_notation
from chironomia.motion_library.vocabulary import GestureFunction, ImageSchema

LIFT = """
id: lift
description: A hand rises.
function: METAPHORIC
schemas: [UP, CYCLE]
meanings: [more, higher, growth, success]
fits: ["It rises.", "It went up.", "More and more."]
wrong: ["What is up?"]
hands: right
form:
  right: {shape: flat, palm: down, fingers: forward-in, at: [0.2, 1.05, 0.35]}
  stroke: [{move: up 0.26, stop: firm}]
sizes: [1.0]
"""
PLAIN = LIFT.replace("id: lift", "id: plain").replace("[UP, CYCLE]", "[]")


@dataclass(frozen=True)
class _Embedder:
    identity: str = "test"
    dimension: int = 4

    def encode(self, texts: list[str]) -> Tensor:
        return torch.nn.functional.normalize(torch.rand(len(texts), 4, generator=torch.Generator().manual_seed(1)) + 0.1, dim=-1)


@pytest.fixture(scope="module")
def library() -> Library:
    return make_library(tuple(compile_gesture(parse_notation(text)) for text in (LIFT, PLAIN)), _Embedder())


def _placement(library: Library, gesture: str, at_s: float, schema: ImageSchema | None = None) -> Placement:
    clip = library.clip(f"{gesture}.right.m")
    call = GestureCall(words=(0, 1), anchor=0, function=GestureFunction.METAPHORIC, schema=schema, show="it rises")
    sync = ScoreSync.from_sync(clip.sync.shifted(at_s))
    return Placement(call=call, gesture=gesture, clip=clip.id, sync=sync, hands=clip.hands, amplitude=1.0, mask=tuple(sorted(clip.mask)))


def _score(*placements: Placement) -> Score:
    rhythm = ScoreRhythm(fps=30.0, activity=(0.5,) * 240, accents=(), phrases=((0.0, 8.0),), rate_hz=4.0)
    word = ScoreWord(word="rising", start=1.0, end=1.5, stress=1.1)
    return Score(text="rising", duration=8.0, words=(word,), rhythm=rhythm, placements=placements, library="test")


def test_what_a_clip_shows_is_still_shown_in_the_performance(library: Library) -> None:
    score = _score(_placement(library, "lift", 1.0, ImageSchema("UP")))
    (shown,) = placement_facts(score, render(score, library), library)
    (alone,) = check_schema(
        ImageSchema("UP"), library.clip("lift.right.m").motion, library.clip("lift.right.m").sync, score.placements[0].hands
    )
    assert shown.satisfied
    assert shown.asked
    assert shown.facts[0].value == pytest.approx(alone.value, abs=0.05)


def test_a_performance_that_does_not_move_shows_nothing(library: Library) -> None:
    score = _score(_placement(library, "lift", 1.0, ImageSchema("UP")))
    still = render(score.model_copy(update={"placements": ()}), library)
    (shown,) = placement_facts(score, still, library)
    assert shown.satisfied is False
    assert shown.facts[0].margin < 0.0


def test_a_call_is_held_to_the_schema_it_asked_for_not_to_the_gesture(library: Library) -> None:
    score = _score(_placement(library, "lift", 1.0, ImageSchema("DOWN")))
    (shown,) = placement_facts(score, render(score, library), library)
    assert shown.schema == "DOWN"
    assert shown.satisfied is False


def test_without_a_schema_in_the_call_the_gesture_speaks_for_itself(library: Library) -> None:
    score = _score(_placement(library, "lift", 0.5), _placement(library, "plain", 4.0))
    lifted, plain = placement_facts(score, render(score, library), library)
    assert (lifted.schema, lifted.asked, lifted.satisfied) == ("UP", False, True)
    assert (plain.schema, plain.satisfied, plain.facts) == (None, None, ())


def test_a_stroke_after_the_end_is_not_shown(library: Library) -> None:
    score = _score(_placement(library, "lift", 20.0))
    (shown,) = placement_facts(score, render(score, library), library)
    assert (shown.satisfied, shown.facts) == (False, ())


def test_the_record_is_json_with_numbers_and_margins(library: Library) -> None:
    score = _score(_placement(library, "lift", 1.0))
    (shown,) = placement_facts(score, render(score, library), library)
    record = json.loads(json.dumps(shown.as_json()))
    assert record["schema"] == "UP"
    assert set(record["facts"][0]) == {"name", "value", "bound", "unit", "satisfied", "margin"}


def test_a_library_is_checked_clip_by_clip_and_schema_by_schema(library: Library) -> None:
    rows = check_library(library)
    clips = len(library.gesture("lift").clips)
    assert len(rows) == 2 * clips
    assert all(row.satisfied is (row.schema == "UP") for row in rows)
    assert json.loads(json.dumps(rows[0].as_json()))["primary"] is True
