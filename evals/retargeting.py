"""How faithfully hands are carried from another skeleton onto ours: ``python -m chironomia.evals.retargeting [--draw OUT] PATHS``.

A wrist's place from its shoulder, in units of the arm's length (upper arm and forearm), is compared with the source's, over all frames
and both hands; so is how far the lower foot is from the ground. ``--draw`` puts the source as a stick figure above our body, a PNG for each
motion in the folder OUT, to be looked at.
"""
import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.bvh import parse_bvh
from chironomia.motion_library.draw import Framing, View, camera, pictures, save_png
from chironomia.motion_library.gltf import parse_gltf
from chironomia.motion_library.joint_names import joint_map
from chironomia.motion_library.mannequin import Mannequin, build_mannequin
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.retarget import ForeignMotion, retarget, upright, world
from chironomia.motion_library.within_limits import within_limits


@dataclass(frozen=True)
class Fidelity:
    """Of one clip: hand errors (F, 2) in arm lengths, and the lower sole's height (F,) above the ground in metres."""

    hand_errors: Tensor
    foot_height_m: Tensor


def imported(source: ForeignMotion) -> Motion:
    """What importing makes of a source, at the source's frame rate."""
    return within_limits(retarget(source))[0]


def fidelity(source: ForeignMotion) -> Fidelity:
    """Compare a source with what importing makes of it."""
    motion = imported(source)
    theirs = _from_shoulders(world(upright(source))[0], joint_map(source.names, source.parents))
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


def beside_source(source: ForeignMotion, mannequin: Mannequin, columns: int = 6, tile: tuple[int, int] = (230, 300)) -> Image.Image:
    """The source as a stick figure of our size (left orange, right blue) above our body, from the front and from half left."""
    motion, theirs = imported(source), upright(source)
    places = _to_our_size(theirs, motion)
    at = torch.linspace(0, motion.frames - 1, columns + 2)[1:-1].round().long()
    still = Motion(motion.rotations[at], motion.translation[at], motion.fps)
    width, height = tile
    sheet = Image.new("RGB", (width * columns, 4 * height), (250, 250, 251))
    for row, view in enumerate((View.FRONT, View.THREE_QUARTER)):
        seen = camera(still.positions(), view, Framing.FULL, width / height)
        for column, image in enumerate(pictures(still, seen, mannequin, width, height)):
            sheet.paste(_sticks(theirs, seen.project(places[at[column]], height, width), tile), (column * width, 2 * row * height))
            sheet.paste(image, (column * width, (2 * row + 1) * height))
    return sheet


def _to_our_size(source: ForeignMotion, motion: Motion) -> Tensor:
    """Their joints (F, J, 3) where ours would be: scaled by the legs, the middle of the hips over ours."""
    places, _ = world(source)
    joints = joint_map(source.names, source.parents)
    knee, ankle = (source.offsets[joints[f"left_{name}"]].norm() for name in ("knee", "ankle"))
    ours = sum(float(skeleton.OFFSETS[skeleton.INDEX[f"left_{name}"]].norm()) for name in ("knee", "ankle"))
    places = places * float(ours / (knee + ankle))
    hips = [[index[f"{side}_hip"] for side in ("left", "right")] for index in (joints, skeleton.INDEX)]
    shift: Tensor = motion.positions()[:, hips[1]].mean(1) - places[:, hips[0]].mean(1)
    return places + shift[:, None]


def _sticks(source: ForeignMotion, pixels: Tensor, tile: tuple[int, int]) -> Image.Image:
    """Bones of one frame at pixels (J, 3); a joint's side is that of the joint of ours that follows it, or of the one it hangs from."""
    image = Image.new("RGB", tile, (250, 250, 251))
    draw = ImageDraw.Draw(image)
    colors = {"left": (214, 96, 44), "right": (40, 110, 190)}
    ours = {joint: name.split("_")[0] for name, joint in joint_map(source.names, source.parents).items()}
    side = ["middle"] * len(source.names)
    for joint, parent in list(enumerate(source.parents))[1:]:
        side[joint] = ours.get(joint, side[parent])
        ends = [(float(x), float(y)) for x, y in pixels[[parent, joint], :2].tolist()]
        draw.line(ends, fill=colors.get(side[joint], (90, 96, 106)), width=3)
    return image


def _sources(paths: list[Path]) -> Iterator[tuple[str, ForeignMotion]]:
    """Every motion of the BVH and glTF files in ``paths``, with a name for it."""
    for file in (f for path in paths for f in (sorted(path.rglob("*")) if path.is_dir() else [path])):
        if file.suffix == ".bvh":
            yield file.stem, parse_bvh(file)
        elif file.suffix in (".glb", ".gltf"):
            for name, source in parse_gltf(file).items():
                yield f"{file.stem} {name}", source


def main() -> None:
    """Print medians and 95th percentiles over all frames of the files given (or in the folders given); draw them if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--draw", type=Path, metavar="OUT", help="folder for a PNG of each motion")
    arguments = parser.parse_args()
    found = []
    for name, source in _sources(arguments.paths):
        found.append(fidelity(source))
        if arguments.draw:
            save_png(beside_source(source, build_mannequin()), arguments.draw / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.png")
    hands = torch.cat([f.hand_errors.flatten() for f in found])
    soles = torch.cat([f.foot_height_m.abs() for f in found])
    print(f"{len(found)} motions, {len(soles)} frames")
    print(f"hands from shoulders: median {hands.median():.4f}, 95 % {hands.quantile(0.95):.4f}, worst {hands.max():.4f} arm lengths")
    print(f"lower sole off the ground: median {soles.median():.4f}, 95 % {soles.quantile(0.95):.4f} m")


if __name__ == "__main__":
    main()
