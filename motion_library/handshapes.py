"""Handshapes by name, as joint angles of the left hand's fingers.

Names follow the inventories of gesture coding and sign notation (Bressem 2013, in Body - Language - Communication, ch. 70;
Prillwitz et al. 1989, HamNoSys). Each is given in the terms a hand surgeon uses: flexion of the three joints of a finger, its
spread, and for the thumb flexion and palmar abduction at the root, and flexion of its two joints; all in degrees.
"""
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton

FINGERS = ("index", "middle", "pinky", "ring", "thumb")  # the order of the skeleton's finger joints
FINGER_JOINTS: dict[str, tuple[int, ...]] = {
    side: tuple(skeleton.INDEX[f"{side}_{finger}{i}"] for finger in FINGERS for i in (1, 2, 3)) for side in ("left", "right")
}

# The middle of the palm's skin in the wrist's axes, metres: between the wrist and the knuckles, half a hand's thickness below.
PALM_AT: Tensor = torch.tensor([0.068, -0.018, 0.0])

Finger = tuple[float, float, float]  # flexion at knuckle, middle joint, end joint


@dataclass(frozen=True)
class Handshape:
    """Degrees. ``spread`` is away from the middle finger; ``thumb``: flexion across the palm and abduction away from
    the palm's plane at the root, flexion of the middle and of the end joint. ``points``: the fingers' direction carries
    the meaning, so it is kept rather than the palm's when the wrist cannot give both."""

    index: Finger
    middle: Finger
    ring: Finger
    pinky: Finger
    thumb: tuple[float, float, float, float]
    spread: tuple[float, float, float, float] = (4.0, 0.0, 3.0, 7.0)  # index, middle, ring, pinky
    points: bool = False


_IN = {"index": (58, 88, 50), "middle": (66, 94, 56), "ring": (70, 94, 56), "pinky": (72, 90, 54)}
_OUT = {"index": (2, 6, 4), "middle": (3, 8, 5), "ring": (5, 9, 6), "pinky": (4, 10, 7)}
_THUMB_IN = (32, 0, 28, 45)  # its tip lies on the bent middle finger
_THUMB_OUT = (-16, 6, -4, -6)
_THUMB_ON_RING = (42, -1, 36, 41)


def _pick(extended: str, thumb: tuple[float, float, float, float], **kwargs: object) -> Handshape:
    """A shape in which only the fingers named in ``extended`` are straight."""
    fingers = {name: _OUT[name] if name in extended.split() else _IN[name] for name in _IN}
    return Handshape(**fingers, thumb=thumb, **kwargs)  # type: ignore[arg-type]


_SPREAD = (13, 0, 11, 19)

