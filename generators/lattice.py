"""The lattice of choices that alignment makes: every element of the chain, and what it costs to go from one to the next."""
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chironomia.generators.elements import Element, alone, duet
from chironomia.generators.options import (
    ANY_SHIFT,
    MOST_CANDIDATES,
    AnchoredCall,
    Array,
    Options,
    Poses,
    options_of,
    poses_at,
)
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import Hands

PREPARATION_SCALE = (0.7, 1.4)
PEAK_ACCELERATION = 45.0  # rad/s² a new preparation may need: the median-to-p95 range of real arms (10 to 48)
PEAK_SPEED_MPS = 2.2  # of the wrist in preparation
LOOK_BACK = 8  # calls: how far back the previously placed one may lie


@dataclass(frozen=True)
class Choice:
    """How a call is realised: row ``option`` of ``options``, prepared in ``preparation_s`` seconds."""

    options: Options
    option: int
    preparation_s: float


def _shortest_preparation_s(leaving: Poses, ready: Poses, uses: NDArray[np.bool_]) -> Array:
    """Least times (A, B) that minimum-jerk moves from A poses to B poses need under the limits of acceleration and speed.

    Only the arms (B, 2) that the later clip uses count. A minimum-jerk move over x in time T peaks at 5.77 x/T² and
    1.875 x/T (Flash & Hogan 1985).
    """
    turn = np.linalg.norm(ready.angles[None] - leaving.angles[:, None], axis=-1).max(-1)  # (A, B, 2)
    way = np.linalg.norm(ready.wrists[None] - leaving.wrists[:, None], axis=-1)  # (A, B, 2)
    least = np.maximum(np.sqrt(5.77 * turn / PEAK_ACCELERATION), 1.875 * way / PEAK_SPEED_MPS)
    longest: Array = np.where(uses[None], least, 0.0).max(-1)
    return longest


def _preparation_s(natural: Array, available: Array, least: Array) -> Array:
    """How long preparations take with ``available`` seconds before the stroke; NaN where they do not fit."""
    low = np.maximum(natural * PREPARATION_SCALE[0], least)
    high = np.maximum(natural * PREPARATION_SCALE[1], low)
    # A hold that would end just before the preparation begins is spent on a slower preparation instead.
    taken = np.where(available <= high, np.maximum(available, low), np.maximum(natural, low))
    return np.where(available < low, np.nan, taken)


