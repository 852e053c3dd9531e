"""Curves through time in closed form: eased between keys, pulses at events, drifts with a 1/f spectrum. No frame loops."""
import math
from collections.abc import Sequence

import torch
from torch import Tensor


def frame_times(frames: int, fps: float) -> Tensor:
    """The times (F,) of frames at ``fps``, seconds, from 0."""
    return torch.arange(frames, dtype=torch.float32) / fps


def minimum_jerk(share: Tensor) -> Tensor:
    """Progress 0-1 of a movement of least jerk after a share 0-1 of its time (Flash & Hogan 1985); held outside."""
    s = share.clamp(0.0, 1.0)
    return s * s * s * (10.0 + s * (6.0 * s - 15.0))


def eased(keys_s: Sequence[float] | Tensor, values: Sequence[float] | Tensor, at_s: Tensor) -> Tensor:
    """Values (K,) or (K, C) at keys (K,) seconds, joined by minimum-jerk movements, at times (T,); held before and after.

    Keys that go back in time are moved up to the latest before them. The curve has continuous acceleration.
    """
    keys = torch.as_tensor(keys_s, dtype=at_s.dtype, device=at_s.device).cummax(0).values.contiguous()
    value = torch.as_tensor(values, dtype=at_s.dtype, device=at_s.device)
    if keys.shape[0] == 1:
        return value[:1].expand(at_s.shape[0], *value.shape[1:]).clone()
    after = torch.searchsorted(keys, at_s.contiguous(), right=True).clamp(1, keys.shape[0] - 1)
    start, end = keys[after - 1], keys[after]
    share = minimum_jerk((at_s - start) / (end - start).clamp_min(1e-6))
    return torch.lerp(value[after - 1], value[after], share.reshape(-1, *[1] * (value.ndim - 1)))


def pulses(
    events_s: Sequence[float] | Tensor,
    sizes: Sequence[float] | Tensor,
    keys_s: Sequence[float],
    values: Sequence[float],
    frames: int,
    fps: float,
) -> Tensor:
    """The sum (F,) of one shape at many events (N,), each scaled by its size (N,); no events: zeros.

    The shape goes through ``values`` at ``keys_s`` seconds from the event by minimum-jerk movements and is 0 outside; it
    should begin and end at 0. Exact between frames. Cost grows with events times the shape's frames, not with F.
    """
    events, size = torch.as_tensor(events_s, dtype=torch.float32), torch.as_tensor(sizes, dtype=torch.float32)
    out = torch.zeros(frames)
    if events.numel() == 0:
        return out
    first = torch.ceil((events + keys_s[0]) * fps).long()
    at = first[:, None] + torch.arange(math.ceil((keys_s[-1] - keys_s[0]) * fps) + 1)  # (N, K) frames
    shape = eased(keys_s, values, (at / fps - events[:, None]).reshape(-1)).reshape(at.shape) * size[:, None]
    inside = (at >= 0) & (at < frames) & (at / fps <= events[:, None] + keys_s[-1])
    return out.index_add(0, at[inside], shape[inside])


def drift(
    frames: int, channels: int, fps: float, generator: torch.Generator, lowest_hz: float, highest_hz: float, slope: float = 1.0
) -> Tensor:
    """Smooth random curves (F, channels) of unit variance whose power falls as 1 / frequency**slope within the band.

    Sums of sines, four to the octave, with random phases and slightly random frequencies: closed in time, so a longer curve
    continues a shorter one of the same seed.
    """
    count = max(round(4.0 * math.log2(highest_hz / lowest_hz)), 1)
    octave = torch.rand(count, channels, generator=generator) + torch.arange(count)[:, None]
    hertz = lowest_hz * (highest_hz / lowest_hz) ** (octave / count)  # (K, C)
    phase = 2.0 * math.pi * torch.rand(count, channels, generator=generator)
    power = hertz ** (1.0 - slope)  # of a band as wide as its frequency: equal in every octave when slope is 1
    size = torch.sqrt(2.0 * power / power.sum(0))
    angle = frame_times(frames, fps)[:, None, None] * (2.0 * math.pi * hertz) + phase
    return (torch.sin(angle) * size).sum(1)
