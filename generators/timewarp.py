"""Time warping: which moment of a clip is shown at a moment of the performance."""
import torch
from torch import Tensor

_EDGE_S = 1e-3  # intervals of no length count as a millisecond on both sides, so that nothing is divided by zero


def warp(times_s: Tensor, performance_s: Tensor, clip_s: Tensor) -> Tensor:
    """Clip times (P, F) of performance times (P, F), seconds, through matching sync points (P, K) of both.

    A monotone cubic through the sync points (Fritsch & Carlson 1980, SIAM J. Numer. Anal. 17:238), so speed changes
    smoothly and a hold that is longer than the clip's stands still; outside the first and last point the clip time is held.
    """
    widths = performance_s.diff(dim=-1) + _EDGE_S
    slopes = (clip_s.diff(dim=-1) + _EDGE_S) / widths  # (P, K-1)
    before, after = slopes[:, :-1], slopes[:, 1:]
    inner = 2.0 * before * after / (before + after)  # harmonic mean: near zero beside a hold
    tangents = torch.cat([slopes[:, :1], inner, slopes[:, -1:]], -1)  # (P, K)
    at = torch.searchsorted(performance_s.contiguous(), times_s.contiguous(), right=True).sub(1).clamp(0, widths.shape[-1] - 1)
    width, start, low = (x.gather(-1, at) for x in (widths, performance_s[:, :-1], clip_s[:, :-1]))
    rise = width * slopes.gather(-1, at)
    u = ((times_s - start) / width).clamp(0.0, 1.0)
    m0, m1 = tangents.gather(-1, at) * width, tangents.gather(-1, at + 1) * width
    value = low + rise * u * u * (3.0 - 2.0 * u) + m0 * u * (1.0 - u) ** 2 + m1 * u * u * (u - 1.0)
    return torch.minimum(torch.maximum(value, clip_s[:, :1]), clip_s[:, -1:])
