"""How faithfully hands are carried from another skeleton onto ours: ``python -m chironomia.evals.retargeting FILES``.

A wrist's place from its shoulder, in units of the arm's length (upper arm and forearm), is compared with the source's, over all frames
and both hands; so is how far the lower foot is from the ground.
"""
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.bvh import parse_bvh
from chironomia.motion_library.joint_names import joint_map
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.retarget import ForeignMotion, retarget, world


@dataclass(frozen=True)
class Fidelity:
    """Of one clip: hand errors (F, 2) in arm lengths, and the lower sole's height (F,) above the ground in metres."""

    hand_errors: Tensor
    foot_height_m: Tensor


def fidelity(source: ForeignMotion) -> Fidelity:
    """Compare a source, whose rest pose is Y up and faces +Z, with what retargeting makes of it."""
    motion = retarget(source)
    theirs = _from_shoulders(world(source)[0], joint_map(source.names, source.parents))
    ours = _from_shoulders(motion.positions(), skeleton.INDEX)
    return Fidelity((theirs - ours).norm(dim=-1), _sole_height(motion))


def _from_shoulders(places: Tensor, joints: dict[str, int]) -> Tensor:
    """Wrists (F, 2, 3) from their shoulders in arm lengths."""
    shoulder, elbow, wrist = (places[:, [joints[f"{side}_{n}"] for side in ("left", "right")]] for n in ("shoulder", "elbow", "wrist"))
    length = (elbow - shoulder).norm(dim=-1, keepdim=True) + (wrist - elbow).norm(dim=-1, keepdim=True)
    from_shoulder: Tensor = (wrist - shoulder) / length
    return from_shoulder


def _sole_height(motion: Motion) -> Tensor:
    feet = [skeleton.INDEX[f"{side}_{n}"] for side in ("left", "right") for n in ("foot", "ankle")]
    standing, _ = skeleton.forward_kinematics(rotations.identity(skeleton.JOINTS), torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0]))
    return (motion.positions()[:, feet, 1] - standing[feet, 1]).amin(1)


def main() -> None:
    """Print medians and 95th percentiles over all frames of the BVH files given (or in the folders given)."""
    files = [f for path in map(Path, sys.argv[1:]) for f in (sorted(path.rglob("*.bvh")) if path.is_dir() else [path])]
    found = [fidelity(parse_bvh(file)) for file in files]
    hands = torch.cat([f.hand_errors.flatten() for f in found])
    soles = torch.cat([f.foot_height_m.abs() for f in found])
    print(f"{len(files)} files, {len(soles)} frames")
    print(f"hands from shoulders: median {hands.median():.4f}, 95 % {hands.quantile(0.95):.4f}, worst {hands.max():.4f} arm lengths")
    print(f"lower sole off the ground: median {soles.median():.4f}, 95 % {soles.quantile(0.95):.4f} m")


if __name__ == "__main__":
    main()
