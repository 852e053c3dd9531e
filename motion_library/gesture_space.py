"""Gesture space: where a hand is and which way things face, relative to the body.

Sectors follow McNeill (1992, Hand and Mind, p. 89). Coordinates are those of a hand of either side: (out, up, forward) in
metres, out from the midline to the hand's own side, up from the floor, forward from the spine. For the left hand they are
world X, Y, Z of a body that stands at the origin; for the right hand X is mirrored.
"""
import math
from dataclasses import dataclass

from chironomia.motion_library.skeleton import ARM_LENGTH_M

Point = tuple[float, float, float]

# Distances are shares of the arm's length (shoulder to wrist), so that they hold for any body.
SECTORS: dict[str, float] = {  # out from the midline
    "across": -0.22 * ARM_LENGTH_M,
    "center-center": 0.10 * ARM_LENGTH_M,
    "center": 0.33 * ARM_LENGTH_M,
    "periphery": 0.66 * ARM_LENGTH_M,
    "extreme": 1.00 * ARM_LENGTH_M,
}
HEIGHTS: dict[str, float] = {  # above the floor: heights of the joints in the rest pose, or between two of them
    "overhead": 1.86,
    "forehead": 1.68,
    "face": 1.59,
    "shoulder": 1.41,
    "chest": 1.27,
    "waist": 1.11,
    "hip": 0.97,
    "thigh": 0.82,
}
DISTANCES: dict[str, float] = {  # forward from the spine; the front of the trunk is 0.12 to 0.15 m before it
    "contact": 0.32 * ARM_LENGTH_M,
    "near": 0.45 * ARM_LENGTH_M,
    "mid": 0.66 * ARM_LENGTH_M,
    "far": 0.98 * ARM_LENGTH_M,
}
LANDMARKS: dict[str, Point] = {  # places on the body's surface, on the hand's own side where there are two
    "forehead": (0.03, 1.68, 0.090),
    "temple": (0.085, 1.645, 0.08),
    "eye": (0.04, 1.62, 0.100),
    "ear": (0.09, 1.605, 0.015),
    "cheek": (0.06, 1.57, 0.072),
    "mouth": (0.005, 1.545, 0.100),
    "chin": (0.01, 1.505, 0.085),
    "heart": (-0.04, 1.30, 0.090),
    "belly": (0.02, 1.08, 0.098),
    "hip-side": (0.19, 1.00, 0.03),
    "other-shoulder": (-0.15, 1.42, 0.09),
}
OTHER_HAND = ("other-palm", "other-back", "other-wrist", "other-index", "other-thumb", "other-fingertips")  # places on the other hand
DIRECTIONS: dict[str, tuple[float, float, float, float]] = {  # (out, up, forward, to the performer's left)
    "out": (1.0, 0.0, 0.0, 0.0),
    "in": (-1.0, 0.0, 0.0, 0.0),
    "up": (0.0, 1.0, 0.0, 0.0),
    "down": (0.0, -1.0, 0.0, 0.0),
    "forward": (0.0, 0.0, 1.0, 0.0),
    "back": (0.0, 0.0, -1.0, 0.0),
    "left": (0.0, 0.0, 0.0, 1.0),
    "right": (0.0, 0.0, 0.0, -1.0),
}
REACH_M = (-1.0, 1.0, 0.0, 2.2, -0.6, 1.0)  # least and greatest out, up, forward that a numeric place may name


@dataclass(frozen=True)
class Vector:
    """A direction or a displacement in metres: (out, up, forward) of the hand, plus a part to the performer's left."""

    out: float
    up: float
    forward: float
    left: float = 0.0

    def for_hand(self, left_hand: bool) -> Point:
        """The vector in the hand's own coordinates (out, up, forward)."""
        return self.out + (self.left if left_hand else -self.left), self.up, self.forward

    @property
    def length(self) -> float:
        return math.hypot(self.out + self.left, self.up, self.forward)


@dataclass(frozen=True)
class Place:
    """A place for the hand: a point (out, up, forward) in metres. ``fixed`` places (landmarks, contacts) do not grow with size.

    A place on the ``other`` hand (palm, back, wrist, index, thumb, fingertips) is known once that hand is performed; it has no point.
    """

    point: Point
    fixed: bool = False
    other: str | None = None


def _wrong(what: str, came: object, allowed: str) -> ValueError:
    return ValueError(f"expected {what}, got {came!r}; allowed: {allowed}")


