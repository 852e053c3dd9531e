"""Inverse kinematics of an arm: collar, shoulder, elbow and wrist from where the wrist is and how the forearm turns.

Everything here is the left arm's, in the world of a body that stands at the origin and faces +Z; a right arm is solved as the
left arm of the mirrored body. Batched over leading dimensions.
"""
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from chironomia.motion_library import posture, rotations, skeleton
from chironomia.motion_library.skeleton import ARM_LENGTH_M, FOREARM_M, UPPER_ARM_M

COLLAR, SHOULDER, ELBOW, WRIST = (skeleton.INDEX[f"left_{n}"] for n in ("collar", "shoulder", "elbow", "wrist"))
# Share of the arm's length beyond which reaching saturates, and which is never passed: an elbow does not lock straight.
_REACH_EASY, _REACH_MOST = 0.95, 0.988
# Where the elbow points when nothing else is asked: out, down and back, and so never along a common line of reach.
_ELBOW_POLE = (0.52, -0.70, -0.62)

# Forearm rotation, wrist flexion and deviation: lowest and highest, radians. Twist is negative in supination and 0 with the thumb
# up; flexion bends the palm toward the forearm; deviation is toward the little finger. After Norkin & White (2016).
FOREARM_RANGE: Tensor = torch.deg2rad(torch.tensor([[-88.0, 82.0], [-62.0, 66.0], [-20.0, 32.0]]))
# A comfortable middle range, the middle half of it (Kee & Karwowski 2001, Appl. Ergon. 32:511): a hand that must touch keeps to that.
_COMFORT: Tensor = torch.deg2rad(torch.tensor([[-60.0, 60.0], [-32.0, 38.0], [-10.0, 18.0]]))
# What it costs to bend a wrist farther than people do: of the squared Mahalanobis distance from their gesturing hands (a hand that is
# not turned as notated costs 1 at 14 or 24 degrees).
_STRAIN = 0.4
_UPRIGHT = 0.8  # so much less where a palm is shown with the fingers up
# How far from its natural place an elbow goes for a cost of 1. Nine in ten of people's elbows are within 21 degrees of it
# (``evals/posture_fit.py``). And where it is wanted, radians from there.
_ELBOW_FREE = math.radians(26.0)
ELBOWS: dict[str, float] = {"low": math.radians(-30.0), "mid": 0.0, "high": math.radians(35.0)}
_ELBOW_ASKED = math.radians(14.0)
# By so much farther (flexion is the second angle) a wrist bends back at ease when it is to show a palm with the fingers up.
_EXTENDED: Tensor = torch.deg2rad(torch.tensor([0.0, 26.0, 0.0]))
_TRUNK_M = (0.180, 0.120)  # half the trunk's width and depth at the chest, and half a forearm's thickness
_WRIST_TWIST_SHARE = 0.45  # of the forearm's rotation shown at the wrist; the rest turns the whole forearm
_ELBOW_TWIST_MOST = float(skeleton.LIMITS[ELBOW, 0, 1])


@dataclass(frozen=True)
class Arm:
    """The upper arm's frame in the world and the elbow's flexion: what the forearm's angles are measured from."""

    collar: Tensor  # (..., 4) local
    upper_world: Tensor  # (..., 4)
    collar_world: Tensor  # (..., 4)
    flexion: Tensor  # (...,) radians


def _soft_reach(distance: Tensor) -> Tensor:
    """Identity up to the easy reach, then bending over to the most that an arm can reach."""
    easy, room = _REACH_EASY * ARM_LENGTH_M, (_REACH_MOST - _REACH_EASY) * ARM_LENGTH_M
    return torch.where(distance <= easy, distance, easy + room * torch.tanh((distance - easy).clamp_min(0.0) / room))


def collar_rotation(wrist: Tensor, shrug: Tensor) -> Tensor:
    """The clavicle's share (..., 4) for a wrist (..., 3) metres from the shoulder's rest place, in the chest's axes.

    It rises with the hand and turns forward with the reach, back with the arm to the side (scapulohumeral rhythm: Inman 1944;
    Ludewig et al. 2009), as ``posture`` has it. ``shrug`` (...,) is raised on top, radians.
    """
    lift, protraction = posture.clavicle(wrist)
    angles = torch.stack([torch.zeros_like(lift), -protraction, (lift + shrug).clamp_max(0.66)], -1)
    return rotations.from_rotvec(angles)


def _elbow_direction(direction: Tensor, swivel: Tensor) -> Tensor:
    """The unit direction (..., 3) across the line of reach in which the elbow lies; ``swivel`` > 0 raises it outward."""
    pole = direction.new_tensor(_ELBOW_POLE).expand_as(direction)
    across = torch.nn.functional.normalize(pole - (pole * direction).sum(-1, keepdim=True) * direction, dim=-1)
    return rotations.rotate(rotations.from_rotvec(direction * swivel[..., None]), across)


