"""One .npz file that readers of BEAT2 and of AMASS both accept, and a reader of both.

``trans`` is what SMPL-X means by it: the model adds the place its own pelvis has at rest, so ``trans`` is the pelvis'
place less that. We subtract the place it has in the neutral mean shape, which is what a viewer adds when it shows our zero
betas, and write it down as the extra key ``pelvis_rest``. ``trans`` has 64 bits, so that our translation, which has 32,
comes back exactly.
"""
import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.handshapes import FINGER_JOINTS
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.part import WHOLE, Part
from chironomia.motion_library.retarget import ground_shift, relaxed_fingers

# Of the pelvis joint in the zero pose of neutral SMPL-X with zero betas, metres, to the millimetre.
PELVIS_REST_M = (0.003, -0.351, 0.012)
BETAS = 300  # as many as BEAT2 has; AMASS readers take the first 16
EXPRESSIONS = 100
_WIDTHS = {165: "SMPL-X", 156: "SMPL+H"}
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say: the same motion gives the same bytes


def write_npz(motion: Motion, path: str | Path) -> None:
    """Write a motion with the keys of BEAT2 and of AMASS (SMPL-X): axis-angle in radians, metres, neutral body.

    No pickled objects; the same motion gives the same bytes.
    """
    Path(path).write_bytes(_archive(_arrays(motion)))


def _arrays(motion: Motion) -> dict[str, NDArray[np.generic]]:
    poses = rotations.to_rotvec(motion.rotations.detach().cpu().double()).flatten(1).numpy().astype(np.float32)  # (F, 165)
    pelvis = motion.translation.detach().cpu().double().numpy()
    frames, rate = motion.frames, np.array(motion.fps, dtype=np.float64)
    return {
        "poses": poses,
        "trans": pelvis - np.array(PELVIS_REST_M),
        "betas": np.zeros(BETAS, np.float32),
        "expressions": np.zeros((frames, EXPRESSIONS), np.float32),
        "gender": np.array("neutral"),
        "model": np.array("smplx2020"),
        "surface_model_type": np.array("smplx"),
        "mocap_frame_rate": rate,
        "mocap_framerate": rate,
        "mocap_time_length": np.array(frames / motion.fps),
        "num_betas": np.array(BETAS),
        "root_orient": poses[:, :3],
        "pose_body": poses[:, 3:66],
        "pose_jaw": poses[:, 66:69],
        "pose_eye": poses[:, 69:75],
        "pose_hand": poses[:, 75:],
        "pelvis_rest": np.array(PELVIS_REST_M),
    }


