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
from chironomia.generators.takes import Take, takes_of
from chironomia.generators.timewarp import warp
from chironomia.motion_library import skeleton
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.vocabulary import BodyPart

SHORTEST_SEAM_S = 0.25  # a quicker decay of a large jump would be felt as a jerk
# Of what the resting arm does while it gestures, so that held hands live but hands that touch still touch: of the arm, of the fingers.
DRIFT_KEPT, FINGERS_KEPT = 0.1, 0.6
RELEASE_S = 0.8  # an arm that its gesture lets go without a retraction of its own sinks to rest in this time
_STEP_S = 1.0 / 30.0  # for derivatives at seams: a frame, so that nothing finer than the motion itself is seen

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
_FINGER_JOINTS: Tensor = torch.tensor([any(f in name for f in _FINGERS) for name in skeleton.JOINT_NAMES])  # (55,)


@dataclass(frozen=True)
class _Takes:
    """T takes as tensors, and their clips as one: differences from rest (N, 55, 3) in radians with each take's first row and length.

    ``sync`` in the performance and ``clip_s`` (T, 7), ``parts`` (T, 4), when each takes and loses a part ``on``, ``off`` (T, 4),
    the take it has the part from, -1 for the base layer, and whether another has it after (T, 4); ``gain`` (T,).
    """

    deltas: Tensor
    first: Tensor
    length: Tensor
    fps: Tensor
    sync: Tensor
    clip_s: Tensor
    outset: Tensor  # (T, 55, 3) where each stroke sets out from
    parts: Tensor
    on: Tensor
    off: Tensor
    previous: Tensor
    handed_on: Tensor
    gain: Tensor
    drift: Tensor  # (F, 55, 3) what the base layer does to arms that a take has, as far as it is kept from them, at ``drift_fps``
    drift_fps: float

    def shown(self, take: Tensor, times_s: Tensor) -> Tensor:
        """What takes (M,) show at performance times (M,): differences from rest (M, 55, 3) with their amplitude applied."""
        sync = self.sync[take]
        shown = _sample(self.deltas, self.first[take], self.length[take], self._clip_frames(take, times_s))
        # Amplitude widens the stroke about the place where it sets out, fading in and out with the hands' way there and back.
        up = ((times_s - sync[:, 0]) / (sync[:, 2] - sync[:, 0]).clamp_min(1e-3)).clamp(0.0, 1.0)
        down = ((sync[:, 6] - times_s) / (sync[:, 6] - sync[:, 5]).clamp_min(1e-3)).clamp(0.0, 1.0)
        share = (torch.minimum(up, down) * (self.gain[take] - 1.0))[:, None, None]
        return shown + share * (shown - self.outset[take]) - self._drift(times_s)

    def _drift(self, times_s: Tensor) -> Tensor:
        first = torch.zeros_like(times_s, dtype=torch.long)
        return _sample(self.drift, first, torch.full_like(first, len(self.drift)), times_s * self.drift_fps)

    def _clip_frames(self, take: Tensor, times_s: Tensor) -> Tensor:
        return warp(times_s[:, None], self.sync[take], self.clip_s[take])[:, 0] * self.fps[take]


def _sample(rows: Tensor, first: Tensor, length: Tensor, at: Tensor) -> Tensor:
    """Rows (N, ...) between frames ``at`` (M,) of clips that begin at ``first`` (M,) and are ``length`` (M,) long: Catmull-Rom."""
    last = length - 1
    at = torch.minimum(at.clamp_min(0.0), last)
    k = torch.minimum(at.floor(), (last - 1).clamp_min(0)).long()
    u = (at - k)[:, None, None]
    a, b, c, d = (rows[first + torch.minimum((k + step).clamp_min(0), last)] for step in (-1, 0, 1, 2))
    return b + 0.5 * u * (c - a + u * (2.0 * a - 5.0 * b + 4.0 * c - d + u * (3.0 * (b - c) + d - a)))


def _tensors(takes: Sequence[Take], clips: Mapping[str, Clip], base: Tensor, rest: Tensor, fps: float) -> _Takes:
    names = list(dict.fromkeys(t.clip for t in takes))
    deltas = skeleton.swing_twist_angles(torch.cat([clips[n].motion.rotations for n in names]).to(rest)) - rest
    lengths = torch.tensor([clips[n].motion.frames for n in names])
    index = torch.tensor([names.index(t.clip) for t in takes])
    first, length = (lengths.cumsum(0) - lengths)[index].to(rest.device), lengths[index].to(rest.device)
    clip_fps = torch.tensor([clips[t.clip].motion.fps for t in takes]).to(rest)
    given_up = torch.where(_FINGER_JOINTS, 1.0 - FINGERS_KEPT, 1.0 - DRIFT_KEPT).to(rest)[:, None]
    arms = PART_JOINTS[[PARTS.index(BodyPart.LEFT_ARM), PARTS.index(BodyPart.RIGHT_ARM)]].any(0).to(rest)[:, None]
    outset_s = torch.tensor([clips[t.clip].sync.stroke_start for t in takes]).to(rest)
    on, off, previous, handed_on = _hand_over(takes)
    return _Takes(
        deltas, first, length, clip_fps,
        sync=torch.tensor([t.sync.times() for t in takes]).to(rest),
        clip_s=torch.tensor([t.clip_sync.times() for t in takes]).to(rest),
        outset=_sample(deltas, first, length, outset_s * clip_fps),
        parts=torch.tensor([[part in t.parts for part in PARTS] for t in takes]).to(rest.device),
        on=on.to(rest), off=off.to(rest), previous=previous.to(rest.device), handed_on=handed_on.to(rest.device),
        gain=torch.tensor([t.gain for t in takes]).to(rest),
        drift=(base - rest) * given_up * arms, drift_fps=fps,
    )  # fmt: skip


