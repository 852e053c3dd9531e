"""Contacts: feet that stay where they stand while the body moves above them."""
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from chironomia.generators.chance import sign, stream, uniform
from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.motion import Motion

_HIPS, _KNEES, _ANKLES = ([skeleton.INDEX[f"{side}_{joint}"] for side in ("left", "right")] for joint in ("hip", "knee", "ankle"))
_THIGH_M, _SHANK_M = (float(skeleton.OFFSETS[joints[0]].norm()) for joints in (_KNEES, _ANKLES))
# The shank leans back a little in the rest pose, so that a straight leg is not quite straight in the knee's angle.
_SHANK_LEAN = float(torch.atan2(-skeleton.OFFSETS[_ANKLES[0], 2], -skeleton.OFFSETS[_ANKLES[0], 1]))
_STRAIGHTEST = 0.035  # radians, 2 degrees: beyond, the knee would swing wildly for a millimetre of height
_REACH_M = float((_THIGH_M**2 + _SHANK_M**2 + 2 * _THIGH_M * _SHANK_M * torch.cos(torch.tensor(_STRAIGHTEST))) ** 0.5)

# Ankles of three captured people who stand are 0.23 to 0.28 m apart, ours 0.22 m at rest.
_BEFORE_M, _WIDER_M, _TURNED_OUT_DEG = (0.01, 0.06), (0.01, 0.06), (-3.0, 9.0)


@dataclass(frozen=True)
class Footing:
    """Where the feet stand: ankle places (2, 3) in metres and ankle rotations in the world (2, 4) XYZW, left then right."""

    places: Tensor
    turned: Tensor


def footing(pose: Tensor, translation: Tensor) -> Footing:
    """The footing of one pose: local rotations (55, 4) XYZW and the pelvis' place (3,)."""
    places, world = skeleton.forward_kinematics(pose, translation)
    return Footing(places[_ANKLES], world[_ANKLES])


def asymmetric(feet: Footing, seed: int) -> Footing:
    """The footing of someone who did not line up: a foot before the other, a little wider or narrower, toes turned out unequally."""
    chance = stream(seed, "footing")
    before = 0.5 * sign(chance) * uniform(chance, *_BEFORE_M)
    apart = 0.5 * uniform(chance, *_WIDER_M)
    out_deg = [uniform(chance, *_TURNED_OUT_DEG) for _ in range(2)]
    moved = feet.places + feet.places.new_tensor([[apart, 0.0, before], [-apart, 0.0, -before]])
    turn = torch.deg2rad(feet.places.new_tensor([[0.0, out_deg[0], 0.0], [0.0, -out_deg[1], 0.0]]))
    return Footing(moved, rotations.multiply(rotations.from_rotvec(turn), feet.turned))


def leg_lengths(pelvis: Tensor, translation: Tensor, feet: Footing) -> Tensor:
    """Vectors (F, 2, 3) in metres from each hip to its ankle's place; pelvis (F, 4) XYZW, translation (F, 3)."""
    hips = translation[:, None] + rotations.rotate(pelvis[:, None], skeleton.OFFSETS.to(translation)[_HIPS])
    return feet.places.to(translation) - hips


def plant_feet(motion: Motion, feet: Footing) -> Motion:
    """The motion with its legs bent so that both feet stand still on ``feet``, knees over the toes.

    Where the pelvis is too high for a leg to reach, it is lowered as far as needed. Only hips, knees, ankles and the
    pelvis' height change.
    """
    pelvis = motion.rotations[:, 0]
    translation = _within_reach(pelvis, motion.translation, feet)
    legs = leg_lengths(pelvis, translation, feet)
    thigh, flexion = _two_bones(legs, rotations.rotate(feet.turned.to(legs), legs.new_tensor([0.0, 0.0, 1.0])))
    knee = rotations.from_rotvec(torch.nn.functional.pad(flexion[..., None], (0, 2)))
    out = motion.rotations.clone()
    out[:, _HIPS] = rotations.multiply(rotations.inverse(pelvis)[:, None], thigh)
    out[:, _KNEES] = knee
    out[:, _ANKLES] = rotations.multiply(rotations.inverse(rotations.multiply(thigh, knee)), feet.turned.to(legs))
    return replace(motion, rotations=out, translation=translation)


def _within_reach(pelvis: Tensor, translation: Tensor, feet: Footing) -> Tensor:
    legs = leg_lengths(pelvis, translation, feet)
    highest = (_REACH_M**2 - legs[..., [0, 2]].square().sum(-1)).clamp_min(0.0).sqrt()  # of the hip above its ankle
    drop = (-legs[..., 1] - highest).amax(-1).clamp_min(0.0)
    return translation - torch.stack([torch.zeros_like(drop), drop, torch.zeros_like(drop)], -1)


def _two_bones(legs: Tensor, forward: Tensor) -> tuple[Tensor, Tensor]:
    """World rotations of the thighs (F, 2, 4) and knee flexions (F, 2) for legs (F, 2, 3); knees point ``forward`` (..., 3)."""
    length = legs.norm(dim=-1, keepdim=True)
    along = legs / length
    ahead = torch.nn.functional.normalize(forward - (forward * along).sum(-1, keepdim=True) * along, dim=-1)
    cos_hip = ((_THIGH_M**2 + length**2 - _SHANK_M**2) / (2 * _THIGH_M * length)).clamp(-1.0, 1.0)
    down = cos_hip * along + (1.0 - cos_hip**2).sqrt() * ahead
    across = torch.nn.functional.normalize(torch.linalg.cross(-down, ahead), dim=-1)
    thigh = rotations.from_matrix(torch.stack([across, -down, torch.linalg.cross(across, -down)], -1))
    bend = torch.acos(((length[..., 0] ** 2 - _THIGH_M**2 - _SHANK_M**2) / (2 * _THIGH_M * _SHANK_M)).clamp(-1.0, 1.0))
    return thigh, bend - _SHANK_LEAN
