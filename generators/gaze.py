"""Gaze: where the speaker looks, in jumps of the eyes that the head follows in part."""
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from chironomia.generators.chance import sign, stream, uniform
from chironomia.generators.pulses import eased
from chironomia.generators.rhythm import Rhythm
from chironomia.motion_library import rotations, skeleton

LISTENER_AT = (0.0, 1.60, 1.80)  # the listener's eyes, metres: as tall, at a distance of personal talk (Hall 1966)
# Speakers look away as they begin to say something longer and at hesitations, and back before they end (Kendon 1967).
_AWAY_AT_PHRASE, _AWAY_AT_HESITATION, _LONG_PHRASE_S = 0.45, 0.3, 1.8
_AWAY_S = (0.6, 1.5)
_AWAY_YAW_DEG, _AWAY_PITCH_DEG = (7.0, 18.0), (-7.0, 9.0)
_AWAY_IN_SILENCE_S = (7.0, 14.0)
# Between those, the eyes wander over the listener's face (Lee, Badler & Badler 2002: fixations of about a second).
_FIXATION_S, _FACE_YAW_DEG, _FACE_PITCH_DEG = (0.7, 2.4), 1.6, 1.2
_SACCADE_S, _SACCADE_S_PER_DEG = 0.021, 0.0022  # main sequence (Bahill, Clark & Stark 1975)
_HEAD_LATE_S, _HEAD_S = 0.08, (0.4, 0.6)  # the head starts 50-100 ms after the eyes and takes longer
_HEAD_SHARE, _HEAD_FROM_DEG = 0.45, 6.0  # of a jump, for jumps that are not of the eyes alone
_EYES = [skeleton.INDEX["left_eye_smplhf"], skeleton.INDEX["right_eye_smplhf"]]


@dataclass(frozen=True)
class Look:
    """From ``time_s`` on the eyes are turned by (yaw, pitch) degrees from the listener; yaw > 0 to the speaker's left, pitch > 0 down."""

    time_s: float
    yaw_deg: float
    pitch_deg: float


def looks(rhythm: Rhythm, duration_s: float, seed: int) -> list[Look]:
    """Where the speaker looks, in order of time: mostly at the listener's face, away at the starts of longer phrases."""
    chance = stream(seed, "gaze")
    away = _aversions(rhythm, duration_s, chance)
    wander = stream(seed, "fixations")
    out = [Look(-1.0, 0.0, 0.0)]
    at_s = 0.0
    while at_s < duration_s:
        if not any(start <= at_s < end for start, end, _, _ in away):
            out.append(Look(at_s, uniform(wander, -_FACE_YAW_DEG, _FACE_YAW_DEG), uniform(wander, -_FACE_PITCH_DEG, _FACE_PITCH_DEG)))
        at_s += uniform(wander, *_FIXATION_S)
    for start, end, yaw, pitch in away:
        out += [Look(start, yaw, pitch), Look(end, uniform(wander, -1.0, 1.0), uniform(wander, -1.0, 1.0))]
    return sorted(out, key=lambda look: look.time_s)


def _aversions(rhythm: Rhythm, duration_s: float, chance: torch.Generator) -> list[tuple[float, float, float, float]]:
    """Looks away as (start, end, yaw, pitch), seconds and degrees."""
    out: list[tuple[float, float, float, float]] = []
    before_s = 0.0
    for phrase in rhythm.phrases:
        _away_in_silence(out, before_s, phrase.start_s - 0.5, chance)
        length_s, pause_s = phrase.end_s - phrase.start_s, phrase.start_s - before_s
        likely = _AWAY_AT_PHRASE if length_s >= _LONG_PHRASE_S else 0.0
        likely = max(likely, _AWAY_AT_HESITATION if 0.4 <= pause_s <= 1.6 and before_s > 0 else 0.0)
        draw, lasts_s = uniform(chance, 0, 1), min(uniform(chance, *_AWAY_S), 0.45 * length_s + 0.3)
        _add_away(out, phrase.start_s - uniform(chance, 0.0, 0.25), lasts_s, draw < likely, chance)
        before_s = phrase.end_s
    _away_in_silence(out, before_s, duration_s, chance)
    return out


