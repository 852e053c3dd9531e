"""Stance: how a standing body keeps moving below the gestures: sway, shifts of weight, and limbs that are never quite still."""
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from chironomia.generators.chance import sign, stream, uniform
from chironomia.generators.contacts import Footing, leg_lengths
from chironomia.generators.pulses import drift, eased, frame_times
from chironomia.generators.rhythm import Interval, Rhythm
from chironomia.motion_library import rotations, skeleton

# Sway of the centre of mass, standard deviation: a few millimetres, more to front and back than to the sides, its power
# falling as 1/f over minutes (Collins & De Luca 1993; Duarte & Zatsiorsky 2000).
_SWAY_SIDE_M, _SWAY_FRONT_M = 0.0035, 0.0055
_SWAY_HZ = (0.02, 0.6)
_SWAY_HEIGHT_M = 1.0  # of the centre of mass, about which the body leans as it sways over its ankles
# Shifts of weight onto one leg: how far the pelvis goes, how it tips and turns with it (the free hip drops and comes forward).
_SHIFT_M, _ROLL_DEG, _TURN_DEG = 0.032, 3.4, 2.5
_SHIFT_S = (1.1, 1.7)
_SHIFTS_APART_S = 6.0  # at least: people in conversation shift every 10-20 s, not at every pause
_SILENT_SHIFT_S = (9.0, 20.0)  # in long silences
_LEVEL_M = 0.002  # how softly the height follows the longer leg

# Drifts of joints at rest: standard deviation in degrees about x, y, z (left side), and the band in hertz.
_DRIFT_HZ = (0.03, 0.5)
_DRIFT_DEG: dict[str, tuple[float, float, float]] = {
    "spine1": (0.35, 0.35, 0.25), "spine2": (0.3, 0.35, 0.25), "spine3": (0.3, 0.35, 0.2),
    "neck": (0.7, 0.8, 0.5), "head": (0.7, 0.8, 0.6),
    "shoulder": (1.2, 0.8, 0.7), "elbow": (1.2, 1.8, 0.0), "wrist": (0.8, 0.9, 1.8), "collar": (0.0, 0.25, 0.3),
}  # fmt: skip
_CURL_DEG, _FINGER_DEG = 1.8, 1.1  # of a hand's fingers together, and of each finger alone
_FINGERTIP_SHARE = (1.0, 1.2, 0.8)  # of the three joints of a finger


@dataclass(frozen=True)
class Shift:
    """A shift of weight that begins at ``start_s``, lasts ``duration_s``, and ends with ``to`` of the weight on the left, -1 to 1."""

    start_s: float
    duration_s: float
    to: float


def weight_shifts(phrases: tuple[Interval, ...], duration_s: float, seed: int) -> list[Shift]:
    """When the weight changes legs: at some breaks between phrases, rather at long ones, and now and then in silence.

    Never two within 6 s and never at regular times (Cassell et al. 2001 find posture shifts at discourse boundaries).
    """
    chance = stream(seed, "weight shifts")
    side = sign(chance)
    shifts = [Shift(-1.0, 0.5, side * uniform(chance, 0.3, 0.9))]
    for start_s, gap_s in _breaks(phrases, duration_s):
        wanted = min(0.15 + 0.6 * gap_s, 0.85) * min((start_s - shifts[-1].start_s) / 15.0, 1.0)
        draw, length_s, size = uniform(chance, 0, 1), uniform(chance, *_SHIFT_S), uniform(chance, 0.45, 1.0)
        apart_s = _SHIFTS_APART_S + uniform(chance, 0.0, 3.0)
        if start_s - shifts[-1].start_s >= apart_s and draw < wanted:
            side = -side if uniform(chance, 0, 1) < 0.8 else side
            shifts.append(Shift(start_s - 0.25 * length_s, length_s, side * size))
    return shifts


def _breaks(phrases: tuple[Interval, ...], duration_s: float) -> list[tuple[float, float]]:
    """Moments at which a body may shift, and the silence in seconds around each; long silences hold one every 5 s."""
    ends = [0.0, *(p.end_s for p in phrases)]
    starts = [*(p.start_s for p in phrases), duration_s]
    out: list[tuple[float, float]] = []
    for end_s, start_s in zip(ends, starts, strict=True):
        gap_s = start_s - end_s
        out += [(end_s + 5.0 * k + min(0.5 * gap_s, 0.3), min(gap_s, 1.2)) for k in range(1 + int(max(gap_s - 4.0, 0.0) / 5.0))]
    return [(at, gap) for at, gap in out if gap > 0]


