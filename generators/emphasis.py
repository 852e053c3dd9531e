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
# The trunk leans and turns a little into strong accents, the pelvis with it.
_LEAN_KEYS_S, _LEAN_SHAPE = (-0.44, 0.02, 0.7), (0.0, 1.0, 0.0)
_LEAN_DEG, _LEAN_FROM, _LEANS_APART_S = (1.2, 3.6), 0.6, 1.1
_LEAN_TURNS = 0.6  # degrees to a side for a degree forward
# The head has another bearing in every phrase: yaw, pitch, roll in degrees, standard deviations of those of talkers are twice this.
_BEARING_DEG, _BEARING_S = (3.0, 1.6, 2.2), (0.6, 1.0)
_BEARINGS_APART_S = 0.8  # a short phrase keeps the bearing of the one before
# So has the trunk, less often: it is turned to another side, leans more or less.
_TRUNK_BEARING_DEG, _TRUNK_BEARINGS_APART_S = (3.6, 1.2, 1.5), 2.0
# How trunk and pelvis share a movement of the trunk about x, y, z: in captured takes the hips do half of the shoulders' turn and a
# quarter of the chest's lean. The neck gives back half of the turn, since the head stays with the listener.
_TRUNK_SHARES: dict[str, tuple[float, float, float]] = {
    "pelvis": (0.25, 0.5, 0.15), "spine1": (0.3, 0.2, 0.35), "spine2": (0.25, 0.2, 0.3), "spine3": (0.2, 0.1, 0.2),
    "neck": (-0.4, -0.5, -0.4),
}  # fmt: skip
# While it talks, head, chest and pelvis are never still: small, with the voice (Hadar et al. 1983: 90 % of talkers' time).
_LIVELY_DEG: dict[str, tuple[float, float, float]] = {
    "neck": (1.1, 1.5, 0.8), "head": (1.4, 1.7, 1.0), "spine1": (0.75, 1.0, 0.65), "spine2": (0.7, 1.1, 0.65), "spine3": (0.65, 1.0, 0.6),
    "pelvis": (0.3, 0.6, 0.35),
}  # fmt: skip
_LIVELY_HZ, _LIVELY_SLOPE = (0.15, 1.8), 1.6
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


def leans(accents: tuple[Accent, ...], seed: int) -> list[tuple[float, float, float]]:
    """Leans into accents as (apex in seconds, degrees forward, degrees to the left): the strongest ones, at least 1.1 s apart."""
    chance = stream(seed, "leans")
    out: list[tuple[float, float, float]] = []
    for accent in accents:
        turn = sign(chance) * uniform(chance, 0.3, 1.0)
        if accent.prominence >= _LEAN_FROM and (not out or accent.time_s - out[-1][0] >= _LEANS_APART_S):
            share = (accent.prominence - _LEAN_FROM) / (1.0 - _LEAN_FROM)
            forward = _LEAN_DEG[0] + (_LEAN_DEG[1] - _LEAN_DEG[0]) * share
            out.append((accent.time_s, forward, _LEAN_TURNS * turn * forward))
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


def roused(rhythm: Rhythm, times_s: Tensor) -> Tensor:
    """How far the voice rouses the body (F,): 1 in phrases and the short pauses between them, 0 in silence."""
    talks = joined([Interval(p.start_s - _ROUSED_S, p.end_s + 2 * _ROUSED_S) for p in rhythm.phrases], 2 * _ROUSED_S)
    keys = [t for p in talks for t in (p.start_s, p.start_s + 2 * _ROUSED_S, p.end_s - 2 * _ROUSED_S, p.end_s)]
    return eased([-2.0, *keys], [0.0, *[0.0, 1.0, 1.0, 0.0] * len(talks)], times_s)


