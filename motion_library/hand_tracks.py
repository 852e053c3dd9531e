"""Hand tracks: where both hands are, how they face and how they are shaped during one gesture, seen from the body.

Axes are the body's own: X to the performer's left, Y up, Z forward as the chest faces on average over the gesture; the origin is
where the upper chest (``spine3``) is on average. Hand 0 is the left, 1 the right.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.capsules import CAPSULES, segment_distance, segments
from chironomia.motion_library.handshapes import FINGER_JOINTS, FINGERS, PALM_AT
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints

_SIDES = ("left", "right")
_SETTLED_S = 0.1  # forearm and fingers reach their place up to 0.085 s after the wrist, when the retraction has hardly begun
_STILL_M_S = 0.1  # slower than this a hand is taken as standing: drift and breath move it less
_DOWN, _OUT = (0.0, -1.0, 0.0), (1.0, 0.0, 0.0)  # where the left palm faces in the T, and where its fingers point
_FACE = (0.0, 0.03, 0.08)  # from the head's joint to between eyes and mouth, in the head's axes, metres


@dataclass(frozen=True)
class HandTracks:
    """Both hands over the frames from a gesture's stroke start to just after its hold; metres, degrees, body axes.

    ``palm`` (2, F, 3) the middle of the palm's skin, ``normal`` (2, F, 3) where the palm faces, ``along`` (2, F, 3) from wrist to
    knuckles, ``tips`` (2, F, 5, 3) the fingertips in the order of ``handshapes.FINGERS``, ``points`` (2, F, 5, 3) from knuckle to
    tip, ``curl`` (2, F, 5) the summed bend of each finger's joints, ``shoulder`` (2, F, 3), ``face`` (F, 3) between eyes and mouth,
    ``hands_gap`` (F,) and ``body_gap`` (2, F) the clearance between the hands, and from each hand to trunk or head.
    ``stroke`` counts the frames up to the stroke's end.
    """

    palm: Tensor
    normal: Tensor
    along: Tensor
    tips: Tensor
    points: Tensor
    curl: Tensor
    shoulder: Tensor
    face: Tensor
    hands_gap: Tensor
    body_gap: Tensor
    stroke: int
    fps: float

    @classmethod
    def of(cls, motion: Motion, sync: SyncPoints) -> Self:
        """The tracks of the gesture that ``motion`` makes at ``sync`` (seconds in the motion).

        Raises ValueError if the stroke does not begin within the motion.
        """
        first, after = round(sync.stroke_start * motion.fps), round((max(sync.relax, sync.stroke_end) + _SETTLED_S) * motion.fps) + 1
        if not 0 <= first < motion.frames:
            raise ValueError(f"expected a stroke that begins within the motion's {motion.duration_s:.2f} s, got {sync.stroke_start:.2f} s")
        turned, moved = motion.rotations[first:after], motion.translation[first:after]
        place, world = skeleton.forward_kinematics(turned, moved)
        axes, origin = _body_axes(place, world)
        hands = [skeleton.INDEX[f"{side}_wrist"] for side in _SIDES]
        mirror = place.new_tensor([[[1.0, 1.0, 1.0]], [[-1.0, 1.0, 1.0]]])
        turn = world[:, hands].transpose(0, 1)  # (2, F, 4)
        palm = place[:, hands].transpose(0, 1) + rotations.rotate(turn, PALM_AT.to(place) * mirror)
        head = skeleton.INDEX["head"]
        tips = _tips(place, world)
        hands_gap, body_gap = _clearances(place, world)
        return cls(
            palm=(palm - origin) @ axes,
            normal=rotations.rotate(turn, place.new_tensor(_DOWN)) @ axes,
            along=rotations.rotate(turn, mirror * place.new_tensor(_OUT)) @ axes,
            tips=(tips - origin) @ axes,
            points=(tips - _knuckles(place)) @ axes,
            curl=_curls(turned),
            shoulder=(place[:, [skeleton.INDEX[f"{side}_shoulder"] for side in _SIDES]].transpose(0, 1) - origin) @ axes,
            face=(place[:, head] + rotations.rotate(world[:, head], place.new_tensor(_FACE)) - origin) @ axes,
            hands_gap=hands_gap,
            body_gap=body_gap,
            stroke=min(max(round(sync.stroke_end * motion.fps) - first + 1, 2), len(place)),
            fps=motion.fps,
        )

    def start(self, track: Tensor) -> Tensor:
        """A track (F, ...) where the stroke begins (...)."""
        return track[0]

    def end(self, track: Tensor) -> Tensor:
        """A track (F, ...) averaged from the stroke's end over the hold (...)."""
        return track[min(self.stroke, len(track) - 1) :].mean(0)

    def change(self, track: Tensor) -> Tensor:
        """How much a track (F, ...) changes from the start of the stroke to its end."""
        return self.end(track) - self.start(track)

    def longest_s(self, holds: Tensor) -> float:
        """The longest unbroken time for which ``holds`` (F,) is true, seconds."""
        at = torch.arange(len(holds), device=holds.device)
        broken = torch.where(holds, torch.full_like(at, -1), at).cummax(0).values
        return float(torch.where(holds, at - broken, 0).max()) / self.fps

    def speed(self, path: Tensor) -> Tensor:
        """Speed (F,) in m/s along a path (F, 3)."""
        if len(path) < 2:
            return path.new_zeros(len(path))
        step = path.diff(dim=0).norm(dim=-1) * self.fps
        return torch.cat([step, step[-1:]])

    def length(self, path: Tensor) -> float:
        """Length in metres of a path (F, 3)."""
        return float(path.diff(dim=0).norm(dim=-1).sum())

    def reversals(self, track: Tensor, least: float) -> int:
        """How often a track (F,) turns back, once it changes faster than ``least`` a second."""
        rate = track.diff() * self.fps
        return _switches(rate > least, rate < -least)

    def bursts(self, speed: Tensor) -> int:
        """How many separate movements a speed (F,) in m/s shows: rises above half its peak after falls below a quarter of it."""
        peak = float(speed.max())
        if peak < _STILL_M_S:
            return 0
        return (_switches(speed > 0.5 * peak, speed < 0.25 * peak) + int(speed[0] >= 0.25 * peak) + 1) // 2

    def turning(self, path: Tensor) -> tuple[float, float]:
        """Net rotation in degrees of a path (F, 3) about its middle, and its roundness: shorter to longer axis in [0, 1]."""
        centred = path - 0.5 * (path.amax(0) + path.amin(0))
        _, spread, axes = torch.linalg.svd(centred, full_matrices=False)
        flat = centred @ axes[:2].T
        step = torch.atan2(flat[:, 1], flat[:, 0]).diff()
        step = torch.remainder(step + torch.pi, 2 * torch.pi) - torch.pi
        return float(torch.rad2deg(step.sum().abs())), float(spread[1] / spread[0].clamp_min(1e-9))


