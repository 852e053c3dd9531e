import pytest
import torch

from chironomia.motion_library import rotations
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints


def _turning(frames: int = 31) -> Motion:
    """The head turns steadily, one radian in a second."""
    turned = rotations.identity(frames, 55)
    turned[:, 15] = rotations.from_rotvec(torch.stack([torch.zeros(frames), torch.linspace(0, 1, frames), torch.zeros(frames)], -1))
    moved = torch.zeros(frames, 3)
    moved[:, 0] = torch.linspace(0, 0.3, frames)
    return Motion(turned, moved)


def test_sampling_between_frames_interpolates_and_holds_the_ends() -> None:
    motion = _turning().sample(torch.tensor([-1.0, 0.25, 0.51, 9.0]))
    angles = rotations.to_rotvec(motion.rotations[:, 15])[:, 1]
    assert torch.allclose(angles, torch.tensor([0.0, 0.25, 0.51, 1.0]), atol=1e-5)
    assert torch.allclose(motion.translation[:, 0], torch.tensor([0.0, 0.075, 0.153, 0.3]), atol=1e-5)


def test_resampling_keeps_the_duration() -> None:
    doubled = _turning().resampled(60.0)
    assert doubled.frames == 61
    assert doubled.duration_s == pytest.approx(1.0)


def test_mirroring_twice_is_the_identity() -> None:
    motion = _turning()
    again = motion.mirrored().mirrored()
    assert torch.allclose(again.rotations, motion.rotations)
    assert torch.allclose(again.translation, motion.translation)
    assert float(rotations.to_rotvec(motion.mirrored().rotations[-1, 15])[1]) == pytest.approx(-1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("turned", "moved", "fps", "says"),
    [
        (torch.zeros(0, 55, 4), torch.zeros(0, 3), 30.0, "F > 0"),
        (torch.zeros(2, 54, 4), torch.zeros(2, 3), 30.0, r"\(2, 54, 4\)"),
        (torch.full((2, 55, 4), torch.nan), torch.zeros(2, 3), 30.0, "NaN"),
        (torch.ones(2, 55, 4), torch.zeros(2, 3), 0.0, "positive frame rate"),
    ],
)
def test_what_is_not_a_motion_is_refused(turned: torch.Tensor, moved: torch.Tensor, fps: float, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Motion(turned, moved, fps)


def test_sync_points_never_decrease() -> None:
    with pytest.raises(ValueError, match="must not decrease"):
        SyncPoints(0.0, 0.5, 0.4, 0.6, 0.7, 0.8, 0.9)
