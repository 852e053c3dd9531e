"""The mannequin: a smooth body around the skeleton, made from a table of rounded parts, and its skinning.

Each layer (shirt, trousers, shoes, head, hand) is a smooth union of tapered capsules, turned into triangles by marching
cubes. A part hangs on one joint, so the same table gives shape and skin weights. Layers are modelled with the arms
lowered and the fingers spread, because bodies rarely stand in a T, and brought to rest by the inverse of their skinning.
Smooth union: Quilez' polynomial minimum (iquilezles.org, "smooth minimum"); skinning: linear blend.
"""
import hashlib
import os
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chironomia.motion_library import rotations, skeleton

Floats = NDArray[np.float32]
Vec = tuple[float, float, float]
Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Mannequin:
    """A skinned mesh in the rest pose, metres, pelvis joint at (0, 0.968, 0) so that the soles stand on Y = 0.

    ``vertices`` and ``normals`` (V, 3) float32, ``faces`` (N, 3) int64 counter-clockwise from outside, ``colors`` (V, 3)
    in 0-1 (sRGB), ``joints`` (V, 4) int64 and ``weights`` (V, 4) float32 that sum to 1.
    """

    vertices: Tensor
    faces: Tensor
    normals: Tensor
    colors: Tensor
    joints: Tensor
    weights: Tensor

    def to(self, device: torch.device | str) -> "Mannequin":
        return Mannequin(*(getattr(self, f.name).to(device) for f in fields(self)))


@dataclass(frozen=True)
class Part:
    """A tapered capsule in a joint's frame: from ``start`` to ``end``, radii in metres, scaled by ``squash`` along x, y, z.

    ``blend`` is the width in metres over which it melts into the parts before it. A left part stands for both sides.
    """

    joint: str
    start: Vec
    end: Vec
    radii: tuple[float, float]
    squash: Vec = (1.0, 1.0, 1.0)
    blend: float = 0.03

    def mirrored(self) -> "Part":
        (sx, *s), (ex, *e) = self.start, self.end
        return replace(self, joint=skeleton.mirrored_name(self.joint), start=(-sx, *s), end=(-ex, *e))


@dataclass(frozen=True)
class Layer:
    """Parts that make one closed surface of one colour. ``cell_m`` is the marching-cubes grid; ``pose`` how it is modelled.

    ``both``: the parts of the left side also stand, mirrored, on the right in one surface; else the finished left surface is copied.
    ``floor_m``: the surface is cut flat at this height.
    """

    name: str
    color: Rgb
    cell_m: Vec
    parts: tuple[Part, ...]
    pose: dict[str, Vec]
    both: bool = True
    floor_m: float | None = None


SKIN: Rgb = (0.90, 0.76, 0.66)
_SHIRT: Rgb = (0.33, 0.45, 0.55)
_TROUSERS: Rgb = (0.27, 0.29, 0.34)
_SHOES: Rgb = (0.16, 0.15, 0.16)
_BROWS: Rgb = (0.36, 0.26, 0.21)
_LIPS: Rgb = (0.74, 0.47, 0.42)
_SCLERA: Rgb = (0.97, 0.97, 0.95)
_IRIS: Rgb = (0.25, 0.17, 0.12)
_PUPIL: Rgb = (0.04, 0.04, 0.04)
_EYE_RADIUS_M = 0.0145  # larger than life (0.012), so that the gaze is read in small pictures

_ARMS_LOWERED: dict[str, Vec] = {"left_shoulder": (0.0, 0.0, -0.85), "right_shoulder": (0.0, 0.0, 0.85)}
_FINGERS_SPREAD: dict[str, Vec] = {
    "left_index1": (0.0, -0.16, 0.0), "left_middle1": (0.0, -0.03, 0.0), "left_ring1": (0.0, 0.10, 0.0), "left_pinky1": (0.0, 0.24, 0.0),
    "left_thumb1": (0.0, -0.20, 0.0),
}  # fmt: skip

