"""Breath: quick and deep before phrases, slow and even in silence."""
import math

import torch
from torch import Tensor

from chironomia.generators.chance import stream, uniform
from chironomia.generators.pulses import eased
from chironomia.generators.rhythm import Rhythm
from chironomia.motion_library import skeleton

# At rest a cycle of 4 s, two fifths of it breathing in; in speech the air is taken in half a second at a pause and let go
# along the phrase (Conrad & Schönle 1979; Winkworth et al. 1995).
_CYCLE_S, _IN_SHARE = (3.5, 4.7), 0.4
_QUICK_IN_S = (0.35, 0.75)
_BREATHS_APART_S = 1.8  # a pause sooner after a breath is not used for another
_LONGEST_S = 6.5  # of one breath: then a catch-breath is taken even within a phrase
_QUIET_DEPTH = 0.5  # of a breath at rest, as a share of one before a long phrase

# Degrees about x, y, z (left side) with full lungs: the chest rises and opens, the shoulders lift, the head stays.
_FULL_DEG: dict[str, tuple[float, float, float]] = {
    "spine2": (-0.5, 0.0, 0.0), "spine3": (-1.1, 0.0, 0.0), "neck": (0.9, 0.0, 0.0), "head": (0.4, 0.0, 0.0),
    "left_collar": (0.0, 0.5, 1.3), "left_shoulder": (0.0, -0.3, -0.8),
}  # fmt: skip


def breath(rhythm: Rhythm, times_s: Tensor, seed: int) -> Tensor:
    """How full the lungs are (F,), 0-1, at times (F,) seconds: breathing in ends where a phrase begins."""
    end_s = max(float(times_s[-1]), rhythm.duration_s) + 1.0
    keys, values = [-2.0], [0.1]
    for start_s, full_s, depth in _breaths(rhythm, end_s, seed):
        keys += [max(start_s, keys[-1]), full_s]
        values += [0.08, depth]
    return eased([*keys, keys[-1] + 2.5], [*values, 0.08], times_s)


def breath_angles(lungs: Tensor) -> Tensor:
    """Angles (F, 55, 3) to add, radians, of lungs (F,) as full as 0-1."""
    table = torch.zeros(skeleton.JOINTS, 3)
    for name, degrees in _FULL_DEG.items():
        table[skeleton.INDEX[name]] = torch.tensor(degrees)
        if name.startswith("left_"):
            table[skeleton.INDEX[skeleton.mirrored_name(name)]] = torch.tensor(degrees) * torch.tensor([1.0, -1.0, -1.0])
    return lungs[:, None, None] * torch.deg2rad(table)


def _breaths(rhythm: Rhythm, end_s: float, seed: int) -> list[tuple[float, float, float]]:
    """Each breath: when it begins, when the lungs are full, how full they get."""
    chance = stream(seed, "breath")
    out: list[tuple[float, float, float]] = []
    last_s = -uniform(chance, 0.0, 2.5)
    for phrase in rhythm.phrases:
        last_s = _fill(out, last_s, phrase.start_s - _QUICK_IN_S[1], rhythm, chance)
        if phrase.start_s - last_s >= _BREATHS_APART_S:
            length_s = phrase.end_s - phrase.start_s
            pause_s = phrase.start_s - max((p.end_s for p in rhythm.phrases if p.end_s <= phrase.start_s), default=-math.inf)
            taken_s = min(max(pause_s + 0.08, _QUICK_IN_S[0]), _QUICK_IN_S[1])
            out.append((phrase.start_s - taken_s, phrase.start_s, min(0.55 + 0.1 * length_s, 1.0)))
            last_s = phrase.start_s
    _fill(out, last_s, end_s, rhythm, chance)
    return out


def _fill(out: list[tuple[float, float, float]], last_s: float, until_s: float, rhythm: Rhythm, chance: torch.Generator) -> float:
    """Breaths at rest, and catch-breaths in long phrases, from the last breath on; returns when the last one was full."""
    while True:
        cycle_s = uniform(chance, *_CYCLE_S)
        talking = any(p.start_s < last_s + cycle_s and last_s + 0.3 < p.end_s for p in rhythm.phrases)
        cycle_s, taken_s = (_LONGEST_S, 0.45) if talking else (cycle_s, _IN_SHARE * cycle_s)
        if last_s + cycle_s > until_s:
            return last_s
        out.append((last_s + cycle_s - taken_s, last_s + cycle_s, 0.6 if talking else _QUIET_DEPTH * uniform(chance, 0.85, 1.15)))
        last_s += cycle_s