def weight(shifts: list[Shift], times_s: Tensor) -> Tensor:
    """How much of the weight is on the left leg (F,), -1 to 1, after ``shifts``."""
    keys = [t for s in shifts for t in (s.start_s, s.start_s + s.duration_s)]
    before = [shifts[0].to, *(s.to for s in shifts[:-1])]
    return eased(keys, [v for s, b in zip(shifts, before, strict=True) for v in (b, s.to)], times_s)


def stance(rhythm: Rhythm, frames: int, fps: float, seed: int, feet: Footing, leg_m: float) -> tuple[Tensor, Tensor]:
    """Angles (F, 55, 3) to add to a posture's, radians, and the pelvis' place (F, 3), metres, over ``feet``.

    ``leg_m`` is how long the standing leg stays, hip to ankle: the pelvis' height follows from it.
    """
    times = frame_times(frames, fps)
    shifts = weight_shifts(rhythm.phrases, max(frames / fps, rhythm.duration_s), seed)
    left = weight(shifts, times)
    side, front = (drift(frames, 2, fps, stream(seed, "sway"), *_SWAY_HZ) * torch.tensor([_SWAY_SIDE_M, _SWAY_FRONT_M])).unbind(-1)
    angles = _limb_drift(frames, fps, seed)
    roll, turn = left * math.radians(_ROLL_DEG), left * math.radians(_TURN_DEG)
    lean = torch.stack([front / _SWAY_HEIGHT_M, turn, roll - side / _SWAY_HEIGHT_M], -1)  # (F, 3)
    counter = torch.stack([torch.zeros_like(roll), -turn, -roll], -1)
    angles[:, skeleton.INDEX["pelvis"]] += lean
    for joint, share in (("spine1", 0.5), ("spine2", 0.45), ("spine3", 0.3), ("neck", -0.15), ("head", -0.1)):
        angles[:, skeleton.INDEX[joint]] += share * counter  # the chest tips a little to the standing side, the head stays level
    place = torch.stack([side + left * _SHIFT_M, torch.zeros_like(side), front + feet.places[:, 2].mean() + 0.004], -1)
    return angles, _at_leg_length(rotations.from_rotvec(angles[:, 0]), place, feet, leg_m)


def _at_leg_length(pelvis: Tensor, place: Tensor, feet: Footing, leg_m: float) -> Tensor:
    """The place (F, 3) with the height at which the longer leg is ``leg_m`` long, softly where both are as long."""
    legs = leg_lengths(pelvis, place, feet)
    rise = legs[..., 1] + (leg_m**2 - legs[..., [0, 2]].square().sum(-1)).clamp_min(0.0).sqrt()  # (F, 2)
    height = -_LEVEL_M * torch.logsumexp(-rise / _LEVEL_M, -1)
    return place + torch.stack([torch.zeros_like(height), height, torch.zeros_like(height)], -1)


def _limb_drift(frames: int, fps: float, seed: int) -> Tensor:
    """Slow random angles (F, 55, 3), radians, of trunk, head, arms and fingers."""
    names = [n for n in skeleton.JOINT_NAMES if _drift_of(n)]
    sizes = torch.deg2rad(torch.tensor([_drift_of(n) for n in names]))  # (N, 3)
    curves = drift(frames, 3 * len(names), fps, stream(seed, "limbs"), *_DRIFT_HZ).reshape(frames, len(names), 3)
    angles = torch.zeros(frames, skeleton.JOINTS, 3)
    angles[:, [skeleton.INDEX[n] for n in names]] = curves * sizes
    fingers = drift(frames, 12, fps, stream(seed, "fingers"), *_DRIFT_HZ).reshape(frames, 2, 6)
    for h, side in enumerate(("left", "right")):
        curl = torch.deg2rad(fingers[:, h, :1] * _CURL_DEG + fingers[:, h, 1:] * _FINGER_DEG) * (-1.0 if side == "left" else 1.0)
        for f, finger in enumerate(("index", "middle", "ring", "pinky", "thumb")):
            joints = [skeleton.INDEX[f"{side}_{finger}{k}"] for k in (1, 2, 3)]
            share = torch.tensor(_FINGERTIP_SHARE) * (0.4 if finger == "thumb" else 1.0)
            angles[:, joints, 2 if finger != "thumb" else 1] += curl[:, f : f + 1] * share
    return angles


def _drift_of(name: str) -> tuple[float, float, float] | None:
    return _DRIFT_DEG.get(name.removeprefix("left_").removeprefix("right_"))
