"""Where hands meet: how far a performed hand is from the place on the other hand that it goes to."""
import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.handshapes import PALM_AT
from chironomia.motion_library.motion import Motion

NEAR_ENOUGH_M = 0.003  # the give of a fingertip's flesh
# Places on a left hand's skin in the wrist's axes, metres: the palm, the back of the hand, and the back of the wrist, where a watch is.
_ON_HAND = {"palm": PALM_AT, "back": torch.tensor([0.055, 0.014, 0.0]), "wrist": torch.tensor([-0.025, 0.024, 0.0])}
_TIPS = {"index": ("index",), "thumb": ("thumb",), "fingertips": ("index", "middle")}


def place_on_hand(places: Tensor, world: Tensor, side: str, name: str) -> Tensor:
    """The place (3,) of ``palm``, ``back``, ``wrist``, ``index``, ``thumb`` or ``fingertips`` of one side's hand.

    ``places`` (55, 3) metres and ``world`` (55, 4) XYZW as from :func:`skeleton.forward_kinematics`.
    """
    if name in _TIPS:
        joints = [f"{side}_{finger}3" for finger in _TIPS[name]]
        return torch.stack([_on(places, world, joint, torch.tensor(skeleton.TIPS[joint])) for joint in joints]).mean(0)
    at = _ON_HAND[name]
    return _on(places, world, f"{side}_wrist", at if side == "left" else at * at.new_tensor([-1.0, 1.0, 1.0]))


def _on(places: Tensor, world: Tensor, joint: str, at: Tensor) -> Tensor:
    index = skeleton.INDEX[joint]
    return places[index] + rotations.rotate(world[index], at)


def missing(motion: Motion, time_s: float, side: str, point: str, other: str) -> Tensor:
    """The way (3,) in metres of the world from a hand's ``point`` to a place on the ``other`` hand at an instant."""
    then = motion.sample(torch.tensor([time_s]))
    places, world = skeleton.forward_kinematics(then.rotations[0], then.translation[0])
    there = place_on_hand(places, world, "right" if side == "left" else "left", other)
    return there - place_on_hand(places, world, side, point)
