"""Pointing at a place: finger and line of sight meet the target, in any direction that an arm can show."""
import math
from pathlib import Path

import pytest
import torch

from chironomia.agent.cli import main
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.notation import load_notation
from chironomia.motion_library.pointing import Aim, aim_of, bearing, point_at, shape_of
from chironomia.motion_library.skeleton import limit_excess
from chironomia.motion_library.vocabulary import Hands

FINGER, PALM, BOX = (load_notation(bundled_gestures() / f"{id}.yaml") for id in ("point-at", "point-you", "hold-container"))
DIRECTIONS = [(0, 0), (0, -30), (15, 45), (30, -30), (-45, 30), (60, 0), (-70, -60), (-90, 0), (90, 30), (100, -30), (-110, 10), (-20, 65)]


def aimed(azimuth: float, elevation: float, notation=FINGER) -> Aim:
    target = bearing(azimuth, elevation)
    return aim_of(point_at(target, notation), target, shape_of(notation, target))


@pytest.mark.parametrize(("azimuth", "elevation"), DIRECTIONS)
def test_the_fingertip_is_on_the_line_of_sight_and_the_finger_goes_on_along_it(azimuth: float, elevation: float) -> None:
    aim = aimed(azimuth, elevation)
    assert aim.sight < 2.0
    assert aim.finger < 20.0


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (-40, -10), (60, 0), (-90, 20)])
def test_the_open_hand_points_as_well(azimuth: float, elevation: float) -> None:
    aim = aimed(azimuth, elevation, PALM)
    assert aim.miss == aim.arm  # held on the line of sight it would hide the face
    assert aim.arm < 3.0
    assert aim.finger < 30.0  # an open hand at the end of an outstretched arm bends at the wrist


@pytest.mark.parametrize(("azimuth", "elevation"), [(-120, 0), (118, -30), (128, 20)])
def test_where_the_eyes_cannot_look_the_arm_is_the_line(azimuth: float, elevation: float) -> None:
    aim = aimed(azimuth, elevation)
    assert aim.arm < 3.0
    assert aim.finger < 15.0


def test_what_is_right_behind_is_shown_with_the_thumb() -> None:
    target = bearing(-170, 15)
    assert shape_of(FINGER, target) == "thumb-up"
    assert aimed(-170, 15).finger < 15.0


def test_a_target_within_reach_is_almost_touched() -> None:
    near = (-0.2, 1.1, 0.45)
    clip = point_at(near, FINGER)
    middle = torch.tensor([0.5 * (clip.sync.stroke_end + clip.sync.relax)])
    wrist = clip.motion.sample(middle).positions()[0, 21]
    assert math.dist(wrist.tolist(), near) < 0.25
    assert aim_of(clip, near).sight < 5.0


def test_the_hand_is_that_of_the_side_unless_it_is_given() -> None:
    left, right = bearing(50, 0), bearing(-50, 0)
    assert [point_at(t, FINGER).hands for t in (left, right, bearing(0, 0))] == [Hands.LEFT, Hands.RIGHT, Hands.RIGHT]
    across = point_at(bearing(25, 0), FINGER, Hands.RIGHT)
    assert across.hands is Hands.RIGHT
    assert aim_of(across, bearing(25, 0)).sight < 3.0


def test_sides_are_mirror_images() -> None:
    left, right = (aimed(sign * 60, 10) for sign in (1, -1))
    assert left.sight == pytest.approx(right.sight, abs=0.5)
    assert left.finger == pytest.approx(right.finger, abs=0.5)


def test_joints_stay_within_their_limits_and_the_clip_within_seconds() -> None:
    for azimuth, elevation in ((0, 60), (128, -30), (-100, 40), (180, 0)):
        clip = point_at(bearing(azimuth, elevation), FINGER)
        assert float(limit_excess(clip.motion.rotations).abs().max()) < 1e-4
        assert clip.motion.duration_s < 6.0


@pytest.mark.parametrize("target", [(0.0, math.nan, 1.0), (0.0, 1.0), (0.1, 1.2, 0.1)])
def test_what_is_no_place_outside_the_body_is_refused(target) -> None:
    with pytest.raises(ValueError, match="expected a target"):
        point_at(target, FINGER)


def test_what_does_not_point_with_one_hand_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a gesture of one hand"):
        point_at((0.0, 1.0, 2.0), BOX)
    with pytest.raises(ValueError, match="the left or the right hand"):
        point_at((0.0, 1.0, 2.0), FINGER, Hands.BOTH)


def test_the_command_line_draws_a_gesture_aimed_at_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "there.png"
    assert main(["render", "--gesture", "point-at", "--target=-1.0,1.4,0.5", "-o", str(picture)]) == 0
    assert picture.stat().st_size > 10_000
    assert main(["render", "--gesture", "point-at", "--target=1,2", "-o", str(picture)]) == 2
    assert "expected a target X,Y,Z in metres" in capsys.readouterr().err