def swivel_of(line: Tensor, elbow: Tensor) -> Tensor:
    """The turn (...,) radians from the pole of an elbow (..., 3) of an arm whose wrist is at ``line`` (..., 3), both from the shoulder."""
    direction = torch.nn.functional.normalize(line, dim=-1)
    across = _elbow_direction(direction, torch.zeros_like(line[..., 0]))
    upward = torch.linalg.cross(direction, across)
    return torch.atan2((elbow * upward).sum(-1), (elbow * across).sum(-1))


def collar_and_line(chest: Tensor, chest_at: Tensor, wrist: Tensor, shrug: Tensor) -> tuple[Tensor, Tensor]:
    """The clavicle's rotation (..., 4) and the way (..., 3) from the shoulder to the wrist, in the chest's axes. As for :func:`reach`."""
    offsets = skeleton.OFFSETS.to(wrist)
    in_chest = rotations.rotate(rotations.inverse(chest), wrist - chest_at)
    collar = collar_rotation(in_chest - offsets[COLLAR] - offsets[SHOULDER], shrug)
    return collar, in_chest - offsets[COLLAR] - rotations.rotate(collar, offsets[SHOULDER].expand_as(in_chest))


def reach(chest: Tensor, chest_at: Tensor, wrist: Tensor, swivel: Tensor, shrug: Tensor) -> Arm:
    """Place the elbow so that the wrist is where it is wanted.

    ``chest`` (..., 4) and ``chest_at`` (..., 3) are spine3's rotation and place, ``wrist`` (..., 3) metres, ``swivel`` (...,)
    radians from the natural elbow, ``shrug`` (...,) radians. A wrist out of reach is approached with a nearly straight arm.
    """
    collar, line = collar_and_line(chest, chest_at, wrist, shrug)
    collar_world = rotations.multiply(chest, collar)
    direction = torch.nn.functional.normalize(line, dim=-1)
    distance = _soft_reach(line.norm(dim=-1).clamp_min(0.3 * ARM_LENGTH_M))
    cos_in = (UPPER_ARM_M**2 + distance**2 - FOREARM_M**2) / (2.0 * UPPER_ARM_M * distance)
    sin_in = (1.0 - cos_in**2).clamp_min(1e-9).sqrt()
    toward = _elbow_direction(direction, swivel + posture.natural_swivel(line))
    upper_x = cos_in[..., None] * direction + sin_in[..., None] * toward
    upper_z = sin_in[..., None] * direction - cos_in[..., None] * toward  # the elbow bends away from where it points
    upper_y = torch.linalg.cross(upper_z, upper_x)
    upper_world = rotations.multiply(chest, rotations.from_matrix(torch.stack([upper_x, upper_y, upper_z], -1)))
    cos_flex = (distance**2 - UPPER_ARM_M**2 - FOREARM_M**2) / (2.0 * UPPER_ARM_M * FOREARM_M)
    return Arm(collar, upper_world, collar_world, torch.acos(cos_flex.clamp(-1.0, 1.0)))


def wrist_place(arm: Arm, chest: Tensor, chest_at: Tensor) -> Tensor:
    """Where an arm has its wrist (..., 3), metres: short of where it was wanted when that is out of reach."""
    collar, shoulder, elbow, wrist = (skeleton.OFFSETS.to(chest_at)[joint] for joint in (COLLAR, SHOULDER, ELBOW, WRIST))
    at = chest_at + rotations.rotate(chest, collar) + rotations.rotate(arm.collar_world, shoulder)
    return at + rotations.rotate(arm.upper_world, elbow) + rotations.rotate(_forearm(arm), wrist)


def _about(axis: int, angle: Tensor) -> Tensor:
    rotvec = torch.zeros(*angle.shape, 3, dtype=angle.dtype, device=angle.device)
    rotvec[..., axis] = angle
    return rotations.from_rotvec(rotvec)


def forearm_angles(arm: Arm, hand: Tensor) -> Tensor:
    """Forearm twist, wrist flexion and deviation (..., 3), radians, that give the hand its world rotation (..., 4)."""
    return torch.stack(_twist_then_swing(rotations.multiply(rotations.inverse(_forearm(arm)), hand), -1), -1)


def _forearm(arm: Arm) -> Tensor:
    """The forearm's rotation (..., 4) in the world before it twists."""
    return rotations.multiply(arm.upper_world, _about(1, -arm.flexion))


