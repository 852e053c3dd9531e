"""Stance: how a standing body keeps moving below the gestures: sway, shifts of weight, and a trunk that is never quite still."""
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
# Contrapposto: all the weight on one leg moves the pelvis over that foot; the free hip drops and comes forward. A captured performer who
# stands so (125 takes) has the pelvis 35 % of the stance's width from its middle, hips 3 degrees and shoulders 0.9 degrees from level,
# to the same side; here the shoulders go on to tip a little the other way, as figures are drawn at ease. Sizes are chosen, not fitted.
_SHIFT_M, _ROLL_DEG, _TURN_DEG = 0.055, 5.0, 4.0
_SHIFT_S = (1.1, 1.7)
_TRUNK_LATE_S = 0.1  # the trunk follows the pelvis
_SHIFTS_APART_S = 5.0  # at least
_SHIFT_LIKELY_AFTER_S = 12.0  # so long after the last one, a good break is used
_LEVEL_M = 0.002  # how softly the height follows the longer leg

# Drifts of trunk and head at rest: standard deviation in degrees about x, y, z, and the band in hertz.
_DRIFT_HZ = (0.03, 0.5)
_DRIFT_DEG: dict[str, tuple[float, float, float]] = {
    "spine1": (0.35, 0.35, 0.25), "spine2": (0.3, 0.35, 0.25), "spine3": (0.3, 0.35, 0.2),
    "neck": (0.8, 1.0, 0.6), "head": (0.8, 1.1, 0.8),
}  # fmt: skip
# How the joints above answer the pelvis' tip: the chest tips to the standing side, the head stays level.
_COUNTER = (("spine1", 0.5), ("spine2", 0.5), ("spine3", 0.4), ("neck", -0.2), ("head", -0.2))


@dataclass(frozen=True)
class Shift:
    """A shift of weight that begins at ``start_s``, lasts ``duration_s``, and ends with ``to`` of the weight on the left, -1 to 1."""

    start_s: float
    duration_s: float
    to: float


def weight_shifts(phrases: tuple[Interval, ...], duration_s: float, seed: int) -> list[Shift]:
    """When the weight changes legs: at some breaks between phrases, rather at long ones, and now and then in silence.

    Never two within 5 s and never at regular times (Cassell et al. 2001 find posture shifts at discourse boundaries).
    """
    chance = stream(seed, "weight shifts")
    side = sign(chance)
    shifts = [Shift(-1.0, 0.5, side * uniform(chance, 0.3, 0.9))]
    for start_s, gap_s in _breaks(phrases, duration_s):
        wanted = min(0.15 + 0.6 * gap_s, 0.85) * min((start_s - shifts[-1].start_s) / _SHIFT_LIKELY_AFTER_S, 1.0)
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
    left, followed = weight(shifts, times), weight(shifts, times - _TRUNK_LATE_S)
    side, front = (drift(frames, 2, fps, stream(seed, "sway"), *_SWAY_HZ) * torch.tensor([_SWAY_SIDE_M, _SWAY_FRONT_M])).unbind(-1)
    angles = _drifting(frames, fps, seed)
    tipped = torch.deg2rad(torch.tensor([0.0, _TURN_DEG, _ROLL_DEG]))
    lean = torch.stack([front, torch.zeros_like(front), -side], -1) / _SWAY_HEIGHT_M  # (F, 3)
    angles[:, skeleton.INDEX["pelvis"]] += lean + left[:, None] * tipped
    for joint, share in _COUNTER:
        angles[:, skeleton.INDEX[joint]] -= share * followed[:, None] * tipped
    place = torch.stack([side + left * _SHIFT_M, torch.zeros_like(side), front + feet.places[:, 2].mean() + 0.004], -1)
    return angles, _at_leg_length(rotations.from_rotvec(angles[:, 0]), place, feet, leg_m)


def _at_leg_length(pelvis: Tensor, place: Tensor, feet: Footing, leg_m: float) -> Tensor:
    """The place (F, 3) with the height at which the longer leg is ``leg_m`` long, softly where both are as long."""
    legs = leg_lengths(pelvis, place, feet)
    rise = legs[..., 1] + (leg_m**2 - legs[..., [0, 2]].square().sum(-1)).clamp_min(0.0).sqrt()  # (F, 2)
    height = -_LEVEL_M * torch.logsumexp(-rise / _LEVEL_M, -1)
    return place + torch.stack([torch.zeros_like(height), height, torch.zeros_like(height)], -1)


def _drifting(frames: int, fps: float, seed: int) -> Tensor:
    """Slow random angles (F, 55, 3), radians, of trunk and head."""
    sizes = torch.deg2rad(torch.tensor(list(_DRIFT_DEG.values())))  # (N, 3)
    curves = drift(frames, sizes.numel(), fps, stream(seed, "limbs"), *_DRIFT_HZ).reshape(frames, -1, 3)
    angles = torch.zeros(frames, skeleton.JOINTS, 3)
    angles[:, [skeleton.INDEX[n] for n in _DRIFT_DEG]] = curves * sizes
    return angles
