"""Smooth skinned surfaces from a table of rounded parts.

A layer is a smooth union of tapered capsules, each hung on one joint, so that one table gives both shape and skin weights.
Marching cubes finds the surface, Newton steps put every vertex exactly on it. A layer is modelled in a pose of its own
(arms lowered, fingers spread) and brought to rest by the inverse of its skinning. Smooth union: the polynomial minimum
of Quilez (iquilezles.org, "smooth minimum"); skinning: linear blend.
"""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import field as default

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from chironomia.motion_library import rotations, skeleton

Floats = NDArray[np.float32]
Vec = tuple[float, float, float]
Frames = tuple[Floats, Floats]  # joint positions (55, 3) and world rotation matrices (55, 3, 3) of a modelling pose

_SOFTNESS = 0.25  # of a part's radius: wide enough not to crease a bent elbow, narrow enough to keep the middle of a bone straight
_SMOOTHINGS = 4  # of the weights along the surface
_NEWTON_STEPS = 2
_STEP_M = 5e-4  # of the finite differences that give normals


@dataclass(frozen=True)
class Part:
    """A tapered capsule in a joint's frame: from ``start`` to ``end``, radii in metres, scaled by ``squash`` along x, y, z.

    ``blend`` is the width in metres over which it melts into the parts before it. A part that does not ``weigh`` gives only
    shape; its skin follows the other parts near it.
    """

    joint: str
    start: Vec
    end: Vec
    radii: tuple[float, float]
    squash: Vec = (1.0, 1.0, 1.0)
    blend: float = 0.03
    weighs: bool = True

    def mirrored(self) -> "Part":
        (sx, sy, sz), (ex, ey, ez) = self.start, self.end
        return replace(self, joint=skeleton.mirrored_name(self.joint), start=(-sx, sy, sz), end=(-ex, ey, ez))

    def is_central(self) -> bool:
        """Whether the part is its own mirror image."""
        return self in (mirror := self.mirrored(), replace(mirror, start=mirror.end, end=mirror.start, radii=mirror.radii[::-1]))


@dataclass(frozen=True)
class Layer:
    """Parts that make one closed surface, found on a grid of ``cell_m`` along x, y, z, in the pose of rotation vectors ``pose``.

    ``both``: parts off the midline also stand, mirrored, on the other side and melt into the same surface; else the layer
    is on the left side alone, as a hand is. What is below ``floor_m`` is pressed flat: a hem, a sole.
    """

    parts: tuple[Part, ...]
    cell_m: Vec
    pose: dict[str, Vec] = default(default_factory=dict)
    both: bool = True
    floor_m: float | None = None

    def halves(self) -> list[tuple[Part, ...]]:
        """The parts in their order, once for the left side and, if both sides are wanted, once mirrored."""
        return [self.parts, tuple(part.mirrored() for part in self.parts)] if self.both else [self.parts]

    def all_parts(self) -> list[Part]:
        mirrored = [part.mirrored() for part in self.parts if not part.is_central()] if self.both else []
        return [*self.parts, *mirrored]


@dataclass(frozen=True)
class Surface:
    """Triangles in the rest pose: ``vertices`` and ``normals`` (V, 3) metres, ``faces`` (N, 3), ``weights`` (V, 55) that sum to 1."""

    vertices: Tensor
    faces: Tensor
    normals: Tensor
    weights: Tensor


def make_surface(layer: Layer) -> Surface:
    """The left side of the layer's surface, modelled in its pose and brought to rest; its mirror image is the right side."""
    pose = rotations.identity(skeleton.JOINTS)
    for joint, rotvec in layer.pose.items():
        pose[skeleton.INDEX[joint]] = rotations.from_rotvec(torch.tensor(rotvec))
    positions, world = skeleton.forward_kinematics(pose, _ORIGIN)
    frames = (positions.numpy(), rotations.to_matrix(world).numpy())
    posed, faces = _march(layer, frames)
    posed, normals = _settle(posed, layer, frames)
    if layer.floor_m is not None:
        posed[:, 1] = np.maximum(posed[:, 1], layer.floor_m)
    weights = _skin_weights(posed, faces, layer.all_parts(), frames)
    if layer.both:
        posed, faces, normals, weights = _left_half(posed, faces, normals, weights)
    turn, shift = bone_transforms(pose, _ORIGIN)
    blended = torch.einsum("vj,jab->vab", weights, turn)
    vertices = torch.linalg.solve(blended, torch.from_numpy(posed) - weights @ shift)
    normals_at_rest = functional.normalize(torch.linalg.solve(blended, torch.from_numpy(normals)), dim=-1)
    return Surface(vertices, torch.from_numpy(faces), normals_at_rest, weights)


