"""Takes: which stretch of which clip each part of the body plays, and when."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chironomia.generators.score import Placement
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import BodyPart

STAY_UP_S = 1.4  # an arm that is needed again within about a second waits where it is (Kendon 2004: no return to rest)
_NO_TIME_S = 1e-3
_ARMS = (BodyPart.LEFT_ARM, BodyPart.RIGHT_ARM)


@dataclass(frozen=True)
class Take:
    """A clip played by some parts of the body: ``sync`` in the performance meets ``clip_sync`` in the clip, both in seconds.

    The parts are let go at ``until_s``. ``gain`` is the amplitude asked for over the clip's own.
    """

    clip: str
    sync: SyncPoints
    clip_sync: SyncPoints
    parts: frozenset[BodyPart]
    until_s: float
    gain: float


def takes_of(placements: Sequence[Placement], clips: Mapping[str, Clip]) -> list[Take]:
    """A take for every placement, and one for every arm that waits for its next gesture while the other goes on."""
    takes = [_take(p, clips[p.clip]) for p in placements]
    return takes + [wait for arm in _ARMS for wait in _waits(takes, arm)]


def _take(placement: Placement, clip: Clip) -> Take:
    sync, clip_sync, until_s = placement.sync.to_sync(), clip.sync, placement.sync.end
    if _abandoned(sync):
        # So was the rest of the hold: it is cut off, not played faster, and the slope to leave by is the clip's own.
        held_s = min(clip_sync.relax - clip_sync.stroke_end, sync.relax - sync.stroke_end)
        clip_sync = replace(clip_sync, relax=clip_sync.stroke_end + held_s)
        sync = replace(sync, end=sync.relax + clip_sync.end - clip_sync.relax)
    return Take(clip.id, sync, clip_sync, frozenset(placement.mask), until_s, placement.amplitude / clip.amplitude)


def _abandoned(sync: SyncPoints) -> bool:
    return sync.end - sync.relax < _NO_TIME_S


def _waits(takes: Sequence[Take], arm: BodyPart) -> list[Take]:
    """Takes that hold ``arm`` where an abandoned gesture left it, until it is needed again."""
    users = sorted((t for t in takes if arm in t.parts), key=lambda t: t.sync.start)
    waits = []
    for take, following in pairwise(users):
        gap_s = following.sync.start - take.until_s
        if take.until_s <= take.sync.relax and _NO_TIME_S < gap_s < STAY_UP_S:
            left, c = take.until_s, take.clip_sync
            sync = SyncPoints(left, left, left, left, left, left + gap_s, left + gap_s + c.end - c.relax)
            held = replace(c, start=c.relax, ready=c.relax, stroke_start=c.relax, stroke=c.relax, stroke_end=c.relax)
            waits.append(Take(take.clip, sync, held, frozenset({arm}), left + gap_s, take.gain))
    return waits
