"""Hanging: arms and fingers of a body at ease, never alike on both sides, settling anew now and then, their fingers stirring."""
import torch
from torch import Tensor

from chironomia.generators.chance import stream, uniform
from chironomia.generators.pulses import drift, eased, frame_times
from chironomia.motion_library import skeleton

# How differently an arm may hang each time it settles: standard deviation in degrees about x, y, z of the left side.
_HANGS_DEG: dict[str, tuple[float, float, float]] = {
    "collar": (0.0, 0.8, 0.8), "shoulder": (3.5, 3.5, 1.4), "elbow": (5.0, 6.0, 0.0), "wrist": (1.5, 2.0, 5.0),
}  # fmt: skip
_SETTLES_APART_S, _SETTLES_S = (3.0, 8.0), (0.6, 1.1)
_KEPT = 0.5  # of how it hung before
_FARTHEST = 1.6  # standard deviations: nothing that would look held
# Drifts of joints between: standard deviation likewise, and the band in hertz.
_DRIFT_DEG: dict[str, tuple[float, float, float]] = {
    "collar": (0.0, 0.3, 0.35), "shoulder": (1.2, 0.9, 0.8), "elbow": (1.3, 1.8, 0.0), "wrist": (0.9, 1.0, 2.0),
}  # fmt: skip
_DRIFT_HZ = (0.03, 0.5)
# Fingers: the curl of a hand's fingers together and of each alone; how it settles, and how it stirs.
_CURL_SETTLES_DEG, _FINGER_SETTLES_DEG = 6.0, 4.0
_CURL_STIRS_DEG, _FINGER_STIRS_DEG = 5.0, 4.0
_STIR_HZ = (0.1, 1.4)
_STIRS_IN_SILENCE = 0.25  # of how they stir while the body talks
_FINGERTIP_SHARE = (1.0, 1.2, 0.8)  # of the three joints of a finger
_THUMB_SHARE = 0.4
_PLUMB = 0.8  # of the trunk's tip that a hanging arm gives back: its weight keeps it upright
_TRUNK = [skeleton.INDEX[n] for n in ("pelvis", "spine1", "spine2", "spine3")]
SHOULDERS = [skeleton.INDEX[f"{side}_shoulder"] for side in ("left", "right")]
_FINGERS = ("index", "middle", "ring", "pinky", "thumb")
_ARM_CHANNELS = 3 * len(_HANGS_DEG)
_MIRROR = torch.tensor([1.0, -1.0, -1.0])


def hanging(roused: Tensor, fps: float, seed: int) -> Tensor:
    """Angles (F, 55, 3) to add to hanging arms and their fingers, radians; ``roused`` (F,) is 1 while the body talks, 0 in silence.

    In closed form: a longer performance of the same seed begins like a shorter one.
    """
    frames = roused.shape[0]
    angles = torch.zeros(frames, skeleton.JOINTS, 3)
    stirs = roused[:, None] * (1.0 - _STIRS_IN_SILENCE) + _STIRS_IN_SILENCE
    for side in ("left", "right"):
        settled = _settled(frames, fps, seed, side)  # (F, arm channels + 6)
        drifts = drift(frames, _ARM_CHANNELS, fps, stream(seed, f"{side} arm"), *_DRIFT_HZ).reshape(frames, -1, 3)
        arm = settled[:, :_ARM_CHANNELS].reshape(frames, -1, 3) * _sizes(_HANGS_DEG) + drifts * _sizes(_DRIFT_DEG)
        mirror = _MIRROR if side == "right" else torch.ones(3)
        angles[:, [skeleton.INDEX[f"{side}_{n}"] for n in _HANGS_DEG]] = torch.deg2rad(arm) * mirror
        curls = settled[:, _ARM_CHANNELS:] * _finger_sizes(_CURL_SETTLES_DEG, _FINGER_SETTLES_DEG)
        stirring = drift(frames, 6, fps, stream(seed, f"{side} fingers"), *_STIR_HZ)
        curls = curls + stirring * _finger_sizes(_CURL_STIRS_DEG, _FINGER_STIRS_DEG) * stirs
        _curl(angles, side, torch.deg2rad(curls[:, :1] + curls[:, 1:]) * (-1.0 if side == "left" else 1.0))
    return angles


def plumb(angles: Tensor) -> Tensor:
    """What to add to the shoulders' angles (F, 2, 3), radians, so that arms hang down however the trunk of ``angles`` (F, 55, 3) tips."""
    tip = angles[:, _TRUNK, 2].sum(1)
    return torch.stack([torch.zeros_like(tip), torch.zeros_like(tip), -_PLUMB * tip], -1)[:, None].expand(-1, 2, -1)


def _sizes(table: dict[str, tuple[float, float, float]]) -> Tensor:
    return torch.tensor(list(table.values()))  # (4, 3)


def _finger_sizes(together_deg: float, alone_deg: float) -> Tensor:
    return torch.tensor([together_deg, *[alone_deg] * len(_FINGERS)])


def _settled(frames: int, fps: float, seed: int, side: str) -> Tensor:
    """How an arm and its fingers have settled (F, 18), in standard deviations: they hang, and every few seconds hang otherwise."""
    chance = stream(seed, f"{side} settles")
    keys, values = [0.0], [_draw(chance)]
    while keys[-1] < frames / fps:
        start_s = keys[-1] + uniform(chance, *_SETTLES_APART_S)
        keys += [start_s, start_s + uniform(chance, *_SETTLES_S)]
        values += [values[-1], _KEPT * values[-1] + (1.0 - _KEPT**2) ** 0.5 * _draw(chance)]
    return eased(keys, torch.stack(values), frame_times(frames, fps)).clamp(-_FARTHEST, _FARTHEST)


def _draw(chance: torch.Generator) -> Tensor:
    return torch.randn(_ARM_CHANNELS + 6, generator=chance).clamp(-_FARTHEST, _FARTHEST)


def _curl(angles: Tensor, side: str, curl: Tensor) -> None:
    """Add curls (F, 5), radians, to the fingers of a side of ``angles`` (F, 55, 3)."""
    for f, finger in enumerate(_FINGERS):
        joints = [skeleton.INDEX[f"{side}_{finger}{k}"] for k in (1, 2, 3)]
        share = torch.tensor(_FINGERTIP_SHARE) * (_THUMB_SHARE if finger == "thumb" else 1.0)
        angles[:, joints, 2 if finger != "thumb" else 1] += curl[:, f : f + 1] * share
