"""The mannequin: a smooth clothed body around the skeleton, described by tables of rounded parts, and its skinning."""
import hashlib
import os
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from chironomia.motion_library import skeleton, surface
from chironomia.motion_library.surface import Layer, Part, Surface, Vec

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


_SKIN: Rgb = (0.90, 0.75, 0.65)
_SHIRT: Rgb = (0.33, 0.45, 0.55)
_TROUSERS: Rgb = (0.27, 0.29, 0.34)
_SHOES: Rgb = (0.17, 0.16, 0.17)
_BROWS: Rgb = (0.42, 0.30, 0.24)
_LIPS: Rgb = (0.76, 0.50, 0.45)
_SCLERA: Rgb = (0.96, 0.96, 0.94)
_IRIS: Rgb = (0.28, 0.19, 0.13)
_PUPIL: Rgb = (0.05, 0.04, 0.04)
_COARSER, _FINE_CELL_M = 1.75, 0.006  # how much wider cells are in a coarse mannequin, but not those of hands and painted lines
_EYE_RADIUS_M = 0.0145  # larger than life (0.012), so that the gaze is read in small pictures

# Bodies rarely stand in a T, so the shirt is modelled with lowered arms and looks best there.
_ARMS_LOWERED: dict[str, Vec] = {"left_shoulder": (0.0, 0.0, -0.85), "right_shoulder": (0.0, 0.0, 0.85)}
_FINGERS_SPREAD: dict[str, Vec] = {
    "left_index1": (0.0, -0.16, 0.0), "left_middle1": (0.0, -0.03, 0.0), "left_ring1": (0.0, 0.10, 0.0), "left_pinky1": (0.0, 0.24, 0.0),
    "left_thumb1": (0.0, -0.20, 0.0),
}  # fmt: skip

