"""Which of many wishes are made: the worthiest that leave each other time, do not repeat themselves, and are few enough.

Dynamic programming over the wishes in order of time. Two strokes need time between them, the same gesture soon again is worth less,
and what a gesture costs is raised until the speaker's rate is kept. Linear in the number of wishes.
"""
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import Wish

LIVELY_PER_MIN = 14.0  # between the 12 and 16 representational gestures a minute of lively narration
THRESHOLD = 0.45  # below this confidence the hands stay still: then no gesture is the better guess
GAP_S = 0.9  # between two strokes: preparation and stroke take that long
_PAIR_GAP_S = 0.6  # between the two sides of a contrast or the items of a list, which are one movement
_SAME_S, _SAME = 8.0, 0.12  # the same thing shown again so soon is worth less
_LOOK_BACK = 64  # wishes: more than fall into the eight seconds in which they could matter to each other
_LEEWAY_S = 2.0  # lets a sentence of three seconds have two gestures
_JITTER = 0.015  # of worth, by seed: lets near ties fall differently in another performance
_PAIRED = frozenset({"CONTRAST", "COUNT"})
_LISTED = _PAIRED | {"ITERATION", "CYCLE"}


@dataclass(frozen=True)
class _Row:
    """A wish at its time, with what chance adds to its worth."""

    time_s: float
    wish: Wish
    noise: float


def most_calls(duration_s: float, rate_per_min: float | None) -> int:
    """How many gestures a speech may have: at this rate at most, or at a lively one, more leniently in a short text; at 0 none."""
    if rate_per_min is None:
        return math.ceil(LIVELY_PER_MIN * (duration_s + _LEEWAY_S) / 60.0)
    return max(1, round(rate_per_min * duration_s / 60.0)) if rate_per_min else 0


def least_confidence(rate_per_min: float | None) -> float:
    """Below which confidence the hands stay still: who gestures more than others, gestures where it is less called for."""
    return THRESHOLD * min(1.0, LIVELY_PER_MIN / rate_per_min) if rate_per_min else THRESHOLD


def choose(
    wishes: Sequence[Wish], utterance: Utterance, most: int, *, fixed_s: Sequence[float] = (), threshold: float = THRESHOLD, seed: int = 0
) -> list[Wish]:
    """The worthiest wishes, at most ``most``, in order of their anchors.

    ``fixed_s`` are the times of strokes that stand already, in seconds: no other comes near them. A wish less sure than ``threshold`` is
    never made. What a gesture costs is raised until they are few enough.
    """
    rows = _rows(wishes, utterance, fixed_s, seed)
    low, high = threshold, 1.0
    chosen = _best_chain(rows, low)
    while len(chosen) > most and high - low > 1e-2:
        cost = (low + high) / 2
        trial = _best_chain(rows, cost)
        low, high, chosen = (cost, high, trial) if len(trial) >= most else (low, cost, chosen)
    return sorted(sorted(chosen, key=lambda w: -w.confidence)[:most], key=lambda w: w.anchor)


def _rows(wishes: Sequence[Wish], utterance: Utterance, fixed_s: Sequence[float], seed: int) -> list[_Row]:
    chance = random.Random(seed)
    rows = [_Row(utterance.words[w.anchor].stress_s, w, chance.gauss(0.0, _JITTER)) for w in wishes]
    free = [row for row in rows if all(abs(row.time_s - s) >= GAP_S for s in fixed_s)]
    return sorted(free, key=lambda row: (row.time_s, row.wish.first, row.wish.show))


def _best_chain(rows: Sequence[_Row], cost: float) -> list[Wish]:
    """The chain of compatible wishes with the greatest sum of confidence less cost."""
    rows = [row for row in rows if row.wish.confidence >= cost]
    best: list[tuple[float, int]] = []  # worth of the best chain that ends with row i, and the row before it
    past, near = (0.0, -1), 0  # the best chain that ends before row ``near``, from which on rows may matter to each other
    for i, row in enumerate(rows):
        while near < i and (row.time_s - rows[near].time_s >= _SAME_S or i - near > _LOOK_BACK):
            past, near = max(past, (best[near][0], near)), near + 1
        links = [(best[j][0] - _repeated(rows[j], row), j) for j in range(near, i) if _compatible(rows[j], row)]
        worth, before = max([past, *links])
        best.append((worth + row.wish.confidence - cost + row.noise, before))
    at = max(range(len(rows)), key=lambda i: best[i][0], default=-1)
    chain: list[Wish] = []
    while at >= 0:
        chain.append(rows[at].wish)
        at = best[at][1]
    return chain[::-1]


def _compatible(earlier: _Row, later: _Row) -> bool:
    pair = earlier.wish.schema == later.wish.schema and later.wish.schema in _PAIRED
    apart_s = later.time_s - earlier.time_s
    return apart_s >= (_PAIR_GAP_S if pair else GAP_S) and not earlier.wish.overlaps(later.wish)


def _repeated(earlier: _Row, later: _Row) -> float:
    same = earlier.wish.show == later.wish.show and later.wish.schema not in _LISTED
    return _SAME if same and later.time_s - earlier.time_s < _SAME_S else 0.0