_SHIRT_PARTS = (
    Part("pelvis", (-0.066, 0.010, -0.004), (0.066, 0.010, -0.004), (0.104, 0.104), (1.0, 1.15, 1.0)),
    Part("spine1", (-0.050, 0.000, 0.004), (0.050, 0.000, 0.004), (0.098, 0.098), (1.0, 1.15, 0.98), 0.06),
    Part("spine2", (-0.056, 0.010, 0.010), (0.056, 0.010, 0.010), (0.102, 0.102), (1.0, 1.1, 1.0), 0.06),
    Part("spine3", (-0.070, 0.060, 0.010), (0.070, 0.060, 0.010), (0.100, 0.100), (1.0, 1.15, 1.05), 0.06),
    Part("spine3", (-0.060, 0.125, -0.006), (0.060, 0.125, -0.006), (0.070, 0.070), (1.0, 1.0, 1.1), 0.06),
    Part("neck", (0.0, -0.030, 0.000), (0.0, 0.012, 0.002), (0.070, 0.061), (1.0, 1.0, 1.0), 0.05),
    Part("left_collar", (-0.010, 0.020, -0.020), (0.120, 0.006, -0.018), (0.045, 0.054), (1.0, 1.0, 1.05), 0.05),
    Part("left_shoulder", (-0.004, -0.004, 0.002), (0.060, -0.002, 0.000), (0.060, 0.056), (1.0, 1.0, 1.05), 0.03),
    Part("left_shoulder", (0.060, 0.0, 0.0), (0.278, 0.0, 0.0), (0.053, 0.042), (1.0, 1.0, 1.0), 0.03),
    Part("left_elbow", (0.0, 0.0, 0.0), (0.250, 0.0, 0.0), (0.042, 0.031), (1.0, 1.0, 1.0), 0.02),
    Part("left_elbow", (0.050, 0.0, 0.004), (0.100, 0.0, 0.004), (0.044, 0.040), (1.0, 0.95, 1.0), 0.03),
)
_TROUSER_PARTS = (
    Part("pelvis", (-0.062, -0.030, -0.006), (0.062, -0.030, -0.006), (0.100, 0.100), (1.0, 1.1, 1.0)),
    Part("left_hip", (0.006, -0.030, -0.004), (0.0, -0.395, 0.002), (0.090, 0.062), (1.0, 1.0, 1.05), 0.04),
    Part("left_knee", (0.0, 0.0, 0.002), (0.0, -0.395, -0.010), (0.062, 0.050), (1.0, 1.0, 1.0), 0.03),
    Part("left_knee", (0.0, -0.090, -0.014), (0.0, -0.170, -0.016), (0.058, 0.054), (1.0, 1.0, 1.0), 0.04),
)
_SHOE_PARTS = (
    Part("left_ankle", (0.0, 0.010, -0.004), (0.0, -0.045, -0.006), (0.040, 0.040)),
    Part("left_ankle", (0.0, -0.050, -0.028), (0.012, -0.058, 0.120), (0.036, 0.042), (1.0, 1.0, 1.0), 0.03),
    Part("left_foot", (0.0, -0.002, -0.010), (0.004, -0.006, 0.045), (0.044, 0.034), (1.05, 0.85, 1.0), 0.02),
)
_HEAD_PARTS = (
    Part("head", (0.0, 0.104, -0.016), (0.0, 0.104, 0.010), (0.080, 0.078), (0.95, 1.16, 1.0)),  # skull
    Part("head", (0.0, 0.045, 0.020), (0.0, 0.020, 0.045), (0.060, 0.040), (1.0, 1.1, 1.0), 0.05),  # face
    Part("jaw", (0.0, -0.006, 0.046), (0.0, -0.018, 0.058), (0.034, 0.026), (1.15, 1.0, 1.0), 0.04),  # chin
    Part("head", (-0.030, 0.094, 0.066), (0.030, 0.094, 0.066), (0.016, 0.016), (1.0, 0.7, 1.0), 0.025),  # brow
    Part("left_eye_smplhf", (0.0, 0.0, -0.006), (0.0, 0.0, -0.006), (0.0175, 0.0175), (1.1, 1.0, 1.0), 0.012),  # lids
    Part("head", (0.0, 0.072, 0.086), (0.0, 0.038, 0.103), (0.0075, 0.0105), (1.0, 1.0, 1.0), 0.018),  # nose
    Part("left_eye_smplhf", (0.046, -0.020, -0.075), (0.048, 0.012, -0.082), (0.012, 0.014), (0.5, 1.1, 0.9), 0.010),  # ear
    Part("neck", (0.0, -0.050, 0.002), (0.0, 0.085, 0.014), (0.055, 0.050), (1.0, 1.0, 1.05), 0.03),
)
_BROW_PARTS = (
    Part("left_eye_smplhf", (-0.016, 0.0235, 0.0185), (0.004, 0.0275, 0.0165), (0.0034, 0.0034)),
    Part("left_eye_smplhf", (0.004, 0.0275, 0.0165), (0.019, 0.0225, 0.0085), (0.0034, 0.0024), (1.0, 1.0, 1.0), 0.004),
)
_LIP_PARTS = (
    Part("head", (-0.020, 0.0085, 0.0815), (0.0, 0.0070, 0.0895), (0.0024, 0.0040)),
    Part("head", (0.0, 0.0070, 0.0895), (0.020, 0.0085, 0.0815), (0.0040, 0.0024)),
    Part("jaw", (-0.015, -0.0005, 0.0690), (0.015, -0.0005, 0.0690), (0.0034, 0.0034)),
)