def angle_deg(a: Tensor, b: Tensor) -> Tensor:
    """The angle (...,) between directions (..., 3), degrees in [0, 180]; a zero vector is at 90 to all."""
    a, b = torch.nn.functional.normalize(a, dim=-1), torch.nn.functional.normalize(b, dim=-1)
    return torch.rad2deg(torch.acos((a * b).sum(-1).clamp(-1.0, 1.0)))


def _body_axes(place: Tensor, world: Tensor) -> tuple[Tensor, Tensor]:
    """The body's axes as columns (3, 3) and its origin (3,) in the world."""
    chest = skeleton.INDEX["spine3"]
    ahead = rotations.rotate(world[:, chest], place.new_tensor([0.0, 0.0, 1.0])).mean(0)
    up = place.new_tensor([0.0, 1.0, 0.0])
    ahead = torch.nn.functional.normalize(ahead - (ahead @ up) * up, dim=0)
    return torch.stack([torch.linalg.cross(up, ahead), up, ahead], -1), place[:, chest].mean(0)


def _tips(place: Tensor, world: Tensor) -> Tensor:
    joints = [[skeleton.INDEX[f"{side}_{finger}3"] for finger in FINGERS] for side in _SIDES]
    reach = place.new_tensor([[skeleton.TIPS[f"{side}_{finger}3"] for finger in FINGERS] for side in _SIDES])
    return (place[:, joints] + rotations.rotate(world[:, joints], reach)).transpose(0, 1)


def _knuckles(place: Tensor) -> Tensor:
    """The first joint of each finger, of the thumb the second: its first is in the wrist."""
    first = [[skeleton.INDEX[f"{side}_{finger}{2 if finger == 'thumb' else 1}"] for finger in FINGERS] for side in _SIDES]
    return place[:, first].transpose(0, 1)


def _curls(turned: Tensor) -> Tensor:
    joints = [list(FINGER_JOINTS[side]) for side in _SIDES]
    bend = rotations.to_rotvec(turned[:, joints]).norm(dim=-1)  # (F, 2, 15)
    return torch.rad2deg(bend.reshape(*bend.shape[:2], 5, 3).sum(-1)).transpose(0, 1)


def _clearances(place: Tensor, world: Tensor) -> tuple[Tensor, Tensor]:
    start, end = segments(place, world)
    parts = [c.part for c in CAPSULES]
    radius = place.new_tensor([c.radius_m for c in CAPSULES])
    groups = [[i for i, part in enumerate(parts) if part in names] for names in (("left_hand",), ("right_hand",), ("torso", "head"))]

    def gap(one: list[int], other: list[int]) -> Tensor:
        apart = segment_distance(*(t[:, one, None] for t in (start, end)), *(t[:, None, other] for t in (start, end)))
        return (apart - radius[one, None] - radius[None, other]).amin((1, 2))

    left, right, trunk = groups
    forearms = [[i for i, part in enumerate(parts) if part == f"{side}_forearm"] for side in _SIDES]
    own = torch.stack([gap(left, trunk), gap(right, trunk)])
    hands = torch.stack([gap(left, right), gap(left, forearms[1]), gap(right, forearms[0])]).amin(0)
    return hands, own


def _switches(high: Tensor, low: Tensor) -> int:
    """How often the later of two events changes, over flags (F,) of each."""
    at = torch.arange(1, len(high) + 1, device=high.device)
    last_high, last_low = (torch.where(flag, at, 0).cummax(0).values if len(at) else at for flag in (high, low))
    seen = (last_high > 0) | (last_low > 0)
    state = (last_high > last_low)[seen]
    return int((state[1:] != state[:-1]).sum())
