"""Time courses of movement: minimum jerk, the two-thirds power law, and movements that overlap by adding up."""
from dataclasses import dataclass

import torch
from torch import Tensor

SAMPLES = 65  # of a movement's table: 6 ms apart in a stroke of 0.4 s, five times finer than the frames


def unit_times(count: int = SAMPLES) -> Tensor:
    """(count,) times from 0 to 1 at which a movement's table is given."""
    return torch.linspace(0.0, 1.0, count)


def minimum_jerk(u: Tensor) -> Tensor:
    """The share (...) of a point-to-point movement done at the share u of its time (Flash & Hogan 1985); 0 before, 1 after."""
    u = u.clamp(0.0, 1.0)
    return u**3 * (10.0 + u * (6.0 * u - 15.0))


def steady(u: Tensor, edge: float) -> Tensor:
    """The share (...) done of a movement that speeds up over its first ``edge`` (0-0.5), keeps its pace, and slows down over its last.

    Twice differentiable; 0 before its time, 1 after.
    """
    u = u.clamp(0.0, 1.0)
    begun, left = (u / edge).clamp_max(1.0), ((1.0 - u) / edge).clamp_max(1.0)
    # The integral of a smoothstep ramp x^2 (3 - 2x) is x^3 - x^4 / 2.
    sped = edge * (begun**3 - 0.5 * begun**4) + (u - edge).clamp_min(0.0)
    unsped = edge * (0.5 - left**3 + 0.5 * left**4)
    return (sped - torch.where(left < 1.0, (u - (1.0 - edge)) - unsped, torch.zeros_like(u))) / (1.0 - edge)


def power_law_phase(path: Tensor, done: Tensor) -> Tensor:
    """The share (N,) of a path's parameter reached at shares ``done`` (N,) of its effort, speed following its curvature.

    ``path`` (M, 3) metres, evenly spaced in its parameter. Speed is proportional to curvature to the power -1/3 (Lacquaniti,
    Terzuolo & Viviani 1983), within a factor of two. A path of no length is passed evenly.
    """
    step = path.diff(dim=0)  # (M-1, 3)
    length = step.norm(dim=-1)
    total = length.sum()
    if total < 1e-6:
        return done
    middle = 0.5 * (length[1:] + length[:-1]).clamp_min(1e-6)
    tangent = step / length[:, None].clamp_min(1e-6)
    curvature = (tangent[1:] - tangent[:-1]).norm(dim=-1) / middle  # (M-2,)
    mean = curvature.mean().clamp_min(1e-3)
    speed = (curvature / mean).clamp_min(1e-3).pow(-1.0 / 3.0).clamp(0.5, 2.0)
    speed = torch.cat([speed[:1], speed, speed[-1:]])  # (M,)
    needed = torch.cat([torch.zeros(1), (length / (0.5 * (speed[1:] + speed[:-1]))).cumsum(0)])
    return interpolate(done * needed[-1], needed, torch.linspace(0.0, 1.0, len(path)))


def interpolate(x: Tensor, known_x: Tensor, known_y: Tensor) -> Tensor:
    """Linear interpolation of ``known_y`` (M, ...) at x (N,), with increasing ``known_x`` (M,); constant outside."""
    high = torch.searchsorted(known_x.contiguous(), x.contiguous()).clamp(1, len(known_x) - 1)
    low = high - 1
    part = ((x - known_x[low]) / (known_x[high] - known_x[low]).clamp_min(1e-9)).clamp(0.0, 1.0)
    return torch.lerp(known_y[low], known_y[high], part.reshape(-1, *[1] * (known_y.dim() - 1)))


@dataclass(frozen=True)
class Submovement:
    """A movement [start_s, end_s]: ``table`` (SAMPLES, D) is what it has added to the channels at even steps of its time."""

    start_s: float
    end_s: float
    table: Tensor


def superpose(initial: Tensor, movements: list[Submovement], times_s: Tensor, lag_s: Tensor | float = 0.0) -> Tensor:
    """Channels (F, D) at ``times_s`` (F,): ``initial`` (D,) plus all movements, overlapping ones added (Flash & Henis 1991).

    ``lag_s``, a number, (D,) or (S, D) for S movements, delays channels: hands and fingers arrive later than the shoulder
    that carries them.
    """
    if not movements:
        return initial.expand(len(times_s), -1).clone()
    lag = torch.as_tensor(lag_s, dtype=initial.dtype).expand(len(movements), *initial.shape)[:, None]
    starts = initial.new_tensor([m.start_s for m in movements])
    spans = initial.new_tensor([max(m.end_s - m.start_s, 1e-3) for m in movements])
    tables = torch.stack([m.table for m in movements])  # (S, M, D)
    u = (times_s[None, :, None] - lag - starts[:, None, None]) / spans[:, None, None]  # (S, F, D)
    at = u.clamp(0.0, 1.0) * (tables.shape[1] - 1)
    low = at.floor().long().clamp(max=tables.shape[1] - 2)
    added = torch.lerp(tables.gather(1, low), tables.gather(1, low + 1), at - low)
    return initial + added.sum(0)
