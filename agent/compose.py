"""From plan and rhythm to score: who could show each call, what each is worth, and what alignment makes of them."""
import math
import random
from collections.abc import Sequence
from dataclasses import replace

from chironomia.agent.plan import Plan
from chironomia.agent.transcript import Utterance
from chironomia.generators.align import Outcome, align
from chironomia.generators.options import AnchoredCall
from chironomia.generators.rhythm import Interval, Rhythm
from chironomia.generators.score import Score, ScoreRhythm, ScoreWord
from chironomia.motion_library.aimed import aimed_candidates
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.library import Library
from chironomia.motion_library.motion import FPS, Motion
from chironomia.motion_library.rest import rest_pose
from chironomia.motion_library.retrieve import Candidate, clips_for, search_calls
from chironomia.motion_library.vocabulary import GestureFunction, Hands

CANDIDATES = 8  # per call; alignment looks at the best of them
NEAR_THE_BEST = 0.85  # of the best score: what is further behind means something else
BEATS_PER_MIN = 14.0  # at most, on accents that carry nothing else: with 12 to 16 semantic calls, a lively but not a busy speaker
BEATS_DRAWN = 5  # kinds of beat that alignment may choose from at each accent, by what the hands do before
BEAT_WORTH = 0.35  # of the strongest accent; less than the faintest semantic call that the planner lets pass
AUTHOR_WORTH = 3.0  # an explicit wish outweighs any two neighbours that a planner proposed
SETTLE_S = 0.3  # of stillness after the last retraction
_OTHER_HAND = {Hands.LEFT: Hands.RIGHT, Hands.RIGHT: Hands.LEFT}


def compose(
    utterance: Utterance, plan: Plan, rhythm: Rhythm, library: Library, seed: int = 0, beats_per_min: float = BEATS_PER_MIN
) -> tuple[Score, list[Outcome]]:
    """The score of an utterance, and what became of every call: those of the plan in its order, then the proposed beats.

    At most ``beats_per_min`` beats are proposed, on accents that no planned stroke marks. Raises ValueError when a call
    names a gesture that the library does not have.
    """
    beats = _beats(utterance, plan, rhythm, beats_per_min)
    anchored = _anchored(utterance, plan.calls, _semantic_candidates(utterance, plan.calls, library))
    anchored += _anchored(utterance, beats, _beat_candidates(beats, library, seed))
    outcomes = align(anchored, utterance.duration_s, rest_motion())
    placements = sorted((o.placement for o in outcomes if o.placement), key=lambda p: p.sync.stroke)
    ends = max([utterance.duration_s, *(p.sync.end for p in placements)]) + SETTLE_S
    score = Score(
        text=utterance.text,
        duration=math.ceil(ends * FPS) / FPS,
        words=tuple(
            ScoreWord(word=w.text, start=round(w.start_s, 4), end=round(w.end_s, 4), stress=round(w.stress_s, 4)) for w in utterance.words
        ),
        rhythm=ScoreRhythm.from_rhythm(rhythm),
        placements=tuple(placements),
        seed=seed,
        library=library.content,
    )
    return score, outcomes


def outcomes_of(utterance: Utterance, calls: Sequence[GestureCall], library: Library) -> list[Outcome]:
    """What alignment makes of calls by themselves, in their order: who shows each, when, and why another is not placed. No beats."""
    return align(_anchored(utterance, calls, _semantic_candidates(utterance, calls, library)), utterance.duration_s, rest_motion())


def rest_motion() -> Motion:
    """The rest pose as a motion of one frame."""
    turned, moved = rest_pose()
    return Motion(turned[None], moved[None])


def _spoken(utterance: Utterance, call: GestureCall) -> str:
    return " ".join(w.spoken for w in utterance.words[slice(*call.words)])


def _semantic_candidates(utterance: Utterance, calls: Sequence[GestureCall], library: Library) -> list[list[Candidate]]:
    """For each call the clips that could show it: if any shows its image schema only those, and none that is far behind the best.

    Another clip would say something else, and that is worse than nothing.
    """
    if not calls:
        return []
    found = search_calls(library, calls, [_spoken(utterance, c) for c in calls], CANDIDATES)
    found = [aimed_candidates(library, call) or row for call, row in zip(calls, found, strict=True)]
    showing = [[c for c in row if call.schema_ in c.gesture.schemas] for call, row in zip(calls, found, strict=True)]
    rows = [those or row for those, row in zip(showing, found, strict=True)]
    near = [[c for c in row if c.score >= NEAR_THE_BEST * row[0].score] for row in rows]
    return [[_with_free_hand(c, call, calls) for c in row] for call, row in zip(calls, near, strict=True)]


