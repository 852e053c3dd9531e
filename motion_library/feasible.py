"""What keeps a performed gesture from being possible, and what to change: a whipping arm, a hand inside the body."""
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from chironomia.motion_library import capsules, rotations, skeleton
from chironomia.motion_library.handshapes import PALM_AT
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints

# Of arms and fingers, rad/s^2. The 99.9th percentile in a minute of conversational motion capture is 138 (arms), 151 (fingers).
MOST_ACCELERATION, _WANTED_ACCELERATION = 125.0, 112.0
MOST_DEPTH_M, _SPARE_M = 0.003, 0.002  # a touch may press so deep; what is moved off is moved a little farther
MOST_PRESS_M = 0.005  # where hands are to meet: palms and fingertips give by some 2 mm each
_MOVING = [i for i, name in enumerate(skeleton.JOINT_NAMES) if "left_" in name or "right_" in name]
_ARM_OF = {
    side: [i for i, name in enumerate(skeleton.JOINT_NAMES) if name.startswith(side) and name[len(side) + 1 :].rstrip("123") in
           ("elbow", "wrist", "index", "middle", "ring", "pinky", "thumb")]
    for side in ("left", "right")
}  # fmt: skip


_SLOWEST = 4.0  # times as long as usual: what whips even so is not helped by more time


@dataclass(frozen=True)
class Pace:
    """How much longer than usual preparation, stroke and retraction take: at most four times."""

    prepare: float = 1.0
    stroke: float = 1.0
    relax: float = 1.0

    def slower(self, motion: Motion, sync: SyncPoints) -> "Pace":
        """The pace at which no arm or finger joint accelerates beyond the most; itself when that is so already or can be no slower."""
        times, peaks = accelerations(motion)
        spans = {"prepare": times < sync.ready, "stroke": (times >= sync.ready) & (times < sync.relax), "relax": times >= sync.relax}
        factors = {name: min(_slowing(peaks[span]) * getattr(self, name), _SLOWEST) for name, span in spans.items()}
        return Pace(**factors)


def _slowing(peaks: Tensor) -> float:
    peak = float(peaks.max()) if len(peaks) else 0.0
    return (peak / _WANTED_ACCELERATION) ** 0.5 if peak > MOST_ACCELERATION else 1.0


def accelerations(motion: Motion) -> tuple[Tensor, Tensor]:
    """Times (F - 2,) in seconds and the greatest angular acceleration (F - 2,) of arms and fingers there, rad/s^2."""
    turned = motion.rotations[:, _MOVING]
    speed = rotations.to_rotvec(rotations.multiply(turned[1:], rotations.inverse(turned[:-1]))) * motion.fps
    peaks = (speed.diff(dim=0) * motion.fps).norm(dim=-1).amax(-1)
    return torch.arange(1, motion.frames - 1) / motion.fps, peaks


@dataclass(frozen=True)
class Performed:
    """A performed gesture of the hands of ``sides``: when its stroke begins, and whether its hands are to ``meet``."""

    motion: Motion
    ready_s: float
    sides: tuple[str, ...]
    meet: bool = False


def clearances(gestures: Sequence[Performed]) -> list[dict[str, Tensor]]:
    """For each gesture the shifts (3,) in metres of the world, by side, that would take the hands out of the body and of each other.

    Empty where none is needed. For every pair of parts the deepest frame decides. Two hands part along the line between their
    palms where the stroke begins, an arm leaves the body in the direction in which its depth falls fastest. Hands that are to
    meet may press each other.
    """
    if not gestures:
        return []
    turned = [gesture.motion.rotations for gesture in gestures]
    counts = [len(t) for t in turned]
    with torch.no_grad():
        places, world = skeleton.forward_kinematics(torch.cat(turned), torch.cat([g.motion.translation for g in gestures]))
        depth = capsules.penetration(places, world)  # (N, P)
    parts = zip(gestures, *(torch.split(t, counts) for t in (places, world, depth)), strict=True)
    return [_clearance(*part) for part in parts]


def _clearance(gesture: Performed, places: Tensor, world: Tensor, depth: Tensor) -> dict[str, Tensor]:
    sides, (deepest, frames) = gesture.sides, depth.max(0)
    longest: dict[tuple[str, bool], Tensor] = {}  # by side, and whether it meets the other arm or the body: those two add up
    for pair in (deepest > min(MOST_PRESS_M, MOST_DEPTH_M)).nonzero()[:, 0].tolist():
        one, other = capsules.PAIRS[pair]
        moving = [side for side in sides if side in (one.split("_")[0], other.split("_")[0]) and not other.endswith("thigh")]
        arms = other.endswith(("hand", "forearm"))
        if deepest[pair] <= (MOST_PRESS_M if gesture.meet and arms else MOST_DEPTH_M) or not moving:
            continue
        at, ready = int(frames[pair]), min(round(gesture.ready_s * gesture.motion.fps), len(places) - 1)
        hands = (one, other) == ("left_hand", "right_hand")
        way = _apart(places[ready], world[ready]) if hands else _way_out(places[at], world[at], pair, one)
        way = way * (deepest[pair] + _SPARE_M - 0.5 * MOST_DEPTH_M) / len(moving)
        for side in moving:
            key, shift = (side, arms), way if one.startswith(side) else -way
            longest[key] = max(longest.get(key, torch.zeros(3)), shift, key=lambda s: float(s.norm()))
    return {side: sum((s for (of, _), s in longest.items() if of == side), torch.zeros(3)) for side in {of for of, _ in longest}}


def _apart(places: Tensor, world: Tensor) -> Tensor:
    """The unit direction (3,) from the right palm to the left one; across the body where they coincide."""
    left, right = (
        places[skeleton.INDEX[f"{side}_wrist"]] + rotations.rotate(world[skeleton.INDEX[f"{side}_wrist"]], PALM_AT * sign)
        for side, sign in (("left", PALM_AT.new_tensor([1.0, 1.0, 1.0])), ("right", PALM_AT.new_tensor([-1.0, 1.0, 1.0])))
    )
    between = left - right
    return torch.nn.functional.normalize(between, dim=0) if between.norm() > 0.01 else between.new_tensor([1.0, 0.0, 0.0])


def _way_out(places: Tensor, world: Tensor, pair: int, name: str) -> Tensor:
    """The unit direction (3,) in which moving the forearm and hand of ``name``'s side takes a pair apart fastest."""
    shift = torch.zeros(3, requires_grad=True)
    arm = torch.zeros(skeleton.JOINTS, 1)
    arm[_ARM_OF["left" if name.startswith("left") else "right"]] = 1.0
    with torch.enable_grad():
        depth = capsules.penetration((places + arm * shift)[None], world[None])[0, pair]
        (slope,) = torch.autograd.grad(depth, shift)
    return -torch.nn.functional.normalize(slope, dim=0)
