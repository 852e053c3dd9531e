"""Phase segmentation: where preparation, stroke, hold and retraction lie in a captured gesture, from the speed of hands and fingers.

Movements are the humps of the speed curve (Kita, van Gijn & van der Hulst 1998): the last ones, which bring the hands back to where the
clip ends, are the retraction; the moment at which the hands have arrived before it is the apex; what lies between is the hold.
"""
import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from chironomia.motion_library import skeleton
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints

_HAND_POINTS = [skeleton.INDEX[f"{side}_{end}"] for side in ("left", "right") for end in ("wrist", "index3", "middle3")]
_SMOOTHING_S = 0.07  # a stroke lasts some 0.4 s; what changes faster than a fifth of that is no movement of its own
_MOVING = 0.10  # of the clip's highest speed: slower is rest
_HUMP = 0.25  # of the clip's highest speed: a lower hump is no movement
_DIP = 0.7  # of the lower of two humps: a shallower dip between them does not part two movements
_ARRIVED = 0.15  # of a hump's height above the dip beside it: a hand that slow has arrived, or not yet left
_HOME = 0.6  # of the widest excursion: a dip nearer to the end's place than this belongs to the retraction
_STILL_M_PER_S = 1e-3
# Fitted to the half of the annotated clips whose names hash to even numbers (evals/segmentation.py): coders let the stroke begin on
# the rising flank of the first movement, and end in the later part of the hold.
_STROKE_BEGINS, _STROKE_ENDS = 0.3, 0.7


@dataclass(frozen=True)
class Landmarks:
    """Times in seconds: the first movement begins, the hands arrive, they leave again, they come to rest."""

    onset_s: float
    arrival_s: float
    departure_s: float
    settled_s: float


def segment(motion: Motion) -> SyncPoints:
    """The seven sync points of a clip that holds one gesture, seconds from its first frame.

    ``start`` is where the hands begin to move and ``end`` where they rest again. No pre-stroke hold is looked for: ``ready`` is
    ``stroke_start``. A clip that ends away from where it began has no retraction. Where nothing moves, the stroke is the whole clip.
    """
    found = landmarks(motion)
    if found is None:
        whole = motion.duration_s
        return SyncPoints(0.0, 0.0, 0.0, whole / 2, whole, whole, whole)
    begins = found.onset_s + _STROKE_BEGINS * (found.arrival_s - found.onset_s)
    ends = found.arrival_s + _STROKE_ENDS * (found.departure_s - found.arrival_s)
    return SyncPoints(found.onset_s, begins, begins, found.arrival_s, ends, found.departure_s, found.settled_s)


def landmarks(motion: Motion) -> Landmarks | None:
    """What the speed curve says; None for a body that keeps still (or has fewer than three frames)."""
    places = hand_course(motion)
    speed = hand_speed(places, motion.fps)
    top = float(speed.max())
    if motion.frames < 3 or top < _STILL_M_PER_S:
        return None
    moving = (speed > _MOVING * top).nonzero()[:, 0]
    onset, settled = int(moving[0]), int(moving[-1])
    arrival, departure = _around_the_hold(speed, places, _humps(speed), settled)
    arrival = min(max(arrival, onset), settled)
    departure = min(max(departure, arrival), settled)
    return Landmarks(*(frame / motion.fps for frame in (onset, arrival, departure, settled)))


def hand_course(motion: Motion) -> Tensor:
    """Wrists, index and middle fingertip joints of both hands (F, 18) from the chest, metres, smoothed."""
    positions = motion.positions()
    points = positions[:, _HAND_POINTS] - positions[:, skeleton.INDEX["spine3"], None]
    return _smoothed(points.flatten(1), _SMOOTHING_S * motion.fps)


def hand_speed(course: Tensor, fps: float) -> Tensor:
    """Root mean square speed (F,) of the points of :func:`hand_course`, metres a second; 0 for a single frame."""
    if len(course) < 2:
        return course.new_zeros(len(course))
    velocity = torch.gradient(course, dim=0)[0] * fps
    speed: Tensor = velocity.norm(dim=-1) / math.sqrt(course.shape[1] / 3)
    return speed


def _smoothed(curves: Tensor, sigma: float) -> Tensor:
    """Curves (F, C) under a Gaussian of ``sigma`` frames; the ends are held."""
    reach = max(1, round(3 * sigma))
    steps = torch.arange(-reach, reach + 1, dtype=curves.dtype, device=curves.device)
    kernel = torch.exp(-0.5 * (steps / max(sigma, 1e-3)) ** 2)
    padded = torch.cat([curves[:1].expand(reach, -1), curves, curves[-1:].expand(reach, -1)])
    smoothed: Tensor = torch.nn.functional.conv1d(padded.T[:, None], (kernel / kernel.sum())[None, None])
    return smoothed[:, 0].transpose(0, 1)


def _humps(speed: Tensor) -> list[int]:
    """Frames of the peaks of the movements, in order; never empty."""
    values = speed.tolist()
    low = _HUMP * max(values)
    peaks = [i for i, v in enumerate(values) if v >= low and v == max(values[max(0, i - 2) : i + 3])]
    kept = peaks[:1]
    for peak in peaks[1:]:
        if min(values[kept[-1] : peak + 1]) < _DIP * min(values[kept[-1]], values[peak]):
            kept.append(peak)
        elif values[peak] > values[kept[-1]]:
            kept[-1] = peak
    return kept


def _around_the_hold(speed: Tensor, places: Tensor, humps: list[int], settled: int) -> tuple[int, int]:
    """The frames at which the hands arrive, and at which they leave again to retract."""
    away = (places - places[-1]).norm(dim=-1)
    began = (places - places[0]).norm(dim=-1)
    if float(began[-1]) > _HOME * float(began.max()):  # it ends where the gesture led: nothing is taken back
        return _arrival(speed, humps[-1], settled), settled
    if len(humps) == 1:  # out and back without a stop: the turn is the apex
        turn = int(away.argmax())
        return turn, turn
    dips = [a + int(speed[a : b + 1].argmin()) for a, b in pairwise(humps)]
    last = len(dips) - 1
    while last > 0 and float(away[dips[last]]) < _HOME * float(away.max()):
        last -= 1
    return _arrival(speed, humps[last], dips[last]), _departure(speed, dips[last], humps[last + 1])


def _arrival(speed: Tensor, peak: int, dip: int) -> int:
    slow = (speed[peak : dip + 1] <= speed[dip] + _ARRIVED * (speed[peak] - speed[dip])).nonzero()
    return peak + int(slow[0, 0]) if len(slow) else dip


def _departure(speed: Tensor, dip: int, peak: int) -> int:
    slow = (speed[dip : peak + 1] <= speed[dip] + _ARRIVED * (speed[peak] - speed[dip])).nonzero()
    return dip + int(slow[-1, 0]) if len(slow) else dip