HANDSHAPES: dict[str, Handshape] = {
    # Fingers curl more from index to pinky. In captured gestures (evals/posture_fit.py) a hanging hand's are bent like the first,
    # half of the gesturing hands like the second. A flat hand at ease is not a board: its fingers bend unevenly, its thumb is loose.
    # Nor do fingers fan out: the knuckles stand apart already, and captured fingers run side by side (median 4 degrees inward).
    "relaxed": Handshape((18, 22, 10), (21, 34, 12), (33, 30, 14), (35, 37, 15), (26, 2, 18, 24), (0, 0, 0, 0)),
    "open-relaxed": Handshape((8, 16, 6), (11, 23, 8), (22, 21, 8), (25, 25, 9), (-2, 12, 6, 8), (-1, 0, -1, -2)),
    "flat": Handshape((3, 10, 5), (6, 14, 6), (10, 14, 7), (8, 17, 8), (5, 0, 8, 10), (-1, 0, 0, 0)),
    "flat-thumb-out": Handshape((3, 10, 5), (6, 14, 6), (10, 14, 7), (8, 17, 8), (-8, 6, 4, 7), (-1, 0, 0, 0)),
    "spread": Handshape((1, 12, 6), (4, 16, 7), (10, 15, 7), (9, 19, 9), (-9, 8, 5, 9), (7, 0, 4, 9)),
    "cup": Handshape((22, 26, 13), (26, 28, 15), (29, 30, 16), (31, 31, 17), (4, 30, 10, 12), (1, 0, 1, 1)),
    "fist": _pick("", _THUMB_IN, spread=(1, 0, 1, 2)),
    "index": _pick("index", _THUMB_IN, points=True, spread=(2, 0, 1, 2)),
    "thumb-up": _pick("", (-20, -4, -8, -14), spread=(1, 0, 1, 2)),
    "v": _pick("index middle", _THUMB_ON_RING, spread=(13, -6, 1, 2)),
    "v-bent": Handshape((16, 78, 42), (18, 80, 44), _IN["ring"], _IN["pinky"], _THUMB_ON_RING, (13, -6, 1, 2)),
    "crossed": Handshape((16, 10, 6), (6, 26, 14), _IN["ring"], _IN["pinky"], _THUMB_ON_RING, (-6, 15, 1, 2)),  # middle behind index
    "horns": _pick("index pinky", _THUMB_IN, spread=(6, 0, 1, 10)),
    "l": _pick("index", _THUMB_OUT, spread=(4, 0, 1, 2)),
    "phone": _pick("pinky", (-20, 2, -8, -10), spread=(1, 0, 1, 14)),
    "ring": Handshape((46, 52, 28), (12, 20, 10), (6, 15, 8), (2, 12, 8), (14, 27, 15, 31), (4, 2, 8, 16)),  # the tips touch
    "pinch": Handshape((52, 47, 22), (58, 60, 28), (64, 66, 32), (68, 70, 36), (16, 29, 13, 27), (2, 0, 1, 3)),  # the tips touch
    "gap": Handshape((40, 40, 20), _IN["middle"], _IN["ring"], _IN["pinky"], (8, 29, 8, 16), (6, 0, 1, 2)),  # tips 3 cm apart
    "bunch": Handshape((58, 35, 15), (70, 43, 18), (56, 46, 24), (60, 30, 14), (28, 25, 17, 20), (-2, 0, -2, -5)),  # all tips touch
    "c": Handshape((30, 40, 22), (32, 42, 23), (34, 43, 24), (36, 44, 25), (-8, 36, 12, 26), (3, 0, 2, 4)),
    "claw": Handshape((12, 58, 36), (14, 60, 38), (15, 60, 38), (14, 60, 38), (-10, 26, 14, 34), _SPREAD),
    "hook": Handshape((6, 86, 48), (8, 88, 50), (8, 88, 50), (8, 86, 48), (16, 0, 16, 40), (1, 0, 1, 2)),
    "one": _pick("index", _THUMB_IN, spread=(2, 0, 1, 2)),
    "two": _pick("index middle", _THUMB_ON_RING, spread=(11, -4, 1, 2)),
    "three": _pick("index middle ring", (46, 2, 46, 34), spread=(11, 0, 9, 2)),
    "four": _pick("index middle ring pinky", (36, 2, 42, 50), spread=_SPREAD),
    "five": Handshape((-3, 5, 3), (-1, 6, 4), (0, 8, 5), (1, 10, 6), (-18, 3, -4, -4), _SPREAD),
}  # fmt: skip

# As flat as the flattest twentieth of captured hands: palms that meet need them so.
_PRESSED: dict[str, Handshape] = {
    "flat": Handshape((1, 4, 3), (2, 5, 3), (3, 6, 4), (3, 7, 5), (8, -9, 4, 4), (0, 0, 0, 1)),
    "flat-thumb-out": Handshape((1, 4, 3), (2, 5, 3), (3, 6, 4), (3, 7, 5), (-18, 0, -4, -4), (0, 0, 0, 1)),
    "spread": Handshape((-2, 7, 3), (-2, 10, 4), (3, 9, 5), (6, 12, 6), (-18, 3, -4, -4), (15, 0, 13, 22)),
}

# The thumb's bone in the rest pose, and where its tip goes when it flexes (across the palm) or is abducted (off the palm).
_THUMB = torch.nn.functional.normalize(torch.tensor([0.72, -0.17, 0.67]), dim=0)


