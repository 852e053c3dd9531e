"""Tracks: arms and head are aligned apart, for they are never in each other's way; what ties them is that strokes come as words do.

A call is of the head when it asks for no hands or when what answers it best is done without any; all others are of the arms. Strokes
of two tracks could only change places where their stressed vowels are less than a tenth of a second apart; there the earlier call
keeps to the first half of its window and the later one to the second, so that each track can still be chosen by itself.
"""
from collections.abc import Sequence
from dataclasses import replace

from chironomia.generators.options import ANY_SHIFT, ARMS, SHIFTS_S, AnchoredCall
from chironomia.generators.score import Placement
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.vocabulary import BodyPart, Hands

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