def _hand_over(takes: Sequence[Take]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """When each take has each part (T, 4), from which take directly, and whether another has it next."""
    on = torch.tensor([[t.sync.start] * len(PARTS) for t in takes])
    off = torch.tensor([[t.until_s] * len(PARTS) for t in takes])
    previous, handed_on = torch.full(on.shape, -1), torch.zeros(on.shape, dtype=torch.bool)
    for column, part in enumerate(PARTS):
        users = sorted((i for i, t in enumerate(takes) if part in t.parts), key=lambda i: takes[i].sync.start)
        for i, j in pairwise(users):
            if takes[i].until_s >= takes[j].sync.start - 1e-3:
                off[i, column], previous[j, column], handed_on[i, column] = takes[j].sync.start, i, True
    return on, off, previous, handed_on


def _frames_of(on: Tensor, off: Tensor, frames: int, fps: float) -> tuple[Tensor, Tensor]:
    """All pairs (row, frame) with on[row] <= frame / fps < off[row], as two index tensors (M,)."""
    first = (on * fps).ceil().long().clamp(0, frames)
    after = (off * fps).ceil().long().clamp(0, frames)
    count = (after - first).clamp_min(0)
    row = torch.repeat_interleave(torch.arange(len(on), device=on.device), count)
    within = torch.arange(len(row), device=on.device) - torch.repeat_interleave(count.cumsum(0) - count, count)
    return row, first[row] + within


def _derivatives(takes: _Takes, take: Tensor, times_s: Tensor, side: float) -> tuple[Tensor, Tensor, Tensor]:
    """Value, velocity and acceleration (M, 55, 3) of what takes show at a seam, looking to one side; -1 shows rest."""
    alive = (take >= 0).to(times_s)[:, None, None]
    h = side * _STEP_S
    a, b, c = (alive * takes.shown(take.clamp_min(0), times_s + step * h) for step in (0.0, 1.0, 2.0))
    return a, (-3.0 * a + 4.0 * b - c) / (2.0 * h), (a - 2.0 * b + c) / h**2


def _add_seams(total: Tensor, takes: _Takes, fps: float) -> None:
    """Add to ``total`` (F, 55, 3) what is left, in every frame, of the jumps where a part changes hands."""
    taken = torch.nonzero(takes.parts)  # (S, 2) take, part
    dropped = torch.nonzero(takes.parts & ~takes.handed_on)
    (take, part), (drop, drop_part) = taken.unbind(1), dropped.unbind(1)
    leaving = torch.cat([takes.previous[take, part], drop])
    coming = torch.cat([take, torch.full_like(drop, -1)])
    at = torch.cat([takes.on[take, part], takes.off[drop, drop_part]])
    preparation = (takes.sync[take, 1] - takes.sync[take, 0]).clamp_min(SHORTEST_SEAM_S)
    length = torch.cat([preparation, torch.full_like(at[len(taken) :], RELEASE_S)])
    ends = _derivatives(takes, leaving, at, -1.0), _derivatives(takes, coming, at, 1.0)
    jump = [before - after for before, after in zip(*ends, strict=True)]
    seam, frame = _frames_of(at, at + length, total.shape[0], fps)
    left = decay(frame / fps - at[seam], length[seam], *(j[seam] for j in jump))
    owns = PART_JOINTS.to(total.device)[torch.cat([part, drop_part])[seam]][..., None].to(total)
    total.index_add_(0, frame, left * owns)


def blend(base: Tensor, placements: Sequence[Placement], clips: Mapping[str, Clip], rest: Tensor, fps: float) -> Tensor:
    """Joint angles (F, 55, 3) of the base layer (F, 55, 3) with the placements' clips on it.

    ``rest`` (55, 3) is the pose in which every clip begins and ends. Angles are those of skeleton.swing_twist_angles,
    radians; device and dtype follow ``base``. No placements: the base layer.
    """
    total = base.clone()
    if not placements:
        return total
    takes = _tensors(takes_of(placements, clips), clips, base, rest.to(base), fps)
    row, frame = _frames_of(takes.on.amin(1), takes.off.amax(1), base.shape[0], fps)
    times_s = frame / fps
    holds = (takes.on[row] <= times_s[:, None]) & (times_s[:, None] < takes.off[row]) & takes.parts[row]  # (M, 4)
    owns = torch.einsum("mp,pj->mj", holds.to(base), PART_JOINTS.to(base))[..., None]  # (M, 55, 1)
    total.index_add_(0, frame, owns * takes.shown(row, times_s))
    _add_seams(total, takes, fps)
    return total
