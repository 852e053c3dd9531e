"""Feet that stay where they stand."""
from dataclasses import replace

import pytest
import torch

from chironomia.generators.contacts import Footing, asymmetric, footing, plant_feet
from chironomia.motion_library import rest, rotations, skeleton
from chironomia.motion_library.motion import Motion

ANKLES = [skeleton.INDEX["left_ankle"], skeleton.INDEX["right_ankle"]]
KNEES = [skeleton.INDEX["left_knee"], skeleton.INDEX["right_knee"]]


def _moving_pelvis(frames: int = 200) -> tuple[Motion, Footing]:
    pose, place = rest.rest_pose()
    generator = torch.Generator().manual_seed(0)
    offset = torch.randn(frames, 3, generator=generator) * torch.tensor([0.03, 0.008, 0.02]) - torch.tensor([0.0, 0.03, 0.0])
    quats = pose.expand(frames, -1, -1).clone()
    quats[:, 0] = rotations.from_rotvec(0.06 * torch.randn(frames, 3, generator=generator))
    return Motion(quats, place + offset), footing(pose, place)


def test_feet_stand_still_below_a_moving_pelvis() -> None:
    motion, feet = _moving_pelvis()
    places, world = skeleton.forward_kinematics(*_parts(plant_feet(motion, feet)))
    assert (places[:, ANKLES] - feet.places).norm(dim=-1).max() < 1e-4
    turned = rotations.multiply(rotations.inverse(feet.turned), world[:, ANKLES])
    assert rotations.to_rotvec(turned).norm(dim=-1).max() < 1e-3


def test_knees_point_forward_and_stay_within_their_limits() -> None:
    motion, feet = _moving_pelvis()
    planted = plant_feet(motion, feet)
    assert skeleton.limit_excess(planted.rotations)[:, [*KNEES, *ANKLES]].max() == 0
    places = planted.positions()
    hips = places[:, [skeleton.INDEX["left_hip"], skeleton.INDEX["right_hip"]]]
    middle = 0.5 * (hips + places[:, ANKLES])
    assert (places[:, KNEES, 2] > middle[..., 2]).all()


def test_a_pelvis_out_of_reach_is_lowered_and_nothing_else_moves() -> None:
    motion, feet = _moving_pelvis()
    high = replace(motion, translation=motion.translation + torch.tensor([0.0, 0.1, 0.0]))
    planted = plant_feet(high, feet)
    assert (planted.positions()[:, ANKLES] - feet.places).norm(dim=-1).max() < 1e-4
    assert (planted.translation[:, 1] <= high.translation[:, 1]).all()
    assert torch.equal(planted.translation[:, [0, 2]], high.translation[:, [0, 2]])
    legs = {skeleton.INDEX[f"{s}_{n}"] for s in ("left", "right") for n in ("hip", "knee", "ankle")}
    others = [j for j in range(skeleton.JOINTS) if j not in legs]
    assert torch.equal(planted.rotations[:, others], high.rotations[:, others])


def test_the_rest_pose_is_planted_as_it_is() -> None:
    pose, place = rest.rest_pose()
    planted = plant_feet(Motion(pose[None], place[None]), footing(pose, place))
    assert planted.translation[0].tolist() == pytest.approx(place.tolist(), abs=1e-5)
    knees = skeleton.swing_twist_angles(planted.rotations)[0, KNEES, 0]
    assert torch.rad2deg(knees).tolist() == pytest.approx([5.0, 5.0], abs=0.3)


def test_nobody_lines_up_their_feet() -> None:
    feet = footing(*rest.rest_pose())
    for seed in range(5):
        stood = asymmetric(feet, seed)
        assert 0.009 < (stood.places[0, 2] - stood.places[1, 2]).abs() < 0.061
        assert torch.equal(stood.places[:, 1], feet.places[:, 1]), "soles stay on the ground"
        up = torch.tensor([0.0, 1.0, 0.0])
        assert torch.allclose(rotations.rotate(stood.turned, up)[:, 1], rotations.rotate(feet.turned, up)[:, 1], atol=1e-6)


def _parts(motion: Motion) -> tuple[torch.Tensor, torch.Tensor]:
    return motion.rotations, motion.translation
