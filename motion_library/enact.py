"""Takes enacted: what the hands and the body do over time becomes motion, for many takes at once.

Takes differ in length, so their frames lie one after another in one tensor (N, ...), as do the stages of their arms (K, M, ...).
"""
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from chironomia.motion_library import body_course, hand_course, ik, rest, rotations, skeleton
from chironomia.motion_library.body_course import CHANNELS, SHRUG
from chironomia.motion_library.hand_course import HandPlan
from chironomia.motion_library.handshapes import FINGER_JOINTS, finger_rotations
from chironomia.motion_library.motion import FPS, Motion
from chironomia.motion_library.schedule import FOREARM_LAG_S, Schedule
from chironomia.motion_library.timecourse import Submovement, minimum_jerk, superpose, unit_times

_SETTLE_S = 0.08  # a preparation fades out while the stroke begins
# How much later than the shoulder, which carries them, the elbow, the forearm and wrist, and the fingers from index to little finger
# arrive, seconds: in a stroke, and longer in a retraction, where nothing has to be in time.
_ELBOW_LAG_S, _ELBOW_FALLS_S = 0.015, 0.03
_FOREARM_FALLS_S = 0.065
_FINGER_LAG_S = {"index": 0.06, "middle": 0.065, "pinky": 0.085, "ring": 0.075, "thumb": 0.055}
_FINGERS_FALL_S = 0.05  # on top of their lag
_DRAG_RAD_PER_M, _DRAG_S = 2.2, 0.06  # a loose wrist bends against its way: by the way of the last 60 ms
# How an arm that has no part in a gesture gives meanwhile, degrees about x, y, z: in 110 captured one-handed gestures the free wrist
# goes 19 mm away (median; a quarter 38 and more). The two arms differ, so that a body that only nods is not symmetric.
_FREE_DEG = {
    "left": {"shoulder": (0.0, 1.2, 0.9), "elbow": (0.0, -4.0, 0.0), "wrist": (0.0, 0.0, -4.0)},
    "right": {"shoulder": (0.0, 0.8, 0.6), "elbow": (0.0, 6.0, 0.0), "wrist": (0.0, 0.0, 3.0)},
}
_FREE_S = (0.1, 0.75)  # it begins after the head or the other hand, and has come to its place
_ARM_JOINTS = {side: [skeleton.INDEX[f"{side}_{name}"] for name in ("collar", "shoulder", "elbow", "wrist")] for side in FINGER_JOINTS}
# Joints that may be asked for more than they can do; fingers are held to their limits as angles, all others keep still.
_TURNING = [*_ARM_JOINTS["left"], *_ARM_JOINTS["right"], *(skeleton.INDEX[n] for n in ("spine1", "spine2", "spine3", "neck", "head"))]


@dataclass(frozen=True)
class Take:
    """One go at a clip: the hands' plans by side, when everything happens, and what the body does meanwhile."""

    plans: Mapping[str, HandPlan]
    schedule: Schedule
    body: Sequence[Submovement]

    @property
    def frames(self) -> int:
        last_lag = _FINGERS_FALL_S + max(_FINGER_LAG_S.values()) + max(plan.late_s for plan in self.plans.values()) if self.plans else 0.0
        return math.ceil((self.schedule.sync.end + last_lag) * FPS) + 1


@dataclass(frozen=True)
class _Arm:
    """An arm of a take."""

    take: int
    side: str
    plan: HandPlan
    schedule: Schedule

    @property
    def spans(self) -> list[tuple[float, float]]:
        """The preparation's and each movement's [start, end), seconds."""
        return [(0.0, self.schedule.sync.ready), *self.schedule.movements]


def enact(takes: Sequence[Take]) -> list[Motion]:
    """The motions of takes, at 30 fps, every joint within its limits."""
    pose, pelvis_at = rest.rest_pose()
    counts = [take.frames for take in takes]
    times = torch.cat([torch.arange(count) / FPS for count in counts])  # (N,)
    channels = superpose(torch.zeros(CHANNELS), [take.body for take in takes], times, counts)
    whole = body_course.pose_body(pose.expand(len(times), -1, -1), channels)
    arms = [_Arm(i, side, plan, take.schedule) for i, take in enumerate(takes) for side, plan in take.plans.items()]
    if arms:
        frame = _frames_of(arms, counts)
        arm, fingers = _arm_motion(arms, takes, times, channels, pelvis_at, frame, [counts[a.take] for a in arms])
        right = _repeated([a.side == "right" for a in arms], [counts[a.take] for a in arms])
        for side, here in (("left", ~right), ("right", right)):
            whole[frame[here, None], _ARM_JOINTS[side]] = arm[here]
            whole[frame[here, None], list(FINGER_JOINTS[side])] = fingers[here]
    whole = _with_free_arms(whole, takes, times, counts)
    whole[:, _TURNING] = skeleton.clamp_to_limits(whole[:, _TURNING], _TURNING)
    return [Motion(rotations.continuous(part), pelvis_at.expand(len(part), 3).clone(), FPS) for part in torch.split(whole, counts)]