def _finger(name: str, radii: tuple[float, float, float, float], blend: float) -> tuple[Part, ...]:
    """Three phalanges from knuckle to tip."""
    joints = [f"left_{name}{i}" for i in (1, 2, 3)]
    ends = [_offset(joints[1]), _offset(joints[2]), skeleton.TIPS[joints[2]]]
    tip_radius = radii[3]
    length = float(np.linalg.norm(ends[2]))
    ends[2] = tuple(x * (1.0 - tip_radius / length) for x in ends[2])  # type: ignore[assignment]
    return tuple(Part(j, (0.0, 0.0, 0.0), end, (radii[i], radii[i + 1]), blend=blend) for i, (j, end) in enumerate(zip(joints, ends, strict=True)))


def _offset(joint: str) -> Vec:
    x, y, z = skeleton.OFFSETS[skeleton.INDEX[joint]].tolist()
    return x, y, z


_PALM = (0.015, 0.0, 0.0)
_HAND_PARTS = (
    Part("left_wrist", (-0.045, 0.0, 0.0), (0.010, 0.0, 0.0), (0.0260, 0.0235), (1.0, 0.80, 1.0), 0.02),
    *(Part("left_wrist", (0.012, -0.002, 0.35 * z), _offset(f"left_{name}1"), (0.0150, r), (1.0, 0.95, 1.0), 0.012)
      for name, z, r in (("index", 0.024, 0.0112), ("middle", 0.003, 0.0116), ("ring", -0.016, 0.0110), ("pinky", -0.034, 0.0098))),
    Part("left_wrist", (0.020, -0.006, -0.018), (0.055, -0.006, -0.027), (0.0130, 0.0105), (1.0, 1.0, 1.0), 0.012),  # heel of the hand
    *_finger("index", (0.0102, 0.0090, 0.0082, 0.0070), 0.006),
    *_finger("middle", (0.0104, 0.0092, 0.0084, 0.0072), 0.006),
    *_finger("ring", (0.0098, 0.0087, 0.0079, 0.0068), 0.006),
    *_finger("pinky", (0.0088, 0.0077, 0.0070, 0.0060), 0.006),
    *_finger("thumb", (0.0150, 0.0118, 0.0104, 0.0085), 0.012),
)  # fmt: skip

_LAYERS = (
    Layer("shirt", _SHIRT, (0.016, 0.016, 0.016), _SHIRT_PARTS, _ARMS_LOWERED),
    Layer("trousers", _TROUSERS, (0.018, 0.026, 0.018), _TROUSER_PARTS, {}),
    Layer("shoes", _SHOES, (0.014, 0.014, 0.014), _SHOE_PARTS, {}, both=False, floor_m=0.0),
    Layer("head", SKIN, (0.008, 0.008, 0.008), _HEAD_PARTS, {}),
    Layer("brows", _BROWS, (0.004, 0.0025, 0.004), _BROW_PARTS, {}, both=False),
    Layer("lips", _LIPS, (0.004, 0.003, 0.004), _LIP_PARTS, {}),
    Layer("hands", SKIN, (0.0055, 0.0038, 0.0038), _HAND_PARTS, _FINGERS_SPREAD, both=False),
)


