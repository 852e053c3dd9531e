"""Alignment: every call's stroke on the stressed syllable of its word, or not at all; jointly over the utterance.

A call may be realised by several clips, at several moments inside the tolerated window, at two tempi. Dynamic programming
over these options finds the sequence of greatest worth in which every preparation fits behind the stroke before it.
What does not fit is dropped, weakest first, and says why; nothing is pushed off its word.
"""
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from chironomia.generators.rhythm import Interval
from chironomia.generators.score import Alternative, Placement, ScoreSync
from chironomia.motion_library import skeleton
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.retrieve import Candidate
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import BodyPart, GestureFunction, Hands

# The apex may lie from 120 ms before to 40 ms after the stressed vowel's onset; the middle of that is best: in people the
# apex leads the pitch accent slightly and never lags the stressed syllable (Leonard & Cummins 2011; McNeill 1992).
EARLIEST_S, LATEST_S = -0.12, 0.04
SHIFTS_S = (-0.04, -0.08, 0.0, 0.03)
STROKE_SCALES = (1.0, 0.85)
PREPARATION_SCALE = (0.7, 1.4)
RETRACTION_SCALE = (0.7, 1.4)
REST_AT_LEAST_S = 1.0  # hands that gesture again sooner than this do not return to rest (Kendon 2004)
LONGEST_HOLD_S = 2.2  # a post-stroke hold that outlasts this looks forgotten
PEAK_ACCELERATION = 45.0  # rad/s² a new preparation may need: the median-to-p95 range of real arms (10 to 48)
PEAK_SPEED_MPS = 2.2  # of the wrist in preparation
LOOK_BACK = 8  # calls: how far back the previously placed one may lie
MOST_CANDIDATES = 5

Array = NDArray[np.float64]


@dataclass(frozen=True)
class AnchoredCall:
    """A call with its moment: the onset of its anchor's stressed vowel, its words' interval, and who could show it.

    ``worth`` weighs it against its neighbours; an author's explicit wish weighs more than a planner's.
    """

    call: GestureCall
    stress_s: float
    span: Interval
    candidates: tuple[Candidate, ...]
    worth: float


@dataclass(frozen=True)
class Outcome:
    """What became of a call: its placement, or None and why not."""

    call: GestureCall
    placement: Placement | None
    why: str


_ARM_JOINTS = [skeleton.INDEX[f"{side}_{j}"] for side in ("left", "right") for j in ("collar", "shoulder", "elbow", "wrist")]
_WRISTS = [skeleton.INDEX["left_wrist"], skeleton.INDEX["right_wrist"]]
_ARMS = (BodyPart.LEFT_ARM, BodyPart.RIGHT_ARM)


@dataclass(frozen=True)
class _Poses:
    """Where the arms of K clips are at one sync point: angles (K, 2, 4, 3) radians and wrists (K, 2, 3) metres."""

    angles: Array
    wrists: Array

    def at(self, clips: NDArray[np.int64]) -> "_Poses":
        return _Poses(self.angles[clips], self.wrists[clips])


@dataclass(frozen=True)
class _Options:
    """The N ways to realise one call, as arrays (N,); times in seconds of the performance."""

    candidates: tuple[Candidate, ...]
    candidate: NDArray[np.int64]  # index into candidates
    clip: NDArray[np.int64]  # index into the poses
    gesture: NDArray[np.int64]  # equal numbers, equal gestures
    beat: NDArray[np.bool_]
    uses: NDArray[np.bool_]  # (N, 2) left and right arm
    shift: Array
    scale: Array
    worth: Array
    before: Array  # stroke_start
    after: Array  # stroke_end
    preparation: Array  # natural duration of preparation and pre-stroke hold


