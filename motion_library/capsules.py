"""The body as capsules: how deep hands and forearms sink into trunk, head, thighs, or each other."""
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton

Vec = tuple[float, float, float]


@dataclass(frozen=True)
class Capsule:
    """A segment in a joint's frame, from ``start`` to ``end``, and a radius, metres. A part of the body has one or more."""

    part: str
    joint: str
    start: Vec
    end: Vec
    radius_m: float

    def mirrored(self) -> "Capsule":
        (sx, sy, sz), (ex, ey, ez) = self.start, self.end
        part, joint = skeleton.mirrored_name(self.part), skeleton.mirrored_name(self.joint)
        return replace(self, part=part, joint=joint, start=(-sx, sy, sz), end=(-ex, ey, ez))


def _offset(joint: str) -> Vec:
    x, y, z = skeleton.OFFSETS[skeleton.INDEX[joint]].tolist()
    return x, y, z


def _tip(joint: str, radius_m: float) -> Vec:
    """Where the axis ends so that the capsule's round end reaches the fingertip."""
    x, y, z = skeleton.TIPS[joint]
    flesh = 1.0 - radius_m / (x * x + y * y + z * z) ** 0.5
    return x * flesh, y * flesh, z * flesh


# Capsules lie inside the mannequin: by 4-8 mm in trunk and head, 3 mm in the forearm, 0-2 mm in the hand. That is the give of
# cloth and flesh, so that a hand laid on the chest does not count as inside it; a test holds the capsules to the surface.
# A trunk is wider than deep: three columns side by side.
_CENTRAL = (
    Capsule("torso", "pelvis", (0.0, -0.060, -0.006), (0.0, 0.080, -0.004), 0.084),
    Capsule("torso", "spine1", (0.0, 0.000, 0.006), (0.0, 0.120, 0.010), 0.078),
    Capsule("torso", "spine3", (0.0, -0.030, 0.008), (0.0, 0.085, 0.006), 0.086),
    Capsule("head", "neck", (0.0, 0.000, 0.003), (0.0, 0.080, 0.008), 0.046),
    Capsule("head", "head", (0.0, 0.104, -0.022), (0.0, 0.104, 0.008), 0.070),
    Capsule("head", "head", (0.0, 0.050, 0.022), (0.0, 0.008, 0.044), 0.038),
)
_LEFT = (
    Capsule("torso", "pelvis", (0.078, -0.060, -0.006), (0.062, 0.080, -0.002), 0.074),
    Capsule("torso", "spine1", (0.056, 0.000, 0.006), (0.056, 0.120, 0.010), 0.070),
    Capsule("torso", "spine3", (0.060, -0.030, 0.008), (0.062, 0.085, 0.006), 0.078),
    Capsule("left_thigh", "left_hip", (0.002, -0.060, -0.004), (0.0, -0.380, 0.002), 0.060),
    Capsule("left_forearm", "left_elbow", (0.030, 0.0, 0.0), (0.250, 0.0, 0.0), 0.028),
    Capsule("left_hand", "left_wrist", (0.010, 0.0, 0.008), (0.078, 0.0, 0.020), 0.010),
    Capsule("left_hand", "left_wrist", (0.010, 0.0, -0.008), (0.070, -0.003, -0.030), 0.010),
    *(
        Capsule("left_hand", f"left_{finger}{i}", (0.0, 0.0, 0.0), end, 0.007)  # first and last phalanx span the finger
        for finger in ("index", "middle", "ring", "pinky")
        for i, end in ((1, _offset(f"left_{finger}2")), (3, _tip(f"left_{finger}3", 0.007)))
    ),
    Capsule("left_hand", "left_thumb2", (0.0, 0.0, 0.0), _offset("left_thumb3"), 0.009),
    Capsule("left_hand", "left_thumb3", (0.0, 0.0, 0.0), _tip("left_thumb3", 0.008), 0.008),
)
CAPSULES: tuple[Capsule, ...] = (*_CENTRAL, *_LEFT, *(capsule.mirrored() for capsule in _LEFT))

# Both arms against trunk, head and thighs, and against each other.
PAIRS: tuple[tuple[str, str], ...] = (
    *((f"{side}_{limb}", "torso") for side in ("left", "right") for limb in ("hand", "forearm")),
    *((f"{side}_{limb}", "head") for side in ("left", "right") for limb in ("hand", "forearm")),
    *((f"{side}_{limb}", f"{leg}_thigh") for side in ("left", "right") for limb in ("hand", "forearm") for leg in ("left", "right")),
    ("left_hand", "right_hand"), ("left_hand", "right_forearm"), ("left_forearm", "right_hand"), ("left_forearm", "right_forearm"),
)  # fmt: skip