def build_mannequin() -> Mannequin:
    """Make the mannequin from its tables; the same bytes each time. Takes seconds: see :func:`load_mannequin`."""
    pieces = [piece for layer in _LAYERS for piece in _surfaces(layer)] + _eyes()
    starts = np.cumsum([0] + [len(p.vertices) for p in pieces])
    return Mannequin(
        faces=torch.cat([p.faces + int(start) for p, start in zip(pieces, starts, strict=False)]),
        **{name: torch.cat([getattr(p, name) for p in pieces]) for name in ("vertices", "normals", "colors", "joints", "weights")},
    )


def load_mannequin(cache_dir: Path | str) -> Mannequin:
    """The mannequin, from ``cache_dir`` if this version of it is there, else built and stored for the next time."""
    path = Path(cache_dir) / f"mannequin-{_version()}.npz"
    names = [f.name for f in fields(Mannequin)]
    if path.exists():
        with np.load(path, allow_pickle=False) as stored:
            return Mannequin(*(torch.from_numpy(stored[name]) for name in names))
    mannequin = build_mannequin()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.npz")
    np.savez(beside, **{name: getattr(mannequin, name).numpy() for name in names})
    os.replace(beside, path)
    return mannequin


def skin(mannequin: Mannequin, rotations_local: Tensor, translation: Tensor) -> tuple[Tensor, Tensor]:
    """Vertices (F, V, 3) in metres and unit normals (F, V, 3) of a moving body, by linear blend skinning.

    ``rotations_local`` (F, 55, 4) XYZW, ``translation`` (F, 3) metres. Device and dtype follow the rotations.
    """
    turn, shift = _bone_transforms(rotations_local, translation)  # (F, 55, 3, 3), (F, 55, 3)
    weights = torch.zeros(len(mannequin.vertices), skeleton.JOINTS).to(turn)
    weights.scatter_add_(1, mannequin.joints.to(turn.device), mannequin.weights.to(turn))
    blended = (weights @ torch.cat([turn, shift[..., None]], -1).flatten(2)).unflatten(-1, (3, 4))  # (F, V, 3, 4)
    vertices = (blended[..., :3] @ mannequin.vertices.to(turn)[..., None])[..., 0] + blended[..., 3]
    normals = (blended[..., :3] @ mannequin.normals.to(turn)[..., None])[..., 0]
    return vertices, torch.nn.functional.normalize(normals, dim=-1)


def rest_positions() -> Tensor:
    """Joint positions (55, 3) of the rest pose, standing on the ground, metres."""
    return skeleton.forward_kinematics(rotations.identity(skeleton.JOINTS), torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0]))[0]


def _bone_transforms(rotations_local: Tensor, translation: Tensor) -> tuple[Tensor, Tensor]:
    """World rotation (..., 55, 3, 3) and shift (..., 55, 3) that carry each bone's rest-pose flesh to the pose."""
    positions, world = skeleton.forward_kinematics(rotations_local, translation)
    turn = rotations.to_matrix(world)
    return turn, positions - (turn @ rest_positions().to(turn)[..., None])[..., 0]


def _version() -> str:
    """Names what the mannequin is made of: this file and the skeleton's lengths."""
    return hashlib.sha256(Path(__file__).read_bytes() + skeleton.OFFSETS.numpy().tobytes()).hexdigest()[:16]


def _surfaces(layer: Layer) -> list[Mannequin]:
    """A layer's surface in the rest pose, skinned; two of them when its left side is copied to the right."""
    pose = rotations.identity(skeleton.JOINTS)
    for joint, rotvec in layer.pose.items():
        pose[skeleton.INDEX[joint]] = rotations.from_rotvec(torch.tensor(rotvec))
    parts = [p for part in layer.parts for p in ((part, part.mirrored()) if layer.both and part.joint.startswith("left_") else (part,))]
    origin = torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0])
    frames = skeleton.forward_kinematics(pose, origin)
    vertices, faces, normals = _march(layer, parts, frames)
    weights = _skin_weights(vertices, faces, parts, frames)
    turn, shift = _bone_transforms(pose, origin)
    blended_turn = torch.einsum("vj,jab->vab", weights, turn)
    at_rest = torch.linalg.solve(blended_turn, torch.from_numpy(vertices) - weights @ shift)
    normals_at_rest = torch.nn.functional.normalize((blended_turn.mT @ torch.from_numpy(normals)[..., None])[..., 0], dim=-1)
    left = _piece(at_rest, torch.from_numpy(faces), normals_at_rest, layer.color, weights)
    return [left] if layer.both else [left, _mirror_image(left)]