def liveliness(talking: Tensor, fps: float, seed: int) -> Tensor:
    """Small movements of head, chest and pelvis (F, 55, 3), radians, while ``talking`` (F,) is 1; a tenth of them where it is 0."""
    frames = talking.shape[0]
    sizes = torch.deg2rad(torch.tensor(list(_LIVELY_DEG.values())))  # (N, 3)
    curves = drift(frames, sizes.numel(), fps, stream(seed, "liveliness"), *_LIVELY_HZ, slope=_LIVELY_SLOPE).reshape(frames, -1, 3)
    angles = torch.zeros(frames, skeleton.JOINTS, 3)
    angles[:, [skeleton.INDEX[n] for n in _LIVELY_DEG]] = curves * sizes * (0.1 + 0.9 * talking[:, None, None])
    return angles


def head_bearing(rhythm: Rhythm, times_s: Tensor, seed: int) -> Tensor:
    """Pitch, yaw and roll (F, 3), radians, in which the head is held: another for every phrase but short ones, straighter in silence."""
    return _bearing(rhythm, times_s, stream(seed, "bearing"), _BEARING_DEG, _BEARINGS_APART_S)


def _bearing(rhythm: Rhythm, times_s: Tensor, chance: torch.Generator, sizes_deg: tuple[float, float, float], apart_s: float) -> Tensor:
    keys, values = [-2.0], [(0.0, 0.0, 0.0)]
    for phrase in rhythm.phrases:
        if phrase.start_s - 0.3 < keys[-1] + apart_s:
            continue
        lasts_s = uniform(chance, *_BEARING_S)
        to = [max(-1.6, min(1.6, float(torch.randn((), generator=chance)))) * d for d in sizes_deg]
        keys += [phrase.start_s - 0.3, phrase.start_s - 0.3 + lasts_s]
        values += [values[-1], (to[1], to[0], to[2])]
    keys += [keys[-1] + 0.5, max(keys[-1] + 1.5, rhythm.phrases[-1].end_s + 1.5 if rhythm.phrases else 0.0)]
    values += [values[-1], (0.0, 0.0, 0.0)]
    return torch.deg2rad(eased(keys, torch.tensor(values), times_s))


def trunk_turn(rhythm: Rhythm, frames: int, fps: float, seed: int) -> Tensor:
    """Where the trunk turns and leans with the voice, as angles (F, 55, 3), radians: another bearing for a phrase, and into accents."""
    bearing = _bearing(rhythm, frame_times(frames, fps), stream(seed, "trunk"), _TRUNK_BEARING_DEG, _TRUNK_BEARINGS_APART_S)
    leaned = leans(rhythm.accents, seed)
    events = [t for t, _, _ in leaned]
    forward, aside = (
        pulses(events, [math.radians(size[k]) for size in leaned], _LEAN_KEYS_S, _LEAN_SHAPE, frames, fps) for k in (1, 2)
    )
    whole = bearing + torch.stack([forward, aside, torch.zeros_like(aside)], -1)
    angles = torch.zeros(frames, skeleton.JOINTS, 3)
    angles[:, [skeleton.INDEX[n] for n in _TRUNK_SHARES]] = whole[:, None] * torch.tensor(list(_TRUNK_SHARES.values()))
    return angles


def emphasis(rhythm: Rhythm, frames: int, fps: float, seed: int) -> Tensor:
    """Angles (F, 55, 3) to add, radians: nods and leans at accents, bearings of the trunk, the jaw, and a liveliness of them all."""
    angles = liveliness(roused(rhythm, frame_times(frames, fps)), fps, seed) + trunk_turn(rhythm, frames, fps, seed)
    nodded = nods(rhythm.accents, seed)
    events = [t for t, _, _ in nodded]
    down = pulses(events, [math.radians(d) for _, d, _ in nodded], _NOD_KEYS_S, _NOD_SHAPE, frames, fps)
    aside = pulses(events, [math.radians(d) for _, _, d in nodded], _NOD_KEYS_S, _NOD_SHAPE, frames, fps)
    for joint, share in (("neck", 0.4), ("head", 0.6)):
        angles[:, skeleton.INDEX[joint], 0] += share * down
        angles[:, skeleton.INDEX[joint], 2] += share * aside
    angles[:, skeleton.INDEX["jaw"], 0] = jaw_opening(rhythm, frames, fps)
    return angles