def _twist_then_swing(turned: Tensor, dim: int) -> tuple[Tensor, Tensor, Tensor]:
    """Twist about X, flexion and deviation, radians, of hands as seen from the forearm, which twists first; XYZW along ``dim``."""
    x, y, z, w = turned.unbind(dim)
    x, y, z, w = (torch.where(w < 0, -part, part) for part in (x, y, z, w))
    along, across = torch.hypot(x, w), torch.hypot(y, z)
    scale = 2.0 * torch.atan2(across, along) / (along * across).clamp_min(1e-12)
    return 2.0 * torch.atan2(x, w), scale * (x * y - w * z), scale * (w * y + x * z)


def arm_rotations(arm: Arm, forearm: Tensor) -> Tensor:
    """Local rotations (..., 4 joints, 4) XYZW of collar, shoulder, elbow and wrist; ``forearm`` (..., 3) radians.

    The forearm's twist is shared between elbow and wrist so that neither wrings the skin; a strongly bent wrist takes less.
    """
    twist, flexion, deviation = forearm.unbind(-1)
    bent = (flexion**2 + deviation**2) / math.radians(45.0) ** 2
    at_wrist = _WRIST_TWIST_SHARE * twist / (1.0 + bent)
    at_wrist = torch.maximum(at_wrist, twist - _ELBOW_TWIST_MOST)
    shoulder = rotations.multiply(rotations.inverse(arm.collar_world), arm.upper_world)
    elbow = rotations.multiply(_about(1, -arm.flexion), _about(0, twist - at_wrist))
    swing = rotations.from_rotvec(torch.stack([torch.zeros_like(flexion), deviation, -flexion], -1))
    wrist = rotations.multiply(_about(0, at_wrist), swing)
    return torch.stack([arm.collar, shoulder, elbow, wrist], -2)


def hand_rotation(palm: Tensor, fingers: Tensor) -> Tensor:
    """World rotations (..., 4) of a left hand whose palm faces ``palm`` and whose fingers point along ``fingers`` (..., 3).

    Where they are not at right angles the palm is kept. Raises nothing; parallel directions give an arbitrary finger direction.
    """
    up = -torch.nn.functional.normalize(palm, dim=-1)
    along = torch.nn.functional.normalize(fingers - (fingers * up).sum(-1, keepdim=True) * up, dim=-1)
    return rotations.from_matrix(torch.stack([along, up, torch.linalg.cross(along, up)], -1))


def _beyond(angles: Tensor, bounds: Tensor) -> Tensor:
    low, high = bounds.to(angles).unbind(-1)
    return torch.maximum(low - angles, angles - high).clamp_min(0.0)


