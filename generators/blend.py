"""Blending: placed clips over the base layer, one continuous body.

Everything happens in the chart of joint angles whose box is the joint limits (skeleton.swing_twist_angles). There a clip is
its difference from rest, and the body is a plain sum:

    angles(t) = base(t) + clip that holds each body part at t, less rest + what is left of every earlier seam's jump

Since a seam's jump in value, velocity and acceleration decays by a quintic (inertialize.decay), the sum is smooth wherever
base and clips are, in closed form: no frame depends on the frame before it.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from chironomia.generators.inertialize import decay
from chironomia.generators.score import Placement
from chironomia.generators.timewarp import warp
from chironomia.motion_library import skeleton
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.vocabulary import BodyPart

SHORTEST_SEAM_S = 0.25  # a quicker decay of a large jump would be felt as a jerk
RELEASE_S = 0.8  # an arm that its gesture lets go without a retraction of its own sinks to rest in this time
_STEP_S = 1.0 / 120.0  # for derivatives at seams: a quarter of a frame

_FINGERS = ("index", "middle", "ring", "pinky", "thumb")
_JOINTS_OF: dict[BodyPart, tuple[str, ...]] = {
    BodyPart.LEFT_ARM: ("left_collar", "left_shoulder", "left_elbow", "left_wrist", *(f"left_{f}" for f in _FINGERS)),
    BodyPart.RIGHT_ARM: ("right_collar", "right_shoulder", "right_elbow", "right_wrist", *(f"right_{f}" for f in _FINGERS)),
    BodyPart.HEAD: ("neck", "head", "jaw", "left_eye", "right_eye"),
    BodyPart.TORSO: ("spine",),
    BodyPart.LEGS: ("pelvis", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_foot", "right_foot"),
}
# Legs stay with the base layer, which keeps the feet planted.
PARTS = (BodyPart.LEFT_ARM, BodyPart.RIGHT_ARM, BodyPart.HEAD, BodyPart.TORSO)
PART_JOINTS: Tensor = torch.tensor(
    [[name.startswith(_JOINTS_OF[part]) for name in skeleton.JOINT_NAMES] for part in PARTS]
)  # (4, 55) which joints a part owns


@dataclass(frozen=True)
class Bank:
    """Clips as one tensor: differences from rest (N, 55, 3) in radians, each clip's first row and length, sync times (P, 7).

    Rows P of the last three fields belong to placements, not to clips: a clip placed twice appears twice.
    """

    deltas: Tensor
    first: Tensor
    length: Tensor
    fps: Tensor
    clip_s: Tensor

    def sample(self, placement: Tensor, clip_times_s: Tensor) -> Tensor:
        """Differences from rest (M, 55, 3) of placements (M,) at clip times (M,), by Catmull-Rom between frames."""
        last = self.length[placement] - 1
        at = torch.minimum((clip_times_s * self.fps[placement]).clamp_min(0.0), last)
        k = torch.minimum(at.floor(), (last - 1).clamp_min(0)).long()
        u = (at - k)[:, None, None]
        rows = [self.first[placement] + torch.minimum((k + d).clamp_min(0), last) for d in (-1, 0, 1, 2)]
        a, b, c, d = (self.deltas[r] for r in rows)
        return b + 0.5 * u * (c - a + u * (2.0 * a - 5.0 * b + 4.0 * c - d + u * (3.0 * (b - c) + d - a)))


def _bank(placements: Sequence[Placement], clips: Mapping[str, Clip], rest: Tensor) -> Bank:
    names = list(dict.fromkeys(p.clip for p in placements))
    angles = skeleton.swing_twist_angles(torch.cat([clips[n].motion.rotations for n in names]).to(rest))
    lengths = torch.tensor([clips[n].motion.frames for n in names])
    starts = lengths.cumsum(0) - lengths
    index = torch.tensor([names.index(p.clip) for p in placements])
    return Bank(
        deltas=angles - rest,
        first=starts[index].to(rest.device),
        length=lengths[index].to(rest.device),
        fps=torch.tensor([clips[p.clip].motion.fps for p in placements]).to(rest),
        clip_s=torch.tensor([clips[p.clip].sync.times() for p in placements]).to(rest),
    )


@dataclass(frozen=True)
class _Placed:
    """P placements as tensors: sync in performance and clip (P, 7), parts (P, 4), when each takes and loses a part (P, 4)."""

    sync: Tensor
    clip_s: Tensor
    parts: Tensor
    on: Tensor
    off: Tensor
    previous: Tensor  # (P, 4) the placement each takes the part from directly, or -1: the base layer
    handed_on: Tensor  # (P, 4) whether another placement takes the part at ``off``
    gain: Tensor  # (P,) amplitude asked for over the clip's own


def _placed(placements: Sequence[Placement], clips: Mapping[str, Clip], bank: Bank) -> _Placed:
    sync = torch.tensor([p.sync.to_sync().times() for p in placements]).to(bank.clip_s)
    parts = torch.tensor([[part in p.mask for part in PARTS] for p in placements])
    on = sync[:, :1].expand(-1, len(PARTS)).clone()
    off = sync[:, 6:].expand(-1, len(PARTS)).clone()
    previous = torch.full(parts.shape, -1)
    handed_on = torch.zeros_like(parts)
    for part in range(len(PARTS)):
        users = sorted(torch.nonzero(parts[:, part]).flatten().tolist(), key=lambda i: float(sync[i, 0]))
        for i, j in pairwise(users):
            if sync[i, 6] >= sync[j, 0] - 1e-3:
                off[i, part], previous[j, part], handed_on[i, part] = sync[j, 0], i, True
    # Where the retraction was abandoned, so was the rest of the hold: it is cut off, not played faster, and the slope to leave
    # by is the clip's own.
    clip_s = bank.clip_s.clone()
    abandoned = sync[:, 6] - sync[:, 5] < 1e-3
    held_s = torch.minimum(clip_s[:, 5] - clip_s[:, 4], sync[:, 5] - sync[:, 4])
    clip_s[:, 5] = torch.where(abandoned, clip_s[:, 4] + held_s, clip_s[:, 5])
    sync[:, 6] = torch.where(abandoned, sync[:, 5] + clip_s[:, 6] - clip_s[:, 5], sync[:, 6])
    gain = torch.tensor([p.amplitude / clips[p.clip].amplitude for p in placements]).to(sync)
    return _Placed(sync, clip_s, parts.to(sync.device), on, off, previous.to(sync.device), handed_on.to(sync.device), gain)


def _source(bank: Bank, placed: _Placed, placement: Tensor, times_s: Tensor) -> Tensor:
    """What placements (M,) show at performance times (M,): differences from rest (M, 55, 3) with their amplitude applied."""
    sync = placed.sync[placement]
    clip_s = warp(times_s[:, None], sync, placed.clip_s[placement])[:, 0]
    shown = bank.sample(placement, clip_s)
    every = torch.arange(len(placed.gain), device=times_s.device)
    outset = bank.sample(every, bank.clip_s[:, 2])[placement]
    # Amplitude widens the stroke about the place where it sets out, fading in and out with the hands' way there and back.
    up = ((times_s - sync[:, 0]) / (sync[:, 2] - sync[:, 0]).clamp_min(1e-3)).clamp(0.0, 1.0)
    down = ((sync[:, 6] - times_s) / (sync[:, 6] - sync[:, 5]).clamp_min(1e-3)).clamp(0.0, 1.0)
    share = (torch.minimum(up, down) * (placed.gain[placement] - 1.0))[:, None, None]
    return shown + share * (shown - outset)


def _frames_of(on: Tensor, off: Tensor, frames: int, fps: float) -> tuple[Tensor, Tensor]:
    """All pairs (row, frame) with on[row] <= frame / fps < off[row], as two index tensors (M,)."""
    first = (on * fps).ceil().long().clamp(0, frames)
    after = (off * fps).ceil().long().clamp(0, frames)
    count = (after - first).clamp_min(0)
    row = torch.repeat_interleave(torch.arange(len(on), device=on.device), count)
    within = torch.arange(len(row), device=on.device) - torch.repeat_interleave(count.cumsum(0) - count, count)
    return row, first[row] + within


def _derivatives(bank: Bank, placed: _Placed, placement: Tensor, times_s: Tensor, side: float) -> tuple[Tensor, Tensor, Tensor]:
    """Value, velocity and acceleration (M, 55, 3) of what placements show at a seam, looking to one side; -1 shows rest."""
    alive = (placement >= 0).to(times_s)[:, None, None]
    which = placement.clamp_min(0)
    a, b, c = (alive * _source(bank, placed, which, times_s + side * step * _STEP_S) for step in (0.0, 4.0, 8.0))
    h = 4.0 * side * _STEP_S
    return a, (-3.0 * a + 4.0 * b - c) / (2.0 * h), (a - 2.0 * b + c) / h**2


def _add_seams(total: Tensor, bank: Bank, placed: _Placed, fps: float) -> None:
    """Add to ``total`` (F, 55, 3) what is left, in every frame, of the jumps where a part changes hands."""
    takes = torch.nonzero(placed.parts)  # (S, 2) placement, part
    drops = torch.nonzero(placed.parts & ~placed.handed_on)
    none = torch.full_like(drops[:, 0], -1)
    seam_part = torch.cat([takes[:, 1], drops[:, 1]])
    leaving = torch.cat([placed.previous[takes[:, 0], takes[:, 1]], drops[:, 0]])
    coming = torch.cat([takes[:, 0], none])
    at = torch.cat([placed.on[takes[:, 0], takes[:, 1]], placed.off[drops[:, 0], drops[:, 1]]])
    preparation = (placed.sync[takes[:, 0], 1] - placed.sync[takes[:, 0], 0]).clamp_min(SHORTEST_SEAM_S)
    length = torch.cat([preparation, torch.full_like(at[len(takes) :], RELEASE_S)])
    jump = [
        before - after
        for before, after in zip(
            _derivatives(bank, placed, leaving, at, -1.0), _derivatives(bank, placed, coming, at, 1.0), strict=True
        )
    ]
    seam, frame = _frames_of(at, at + length, total.shape[0], fps)
    left = decay(frame / fps - at[seam], length[seam], *(j[seam] for j in jump))
    owns = PART_JOINTS.to(total.device)[seam_part[seam]][..., None].to(total)
    total.index_add_(0, frame, left * owns)


def blend(base: Tensor, placements: Sequence[Placement], clips: Mapping[str, Clip], rest: Tensor, fps: float) -> Tensor:
    """Joint angles (F, 55, 3) of the base layer (F, 55, 3) with the placements' clips on it.

    ``rest`` (55, 3) is the pose in which every clip begins and ends. Angles are those of skeleton.swing_twist_angles,
    radians; device and dtype follow ``base``. No placements: the base layer.
    """
    if not placements:
        return base.clone()
    bank = _bank(placements, clips, rest.to(base))
    placed = _placed(placements, clips, bank)
    total = base.clone()
    row, frame = _frames_of(placed.on.amin(1), placed.off.amax(1), base.shape[0], fps)
    times_s = frame / fps
    holds = (placed.on[row] <= times_s[:, None]) & (times_s[:, None] < placed.off[row]) & placed.parts[row]  # (M, 4)
    owns = torch.einsum("mp,pj->mj", holds.to(base), PART_JOINTS.to(base))[..., None]  # (M, 55, 1)
    total.index_add_(0, frame, owns * _source(bank, placed, row, times_s))
    _add_seams(total, bank, placed, fps)
    return total