@dataclass(frozen=True)
class Lattice:
    """All options of an utterance, the elements made of them in order of their last calls, and the poses that decide between them.

    The last pose is rest.
    """

    options: list[Options]
    elements: list[Element]
    ready: Poses
    leaving: Poses

    def preparation_s(self, before: Element | None, after: Options) -> tuple[Array, Array]:
        """Durations (A, B) of preparations of ``after`` when each follows each of ``before`` (None: rest at 0 s), and the least.

        An arm waits for what it did before; what needs no arm, for all that was before.
        """
        least = self._least_s(before, after)
        free = before.free if before else np.zeros((1, 2))
        waits_for = after.uses | ~after.uses.any(-1, keepdims=True)  # (B, 2)
        free_from = np.where(waits_for[None], free[:, None], -np.inf).max(-1)  # (A, B)
        return _preparation_s(after.preparation[None], after.before[None] - free_from, least), least

    def _least_s(self, before: Element | None, after: Options) -> Array:
        """Least times (A, B) of preparations of ``after`` from where ``before`` leaves the arms: counted once for equal clips."""
        leave, leaving = before.leaves if before else (np.array([[-1, -1]]), np.array([0]))
        first, coming = after.kinds
        least = _shortest_preparation_s(self.leaving.of_arms(leave), self.ready.at(after.clip[first]), after.uses[first])
        return least[leaving][:, coming]

    def transition_worth(self, before: Element | None, after: Element) -> Array:
        """Worth (A, B), negative, of each of ``after`` following each of ``before``; minus infinity where it does not fit."""
        cost: Array = np.sum([self._preparation_cost(before, member) for member in after.members], axis=0)
        if before is None:
            return np.where(np.isnan(cost), -np.inf, -cost)
        for one in before.members:
            for other in after.members:
                # Showing the same thing twice in a row reads as a tic; beats are meant to repeat.
                cost += 0.25 * ((one.gesture[:, None] == other.gesture[None]) & ~other.beat[None])
        near = np.min([m.before for m in after.members], axis=0)[None] - before.free.max(-1)[:, None] < 2.5
        # Inside a gesture unit hands rarely change: each arm that falls out or joins in costs.
        cost += 0.04 * near * (before.uses[:, None] ^ after.uses[None]).sum(-1)
        fits = ~np.isnan(cost)
        if before.is_duet or after.is_duet:
            fits &= self._in_order(before, after)
        return np.where(fits, -cost, -np.inf)

    def _preparation_cost(self, before: Element | None, after: Options) -> Array:
        preparation, least = self.preparation_s(before, after)
        return 0.15 * np.maximum(0.0, 1.0 - preparation / after.preparation[None]) + 0.05 * least

    def _in_order(self, before: Element, after: Element) -> NDArray[np.bool_]:
        """Whether (A, B) strokes keep the order of their words and no arm is said to be free before it is. Calls alone always do."""
        last, first = np.max([m.apex for m in before.members], axis=0), np.min([m.apex for m in after.members], axis=0)
        fits: NDArray[np.bool_] = (last[:, None] <= first[None]) & (before.free[:, None] <= after.free[None]).all(-1)
        return fits

    def choose(self) -> list[tuple[int, int]]:
        """The chain of greatest worth in which each preparation fits behind the stroke before it, as elements and their rows."""
        best: list[Array] = []
        back: list[NDArray[np.int64]] = []  # (N, 2): element and row before, -1 for none
        for e, here in enumerate(self.elements):
            total = self.transition_worth(None, here)[0] + here.worth
            link = np.full((len(total), 2), -1)
            for d in self._predecessors(e):
                through = best[d][:, None] + self.transition_worth(self.elements[d], here) + here.worth[None]  # (A, B)
                a = through.argmax(0)
                better = through.max(0) > total
                total = np.where(better, through.max(0), total)
                link[better] = np.stack([np.full_like(a, d), a], -1)[better]
            best.append(total)
            back.append(link)
        ends = [(float(t.max()), e, int(t.argmax())) for e, t in enumerate(best) if t.max() > 0.0]
        chain: list[tuple[int, int]] = []
        e, row = max(ends, key=lambda end: (end[0], -end[1]))[1:] if ends else (-1, -1)
        while e >= 0:
            chain.append((e, row))
            e, row = (int(x) for x in back[e][row])
        return chain[::-1]

    def _predecessors(self, e: int) -> list[int]:
        first = self.elements[e].calls[0]
        return [d for d in range(e) if first - LOOK_BACK <= self.elements[d].calls[-1] < first]

    def chosen(self) -> dict[int, Choice]:
        """How each call is realised that the best chain contains, in the order of the calls."""
        choices: dict[int, Choice] = {}
        before: tuple[Element, int] | None = None
        for e, row in self.choose():
            element = self.elements[e]
            for call, options in zip(element.calls, element.members, strict=True):
                durations, _ = self.preparation_s(before[0] if before else None, options)
                choices[call] = Choice(options, row, float(durations[before[1] if before else 0, row]))
            before = element, row
        return choices


def _elements(calls: Sequence[AnchoredCall], options: list[Options]) -> list[Element]:
    elements: list[Element] = []
    for k in range(len(calls)):
        pairs = [duet(i, k, calls, options) for i in range(max(0, k - LOOK_BACK), k)]
        elements += [pair for pair in pairs if pair] + ([alone(k, options[k])] if len(options[k]) else [])
    return elements


def lattice_of(ordered: Sequence[AnchoredCall], rest: Motion, shifts: Sequence[tuple[float, float]] | None = None) -> Lattice:
    """The lattice of calls in order of time; ``rest`` is the pose (one frame) that the performance begins with.

    ``shifts`` bounds how far each apex may lie from its stressed vowel's onset, in seconds; without it, all of the window is open.
    """
    clips = {c.clip.id: c.clip for a in ordered for c in a.candidates[:MOST_CANDIDATES]}
    gestures = {name: n for n, name in enumerate(sorted({c.gesture for c in clips.values()}))}
    index = {name: n for n, name in enumerate(clips)}
    still = Clip("rest", "rest", rest, SyncPoints(0, 0, 0, 0, 0, 0, 0), Hands.NONE, 1.0, frozenset(), "", "")
    all_clips = [*clips.values(), still]
    bounds = shifts or [ANY_SHIFT] * len(ordered)
    options = [options_of(a, index, gestures, within) for a, within in zip(ordered, bounds, strict=True)]
    return Lattice(
        options,
        _elements(ordered, options),
        poses_at(all_clips, [c.sync.stroke_start for c in all_clips]),
        poses_at(all_clips, [c.sync.stroke_end for c in all_clips]),
    )