def _piece(vertices: Tensor, faces: Tensor, normals: Tensor, color: Rgb, weights: Tensor) -> Mannequin:
    """Keep the four largest weights (V, 55) of each vertex, summing to 1."""
    top = weights.topk(4, dim=-1)
    return Mannequin(vertices, faces, normals, torch.tensor(color).repeat(len(vertices), 1), top.indices, top.values / top.values.sum(-1, keepdim=True))


def _mirror_image(piece: Mannequin) -> Mannequin:
    flip = torch.tensor([-1.0, 1.0, 1.0])
    joints = torch.tensor(skeleton.MIRROR)[piece.joints]
    return replace(piece, vertices=piece.vertices * flip, normals=piece.normals * flip, faces=piece.faces.flip(-1), joints=joints)


Frames = tuple[Tensor, Tensor]  # joint positions (55, 3) and world rotations (55, 4) of the modelling pose


def _distance(part: Part, points: Floats, frames: Frames) -> Floats:
    """Signed distance (...,) in metres from points (..., 3) to a part, negative inside; first-order where squashed."""
    joint = skeleton.INDEX[part.joint]
    basis = rotations.to_matrix(frames[1][joint]).numpy()
    squash = np.array(part.squash, np.float32)
    start, end = np.array(part.start, np.float32) / squash, np.array(part.end, np.float32) / squash
    local = ((points - frames[0][joint].numpy()) @ basis) / squash - start
    axis = end - start
    along = np.clip(local @ axis / max(float(axis @ axis), 1e-12), 0.0, 1.0)
    away = local - along[..., None] * axis
    length = np.sqrt((away * away).sum(-1)) + 1e-9
    slope = np.sqrt(((away / squash) ** 2).sum(-1)) / length  # how fast the squashed distance grows per metre
    distance: Floats = ((length - part.radii[0] - along * (part.radii[1] - part.radii[0])) / slope).astype(np.float32)
    return distance


def _smooth_min(a: Floats, b: Floats, width: float) -> Floats:
    overlap = np.maximum(width - np.abs(a - b), 0.0) / width
    return np.minimum(a, b) - overlap * overlap * (width * 0.25)


