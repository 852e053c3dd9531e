"""Capsules: distances with known answers, and bodies that do and do not sink into themselves."""
from dataclasses import replace

import numpy as np
import torch

from chironomia.motion_library import capsules, mannequin, rotations, skeleton, surface

PAIR = {pair: i for i, pair in enumerate(capsules.PAIRS)}


def body(**rotvecs: tuple[float, float, float]) -> tuple[torch.Tensor, torch.Tensor]:
    pose = rotations.identity(1, skeleton.JOINTS)
    for joint, rotvec in rotvecs.items():
        pose[0, skeleton.INDEX[joint]] = rotations.from_rotvec(torch.tensor(rotvec))
    return skeleton.forward_kinematics(pose, torch.tensor([[0.0, skeleton.PELVIS_HEIGHT_M, 0.0]]))


def distance(p: list[float], p_end: list[float], q: list[float], q_end: list[float]) -> float:
    return float(capsules.segment_distance(*(torch.tensor(v) for v in (p, p_end, q, q_end))))


def test_crossing_segments_are_as_far_apart_as_their_heights() -> None:
    assert abs(distance([-1, 0, 0], [1, 0, 0], [0, -1, 0.3], [0, 1, 0.3]) - 0.3) < 1e-6


def test_parallel_segments_are_as_far_apart_as_their_lines() -> None:
    assert abs(distance([0, 0, 0], [1, 0, 0], [0.5, 0.2, 0], [2, 0.2, 0]) - 0.2) < 1e-6


def test_segments_in_line_are_as_far_apart_as_their_ends() -> None:
    assert abs(distance([0, 0, 0], [1, 0, 0], [1.5, 0, 0], [3, 0, 0]) - 0.5) < 1e-6


def test_points_are_segments_too() -> None:
    assert abs(distance([0, 3, 0], [0, 3, 0], [-1, 0, 0], [1, 0, 0]) - 3.0) < 1e-6


def test_the_segment_distance_is_the_least_over_sampled_points() -> None:
    ends = torch.randn(20, 4, 3, generator=torch.Generator().manual_seed(1))
    s = torch.linspace(0, 1, 201)[None, :, None]
    p, q = (ends[:, a, None] * (1 - s) + ends[:, b, None] * s for a, b in ((0, 1), (2, 3)))
    assert torch.allclose(capsules.segment_distance(*ends.unbind(1)), torch.cdist(p, q).amin((1, 2)), atol=2e-2)


def test_the_rest_pose_and_lowered_arms_touch_nothing() -> None:
    lowered = body(left_shoulder=(0.0, 0.0, -1.3), right_shoulder=(0.0, 0.0, 1.3))
    assert capsules.penetration(*body()).max() == 0.0
    assert capsules.penetration(*lowered).max() == 0.0


def test_a_hand_moved_to_the_breastbone_is_deep_inside_the_torso() -> None:
    positions, world = body()
    hand = [i for i, name in enumerate(skeleton.JOINT_NAMES) if name.startswith("left_") and i > skeleton.INDEX["jaw"]][1:]
    wrist, chest = skeleton.INDEX["left_wrist"], skeleton.INDEX["spine3"]
    positions[:, [wrist, *hand]] += positions[:, [chest]] - positions[:, [wrist]]
    depth = capsules.penetration(positions, world)[0]
    assert depth[PAIR["left_hand", "torso"]] > 0.05
    assert depth[PAIR["right_hand", "torso"]] == 0.0


def test_hands_laid_into_each_other_overlap_by_their_thickness() -> None:
    positions, world = body()
    right = [i for i, name in enumerate(skeleton.JOINT_NAMES) if name.startswith("right_") and i >= skeleton.INDEX["right_index1"]]
    left = [skeleton.MIRROR[i] for i in right]
    wrists = [skeleton.INDEX["left_wrist"], skeleton.INDEX["right_wrist"]]
    positions[:, [wrists[1], *right]], world[:, [wrists[1], *right]] = positions[:, [wrists[0], *left]], world[:, [wrists[0], *left]]
    assert capsules.penetration(positions, world)[0, PAIR["left_hand", "right_hand"]] > 0.01


def test_the_mirror_image_sinks_in_just_as_deep() -> None:
    left = body(left_shoulder=(0.0, -1.3, 0.0), left_elbow=(0.0, -2.5, 0.0), left_wrist=(0.0, 0.0, 0.8))
    right = body(right_shoulder=(0.0, 1.3, 0.0), right_elbow=(0.0, 2.5, 0.0), right_wrist=(0.0, 0.0, -0.8))
    mirrored = [PAIR[skeleton.mirrored_name(a), skeleton.mirrored_name(b)] if (skeleton.mirrored_name(a), skeleton.mirrored_name(b)) in PAIR
                else PAIR[skeleton.mirrored_name(b), skeleton.mirrored_name(a)] for a, b in capsules.PAIRS]  # fmt: skip
    depth = capsules.penetration(*left)
    assert depth.max() > 0.0
    assert torch.allclose(depth[:, mirrored], capsules.penetration(*right), atol=1e-5)


def test_every_capsule_lies_inside_the_mannequin() -> None:
    positions, world = (t[0] for t in body())
    start, end = (e[0] for e in capsules.segments(positions[None], world[None]))
    around = torch.nn.functional.normalize(torch.randn(60, 3, generator=torch.Generator().manual_seed(0)), dim=-1)
    along = torch.linspace(0, 1, 5)[:, None, None, None]
    radius = torch.tensor([c.radius_m for c in capsules.CAPSULES])[:, None, None]
    points = (start[:, None] * (1 - along) + end[:, None] * along + radius * around).numpy()  # (5, C, 60, 3)
    frames = positions.numpy(), rotations.to_matrix(world).numpy()
    both_sides = [replace(layer, both=True) for _, layer in mannequin.layers()]
    outside = np.min([surface.distance(layer, points, frames) for layer in both_sides], 0).max((0, 2))
    assert outside.max() < 0.003, [(c.part, c.joint, round(float(d), 4)) for c, d in zip(capsules.CAPSULES, outside, strict=True) if d > 0]