def parse_direction(text: object) -> Vector:
    """A direction word or several joined by hyphens (``up``, ``up-in``), as a unit vector. Raises ValueError."""
    words = text.strip().split("-") if isinstance(text, str) else []
    if not words or any(word not in DIRECTIONS for word in words):
        raise _wrong("a direction, or some joined by hyphens such as up-in", text, ", ".join(DIRECTIONS))
    sums = [sum(DIRECTIONS[word][i] for word in words) for i in range(4)]
    length = math.hypot(sums[0] + sums[3], sums[1], sums[2])
    if length < 1e-6:
        raise ValueError(f"expected directions that do not cancel out, got {text!r}")
    out, up, forward, left = (value / length for value in sums)
    return Vector(out, up, forward, left)


def parse_displacement(text: object) -> Vector:
    """Directions with metres (``down 0.06``, ``up 0.2 out 0.1``) as a sum. Raises ValueError."""
    words = text.split() if isinstance(text, str) else []
    if not words or len(words) % 2:
        raise _wrong("a direction and metres, such as 'down 0.06'", text, ", ".join(DIRECTIONS))
    total = [0.0, 0.0, 0.0, 0.0]
    for name, metres in zip(words[::2], words[1::2], strict=True):
        vector = parse_direction(name)
        try:
            length = float(metres)
        except ValueError:
            raise ValueError(f"expected metres after {name!r}, got {metres!r} in {text!r}") from None
        if not 0.0 < length <= 0.8:
            raise ValueError(f"expected metres above 0 and at most 0.8 after {name!r}, got {metres} in {text!r}")
        total = [t + length * v for t, v in zip(total, (vector.out, vector.up, vector.forward, vector.left), strict=True)]
    return Vector(*total)


def parse_bend(text: object) -> tuple[Vector, Vector]:
    """Two directions of a curve: the one in which it sets off and the one toward which it bends. Raises ValueError."""
    words = text.split() if isinstance(text, str) else []
    if len(words) != 2:
        raise _wrong("two directions: sets off, bends toward (such as 'up forward')", text, ", ".join(DIRECTIONS))
    first, second = parse_direction(words[0]), parse_direction(words[1])
    dot = sum(a * b for a, b in zip(first.for_hand(True), second.for_hand(True), strict=True))
    if abs(dot) > 0.9:
        raise ValueError(f"expected two directions that differ by about a right angle, got {text!r}")
    return first, second


def parse_place(text: object) -> Place:
    """``SECTOR HEIGHT DISTANCE``, a landmark, a place on the other hand, or a list [out, up, forward] of metres. Raises ValueError."""
    if isinstance(text, list | tuple):
        return _numeric_place(text)
    words = text.split() if isinstance(text, str) else []
    if len(words) == 1 and words[0] in LANDMARKS:
        return Place(LANDMARKS[words[0]], fixed=True)
    if len(words) == 1 and words[0] in OTHER_HAND:
        return Place((math.nan, math.nan, math.nan), fixed=True, other=words[0].removeprefix("other-"))
    if len(words) == 3 and words[0] in SECTORS and words[1] in HEIGHTS and words[2] in DISTANCES:
        place = SECTORS[words[0]], HEIGHTS[words[1]], DISTANCES[words[2]]
        return Place(place, fixed=words[2] == "contact")
    names = ", ".join((*LANDMARKS, *OTHER_HAND))
    allowed = f"{'|'.join(SECTORS)} {'|'.join(HEIGHTS)} {'|'.join(DISTANCES)}, or {names}, or [out, up, forward]"
    raise _wrong("'SECTOR HEIGHT DISTANCE', a landmark, or three metres", text, allowed)


def _numeric_place(values: list[object] | tuple[object, ...]) -> Place:
    if len(values) != 3 or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        raise ValueError(f"expected three numbers [out, up, forward] in metres, got {list(values)!r}")
    out, up, forward = (float(v) for v in values)  # type: ignore[arg-type]
    low_high = zip((out, up, forward), REACH_M[::2], REACH_M[1::2], strict=True)
    if any(not low <= v <= high for v, low, high in low_high):
        raise ValueError(f"expected out in [-1, 1], up in [0, 2.2], forward in [-0.6, 1] metres, got {list(values)!r}")
    return Place((out, up, forward))
