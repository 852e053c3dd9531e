"""The compiler of gestures: notation to clips.

Targets in gesture space become postures that an arm can take (``hand_course``, ``ik``), these become channels over time
(``timecourse``), the channels a motion; and because the schedule was made first, the sync points are known by construction.
"""
import math
from dataclasses import replace

import torch
from torch import Tensor

from chironomia.motion_library import body_course, hand_course, ik, rest, rotations, skeleton
from chironomia.motion_library.body_course import CHANNELS, SHRUG
from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.feasible import Pace, clearances
from chironomia.motion_library.hand_course import HandPlan
from chironomia.motion_library.handshapes import FINGER_JOINTS, finger_rotations
from chironomia.motion_library.meeting import NEAR_ENOUGH_M, missing
from chironomia.motion_library.motion import FPS, Motion
from chironomia.motion_library.notation_model import GestureNotation
from chironomia.motion_library.schedule import FOREARM_LAG_S, Schedule, lay_out
from chironomia.motion_library.timecourse import Submovement, superpose, unit_times
from chironomia.motion_library.vocabulary import BodyPart, Hands

SOURCE, LICENSE = "chironomia", "Apache-2.0"
SIZE_NAMES: dict[int, tuple[str, ...]] = {1: ("m",), 2: ("s", "l"), 3: ("s", "m", "l")}
_TAKES = 7  # how often a gesture is done again, slower or farther off, before it is taken as it is
_MEETING_TAKES = 3  # of these, after how many hands that meet go no nearer, and what presses too much moves off
_SETTLE_S = 0.08  # a preparation fades out while the stroke begins
# How much later than the wrist's place the fingers arrive, seconds, after forearm and wrist and from index to
# little finger. The shoulder leads because it carries them.
_FINGER_LAG_S = {"index": 0.06, "middle": 0.065, "pinky": 0.085, "ring": 0.075, "thumb": 0.055}
_DRAG_RAD_PER_M, _DRAG_S = 2.2, 0.06  # a loose wrist bends against its way: by the way of the last 60 ms


def compile_gesture(notation: GestureNotation) -> Gesture:
    """Compile a notated gesture into a library entry with a clip for each variant of hands and each size.

    Clips are at 30 fps, on the CPU, begin and end in the rest pose, and keep every joint within its limits.
    """
    names = SIZE_NAMES[len(notation.sizes)]
    clips = [clip for name, size in zip(names, notation.sizes, strict=True) for clip in _clips(notation, name, size)]
    order = {hands: i for i, hands in enumerate(notation.variants())}
    return Gesture(
        id=notation.id,
        description=notation.description,
        meanings=notation.meanings,
        fits=notation.fits,
        wrong=notation.wrong,
        function=notation.function,
        schemas=notation.schemas,
        hands=notation.hands,
        notes=notation.notes,
        articulators=notation.articulators,
        formality=notation.formality,
        culture=notation.culture,
        clips=tuple(sorted(clips, key=lambda clip: order[clip.hands])),
    )


def _clips(notation: GestureNotation, size_name: str, size: float) -> list[Clip]:
    wanted = notation.variants()
    if notation.hands is Hands.NONE:
        return [compile_clip(notation, Hands.NONE, size_name, size)]
    made = [compile_clip(notation, Hands.BOTH, size_name, size)] if Hands.BOTH in wanted else []
    if notation.hands is Hands.RIGHT and notation.form is not None and notation.form.left is not None:
        return made + [compile_clip(notation, hands, size_name, size) for hands in (Hands.RIGHT, Hands.LEFT) if hands in wanted]
    if Hands.RIGHT in wanted or Hands.LEFT in wanted:
        right = compile_clip(notation, Hands.RIGHT, size_name, size)
        made += [right] if Hands.RIGHT in wanted else []
        made += [_mirrored(right, size_name)] if Hands.LEFT in wanted else []
    return made


def _mirrored(right: Clip, size_name: str) -> Clip:
    mask = (right.mask - {BodyPart.RIGHT_ARM}) | {BodyPart.LEFT_ARM}
    return replace(right, id=f"{right.gesture}.left.{size_name}", motion=right.motion.mirrored(), hands=Hands.LEFT, mask=mask)


