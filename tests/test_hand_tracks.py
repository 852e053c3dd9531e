import pytest
import torch

from chironomia.motion_library.hand_tracks import HandTracks, angle_deg
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.rest import rest_pose
from chironomia.motion_library.sync import SyncPoints

TIME = torch.arange(61) / 30.0


@pytest.fixture(scope="module")
def tracks() -> HandTracks:
    pose, at = rest_pose()
    return HandTracks.of(Motion(pose.repeat(61, 1, 1), at.repeat(61, 1)), SyncPoints(0.0, 0.2, 0.2, 0.5, 0.8, 1.4, 1.9))


def test_tracks_run_from_the_stroke_to_just_after_the_hold(tracks: HandTracks) -> None:
    assert tracks.palm.shape == (2, 40, 3)  # 0.2 s to 1.5 s
    assert tracks.tips.shape == (2, 40, 5, 3)
    assert tracks.stroke == 19  # 0.2 s to 0.8 s


def test_resting_palms_hang_beside_the_thighs_and_face_them(tracks: HandTracks) -> None:
    left, right = tracks.palm[:, 0]
    assert torch.allclose(left * torch.tensor([-1.0, 1.0, 1.0]), right, atol=1e-4)
    assert 0.18 < float(left[0]) < 0.32
    assert float(left[1]) < -0.4
    assert float(tracks.normal[0, 0, 0]) < -0.6  # captured hands hang turned in by some 45 degrees
    assert float(tracks.along[0, 0, 1]) < -0.9


def test_resting_hands_touch_nothing_and_bend_from_index_to_little_finger(tracks: HandTracks) -> None:
    assert float(tracks.hands_gap.min()) > 0.3
    assert float(tracks.body_gap.min()) > 0.0
    index, middle, little, ring, _ = tracks.curl[0, 0].tolist()
    assert 40.0 < index < middle < ring < little < 110.0


def test_the_longest_time_is_that_of_one_unbroken_run(tracks: HandTracks) -> None:
    flags = torch.zeros(40, dtype=torch.bool)
    flags[3:9] = True
    flags[10:25] = True
    assert tracks.longest_s(flags) == pytest.approx(15 / 30)
    assert tracks.longest_s(~flags.new_ones(40)) == 0.0


def test_movements_are_counted_between_rests(tracks: HandTracks) -> None:
    for count in (1, 2, 3):
        speed = torch.sin(torch.pi * count * TIME / 2.0).abs()
        assert tracks.bursts(speed) == count
    assert tracks.bursts(torch.full((61,), 0.05)) == 0


def test_a_swing_turns_back_twice_a_cycle_and_a_tremble_does_not_count(tracks: HandTracks) -> None:
    swing = 0.1 * torch.cos(2 * torch.pi * 1.5 * TIME)  # three cycles in 2 s
    assert tracks.reversals(swing, 0.1) == 5
    assert tracks.reversals(0.001 * swing, 0.1) == 0


def test_turning_is_measured_in_any_plane_and_whichever_way_round(tracks: HandTracks) -> None:
    angle = 2 * torch.pi * 1.5 * TIME / 2.0
    circle = torch.stack([angle.cos(), 0.6 * angle.sin(), 0.8 * angle.sin()], -1)
    for path in (circle, circle.flip(0)):
        turned, roundness = tracks.turning(path)
        assert turned == pytest.approx(540.0, abs=5.0)
        assert roundness > 0.8
    assert tracks.turning(torch.stack([TIME, TIME, TIME], -1))[1] < 1e-3


def test_a_zero_vector_is_square_to_all() -> None:
    assert float(angle_deg(torch.zeros(3), torch.tensor([0.0, 1.0, 0.0]))) == pytest.approx(90.0)
    assert float(angle_deg(torch.tensor([0.0, 2.0, 0.0]), torch.tensor([0.0, -1.0, 0.0]))) == pytest.approx(180.0)
