"""Emphasis of head, trunk and jaw: what moves with the voice besides the hands."""
import math

import torch
from torch import Tensor
from torch.nn import functional as F

from chironomia.generators.chance import sign, stream, uniform
from chironomia.generators.pulses import drift, eased, frame_times, pulses
from chironomia.generators.rhythm import Accent, AccentKind, Interval, Rhythm, joined
from chironomia.motion_library import skeleton

# A nod goes up a little, down to its apex at the vowel's onset, and back (Hadar et al. 1983; McClave 2000).
_NOD_KEYS_S, _NOD_SHAPE = (-0.48, -0.24, 0.0, 0.34), (0.0, -0.22, 1.0, 0.0)
_NOD_DEG = (1.5, 4.4)  # at prominence 0 and 1; a phrase's nucleus gets a quarter more
_NOD_NUCLEUS, _NOD_STRESS = 0.8, 0.45  # how likely, times prominence
_NODS_APART_S = 0.55
_TILT_SHARE = 0.35  # of nods go aside as well
# The trunk leans into strong accents.
_LEAN_KEYS_S, _LEAN_SHAPE = (-0.5, 0.02, 0.8), (0.0, 1.0, 0.0)
_LEAN_DEG, _LEAN_FROM, _LEANS_APART_S = (0.4, 1.4), 0.65, 1.2
# The head has another bearing in every phrase: yaw, pitch, roll in degrees, standard deviations of those of talkers are twice this.
_BEARING_DEG, _BEARING_S = (3.0, 1.6, 2.2), (0.6, 1.0)
_BEARINGS_APART_S = 0.8  # a short phrase keeps the bearing of the one before
# While it talks, head and chest are never still: slow and small, with the voice (Hadar et al. 1983: 90 % of talkers' time).
_LIVELY_DEG: dict[str, tuple[float, float, float]] = {
    "neck": (0.9, 1.2, 0.6), "head": (1.2, 1.4, 0.8), "spine1": (0.35, 0.5, 0.3), "spine2": (0.35, 0.6, 0.3), "spine3": (0.3, 0.5, 0.3),
}  # fmt: skip
_LIVELY_HZ, _LIVELY_SLOPE = (0.15, 1.8), 2.0
_ROUSED_S = 0.6  # how far a phrase's liveliness spreads around it
# The jaw opens with loudness, a little more on accents.
_JAW_DEG, _JAW_ACCENT_DEG, _JAW_MOST_DEG = 6.0, 1.8, 8.0
_JAW_KEYS_S, _JAW_SHAPE = (-0.10, 0.06, 0.22), (0.0, 1.0, 0.0)
_JAW_SMOOTH_S = 0.12


def nods(accents: tuple[Accent, ...], seed: int) -> list[tuple[float, float, float]]:
    """The nods as (apex in seconds, size in degrees down, degrees aside): on most nuclei and some other accents, never crowded."""
    chance = stream(seed, "nods")
    out: list[tuple[float, float, float]] = []
    for accent in accents:
        nucleus = accent.kind is AccentKind.NUCLEUS
        draw, size, aside = uniform(chance, 0, 1), uniform(chance, 0.8, 1.2), sign(chance) * uniform(chance, 0.3, 0.7)
        tilted = uniform(chance, 0, 1) < _TILT_SHARE
        likely = (_NOD_NUCLEUS if nucleus else _NOD_STRESS) * min(accent.prominence + 0.25, 1.0)
        if draw < likely and (not out or accent.time_s - out[-1][0] >= _NODS_APART_S):
            degrees = size * (_NOD_DEG[0] + (_NOD_DEG[1] - _NOD_DEG[0]) * accent.prominence) * (1.25 if nucleus else 1.0)
            out.append((accent.time_s, degrees, aside * degrees if tilted else 0.0))
    return out


def leans(accents: tuple[Accent, ...]) -> list[tuple[float, float]]:
    """Leans into accents as (apex in seconds, degrees forward): the strongest ones, at least 1.2 s apart."""
    out: list[tuple[float, float]] = []
    for accent in accents:
        if accent.prominence >= _LEAN_FROM and (not out or accent.time_s - out[-1][0] >= _LEANS_APART_S):
            share = (accent.prominence - _LEAN_FROM) / (1.0 - _LEAN_FROM)
            out.append((accent.time_s, _LEAN_DEG[0] + (_LEAN_DEG[1] - _LEAN_DEG[0]) * share))
    return out