# Inside the trunk: which joint the skin follows at which height.
_TRUNK = (("pelvis", -0.100, 0.060), ("spine1", 0.020, 0.080), ("spine2", 0.020, 0.040), ("spine3", 0.020, 0.060))
_SHIRT_PARTS = (
    Part("pelvis", (0.0, -0.100, -0.006), (0.0, 0.150, 0.002), (0.108, 0.086), (1.62, 1.0, 1.0), weighs=False),  # hips to waist
    Part("spine3", (0.0, -0.150, 0.014), (0.0, 0.080, 0.008), (0.086, 0.102), (1.58, 1.0, 1.0), 0.06, weighs=False),  # waist to chest
    Part("spine3", (-0.060, 0.116, -0.006), (0.060, 0.116, -0.006), (0.062, 0.062), (1.0, 1.0, 1.1), 0.10),
    *(Part(joint, (0.0, low, 0.004), (0.0, high, 0.004), (0.080, 0.080), (1.5, 1.0, 1.0), 0.001) for joint, low, high in _TRUNK),
    Part("neck", (0.0, -0.030, 0.002), (0.0, 0.010, 0.006), (0.066, 0.058), (1.0, 1.0, 1.0), 0.09),
    Part("left_collar", (-0.020, 0.028, -0.022), (0.125, 0.008, -0.018), (0.046, 0.045), (1.0, 1.0, 1.05), 0.08),
    Part("left_shoulder", (-0.004, -0.006, 0.002), (0.080, 0.0, 0.000), (0.053, 0.048), (1.0, 1.0, 1.05), 0.05),
    Part("left_shoulder", (0.080, 0.0, 0.0), (0.278, 0.0, 0.0), (0.047, 0.040), (1.0, 1.0, 1.0), 0.02),
    Part("left_elbow", (0.0, 0.0, 0.0), (0.250, 0.0, 0.0), (0.040, 0.031), (1.0, 1.0, 1.0), 0.012),
    Part("left_elbow", (0.050, 0.0, 0.002), (0.100, 0.0, 0.002), (0.039, 0.036), (1.0, 0.97, 1.0), 0.02),
)
_TROUSER_PARTS = (
    Part("pelvis", (-0.060, -0.020, -0.004), (0.060, -0.020, -0.004), (0.086, 0.086), (1.0, 1.0, 1.0)),
    Part("left_hip", (0.002, -0.060, -0.004), (0.0, -0.395, 0.002), (0.080, 0.059), (1.0, 1.0, 1.05), 0.03),
    Part("left_knee", (0.0, 0.0, 0.002), (0.0, -0.395, -0.010), (0.059, 0.050), (1.0, 1.0, 1.0), 0.012),
    Part("left_knee", (0.0, -0.100, -0.010), (0.0, -0.170, -0.012), (0.053, 0.052), (1.0, 1.0, 1.0), 0.04),
)
_SHOE_PARTS = (
    Part("left_ankle", (0.0, 0.010, -0.004), (0.0, -0.045, -0.006), (0.040, 0.040)),
    Part("left_ankle", (0.0, -0.050, -0.028), (0.012, -0.058, 0.120), (0.036, 0.042), (1.0, 1.0, 1.0), 0.03),
    Part("left_foot", (0.0, -0.002, -0.010), (0.004, -0.006, 0.045), (0.044, 0.034), (1.05, 0.85, 1.0), 0.02),
)
_HEAD_PARTS = (
    Part("head", (0.0, 0.106, -0.018), (0.0, 0.106, 0.006), (0.080, 0.079), (0.95, 1.14, 1.0)),  # skull
    Part("neck", (0.0, -0.030, 0.002), (0.0, 0.100, 0.008), (0.053, 0.050), (1.0, 1.0, 1.05), 0.03),
    Part("head", (0.0, 0.070, 0.014), (0.0, 0.022, 0.030), (0.064, 0.046), (1.0, 1.1, 1.0), 0.05),  # face
    Part("head", (0.046, 0.050, 0.000), (0.018, -0.010, 0.036), (0.024, 0.028), (1.0, 1.0, 1.0), 0.04),  # jawline
    Part("jaw", (0.0, -0.012, 0.030), (0.0, -0.024, 0.042), (0.036, 0.026), (1.1, 1.0, 1.0), 0.05),  # chin
    Part("head", (-0.026, 0.095, 0.061), (0.026, 0.095, 0.061), (0.016, 0.016), (1.0, 0.8, 1.0), 0.05),  # brow
    Part("head", (0.036, 0.042, 0.052), (0.036, 0.042, 0.052), (0.024, 0.024), (1.0, 1.0, 1.0), 0.05),  # cheek
    Part("head", (0.032, 0.0700, 0.0680), (0.032, 0.0700, 0.0680), (0.0166, 0.0166), (1.06, 1.14, 1.0), 0.016),  # lids
    Part("head", (0.0, 0.078, 0.078), (0.0, 0.043, 0.097), (0.0075, 0.0110), (1.0, 1.0, 1.0), 0.030),  # nose
    Part("head", (0.076, 0.050, -0.002), (0.080, 0.076, -0.009), (0.011, 0.0165), (0.45, 1.1, 0.9), 0.012),  # ear
)
_RAISED_M = 0.0006  # how far painted lines stand out, so that the flat triangles of the skin do not cut them
# Lines painted on the face: (x, y) in metres from the head joint, and the radius of the line there.
_BROW_LINE = ((0.016, 0.0955, 0.0024), (0.034, 0.0985, 0.0028), (0.052, 0.0935, 0.0020))
_LASH_LINE = ((0.0205, 0.0735, 0.0013), (0.0270, 0.0795, 0.0018), (0.0350, 0.0800, 0.0018), (0.0440, 0.0740, 0.0013))
_UPPER_LIP_LINE = ((0.0, 0.0085, 0.0030), (0.010, 0.0090, 0.0028), (0.021, 0.0115, 0.0018))
_LOWER_LIP_LINE = ((0.0, 0.0035, 0.0032), (0.011, 0.0045, 0.0026))


def _offset(joint: str) -> Vec:
    x, y, z = skeleton.OFFSETS[skeleton.INDEX[joint]].tolist()
    return x, y, z


def _finger(name: str, radii: tuple[float, float, float, float], root_blend: float = 0.007) -> tuple[Part, ...]:
    """Three phalanges from knuckle to tip; they melt into each other little, so that no knuckle swells."""
    first, second, third = (f"left_{name}{i}" for i in (1, 2, 3))
    x, y, z = skeleton.TIPS[third]
    flesh = 1.0 - radii[3] / (x * x + y * y + z * z) ** 0.5
    ends = _offset(second), _offset(third), (x * flesh, y * flesh, z * flesh)
    blends = root_blend, 0.001, 0.001
    return tuple(
        Part(joint, (0.0, 0.0, 0.0), end, (radii[i], radii[i + 1]), blend=blends[i])
        for i, (joint, end) in enumerate(zip((first, second, third), ends, strict=True))
    )


