"""Pointing at a target from plan to performance: ids that say everything, clips made again, aim that survives blending."""
from pathlib import Path
from typing import Any

import pytest
import torch

from chironomia.agent.pipeline import Performance, perform, replay
from chironomia.agent.plan import Plan
from chironomia.agent.read import read_score
from chironomia.motion_library.aimed import aimed_candidates, aimed_clip, aimed_id
from chironomia.motion_library.build import default_library
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.gesture_space import Point
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

SCREEN, PERSON, FLOOR, FAR_RIGHT = (1.0, 1.4, 0.5), (0.0, 1.6, 1.8), (0.3, 0.0, 1.0), (-3.0, 2.0, 4.0)
TEXT = "First of all everything grew, and on this screen you can see it all together, then it fell down again."


@pytest.fixture(scope="module")
def library() -> Library:
    return default_library()


def pointing(target: Point | None = SCREEN, show: str = "the index finger at the screen", **more: Any) -> GestureCall:
    return GestureCall(words=(7, 9), anchor=7, function=GestureFunction.DEICTIC, show=show, target=target, **more)


def performed(target: Point, library: Library, seed: int = 0) -> Performance:
    """A pointing between two gestures of both hands."""
    around = [
        GestureCall(words=(3, 5), anchor=4, function=GestureFunction.METAPHORIC, schema=ImageSchema.GROWING, show="both hands grow apart"),
        GestureCall(words=(14, 18), anchor=16, function=GestureFunction.METAPHORIC, schema=ImageSchema.DOWN, show="it falls down"),
    ]
    return perform(TEXT, plan=Plan(planner="test", calls=(around[0], pointing(target), around[1])), library=library, seed=seed)


def test_an_id_says_gesture_hand_and_target_to_the_centimetre() -> None:
    assert aimed_id("point-at", Hands.LEFT, (1.0, 1.4, 0.5)) == "point-at.left@1.00,1.40,0.50"
    assert aimed_id("point-at", Hands.RIGHT, (-0.001, 1.404, 2.0)) == "point-at.right@0.00,1.40,2.00"


def test_equal_ids_give_equal_clips() -> None:
    first = aimed_clip("point-you.right@-1.00,1.20,1.50")
    aimed_clip.cache_clear()
    again = aimed_clip("point-you.right@-1.00,1.20,1.50")
    assert torch.equal(first.motion.rotations, again.motion.rotations)
    assert (first.id, first.sync, first.mask) == (again.id, again.sync, again.mask)


@pytest.mark.parametrize("id", ["point-at.left", "point-at.both@1.00,1.40,0.50", "point-at.left@1,2", "point-at.left@a,b,c"])
def test_what_is_no_aimed_clip_is_refused_with_an_example(id: str) -> None:
    with pytest.raises(ValueError, match="expected an aimed clip such as point-at"):
        aimed_clip(id)


def test_the_library_finds_aimed_clips_of_its_gestures_alone(library: Library) -> None:
    assert library.clip("point-at.left@1.00,1.40,0.50").gesture == "point-at"
    with pytest.raises(ValueError, match="unknown gesture 'poke'"):
        library.clip("poke.left@1.00,1.40,0.50")
    with pytest.raises(ValueError, match="expected a gesture of one hand to aim"):
        library.clip("hold-container.left@1.00,1.40,0.50")


def test_the_finger_points_at_things_and_the_open_hand_at_whom_one_speaks_to(library: Library) -> None:
    assert aimed_candidates(library, pointing())[0].clip.id == "point-at.left@1.00,1.40,0.50"
    assert aimed_candidates(library, pointing(PERSON, "the open hand toward the listener"))[0].gesture.id == "point-you"


def test_the_near_hand_comes_first_and_the_far_one_is_offered_only_where_it_reaches(library: Library) -> None:
    ahead = aimed_candidates(library, pointing(PERSON))
    assert [c.clip.hands for c in ahead] == [Hands.RIGHT, Hands.LEFT]
    assert ahead[0].score > ahead[1].score
    assert [c.clip.hands for c in aimed_candidates(library, pointing(SCREEN))] == [Hands.LEFT]
    assert [c.clip.hands for c in aimed_candidates(library, pointing(SCREEN, hands=Hands.RIGHT))] == [Hands.RIGHT]


def test_without_a_target_or_a_hand_nothing_is_aimed(library: Library) -> None:
    assert aimed_candidates(library, pointing(None)) == []
    assert aimed_candidates(library, pointing(hands=Hands.NONE)) == []
    assert aimed_candidates(library, pointing(gesture="point-self-both")) == []


@pytest.mark.parametrize("target", [SCREEN, PERSON, FLOOR, FAR_RIGHT])
def test_the_aim_survives_blending_with_gestures_before_and_after(target: Point, library: Library) -> None:
    for seed in (0, 1):
        made = performed(target, library, seed)
        aims = [shown.aim for shown in made.shown if shown.aim is not None]
        assert len(made.shown) >= 3
        assert len(aims) == 1
        assert aims[0].miss < 5.0


def test_the_run_says_how_far_the_aim_misses_and_the_score_replays_without_a_planner(tmp_path: Path, library: Library) -> None:
    made = performed(SCREEN, library)
    out = made.save(tmp_path / "out")
    aimed = next(shown for shown in made.shown if shown.aim)
    assert aimed.aim is not None
    assert aimed.as_json()["aim"]["miss_deg"] == round(aimed.aim.miss, 1)
    assert '"miss_deg"' in (out / "run.json").read_text()
    aimed_clip.cache_clear()
    assert torch.equal(replay(read_score(out / "score.json"), library=library).motion.rotations, made.motion.rotations)
