"""The fits of people's posture: sane everywhere in reach, not only where people were seen."""
import math

import pytest
import torch

from chironomia.motion_library import body_course, ik, posture, rest, rotations, skeleton
from chironomia.motion_library.compile import compile_clip
from chironomia.motion_library.notation import parse_notation
from chironomia.motion_library.skeleton import ARM_LENGTH_M
from chironomia.motion_library.vocabulary import BodyPart, Hands


def _reachable() -> torch.Tensor:
    """Places (N, 3) from the shoulder in metres, out, up, forward: a grid before and beside the body."""
    axes = torch.linspace(-0.4, 0.7, 12), torch.linspace(-0.8, 0.7, 16), torch.linspace(0.1, 0.8, 8)
    places = torch.cartesian_prod(*axes)
    return places[(places.norm(dim=-1) < 0.95) & (places.norm(dim=-1) > 0.4)] * ARM_LENGTH_M


def _arm(wrists: torch.Tensor) -> tuple[torch.Tensor, ik.Arm]:
    """The elbow (N, 3) from the shoulder, and the arm, of an upright chest, for wrists (N, 3) from where the shoulder rests."""
    at = wrists + skeleton.OFFSETS[ik.COLLAR] + skeleton.OFFSETS[ik.SHOULDER]
    still = torch.zeros(len(at))
    arm = ik.reach(rotations.identity(len(at)), torch.zeros_like(at), at, still, still)
    return rotations.rotate(arm.upper_world, torch.tensor([skeleton.UPPER_ARM_M, 0.0, 0.0])), arm


def test_the_elbow_of_a_low_hand_is_below_the_line_from_shoulder_to_wrist() -> None:
    wrists = _reachable()
    low = wrists[(wrists[:, 1] < -0.1 * ARM_LENGTH_M) & (wrists[:, 0] > -0.2 * ARM_LENGTH_M)]
    elbow, _ = _arm(low)
    on_line = low * ((elbow * low).sum(-1) / low.square().sum(-1))[:, None]
    assert float((elbow - on_line)[:, 1].max()) < 0.02


def test_natural_elbows_are_within_the_shoulders_limits() -> None:
    wrists = _reachable()
    beside = wrists[(wrists[:, 0] > -0.2 * ARM_LENGTH_M) & (wrists[:, 1] < 0.5 * ARM_LENGTH_M)]  # not by the other ear, nor overhead
    _, arm = _arm(beside)
    angles, limits = ik.shoulder_angles(arm), skeleton.LIMITS[ik.SHOULDER]
    beyond = torch.maximum(limits[:, 0] - angles, angles - limits[:, 1]).clamp_min(0.0)
    assert float(beyond.max()) < math.radians(2.0)


def test_fits_are_continuous_and_stay_bounded_beyond_what_was_seen() -> None:
    way = torch.linspace(-3.0, 3.0, 3001)[:, None] * torch.tensor([[0.6, 0.7, 0.4]])
    found = torch.cat([posture.natural_swivel(way)[:, None], torch.stack(posture.clavicle(way), -1)], -1)
    assert float(found.diff(dim=0).abs().max()) < math.radians(1.0)  # over 2 mm
    assert float(found.abs().max()) < math.radians(75.0)
    assert torch.allclose(found[0], found[100], atol=1e-3)  # outside the box a place counts as its border


def test_a_fit_says_the_same_of_one_place_as_of_many() -> None:
    wrists = _reachable()
    many = posture.natural_swivel(wrists)
    assert torch.allclose(torch.stack([posture.natural_swivel(w) for w in wrists[:50]]), many[:50], atol=1e-5)


def test_a_clavicle_rises_with_the_hand_and_comes_forward_with_it() -> None:
    places = torch.tensor([[0.1, -0.9, 0.15], [0.1, 0.1, 0.5], [0.5, -0.3, 0.1], [-0.1, -0.3, 0.8]]) * ARM_LENGTH_M
    lift, protraction = posture.clavicle(places)
    assert lift[1] > lift[0] + math.radians(6.0)
    assert protraction[3] > protraction[2] + math.radians(8.0)


def test_two_hands_that_do_the_same_turn_nothing_and_one_turns_the_trunk() -> None:
    wrists = {"left": torch.tensor([[0.10, 1.20, 0.35]]), "right": torch.tensor([[0.10, 1.20, 0.35]])}
    trunk, head = body_course.participation(wrists)[0]
    assert torch.allclose(trunk, torch.zeros(3), atol=1e-4)
    assert torch.allclose(head, torch.tensor([posture.fitted().dip_deg, 0.0, 0.0]), atol=1e-4)
    left, right = (body_course.participation({side: wrists[side]})[0] for side in ("left", "right"))
    assert torch.allclose(left, right * torch.tensor([1.0, -1.0, -1.0]), atol=1e-4)
    assert 3.0 < float(right[0, 1]) < 15.0  # a right hand before the body brings the right shoulder forward: a turn to the left


def test_a_head_holds_still_for_a_hand_that_comes_to_it() -> None:
    assert torch.equal(body_course.participation({"right": torch.tensor([[0.03, 1.50, 0.22]])}), torch.zeros(1, 2, 3))


def test_without_hands_nothing_goes_along() -> None:
    assert body_course.participation({}).shape == (0, 2, 3)


def test_a_hanging_arm_is_bent_and_its_fingers_are_curled() -> None:
    pose, _ = rest.rest_pose()
    angles = torch.rad2deg(skeleton.swing_twist_angles(pose))
    assert 20.0 < -float(angles[ik.ELBOW, 1]) < 45.0
    for finger in ("index", "middle", "ring", "pinky"):
        assert sum(-float(angles[skeleton.INDEX[f"left_{finger}{i}"], 2]) for i in (1, 2, 3)) > 40.0
    places, _ = skeleton.forward_kinematics(*rest.rest_pose())
    assert torch.allclose(places[ik.WRIST], torch.tensor(rest.WRIST_AT), atol=2e-3)


@pytest.mark.parametrize("hands", [Hands.RIGHT, Hands.LEFT])
def test_a_one_handed_gesture_has_the_trunk_and_leaves_the_other_arm(hands: Hands) -> None:
    notation = parse_notation(
        """
id: raise
description: A hand is raised.
function: METAPHORIC
schemas: [UP]
meanings: [more, higher, rising, going up]
fits: ["It went up.", "Prices rose.", "They climbed."]
wrong: ["It sank."]
hands: right
form:
  right: {shape: open-relaxed, palm: up, fingers: forward, at: [0.08, 1.10, 0.34]}
  stroke:
    - {move: up 0.2}
""",
        "raise.yaml",
    )
    clip = compile_clip(notation, hands, "m", 1.0)
    side, other = ("left", "right") if hands is Hands.LEFT else ("right", "left")
    assert BodyPart.TORSO in clip.mask
    turned = clip.motion.rotations[round(clip.sync.stroke * 30)]
    still = rest.rest_pose()[0]
    elbow = skeleton.INDEX[f"{other}_elbow"]
    gives = rotations.to_rotvec(rotations.multiply(rotations.inverse(still[elbow]), turned[elbow])).norm()
    assert 1.0 < math.degrees(float(gives)) < 10.0  # the arm without a part is not dead, and does nothing of its own
    yaw = sum(float(rotations.to_rotvec(turned[skeleton.INDEX[f"spine{i}"]])[1]) for i in (1, 2, 3))
    assert math.degrees(abs(yaw)) > 2.0
    assert (yaw > 0) == (side == "right")