def comfortable_posture(
    chest: Tensor, chest_at: Tensor, wrist: Tensor, hand: Tensor, keep_fingers: Tensor, exact: Tensor, group: Tensor, shrug: Tensor,
    bounds: Tensor, elbows: Sequence[str | None],
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The elbow's swivel (K,) radians and small turns (K, 4) of the hand that make K wanted postures comfortable.

    ``wrist`` (K, 3) and ``hand`` (K, 4) are wanted. The hand may turn about its palm's normal (which changes the finger
    direction) more easily than about its fingers (which changes the palm's); where ``keep_fingers`` (K,) is true, the other
    way round; where ``exact`` (K,) is true, the hand touches something. Postures with the same number in ``group`` (K,) share one
    choice, so that a hand that only moves does not turn. ``bounds`` (K, 3, 2) radians is what remains of FOREARM_RANGE for a
    hand that will rock. ``elbows`` (K,), each of ELBOWS, is where they are asked to be; where None, comfort decides. A grid
    search: postures are cheap and the cost has several valleys. Multiply hands by the turns from the right.
    """
    swivels = torch.deg2rad(torch.linspace(-50.0, 50.0, 11)).to(hand)  # (S,)
    spin, roll = (t.reshape(-1) for t in torch.meshgrid(*[torch.deg2rad(torch.linspace(-60.0, 60.0, 11)).to(hand)] * 2, indexing="ij"))
    turn = rotations.multiply(_about(0, roll), _about(1, spin))  # (T, 4)
    palm = rotations.rotate(rotations.multiply(rotations.inverse(chest), hand), hand.new_tensor([0.0, -1.0, 0.0]))
    natural = posture.palm_swivel(palm)  # (K,)
    chest, chest_at, wrist = (t[:, None].expand(-1, len(swivels), -1) for t in (chest, chest_at, wrist))
    arm = reach(chest, chest_at, wrist, natural[:, None] + swivels, shrug[:, None])  # (K, S)
    seen = rotations.multiply(rotations.inverse(_forearm(arm)), hand[:, None])
    angles = _twist_then_swing(rotations.left_matrix(seen) @ turn.T, -2)  # three (K, S, T)
    free, kept = torch.deg2rad(torch.where(exact, 30.0, 24.0)), torch.deg2rad(torch.where(exact, 15.0, 14.0))
    spin_unit, roll_unit = torch.where(keep_fingers, kept, free)[:, None], torch.where(keep_fingers, free, kept)[:, None]
    cost = _costs(chest, arm, swivels, elbows)[..., None] + ((spin / spin_unit) ** 2 + (roll / roll_unit) ** 2)[:, None]
    people = posture.fitted()
    shows = _shows_palm(hand)
    usual = people.bent.to(hand) - shows[:, None] * _EXTENDED.to(hand)  # (K, 3)
    strain = _STRAIN * (torch.where(exact, 0.0, 1.0 - _UPRIGHT * shows))[:, None, None]
    off = [angle - usual[:, i, None, None] for i, angle in enumerate(angles)]
    for row in people.ease.tolist():
        cost += strain * sum(share * part for share, part in zip(row, off, strict=True) if share).square()
    must = exact.nonzero()[:, 0]
    comfort = _COMFORT.to(hand) - (shows[:, None] * _EXTENDED.to(hand))[..., None]  # (K, 3, 2)
    for i, angle in enumerate(angles):
        cost[must] += (_beyond(angle[must], comfort[must, i, None, None]) / math.radians(13.0)).square()
        cost += (_beyond(angle, bounds[:, i, None, None]) / math.radians(3.0)).square()
    shared = cost.new_zeros(int(group.max()) + 1, swivels.numel() * len(turn)).index_add(0, group, cost.flatten(1))
    best = shared.argmin(-1)[group]
    return natural + swivels[best // len(turn)], turn[best % len(turn)]


def _shows_palm(hand: Tensor) -> Tensor:
    """How much (K,), 0 to 1, hands (K, 4) are to face forward with the fingers up: from 45 degrees away to 25."""
    forward = rotations.rotate(hand, hand.new_tensor([0.0, -1.0, 0.0]))[:, 2]
    up = rotations.rotate(hand, hand.new_tensor([1.0, 0.0, 0.0]))[:, 1]
    return ((torch.minimum(forward, up) - 0.70) / 0.20).clamp(0.0, 1.0)


def _costs(chest: Tensor, arm: Arm, swivels: Tensor, elbows: Sequence[str | None]) -> Tensor:
    """What an elbow away from where it naturally is, or is asked to be, costs, a shoulder out of range, and an arm in the trunk (K, S)."""
    beyond = _beyond(shoulder_angles(arm), skeleton.LIMITS[SHOULDER]) / math.radians(3.0)
    wanted = swivels.new_tensor([(0.0, _ELBOW_FREE) if name is None else (ELBOWS[name], _ELBOW_ASKED) for name in elbows])
    away = (swivels - wanted[:, :1]) / wanted[:, 1:]
    return away**2 + beyond.square().sum(-1) + (_in_trunk(chest, arm) / 0.01).square().sum(-1)


def _in_trunk(chest: Tensor, arm: Arm) -> Tensor:
    """How deep (..., 2) in metres, about, elbow and middle of the forearm would be inside the trunk below the collars; 0 outside."""
    offsets = skeleton.OFFSETS.to(chest)
    upper, fore = chest.new_tensor([UPPER_ARM_M, 0.0, 0.0]), chest.new_tensor([0.5 * FOREARM_M, 0.0, 0.0])
    elbow = rotations.rotate(arm.collar_world, offsets[SHOULDER]) + rotations.rotate(arm.upper_world, upper)
    points = torch.stack([elbow, elbow + rotations.rotate(_forearm(arm), fore)], -2)  # (..., 2, 3) from the collar, in the world
    at = rotations.rotate(rotations.inverse(chest)[..., None, :], points) + offsets[COLLAR]
    depth = (1.0 - torch.hypot(at[..., 0] / _TRUNK_M[0], at[..., 2] / _TRUNK_M[1])).clamp_min(0.0) * _TRUNK_M[1]
    return torch.where(at[..., 1] < offsets[COLLAR, 1], depth, torch.zeros_like(depth))


def shoulder_angles(arm: Arm) -> Tensor:
    """The shoulder's angles (..., 3) radians in the chart of ``skeleton.swing_twist_angles``."""
    shoulder = rotations.multiply(rotations.inverse(arm.collar_world), arm.upper_world)
    swing, twist = rotations.swing_twist(shoulder, shoulder.new_tensor([1.0, 0.0, 0.0]))
    return rotations.to_rotvec(swing) + rotations.to_rotvec(twist)
