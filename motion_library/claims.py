"""What schemas claim of the hands, and the measures they share.

A schema has one or more ways of being shown; each way is a conjunction of claims about :class:`HandTracks`. Bounds stand between
what the schema's own gestures measure and what other gestures measure; docs/invariants.md gives them with sources.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor

from chironomia.motion_library.hand_tracks import HandTracks, angle_deg
from chironomia.motion_library.handshapes import FINGERS

TRAVEL_M = 0.11  # a displacement that reads as one: over twice a beat's median of 0.05 m, less than a small stroke
RISE_M = 0.15  # UP and DOWN: the vertical is where beats live, so more is asked of it
HOLD_S = 0.3  # a hold that is seen as a hold (strokes last 0.38 s)
INDEX, THUMB = FINGERS.index("index"), FINGERS.index("thumb")
LONG = [i for i, finger in enumerate(FINGERS) if finger != "thumb"]
LEFT, UP, FRONT = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
RIGHT, DOWN, BACK = (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)


@dataclass(frozen=True)
class Claim:
    """``value`` ought to be at least ``bound`` (at most, where ``at_most``); both in ``unit``."""

    name: str
    value: float
    bound: float
    unit: str
    at_most: bool = False


Claims = tuple[Claim, ...]


class Of(Enum):
    """Whom a way of showing a schema speaks of."""

    EACH = "each hand in use"
    ALONE = "the only hand in use"
    PAIR = "both hands: one as the acting, the other as the other hand"
    HEAD = "the head, where no hand is in use"


@dataclass(frozen=True)
class Way:
    """One way to show a schema: ``claims(tracks, hand, other)``."""

    of: Of
    claims: Callable[[HandTracks, int, int], Claims]


@dataclass(frozen=True)
class Invariant:
    """What makes a gesture one of this schema: any of ``ways``. ``weak``: why the facts are less than the schema means."""

    ways: tuple[Way, ...]
    source: str
    weak: str = ""


def least(name: str, value: float | Tensor, bound: float, unit: str) -> Claim:
    """The claim that ``value`` is at least ``bound``."""
    return Claim(name, float(value), bound, unit)


def most(name: str, value: float | Tensor, bound: float, unit: str) -> Claim:
    """The claim that ``value`` is at most ``bound``."""
    return Claim(name, float(value), bound, unit, at_most=True)


def direction(t: HandTracks, way: tuple[float, float, float]) -> Tensor:
    """A direction in the body's axes (3,), like the tracks."""
    return t.palm.new_tensor(way)


def palm_gap(t: HandTracks) -> Tensor:
    """Distance between the palms (F,)."""
    gap: Tensor = (t.palm[0] - t.palm[1]).norm(dim=-1)
    return gap


def outward(h: int) -> float:
    """The sign of X on the hand's own side."""
    return 1.0 if h == 0 else -1.0


def from_spine(t: HandTracks, h: int) -> Tensor:
    """Level distance (F,) of a palm from the spine."""
    away: Tensor = t.palm[h][:, [0, 2]].norm(dim=-1)
    return away


def pinch_width(t: HandTracks, h: int) -> Tensor:
    """Distance (F,) between the tips of thumb and index."""
    width: Tensor = (t.tips[h, :, THUMB] - t.tips[h, :, INDEX]).norm(dim=-1)
    return width


def finger_bend(t: HandTracks, h: int) -> Tensor:
    """Mean bend (F,) of the four fingers, degrees: flat 10, relaxed 75, fist 200."""
    return t.curl[h][:, LONG].mean(-1)


def stroke_path(t: HandTracks, h: int) -> Tensor:
    """The way (F, 3) of a palm through the stroke."""
    return t.palm[h, : t.stroke]


def facing(t: HandTracks, h: int, way: tuple[float, float, float]) -> Tensor:
    """Angle (F,) between where a palm faces and a direction of the body."""
    return angle_deg(t.normal[h], direction(t, way))


def shift(t: HandTracks, h: int, way: tuple[float, float, float]) -> Tensor:
    """How far a palm moves in a direction from the stroke's start to its end, metres."""
    return t.change(t.palm[h]) @ direction(t, way)


def pointing(t: HandTracks, h: int, way: tuple[float, float, float]) -> float:
    """Longest time in which an index or thumb that alone is stretched points nearer to a direction (45 degrees) than to any across it."""
    folded = t.curl[h][:, [i for i in LONG if i != INDEX]].mean(-1) > 110.0
    finger = (t.points[h, :, INDEX], t.curl[h][:, INDEX] < 60.0)
    thumb = (t.points[h, :, THUMB], (t.curl[h][:, INDEX] > 110.0) & (t.curl[h][:, THUMB] < 75.0))
    return max(t.longest_s(folded & shown & (angle_deg(along, direction(t, way)) < 45.0)) for along, shown in (finger, thumb))


def tilt_of(t: HandTracks) -> Tensor:
    """By how much (F,) the left palm is higher than the right, metres."""
    return t.palm[0][:, 1] - t.palm[1][:, 1]


def off_facing(t: HandTracks) -> Tensor:
    """How far (F,) from facing the other palm the palms are, degrees; the worse of the two."""
    across = t.palm[1] - t.palm[0]
    return torch.maximum(angle_deg(t.normal[0], across), angle_deg(t.normal[1], -across))


def raised(t: HandTracks, h: int) -> Tensor:
    """Whether (F,) a hand is in gesture space: not hanging below the waist, where it shows nothing."""
    return t.palm[h][:, 1] > -0.28


def holds_between(t: HandTracks, h: int, o: int) -> Claims:
    """A space is held between the palms."""
    gap = palm_gap(t)
    held = (off_facing(t) < 40.0) & (gap > 0.15) & (gap < 0.6) & raised(t, h) & raised(t, o)
    return (least("the palms face each other across 0.15-0.6 m for", t.longest_s(held), HOLD_S, "s"),)


def carries(t: HandTracks, h: int, o: int) -> Claims:
    """Something lies on the palm."""
    return (least("an upturned palm carries for", t.longest_s((facing(t, h, UP) < 45.0) & raised(t, h)), HOLD_S, "s"),)
