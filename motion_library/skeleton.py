"""The SMPL-X skeleton of a neutral adult: names, parents, rest offsets, limits, and batched forward kinematics.

Axes: Y up, facing +Z, +X to the character's left; metres. The rest pose is a T: arms along X, palms down, thumbs
forward and down. Lengths are not those of any SMPL-X model file (whose licence is not free) but of published
anthropometry: body segments are the mean of men and women in de Leva (1996, J. Biomech. 29:1223, joint-centre
lengths), finger bones are Buryanov & Kotiuk (2010, Int. J. Morphol. 28:755), heights follow Drillis & Contini (1966).
"""
from collections.abc import Sequence

import torch
from torch import Tensor

from chironomia.motion_library import rotations

_FINGERS = [f"{finger}{i}" for finger in ("index", "middle", "pinky", "ring", "thumb") for i in (1, 2, 3)]

JOINT_NAMES: tuple[str, ...] = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "jaw", "left_eye_smplhf",
    "right_eye_smplhf", *(f"left_{f}" for f in _FINGERS), *(f"right_{f}" for f in _FINGERS),
)  # fmt: skip
INDEX: dict[str, int] = {name: i for i, name in enumerate(JOINT_NAMES)}
JOINTS = len(JOINT_NAMES)

_PARENT = {
    "left_hip": "pelvis", "spine1": "pelvis", "left_knee": "left_hip", "left_ankle": "left_knee", "left_foot": "left_ankle",
    "spine2": "spine1", "spine3": "spine2", "neck": "spine3", "left_collar": "spine3", "head": "neck",
    "left_shoulder": "left_collar", "left_elbow": "left_shoulder", "left_wrist": "left_elbow", "jaw": "head",
    "left_eye_smplhf": "head",
    **{f"left_{f}": "left_wrist" if f.endswith("1") else f"left_{f[:-1]}{int(f[-1]) - 1}" for f in _FINGERS},
}  # fmt: skip


def mirrored_name(name: str) -> str:
    """The joint on the other side: ``left_hip`` for ``right_hip``; a joint of the midline is its own mirror."""
    if name.startswith("left_"):
        return "right_" + name[5:]
    return "left_" + name[6:] if name.startswith("right_") else name


def _parent_name(name: str) -> str | None:
    if name in _PARENT:
        return _PARENT[name]
    parent = _PARENT.get(mirrored_name(name))
    return mirrored_name(parent) if parent else None


PARENTS: tuple[int, ...] = tuple(INDEX[p] if (p := _parent_name(n)) else -1 for n in JOINT_NAMES)
MIRROR: tuple[int, ...] = tuple(INDEX[mirrored_name(n)] for n in JOINT_NAMES)

# Offset from the parent joint in the rest pose, metres; the right side is the mirror image of the left.
_OFFSET = {
    "pelvis": (0.0, 0.0, 0.0),
    "left_hip": (0.085, -0.060, 0.0), "left_knee": (0.0, -0.395, 0.0), "left_ankle": (0.0, -0.433, -0.010),
    "left_foot": (0.012, -0.060, 0.130),
    "spine1": (0.0, 0.110, -0.010), "spine2": (0.0, 0.130, -0.010), "spine3": (0.0, 0.060, 0.0),
    "neck": (0.0, 0.200, -0.020), "head": (0.0, 0.085, 0.030), "jaw": (0.0, 0.005, 0.015),
    "left_eye_smplhf": (0.032, 0.070, 0.075),
    "left_collar": (0.045, 0.130, 0.010), "left_shoulder": (0.135, 0.015, -0.020),
    "left_elbow": (0.278, 0.0, 0.0), "left_wrist": (0.267, 0.0, 0.0),
    "left_index1": (0.085, 0.0, 0.024), "left_index2": (0.0398, 0.0, 0.0), "left_index3": (0.0224, 0.0, 0.0),
    "left_middle1": (0.086, 0.003, 0.003), "left_middle2": (0.0446, 0.0, 0.0), "left_middle3": (0.0263, 0.0, 0.0),
    "left_ring1": (0.081, 0.0, -0.016), "left_ring2": (0.0414, 0.0, 0.0), "left_ring3": (0.0257, 0.0, 0.0),
    "left_pinky1": (0.074, -0.004, -0.034), "left_pinky2": (0.0327, 0.0, 0.0), "left_pinky3": (0.0181, 0.0, 0.0),
    "left_thumb1": (0.022, -0.008, 0.022), "left_thumb2": (0.033, -0.008, 0.031), "left_thumb3": (0.0225, -0.003, 0.022),
}  # fmt: skip
# From a leaf joint to the end of its flesh, metres.
_TIP = {
    "head": (0.0, 0.200, 0.010), "left_foot": (0.004, -0.005, 0.075),
    "left_index3": (0.022, 0.0, 0.0), "left_middle3": (0.0235, 0.0, 0.0), "left_ring3": (0.0235, 0.0, 0.0),
    "left_pinky3": (0.021, 0.0, 0.0), "left_thumb3": (0.020, -0.003, 0.0195),
}  # fmt: skip


