"""The roll of an arm may be settled anew, but no bone may move for it."""
import pytest
import torch

from chironomia.motion_library import arm_roll, rotations, skeleton


@pytest.fixture
def arms() -> torch.Tensor:
    """Elbows bent by 30 to 120 degrees about wrong hinges, hands turned by up to 100 degrees about the forearm."""
    generator = torch.Generator().manual_seed(3)
    frames = 64
    rotvec = torch.randn(frames, skeleton.JOINTS, 3, generator=generator) * 0.3
    for side, sign in (("left", -1.0), ("right", 1.0)):
        lean = (torch.rand(frames, generator=generator) - 0.5) * 2.0
        bend = torch.deg2rad(30.0 + 90.0 * torch.rand(frames, generator=generator))
        rotvec[:, skeleton.INDEX[f"{side}_elbow"]] = torch.stack([torch.zeros(frames), sign * bend * lean.cos(), bend * lean.sin()], -1)
        rotvec[:, skeleton.INDEX[f"{side}_wrist"]] = torch.deg2rad(torch.rand(frames, 1, generator=generator) * 100.0) * torch.eye(3)[0]
    return rotations.from_rotvec(rotvec.double())


def test_settling_the_roll_of_the_arms_moves_no_joint_and_turns_no_hand(arms):
    place = torch.zeros(len(arms), 3, dtype=torch.float64)
    before, turned = skeleton.forward_kinematics(arms, place)
    after, turned_after = skeleton.forward_kinematics(arm_roll.settle_arm_roll(arms), place)
    torch.testing.assert_close(before, after, atol=1e-9, rtol=0)
    for name in ("left_wrist", "right_wrist", "left_index3", "right_thumb2"):
        joint = skeleton.INDEX[name]
        assert float((turned[:, joint] * turned_after[:, joint]).sum(-1).abs().min()) > 1 - 1e-9


def test_a_bent_elbow_then_bends_about_its_hinge_and_shares_pronation_with_the_wrist(arms):
    angles = skeleton.swing_twist_angles(arm_roll.settle_arm_roll(arms)).rad2deg()
    for side, sign in (("left", -1.0), ("right", 1.0)):
        elbow, wrist = angles[:, skeleton.INDEX[f"{side}_elbow"]], angles[:, skeleton.INDEX[f"{side}_wrist"]]
        assert float(elbow[:, 2].abs().max()) < 1e-6
        assert float((sign * elbow[:, 1]).min()) > 29.0
        torch.testing.assert_close(elbow[:, 0], wrist[:, 0], atol=1e-6, rtol=0)


def test_a_straight_arm_keeps_the_roll_it_has():
    still = rotations.identity(2, skeleton.JOINTS)
    still[1, skeleton.INDEX["left_shoulder"]] = rotations.from_rotvec(torch.tensor([0.7, 0.0, 0.0]))
    torch.testing.assert_close(arm_roll.settle_arm_roll(still), still)