_METACARPALS = (("index", 0.024, 0.0108), ("middle", 0.003, 0.0112), ("ring", -0.016, 0.0106), ("pinky", -0.034, 0.0095))
_HAND_PARTS = (
    Part("left_elbow", (0.222, 0.0, 0.0), (0.258, 0.0, 0.0), (0.0230, 0.0225), (1.0, 0.90, 1.0)),  # in the sleeve
    Part("left_wrist", (-0.004, 0.0, 0.0), (0.014, 0.0, 0.0), (0.0225, 0.0225), (1.0, 0.85, 1.0), 0.02),
    *(Part("left_wrist", (0.012, -0.002, 0.35 * z), _offset(f"left_{name}1"), (0.0150, r), blend=0.012) for name, z, r in _METACARPALS),
    Part("left_wrist", (0.020, -0.006, -0.018), (0.055, -0.006, -0.027), (0.0130, 0.0105), blend=0.012),  # heel of the hand
    *_finger("index", (0.0098, 0.0090, 0.0082, 0.0072)),
    *_finger("middle", (0.0100, 0.0092, 0.0084, 0.0073)),
    *_finger("ring", (0.0096, 0.0087, 0.0079, 0.0069)),
    *_finger("pinky", (0.0086, 0.0077, 0.0070, 0.0062)),
    *_finger("thumb", (0.0148, 0.0118, 0.0108, 0.0086), 0.014),
)  # fmt: skip

_HEAD = Layer(_HEAD_PARTS, (0.0075, 0.0075, 0.0075))


def _painted(line: tuple[Vec, ...], joint: str = "head") -> tuple[Part, ...]:
    """A line on the face as parts that lie on its surface and move with ``joint``."""
    rest = surface.rest_positions()
    head, hung = rest[skeleton.INDEX["head"]].tolist(), rest[skeleton.INDEX[joint]].tolist()
    points = [(head[0] + x, head[1] + y) for x, y, _ in line]
    at = [(x - hung[0], y - hung[1], surface.front_of(_HEAD, x, y) + _RAISED_M - hung[2]) for x, y in points]
    radii = [radius for _, _, radius in line]
    return tuple(Part(joint, at[i], at[i + 1], (radii[i], radii[i + 1]), blend=0.002) for i in range(len(line) - 1))


def layers() -> list[tuple[Rgb, Layer]]:
    """What the body is made of, with colours."""
    lips = _painted(_UPPER_LIP_LINE) + _painted(_LOWER_LIP_LINE, "jaw")
    return [
        (_SHIRT, Layer(_SHIRT_PARTS, (0.016, 0.016, 0.016), _ARMS_LOWERED, floor_m=0.900)),
        (_TROUSERS, Layer(_TROUSER_PARTS, (0.018, 0.026, 0.018))),
        (_SHOES, Layer(_SHOE_PARTS, (0.014, 0.014, 0.014), both=False, floor_m=0.0)),
        (_SKIN, _HEAD),
        (_LIPS, Layer(lips, (0.003, 0.002, 0.003))),
        (_BROWS, Layer(_painted(_BROW_LINE), (0.0035, 0.0022, 0.0035), both=False)),
        (_BROWS, Layer(_painted(_LASH_LINE), (0.003, 0.0018, 0.003), both=False)),
        (_SKIN, Layer(_HAND_PARTS, (0.0055, 0.0038, 0.0038), _FINGERS_SPREAD, both=False)),
    ]


def build_mannequin(coarse: bool = False) -> Mannequin:
    """Make the mannequin from its tables, the left side and its mirror image; the same bytes each time.

    A ``coarse`` one has half the triangles, enough for pictures in which a body is some 200 pixels tall.
    """
    left = [_colored(surface.make_surface(_coarser(layer) if coarse else layer), color) for color, layer in layers()] + _left_eye()
    pieces = [*left, *(_mirror_image(piece) for piece in left)]
    starts = np.cumsum([0] + [len(p.vertices) for p in pieces])
    return Mannequin(
        faces=torch.cat([p.faces + int(start) for p, start in zip(pieces, starts, strict=False)]),
        **{name: torch.cat([getattr(p, name) for p in pieces]) for name in ("vertices", "normals", "colors", "joints", "weights")},
    )


def _coarser(layer: Layer) -> Layer:
    """The layer on a wider grid; hands and painted lines are thinner than that, and stay."""
    x, y, z = (cell * _COARSER for cell in layer.cell_m)
    return layer if min(layer.cell_m) < _FINE_CELL_M else replace(layer, cell_m=(x, y, z))


