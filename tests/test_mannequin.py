"""The mannequin: a symmetric body that stays itself at rest and moves rigidly as a whole."""
from pathlib import Path

import pytest
import torch

from chironomia.motion_library import rotations, skeleton, surface
from chironomia.motion_library.mannequin import Mannequin, build_mannequin, load_mannequin, skin

REST = torch.tensor([[0.0, skeleton.PELVIS_HEIGHT_M, 0.0]])


@pytest.fixture(scope="module")
def mannequin() -> Mannequin:
    return build_mannequin()


def test_skinning_the_rest_pose_returns_the_vertices(mannequin: Mannequin) -> None:
    vertices, normals = skin(mannequin, rotations.identity(1, skeleton.JOINTS), REST)
    assert torch.allclose(vertices[0], mannequin.vertices, atol=1e-5)
    assert torch.allclose(normals[0], mannequin.normals, atol=1e-4)


def test_turning_the_pelvis_moves_the_whole_body_rigidly(mannequin: Mannequin) -> None:
    pose = rotations.identity(1, skeleton.JOINTS)
    pose[0, 0] = turn = rotations.from_rotvec(torch.tensor([0.3, 1.0, -0.4]))
    vertices, normals = skin(mannequin, pose, torch.tensor([[1.0, 2.0, 3.0]]))
    assert torch.allclose(vertices[0], rotations.rotate(turn, mannequin.vertices - REST) + torch.tensor([1.0, 2.0, 3.0]), atol=1e-5)
    assert torch.allclose(normals[0], rotations.rotate(turn, mannequin.normals), atol=1e-4)


def test_weights_are_shares_of_four_joints(mannequin: Mannequin) -> None:
    assert mannequin.weights.shape == (len(mannequin.vertices), 4)
    assert (mannequin.weights >= 0).all()
    assert torch.allclose(mannequin.weights.sum(-1), torch.ones(len(mannequin.vertices)), atol=1e-5)


def test_left_and_right_are_mirror_images(mannequin: Mannequin) -> None:
    mirrored = mannequin.vertices * torch.tensor([-1.0, 1.0, 1.0])
    for part in mirrored.split(2000):
        assert torch.cdist(part, mannequin.vertices, compute_mode="donot_use_mm_for_euclid_dist").amin(1).max() < 1e-3


def test_it_stands_on_the_ground_and_is_as_tall_as_its_skeleton(mannequin: Mannequin) -> None:
    assert abs(float(mannequin.vertices[:, 1].min())) < 1e-5
    head = float(surface.rest_positions()[skeleton.INDEX["head"], 1])
    assert abs(float(mannequin.vertices[:, 1].max()) - head - skeleton.TIPS["head"][1]) < 0.01


def test_faces_look_outward_as_the_normals_do(mannequin: Mannequin) -> None:
    a, b, c = mannequin.vertices[mannequin.faces].unbind(1)
    across = torch.linalg.cross(b - a, c - a)
    assert ((across * mannequin.normals[mannequin.faces[:, 0]]).sum(-1) > 0).float().mean() > 0.98
    volume_l = 1000 * float((a * across).sum() / 6)
    assert 60 < volume_l < 95  # a clothed adult; parts overlap a little


def test_a_bent_finger_leaves_its_neighbours_alone(mannequin: Mannequin) -> None:
    pose = rotations.identity(1, skeleton.JOINTS)
    for joint in ("left_index1", "left_index2"):
        pose[0, skeleton.INDEX[joint]] = rotations.from_rotvec(torch.tensor([0.0, 0.0, -1.2]))
    moved = (skin(mannequin, pose, REST)[0][0] - mannequin.vertices).norm(dim=-1)
    joints = surface.rest_positions()
    for finger in ("middle", "ring", "pinky"):
        near = (mannequin.vertices - joints[skeleton.INDEX[f"left_{finger}3"]]).norm(dim=-1) < 0.012
        assert near.any()
        assert moved[near].max() < 1e-4


def test_a_bent_elbow_keeps_most_of_its_thickness(mannequin: Mannequin) -> None:
    pose = rotations.identity(1, skeleton.JOINTS)
    pose[0, skeleton.INDEX["left_elbow"]] = rotations.from_rotvec(torch.tensor([0.0, -1.5, 0.0]))
    vertices = skin(mannequin, pose, REST)[0][0]
    elbow = surface.rest_positions()[skeleton.INDEX["left_elbow"]]
    around = (mannequin.vertices - elbow).norm(dim=-1) < 0.06
    height = vertices[around, 1].max() - vertices[around, 1].min()
    assert height > 0.9 * (mannequin.vertices[around, 1].max() - mannequin.vertices[around, 1].min())


def test_looking_aside_moves_only_the_eyes(mannequin: Mannequin) -> None:
    pose = rotations.identity(1, skeleton.JOINTS)
    eyes = [skeleton.INDEX["left_eye_smplhf"], skeleton.INDEX["right_eye_smplhf"]]
    pose[0, eyes] = rotations.from_rotvec(torch.tensor([0.0, 0.5, 0.0]))
    moved = (skin(mannequin, pose, REST)[0][0] - mannequin.vertices).norm(dim=-1) > 1e-5
    assert moved.any()
    assert torch.isin(mannequin.joints[moved, 0], torch.tensor(eyes)).all()


def test_building_again_gives_the_same_bytes_and_the_cache_keeps_them(mannequin: Mannequin, tmp_path: Path) -> None:
    built, stored = load_mannequin(tmp_path), load_mannequin(tmp_path)
    assert [p.suffix for p in tmp_path.iterdir()] == [".npz"]
    for name in ("vertices", "faces", "normals", "colors", "joints", "weights"):
        assert torch.equal(getattr(built, name), getattr(mannequin, name))
        assert torch.equal(getattr(stored, name), getattr(mannequin, name))
        assert getattr(stored, name).dtype == getattr(mannequin, name).dtype


def test_a_place_beside_the_body_has_no_front() -> None:
    layer = surface.Layer((surface.Part("head", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.1, 0.1)),), (0.01, 0.01, 0.01))
    head = surface.rest_positions()[skeleton.INDEX["head"]].tolist()
    assert abs(surface.front_of(layer, head[0], head[1]) - head[2] - 0.1) < 2e-4
    with pytest.raises(ValueError, match="no surface"):
        surface.front_of(layer, head[0] + 0.2, head[1])


def test_the_coarse_mannequin_has_the_shape_of_the_fine_one_with_half_its_triangles(mannequin: Mannequin) -> None:
    coarse = build_mannequin(coarse=True)
    assert len(coarse.faces) < 0.6 * len(mannequin.faces)
    for part in coarse.vertices.split(2000):
        assert torch.cdist(part, mannequin.vertices).amin(1).max() < 0.02, "no vertex is farther from the fine one than its cells are wide"