def compile_clip(notation: GestureNotation, hands: Hands, size_name: str, size: float) -> Clip:
    """One clip of a notated gesture, done with ``hands`` at ``size`` (1 as written)."""
    sides = {Hands.RIGHT: ("right",), Hands.LEFT: ("left",), Hands.BOTH: ("left", "right")}.get(hands, ())
    plans = {side: hand_course.plan_hand(notation.form, side == "left", size) for side in sides if notation.form is not None}
    if hands is Hands.BOTH and notation.form is not None:
        plans["left"] = hand_course.second_hand(notation.form, size)
    pace = Pace()
    meet = approaching = notation.form is not None and notation.form.meets
    for take in range(_TAKES):
        schedule, motion = _take(notation, plans, pace, size)
        slower, nearer = pace.slower(motion, schedule.sync), _approaches(plans, schedule, motion) if approaching else {}
        approaching = bool(nearer) and take < _MEETING_TAKES
        shifts = clearances(motion, schedule.sync.ready, sides, meet) if not nearer else {}
        if slower == pace and not shifts and not nearer:
            break
        for (side, index), by in nearer.items():
            plans[side] = plans[side].reaching(index, by)
        eager = max(1.0, 0.6 * take)  # fingers are thin: how deep they cross says little of how far they must go
        pace, plans = slower, {side: plan.shifted(eager * _in_own_axes(side, shifts.get(side))) for side, plan in plans.items()}
    arms = {"left": BodyPart.LEFT_ARM, "right": BodyPart.RIGHT_ARM}
    return Clip(
        id=f"{notation.id}.{hands.value}.{size_name}",
        gesture=notation.id,
        motion=motion,
        sync=schedule.sync,
        hands=hands,
        amplitude=size,
        mask=frozenset(arms[side] for side in sides) | body_course.body_mask(notation.body),
        source=SOURCE,
        license=LICENSE,
    )


def _take(notation: GestureNotation, plans: dict[str, HandPlan], pace: Pace, size: float) -> tuple[Schedule, Motion]:
    schedule = lay_out(notation, plans, pace)
    palms = {side: plan.ready.place for side, plan in plans.items()}
    share = body_course.participation(palms)
    body = body_course.body_movements(notation.body, schedule.sync, share, palms, size**0.7)
    return schedule, _perform(plans, schedule, body)


def _approaches(plans: dict[str, HandPlan], schedule: Schedule, motion: Motion) -> dict[tuple[str, int], Tensor]:
    """By side and movement, how much farther (3,) out, up, forward a hand must go to reach its place on the other hand."""
    found: dict[tuple[str, int], Tensor] = {}
    for side, plan in plans.items():
        for index, stage in enumerate(plan.stages):
            if stage.meets is None:
                continue
            way = missing(motion, schedule.movements[index][1] + FOREARM_LAG_S, side, *stage.meets)
            both = all(p.stages[index].meets is not None for p in plans.values())
            if way.norm() > NEAR_ENOUGH_M:
                found[side, index] = _in_own_axes(side, 0.5 * way if both else way)
    return found


def _in_own_axes(side: str, shift: Tensor | None) -> Tensor:
    """A shift of the world (3,) as out, up, forward of one side."""
    if shift is None:
        return torch.zeros(3)
    return shift * shift.new_tensor([1.0 if side == "left" else -1.0, 1.0, 1.0])


def _perform(plans: dict[str, HandPlan], schedule: Schedule, body: list[Submovement]) -> Motion:
    pose, pelvis_at = rest.rest_pose()
    last_lag = max(_FINGER_LAG_S.values()) + max(p.late_s for p in plans.values()) if plans else 0.0
    frames = math.ceil((schedule.sync.end + last_lag) * FPS) + 1
    times = torch.arange(frames) / FPS
    channels = superpose(torch.zeros(CHANNELS), body, times)
    whole = body_course.pose_body(pose.expand(frames, -1, -1), channels)
    for side, plan in plans.items():
        arm, fingers = _arm_motion(plan, schedule, body, times, channels, pelvis_at, side)
        for name, local in zip(("collar", "shoulder", "elbow", "wrist"), arm.unbind(1), strict=True):
            whole[:, skeleton.INDEX[f"{side}_{name}"]] = local
        whole[:, list(FINGER_JOINTS[side])] = fingers
    whole = rotations.continuous(skeleton.clamp_to_limits(whole))
    return Motion(whole, pelvis_at.expand(frames, 3).clone(), FPS)