def _poses_at(clips: Sequence[Clip], times_s: Sequence[float]) -> _Poses:
    at = [clip.motion.sample(torch.tensor([t])) for clip, t in zip(clips, times_s, strict=True)]
    turned, moved = torch.cat([m.rotations for m in at]), torch.cat([m.translation for m in at])
    angles = skeleton.swing_twist_angles(turned)[:, _ARM_JOINTS].reshape(-1, 2, len(_ARM_JOINTS) // 2, 3)
    wrists = skeleton.forward_kinematics(turned, moved)[0][:, _WRISTS]
    return _Poses(angles.double().numpy(), wrists.double().numpy())


def _shortest_preparation_s(leaving: _Poses, ready: _Poses, uses: NDArray[np.bool_]) -> Array:
    """Least times (A, B) that minimum-jerk moves from A poses to B poses need under the limits of acceleration and speed.

    Only the arms (B, 2) that the later clip uses count. A minimum-jerk move over x in time T peaks at 5.77 x/T² and
    1.875 x/T (Flash & Hogan 1985).
    """
    turn = np.linalg.norm(ready.angles[None] - leaving.angles[:, None], axis=-1).max(-1)  # (A, B, 2)
    way = np.linalg.norm(ready.wrists[None] - leaving.wrists[:, None], axis=-1)  # (A, B, 2)
    least = np.maximum(np.sqrt(5.77 * turn / PEAK_ACCELERATION), 1.875 * way / PEAK_SPEED_MPS)
    longest: Array = np.where(uses[None], least, 0.0).max(-1)
    return longest


def _options(anchored: AnchoredCall, clip_index: dict[str, int], gesture_index: dict[str, int]) -> _Options:
    candidates = anchored.candidates[:MOST_CANDIDATES]
    grid = [(c, shift, scale) for c in range(len(candidates)) for shift in SHIFTS_S for scale in STROKE_SCALES]
    which = np.array([g[0] for g in grid], dtype=np.int64)
    shift, scale = np.array([g[1] for g in grid]), np.array([g[2] for g in grid])
    sync = np.array([c.clip.sync.times() for c in candidates]).reshape(-1, 7)[which]
    scores = np.array([max(c.score, 0.0) for c in candidates])
    fit = (0.5 + 0.5 * scores / max(scores.max(initial=0.0), 1e-6))[which]
    cost = 0.05 * ((shift - SHIFTS_S[0]) / 0.08) ** 2 + 0.3 * (1.0 - scale)
    apex = anchored.stress_s + shift
    return _Options(
        candidates=candidates,
        candidate=which,
        clip=np.array([clip_index[c.clip.id] for c in candidates], dtype=np.int64)[which],
        gesture=np.array([gesture_index[c.gesture.id] for c in candidates], dtype=np.int64)[which],
        beat=np.array([c.gesture.function == GestureFunction.BEAT for c in candidates], dtype=bool)[which],
        uses=np.array([[arm in c.clip.mask for arm in _ARMS] for c in candidates], dtype=bool).reshape(-1, 2)[which],
        shift=shift,
        scale=scale,
        worth=anchored.worth * fit * (1.0 - cost),
        before=apex - (sync[:, 3] - sync[:, 2]) * scale,
        after=apex + (sync[:, 4] - sync[:, 3]) * scale,
        preparation=sync[:, 2] - sync[:, 0],
    )


def _preparation_s(natural: Array, available: Array, least: Array) -> Array:
    """How long preparations take with ``available`` seconds before the stroke; NaN where they do not fit."""
    low = np.maximum(natural * PREPARATION_SCALE[0], least)
    high = np.maximum(natural * PREPARATION_SCALE[1], low)
    # A hold that would end just before the preparation begins is spent on a slower preparation instead.
    taken = np.where(available <= high, np.maximum(available, low), np.maximum(natural, low))
    return np.where(available < low, np.nan, taken)


@dataclass(frozen=True)
class _Lattice:
    """All options of an utterance and the poses that decide between them. The last pose is rest."""

    options: list[_Options]
    ready: _Poses
    leaving: _Poses

    @property
    def rest(self) -> NDArray[np.int64]:
        return np.array([len(self.ready.angles) - 1])

    def preparation_s(self, before: _Options | None, after: _Options) -> tuple[Array, Array]:
        """Durations (A, B) of ``after``'s preparations when each follows each of ``before`` (None: rest at 0 s), and the least."""
        leaving = self.leaving.at(before.clip if before else self.rest)
        least = _shortest_preparation_s(leaving, self.ready.at(after.clip), after.uses)
        free_from = before.after if before else np.zeros(1)
        return _preparation_s(after.preparation[None], after.before[None] - free_from[:, None], least), least

    def transition_worth(self, before: _Options | None, after: _Options) -> Array:
        """Worth (A, B), negative, of each of ``after`` following each of ``before``; minus infinity where it does not fit."""
        preparation, least = self.preparation_s(before, after)
        cost = 0.15 * np.maximum(0.0, 1.0 - preparation / after.preparation[None]) + 0.05 * least
        if before is not None:
            # Showing the same thing twice in a row reads as a tic; beats are meant to repeat.
            cost += 0.25 * ((before.gesture[:, None] == after.gesture[None]) & ~after.beat[None])
            near = after.before[None] - before.after[:, None] < 2.5
            # Inside a gesture unit hands rarely change: each arm that falls out or joins in costs.
            cost += 0.04 * near * (before.uses[:, None] ^ after.uses[None]).sum(-1)
        return np.where(np.isnan(preparation), -np.inf, -cost)

    def choose(self) -> dict[int, int]:
        """Call -> option, the sequence of greatest worth in which each preparation fits behind the stroke before it."""
        best: list[Array] = []
        back: list[NDArray[np.int64]] = []  # (N, 2): call and option before, -1 for none
        for j, here in enumerate(self.options):
            total = self.transition_worth(None, here)[0] + here.worth
            link = np.full((len(total), 2), -1)
            for i in range(max(0, j - LOOK_BACK), j):
                if not len(best[i]) or not len(total):
                    continue
                through = best[i][:, None] + self.transition_worth(self.options[i], here) + here.worth[None]  # (A, B)
                a = through.argmax(0)
                better = through.max(0) > total
                total = np.where(better, through.max(0), total)
                link[better] = np.stack([np.full_like(a, i), a], -1)[better]
            best.append(total)
            back.append(link)
        ends = [(float(t.max()), j, int(t.argmax())) for j, t in enumerate(best) if len(t) and t.max() > 0.0]
        chosen: dict[int, int] = {}
        j, b = max(ends, key=lambda e: (e[0], -e[1]))[1:] if ends else (-1, -1)
        while j >= 0:
            chosen[j] = b
            j, b = (int(x) for x in back[j][b])
        return chosen


def _lattice(ordered: Sequence[AnchoredCall], rest: Motion) -> _Lattice:
    clips = {c.clip.id: c.clip for a in ordered for c in a.candidates[:MOST_CANDIDATES]}
    gestures = {name: n for n, name in enumerate(sorted({c.gesture for c in clips.values()}))}
    index = {name: n for n, name in enumerate(clips)}
    still = Clip("rest", "rest", rest, SyncPoints(0, 0, 0, 0, 0, 0, 0), Hands.NONE, 1.0, frozenset(), "", "")
    all_clips = [*clips.values(), still]
    return _Lattice(
        [_options(a, index, gestures) for a in ordered],
        _poses_at(all_clips, [c.sync.stroke_start for c in all_clips]),
        _poses_at(all_clips, [c.sync.stroke_end for c in all_clips]),
    )


def _shares_arms(a: Clip, b: Clip) -> bool:
    return bool(a.mask & b.mask & set(_ARMS))


def _finish(anchored: AnchoredCall, clip: Clip, stroke: SyncPoints, following: float | None, until_s: float) -> SyncPoints:
    """Hold and retraction after a placed stroke: the hold lasts while its idea does, or until the next preparation if that is near.

    ``stroke`` has its first five times; ``following`` is when the same arms are next needed, ``until_s`` the performance's end.
    """
    own_hold = clip.sync.relax - clip.sync.stroke_end
    hold = own_hold if own_hold < 0.2 else min(max(own_hold, anchored.span.end_s - stroke.stroke_end), LONGEST_HOLD_S)
    retraction = clip.sync.end - clip.sync.relax
    relax = stroke.stroke_end + hold
    if following is not None:
        relax = min(relax, following)
        if following - relax < retraction * RETRACTION_SCALE[0] + REST_AT_LEAST_S:
            return replace(stroke, relax=following, end=following)
    end = relax + retraction
    if end > until_s:
        end = max(relax + retraction * RETRACTION_SCALE[0], until_s)
    return replace(stroke, relax=relax, end=end)


def _stroke(options: _Options, b: int, clip: Clip, stress_s: float, preparation_s: float) -> SyncPoints:
    """The times of an option up to its stroke's end; relax and end still stand at the stroke's end."""
    before, after = float(options.before[b]), float(options.after[b])
    wait = (clip.sync.stroke_start - clip.sync.ready) * preparation_s / max(float(options.preparation[b]), 1e-6)
    return SyncPoints(before - preparation_s, before - wait, before, stress_s + float(options.shift[b]), after, after, after)


def _why_dropped(j: int, lattice: _Lattice, chosen: dict[int, int]) -> str:
    options = lattice.options[j]
    if not options.candidates:
        return "not placed: the library has no clip for it"
    _, least = lattice.preparation_s(None, options)
    spare = options.before - np.maximum(options.preparation * PREPARATION_SCALE[0], least[0])
    if spare.max() < 0.0:
        return f"not placed: its preparation would have to begin {-spare.max():.2f} s before the speech does"
    near = min(chosen, key=lambda i: abs(i - j), default=None)
    if near is None:
        return "not placed: it is worth less than stillness"
    other = lattice.options[near]
    return f"not placed: too close to '{other.candidates[other.candidate[chosen[near]]].gesture.id}', which is worth more here"


def align(calls: Sequence[AnchoredCall], duration_s: float, rest: Motion) -> list[Outcome]:
    """Place calls in time; one Outcome a call, in the order given.

    ``calls`` in any order; ``duration_s`` is the length of the performance, after which the hands should be down; ``rest``
    is the pose (one frame) that the performance begins with. Every placement's stroke lies within [EARLIEST_S, LATEST_S]
    of its stressed vowel. No calls: no outcomes. Time grows linearly with the number of calls.
    """
    order = sorted(range(len(calls)), key=lambda i: (calls[i].stress_s, -calls[i].worth))
    ordered = [calls[i] for i in order]
    lattice = _lattice(ordered, rest)
    chosen = lattice.choose()
    strokes: dict[int, tuple[Candidate, SyncPoints]] = {}
    previous: tuple[int, int] | None = None
    for j, b in sorted(chosen.items()):
        options = lattice.options[j]
        durations, _ = lattice.preparation_s(lattice.options[previous[0]] if previous else None, options)
        preparation_s = float(durations[previous[1] if previous else 0, b])
        candidate = options.candidates[options.candidate[b]]
        strokes[j] = candidate, _stroke(options, b, candidate.clip, ordered[j].stress_s, preparation_s)
        previous = j, b
    outcomes: dict[int, Outcome] = {}
    for j, anchored in enumerate(ordered):
        if j not in strokes:
            outcomes[order[j]] = Outcome(anchored.call, None, _why_dropped(j, lattice, chosen))
            continue
        candidate, stroke = strokes[j]
        following = next((s.start for i, (c, s) in strokes.items() if i > j and _shares_arms(candidate.clip, c.clip)), None)
        placement = _placement(anchored, candidate, _finish(anchored, candidate.clip, stroke, following, duration_s))
        offset_ms = 1000.0 * (stroke.stroke - anchored.stress_s)
        outcomes[order[j]] = Outcome(anchored.call, placement, f"placed: apex {offset_ms:+.0f} ms from the stressed vowel")
    return [outcomes[i] for i in range(len(calls))]


def _placement(anchored: AnchoredCall, candidate: Candidate, sync: SyncPoints) -> Placement:
    clip = candidate.clip
    others = [c for c in anchored.candidates[:MOST_CANDIDATES] if c.clip.id != clip.id]
    return Placement(
        call=anchored.call,
        gesture=candidate.gesture.id,
        clip=clip.id,
        sync=ScoreSync.from_sync(sync),
        hands=clip.hands,
        amplitude=clip.amplitude,
        mask=tuple(sorted(clip.mask)),
        reason="; ".join(r for r in (anchored.call.why, *candidate.reasons) if r),
        alternatives=tuple(Alternative(gesture=c.gesture.id, clip=c.clip.id, score=round(c.score, 4)) for c in others),
    )
