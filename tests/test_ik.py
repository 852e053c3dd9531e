"""Inverse kinematics against forward kinematics."""
import math

import torch
from torch import Tensor

from chironomia.motion_library import ik, rest, rotations, skeleton
from chironomia.motion_library.skeleton import ARM_LENGTH_M


def _chest() -> tuple[Tensor, Tensor]:
    pose, pelvis = rest.rest_pose()
    places, world = skeleton.forward_kinematics(pose, pelvis)
    return world[skeleton.INDEX["spine3"]], places[skeleton.INDEX["spine3"]]


def _wrists() -> Tensor:
    """Places before and beside the left shoulder (N, 3), all within reach."""
    grid = torch.cartesian_prod(torch.tensor([0.0, 0.15, 0.3, 0.42]), torch.tensor([1.05, 1.25, 1.45, 1.6]), torch.tensor([0.2, 0.3, 0.38]))
    return grid[(grid - torch.tensor([0.18, 1.40, -0.03])).norm(dim=-1) < 0.9 * ARM_LENGTH_M]


def _performed(arm: ik.Arm, forearm: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Places, world and local rotations of a whole body whose left arm does what was solved."""
    pose, pelvis = rest.rest_pose()
    whole = pose.expand(len(forearm), -1, -1).clone()
    whole[:, [ik.COLLAR, ik.SHOULDER, ik.ELBOW, ik.WRIST]] = ik.arm_rotations(arm, forearm)
    return *skeleton.forward_kinematics(whole, pelvis.expand(len(forearm), 3)), whole


def _solved(swivel_deg: float = 0.0) -> tuple[Tensor, ik.Arm]:
    wrists = _wrists()
    chest, at = _chest()
    count = len(wrists)
    arm = ik.reach(chest.expand(count, 4), at.expand(count, 3), wrists, torch.full((count,), math.radians(swivel_deg)), torch.zeros(count))
    return wrists, arm


def test_the_wrist_arrives_where_it_was_sent() -> None:
    for swivel_deg in (-20.0, 0.0, 30.0):
        wrists, arm = _solved(swivel_deg)
        places, _, _ = _performed(arm, torch.zeros(len(wrists), 3))
        assert float((places[:, ik.WRIST] - wrists).norm(dim=-1).max()) < 1e-3


def test_a_wrist_out_of_reach_is_approached_with_an_arm_that_is_nearly_straight() -> None:
    chest, at = _chest()
    arm = ik.reach(chest[None], at[None], torch.tensor([[0.3, 1.5, 1.5]]), torch.zeros(1), torch.zeros(1))
    assert math.radians(8.0) < float(arm.flexion) < math.radians(22.0)


def test_swivel_raises_the_elbow_and_leaves_the_wrist() -> None:
    places = [_performed(_solved(s)[1], torch.zeros(len(_wrists()), 3))[0] for s in (0.0, 25.0)]
    aside = _wrists()[:, 0] > 0.1  # an elbow in front of the breast, under a hand raised on the other side, goes out before it rises
    assert bool((places[1][aside, ik.ELBOW, 1] > places[0][aside, ik.ELBOW, 1]).all())
    assert bool((places[1][:, ik.ELBOW, 0] > places[0][:, ik.ELBOW, 0]).all())
    assert torch.allclose(places[0][:, ik.WRIST], places[1][:, ik.WRIST], atol=1e-3)


def test_elbows_of_gesturing_arms_hang_below_the_line_from_shoulder_to_hand() -> None:
    wrists, arm = _solved()
    places, _, _ = _performed(arm, torch.zeros(len(wrists), 3))
    low = wrists[:, 1] < 1.3
    middle = 0.5 * (places[:, ik.SHOULDER] + places[:, ik.WRIST])
    assert bool((places[low, ik.ELBOW, 1] < middle[low, 1] + 0.02).all())


def test_forearm_angles_give_the_hand_back_that_they_were_read_from() -> None:
    _, arm = _solved()
    count = len(_wrists())
    angles = (torch.rand(count, 3, generator=torch.Generator().manual_seed(3)) - 0.5) * torch.tensor([2.0, 1.4, 0.6])
    _, world, _ = _performed(arm, angles)
    assert torch.allclose(ik.forearm_angles(arm, world[:, ik.WRIST]), angles, atol=1e-4)


def test_any_forearm_angle_in_range_keeps_the_skeletons_limits() -> None:
    _, arm = _solved()
    count = len(_wrists())
    low, high = ik.FOREARM_RANGE.unbind(-1)
    angles = low + (high - low) * torch.rand(count, 3, generator=torch.Generator().manual_seed(5))
    _, _, local = _performed(arm, angles)
    assert float(skeleton.limit_excess(local)[:, [ik.ELBOW, ik.WRIST]].max()) < math.radians(12.0)


def test_twist_is_shared_between_elbow_and_wrist() -> None:
    _, arm = _solved()
    angles = torch.zeros(len(_wrists()), 3)
    angles[:, 0] = 1.2
    local = ik.arm_rotations(arm, angles)
    twists = [rotations.to_rotvec(rotations.swing_twist(local[:, j], torch.tensor([1.0, 0.0, 0.0]))[1])[:, 0] for j in (2, 3)]
    assert torch.allclose(twists[0] + twists[1], angles[:, 0], atol=1e-4)
    assert float(twists[1].max()) < 0.6 < float(twists[0].min())


def test_a_hand_rotation_faces_its_palm_and_fingers_as_asked() -> None:
    hand = ik.hand_rotation(torch.tensor([0.0, 1.0, 0.0]), torch.tensor([0.0, 0.3, 1.0]))
    assert torch.allclose(rotations.rotate(hand, torch.tensor([0.0, -1.0, 0.0])), torch.tensor([0.0, 1.0, 0.0]), atol=1e-6)
    assert torch.allclose(rotations.rotate(hand, torch.tensor([1.0, 0.0, 0.0])), torch.tensor([0.0, 0.0, 1.0]), atol=1e-6)


def test_shoulders_rise_with_the_hand_and_with_a_shrug() -> None:
    low, high = (ik.collar_rotation(torch.tensor([0.1, up, 0.2]), torch.tensor(0.0)) for up in (-0.4, 0.35))
    shrugged = ik.collar_rotation(torch.tensor([0.1, -0.4, 0.2]), torch.tensor(0.3))
    lift = [float(rotations.to_rotvec(q)[2]) for q in (low, high, shrugged)]
    assert lift[0] < lift[1]
    assert math.isclose(lift[2] - lift[0], 0.3, abs_tol=0.02)
