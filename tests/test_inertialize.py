import torch

from chironomia.generators.inertialize import decay


def _decay(times: torch.Tensor, offset: float, velocity: float, acceleration: float, length: float = 0.5) -> torch.Tensor:
    n = len(times)
    return decay(times, torch.full((n,), length), *(torch.full((n, 1), x) for x in (offset, velocity, acceleration)))[:, 0]


def test_an_offset_starts_with_its_value_velocity_and_acceleration() -> None:
    h = 1e-3
    at = torch.tensor([0.0, h, 2 * h, 3 * h], dtype=torch.float64)
    x = _decay(at, 0.3, -2.0, 5.0)
    assert abs(float(x[0]) - 0.3) < 1e-6
    velocity = (-11 * x[0] + 18 * x[1] - 9 * x[2] + 2 * x[3]) / (6 * h)
    acceleration = (2 * x[0] - 5 * x[1] + 4 * x[2] - x[3]) / h**2
    assert abs(float(velocity) + 2.0) < 1e-3
    assert abs(float(acceleration) - 5.0) < 0.2


def test_it_ends_at_rest_and_is_zero_outside() -> None:
    h = 1e-4
    x = _decay(torch.tensor([-0.1, 0.5 - 2 * h, 0.5 - h, 0.5, 0.7], dtype=torch.float64), 0.3, -2.0, 5.0)
    assert float(x[0]) == 0.0
    assert float(x[3]) == 0.0
    assert float(x[4]) == 0.0
    assert abs(float((x[2] - x[1]) / h)) < 1e-4


def test_no_difference_leaves_nothing() -> None:
    assert float(_decay(torch.linspace(0, 1, 50), 0.0, 0.0, 0.0).abs().max()) == 0.0
