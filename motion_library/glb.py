"""GLB (binary glTF 2.0): the moving mannequin, for three.js, Blender, Godot, Unity and Unreal.

A skinned mesh, because importers take animation on bare nodes for a heap of empties; channels of translation, rotation
only, interpolated LINEAR; the joints rest in the T pose of the skeleton, Y up, metres.
"""
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.joint_names import mixamo_name
from chironomia.motion_library.motion import Motion

if TYPE_CHECKING:
    from chironomia.motion_library.mannequin import Mannequin

_STILL = 1e-6  # a quaternion component (or metre) that changes less is constant: below what 32 bits tell apart at 1
_COMPONENT = {"float32": 5126, "uint32": 5125, "uint16": 5123, "uint8": 5121}
_TYPE = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_VERTICES, _INDICES = 34962, 34963  # buffer view targets


def write_glb(
    motion: Motion, path: str | Path, mannequin: "Mannequin", name: str = "motion", names: Literal["smplx", "mixamo"] = "smplx"
) -> None:
    """Write ``motion`` as one animation called ``name`` of the skinned ``mannequin`` (its mesh in the rest pose).

    The scene's roots are ``Armature`` (over the joints, named as SMPL-X or as Mixamo does) and the mesh ``Body``. Joints
    that do not move have no channel. Raises ValueError for a mannequin whose parts do not fit together.
    """
    Path(path).write_bytes(glb_bytes(motion, mannequin, name, names))


def glb_bytes(motion: Motion, mannequin: "Mannequin", name: str = "motion", names: Literal["smplx", "mixamo"] = "smplx") -> bytes:
    """What :func:`write_glb` writes."""
    from pygltflib import GLTF2, Animation, Asset, Buffer, Mesh, Node, Primitive, Scene, Skin

    _check(mannequin)
    packer = _Packer()
    primitive = Primitive(attributes=_attributes(packer, mannequin), indices=_faces(packer, mannequin), material=0)
    inverse_bind = packer.add(_inverse_bind_matrices())
    animation = Animation(name=name, **_animation(packer, motion))
    joints = _joint_nodes(names)
    armature, body = len(joints), len(joints) + 1
    gltf = GLTF2(
        asset=Asset(version="2.0", generator="Chironomia"),
        scene=0,
        scenes=[Scene(nodes=[armature, body])],
        nodes=[*joints, Node(name="Armature", children=[0]), Node(name="Body", mesh=0, skin=0)],
        skins=[Skin(name="Skeleton", joints=list(range(skeleton.JOINTS)), inverseBindMatrices=inverse_bind, skeleton=armature)],
        meshes=[Mesh(name="Body", primitives=[primitive])],
        materials=[_material()],
        animations=[animation],
        accessors=packer.accessors,
        bufferViews=packer.views,
        buffers=[Buffer(byteLength=len(packer.data))],
    )
    gltf.set_binary_blob(bytes(packer.data))
    return b"".join(gltf.save_to_bytes())


@dataclass
class _Packer:
    """Appends arrays to one buffer, each aligned to four bytes, with its view and accessor."""

    data: bytearray = field(default_factory=bytearray)
    views: list[Any] = field(default_factory=list)
    accessors: list[Any] = field(default_factory=list)

    def add(self, array: NDArray[Any], target: int | None = None, bounds: bool = False, normalized: bool = False) -> int:
        """Append (N,) or (N, 3 | 4 | 16); the index of the new accessor."""
        from pygltflib import Accessor, BufferView

        packed = array.tobytes()
        self.views.append(BufferView(buffer=0, byteOffset=len(self.data), byteLength=len(packed), target=target))
        self.data += packed + bytes(-len(packed) % 4)
        rows = array.reshape(len(array), -1)
        self.accessors.append(
            Accessor(
                bufferView=len(self.views) - 1,
                componentType=_COMPONENT[str(array.dtype)],
                count=len(array),
                type=_TYPE[rows.shape[1]],
                normalized=normalized or None,
                min=rows.min(0).tolist() if bounds else None,
                max=rows.max(0).tolist() if bounds else None,
            )
        )
        return len(self.accessors) - 1


def _check(mannequin: "Mannequin") -> None:
    count = len(mannequin.vertices)
    shapes = {name: tuple(getattr(mannequin, name).shape) for name in ("vertices", "normals", "colors", "joints", "weights")}
    wanted = {"vertices": (count, 3), "normals": (count, 3), "colors": (count, 3), "joints": (count, 4), "weights": (count, 4)}
    if shapes != wanted or count == 0:
        raise ValueError(f"expected a mannequin with {wanted} for one V > 0, got {shapes}")
    faces = mannequin.faces
    if faces.ndim != 2 or faces.shape[1] != 3 or len(faces) == 0 or int(faces.min()) < 0 or int(faces.max()) >= count:
        raise ValueError(f"expected faces (N, 3) with indices below {count}, got {tuple(faces.shape)}")
    if float((mannequin.weights.sum(1) - 1).abs().max()) > 1e-3:
        raise ValueError("expected skinning weights that sum to 1 at every vertex")