def _side(table: dict[str, tuple[float, float, float]], name: str) -> tuple[float, float, float] | None:
    if name in table:
        return table[name]
    value = table.get(mirrored_name(name))
    return (-value[0], value[1], value[2]) if value else None


OFFSETS: Tensor = torch.tensor([_side(_OFFSET, n) for n in JOINT_NAMES])  # (55, 3)
TIPS: dict[str, tuple[float, float, float]] = {n: tip for n in JOINT_NAMES if (tip := _side(_TIP, n))}
PELVIS_HEIGHT_M = 0.968  # of the pelvis joint above the ground with straight legs: the soles then stand on Y = 0
UPPER_ARM_M, FOREARM_M = 0.278, 0.267
ARM_LENGTH_M = UPPER_ARM_M + FOREARM_M  # shoulder to wrist: the unit of distances in gesture space

# Twist axis of each joint: along its bone in the rest pose.
_X_JOINTS = {n for n in JOINT_NAMES if any(k in n for k in ("collar", "shoulder", "elbow", "wrist", *_FINGERS))}
_Z_JOINTS = {"left_eye_smplhf", "right_eye_smplhf"}
TWIST_AXES: Tensor = torch.tensor(
    [(1.0, 0.0, 0.0) if n in _X_JOINTS else (0.0, 0.0, 1.0) if n in _Z_JOINTS else (0.0, 1.0, 0.0) for n in JOINT_NAMES]
)  # (55, 3)

# Ranges in degrees about x, y, z: the twist about TWIST_AXES and the two components of the swing's rotation vector.
# Left side; the right side is mirrored. Sources: spine, hip, knee, ankle, neck, shoulder, elbow and wrist after the norms
# of the American Academy of Orthopaedic Surgeons (1965; Norkin & White 2016), thoracolumbar ranges shared by three
# joints; the forearm's turn from its middle (the rest pose) to pronation and supination shared by elbow and wrist; clavicle
# Ludewig et al. (2009); fingers Hume et al. (1990). A shoulder's ranges are those of arm against trunk less the clavicle's.
_LIMITS_DEG: dict[str, tuple[float, float, float, float, float, float]] = {
    "pelvis": (-180, 180, -180, 180, -180, 180),
    "left_hip": (-120, 30, -45, 45, -30, 45), "left_knee": (-5, 140, -20, 20, -10, 10),
    "left_ankle": (-25, 50, -30, 30, -30, 30), "left_foot": (-60, 40, -10, 10, -10, 10),
    "spine1": (-12, 35, -12, 12, -15, 15), "spine2": (-8, 25, -17, 17, -12, 12), "spine3": (-6, 20, -17, 17, -10, 10),
    "neck": (-30, 30, -40, 40, -22, 22), "head": (-30, 25, -40, 40, -22, 22), "jaw": (-2, 35, -10, 10, -5, 5),
    "left_eye_smplhf": (-35, 35, -45, 45, -10, 10),
    "left_collar": (-20, 45, -30, 25, -10, 40), "left_shoulder": (-110, 110, -140, 50, -105, 95),
    "left_elbow": (-110, 65, -150, 2, -8, 8), "left_wrist": (-75, 45, -25, 38, -80, 75),
    **{f"left_{f}1": (-15, 15, -25, 25, -95, 35) for f in ("index", "middle", "ring", "pinky")},
    **{f"left_{f}2": (-8, 8, -8, 8, -115, 8) for f in ("index", "middle", "ring", "pinky")},
    **{f"left_{f}3": (-8, 8, -8, 8, -85, 12) for f in ("index", "middle", "ring", "pinky")},
    "left_thumb1": (-55, 55, -55, 55, -55, 55), "left_thumb2": (-60, 60, -60, 60, -60, 60),
    "left_thumb3": (-90, 90, -90, 90, -90, 90),
}  # fmt: skip


