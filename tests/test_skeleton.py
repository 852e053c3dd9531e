import torch

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.motion import Motion


def _random(frames: int, seed: int = 0) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(frames, 55, 4, generator=g, dtype=torch.float64), dim=-1)


def test_there_are_the_55_joints_of_smplx_and_parents_come_before_children() -> None:
    assert len(skeleton.JOINT_NAMES) == 55
    assert len(set(skeleton.JOINT_NAMES)) == 55
    assert skeleton.JOINT_NAMES[15] == "head"
    assert skeleton.JOINT_NAMES[20] == "left_wrist"
    assert skeleton.JOINT_NAMES[25] == "left_index1"
    assert skeleton.JOINT_NAMES[40] == "right_index1"
    assert all(p < j for j, p in enumerate(skeleton.PARENTS))


def test_in_the_rest_pose_the_soles_stand_on_the_ground_and_the_arms_are_level() -> None:
    positions, _ = skeleton.forward_kinematics(rotations.identity(55), torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0]))
    assert abs(float(positions[skeleton.INDEX["left_foot"], 1]) - 0.02) < 1e-6
    shoulder, wrist = positions[skeleton.INDEX["left_shoulder"]], positions[skeleton.INDEX["left_wrist"]]
    assert torch.allclose(wrist - shoulder, torch.tensor([skeleton.ARM_LENGTH_M, 0.0, 0.0]), atol=1e-6)
    mirrored = positions[list(skeleton.MIRROR)] * torch.tensor([-1.0, 1.0, 1.0])
    assert torch.allclose(mirrored, positions, atol=1e-6)


def test_forward_kinematics_agrees_with_its_naive_twin() -> None:
    turned = _random(3)
    moved = torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    positions, _ = skeleton.forward_kinematics(turned, moved)
    for frame in range(3):
        places: list[torch.Tensor] = []
        worlds: list[torch.Tensor] = []
        for joint, parent in enumerate(skeleton.PARENTS):
            local = rotations.to_matrix(turned[frame, joint])
            if parent < 0:
                worlds.append(local)
                places.append(moved[frame])
            else:
                worlds.append(worlds[parent] @ local)
                places.append(places[parent] + worlds[parent] @ skeleton.OFFSETS[joint].double())
        assert torch.allclose(torch.stack(places), positions[frame], atol=1e-9)


def test_a_turned_body_turns_rigidly() -> None:
    turned = _random(2)
    spin = rotations.from_rotvec(torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64))
    spun = turned.clone()
    spun[:, 0] = rotations.multiply(spin, turned[:, 0])
    still, _ = skeleton.forward_kinematics(turned, torch.zeros(2, 3, dtype=torch.float64))
    moved, _ = skeleton.forward_kinematics(spun, torch.zeros(2, 3, dtype=torch.float64))
    assert torch.allclose(moved, rotations.rotate(spin, still), atol=1e-9)


def test_angles_of_the_limit_chart_invert() -> None:
    g = torch.Generator().manual_seed(2)
    angles = (torch.rand(20, 55, 3, generator=g, dtype=torch.float64) - 0.5) * 3.0
    again = skeleton.swing_twist_angles(skeleton.from_swing_twist_angles(angles))
    assert torch.allclose(again, angles, atol=1e-9)


def test_clamping_brings_any_pose_inside_the_limits_and_leaves_legal_poses_alone() -> None:
    clamped = skeleton.clamp_to_limits(_random(10))
    assert float(skeleton.limit_excess(_random(10)).max()) > 0.5
    assert float(skeleton.limit_excess(clamped).max()) < 1e-6
    rest = rotations.identity(55).double()
    assert torch.allclose(skeleton.clamp_to_limits(rest), rest, atol=1e-12)


def test_limits_are_mirror_images() -> None:
    turned = _random(4)
    motion = Motion(turned, torch.zeros(4, 3, dtype=torch.float64))
    excess = skeleton.limit_excess(turned)
    assert torch.allclose(skeleton.limit_excess(motion.mirrored().rotations), excess[:, list(skeleton.MIRROR)], atol=1e-6)


def test_gradients_flow_through_forward_kinematics() -> None:
    turned = _random(1).requires_grad_()
    positions, _ = skeleton.forward_kinematics(turned, torch.zeros(1, 3, dtype=torch.float64))
    positions.sum().backward()
    assert turned.grad is not None
    assert torch.isfinite(turned.grad).all()
