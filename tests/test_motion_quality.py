"""Figures of a motion, on motions whose figures are known."""
from dataclasses import replace

import pytest
import torch

from chironomia.evals.motion_quality import speeds_of, stands
from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.rest import rest_pose


def _turning(rad_s: float, frames: int = 60) -> Motion:
    pose, place = rest_pose()
    turned = pose.expand(frames, -1, -1).clone()
    angle = torch.zeros(frames, 3)
    angle[:, 1] = rad_s * torch.arange(frames) / 30.0
    turned[:, skeleton.INDEX["head"]] = rotations.from_rotvec(angle)
    return Motion(turned, place.expand(frames, -1).clone())


def test_speeds_are_those_of_all_motions_together() -> None:
    slow, fast = _turning(0.1), _turning(0.3)
    assert speeds_of([slow])["head"][1] == pytest.approx(0.1, abs=1e-3)
    assert speeds_of([slow, fast])["head"][1] == pytest.approx(0.3, abs=1e-3)
    assert speeds_of([slow])["legs"] == pytest.approx((0.0, 0.0, 0.0), abs=1e-3)


def test_who_walks_or_steps_does_not_stand() -> None:
    still = _turning(0.1)
    assert stands(still)
    along = torch.linspace(0.0, 0.1, still.frames)
    assert not stands(replace(still, translation=still.translation + torch.stack([along, 0 * along, 0 * along], -1)))
