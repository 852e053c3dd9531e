"""Tracks: arms and head are aligned apart, for they are never in each other's way; what ties them is that strokes come as words do.

A call is of the head when it asks for no hands or when what answers it best is done without any; all others are of the arms. Strokes
of two tracks could only change places where their stressed vowels are less than a tenth of a second apart; there the earlier call
keeps to the first half of its window and the later one to the second, so that each track can still be chosen by itself. Only a hand
at the head needs the head as well; of it and a call of the head near by, the one that is worth less must do otherwise or go.
"""
from collections.abc import Sequence
from dataclasses import replace

from chironomia.generators.options import ANY_SHIFT, ARMS, SHIFTS_S, AnchoredCall
from chironomia.generators.participation import touching
from chironomia.generators.score import Placement
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.vocabulary import BodyPart, Hands

MEET_S = 1.5  # calls of head and arms with strokes further apart than this do not last into each other
_SPREAD_S = max(SHIFTS_S) - min(SHIFTS_S)


def is_without_arms(clip: Clip) -> bool:
    """Whether a clip leaves both arms to others: a gesture of head, trunk or eyes."""
    return not clip.mask & set(ARMS)


def is_of_head(anchored: AnchoredCall) -> bool:
    """Whether a call belongs to the track of the head; one that nobody can show does if it asks for no hands."""
    return is_without_arms(anchored.candidates[0].clip) if anchored.candidates else anchored.call.hands == Hands.NONE


def of_one_track(anchored: AnchoredCall) -> AnchoredCall:
    """The call with those of its candidates that are of the same track as its best."""
    same = tuple(c for c in anchored.candidates if is_without_arms(c.clip) == is_of_head(anchored))
    return replace(anchored, candidates=same)


def tracks_of(ordered: Sequence[AnchoredCall]) -> tuple[list[int], list[int]]:
    """Which calls are of the arms and which of the head."""
    of_head = [is_of_head(a) for a in ordered]
    return [i for i, head in enumerate(of_head) if not head], [i for i, head in enumerate(of_head) if head]


def shifts_in_order(ordered: Sequence[AnchoredCall]) -> list[tuple[float, float]]:
    """For each call in order of time the least and the greatest shift of its apex that keep strokes of two tracks in order, seconds."""
    bounds = [ANY_SHIFT] * len(ordered)
    of_head = [is_of_head(a) for a in ordered]
    middle = SHIFTS_S[0]
    for k, later in enumerate(ordered):
        for i in range(k - 1, -1, -1):
            apart_s = later.stress_s - ordered[i].stress_s
            if apart_s >= _SPREAD_S:
                break
            if of_head[i] != of_head[k] and ordered[i].call.anchor != later.call.anchor:
                bounds[i] = bounds[i][0], min(bounds[i][1], middle)
                bounds[k] = max(bounds[k][0], middle - apart_s), bounds[k][1]
    return bounds


def without_meetings_at_head(ordered: Sequence[AnchoredCall]) -> tuple[list[AnchoredCall], dict[int, str]]:
    """The calls without hands that come to a head which another call moves, and why those that cannot be made otherwise are not made.

    An arm call keeps its other candidates; with none, it or the call of the head loses all, whichever is worth less.
    """
    out, why = list(ordered), dict[int, str]()
    of_head = [is_of_head(a) for a in ordered]
    for i, arms in enumerate(ordered):
        near = [h for h, a in enumerate(out) if of_head[h] and a.candidates and abs(a.stress_s - arms.stress_s) < MEET_S]
        if of_head[i] or not near or not arms.candidates:
            continue
        touches, _ = touching([c.clip for c in arms.candidates])
        elsewhere = tuple(c for c, at_head in zip(arms.candidates, touches, strict=True) if not at_head)
        if not elsewhere and all(ordered[h].worth < arms.worth for h in near):
            out = [replace(a, candidates=()) if h in near else a for h, a in enumerate(out)]
            why |= dict.fromkeys(near, "not placed: a hand is at the head, which is worth more here")
        else:
            out[i] = replace(arms, candidates=elsewhere)
            why |= {} if elsewhere else {i: "not placed: it needs the head, which moves for a call that is worth more here"}
    return out, why


def shared_out(placements: Sequence[Placement]) -> list[Placement]:
    """The placements, with head and trunk left to those without arms where they meet others: a call of the head owns the head.

    Where one begins only after the other's stroke, both keep their parts: the later takes them over (:mod:`blend`).
    """
    owners = [p for p in placements if not set(ARMS) & set(p.mask)]
    return [p if p in owners else _left_to(p, owners) for p in placements]


def _left_to(placement: Placement, owners: Sequence[Placement]) -> Placement:
    sync = placement.sync
    taken: set[BodyPart] = set()
    for owner in owners:
        if owner.sync.start < sync.stroke_end and sync.start < owner.sync.relax:
            taken |= set(owner.mask)
    kept = tuple(part for part in placement.mask if part not in taken)
    return placement if kept == placement.mask else placement.model_copy(update={"mask": kept})
