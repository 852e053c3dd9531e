"""Motions and bodies as short texts that a page in a browser unpacks and plays.

A motion is stored by second differences of whole numbers, which in smooth motion are close to zero: low bytes of all, then high bytes,
deflated (RFC 1950), base64. Nothing adds up to an error, since whole numbers wrap around exactly.
"""
import base64
import zlib
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chironomia.motion_library import rotations, skeleton, surface
from chironomia.motion_library.mannequin import Mannequin
from chironomia.motion_library.motion import FPS, Motion

TURN_STEPS = 8192  # of a quaternion's component from 0 to 1: 0.02 degrees of rotation
STEPS_PER_M = 2000  # half a millimetre; a body may go 16 m from the origin, where the whole numbers wrap
_VERTEX_STEPS_PER_M = 10_000
_LEVEL = 6  # of deflate: level 9 takes three times as long for 1 % less


def packed_motion(motion: Motion) -> dict[str, Any]:
    """``{"fps", "frames", "data"}``: for each of 55 × 4 quaternion components XYZW and 3 of the pelvis' place, its course in time.

    A faster motion is stored at 30 frames a second.
    """
    motion = motion.resampled(FPS) if motion.fps > FPS else motion
    turned = rotations.continuous(motion.rotations.detach().cpu()).flatten(1) * TURN_STEPS
    courses = torch.cat([turned, motion.translation.detach().cpu() * STEPS_PER_M], 1).round().T.numpy().astype(np.int64)  # (223, F)
    steps = np.diff(courses, n=2, axis=1, prepend=np.zeros((len(courses), 2), np.int64)).astype("<i2")
    return {"fps": motion.fps, "frames": motion.frames, "data": _text(steps.view(np.uint8).reshape(-1, 2).T)}


def unpacked_motion(packed: dict[str, Any]) -> Motion:
    """The motion that a page makes of what :func:`packed_motion` gave: within half a step of the first one."""
    low, high = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), np.uint8).reshape(2, -1).astype(np.uint16)
    steps = (low | high << 8).astype(np.int16).reshape(-1, packed["frames"])
    courses = torch.from_numpy(steps.cumsum(1, dtype=np.int16).cumsum(1, dtype=np.int16).astype(np.float32)).T
    turned = torch.nn.functional.normalize(courses[:, :-3].reshape(-1, skeleton.JOINTS, 4), dim=-1)
    return Motion(turned, courses[:, -3:] / STEPS_PER_M, packed["fps"])


def packed_body(mannequin: Mannequin) -> dict[str, Any]:
    """The skinned mannequin and its skeleton: joints as lists, arrays of the mesh as texts with the names and units that follow.

    ``vertices`` int16 of 0.1 mm, ``normals`` int8 of 1/127, ``colors`` uint8 (sRGB), ``joints`` uint8, ``weights`` uint8 of 1/255,
    ``faces`` uint16. Raises ValueError for a mesh of more vertices than 16 bits can count.
    """
    if len(mannequin.vertices) > 65536:
        raise ValueError(f"expected a mannequin of at most 65536 vertices, got {len(mannequin.vertices)}")
    arrays = {
        "vertices": _whole(mannequin.vertices * _VERTEX_STEPS_PER_M, "<i2"), "normals": _whole(mannequin.normals * 127, "i1"),
        "colors": _whole(mannequin.colors * 255, "u1"), "joints": _whole(mannequin.joints, "u1"),
        "weights": _whole(mannequin.weights * 255, "u1"), "faces": _whole(mannequin.faces, "<u2"),
    }  # fmt: skip
    return {
        "parents": list(skeleton.PARENTS), "offsets": _rounded(skeleton.OFFSETS), "rest": _rounded(surface.rest_positions()),
        "turn_steps": TURN_STEPS, "steps_per_m": STEPS_PER_M, "vertex_steps_per_m": _VERTEX_STEPS_PER_M,
        **{name: _text(array) for name, array in arrays.items()},
    }  # fmt: skip


def _whole(values: Tensor, kind: str) -> NDArray[Any]:
    return values.detach().cpu().float().round().numpy().astype(kind)


def _rounded(places: Tensor) -> list[list[float]]:
    return [[round(x, 5) for x in place] for place in places.tolist()]


def _text(array: NDArray[Any]) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes(), _LEVEL)).decode("ascii")