def load_mannequin(cache_dir: Path | str, coarse: bool = False) -> Mannequin:
    """The mannequin, from ``cache_dir`` if this version of it is there, else built and stored for the next time."""
    path = Path(cache_dir) / f"mannequin-{_version()}{'-coarse' if coarse else ''}.npz"
    names = [f.name for f in fields(Mannequin)]
    if path.exists():
        with np.load(path, allow_pickle=False) as stored:
            return Mannequin(*(torch.from_numpy(stored[name]) for name in names))
    mannequin = build_mannequin(coarse)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    np.savez(beside, **{name: getattr(mannequin, name).numpy() for name in names})
    os.replace(beside, path)
    return mannequin


def skin(mannequin: Mannequin, rotations_local: Tensor, translation: Tensor) -> tuple[Tensor, Tensor]:
    """Vertices (F, V, 3) in metres and unit normals (F, V, 3) of a moving body, by linear blend skinning.

    ``rotations_local`` (F, 55, 4) XYZW, ``translation`` (F, 3) metres. Device and dtype follow the rotations.
    """
    turn, shift = surface.bone_transforms(rotations_local, translation)  # (F, 55, 3, 3), (F, 55, 3)
    bones = torch.cat([turn, shift[..., None]], -1)  # (F, 55, 3, 4)
    flat = bones.transpose(0, 1).flatten(1)  # (55, F 12)
    blended = functional.embedding_bag(mannequin.joints.to(turn.device), flat, per_sample_weights=mannequin.weights.to(turn), mode="sum")
    blended = blended.view(-1, len(turn), 3, 4).transpose(0, 1)  # (F, V, 3, 4)
    vertices = (blended[..., :3] * mannequin.vertices.to(turn)[:, None]).sum(-1) + blended[..., 3]
    normals = (blended[..., :3] * mannequin.normals.to(turn)[:, None]).sum(-1)
    return vertices, functional.normalize(normals, dim=-1)


def _version() -> str:
    """Names what the mannequin is made of: the code of its shape and the skeleton's lengths."""
    code = Path(__file__).read_bytes() + Path(surface.__file__).read_bytes()
    return hashlib.sha256(code + skeleton.OFFSETS.numpy().tobytes()).hexdigest()[:16]


def _colored(shape: Surface, color: Rgb) -> Mannequin:
    """A surface in one colour, with the four largest weights of each vertex."""
    top = shape.weights.topk(4, dim=-1)
    weights = top.values / top.values.sum(-1, keepdim=True)
    return Mannequin(shape.vertices, shape.faces, shape.normals, torch.tensor(color).repeat(len(shape.vertices), 1), top.indices, weights)


def _mirror_image(piece: Mannequin) -> Mannequin:
    flip = torch.tensor([-1.0, 1.0, 1.0])
    joints = torch.tensor(skeleton.MIRROR)[piece.joints]
    return replace(piece, vertices=piece.vertices * flip, normals=piece.normals * flip, faces=piece.faces.flip(-1), joints=joints)


def _left_eye() -> list[Mannequin]:
    """A white shell, and an iris and a pupil that stand a little before it."""
    caps = (0.0, 100.0, _SCLERA), (0.0004, 33.0, _IRIS), (0.0008, 17.0, _PUPIL)
    return [_colored(_cap(_EYE_RADIUS_M + before_m, angle_deg), color) for before_m, angle_deg, color in caps]


def _cap(radius_m: float, angle_deg: float) -> Surface:
    """The part of a sphere around the left eye within ``angle_deg`` of the direction of gaze."""
    around, rings = 18, 5
    polar = torch.deg2rad(torch.linspace(0.0, angle_deg, rings + 1)[1:])[:, None]
    azimuth = torch.arange(around) * (2 * torch.pi / around)
    circles = torch.stack([polar.sin() * azimuth.cos(), polar.sin() * azimuth.sin(), polar.cos().expand(-1, around)], -1)
    normals = torch.cat([torch.tensor([[0.0, 0.0, 1.0]]), circles.reshape(-1, 3)])
    i = torch.arange(around)
    j = (i + 1) % around
    faces = [torch.stack([torch.zeros_like(i), 1 + i, 1 + j], -1)]
    for inner in range(1, 1 + (rings - 1) * around, around):
        outer = inner + around
        faces += [torch.stack([inner + i, outer + i, outer + j], -1), torch.stack([inner + i, outer + j, inner + j], -1)]
    eye = skeleton.INDEX["left_eye_smplhf"]
    weights = functional.one_hot(torch.full((len(normals),), eye), skeleton.JOINTS).float()
    return Surface(surface.rest_positions()[eye] + radius_m * normals, torch.cat(faces), normals, weights)