def _march(layer: Layer, parts: list[Part], frames: Frames) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Vertices, faces and outward normals of a layer's surface in its modelling pose."""
    from skimage.measure import marching_cubes

    ends = np.array([_world(part, point, frames) for part in parts for point in (part.start, part.end)])
    margin = max(max(p.radii) * max(p.squash) for p in parts) + 3 * max(layer.cell_m)
    low, high = ends.min(0) - margin, ends.max(0) + margin
    if layer.both:
        high[0] = max(high[0], -low[0])  # a grid that is symmetric about the midline gives a symmetric surface
        low[0] = -high[0]
    counts = np.ceil((high - low) / layer.cell_m).astype(int) + 1
    if layer.both:
        low[0] = -0.5 * (counts[0] - 1) * layer.cell_m[0]
    axes = [(low[i] + layer.cell_m[i] * np.arange(counts[i])).astype(np.float32) for i in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    field = np.full(grid.shape[:3], 1.0, np.float32)
    for part in parts:
        near = _near(part, axes, frames)
        field[near] = _smooth_min(field[near], _distance(part, grid[near], frames), part.blend)
    if layer.floor_m is not None:
        field = np.maximum(field, layer.floor_m - grid[..., 1])
    vertices, faces, normals, _ = marching_cubes(field, 0.0, spacing=layer.cell_m, gradient_direction="descent")
    return (vertices + low).astype(np.float32), faces.astype(np.int64), -normals.astype(np.float32)  # skimage's point inwards


def _world(part: Part, point: Vec, frames: Frames) -> Floats:
    joint = skeleton.INDEX[part.joint]
    placed: Floats = (frames[0][joint] + rotations.rotate(frames[1][joint], torch.tensor(point))).numpy()
    return placed


def _near(part: Part, axes: list[Floats], frames: Frames) -> tuple[slice, ...]:
    """The block of the grid within the part's blending reach."""
    reach = max(part.radii) * max(part.squash) + part.blend + 0.05
    ends = np.stack([_world(part, part.start, frames), _world(part, part.end, frames)])
    low, high = ends.min(0) - reach, ends.max(0) + reach
    return tuple(slice(int(np.searchsorted(axis, low[i])), int(np.searchsorted(axis, high[i]))) for i, axis in enumerate(axes))


def _skin_weights(vertices: Floats, faces: NDArray[np.int64], parts: list[Part], frames: Frames) -> Tensor:
    """Weights (V, 55): nearer parts weigh more, over a width that grows with their thickness; smoothed along the surface.

    Only the joint nearest to a vertex, its parent and its children take part, so that a finger does not pull its neighbour.
    """
    nearness = torch.zeros(len(vertices), skeleton.JOINTS)
    for part in parts:
        joint = skeleton.INDEX[part.joint]
        softness = 0.22 * sum(part.radii) / 2  # of the radius: wide enough not to crease, narrow enough not to bend a bone's middle
        near = torch.exp(torch.from_numpy(-_distance(part, vertices, frames) / softness).clamp(-30.0, 5.0))
        nearness[:, joint] = torch.maximum(nearness[:, joint], near)
    weights = nearness * _related()[nearness.argmax(-1)]
    weights = weights / weights.sum(-1, keepdim=True)
    edges = torch.from_numpy(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]))
    degree = torch.zeros(len(vertices), 1).index_add_(0, edges[:, 0], torch.ones(len(edges), 1))
    for _ in range(3):
        around = torch.zeros_like(weights).index_add_(0, edges[:, 0], weights[edges[:, 1]]) / degree.clamp_min(1.0)
        weights = 0.5 * (weights + around)
    return weights / weights.sum(-1, keepdim=True)


def _related() -> Tensor:
    """(55, 55): 1 where two joints are the same, or parent and child."""
    related = torch.eye(skeleton.JOINTS)
    for joint, parent in enumerate(skeleton.PARENTS):
        if parent >= 0:
            related[joint, parent] = related[parent, joint] = 1.0
    return related


def _eyes() -> list[Mannequin]:
    """Two eyeballs: a white shell, and an iris and a pupil that stand a little before it."""
    left = [
        _cap(_EYE_RADIUS_M, 100.0, _SCLERA),
        _cap(_EYE_RADIUS_M + 0.0004, 36.0, _IRIS),
        _cap(_EYE_RADIUS_M + 0.0008, 17.0, _PUPIL),
    ]
    return left + [_mirror_image(piece) for piece in left]


def _cap(radius_m: float, angle_deg: float, color: Rgb) -> Mannequin:
    """The part of the left eyeball within ``angle_deg`` of the direction of gaze."""
    around, rings = 18, 5
    polar = torch.deg2rad(torch.linspace(0.0, angle_deg, rings + 1)[1:])[:, None]
    azimuth = torch.arange(around) * (2 * torch.pi / around)
    circles = torch.stack([polar.sin() * azimuth.cos(), polar.sin() * azimuth.sin(), polar.cos().expand(-1, around)], -1)
    normals = torch.cat([torch.tensor([[0.0, 0.0, 1.0]]), circles.reshape(-1, 3)])
    i = torch.arange(around)
    j = (i + 1) % around
    fan = torch.stack([torch.zeros_like(i), 1 + i, 1 + j], -1)
    bands = [torch.stack([torch.stack([a + i, b + i, b + j], -1), torch.stack([a + i, b + j, a + j], -1)]).reshape(-1, 3)
             for a, b in ((1 + r * around, 1 + (r + 1) * around) for r in range(rings - 1))]  # fmt: skip
    weights = torch.zeros(len(normals), skeleton.JOINTS)
    weights[:, skeleton.INDEX["left_eye_smplhf"]] = 1.0
    centre = rest_positions()[skeleton.INDEX["left_eye_smplhf"]]
    return _piece(centre + radius_m * normals, torch.cat([fan, *bands]), normals, color, weights)