def jaw_opening(rhythm: Rhythm, frames: int, fps: float) -> Tensor:
    """How far the jaw is open (F,), radians: up to 8 degrees with the voice's activity, closed in silence."""
    at = frame_times(frames, fps) * rhythm.fps
    low = at.floor().long().clamp(max=rhythm.activity.shape[0] - 1)
    high = (low + 1).clamp(max=rhythm.activity.shape[0] - 1)
    active = torch.lerp(rhythm.activity[low], rhythm.activity[high], at - at.floor()) * (at < rhythm.activity.shape[0])
    half = max(round(0.5 * _JAW_SMOOTH_S * fps), 1)
    window = torch.hann_window(2 * half + 3, periodic=False)[1:-1]
    smooth = F.conv1d(active[None, None], (window / window.sum())[None, None], padding=half)[0, 0]
    accents = [(a.time_s, a.prominence) for a in rhythm.accents]
    pops = pulses([t for t, _ in accents], [p for _, p in accents], _JAW_KEYS_S, _JAW_SHAPE, frames, fps)
    degrees = _JAW_DEG * smooth + _JAW_ACCENT_DEG * pops
    return torch.deg2rad(_JAW_MOST_DEG * torch.tanh(degrees / _JAW_MOST_DEG))


def liveliness(rhythm: Rhythm, frames: int, fps: float, seed: int) -> Tensor:
    """Small movements of head and chest (F, 55, 3), radians, while there is speech; a tenth of them in silence."""
    times = frame_times(frames, fps)
    talks = joined([Interval(p.start_s - _ROUSED_S, p.end_s + 2 * _ROUSED_S) for p in rhythm.phrases], 2 * _ROUSED_S)
    keys = [t for p in talks for t in (p.start_s, p.start_s + 2 * _ROUSED_S, p.end_s - 2 * _ROUSED_S, p.end_s)]
    roused = eased([-2.0, *keys], [0.0, *[0.0, 1.0, 1.0, 0.0] * len(talks)], times)
    sizes = torch.deg2rad(torch.tensor(list(_LIVELY_DEG.values())))  # (N, 3)
    curves = drift(frames, sizes.numel(), fps, stream(seed, "liveliness"), *_LIVELY_HZ, slope=_LIVELY_SLOPE).reshape(frames, -1, 3)
    angles = torch.zeros(frames, skeleton.JOINTS, 3)
    angles[:, [skeleton.INDEX[n] for n in _LIVELY_DEG]] = curves * sizes * (0.1 + 0.9 * roused[:, None, None])
    return angles


def head_bearing(rhythm: Rhythm, times_s: Tensor, seed: int) -> Tensor:
    """Pitch, yaw and roll (F, 3), radians, in which the head is held: another for every phrase but short ones, straighter in silence."""
    chance = stream(seed, "bearing")
    keys, values = [-2.0], [(0.0, 0.0, 0.0)]
    for phrase in rhythm.phrases:
        if phrase.start_s - 0.3 < keys[-1] + _BEARINGS_APART_S:
            continue
        lasts_s = uniform(chance, *_BEARING_S)
        to = [max(-1.6, min(1.6, float(torch.randn((), generator=chance)))) * d for d in _BEARING_DEG]
        keys += [phrase.start_s - 0.3, phrase.start_s - 0.3 + lasts_s]
        values += [values[-1], (to[1], to[0], to[2])]
    keys += [keys[-1] + 0.5, max(keys[-1] + 1.5, rhythm.phrases[-1].end_s + 1.5 if rhythm.phrases else 0.0)]
    values += [values[-1], (0.0, 0.0, 0.0)]
    return torch.deg2rad(eased(keys, torch.tensor(values), times_s))


def emphasis(rhythm: Rhythm, frames: int, fps: float, seed: int) -> Tensor:
    """Angles (F, 55, 3) to add, radians: nods and leans at accents, the jaw, and a liveliness of head and chest."""
    angles = liveliness(rhythm, frames, fps, seed)
    nodded = nods(rhythm.accents, seed)
    events = [t for t, _, _ in nodded]
    down = pulses(events, [math.radians(d) for _, d, _ in nodded], _NOD_KEYS_S, _NOD_SHAPE, frames, fps)
    aside = pulses(events, [math.radians(d) for _, _, d in nodded], _NOD_KEYS_S, _NOD_SHAPE, frames, fps)
    for joint, share in (("neck", 0.4), ("head", 0.6)):
        angles[:, skeleton.INDEX[joint], 0] += share * down
        angles[:, skeleton.INDEX[joint], 2] += share * aside
    leaned = leans(rhythm.accents)
    lean = pulses([t for t, _ in leaned], [math.radians(d) for _, d in leaned], _LEAN_KEYS_S, _LEAN_SHAPE, frames, fps)
    for joint, share in (("spine1", 0.4), ("spine2", 0.35), ("spine3", 0.25), ("neck", -0.4)):
        angles[:, skeleton.INDEX[joint], 0] += share * lean
    angles[:, skeleton.INDEX["jaw"], 0] = jaw_opening(rhythm, frames, fps)
    return angles