def _archive(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """A deflated .npz whose bytes depend on the arrays alone."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            info = zipfile.ZipInfo(name + ".npy", _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue(), compresslevel=6)
    return out.getvalue()


def read_npz(path: str | Path, part: Part = WHOLE) -> Motion:
    """The motion in one of our files, or in one of BEAT2 or AMASS, SMPL-X (F, 165) or SMPL+H (F, 156).

    Bodies of other people: the shape is left behind, joints turn as in the file on our skeleton, whose lower foot stands
    on Y = 0 in the median frame. SMPL+H has no jaw and no eyes: they rest. Hands that stay flat were not captured: they are relaxed. A
    body that stands along Z (as in AMASS) is turned to stand along Y. Raises ValueError for other files, missing keys, wrong shapes, no
    frames, NaN, hands that count from a mean that the file does not hold, and for a ``part`` that is not there.
    """
    if not zipfile.is_zipfile(Path(path).resolve(strict=True)):
        raise ValueError(f"{path}: expected a .npz archive of BEAT2 or AMASS, got a file that is no (or half a) zip archive")
    try:
        with np.load(path, allow_pickle=False) as file:
            return _motion(file, part)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{path}: the archive is damaged: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _motion(file: Mapping[str, NDArray[np.generic]], part: Part) -> Motion:
    poses, fps = _poses(file), _rate(file)
    places = _array(file, "trans", (len(poses), 3))
    frames = part.frames(len(poses), fps)
    turns, places = rotations.from_rotvec(poses[frames]), places[frames]  # (F, 55, 4), (F, 3)
    if "pelvis_rest" in file:
        return Motion(rotations.continuous(turns.float()), (places + _array(file, "pelvis_rest", (3,))).float(), fps)
    pelvis = places + turns.new_tensor(PELVIS_REST_M)
    if _stands_along_z(turns[:, 0]):
        to_y_up = rotations.from_rotvec(turns.new_tensor([-torch.pi / 2, 0.0, 0.0]))
        turns[:, 0] = rotations.multiply(to_y_up, turns[:, 0].clone())
        pelvis = rotations.rotate(to_y_up, pelvis)
    pelvis[:, 1] += ground_shift(skeleton.forward_kinematics(turns, pelvis)[0])
    for side, joints in FINGER_JOINTS.items():
        if not bool(poses[:, joints].any()):
            turns[:, joints] = relaxed_fingers(side).to(turns)
    return Motion(rotations.continuous(turns.float()), pelvis.float(), fps)


def _poses(file: Mapping[str, NDArray[np.generic]]) -> Tensor:
    """Rotation vectors (F, 55, 3) in radians; what SMPL+H lacks is zero."""
    if "poses" in file:
        poses = _array(file, "poses", None)
    else:
        parts = [_array(file, key, None) for key in ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand")]
        poses = torch.cat(parts, -1)
    if poses.ndim != 2 or poses.shape[1] not in _WIDTHS or len(poses) == 0:
        widths = " or ".join(f"(F, {width}) for {model}" for width, model in _WIDTHS.items())
        raise ValueError(f"expected poses {widths}, with F > 0, got {tuple(poses.shape)}")
    if poses.shape[1] == 156:
        poses = torch.cat([poses[:, :66], poses.new_zeros(len(poses), 9), poses[:, 66:]], 1)
    if "flat_hand_mean" in file and not bool(np.all(file["flat_hand_mean"])):
        poses[:, 75:] += _hand_mean(file)
    return poses.reshape(len(poses), skeleton.JOINTS, 3)


def _hand_mean(file: Mapping[str, NDArray[np.generic]]) -> Tensor:
    """The pose (90,) from which the hands of models made with flat_hand_mean=False count; it is added as SMPL-X does, vector to vector."""
    if not {"hands_meanl", "hands_meanr"} <= set(file):
        raise ValueError(
            "the file says flat_hand_mean = False: its hands count from the mean hand of the body model, which is not here; add the "
            "model's hands_meanl and hands_meanr (45 numbers each) to the file, or save the poses with flat_hand_mean = True"
        )
    return torch.cat([_array(file, "hands_meanl", (45,)), _array(file, "hands_meanr", (45,))])


def _array(file: Mapping[str, NDArray[np.generic]], key: str, shape: tuple[int, ...] | None) -> Tensor:
    if key not in file:
        raise ValueError(f"expected the keys of BEAT2 or AMASS; {key!r} is missing, the file has {', '.join(sorted(file))}")
    array = file[key]
    if array.dtype.kind not in "fiu" or (shape is not None and array.shape != shape):
        raise ValueError(f"expected {key} to hold numbers of shape {shape or '(F, …)'}, got {array.dtype} {array.shape}")
    tensor = torch.from_numpy(array.astype(np.float64))
    if not torch.isfinite(tensor).all():
        raise ValueError(f"{key} holds NaN or infinite numbers")
    return tensor


def _rate(file: Mapping[str, NDArray[np.generic]]) -> float:
    for key in ("mocap_frame_rate", "mocap_framerate"):
        if key in file:
            if (rate := float(_array(file, key, None))) > 0:
                return rate
            raise ValueError(f"expected a positive frame rate in {key}, got {rate:g}")
    raise ValueError("expected a frame rate in the key mocap_frame_rate (BEAT2, AMASS SMPL-X) or mocap_framerate (AMASS SMPL+H)")


def _stands_along_z(root: Tensor) -> bool:
    """Whether the body's long axis lies along the world's Z on average: the recording had Z up."""
    up = rotations.rotate(root, root.new_tensor([0.0, 1.0, 0.0])).mean(0)
    return bool(up[2] > up[1].abs() and up[2] > up[0].abs())
