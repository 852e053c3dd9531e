"""Phase segmentation: where preparation, stroke, hold and retraction lie in a captured gesture, from the course of hands and fingers.

A small network trained on clips that people annotated (:mod:`phase_net`, docs/phases.md) says how likely each point is at each frame;
dynamic programming takes the likeliest five frames that are in order.
"""
from enum import Enum

import torch
from torch import Tensor, nn

from chironomia.motion_library import phase_net
from chironomia.motion_library.motion import FPS, Motion
from chironomia.motion_library.sync import SyncPoints

_TOLERANCE_S = 0.10  # likelihoods this far apart count as one peak: where the network wavers, the place between is the nearest to both


class Convention(Enum):
    """What the coder of a gesture calls its stroke (after Kita, van Gijn & van der Hulst 1998 the stroke excludes the preparation)."""

    PARTED = 0  # the stroke begins inside the movement, after the preparation, and ends soon after the hands have arrived
    WHOLE = 1  # the stroke begins as the hands leave rest, and ends with the hold
    HELD = 2  # the stroke ends well inside the retraction; ready and relax are margins for blending, not seen in the motion
    MARGINS = 3  # the stroke ends with the hold; ready and relax are margins for blending


def segment(motion: Motion, *, convention: Convention = Convention.PARTED) -> SyncPoints:
    """The seven sync points of a clip that holds one gesture, seconds from its first frame, as a coder of ``convention`` sees them.

    ``start`` is where the hands begin to move and ``end`` where they rest again. No pre-stroke hold is looked for: ``ready`` is
    ``stroke_start`` (what coders called ready lies on the way there). Any frame rate; the points lie on thirtieths of a second. Of
    several gestures in a row the likeliest stroke is found. Where nothing moves, the stroke is the whole clip.
    """
    places = phase_net.course(motion)
    moving = phase_net.moving(phase_net.hand_speeds(places))
    if moving is None:
        whole = motion.duration_s
        return SyncPoints(0.0, 0.0, 0.0, whole / 2, whole, whole, whole)
    _, begins, apex, ends, leaves = in_order(likelihoods(places, convention, phase_net.trained()))
    frames = [min(moving[0], begins), begins, begins, apex, ends, leaves, max(moving[1], leaves)]
    return SyncPoints(*(min(frame / FPS, motion.duration_s) for frame in frames))


def likelihoods(places: Tensor, convention: Convention, nets: tuple[phase_net.PhaseNet, ...]) -> Tensor:
    """How likely each of ``phase_net.POINTS`` lies at each frame of a moving course (5, F), mean over the networks; rows sum to 1."""
    between = phase_net.excursion(places)
    seen = phase_net.features(places[between])[None]
    told = nn.functional.one_hot(torch.tensor([convention.value]), phase_net.CONVENTIONS).float()
    with torch.inference_mode():
        mean = torch.stack([net(seen, told, seen.new_ones(1, seen.shape[1]))[0].exp() for net in nets]).mean(0)
    return nn.functional.pad(mean, (between.start, len(places) - between.stop))


def in_order(likelihood: Tensor) -> list[int]:
    """The frames, never decreasing, of the likeliest sequence of points (P, F), each peak taken ``_TOLERANCE_S`` wide (Viterbi)."""
    sigma = _TOLERANCE_S * FPS
    reach = round(3 * sigma)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, dtype=likelihood.dtype) / sigma) ** 2)
    score = nn.functional.conv1d(likelihood[:, None], kernel[None, None], padding=reach)[:, 0].clamp_min(1e-9).log()
    total, came_from = score[0], []
    for point in score[1:]:
        best, frame = torch.cummax(total, dim=0)
        came_from.append(frame)
        total = best + point
    path = [int(total.argmax())]
    for frame in reversed(came_from):
        path.append(int(frame[path[-1]]))
    return path[::-1]
