"""Time courses of movement: minimum jerk, the two-thirds power law, and movements that overlap by adding up."""
from collections.abc import Sequence
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


def superpose(
    initial: Tensor,
    movements: Sequence[Sequence[Submovement]],
    times_s: Tensor,
    counts: Sequence[int],
    lags_s: Sequence[Tensor] | None = None,
) -> Tensor:
    """Channels (N, D) of several courses: ``initial`` (D,) plus a course's movements, overlapping ones added (Flash & Henis 1991).

    The first ``counts[0]`` of ``times_s`` (N,) are those of the first course, and so on. ``lags_s``, (S, D) for a course of S
    movements, delays channels: hands and fingers arrive later than the shoulder that carries them.
    """
    course = [i for i, moves in enumerate(movements) for _ in moves]
    done = initial.expand(len(times_s), -1).clone()
    if not course:
        return done
    moves = [move for of_course in movements for move in of_course]
    begins = torch.tensor(counts).cumsum(0) - torch.tensor(counts)
    rows = torch.tensor(counts)[course]  # how many times each movement is asked for
    move = torch.repeat_interleave(torch.arange(len(moves)), rows)  # (R,): a row is a movement at a time
    frame = torch.arange(len(move)) - (rows.cumsum(0) - rows)[move] + begins[course][move]
    span = initial.new_tensor([(m.start_s, max(m.end_s - m.start_s, 1e-3)) for m in moves])
    tables = torch.stack([m.table for m in moves])  # (S, M, D)
    since = (times_s[frame] - span[move, 0])[:, None]
    late = since if lags_s is None else since - torch.cat(list(lags_s))[move]
    at = (late / span[move, 1:]).clamp(0.0, 1.0) * (tables.shape[1] - 1)  # (R, D) or (R, 1)
    low = at.floor().clamp_max(tables.shape[1] - 2)
    cell = ((move[:, None] * tables.shape[1] + low.long()) * tables.shape[2]) + torch.arange(tables.shape[2])
    flat = tables.reshape(-1)
    return done.index_add_(0, frame, torch.lerp(flat[cell], flat[cell + tables.shape[2]], at - low))
