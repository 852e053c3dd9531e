"""Rendering: from score to motion, inside the joint limits.

Base layer, then clips, then what else takes part, then beats on held hands, then the feet on the ground, and the eyes.
"""
import torch

from chironomia.generators.base_layer import standing, with_gaze
from chironomia.generators.beats import beat_angles, beats_in_passing
from chironomia.generators.blend import blend
from chironomia.generators.contacts import plant_feet
from chironomia.generators.participation import participating
from chironomia.generators.score import Score
from chironomia.motion_library import skeleton
from chironomia.motion_library.library import Library
from chironomia.motion_library.motion import FPS, Motion
from chironomia.motion_library.rest import rest_pose

_EYES = [skeleton.INDEX["left_eye_smplhf"], skeleton.INDEX["right_eye_smplhf"]]


def render(score: Score, library: Library, device: torch.device | str = "cpu") -> Motion:
    """The motion of a score, 30 frames a second from 0 to its duration, on ``device``.

    The same score and library give the same motion. Raises ValueError for a clip that the library does not have.
    """
    clips = {p.clip: library.clip(p.clip) for p in score.placements}
    frames = round(score.duration * FPS) + 1
    rhythm = score.rhythm.to_rhythm()
    body = standing(rhythm, frames, FPS, score.seed, score.posture)
    before, place = body.angles.to(device), body.place.to(device)
    rest = skeleton.swing_twist_angles(rest_pose()[0].to(device))
    angles = blend(before, score.placements, clips, rest, FPS)
    angles = participating(angles, before, rest, score.placements, clips, FPS)
    angles += score.pulses * beat_angles(beats_in_passing(rhythm.accents, score.placements), frames, FPS).to(angles)
    looking = with_gaze(plant_feet(Motion(_within_limits(angles), place, FPS), body.feet), rhythm, score.seed)
    # The eyes follow what the speaker looks at, and on top of it what a gesture says of them.
    eyes = skeleton.swing_twist_angles(looking.rotations)
    eyes[:, _EYES] += (angles - before)[:, _EYES]
    return Motion(_within_limits(eyes), looking.translation, FPS)


def _within_limits(angles: torch.Tensor) -> torch.Tensor:
    limits = skeleton.LIMITS.to(angles)
    # A hair inside, so that rounding never puts a joint beyond its limit.
    return skeleton.from_swing_twist_angles(angles.clamp(limits[..., 0] + 1e-5, limits[..., 1] - 1e-5))
