"""Aimed clips: a pointing gesture of the library, compiled for one target, under an id that says all of it.

``point-at.left@1.00,1.40,0.50`` is the gesture point-at of the left hand, aimed at 1 m to the left, 1.4 m up, 0.5 m ahead. Whoever finds
such an id in a score can compile the same clip again without knowing how it came there.
"""
import re
from functools import lru_cache

from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.gesture_space import Point
from chironomia.motion_library.library import Library
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.notation import load_notation
from chironomia.motion_library.notation_model import GestureNotation
from chironomia.motion_library.pointing import Aim, aim_in, azimuth_deg, point_at, shape_of, side_of
from chironomia.motion_library.retrieve import Candidate
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.threads import one_thread
from chironomia.motion_library.vocabulary import GestureFunction, Hands

FINGER, OPEN_HAND = "point-at", "point-you"  # what people point at things with, and at persons or in polite company (Kendon 2004, ch. 11)
_ID = re.compile(r"([a-z0-9-]+)\.(left|right)@(-?\d+\.\d\d),(-?\d+\.\d\d),(-?\d+\.\d\d)")
_KEPT = 256  # clips: some 0.1 MB each
_OPEN = re.compile(r"\b(open|palms?|you|listener|addressee)\b", re.IGNORECASE)  # what asks for the open hand
_ACROSS_DEG, _OTHER_HAND = 45.0, 0.9  # so far to its other side a hand still points; what its candidate is worth beside the near hand's


def aimed_id(gesture: str, hands: Hands, target: Point) -> str:
    """The id of ``gesture`` aimed at ``target`` (metres, to the centimetre) with the left or the right hand."""
    return f"{gesture}.{hands.value}@{','.join(f'{value:.2f}' for value in target)}".replace("-0.00", "0.00")


@lru_cache(_KEPT)
def aimed_clip(id: str) -> Clip:
    """The clip of such an id. Equal ids give equal clips. ValueError for another id, and for what cannot be pointed at or with."""
    gesture, hands, target = _parts(id)
    with one_thread():
        made = point_at(target, _notation(gesture), hands)
    return Clip(id, gesture, made.motion, made.sync, hands, made.amplitude, made.mask, made.source, made.license)


def aim_of_id(id: str, motion: Motion, sync: SyncPoints) -> Aim:
    """How well ``motion`` points at the target of an aimed clip that was placed at ``sync``."""
    gesture, hands, target = _parts(id)
    return aim_in(motion, sync, hands, target, shape_of(_notation(gesture), target))


def aimed_candidates(library: Library, call: GestureCall) -> list[Candidate]:
    """A pointing gesture of ``library`` aimed at the call's target, best hand first; none where there is no target, hand or gesture for it.

    A gesture that the call names is aimed if it can be; otherwise its words decide between the open hand and the finger. Where they leave
    the hand open, the one on the target's side comes first, and then the other if the target is not too far across.
    Raises ValueError for a target inside the body.
    """
    name = call.gesture or (OPEN_HAND if _OPEN.search(call.show) else FINGER)
    if call.target is None or call.hands is Hands.NONE or not (library.has(name) and _can_be_aimed(name)):
        return []
    target, gesture = call.target, library.gesture(name)
    why = f"aimed at {target[0]:g} m left, {target[1]:g} m up, {target[2]:g} m ahead"
    return [Candidate(gesture, aimed_clip(aimed_id(name, hands, target)), worth, (why,)) for hands, worth in _hands(call.hands, target)]


def _hands(asked: Hands, target: Point) -> list[tuple[Hands, float]]:
    if asked in (Hands.LEFT, Hands.RIGHT):
        return [(asked, 1.0)]
    near = side_of(target)
    other = Hands.RIGHT if near is Hands.LEFT else Hands.LEFT
    return [(near, 1.0)] + [(other, _OTHER_HAND)] * (abs(azimuth_deg(target)) <= _ACROSS_DEG)


def _parts(id: str) -> tuple[str, Hands, Point]:
    found = _ID.fullmatch(id)
    if found is None:
        raise ValueError(f"expected an aimed clip such as {FINGER}.left@1.00,1.40,0.50 (metres left, up, ahead), got {id!r}")
    gesture, hands, *target = found.groups()
    x, y, z = (float(part) for part in target)
    return gesture, Hands(hands), (x, y, z)


def _can_be_aimed(gesture: str) -> bool:
    path = bundled_gestures() / f"{gesture}.yaml"
    return path.is_file() and (own := _notation(gesture)).hands is Hands.RIGHT and own.function is GestureFunction.DEICTIC


@lru_cache(_KEPT)
def _notation(gesture: str) -> GestureNotation:
    path = bundled_gestures() / f"{gesture}.yaml"
    if not path.is_file():
        raise ValueError(f"expected a bundled gesture to aim, such as {FINGER} (finger) or {OPEN_HAND} (open hand), got {gesture!r}")
    return load_notation(path)
