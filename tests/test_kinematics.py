"""Measures of movement, on movements whose answers are known."""
import math

import pytest
import torch
from torch import Tensor

from chironomia.motion_library import kinematics
from chironomia.motion_library.motion import FPS, Motion
from chironomia.motion_library.rest import rest_pose
from chironomia.motion_library.timecourse import minimum_jerk

FINE = 300.0  # frames a second


def _reach(seconds: float = 0.6, fps: float = FPS, metres: float = 0.4) -> Tensor:
    """A straight minimum-jerk reach with a standstill of 0.3 s on either side."""
    times = torch.arange(-0.3, seconds + 0.3, 1.0 / fps, dtype=torch.float64)
    return minimum_jerk(times / seconds)[:, None] * torch.tensor([metres, 0.0, 0.0], dtype=torch.float64)


def _ellipse(harmonic: bool) -> Tensor:
    """An ellipse of 0.12 by 0.08 m, once around in a second: harmonic motion obeys the two-thirds law, equal speed does not."""
    angle = torch.linspace(0.0, 2.0 * math.pi, 4001, dtype=torch.float64)
    path = torch.stack([0.12 * torch.cos(angle), 0.08 * torch.sin(angle), torch.zeros_like(angle)], -1)
    if not harmonic:
        way = torch.cat([torch.zeros(1, dtype=torch.float64), path.diff(dim=0).norm(dim=-1).cumsum(0)])
        path = path[torch.searchsorted(way, torch.linspace(0.0, float(way[-1]), 301, dtype=torch.float64)).clamp_max(4000)]
        return kinematics.smoothed(path, FINE, 0.01)
    return path[:: 4000 // 300]


def test_a_minimum_jerk_reach_has_one_peak_of_1_875_times_its_mean_speed_in_its_middle() -> None:
    path = _reach()
    speed = kinematics.tangential_speed(path, FPS)
    (peak,) = kinematics.speed_peaks(speed)
    assert abs(peak / FPS - 0.6) < 1.5 / FPS
    assert float(speed.max()) == pytest.approx(1.875 * 0.4 / 0.6, rel=0.02)


def test_two_reaches_with_a_stop_have_two_peaks_and_are_two_movements() -> None:
    there = _reach()
    speed = kinematics.tangential_speed(torch.cat([there, there.flip(0)]), FPS)
    assert len(kinematics.speed_peaks(speed)) == 2
    assert len(kinematics.movements(speed, FPS)) == 2


def test_a_shallow_dip_is_no_second_peak() -> None:
    speed = torch.tensor([0.0, 0.5, 1.0, 0.9, 1.0, 0.5, 0.0])
    assert len(kinematics.speed_peaks(speed)) == 1
    assert len(kinematics.speed_peaks(speed, prominence=0.05)) == 2


def test_a_hand_at_rest_has_no_peak_and_no_movement() -> None:
    assert kinematics.speed_peaks(torch.zeros(20)) == []
    assert kinematics.movements(torch.zeros(20), FPS) == []


def test_a_circle_has_the_curvature_of_its_radius() -> None:
    angle = torch.linspace(0.0, 2.0 * math.pi, 301, dtype=torch.float64)
    circle = 0.1 * torch.stack([torch.cos(angle), torch.sin(angle), torch.zeros_like(angle)], -1)
    assert torch.allclose(kinematics.curvature(circle, FINE)[5:-5], torch.tensor(10.0, dtype=torch.float64), rtol=1e-3)
    assert kinematics.turning(circle) == pytest.approx(2.0 * math.pi, rel=0.01)


@pytest.mark.parametrize(("harmonic", "exponent"), [(True, 1.0 / 3.0), (False, 0.0)])
def test_an_ellipse_at_the_laws_speed_has_exponent_one_third_and_at_equal_speed_none(harmonic: bool, exponent: float) -> None:
    path = _ellipse(harmonic)
    middle = slice(20, -20)
    found = kinematics.power_law_exponent(kinematics.tangential_speed(path, FINE)[middle], kinematics.curvature(path, FINE)[middle])
    assert found == pytest.approx(exponent, abs=0.01 if harmonic else 0.05)


def test_a_circle_and_a_straight_line_tell_nothing_of_the_power_law() -> None:
    assert kinematics.power_law_exponent(torch.rand(50), torch.full((50,), 10.0)) is None
    assert kinematics.power_law_exponent(torch.rand(50), torch.zeros(50)) is None


def test_onset_and_arrival_are_found_between_frames() -> None:
    times = torch.arange(0.0, 2.0, 1.0 / FPS)
    bump = (1.0 - ((times - 1.0) / 0.5).abs()).clamp_min(0.0)  # a triangle from 0.5 to 1.5 s
    onset, arrival = kinematics.onset_and_arrival(bump, FPS, still=0.2)
    assert onset == pytest.approx(0.6, abs=1e-4)
    assert arrival == pytest.approx(1.4, abs=1e-4)
    assert math.isnan(kinematics.onset_and_arrival(torch.zeros(10), FPS)[0])


def test_a_still_body_has_no_segment_speeds() -> None:
    pose, at = rest_pose()
    speeds = kinematics.segment_speeds(Motion(pose.repeat(5, 1, 1), at.repeat(5, 1), FPS), "left")
    assert speeds.shape == (4, 4)
    assert float(speeds.max()) < 1e-3


def test_smoothing_keeps_a_constant_and_leaves_captured_reaches_their_peak() -> None:
    assert torch.allclose(kinematics.smoothed(torch.ones(30, 2), FPS), torch.ones(30, 2), atol=1e-6)
    path = _reach()
    seen = kinematics.tangential_speed(kinematics.smoothed(path, FPS), FPS)
    assert float(seen.max()) > 0.95 * float(kinematics.tangential_speed(path, FPS).max())
