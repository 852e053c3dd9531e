"""A captured motion brought within the limits of our joints, which everything that blends and performs clips takes for granted."""
from dataclasses import replace

import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.motion import Motion

_NOTHING_RAD = 1e-4  # float32 angles of a clip that lies on a limit come back from a file within this
_SPINE = [skeleton.INDEX[name] for name in ("spine1", "spine2", "spine3")]
_CHEST, _NECK = _SPINE[-1], skeleton.INDEX["neck"]
_COLLARS = [skeleton.INDEX["left_collar"], skeleton.INDEX["right_collar"]]
_SHOULDERS = [skeleton.INDEX["left_shoulder"], skeleton.INDEX["right_shoulder"]]


def within_limits(motion: Motion) -> tuple[Motion, float]:
    """The motion with every joint within its limits, and by how many degrees the worst one was beyond.

    A spine that bends too far in one joint bends in all three; what spine and collars may not turn, neck and shoulders do, so that head
    and arms keep their directions; all other joints stop at their limits. A motion that lies within is returned as it is, and 0.
    """
    excess = skeleton.limit_excess(motion.rotations)
    worst = float(excess.max())
    if worst <= _NOTHING_RAD:
        return motion, 0.0
    before = skeleton.global_rotations(motion.rotations)
    turns = motion.rotations.clone()
    if float(excess[:, _SPINE].max()) > _NOTHING_RAD:
        turns[:, _SPINE] = _shared(turns[:, _SPINE])
    turns = _held(turns, [*_SPINE, *_COLLARS])
    after = skeleton.global_rotations(turns)
    turns[:, _NECK] = rotations.multiply(rotations.inverse(after[:, _CHEST]), before[:, _NECK])
    turns[:, _SHOULDERS] = rotations.multiply(rotations.inverse(after[:, _COLLARS]), before[:, _SHOULDERS])
    turns = _held(turns, list(range(skeleton.JOINTS)))
    return replace(motion, rotations=rotations.continuous(turns)), float(torch.rad2deg(torch.tensor(worst)))


def _held(turns: Tensor, joints: list[int]) -> Tensor:
    """Turns (F, 55, 4) of which those of ``joints`` beyond their limits stop there."""
    beyond = skeleton.limit_excess(turns) > _NOTHING_RAD
    beyond[:, [joint for joint in range(skeleton.JOINTS) if joint not in joints]] = False
    return torch.where(beyond[..., None], skeleton.clamp_to_limits(turns), turns)


def _shared(spine: Tensor) -> Tensor:
    """The turns (F, 3, 4) of the spine's joints such that each bears of the whole what its range is of theirs; the chest stays."""
    whole = rotations.multiply(rotations.multiply(spine[:, 0], spine[:, 1]), spine[:, 2])
    bend = rotations.to_rotvec(whole)[:, None]
    ranges = skeleton.LIMITS[_SPINE].to(spine)
    reach = torch.where(bend < 0, -ranges[..., 0], ranges[..., 1])  # (F, 3, 3)
    lower = rotations.from_rotvec((bend * reach / reach.sum(1, keepdim=True))[:, :2])
    chest = rotations.multiply(rotations.inverse(rotations.multiply(lower[:, 0], lower[:, 1])), whole)
    return torch.cat([lower, chest[:, None]], 1)
