"""The kinematics by which people's movements are told from machines': speed profiles, the two-thirds power law, lags, holds.

Paths are (F, ..., 3) metres at ``fps`` frames a second; the leading dimension is time.
"""
import math

import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.motion import Motion

SMOOTHING_S = 0.03  # standard deviation of the Gaussian that captured paths are seen through: half power at 4.4 Hz, as filters of reaches
STILL = 0.12  # of a curve's highest speed: slower is a standstill
_FLAT = 1e-9
SEGMENTS: tuple[str, ...] = ("shoulder", "elbow", "wrist", "fingers")  # from the trunk outwards


def smoothed(path: Tensor, fps: float, sigma_s: float = SMOOTHING_S) -> Tensor:
    """Curves (F, ...) under a Gaussian in time; the ends are held. A ``sigma_s`` of 0 leaves them as they are."""
    if sigma_s <= 0.0:
        return path
    reach = max(1, math.ceil(3 * sigma_s * fps))
    steps = torch.arange(-reach, reach + 1, dtype=path.dtype, device=path.device)
    kernel = torch.exp(-0.5 * (steps / (sigma_s * fps)) ** 2)
    curves = path.reshape(len(path), -1)
    padded = torch.cat([curves[:1].expand(reach, -1), curves, curves[-1:].expand(reach, -1)])
    seen: Tensor = torch.nn.functional.conv1d(padded.T[:, None], (kernel / kernel.sum())[None, None])
    return seen[:, 0].T.reshape(path.shape)


def velocity(path: Tensor, fps: float) -> Tensor:
    """Velocity (F, ..., 3) of paths, a second; central differences, 0 for a single frame."""
    return torch.gradient(path, dim=0)[0] * fps if len(path) > 1 else torch.zeros_like(path)


def tangential_speed(path: Tensor, fps: float) -> Tensor:
    """Speed (F, ...) along paths (F, ..., 3)."""
    speed: Tensor = velocity(path, fps).norm(dim=-1)
    return speed


def curvature(path: Tensor, fps: float) -> Tensor:
    """Curvature (F, ...) of paths (F, ..., 3), 1/m: of velocity v and acceleration a, |v x a| / |v|^3; 0 where it stands still."""
    v = velocity(path, fps)
    speed: Tensor = v.norm(dim=-1)
    bend: Tensor = torch.linalg.cross(v, velocity(v, fps)).norm(dim=-1)
    return torch.where(speed > _FLAT, bend / speed.clamp_min(_FLAT) ** 3, torch.zeros_like(speed))


def speed_peaks(speed: Tensor, prominence: float = 0.15) -> list[int]:
    """Frames of the peaks of a speed curve (F,) that stand out by more than ``prominence`` of its highest, in order.

    A peak stands out by its height above the higher of the two lowest points between it and higher ground on either side. The
    first and last frame are no peaks; of equal neighbours the last counts.
    """
    values = speed.tolist()
    found = []
    for i in range(1, len(values) - 1):
        value = values[i]
        left = next((k for k in range(i - 1, -1, -1) if values[k] > value), 0)
        right = next((k for k in range(i + 1, len(values)) if values[k] >= value), len(values) - 1)
        if value - max(min(values[left : i + 1]), min(values[i : right + 1])) > prominence * max(values):
            found.append(i)
    return found


def movements(speed: Tensor, fps: float, still: float = STILL, shortest_s: float = 0.1) -> list[tuple[int, int]]:
    """Frames [first, last] of the runs of a speed curve (F,) above ``still`` of its highest, ``shortest_s`` or longer."""
    above = (speed > max(still * float(speed.max()), _FLAT)).int()
    edges = torch.cat([above.new_zeros(1), above, above.new_zeros(1)]).diff()
    begins, ends = (edges == 1).nonzero()[:, 0].tolist(), ((edges == -1).nonzero()[:, 0] - 1).tolist()
    return [(a, b) for a, b in zip(begins, ends, strict=True) if (b - a) / fps >= shortest_s]


def power_law_exponent(speed: Tensor, bend: Tensor) -> float | None:
    """The exponent b of speed ~ curvature^-b, by least squares between the logarithms of both (F,).

    People's hands on curved paths give about 1/3: the two-thirds power law, which is said of angular speed (Lacquaniti, Terzuolo &
    Viviani 1983, Acta Psychol. 54:115). It holds between start and stop: pass the middle of a movement. None where too little is
    known: fewer than 5 instants that bend more than a circle of 2 m, or a curvature that hardly changes (10 %, standard deviation).
    """
    used = (speed > _FLAT) & (bend > 0.5)
    if int(used.sum()) < 5:
        return None
    x, y = bend[used].log(), speed[used].log()
    x, y = x - x.mean(), y - y.mean()
    return -float((x @ y) / (x @ x)) if float(x.square().mean().sqrt()) > 0.10 else None


def turning(path: Tensor) -> float:
    """By how much the direction of a path (F, 3) turns in all, radians."""
    steps = torch.nn.functional.normalize(path.diff(dim=0), dim=-1)
    return float(torch.acos((steps[1:] * steps[:-1]).sum(-1).clamp(-1.0, 1.0)).sum())


def segment_speeds(motion: Motion, side: str) -> Tensor:
    """Angular speed (F - 1, 4) of each of SEGMENTS of a side against its parent, of all fingers the mean; rad/s."""
    fingers = [i for i, name in enumerate(skeleton.JOINT_NAMES) if name.startswith(side) and name[-1] in "123"]
    joints = [skeleton.INDEX[f"{side}_{name}"] for name in SEGMENTS[:-1]] + fingers
    turned = motion.rotations[:, joints]
    speed = rotations.to_rotvec(rotations.multiply(rotations.inverse(turned[:-1]), turned[1:])).norm(dim=-1) * motion.fps
    return torch.cat([speed[:, :3], speed[:, 3:].mean(-1, keepdim=True)], -1)


def onset_and_arrival(speed: Tensor, fps: float, still: float = STILL) -> tuple[float, float]:
    """When a curve (F,) first rises above and last falls below ``still`` of its highest, seconds from its first frame.

    Between frames by interpolation; NaN for one that is 0 throughout.
    """
    least = still * float(speed.max())
    above = (speed > least).nonzero()[:, 0].tolist()
    if least < _FLAT or not above:
        return math.nan, math.nan
    values: list[float] = speed.tolist()

    def crossing(outside: int, inside: int) -> float:
        if not 0 <= outside < len(values):
            return float(inside)
        return outside + (inside - outside) * (least - values[outside]) / (values[inside] - values[outside])

    return crossing(above[0] - 1, above[0]) / fps, crossing(above[-1] + 1, above[-1]) / fps
