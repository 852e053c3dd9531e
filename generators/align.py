"""Alignment: every call's stroke on the stressed syllable of its word, or not at all; jointly over the utterance.

A call may be realised by several clips, at several moments inside the tolerated window, at two tempi. Dynamic programming
over these options finds the sequence of greatest worth in which every preparation fits behind the stroke before it.
What does not fit is dropped, weakest first, and says why; nothing is pushed off its word.

Calls on different parts of the body may be at once: head and arms are aligned apart (:mod:`tracks`), and two calls of one
hand each can be one element of the chain (:mod:`elements`). Strokes come in the order of their words all the same.
"""
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chironomia.generators.lattice import PREPARATION_SCALE, Choice, Lattice, lattice_of
from chironomia.generators.options import ARMS, MOST_CANDIDATES, AnchoredCall
from chironomia.generators.score import Alternative, Placement, ScoreSync
from chironomia.generators.tracks import (
    is_without_arms,
    of_one_track,
    shared_out,
    shifts_in_order,
    tracks_of,
    without_meetings_at_head,
)
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.retrieve import Candidate
from chironomia.motion_library.sync import SyncPoints

RETRACTION_SCALE = (0.7, 1.4)
REST_AT_LEAST_S = 1.0  # hands that gesture again sooner than this do not return to rest (Kendon 2004)
LONGEST_HOLD_S = 2.2  # a post-stroke hold that outlasts this looks forgotten
# unless the other hand goes on about what this one holds (symmetry-dominance constructions, Enfield 2004)
LONGEST_HOLD_FOR_OTHER_S = 5.0
BRIEF_S = 0.2  # a clip that holds no longer than this after its stroke is not held longer elsewhere either


@dataclass(frozen=True)
class Outcome:
    """What became of a call: its placement, or None and why not. ``note`` says what was ruled out for it before that, if anything."""

    call: GestureCall
    placement: Placement | None
    why: str
    note: str = ""


def _shares_arms(a: Clip, b: Clip) -> bool:
    return bool(a.mask & b.mask & set(ARMS))


@dataclass(frozen=True)
class _Stroke:
    """A placed stroke: its call, the clip that shows it, and the times up to its end; relax and end still stand there."""

    anchored: AnchoredCall
    candidate: Candidate
    sync: SyncPoints

    @property
    def clip(self) -> Clip:
        return self.candidate.clip

    @property
    def own_hold_s(self) -> float:
        return self.clip.sync.relax - self.clip.sync.stroke_end

    def hold_s(self, others: Sequence["_Stroke"]) -> float:
        """The post-stroke hold: as long as its idea lasts, and while the other hand gestures on the words of that idea."""
        if self.own_hold_s < BRIEF_S:
            return self.own_hold_s
        idea = min(max(self.own_hold_s, self.anchored.span.end_s - self.sync.stroke_end), LONGEST_HOLD_S)
        over = [s.sync.stroke_end + s.own_hold_s - self.sync.stroke_end for s in others if self._holds_during(s)]
        return max(idea, min(max(over, default=0.0), LONGEST_HOLD_FOR_OTHER_S))

    def _holds_during(self, other: "_Stroke") -> bool:
        first, after = self.anchored.call.words
        with_arms = not is_without_arms(self.clip) and not is_without_arms(other.clip)
        return first <= other.anchored.call.anchor < after and with_arms and not _shares_arms(self.clip, other.clip)


def _finish(stroke: _Stroke, others: Sequence[_Stroke], until_s: float) -> SyncPoints:
    """Hold and retraction after a placed stroke: the hold lasts while its idea does, or until the next preparation if that is near.

    ``others`` are the later strokes of its track, ``until_s`` the performance's end.
    """
    clip, sync = stroke.clip, stroke.sync
    following = min((s.sync.start for s in others if _shares_arms(clip, s.clip)), default=None)
    retraction = clip.sync.end - clip.sync.relax
    relax = sync.stroke_end + stroke.hold_s(others)
    if following is not None:
        relax = min(relax, following)
        if following - relax < retraction * RETRACTION_SCALE[0] + REST_AT_LEAST_S:
            return replace(sync, relax=following, end=following)
    end = relax + retraction
    if end > until_s:
        end = max(relax + retraction * RETRACTION_SCALE[0], until_s)
    return replace(sync, relax=relax, end=end)


