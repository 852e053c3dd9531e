"""Curves in closed form: end points, smoothness, spectra."""
import math

import pytest
import torch

from chironomia.generators.chance import stream
from chironomia.generators.pulses import drift, eased, frame_times, minimum_jerk, pulses


def test_a_minimum_jerk_movement_starts_and_ends_at_rest_and_is_symmetric() -> None:
    s = torch.linspace(0, 1, 101, dtype=torch.float64)
    moved = minimum_jerk(s)
    assert moved[0] == 0
    assert moved[-1] == pytest.approx(1)
    assert torch.allclose(moved + moved.flip(0), torch.ones_like(moved))
    assert moved[1] < 1e-5


def test_eased_passes_its_keys_and_holds_outside() -> None:
    at = torch.tensor([-5.0, 0.0, 0.5, 1.0, 3.0, 9.0])
    curve = eased([0.0, 1.0, 3.0], [1.0, 2.0, -1.0], at)
    assert torch.allclose(curve, torch.tensor([1.0, 1.0, 1.5, 2.0, -1.0, -1.0]))


def test_eased_takes_vectors_and_a_single_key() -> None:
    assert eased([0.0, 1.0], torch.tensor([[0.0, 1.0], [2.0, 3.0]]), torch.tensor([0.5])).tolist() == [[1.0, 2.0]]
    assert eased([4.0], [2.0], torch.zeros(3)).tolist() == [2.0, 2.0, 2.0]


def test_pulses_peak_at_their_events_between_frames_too() -> None:
    events = [1.0, 2.0 + 1 / 60]
    curve = pulses(events, [1.0, 2.0], (-0.2, 0.0, 0.3), (0.0, 1.0, 0.0), 100, 30.0)
    assert curve[30] == pytest.approx(1.0, abs=1e-5)
    assert curve[60] == pytest.approx(float(curve[61]), rel=0.3)
    assert curve[60:62].max() < 2.0
    assert curve[40:50].abs().max() == 0


def test_pulses_agree_with_the_sum_of_single_ones() -> None:
    generator = torch.Generator().manual_seed(0)
    events, sizes = torch.rand(20, generator=generator) * 4 - 0.5, torch.randn(20, generator=generator)
    keys, values = (-0.3, -0.1, 0.2), (0.0, -0.5, 0.0)
    naive = torch.zeros(90)
    for event, size in zip(events.tolist(), sizes.tolist(), strict=True):
        naive += eased([event + k for k in keys], [v * size for v in values], frame_times(90, 30.0))
    assert torch.allclose(pulses(events, sizes, keys, values, 90, 30.0), naive, atol=1e-5)


def test_no_events_give_zeros() -> None:
    assert pulses([], [], (-1.0, 0.0, 1.0), (0.0, 1.0, 0.0), 10, 30.0).tolist() == [0.0] * 10


@pytest.mark.parametrize("slope", [1.0, 2.0])
def test_the_power_of_a_drift_falls_with_its_slope(slope: float) -> None:
    fps, frames = 10.0, 2**15
    curves = drift(frames, 32, fps, stream(0, "test"), 0.02, 1.28, slope)
    assert curves.var(0).mean() == pytest.approx(1.0, rel=0.05)
    power = torch.fft.rfft(curves * torch.hann_window(frames)[:, None], dim=0).abs().square().mean(1)
    hertz = torch.fft.rfftfreq(frames, 1 / fps)
    octaves = [(0.02 * 2**k, 0.04 * 2**k) for k in range(6)]
    density = torch.stack([power[(hertz >= a) & (hertz < b)].mean() for a, b in octaves]).log2()
    x = torch.arange(6.0) - 2.5
    assert float((x * density).sum() / x.square().sum()) == pytest.approx(-slope, abs=0.2)


def test_a_longer_drift_continues_a_shorter_one() -> None:
    short, long = (drift(n, 3, 30.0, stream(4, "a"), 0.1, 1.0) for n in (50, 500))
    assert torch.equal(short, long[:50])


def test_streams_differ_by_name_and_by_seed_and_repeat() -> None:
    draws = {(seed, name): float(torch.rand((), generator=stream(seed, name))) for seed in (0, 1) for name in ("a", "b")}
    assert len(set(draws.values())) == 4
    assert draws[0, "a"] == float(torch.rand((), generator=stream(0, "a")))
    assert not math.isnan(float(torch.rand((), generator=stream(10**15, "a"))))
