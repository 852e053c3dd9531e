"""Unit quaternions in roma's convention (XYZW, active, right-handed), batched over leading dimensions.

Every other module takes rotations from here. roma itself is only imported where it does more: it loads torch's compiler, which takes
longer than drawing a gesture.
"""
import math

import torch
from torch import Tensor


def identity(*shape: int, like: Tensor | None = None) -> Tensor:
    """Identity quaternions (*shape, 4), XYZW."""
    quats = torch.zeros(*shape, 4) if like is None else like.new_zeros(*shape, 4)
    quats[..., 3] = 1.0
    return quats


def multiply(p: Tensor, q: Tensor) -> Tensor:
    """Compose rotations (..., 4) XYZW: first q, then p. Shapes broadcast."""
    p, q = torch.broadcast_tensors(p, q)  # type: ignore[no-untyped-call]
    (a, s), (b, t) = (p[..., :3], p[..., 3:]), (q[..., :3], q[..., 3:])
    return torch.cat([s * b + t * a + torch.linalg.cross(a, b), s * t - (a * b).sum(-1, keepdim=True)], -1)


def left_matrix(p: Tensor) -> Tensor:
    """Matrices (..., 4, 4) that compose a rotation with p (..., 4) XYZW: ``left_matrix(p) @ q`` is ``multiply(p, q)``."""
    x, y, z, w = p.unbind(-1)
    rows = (w, -z, y, x), (z, w, -x, y), (-y, x, w, z), (-x, -y, -z, w)
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


def inverse(q: Tensor) -> Tensor:
    """Inverse of unit quaternions (..., 4) XYZW."""
    return q * q.new_tensor([-1.0, -1.0, -1.0, 1.0])


def rotate(q: Tensor, v: Tensor) -> Tensor:
    """Rotate vectors (..., 3) by unit quaternions (..., 4) XYZW. Shapes broadcast."""
    xyz, w = q[..., :3], q[..., 3:]
    xyz, v = torch.broadcast_tensors(xyz, v)  # type: ignore[no-untyped-call]
    t = 2.0 * torch.linalg.cross(xyz, v)
    turned: Tensor = v + w * t + torch.linalg.cross(xyz, t)
    return turned


def from_rotvec(rotvec: Tensor) -> Tensor:
    """Rotation vectors (..., 3) in radians to unit quaternions (..., 4) XYZW; zero gives the identity."""
    half = 0.5 * torch.linalg.vector_norm(rotvec, dim=-1, keepdim=True)
    return torch.cat([rotvec * (0.5 * torch.sinc(half / math.pi)), torch.cos(half)], -1)


def to_rotvec(q: Tensor) -> Tensor:
    """Unit quaternions (..., 4) XYZW to the shortest rotation vectors (..., 3) in radians, length in [0, pi]."""
    q = torch.where(q[..., 3:] < 0, -q, q)
    sin_half = torch.linalg.vector_norm(q[..., :3], dim=-1, keepdim=True)
    angle = 2.0 * torch.atan2(sin_half, q[..., 3:])
    scale = torch.where(sin_half > 1e-8, angle / sin_half.clamp_min(1e-8), torch.full_like(angle, 2.0))
    return q[..., :3] * scale


def from_matrix(matrix: Tensor) -> Tensor:
    """Rotation matrices (..., 3, 3) to unit quaternions (..., 4) XYZW.

    The products of the components with the largest one, each a sum of entries (Markley 2008, Unit quaternion from rotation matrix).
    """
    turn = matrix.diagonal(dim1=-2, dim2=-1)
    trace = turn.sum(-1)
    squares = torch.cat([1.0 + 2.0 * turn - trace[..., None], 1.0 + trace[..., None]], -1)  # four times x², y², z², w²
    (_, xy, xz), (yx, _, yz), (zx, zy, _) = (row.unbind(-1) for row in matrix.unbind(-2))
    pairs = {(0, 1): yx + xy, (0, 2): xz + zx, (1, 2): zy + yz, (0, 3): zy - yz, (1, 3): xz - zx, (2, 3): yx - xy}
    rows = [torch.stack([squares[..., i] if i == j else pairs[min(i, j), max(i, j)] for j in range(4)], -1) for i in range(4)]
    largest = squares.argmax(-1)[..., None, None].expand(*squares.shape[:-1], 1, 4)
    found: Tensor = torch.stack(rows, -2).gather(-2, largest)[..., 0, :]
    quats: Tensor = found / found.norm(dim=-1, keepdim=True)
    return quats


def to_matrix(q: Tensor) -> Tensor:
    """Unit quaternions (..., 4) XYZW to rotation matrices (..., 3, 3)."""
    axes = torch.eye(3, dtype=q.dtype, device=q.device).expand(*q.shape[:-1], 3, 3)  # a row an axis
    return rotate(q[..., None, :], axes).transpose(-1, -2)


def slerp(p: Tensor, q: Tensor, t: Tensor | float) -> Tensor:
    """Shortest-arc interpolation from p (t=0) to q (t=1); quaternions (..., 4) XYZW, t broadcasts against (...)."""
    t = torch.as_tensor(t, dtype=p.dtype, device=p.device)
    return multiply(p, from_rotvec(to_rotvec(multiply(inverse(p), q)) * t[..., None]))


def between(a: Tensor, b: Tensor) -> Tensor:
    """Shortest rotations (..., 4) XYZW that turn directions a (..., 3) into b (..., 3).

    Opposite directions turn half a circle about an axis perpendicular to a. Lengths do not matter but must not be zero.
    """
    a = torch.nn.functional.normalize(a, dim=-1)
    b = torch.nn.functional.normalize(b, dim=-1)
    a, b = torch.broadcast_tensors(a, b)  # type: ignore[no-untyped-call]
    w = 1.0 + (a * b).sum(-1, keepdim=True)
    # A perpendicular to a, built from the coordinate axis that is least aligned with it.
    least = torch.nn.functional.one_hot(a.abs().argmin(-1), 3).to(a.dtype)
    flip = torch.cat([torch.linalg.cross(a, least), torch.zeros_like(w)], -1)
    q = torch.where(w < 1e-6, flip, torch.cat([torch.linalg.cross(a, b), w], -1))
    return torch.nn.functional.normalize(q, dim=-1)


def swing_twist(q: Tensor, axis: Tensor) -> tuple[Tensor, Tensor]:
    """Split q (..., 4) into swing and twist with q = swing * twist, twist about the unit axis (..., 3). XYZW."""
    along = (q[..., :3] * axis).sum(-1, keepdim=True)
    twist = torch.cat([along * axis.expand_as(q[..., :3]), q[..., 3:]], -1)
    norm = torch.linalg.vector_norm(twist, dim=-1, keepdim=True)
    twist = torch.where(norm > 1e-8, twist / norm.clamp_min(1e-8), identity(*q.shape[:-1], like=q))
    return multiply(q, inverse(twist)), twist


def continuous(q: Tensor, dim: int = 0) -> Tensor:
    """Flip signs so that neighbours along the time dimension ``dim`` lie in the same hemisphere; q (..., 4) XYZW."""
    q = q.movedim(dim, 0)
    dots = (q[1:] * q[:-1]).sum(-1, keepdim=True)
    signs = torch.cat([torch.ones_like(q[:1, ..., :1]), torch.where(dots < 0, -1.0, 1.0)]).cumprod(0)
    return (q * signs).movedim(0, dim)
