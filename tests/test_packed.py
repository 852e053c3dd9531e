"""Motions and bodies as texts: small, and the same again when they are unpacked."""
import base64
import math
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.mannequin import Mannequin, build_mannequin
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.packed import STEPS_PER_M, packed_body, packed_motion, unpacked_motion


def waving(fps: float = 30.0, frames: int = 60) -> Motion:
    turns = torch.zeros(frames, skeleton.JOINTS, 3)
    turns[:, 17, 1] = 3.0 * torch.sin(torch.arange(frames) / fps * 4)  # near half a turn, where quaternions change their sign
    places = torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0]) + 0.5 * torch.arange(frames)[:, None] / fps
    return Motion(rotations.from_rotvec(turns), places, fps)


def farthest_deg(a: Motion, b: Motion) -> float:
    return math.degrees(float(rotations.to_rotvec(rotations.multiply(rotations.inverse(a.rotations), b.rotations)).norm(dim=-1).max()))


def test_an_unpacked_motion_is_the_packed_one_within_its_steps() -> None:
    motion = waving()
    again = unpacked_motion(packed_motion(motion))
    assert (again.frames, again.fps) == (60, 30.0)
    assert farthest_deg(motion, again) < 0.06
    assert (motion.translation - again.translation).abs().max() <= 0.51 / STEPS_PER_M


def test_a_single_frame_and_random_turns_come_back_as_well() -> None:
    random = torch.nn.functional.normalize(torch.randn(5, skeleton.JOINTS, 4, generator=torch.Generator().manual_seed(1)), dim=-1)
    for frames in (1, 2, 5):
        motion = Motion(random[:frames], torch.zeros(frames, 3))
        assert farthest_deg(motion, unpacked_motion(packed_motion(motion))) < 0.06


def test_smooth_motion_takes_few_bytes_and_fast_frames_are_thinned_out() -> None:
    assert len(packed_motion(waving())["data"]) < 60 * 12
    fast = packed_motion(waving(fps=120.0, frames=240))
    assert (fast["fps"], fast["frames"]) == (30.0, 61)


@pytest.fixture(scope="module")
def mannequin() -> Mannequin:
    return build_mannequin(coarse=True)


def test_a_packed_body_has_every_vertex_within_a_tenth_of_a_millimetre(mannequin: Mannequin) -> None:
    packed = packed_body(mannequin)
    vertices = np.frombuffer(zlib.decompress(base64.b64decode(packed["vertices"])), "<i2").reshape(-1, 3) / packed["vertex_steps_per_m"]
    assert np.abs(vertices - mannequin.vertices.numpy()).max() <= 0.0001
    faces = np.frombuffer(zlib.decompress(base64.b64decode(packed["faces"])), "<u2").reshape(-1, 3)
    assert (faces == mannequin.faces.numpy()).all()
    assert all(parent < joint for joint, parent in enumerate(packed["parents"])), "a page poses parents before children"


def test_a_body_of_too_many_vertices_is_refused(mannequin: Mannequin) -> None:
    with pytest.raises(ValueError, match="65536"):
        packed_body(replace(mannequin, vertices=torch.zeros(65537, 3)))