def _away_in_silence(out: list[tuple[float, float, float, float]], start_s: float, end_s: float, chance: torch.Generator) -> None:
    at_s = start_s + uniform(chance, *_AWAY_IN_SILENCE_S)
    while at_s < end_s - 1.5:
        _add_away(out, at_s, uniform(chance, *_AWAY_S), True, chance)
        at_s += uniform(chance, *_AWAY_IN_SILENCE_S)


def _add_away(out: list[tuple[float, float, float, float]], start_s: float, lasts_s: float, wanted: bool, chance: torch.Generator) -> None:
    yaw, pitch = sign(chance) * uniform(chance, *_AWAY_YAW_DEG), uniform(chance, *_AWAY_PITCH_DEG)
    if wanted and (not out or start_s > out[-1][1] + 0.5):
        out.append((start_s, start_s + lasts_s, yaw, pitch))


def gaze_direction(seen: list[Look], times_s: Tensor) -> Tensor:
    """Yaw and pitch of the gaze (F, 2) from the listener, radians: still between jumps, each as quick as eyes are."""
    keys, values, last = [-2.0], [(0.0, 0.0)], (0.0, 0.0)
    for look in seen:
        jump_deg = math.hypot(look.yaw_deg - last[0], look.pitch_deg - last[1])
        keys += [look.time_s, look.time_s + _SACCADE_S + _SACCADE_S_PER_DEG * jump_deg]
        values += [last, (look.yaw_deg, look.pitch_deg)]
        last = (look.yaw_deg, look.pitch_deg)
    return torch.deg2rad(eased(keys, torch.tensor(values), times_s))


def head_turn(seen: list[Look], times_s: Tensor) -> Tensor:
    """Yaw and pitch of the head (F, 2), radians, as it follows the larger looks: later, slower, and less far."""
    keys, values, last = [-2.0], [(0.0, 0.0)], (0.0, 0.0)
    for look in seen:
        far = math.hypot(look.yaw_deg, look.pitch_deg) >= _HEAD_FROM_DEG
        to = (_HEAD_SHARE * look.yaw_deg, _HEAD_SHARE * look.pitch_deg) if far else (0.0, 0.0)
        if to == last:
            continue
        start_s = max(look.time_s + _HEAD_LATE_S, keys[-1])
        keys += [start_s, start_s + _HEAD_S[0] + (_HEAD_S[1] - _HEAD_S[0]) * min(math.hypot(to[0] - last[0], to[1] - last[1]) / 8.0, 1.0)]
        values += [last, to]
        last = to
    return torch.deg2rad(eased(keys, torch.tensor(values), times_s))


def look_at(places: Tensor, world: Tensor, gaze: Tensor) -> Tensor:
    """Local rotations of the two eyes (F, 2, 4) XYZW that keep the gaze where it is wanted, however the head moves.

    ``places`` (F, 55, 3) and ``world`` (F, 55, 4) are the body's, ``gaze`` (F, 2) yaw and pitch from the listener, radians.
    Within the eyes' limits.
    """
    to_listener = places.new_tensor(LISTENER_AT) - places[:, _EYES]  # (F, 2 eyes, 3)
    yaw, pitch = gaze[:, None, 0], gaze[:, None, 1]
    turn = torch.stack([torch.zeros_like(yaw), yaw, torch.zeros_like(yaw)], -1)
    dip = torch.stack([pitch, torch.zeros_like(pitch), torch.zeros_like(pitch)], -1)
    wanted = rotations.rotate(rotations.from_rotvec(turn), rotations.rotate(rotations.from_rotvec(dip), to_listener))
    head = world[:, skeleton.INDEX["head"]][:, None]
    local = rotations.between(places.new_tensor([0.0, 0.0, 1.0]), rotations.rotate(rotations.inverse(head), wanted))
    angles = rotations.to_rotvec(local)
    limits = skeleton.LIMITS.to(places)[_EYES]
    return rotations.from_rotvec(torch.maximum(torch.minimum(angles, 0.9 * limits[..., 1]), 0.9 * limits[..., 0]))
