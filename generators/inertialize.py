"""Inertialization: a jump between two motions becomes an offset that dies away, closed form in time.

After Bollo (Inertialization, GDC 2018) and Holden: where one motion takes over from another, keep their difference in value,
velocity and acceleration, and let it decay to nothing by a quintic. Offsets add up, so any number of seams is one sum.
"""
from torch import Tensor


def decay(since_s: Tensor, length_s: Tensor, offset: Tensor, velocity: Tensor, acceleration: Tensor) -> Tensor:
    """What is left, ``since_s`` (N,) after the seam, of differences (N, ...) that vanish within ``length_s`` (N,).

    Starts with the given value, velocity (per second) and acceleration (per second²), ends with all three zero; zero
    outside [0, length_s).
    """
    shape = (-1, *(1 for _ in offset.shape[1:]))
    u = (since_s / length_s).reshape(shape)
    length = length_s.reshape(shape)
    inside = ((u >= 0.0) & (u < 1.0)).to(offset)
    u = u.clamp(0.0, 1.0)
    value = 1.0 - u**3 * (10.0 - 15.0 * u + 6.0 * u**2)
    slope = u - u**3 * (6.0 - 8.0 * u + 3.0 * u**2)
    bend = 0.5 * u**2 * (1.0 - u) ** 3
    return inside * (value * offset + slope * length * velocity + bend * length**2 * acceleration)