def _stroke(anchored: AnchoredCall, choice: Choice) -> _Stroke:
    options, b = choice.options, choice.option
    candidate = options.candidates[options.candidate[b]]
    sync, before, after = candidate.clip.sync, float(options.before[b]), float(options.after[b])
    wait = (sync.stroke_start - sync.ready) * choice.preparation_s / max(float(options.preparation[b]), 1e-6)
    times = SyncPoints(before - choice.preparation_s, before - wait, before, float(options.apex[b]), after, after, after)
    return _Stroke(anchored, candidate, times)


def _why_dropped(j: int, lattice: Lattice, chosen: dict[int, Choice]) -> str:
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
    other = chosen[near].options
    return f"not placed: too close to '{other.candidates[other.candidate[chosen[near].option]].gesture.id}', which is worth more here"


def align(calls: Sequence[AnchoredCall], duration_s: float, rest: Motion) -> list[Outcome]:
    """Place calls in time; one Outcome a call, in the order given.

    ``calls`` in any order; ``duration_s`` is the length of the performance, after which the hands should be down; ``rest``
    is the pose (one frame) that the performance begins with. Every placement's stroke lies within [EARLIEST_S, LATEST_S]
    of its stressed vowel, and strokes come in the order of those. No calls: no outcomes. Time grows linearly with the number of calls.
    """
    order = sorted(range(len(calls)), key=lambda i: (calls[i].stress_s, -calls[i].worth))
    ordered, why = without_meetings_at_head([of_one_track(calls[i]) for i in order])
    shifts = shifts_in_order(ordered)
    outcomes: dict[int, Outcome] = {}
    for track in tracks_of(ordered):
        made = _track([ordered[j] for j in track], duration_s, lattice_of([ordered[j] for j in track], rest, [shifts[j] for j in track]))
        outcomes |= {order[j]: outcome for j, outcome in zip(track, made, strict=True)}
    outcomes |= {order[j]: Outcome(calls[order[j]].call, None, reason) for j, reason in why.items()}
    placed = [i for i in outcomes if outcomes[i].placement]
    for i, placement in zip(placed, shared_out([p for i in placed if (p := outcomes[i].placement)]), strict=True):
        outcomes[i] = replace(outcomes[i], placement=placement)
    return [outcomes[i] for i in range(len(calls))]


def _track(ordered: Sequence[AnchoredCall], duration_s: float, lattice: Lattice) -> list[Outcome]:
    """The outcomes of one track's calls, in their order."""
    chosen = lattice.chosen()
    strokes = {j: _stroke(ordered[j], choice) for j, choice in chosen.items()}
    outcomes = []
    for j, anchored in enumerate(ordered):
        if j not in strokes:
            outcomes.append(Outcome(anchored.call, None, _why_dropped(j, lattice, chosen)))
            continue
        placement = _placement(strokes[j], _finish(strokes[j], [s for i, s in strokes.items() if i > j], duration_s))
        offset_ms = 1000.0 * (strokes[j].sync.stroke - anchored.stress_s)
        outcomes.append(Outcome(anchored.call, placement, f"placed: apex {offset_ms:+.0f} ms from {_moment(anchored.call)}"))
    return outcomes


def _moment(call: GestureCall) -> str:
    return f"{call.delay_s:.2f} s after the stressed vowel" if call.delay_s else "the stressed vowel"


def _placement(stroke: _Stroke, sync: SyncPoints) -> Placement:
    anchored, candidate, clip = stroke.anchored, stroke.candidate, stroke.clip
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