def _with_free_hand(candidate: Candidate, call: GestureCall, calls: Sequence[GestureCall]) -> Candidate:
    """The candidate, done with the other hand where a call that shares words with this one needs a hand and this one may have either."""
    if call.hands != Hands.EITHER:
        return candidate
    sides = {_OTHER_HAND[other.hands] for other in _partners(call, calls)}
    if call.gesture or candidate.clip.hands == Hands.NONE or len(sides) != 1:
        return candidate
    clip = clips_for(candidate.gesture, call, *sides)[0]
    return replace(candidate, clip=clip) if clip.hands in sides else candidate


def _partners(call: GestureCall, calls: Sequence[GestureCall]) -> list[GestureCall]:
    """The calls on some of the same words with which this one shares out the hands."""
    apart: list[set[Hands]] = [{Hands.LEFT, Hands.RIGHT}, {Hands.LEFT, Hands.EITHER}, {Hands.RIGHT, Hands.EITHER}]
    return [o for o in calls if {call.hands, o.hands} in apart and o.words[0] < call.words[1] and call.words[0] < o.words[1]]


def _worth(call: GestureCall) -> float:
    if call.function == GestureFunction.BEAT:
        return BEAT_WORTH * call.intensity
    return call.confidence * (AUTHOR_WORTH if call.gesture else 1.0)


def _anchored(utterance: Utterance, calls: Sequence[GestureCall], candidates: Sequence[Sequence[Candidate]]) -> list[AnchoredCall]:
    words = utterance.words
    return [
        AnchoredCall(
            call,
            words[call.anchor].stress_s + call.delay_s,
            Interval(words[call.words[0]].start_s, words[call.words[1] - 1].end_s + call.delay_s),
            tuple(found),
            _worth(call),
        )
        for call, found in zip(calls, candidates, strict=True)
    ]


def _beats(utterance: Utterance, plan: Plan, rhythm: Rhythm, per_min: float) -> list[GestureCall]:
    """Wishes for beats on the strongest accents that the author did not silence and no planned stroke already marks.

    None where two calls have a hand each: none is left to beat.
    """
    silenced = {i for d in utterance.directives if d.none for i in range(*d.words)}
    silenced |= {i for call in plan.calls for i in range(*call.words) if _partners(call, plan.calls)}
    taken = {call.anchor for call in plan.calls}
    free = [a for a in rhythm.accents if a.word is not None and a.word not in silenced | taken]
    most = math.ceil(per_min * max(utterance.duration_s, 1.0) / 60.0)
    strongest = sorted(sorted(free, key=lambda a: -a.prominence)[:most], key=lambda a: a.time_s)
    return [
        GestureCall(
            words=(a.word, a.word + 1),
            anchor=a.word,
            function=GestureFunction.BEAT,
            show="a small beat of the hand that marks the accent",
            intensity=min(max(a.prominence, 0.0), 1.0),
            confidence=min(max(a.prominence, 0.0), 1.0),
            why=f"accent of prominence {a.prominence:.2f}",
        )
        for a in strongest
        if a.word is not None
    ]


def _beat_candidates(beats: Sequence[GestureCall], library: Library, seed: int) -> list[list[Candidate]]:
    """For each beat a few of the library's beats, drawn by chance: beats mean nothing, so none is better than another.

    Beats of the hands only: the head nods at accents in the base layer.
    """
    kinds = [g for g in library.gestures if g.function == GestureFunction.BEAT and g.hands != Hands.NONE and g.clips]
    chance = random.Random(seed)
    drawn = [chance.sample(kinds, min(BEATS_DRAWN, len(kinds))) for _ in beats]
    return [[Candidate(g, clips_for(g, call)[0], 1.0, ()) for g in row] for call, row in zip(beats, drawn, strict=True)]