_ORIGIN = torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0])


def rest_positions() -> Tensor:
    """Joint positions (55, 3) of the rest pose, standing on the ground, metres."""
    return skeleton.forward_kinematics(rotations.identity(skeleton.JOINTS), _ORIGIN)[0]


def bone_transforms(rotations_local: Tensor, translation: Tensor) -> tuple[Tensor, Tensor]:
    """World rotation (..., 55, 3, 3) and shift (..., 55, 3) that carry each bone's flesh from rest to the pose."""
    positions, world = skeleton.forward_kinematics(rotations_local, translation)
    turn = rotations.to_matrix(world)
    return turn, positions - (turn @ rest_positions().to(turn)[..., None])[..., 0]


def _part_distance(part: Part, points: Floats, frames: Frames) -> Floats:
    """Signed distance (...,) in metres from points (..., 3) to a part, negative inside; first-order where squashed."""
    joint = skeleton.INDEX[part.joint]
    squash = np.array(part.squash, np.float32)
    start, end = np.array(part.start, np.float32) / squash, np.array(part.end, np.float32) / squash
    local = ((points - frames[0][joint]) @ frames[1][joint]) / squash - start
    axis = end - start
    along = np.clip(local @ axis / max(float(axis @ axis), 1e-12), 0.0, 1.0)
    away = local - along[..., None] * axis
    length = np.sqrt((away * away).sum(-1)) + 1e-9
    slope = np.sqrt(((away / squash) ** 2).sum(-1)) / length  # how fast the squashed distance grows per metre
    distance: Floats = ((length - part.radii[0] - along * (part.radii[1] - part.radii[0])) / slope).astype(np.float32)
    return distance


def _smooth_min(a: Floats, b: Floats, width: float) -> Floats:
    overlap = np.maximum(width - np.abs(a - b), 0.0) / width
    smooth: Floats = np.minimum(a, b) - overlap**3 * (width / 6)  # cubic: the curvature is continuous, so shading shows no bands
    return smooth


def distance(layer: Layer, points: Floats, frames: Frames) -> Floats:
    """Signed distance (...,) in metres from points (..., 3) to a layer in the pose of ``frames``, negative inside."""
    least = np.full(points.shape[:-1], 1.0, np.float32)
    for half in layer.halves():  # smooth unions depend on the order of their parts, so each side is made on its own
        side = np.full(points.shape[:-1], 1.0, np.float32)
        for part in half:
            side = _smooth_min(side, _part_distance(part, points, frames), part.blend)
        least = np.minimum(least, side)
    return least


def front_of(layer: Layer, x_m: float, y_m: float) -> float:
    """Where a layer's front lies in the rest pose: the largest z in metres of its surface above (x, y), to 0.1 mm."""
    positions, world = skeleton.forward_kinematics(rotations.identity(skeleton.JOINTS), _ORIGIN)
    z = np.arange(0.3, -0.3, -1e-4, dtype=np.float32)
    line = np.stack([np.full_like(z, x_m), np.full_like(z, y_m), z], -1)
    inside = distance(layer, line, (positions.numpy(), rotations.to_matrix(world).numpy())) < 0.0
    if not inside.any():
        raise ValueError(f"the layer has no surface before x={x_m:g}, y={y_m:g} m")
    return float(z[inside.argmax()])


def _ends(part: Part, frames: Frames) -> Floats:
    """The two ends (2, 3) of a part's axis in the modelling pose."""
    joint = skeleton.INDEX[part.joint]
    ends: Floats = frames[0][joint] + np.array([part.start, part.end], np.float32) @ frames[1][joint].T
    return ends


