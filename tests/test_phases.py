"""Phase segmentation: movements with known times are found, whatever their side; stillness and one-way movements have an answer."""
from pathlib import Path

import pytest
import torch

from chironomia.evals.segmentation import Annotated, agreement, disagreement, errors, read_annotated
from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.phases import landmarks, segment
from chironomia.motion_library.rest import rest_pose

SHARED = Path(__file__).parents[2] / "shared" / "data"
FPS = 30.0


def minimum_jerk(share: torch.Tensor) -> torch.Tensor:
    s = share.clamp(0.0, 1.0)
    return s**3 * (10.0 - 15.0 * s + 6.0 * s**2)


def raising(course: torch.Tensor, side: str = "right") -> Motion:
    """An upper arm that swings forward by ``course`` (F,) radians from rest."""
    pose, place = rest_pose()
    turns = pose.repeat(len(course), 1, 1)
    arm = skeleton.INDEX[f"{side}_shoulder"]
    swing = rotations.from_rotvec(torch.stack([-course, torch.zeros_like(course), torch.zeros_like(course)], -1))
    turns[:, arm] = rotations.multiply(swing, turns[:, arm])
    return Motion(turns, place.repeat(len(course), 1), FPS)


def out_and_back(out_s: float, back_s: float | None, lasts_s: float = 0.6, length_s: float = 4.0) -> torch.Tensor:
    t = torch.arange(round(length_s * FPS) + 1) / FPS
    course = minimum_jerk((t - out_s) / lasts_s)
    return course if back_s is None else course - minimum_jerk((t - back_s) / lasts_s)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("out_s", "back_s"), [(0.4, 2.0), (1.0, 1.9), (0.5, 1.1)])
def test_arrival_and_departure_of_a_held_gesture_are_found(side, out_s, back_s):
    found = landmarks(raising(out_and_back(out_s, back_s), side))
    assert found is not None
    assert found.onset_s == pytest.approx(out_s, abs=0.12)
    assert found.arrival_s == pytest.approx(out_s + 0.6, abs=0.12)
    assert found.departure_s == pytest.approx(back_s, abs=0.12)
    assert found.settled_s == pytest.approx(back_s + 0.6, abs=0.12)


def test_the_stroke_begins_on_the_rising_flank_and_ends_in_the_hold():
    sync = segment(raising(out_and_back(0.5, 2.0)))
    assert 0.5 < sync.stroke_start < 0.8 < sync.stroke < sync.stroke_end < sync.relax < sync.end


def test_movements_before_the_last_hold_belong_to_the_stroke():
    t = torch.arange(round(5 * FPS) + 1) / FPS
    twice = out_and_back(0.5, 3.5, length_s=5.0) - 0.5 * (minimum_jerk((t - 1.5) / 0.4) - minimum_jerk((t - 2.1) / 0.4))
    sync = segment(raising(twice))
    assert sync.stroke_start < 1.5  # before the repetition begins
    assert sync.stroke == pytest.approx(2.5, abs=0.15)
    assert sync.relax == pytest.approx(3.5, abs=0.15)


def test_a_movement_that_is_not_taken_back_has_no_retraction():
    sync = segment(raising(out_and_back(0.5, None)))
    assert sync.relax == sync.end == pytest.approx(1.1, abs=0.12)


@pytest.mark.parametrize("frames", [1, 2, 40])
def test_a_body_that_keeps_still_is_one_stroke(frames):
    motion = raising(torch.zeros(frames))
    assert landmarks(motion) is None
    assert segment(motion).times() == (0.0, 0.0, 0.0, motion.duration_s / 2, *[motion.duration_s] * 3)


def test_the_frame_rate_does_not_move_the_sync_points():
    motion = raising(out_and_back(0.5, 2.0))
    slow, fast = segment(motion).times(), segment(motion.resampled(120.0)).times()
    assert max(abs(a - b) for a, b in zip(slow, fast, strict=True)) < 0.05


def test_agreement_counts_and_pairs_are_of_one_clip():
    a = Annotated("x", "one", 2.0, {"stroke": 1.0}, {"stroke": 1.1})
    b = Annotated("x", "two", 2.0, {"stroke": 1.0}, {"stroke": 1.5})
    assert errors([a, b], "stroke").median_s == pytest.approx(0.3)
    assert errors([a, b], "stroke").within == 0.5
    assert disagreement([a, b], "stroke") == agreement([1.5 - 1.1])
    assert disagreement([a], "stroke") is None
    with pytest.raises(ValueError, match="at least one"):
        agreement([])


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the reference clips are not on this machine")
def test_strokes_of_captured_gestures_are_found_nearer_than_two_annotators_agree(tmp_path):
    folder = SHARED / "smartbody-gestures"
    rows = (folder / "clips.jsonl").read_text().splitlines()[::9]
    (tmp_path / "clips.jsonl").write_text("\n".join(rows))
    for name in ("Gestures", "Gestures2", "MaleGestures", "FemaleGestures"):
        (tmp_path / name).symlink_to(folder / name)
    clips = read_annotated(tmp_path)
    assert len(clips) == 29
    assert errors(clips, "stroke_start").median_s < 0.20  # two annotators: 0.31
    assert errors(clips, "stroke").median_s < 0.13
