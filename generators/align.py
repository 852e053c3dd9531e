"""Alignment: every call's stroke on the stressed syllable of its word, or not at all; jointly over the utterance.

A call may be realised by several clips, at several moments inside the tolerated window, at two tempi. Dynamic programming
over these options finds the sequence of greatest worth in which every preparation fits behind the stroke before it.
What does not fit is dropped, weakest first, and says why; nothing is pushed off its word.
"""
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chironomia.generators.lattice import (
    ARMS,
    MOST_CANDIDATES,
    PREPARATION_SCALE,
    AnchoredCall,
    Lattice,
    Options,
    lattice_of,
)
from chironomia.generators.score import Alternative, Placement, ScoreSync
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.retrieve import Candidate
from chironomia.motion_library.sync import SyncPoints

RETRACTION_SCALE = (0.7, 1.4)
REST_AT_LEAST_S = 1.0  # hands that gesture again sooner than this do not return to rest (Kendon 2004)
LONGEST_HOLD_S = 2.2  # a post-stroke hold that outlasts this looks forgotten


@dataclass(frozen=True)
class Outcome:
    """What became of a call: its placement, or None and why not."""

    call: GestureCall
    placement: Placement | None
    why: str


def _shares_arms(a: Clip, b: Clip) -> bool:
    return bool(a.mask & b.mask & set(ARMS))


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


def _stroke(options: Options, b: int, clip: Clip, stress_s: float, preparation_s: float) -> SyncPoints:
    """The times of an option up to its stroke's end; relax and end still stand at the stroke's end."""
    before, after = float(options.before[b]), float(options.after[b])
    wait = (clip.sync.stroke_start - clip.sync.ready) * preparation_s / max(float(options.preparation[b]), 1e-6)
    return SyncPoints(before - preparation_s, before - wait, before, stress_s + float(options.shift[b]), after, after, after)


def _why_dropped(j: int, lattice: Lattice, chosen: dict[int, int]) -> str:
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
    lattice = lattice_of(ordered, rest)
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