def _numpy(tensor: Tensor, dtype: str) -> NDArray[Any]:
    return np.ascontiguousarray(tensor.detach().cpu().numpy().astype(dtype))


def _attributes(packer: _Packer, mannequin: "Mannequin") -> Any:
    from pygltflib import Attributes

    weights = mannequin.weights / mannequin.weights.sum(1, keepdim=True)
    joints = torch.where(weights > 0, mannequin.joints, torch.zeros_like(mannequin.joints))  # glTF wants 0 where nothing pulls
    normals = torch.nn.functional.normalize(mannequin.normals, dim=1)
    colors = torch.cat([_linear(mannequin.colors), torch.ones_like(mannequin.colors[:, :1])], 1) * 65535.0
    return Attributes(
        POSITION=packer.add(_numpy(mannequin.vertices, "float32"), _VERTICES, bounds=True),
        NORMAL=packer.add(_numpy(normals, "float32"), _VERTICES),
        COLOR_0=packer.add(_numpy(colors.round(), "uint16"), _VERTICES, normalized=True),
        JOINTS_0=packer.add(_numpy(joints, "uint8"), _VERTICES),
        WEIGHTS_0=packer.add(_numpy(weights, "float32"), _VERTICES),
    )


def _linear(srgb: Tensor) -> Tensor:
    """sRGB in 0-1 to linear light, as glTF stores vertex colours (IEC 61966-2-1)."""
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _faces(packer: _Packer, mannequin: "Mannequin") -> int:
    # 65535 is not an index but the restart of a strip.
    kind = "uint16" if len(mannequin.vertices) < 65535 else "uint32"
    return packer.add(_numpy(mannequin.faces.reshape(-1), kind), _INDICES)


def _material() -> Any:
    from pygltflib import Material, PbrMetallicRoughness

    rough = PbrMetallicRoughness(baseColorFactor=[1.0, 1.0, 1.0, 1.0], metallicFactor=0.0, roughnessFactor=0.75)
    return Material(name="Body", pbrMetallicRoughness=rough, alphaCutoff=None)


def _rest_offsets() -> Tensor:
    """Offsets (55, 3) from the parent at rest; the pelvis stands at its height above the ground."""
    offsets = skeleton.OFFSETS.clone()
    offsets[0] = torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0])
    return offsets


def _inverse_bind_matrices() -> NDArray[Any]:
    """(55, 16) column-major: joint frames are aligned to the world at rest, so each only moves its joint to the origin."""
    offsets = _rest_offsets()
    rest, _ = skeleton.forward_kinematics(rotations.identity(skeleton.JOINTS), offsets[0])
    matrices = torch.eye(4).repeat(skeleton.JOINTS, 1, 1)
    matrices[:, 3, :3] = -rest  # the transpose of the matrix: its columns one after another
    return _numpy(matrices.reshape(skeleton.JOINTS, 16), "float32")


def _joint_nodes(names: str) -> list[Any]:
    from pygltflib import Node

    called = [mixamo_name(n) if names == "mixamo" else n for n in skeleton.JOINT_NAMES]
    children = [[j for j, parent in enumerate(skeleton.PARENTS) if parent == joint] for joint in range(skeleton.JOINTS)]
    offsets = _rest_offsets().double().tolist()
    return [Node(name=n, translation=o, children=c) for n, o, c in zip(called, offsets, children, strict=True)]


def _animation(packer: _Packer, motion: Motion) -> dict[str, list[Any]]:
    """Samplers and channels: the pelvis' place, and the rotation of every joint that moves or leaves its rest."""
    from pygltflib import AnimationChannel, AnimationChannelTarget, AnimationSampler

    turns = rotations.continuous(torch.nn.functional.normalize(motion.rotations.detach().cpu(), dim=-1))
    frame_times = (np.arange(motion.frames) / motion.fps).astype(np.float32)
    times: dict[int, int] = {}  # accessor of the first so many frame times
    samplers, channels = [], []
    tracks = [(0, "translation", motion.translation.detach().cpu())]
    tracks += [(joint, "rotation", turns[:, joint]) for joint in range(skeleton.JOINTS) if not _rests(turns[:, joint])]
    for node, path, values in tracks:
        still = bool((values - values[:1]).abs().max() < _STILL)
        keys = values[:1] if still else values
        if len(keys) not in times:
            times[len(keys)] = packer.add(frame_times[: len(keys)], bounds=True)
        output = packer.add(_numpy(keys, "float32"))
        samplers.append(AnimationSampler(input=times[len(keys)], output=output, interpolation="LINEAR"))
        channels.append(AnimationChannel(sampler=len(samplers) - 1, target=AnimationChannelTarget(node=node, path=path)))
    return {"samplers": samplers, "channels": channels}


def _rests(turns: Tensor) -> bool:
    return bool(turns[:, :3].abs().max() < _STILL)