def _thumb_axis(toward: tuple[float, float, float]) -> Tensor:
    direction = torch.tensor(toward)
    direction = direction - (direction @ _THUMB) * _THUMB
    return torch.nn.functional.normalize(torch.linalg.cross(_THUMB, direction), dim=0)


_FLEXION_AXIS = _thumb_axis((0.30, -0.50, -0.80))
_ABDUCTION_AXIS = _thumb_axis((0.0, -1.0, 0.0))


def _finger_angles(flexion: Finger, spread: float, side: float) -> Tensor:
    angles = torch.zeros(3, 3)
    angles[:, 2] = -torch.tensor(flexion)
    angles[0, 1] = -side * spread
    return torch.deg2rad(angles)


def _thumb_angles(thumb: tuple[float, float, float, float]) -> Tensor:
    across, off, middle, end = (torch.deg2rad(torch.tensor(v)) for v in thumb)
    vectors = torch.stack([across * _FLEXION_AXIS + off * _ABDUCTION_AXIS, middle * _FLEXION_AXIS, end * _FLEXION_AXIS])
    swing, twist = rotations.swing_twist(rotations.from_rotvec(vectors), torch.tensor([1.0, 0.0, 0.0]))
    return rotations.to_rotvec(swing) + rotations.to_rotvec(twist)


def finger_angles(name: str, pressed: bool = False) -> Tensor:
    """Angles (15, 3) in radians of the left hand's finger joints, in the chart of ``skeleton.swing_twist_angles``.

    A flat hand is quite flat only when it is ``pressed`` against the other. Joints in the order of ``FINGER_JOINTS['left']``. For
    the right hand negate the second and third angle. Raises ValueError for a name that is not in HANDSHAPES.
    """
    if name not in HANDSHAPES:
        raise ValueError(f"expected a handshape, got {name!r}; allowed: {', '.join(HANDSHAPES)}")
    return _angles_of(name, pressed).clone()


@cache
def _angles_of(name: str, pressed: bool) -> Tensor:
    shape = _PRESSED.get(name, HANDSHAPES[name]) if pressed else HANDSHAPES[name]
    index, middle, ring, pinky = shape.spread
    return torch.cat(
        [
            _finger_angles(shape.index, index, 1.0),
            _finger_angles(shape.middle, middle, 1.0),
            _finger_angles(shape.pinky, pinky, -1.0),
            _finger_angles(shape.ring, ring, -1.0),
            _thumb_angles(shape.thumb),
        ]
    )


def finger_rotations(angles: Tensor) -> Tensor:
    """Local rotations (..., 15, 4) XYZW of the left hand's finger joints from their angles (..., 15, 3), radians."""
    along = angles * angles.new_tensor([1.0, 0.0, 0.0])
    return rotations.multiply(rotations.from_rotvec(angles - along), rotations.from_rotvec(along))


def hand_point(angles: Tensor, name: str) -> Tensor:
    """Where a named point of the left hand lies in the wrist's axes (3,), metres, for finger angles (15, 3).

    ``palm``, ``fingertips`` (of index and middle), ``index``, ``thumb`` or ``wrist``.
    """
    if name == "palm":
        return PALM_AT.clone()
    if name == "wrist":
        return torch.zeros(3)
    turned = finger_rotations(angles)
    tips = {finger: _fingertip(turned, finger) for finger in ("index", "middle", "thumb")}
    return 0.5 * (tips["index"] + tips["middle"]) if name == "fingertips" else tips[name]


def _fingertip(turned: Tensor, finger: str) -> Tensor:
    first = FINGERS.index(finger) * 3
    at, world = torch.zeros(3), rotations.identity()
    for k in range(3):
        at = at + rotations.rotate(world, skeleton.OFFSETS[skeleton.INDEX[f"left_{finger}{k + 1}"]])
        world = rotations.multiply(world, turned[first + k])
    return at + rotations.rotate(world, torch.tensor(skeleton.TIPS[f"left_{finger}3"]))