def _march(layer: Layer, frames: Frames) -> tuple[Floats, NDArray[np.int64]]:
    """Vertices (V, 3) and outward faces (N, 3) of the layer in its modelling pose."""
    from skimage.measure import marching_cubes

    parts, cell = layer.all_parts(), np.array(layer.cell_m)
    ends = np.concatenate([_ends(part, frames) for part in parts])
    margin = max(max(p.radii) * max(p.squash) for p in parts) + 3 * max(layer.cell_m)
    low, high = ends.min(0) - margin, ends.max(0) + margin
    counts = np.ceil((high - low) / cell).astype(int) + 1
    if layer.both:  # the midline is a plane of the grid, so that no triangle crosses it
        counts[0] += 1 - counts[0] % 2
        low[0] = -(counts[0] // 2) * cell[0]
    axes = [(low[i] + cell[i] * np.arange(counts[i])).astype(np.float32) for i in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).astype(np.float32)
    field = np.full(grid.shape[:3], 1.0, np.float32)
    for half in layer.halves():
        side = np.full_like(field, 1.0)
        for part in half:
            near = _near(part, axes, frames)
            side[near] = _smooth_min(side[near], _part_distance(part, grid[near], frames), part.blend)
        field = np.minimum(field, side)
    vertices, faces, _, _ = marching_cubes(field, 0.0, spacing=layer.cell_m, gradient_direction="descent")  # type: ignore[no-untyped-call]
    return (vertices + low).astype(np.float32), faces.astype(np.int64)


def _near(part: Part, axes: Sequence[Floats], frames: Frames) -> tuple[slice, ...]:
    """The block of the grid within the part's blending reach."""
    reach = max(part.radii) * max(part.squash) + part.blend + 0.05
    ends = _ends(part, frames)
    low, high = ends.min(0) - reach, ends.max(0) + reach
    return tuple(slice(int(np.searchsorted(axis, low[i])), int(np.searchsorted(axis, high[i]))) for i, axis in enumerate(axes))


def _settle(vertices: Floats, layer: Layer, frames: Frames) -> tuple[Floats, Floats]:
    """Vertices put onto the surface by Newton steps, and its outward unit normals there (V, 3)."""
    steps = _STEP_M * np.eye(3, dtype=np.float32)
    for remaining in range(_NEWTON_STEPS, -1, -1):
        slope = np.stack([distance(layer, vertices + s, frames) - distance(layer, vertices - s, frames) for s in steps], -1) / (2 * _STEP_M)
        square = np.maximum((slope * slope).sum(-1, keepdims=True), 0.05)
        if remaining:
            vertices = vertices - distance(layer, vertices, frames)[:, None] * slope / square
    return vertices.astype(np.float32), (slope / np.sqrt(square)).astype(np.float32)


def _skin_weights(vertices: Floats, faces: NDArray[np.int64], parts: Sequence[Part], frames: Frames) -> Tensor:
    """Weights (V, 55): nearer parts weigh more, over a width that grows with their thickness; smoothed along the surface.

    Only the joint nearest to a vertex, its parent and its children take part, so that a finger does not pull its neighbour.
    """
    nearness = torch.zeros(len(vertices), skeleton.JOINTS)
    for part in (p for p in parts if p.weighs):
        joint = skeleton.INDEX[part.joint]
        away = torch.from_numpy(_part_distance(part, vertices, frames))
        near = torch.exp((-away / (_SOFTNESS * sum(part.radii) / 2)).clamp(-30.0, 5.0))
        nearness[:, joint] = torch.maximum(nearness[:, joint], near)
    weights = nearness * _related()[nearness.argmax(-1)]
    weights = weights / weights.sum(-1, keepdim=True)
    edges = torch.from_numpy(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]))
    degree = torch.zeros(len(vertices), 1).index_add_(0, edges[:, 0], torch.ones(len(edges), 1))
    for _ in range(_SMOOTHINGS):
        around = torch.zeros_like(weights).index_add_(0, edges[:, 0], weights[edges[:, 1]]) / degree.clamp_min(1.0)
        weights = 0.5 * (weights + around)
    return weights / weights.sum(-1, keepdim=True)


def _left_half(
    vertices: Floats, faces: NDArray[np.int64], normals: Floats, weights: Tensor
) -> tuple[Floats, NDArray[np.int64], Floats, Tensor]:
    """What lies at x >= 0; vertices on the midline get the same normals and weights as their mirror image, so that no seam opens."""
    faces = faces[vertices[faces, 0].mean(1) > 0]
    used, faces = np.unique(faces, return_inverse=True)
    vertices, normals, weights = vertices[used], normals[used], weights[used]
    seam = vertices[:, 0] < 1e-5
    vertices[seam, 0] = normals[seam, 0] = 0.0
    weights[seam] = 0.5 * (weights[seam] + weights[seam][:, list(skeleton.MIRROR)])
    return vertices, faces.reshape(-1, 3), normals, weights


def _related() -> Tensor:
    """(55, 55): 1 where two joints are the same, or parent and child."""
    related = torch.eye(skeleton.JOINTS)
    for joint, parent in enumerate(skeleton.PARENTS):
        if parent >= 0:
            related[joint, parent] = related[parent, joint] = 1.0
    return related
