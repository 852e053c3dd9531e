"""A captured motion brought within the limits of our joints, which everything that blends and performs clips takes for granted."""
from dataclasses import replace

import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.motion import Motion

_NOTHING_RAD = 1e-4  # float32 angles of a clip that lies on a limit come back from a file within this
_COLLARS = [skeleton.INDEX["left_collar"], skeleton.INDEX["right_collar"]]
_SHOULDERS = [skeleton.INDEX["left_shoulder"], skeleton.INDEX["right_shoulder"]]


def within_limits(motion: Motion) -> tuple[Motion, float]:
    """The motion with every joint within its limits, and by how many degrees the worst one was beyond.

    What a collar may not turn its shoulder does, so that the arm keeps its direction; all other joints stop at their limits. A motion
    that lies within is returned as it is, and 0.
    """
    excess = skeleton.limit_excess(motion.rotations)
    worst = float(excess.max())
    if worst <= _NOTHING_RAD:
        return motion, 0.0
    held = _held(motion.rotations)
    arms = rotations.multiply(motion.rotations[:, _COLLARS], motion.rotations[:, _SHOULDERS])  # seen from the chest
    passed_on = motion.rotations.clone()
    passed_on[:, _COLLARS] = held[:, _COLLARS]
    passed_on[:, _SHOULDERS] = rotations.multiply(rotations.inverse(held[:, _COLLARS]), arms)
    return replace(motion, rotations=rotations.continuous(_held(passed_on))), float(torch.rad2deg(torch.tensor(worst)))


def _held(turns: Tensor) -> Tensor:
    """Turns (F, 55, 4) of which those beyond their limits stop there."""
    beyond = skeleton.limit_excess(turns) > _NOTHING_RAD
    return torch.where(beyond[..., None], skeleton.clamp_to_limits(turns), turns)
