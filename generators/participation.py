"""Participation: what the rest of the body does because hands gesture.

The pelvis takes its share of the trunk's turns, an idle arm answers the other, head or hips hold still for a hand that touches them, and
both for a hand that takes aim.
"""
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from chironomia.generators.pulses import eased, frame_times, minimum_jerk
from chironomia.generators.score import Placement
from chironomia.motion_library import skeleton
from chironomia.motion_library.clip import Clip

_SPINE = [skeleton.INDEX[n] for n in ("spine1", "spine2", "spine3")]
_HEAD = [skeleton.INDEX[n] for n in ("neck", "head")]
_EYES = [skeleton.INDEX[f"{side}_eye_smplhf"] for side in ("left", "right")]
_WRISTS, _HIPS = ([skeleton.INDEX[f"{side}_{joint}"] for side in ("left", "right")] for joint in ("wrist", "hip"))
# In 212 captured takes that stand, the hips do a quarter of the chest's lean and half of the shoulders' turn (r = 0.96), 70 ms later.
_HIPS_SHARE, _HIPS_LATE_S, _SMOOTH_S = (0.26, 0.52, 0.16), 0.07, 0.08
# In 93 captured takes of one hand, the other arm mirrors this much of the gesturing one's angles about x, y, z.
_ANSWERS: dict[str, tuple[float, float, float]] = {"collar": (0.0, 0.19, 0.11), "shoulder": (0.0, 0.07, 0.0), "elbow": (0.0, 0.016, 0.0)}
_ANSWER_LATE_S = 0.1
_BUSY_RAD = 0.2  # of the shoulder, from which an arm is busy with something of its own
_MIRROR = (1.0, -1.0, -1.0)
# Wrists this near touch: from the eyes (as in the compiler); from a hip joint, once the hand has left where it hangs, 0.2 m beside it.
_AT_HEAD_M, _AT_HIPS_M, _LIFTED_M = 0.28, 0.24, 0.08
_LET_GO_S = 0.4  # at least, so that what held still does not start


def participating(
    angles: Tensor, before: Tensor, rest: Tensor, placements: Sequence[Placement], clips: Mapping[str, Clip], fps: float
) -> Tensor:
    """``angles`` (F, 55, 3) of a gesturing body, with what its other parts do; chest and hands stay where they are.

    ``before`` (F, 55, 3) is the body without gestures, ``rest`` (55, 3) the pose in which clips begin; radians. What the pelvis takes over
    the spine gives up. The feet are to be planted again. No placements: unchanged.
    """
    if not placements:
        return angles
    out, change, times_s = angles.clone(), angles - before, frame_times(angles.shape[0], fps).to(angles)
    at_head, at_hips = (_held_still(touches, placements, times_s) for touches in touching([clips[p.clip] for p in placements]))
    aiming = _held_still(["@" in p.clip for p in placements], placements, times_s)
    out[:, _HEAD] -= torch.maximum(at_head, aiming) * (before - rest)[:, _HEAD]
    out[:, [0, *_SPINE]] -= torch.maximum(at_hips, aiming) * (before - rest)[:, [0, *_SPINE]]
    turn = _late(change[:, _SPINE].sum(1), _HIPS_LATE_S, fps) * angles.new_tensor(_HIPS_SHARE) * (1.0 - at_hips[:, 0])
    out[:, 0] += turn
    out[:, _SPINE] -= turn[:, None] / len(_SPINE)
    for side, other in (("left", "right"), ("right", "left")):
        idle = 1.0 - minimum_jerk(change[:, skeleton.INDEX[f"{side}_shoulder"]].norm(dim=-1) / _BUSY_RAD)
        theirs = change[:, [skeleton.INDEX[f"{other}_{n}"] for n in _ANSWERS]]
        answer = theirs * angles.new_tensor(list(_ANSWERS.values())) * angles.new_tensor(_MIRROR) * idle[:, None, None]
        out[:, [skeleton.INDEX[f"{side}_{n}"] for n in _ANSWERS]] += _late(answer.flatten(1), _ANSWER_LATE_S, fps).reshape(answer.shape)
    return out


def _late(curves: Tensor, by_s: float, fps: float) -> Tensor:
    """Curves (F, C) through a Gaussian, ``by_s`` seconds later."""
    reach = round((3.0 * _SMOOTH_S + by_s) * fps)
    away_s = torch.arange(-reach, reach + 1).to(curves) / fps
    weights = torch.exp(-0.5 * ((away_s + by_s) / _SMOOTH_S) ** 2)
    padded = F.pad(curves.T[:, None], (reach, reach), mode="replicate")  # (C, 1, F + 2 reach)
    return F.conv1d(padded, (weights / weights.sum())[None, None])[:, 0].T


def touching(clips: Sequence[Clip]) -> tuple[list[bool], list[bool]]:
    """Whether each clip has a hand at the head, and whether it has one at the hips, at the apex or at the stroke's end."""
    each = list({clip.id: clip for clip in clips}.values())
    moments = [clip.motion.sample(torch.tensor([0.0, clip.sync.stroke, clip.sync.stroke_end])) for clip in each]
    turned, translation = torch.cat([m.rotations for m in moments]), torch.cat([m.translation for m in moments])
    places = skeleton.forward_kinematics(turned, translation)[0].reshape(len(each), 3, skeleton.JOINTS, 3)
    wrists = places[:, :, _WRISTS]  # (N, 3, 2, 3)
    lifted = (wrists - wrists[:, :1]).norm(dim=-1) > _LIFTED_M
    at_head = (wrists - places[:, :, _EYES].mean(2, keepdim=True)).norm(dim=-1) < _AT_HEAD_M
    at_hips = (wrists - places[:, :, _HIPS]).norm(dim=-1) < _AT_HIPS_M
    ids = [clip.id for clip in each]
    head, hips = (dict(zip(ids, (near & lifted).flatten(1).any(1).tolist(), strict=True)) for near in (at_head, at_hips))
    return [head[clip.id] for clip in clips], [hips[clip.id] for clip in clips]


def _held_still(touching: Sequence[bool], placements: Sequence[Placement], times_s: Tensor) -> Tensor:
    """How far something holds still (F, 1, 1), 0 to 1, for the placements that touch it: while the hand comes, is there, and goes."""
    free = torch.ones_like(times_s)
    for sync in (p.sync for p, touches in zip(placements, touching, strict=True) if touches):
        keys_s = [sync.start, sync.ready, sync.relax, max(sync.end, sync.relax + _LET_GO_S)]
        free = free * (1.0 - eased(keys_s, [0.0, 1.0, 1.0, 0.0], times_s))
    return (1.0 - free)[:, None, None]