def _mirror_if(right: bool, turned: Tensor, at: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """Rotations (..., 4) and places (..., 3) of the mirrored body for the right side."""
    if not right:
        return turned, at
    return turned * turned.new_tensor([1.0, -1.0, -1.0, 1.0]), None if at is None else at * at.new_tensor([-1.0, 1.0, 1.0])


def _lags(plan: HandPlan) -> Tensor:
    """Seconds (S + 2, 52) by which each channel lags the wrist's place in the S movements, the preparation and the retraction.

    Loose fingers trail; where the handshape changes in the stroke it carries the meaning, and arrives with the hand.
    """
    lag = torch.zeros(len(plan.stages) + 2, 52)
    lag[:, hand_course.FOREARM] = FOREARM_LAG_S
    lag[:, hand_course.FINGERS] = torch.tensor([value for value in _FINGER_LAG_S.values() for _ in range(9)])
    shaped = [i for i, stage in enumerate(plan.stages) if not torch.equal(stage.fingers[0], stage.fingers[-1])]
    lag[shaped, hand_course.FINGERS] = 0.0
    return lag


def _arm_motion(
    plan: HandPlan, schedule: Schedule, body: list[Submovement], times: Tensor, channels: Tensor, pelvis_at: Tensor, side: str
) -> tuple[Tensor, Tensor]:
    """Local rotations of collar, shoulder, elbow, wrist (F, 4, 4) and of the fingers (F, 15, 4) of one side."""
    spans = [(0.0, schedule.sync.ready), *schedule.movements]
    grid = torch.stack([start + (end - start) * unit_times() for start, end in spans])  # (1 + S, M)
    then = superpose(torch.zeros(CHANNELS), body, grid.reshape(-1)).reshape(*grid.shape, CHANNELS)
    chest, chest_at = _mirror_if(side == "right", *body_course.chest(then, pelvis_at))
    assert chest_at is not None
    ready, tables = hand_course.arm_channels(plan, chest, chest_at, torch.deg2rad(then[..., SHRUG])[..., 0])
    moves = [Submovement(start, end, table - table[:1]) for (start, end), table in zip(schedule.movements, tables, strict=True)]
    last = ready + sum((move.table[-1] for move in moves), torch.zeros_like(ready))
    moves.append(hand_course.preparation(ready, 0.0, schedule.sync.ready + _SETTLE_S))
    moves.append(hand_course.retraction(last, schedule.sync.relax, schedule.sync.end))
    initial = rest.left_arm_channels()
    done = superpose(initial, moves, times - plan.late_s, _lags(plan))
    wrist = done[:, hand_course.WRIST_AT]
    earlier = superpose(initial, moves, times - plan.late_s - _DRAG_S)[:, hand_course.WRIST_AT]
    chest, chest_at = _mirror_if(side == "right", *body_course.chest(channels, pelvis_at))
    assert chest_at is not None
    arm = ik.reach(chest, chest_at, wrist, done[:, hand_course.SWIVEL], torch.deg2rad(channels[:, SHRUG])[:, 0])
    angles = _dragged(arm, done[:, hand_course.FOREARM], wrist - earlier)
    local = ik.arm_rotations(arm, angles)
    fingers = finger_rotations(done[:, hand_course.FINGERS].reshape(-1, 15, 3))
    return _mirror_if(side == "right", local)[0], _mirror_if(side == "right", fingers)[0]


def _dragged(arm: ik.Arm, angles: Tensor, moved: Tensor) -> Tensor:
    """Forearm angles (F, 3) with the hand trailing: a palm that leads bends back, a back of the hand that leads bends in."""
    local = ik.arm_rotations(arm, angles)
    hand = rotations.multiply(arm.upper_world, rotations.multiply(local[:, 2], local[:, 3]))
    palm = rotations.rotate(hand, angles.new_tensor([0.0, -1.0, 0.0]))
    trailing = _DRAG_RAD_PER_M * (moved * palm).sum(-1)
    flexion = (angles[:, 1] - trailing).clamp(*ik.FOREARM_RANGE[1].tolist())
    return torch.stack([angles[:, 0], flexion, angles[:, 2]], -1)
