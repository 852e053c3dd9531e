"""What captured takes show of posture, frame by frame: the material of ``evals/posture_fit.py``.

Both arms are read as left arms, the right one in a mirror.
"""
import json
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from chironomia.motion_library import ik, rotations, skeleton
from chironomia.motion_library.bvh import read_bvh
from chironomia.motion_library.handshapes import FINGER_JOINTS
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.skeleton import ARM_LENGTH_M

MOVED, BENT_DEG, ABOVE = 0.20, 20.0, -0.85  # arm lengths from where the take began; flexion; arm lengths from the shoulder's height
ACTIVE = 0.25  # arm lengths from where the take began: then trunk and head are looked at


@dataclass(frozen=True)
class Frames:
    """Frames of takes seen as left-handed ones; N of them. Places in arm lengths, in the chest's axes unless said; angles in degrees."""

    take: Tensor  # (N,)
    performer: Tensor  # (N,)
    wrist: Tensor  # (N, 3) from the shoulder's rest place
    line: Tensor  # (N, 3) from the shoulder
    swivel: Tensor  # (N,) of the elbow from the pole
    palm: Tensor  # (N, 3)
    clavicle: Tensor  # (N, 2) lift, protraction
    bent: Tensor  # (N,) elbow flexion
    forearm: Tensor  # (N, 3) twist, flexion, deviation
    fingers: Tensor  # (N, 15, 3) angles
    moved: Tensor  # (N, 3) the wrist, from where the take began: as the chest sees it, so that who turns does not move a hand by that
    other: Tensor  # (N, 3) the other wrist's likewise, out, up, forward of its own side
    hung: Tensor  # (N,) whether both arms hung when the take began
    from_pelvis: Tensor  # (N, 3) the wrist in the world
    trunk: Tensor  # (N, 3) pitch, yaw, roll of the chest upon the pelvis, from where the take began
    head: Tensor  # (N, 3) of the head upon the chest likewise

    def where(self, keep: Tensor) -> "Frames":
        """Only the frames that ``keep`` (N,) says."""
        return Frames(**{f.name: getattr(self, f.name)[keep] for f in fields(self)})

    @property
    def weight(self) -> Tensor:
        """(N,) by which every take counts the same."""
        counts = torch.bincount(self.take)
        return 1.0 / counts[self.take]


def frames_of(motion: Motion, take: int, performer: int) -> Frames:
    """What one take shows of its left arm, and of trunk and head."""
    places, world = skeleton.forward_kinematics(motion.rotations, motion.translation)
    chest = world[:, skeleton.INDEX["spine3"]]
    seen = rotations.inverse(chest)
    chest_at, shoulder, elbow, wrist = (places[:, j] for j in (skeleton.INDEX["spine3"], ik.SHOULDER, ik.ELBOW, ik.WRIST))
    rest_shoulder = skeleton.OFFSETS[ik.COLLAR] + skeleton.OFFSETS[ik.SHOULDER]
    line = rotations.rotate(seen, wrist - shoulder)
    palm = rotations.rotate(rotations.multiply(seen, world[:, ik.WRIST]), torch.tensor([0.0, -1.0, 0.0]))
    collar = torch.rad2deg(rotations.to_rotvec(motion.rotations[:, ik.COLLAR]))
    angles = torch.rad2deg(skeleton.swing_twist_angles(motion.rotations))
    twist = angles[:, ik.ELBOW, 0] + angles[:, ik.WRIST, 0]
    mine, theirs = (rotations.rotate(seen, at - chest_at) / ARM_LENGTH_M for at in (wrist, places[:, skeleton.INDEX["right_wrist"]]))
    mirror = torch.tensor([-1.0, 1.0, 1.0])
    head = rotations.multiply(seen, world[:, skeleton.INDEX["head"]])
    return Frames(
        take=torch.full((len(wrist),), take),
        performer=torch.full((len(wrist),), performer),
        wrist=(rotations.rotate(seen, wrist - chest_at) - rest_shoulder) / ARM_LENGTH_M,
        line=line / ARM_LENGTH_M,
        swivel=torch.rad2deg(ik.swivel_of(line, rotations.rotate(seen, elbow - shoulder))),
        palm=palm,
        clavicle=torch.stack([collar[:, 2], -collar[:, 1]], -1),
        bent=-angles[:, ik.ELBOW, 1],
        forearm=torch.stack([twist, -angles[:, ik.WRIST, 2], angles[:, ik.WRIST, 1]], -1),
        fingers=angles[:, list(FINGER_JOINTS["left"])],
        moved=mine - mine[0],
        other=(theirs - theirs[0]) * mirror,
        hung=_hang_at_first(places).expand(len(wrist)),
        from_pelvis=(wrist - places[:, 0]) / ARM_LENGTH_M,
        trunk=_since_start(rotations.multiply(rotations.inverse(world[:, 0]), chest)),
        head=_since_start(head),
    )


def _since_start(turned: Tensor) -> Tensor:
    """Rotation vectors (F, 3) in degrees of rotations (F, 4), less the first."""
    vectors = torch.rad2deg(rotations.to_rotvec(turned))
    return vectors - vectors[0]


def _hang_at_first(places: Tensor) -> Tensor:
    """() whether both wrists are by the thighs in the first of places (F, 55, 3)."""
    below = [places[0, skeleton.INDEX[f"{side}_wrist"], 1] - places[0, skeleton.INDEX[f"{side}_shoulder"], 1] for side in ("left", "right")]
    return torch.stack(below).amax() < ABOVE * ARM_LENGTH_M


def read_frames(folder: Path) -> Frames:
    """Every frame of every take, both arms. Performers are told apart by what stands before the @ of a take's name."""
    rows = [json.loads(line) for line in (folder / "clips.jsonl").read_text(encoding="utf-8").splitlines()]
    people = sorted({row["name"].split("@")[0] for row in rows})
    found = []
    for take, row in enumerate(rows):
        motion = read_bvh(folder / row["file"])
        person = people.index(row["name"].split("@")[0])
        found += [frames_of(seen, take, person) for seen in (motion, motion.mirrored())]
    return Frames(**{f.name: torch.cat([getattr(frames, f.name) for frames in found]) for f in fields(Frames)})


def gesturing(frames: Frames) -> Tensor:
    """(N,) whether the hand is raised, was moved, and the elbow is bent enough to say where it is."""
    moved: Tensor = frames.moved.norm(dim=-1) > MOVED
    return moved & (frames.bent > BENT_DEG) & (frames.wrist[:, 1] > ABOVE)


def hanging(frames: Frames) -> Tensor:
    """(N,) whether the arm hangs."""
    still: Tensor = frames.moved.norm(dim=-1) <= MOVED
    return still & (frames.wrist[:, 1] <= ABOVE)


def gesturing_body(frames: Frames) -> Tensor:
    """(N,) whether a hand is far from where it hung when the take began."""
    return torch.maximum(frames.moved.norm(dim=-1), frames.other.norm(dim=-1)).gt(ACTIVE) & frames.hung