def _with_free_arms(whole: Tensor, takes: Sequence[Take], times: Tensor, counts: Sequence[int]) -> Tensor:
    """Poses (N, 55, 4) in which arms without a part in their take give a little while head or other hand move, and hang again."""
    rows = [(*_FREE_S, take.schedule.sync.relax, take.schedule.sync.end) for take in takes]
    begun, up, relax, end = torch.repeat_interleave(torch.tensor(rows), torch.tensor(counts), 0).unbind(-1)  # (N,) each
    up = torch.minimum(up, relax)
    share = minimum_jerk((times - begun) / (up - begun).clamp_min(1e-3)) - minimum_jerk((times - relax) / (end - relax).clamp_min(1e-3))
    whole = whole.clone()
    for side, joints in _FREE_DEG.items():
        free = _repeated([side not in take.plans for take in takes], counts)
        for name, degrees in joints.items():
            turn = rotations.from_rotvec((share * free)[:, None] * torch.deg2rad(torch.tensor(degrees)))
            joint = skeleton.INDEX[f"{side}_{name}"]
            whole[:, joint] = rotations.multiply(whole[:, joint], turn)
    return whole


def _frames_of(arms: Sequence[_Arm], counts: Sequence[int]) -> Tensor:
    """Where each arm's frames (N_a,) lie among all takes' frames."""
    ends = torch.tensor(counts).cumsum(0).tolist()
    return torch.cat([torch.arange(ends[arm.take] - counts[arm.take], ends[arm.take]) for arm in arms])


def _repeated(values: Sequence[float | bool], counts: Sequence[int]) -> Tensor:
    """A value an arm as a value for each of its frames or stages."""
    return torch.repeat_interleave(torch.tensor(values), torch.tensor(counts))


def _mirrored_where(right: Tensor, turned: Tensor) -> Tensor:
    """Rotations (N, ..., 4), those of right arms (N,) turned into those of the mirrored body and back."""
    sign = turned.new_tensor([[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, -1.0, 1.0]])[right.long()]
    return turned * sign.reshape(-1, *[1] * (turned.dim() - 2), 4)


