"""The base layer: a body that stands, breathes, looks and listens to its own voice, before any gesture."""
from dataclasses import dataclass

from torch import Tensor

from chironomia.generators.breath import breath, breath_angles
from chironomia.generators.contacts import Footing, asymmetric, footing, leg_lengths, plant_feet
from chironomia.generators.emphasis import emphasis, head_bearing, roused
from chironomia.generators.gaze import gaze_direction, head_turn, look_at, looks
from chironomia.generators.hanging import SHOULDERS, hanging, plumb
from chironomia.generators.pulses import frame_times
from chironomia.generators.rhythm import Rhythm
from chironomia.generators.stance import stance
from chironomia.motion_library import rest, skeleton
from chironomia.motion_library.motion import FPS, Motion

POSTURES = ("standing",)
_HEAD = (("neck", 0.45), ("head", 0.55))  # how the two joints share what the head does
_EYES = [skeleton.INDEX["left_eye_smplhf"], skeleton.INDEX["right_eye_smplhf"]]


@dataclass(frozen=True)
class Standing:
    """A body that stands: joint angles (F, 55, 3) in radians, the pelvis' place (F, 3) in metres, and where its feet are to be planted."""

    angles: Tensor
    place: Tensor
    feet: Footing


def base_layer(rhythm: Rhythm, frames: int, fps: float = FPS, seed: int = 0, posture: str = "standing") -> Motion:
    """How the body moves when it does not gesture, over ``frames`` frames; both feet stay where they stand.

    Posture, sway, shifts of weight, breath, gaze, head, jaw and resting arms, in closed form: the same rhythm and seed give
    the same motion, on the CPU. Silence: it still breathes, sways and looks. Raises ValueError for no frames or an unknown posture.
    """
    body = standing(rhythm, frames, fps, seed, posture)
    moving = Motion(skeleton.from_swing_twist_angles(body.angles), body.place, fps)
    return with_gaze(plant_feet(moving, body.feet), rhythm, seed)


def standing(rhythm: Rhythm, frames: int, fps: float = FPS, seed: int = 0, posture: str = "standing") -> Standing:
    """The base layer before its feet are planted and its eyes directed; raises the same ValueErrors."""
    if posture not in POSTURES:
        raise ValueError(f"posture must be one of {', '.join(POSTURES)}, got {posture!r}")
    if frames < 1 or not fps > 0:
        raise ValueError(f"a base layer needs at least one frame and a positive frame rate, got {frames} frames at {fps}")
    pose, place = rest.rest_pose()
    at_rest = footing(pose, place)
    leg_m = float(leg_lengths(pose[None, 0], place[None], at_rest).norm(dim=-1).mean())
    feet = asymmetric(at_rest, seed)
    angles, pelvis = stance(rhythm, frames, fps, seed, feet, leg_m)
    angles += skeleton.swing_twist_angles(pose) + accompaniment(rhythm, frames, fps, seed)
    angles += hanging(roused(rhythm, frame_times(frames, fps)), fps, seed)
    angles[:, SHOULDERS] += plumb(angles)
    limits = skeleton.LIMITS
    return Standing(angles.clamp(limits[..., 0], limits[..., 1]), pelvis, feet)


def accompaniment(rhythm: Rhythm, frames: int, fps: float = FPS, seed: int = 0) -> Tensor:
    """What goes on whatever the posture or gesture, as angles (F, 55, 3) to add, radians: breath, head, trunk and jaw."""
    times = frame_times(frames, fps)
    angles = breath_angles(breath(rhythm, times, seed)) + emphasis(rhythm, frames, fps, seed)
    turn = head_turn(looks(rhythm, max(frames / fps, rhythm.duration_s), seed), times)
    bearing = head_bearing(rhythm, times, seed)
    for joint, share in _HEAD:
        angles[:, skeleton.INDEX[joint]] += share * bearing
        angles[:, skeleton.INDEX[joint], :2] += share * turn.flip(-1)
    return angles


def with_gaze(motion: Motion, rhythm: Rhythm, seed: int = 0) -> Motion:
    """The motion with its eyes on what the speaker looks at, whatever the head does: also after gestures were blended in."""
    seen = looks(rhythm, max(motion.frames / motion.fps, rhythm.duration_s), seed)
    gaze = gaze_direction(seen, frame_times(motion.frames, motion.fps)).to(motion.rotations)
    places, world = skeleton.forward_kinematics(motion.rotations, motion.translation)
    out = motion.rotations.clone()
    out[:, _EYES] = look_at(places, world, gaze)
    return Motion(out, motion.translation, motion.fps)
