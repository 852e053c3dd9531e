import math

import pytest
import roma
import torch

from chironomia.motion_library import rotations


def _random(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    g = torch.Generator().manual_seed(3)
    return torch.nn.functional.normalize(torch.randn(*shape, 4, generator=g, dtype=dtype), dim=-1)


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    q = rotations.from_rotvec(torch.tensor([0.0, 0.0, math.pi / 2]))
    assert torch.allclose(rotations.rotate(q, torch.tensor([1.0, 0.0, 0.0])), torch.tensor([0.0, 1.0, 0.0]), atol=1e-6)


@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_products_and_rotations_agree_with_roma(shape: tuple[int, ...]) -> None:
    p, q = _random(*shape), _random(*shape).flip(-1)
    v = torch.randn(*shape, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    assert torch.allclose(rotations.multiply(p, q), roma.quat_product(p, q), atol=1e-12)
    assert torch.allclose((rotations.left_matrix(p) @ q[..., None])[..., 0], roma.quat_product(p, q), atol=1e-12)
    assert torch.allclose(rotations.rotate(p, v), roma.quat_action(p, v), atol=1e-12)
    assert torch.allclose(rotations.to_matrix(p), roma.unitquat_to_rotmat(p), atol=1e-12)
    assert torch.allclose(rotations.from_matrix(rotations.to_matrix(p)), roma.rotmat_to_unitquat(roma.unitquat_to_rotmat(p)), atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_half_turns_survive_the_way_through_a_matrix(axis: int) -> None:
    q = torch.eye(4, dtype=torch.float64)[axis]
    assert torch.allclose(rotations.from_matrix(rotations.to_matrix(q)).abs(), q, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rotation_vectors_go_there_and_back(dtype: torch.dtype) -> None:
    vectors = torch.tensor([[0.0, 0.0, 0.0], [1e-10, 0.0, 0.0], [0.3, -0.2, 0.9], [3.1, 0.0, 0.0]], dtype=dtype)
    assert torch.allclose(rotations.to_rotvec(rotations.from_rotvec(vectors)), vectors, atol=1e-5)


def test_opposite_quaternions_are_the_same_rotation() -> None:
    q = _random(6)
    assert torch.allclose(rotations.to_rotvec(q), rotations.to_rotvec(-q), atol=1e-9)


def test_slerp_has_its_ends_and_takes_the_short_way() -> None:
    p, q = _random(6), -_random(6).roll(1, 0)
    assert torch.allclose(rotations.to_rotvec(rotations.slerp(p, q, 0.0)), rotations.to_rotvec(p), atol=1e-9)
    end = rotations.multiply(rotations.inverse(rotations.slerp(p, q, 1.0)), q)
    assert float(rotations.to_rotvec(end).norm(dim=-1).max()) < 1e-7
    whole = rotations.to_rotvec(rotations.multiply(rotations.inverse(p), q)).norm(dim=-1)
    half = rotations.to_rotvec(rotations.multiply(rotations.inverse(p), rotations.slerp(p, q, 0.5))).norm(dim=-1)
    assert torch.allclose(half, whole / 2, atol=1e-9)


def test_between_turns_one_direction_into_another_even_when_they_are_opposite() -> None:
    a = torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    b = torch.tensor([[0.0, 1.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 3.0]])
    turned = rotations.rotate(rotations.between(a, b), a)
    assert torch.allclose(turned, torch.nn.functional.normalize(b, dim=-1) * a.norm(dim=-1, keepdim=True), atol=1e-5)


def test_swing_and_twist_multiply_to_the_whole_and_the_twist_keeps_its_axis() -> None:
    q, axis = _random(8), torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    swing, twist = rotations.swing_twist(q, axis)
    assert torch.allclose(rotations.multiply(swing, twist), q, atol=1e-9)
    assert torch.allclose(rotations.rotate(twist, axis.expand(8, 3)), axis.expand(8, 3), atol=1e-9)
    assert float((rotations.to_rotvec(swing) @ axis).abs().max()) < 1e-9


def test_continuous_never_jumps_to_the_other_hemisphere() -> None:
    q = _random(1).expand(10, 4) * torch.tensor([1, -1, -1, 1, 1, -1, 1, -1, 1, 1]).double()[:, None]
    fixed = rotations.continuous(q)
    assert float((fixed - fixed[:1]).abs().max()) < 1e-12