def _meetings() -> tuple[Tensor, Tensor, Tensor]:
    """Indices into CAPSULES of every two that may touch, and the pair of parts they belong to."""
    meetings = [
        (i, j, pair)
        for pair, (one, other) in enumerate(PAIRS)
        for i, a in enumerate(CAPSULES)
        for j, b in enumerate(CAPSULES)
        if (a.part, b.part) == (one, other)
    ]
    one, other, pair = zip(*meetings, strict=True)
    return torch.tensor(one), torch.tensor(other), torch.tensor(pair)


_ONE, _OTHER, _PAIR = _meetings()
_OF_PART = {part: [i for i, c in enumerate(CAPSULES) if c.part == part] for part in sorted({name for pair in PAIRS for name in pair})}


def segments(positions: Tensor, world: Tensor) -> tuple[Tensor, Tensor]:
    """Both ends (..., C, 3) in metres of every capsule's axis.

    ``positions`` (..., 55, 3) metres and ``world`` (..., 55, 4) XYZW as from :func:`skeleton.forward_kinematics`.
    """
    joints = [skeleton.INDEX[c.joint] for c in CAPSULES]
    at, turn = positions[..., joints, :], world[..., joints, :]
    start, end = (positions.new_tensor([getattr(c, name) for c in CAPSULES]) for name in ("start", "end"))
    return at + rotations.rotate(turn, start), at + rotations.rotate(turn, end)


def penetration(positions: Tensor, world: Tensor) -> Tensor:
    """How deep each of PAIRS overlaps (F, P), metres; 0 where they do not touch.

    ``positions`` (F, 55, 3) metres and ``world`` (F, 55, 4) XYZW, as from :func:`skeleton.forward_kinematics`. Only parts whose
    bounding spheres meet are looked at capsule by capsule: at most instants most parts are far from each other.
    """
    start, end = segments(positions, world)
    radius = positions.new_tensor([c.radius_m for c in CAPSULES])
    pair = _PAIR.to(radius.device)
    frame, meeting = _close(start.detach(), end.detach(), radius)[:, pair].nonzero(as_tuple=True)
    one, other = _ONE.to(radius.device)[meeting], _OTHER.to(radius.device)[meeting]
    distance = segment_distance(start[frame, one], end[frame, one], start[frame, other], end[frame, other])  # (R,)
    depth = (radius[one] + radius[other] - distance).clamp_min(0.0)
    deepest = depth.new_zeros(len(start) * len(PAIRS)).scatter_reduce(0, frame * len(PAIRS) + pair[meeting], depth, "amax")
    return deepest.reshape(-1, len(PAIRS))


def _close(start: Tensor, end: Tensor, radius: Tensor) -> Tensor:
    """Whether the bounding spheres of each of PAIRS meet (F, P)."""
    centres, reaches = [], []
    for capsules in _OF_PART.values():
        ends = torch.cat([start[:, capsules], end[:, capsules]], 1)  # (F, 2C, 3)
        centre = 0.5 * (ends.amin(1) + ends.amax(1))
        centres.append(centre)
        reaches.append((ends - centre[:, None]).norm(dim=-1).amax(1) + radius[capsules].max())
    at, reach, names = torch.stack(centres, 1), torch.stack(reaches, 1), list(_OF_PART)
    one, other = ([names.index(pair[k]) for pair in PAIRS] for k in (0, 1))
    near: Tensor = (at[:, one] - at[:, other]).norm(dim=-1) < reach[:, one] + reach[:, other]
    return near


def segment_distance(p: Tensor, p_end: Tensor, q: Tensor, q_end: Tensor) -> Tensor:
    """Shortest distance (...,) between segments p-p_end and q-q_end (..., 3); a segment may be a point.

    Ericson (2005), Real-Time Collision Detection, section 5.1.9.
    """
    along_p, along_q, apart = p_end - p, q_end - q, p - q
    pp, qq, pq = _dot(along_p, along_p).clamp_min(1e-12), _dot(along_q, along_q).clamp_min(1e-12), _dot(along_p, along_q)
    pa, qa = _dot(along_p, apart), _dot(along_q, apart)
    across = pp * qq - pq * pq  # 0 when parallel: any point of p will do
    s = torch.where(across > 1e-9 * pp * qq, ((pq * qa - pa * qq) / across.clamp_min(1e-18)).clamp(0.0, 1.0), torch.zeros_like(pp))
    t = ((pq * s + qa) / qq).clamp(0.0, 1.0)
    s = ((pq * t - pa) / pp).clamp(0.0, 1.0)
    shortest: Tensor = (apart + s[..., None] * along_p - t[..., None] * along_q).norm(dim=-1)
    return shortest


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(-1)