def _limit(name: str) -> tuple[float, ...]:
    if name in _LIMITS_DEG:
        return _LIMITS_DEG[name]
    x0, x1, y0, y1, z0, z1 = _LIMITS_DEG[mirrored_name(name)]
    return x0, x1, -y1, -y0, -z1, -z0


LIMITS: Tensor = torch.deg2rad(torch.tensor([_limit(n) for n in JOINT_NAMES]).reshape(JOINTS, 3, 2))  # (55, 3, lo/hi)


def swing_twist_angles(rotations_local: Tensor, joints: Sequence[int] = range(JOINTS)) -> Tensor:
    """Angles (..., J, 3) in radians that LIMITS bounds, of local rotations (..., J, 4) XYZW of ``joints``, by default all 55."""
    swing, twist = rotations.swing_twist(rotations_local, TWIST_AXES.to(rotations_local)[list(joints)])
    return rotations.to_rotvec(swing) + rotations.to_rotvec(twist)


def from_swing_twist_angles(angles: Tensor, joints: Sequence[int] = range(JOINTS)) -> Tensor:
    """Inverse of :func:`swing_twist_angles`: (..., J, 3) radians to local rotations (..., J, 4) XYZW."""
    along = angles * TWIST_AXES.to(angles)[list(joints)]
    return rotations.multiply(rotations.from_rotvec(angles - along), rotations.from_rotvec(along))


def limit_excess(rotations_local: Tensor) -> Tensor:
    """By how much each joint is beyond its limits (..., 55), radians; 0 where inside."""
    angles = swing_twist_angles(rotations_local)
    limits = LIMITS.to(angles)
    return torch.maximum(limits[..., 0] - angles, angles - limits[..., 1]).clamp_min(0.0).amax(-1)


def clamp_to_limits(rotations_local: Tensor, joints: Sequence[int] = range(JOINTS)) -> Tensor:
    """The nearest local rotations (..., J, 4) XYZW of ``joints`` (by default all 55) inside the limits, angle by angle."""
    low, high = LIMITS.to(rotations_local)[list(joints)].unbind(-1)
    return from_swing_twist_angles(swing_twist_angles(rotations_local, joints).clamp(low, high), joints)


def _levels() -> list[tuple[list[int], list[int]]]:
    depth = [0] * JOINTS
    for joint, parent in enumerate(PARENTS):
        depth[joint] = depth[parent] + 1 if parent >= 0 else 0
    joints_at = [[j for j in range(JOINTS) if depth[j] == level] for level in range(1, max(depth) + 1)]
    return [(joints, [PARENTS[j] for j in joints]) for joints in joints_at]


_LEVELS = _levels()


def global_rotations(rotations_local: Tensor) -> Tensor:
    """Rotations in the world (..., 55, 4) of local rotations (..., 55, 4) XYZW; one step a level of the tree."""
    out = rotations_local.clone()
    for joints, parents in _LEVELS:
        out[..., joints, :] = rotations.multiply(out[..., parents, :], rotations_local[..., joints, :])
    return out


def forward_kinematics(rotations_local: Tensor, translation: Tensor) -> tuple[Tensor, Tensor]:
    """Joint positions (..., 55, 3) in metres and world rotations (..., 55, 4) XYZW.

    ``rotations_local`` (..., 55, 4) XYZW, ``translation`` (..., 3) metres: the pelvis joint's place in the world.
    """
    world = global_rotations(rotations_local)
    parents = [max(p, 0) for p in PARENTS]
    steps = rotations.rotate(world[..., parents, :], OFFSETS.to(rotations_local))  # (..., J, 3) parent to joint
    positions = torch.empty_like(steps)
    positions[..., 0, :] = translation
    for joints, above in _LEVELS:
        positions[..., joints, :] = positions[..., above, :] + steps[..., joints, :]
    return positions, world