def _chest_as_left(channels: Tensor, pelvis_at: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Rotation (N, ..., 4) and place (N, ..., 3) of the chest, of the mirrored body for right arms (N,)."""
    turned, at = body_course.chest(channels, pelvis_at)
    sign = at.new_tensor([[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])[right.long()]
    return _mirrored_where(right, turned), at * sign.reshape(-1, *[1] * (at.dim() - 2), 3)


def _arm_motion(
    arms: Sequence[_Arm], takes: Sequence[Take], times: Tensor, channels: Tensor, pelvis_at: Tensor, frame: Tensor, counts: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Local rotations of collar, shoulder, elbow, wrist (N_a, 4, 4) and of the fingers (N_a, 15, 4), arm after arm."""
    moves = _arm_moves(arms, takes, pelvis_at)
    initial = rest.left_arm_channels()
    at = times[frame] - _repeated([arm.plan.late_s for arm in arms], counts)
    done = superpose(initial, moves, at, counts, [_lags(arm.plan) for arm in arms])
    places = [[Submovement(m.start_s, m.end_s, m.table[:, hand_course.WRIST_AT]) for m in of_arm] for of_arm in moves]
    earlier = superpose(initial[hand_course.WRIST_AT], places, at - _DRAG_S, counts)
    lagging = superpose(initial[hand_course.WRIST_AT], places, at, counts, [_elbow_lags(arm.plan) for arm in arms])
    right = _repeated([arm.side == "right" for arm in arms], counts)
    chest, chest_at = _chest_as_left(channels[frame], pelvis_at, right)
    wrist = _reaching_later(done[:, hand_course.WRIST_AT], lagging, chest, chest_at)
    arm = ik.reach(chest, chest_at, wrist, done[:, hand_course.SWIVEL], torch.deg2rad(channels[frame][:, SHRUG])[:, 0])
    local = ik.arm_rotations(arm, _dragged(arm, done[:, hand_course.FOREARM], wrist - earlier))
    low, high = skeleton.LIMITS[list(FINGER_JOINTS["left"])].unbind(-1)
    fingers = finger_rotations(done[:, hand_course.FINGERS].reshape(-1, 15, 3).clamp(low, high))
    return _mirrored_where(right, local), _mirrored_where(right, fingers)


def _arm_moves(arms: Sequence[_Arm], takes: Sequence[Take], pelvis_at: Tensor) -> list[list[Submovement]]:
    """What every arm does, as movements of its channels: those of the stroke, the hold, preparation and retraction."""
    stages = [len(arm.spans) for arm in arms]
    spans = torch.tensor([span for arm in arms for span in arm.spans])  # (K, 2)
    grid = spans[:, :1] + (spans[:, 1:] - spans[:, :1]) * unit_times()  # (K, M)
    samples = [count * grid.shape[1] for count in stages]
    then = superpose(torch.zeros(CHANNELS), [takes[arm.take].body for arm in arms], grid.reshape(-1), samples).reshape(*grid.shape, -1)
    chest, chest_at = _chest_as_left(then, pelvis_at, _repeated([arm.side == "right" for arm in arms], stages))
    postures = hand_course.arm_channels([arm.plan for arm in arms], chest, chest_at, torch.deg2rad(then[..., SHRUG])[..., 0])
    return [_moves(arm, *posture) for arm, posture in zip(arms, postures, strict=True)]


def _moves(arm: _Arm, ready: Tensor, tables: Tensor) -> list[Submovement]:
    sync = arm.schedule.sync
    strokes = [Submovement(*span, table - table[:1]) for span, table in zip(arm.schedule.movements, tables, strict=True)]
    last = ready + sum((move.table[-1] for move in strokes), torch.zeros_like(ready))
    hold = hand_course.hold_drift(arm.plan, last, sync.stroke_end, sync.relax)
    return [
        *strokes,
        hold,
        hand_course.preparation(ready, 0.0, sync.ready + _SETTLE_S),
        hand_course.retraction(last + hold.table[-1], sync.relax, sync.end),
    ]


def _lags(plan: HandPlan) -> Tensor:
    """Seconds (S + 3, 52) by which each channel lags the shoulder in the S movements, the hold, the preparation and the retraction.

    Loose fingers trail; where the handshape changes in the stroke it carries the meaning, and arrives with the hand.
    """
    lag = torch.zeros(len(plan.stages) + 3, 52)
    lag[:, hand_course.FOREARM] = FOREARM_LAG_S
    lag[:, hand_course.FINGERS] = torch.tensor([value for value in _FINGER_LAG_S.values() for _ in range(9)])
    lag[[i for i, stage in enumerate(plan.stages) if stage.shaped], hand_course.FINGERS] = 0.0
    lag[-1, hand_course.FOREARM] = _FOREARM_FALLS_S
    lag[-1, hand_course.FINGERS] += _FINGERS_FALL_S
    return lag


def _elbow_lags(plan: HandPlan) -> Tensor:
    """Seconds (S + 3, 1) by which the elbow lags the shoulder, movements as in :func:`_lags`."""
    return torch.tensor([*[_ELBOW_LAG_S] * (len(plan.stages) + 2), _ELBOW_FALLS_S])[:, None]


def _reaching_later(wrist: Tensor, lagging: Tensor, chest: Tensor, chest_at: Tensor) -> Tensor:
    """Places (N, 3) in the direction of ``wrist`` from the shoulder, as far as ``lagging`` is: the arm turns before it stretches."""
    shoulder = chest_at + rotations.rotate(chest, (skeleton.OFFSETS[ik.COLLAR] + skeleton.OFFSETS[ik.SHOULDER]).to(wrist))
    far = (lagging - shoulder).norm(dim=-1, keepdim=True)
    reached: Tensor = shoulder + torch.nn.functional.normalize(wrist - shoulder, dim=-1) * far
    return reached


def _dragged(arm: ik.Arm, angles: Tensor, moved: Tensor) -> Tensor:
    """Forearm angles (F, 3) with the hand trailing: a palm that leads bends back, a back of the hand that leads bends in."""
    local = ik.arm_rotations(arm, angles)
    hand = rotations.multiply(arm.upper_world, rotations.multiply(local[:, 2], local[:, 3]))
    palm = rotations.rotate(hand, angles.new_tensor([0.0, -1.0, 0.0]))
    trailing = _DRAG_RAD_PER_M * (moved * palm).sum(-1)
    flexion = (angles[:, 1] - trailing).clamp(*ik.FOREARM_RANGE[1].tolist())
    return torch.stack([angles[:, 0], flexion, angles[:, 2]], -1)
