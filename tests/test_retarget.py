"""Retargeting: whatever dialect of BVH a body speaks, its hands, fingers and legs go where they went at the source."""
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import roma
import torch
from torch import Tensor

from chironomia.motion_library import bvh, rotations, skeleton
from chironomia.motion_library.joint_names import mixamo_name, unmapped_names
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.rest import rest_pose
from chironomia.motion_library.retarget import ForeignMotion, retarget
from chironomia.motion_library.within_limits import within_limits

FINGERS = ("thumb", "index", "middle", "ring", "pinky")


def moving(fps: float = 30.0) -> Motion:
    """All joints sway about the rest pose, within half of their limits; the body walks a step and turns."""
    generator = torch.Generator().manual_seed(5)
    t = torch.arange(round(1.5 * fps) + 1)[:, None, None] / fps
    phase = torch.rand(skeleton.JOINTS, 3, generator=generator) * 6.28
    reach = 0.5 * torch.minimum(-skeleton.LIMITS[..., 0], skeleton.LIMITS[..., 1]).clamp(0.0, 0.9)
    sway = reach * torch.sin(2.5 * t + phase)
    sway[:, 0] = torch.tensor([0.0, 0.3, 0.0]) * t[:, 0]
    pose, place = rest_pose()
    turns = skeleton.clamp_to_limits(skeleton.from_swing_twist_angles(skeleton.swing_twist_angles(pose) + sway))
    return Motion(turns, place + t[:, 0] * torch.tensor([0.1, 0.0, 0.2]), fps)


@dataclass(frozen=True)
class Dialect:
    """How somebody's skeleton differs from ours. ``rest_deg``: how far the arms hang below a T, the elbows bend forward, and the hands
    are rolled in the rest pose. ``before``: a joint put between ours and its parent. ``z_up`` lays the world on its back."""

    names: dict[str, str]
    unit: str = "centimetres"
    fps: float = 30.0
    order: str = "ZXY"
    rest_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    before: dict[str, str] = field(default_factory=dict)
    leaves: dict[str, str] = field(default_factory=dict)  # extra joint: its parent
    root: str | None = None  # a joint on the floor above the hips
    place_everywhere: bool = False
    z_up: bool = False


def sided(table: dict[str, str], *, left: str = "Left", right: str = "Right") -> dict[str, str]:
    """For both sides, with ``<S>`` in values replaced."""
    return {f"{s}_{part}": name.replace("<S>", word) for s, word in (("left", left), ("right", right)) for part, name in table.items()}


def finger_names(pattern: str) -> dict[str, str]:
    """``pattern`` with @ for the finger, # for its number from the thumb, % for the joint."""
    return {
        f"{finger}{i}": pattern.replace("@", finger if "_" in pattern else finger.capitalize()).replace("#", str(n)).replace("%", str(i))
        for n, finger in enumerate(FINGERS) for i in (1, 2, 3)
    }  # fmt: skip


FACE = ("jaw", "left_eye_smplhf", "right_eye_smplhf")
MIXAMO = {name: "mixamorig:" + mixamo_name(name) for name in skeleton.JOINT_NAMES if name not in FACE}
LEG_ARM = {"hip": "<S>UpLeg", "knee": "<S>Leg", "ankle": "<S>Foot", "foot": "<S>ToeBase", "collar": "<S>Shoulder", "shoulder": "<S>Arm",
           "elbow": "<S>ForeArm", "wrist": "<S>Hand"}  # fmt: skip
CMU = {"pelvis": "Hips", "spine1": "LowerBack", "spine2": "Spine", "spine3": "Spine1", "neck": "Neck", "head": "Head", **sided(LEG_ARM)}
NEURON = {"pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine3", "neck": "Neck", "head": "Head",
          **sided({**LEG_ARM, **finger_names("<S>Hand@%")})}  # fmt: skip
UNREAL = {"pelvis": "pelvis", "spine1": "spine_01", "spine2": "spine_03", "spine3": "spine_05", "neck": "neck_01", "head": "head",
          **sided({"hip": "thigh_<S>", "knee": "calf_<S>", "ankle": "foot_<S>", "foot": "ball_<S>", "collar": "clavicle_<S>",
                   "shoulder": "upperarm_<S>", "elbow": "lowerarm_<S>", "wrist": "hand_<S>", **finger_names("@_0%_<S>")},
                  left="l", right="r")}  # fmt: skip
COLLARS = {"pelvis": "Hips", "spine1": "Chest", "spine3": "Chest2", "neck": "Neck", "head": "Head",
           **sided({"hip": "<S>Hip", "knee": "<S>Knee", "ankle": "<S>Ankle", "foot": "<S>Toe", "collar": "<S>Collar",
                    "shoulder": "<S>Shoulder", "elbow": "<S>Elbow", "wrist": "<S>Wrist", **finger_names("<S>Finger#%")})}  # fmt: skip
BIPED = {"pelvis": "Bip01 Pelvis", "spine1": "Bip01 Spine", "spine3": "Bip01 Spine1", "neck": "Bip01 Neck", "head": "Bip01 Head",
         **sided({"hip": "Bip01 <S> Thigh", "knee": "Bip01 <S> Calf", "ankle": "Bip01 <S> Foot", "foot": "Bip01 <S> Toe0",
                  "collar": "Bip01 <S> Clavicle", "shoulder": "Bip01 <S> UpperArm", "elbow": "Bip01 <S> Forearm", "wrist": "Bip01 <S> Hand",
                  **finger_names("Bip01 <S> Finger#%")}, left="L", right="R")}  # fmt: skip

DIALECTS = {
    "Mixamo, T pose": Dialect(MIXAMO),
    "Mixamo, A pose, ends of fingers": Dialect(
        MIXAMO, rest_deg=(45.0, 15.0, 0.0), fps=24.0, order="XYZ",
        leaves={"mixamorig:LeftHandIndex4": "left_index3", "mixamorig:HeadTop_End": "head"},
    ),
    "Mixamo, arms down, rolled hands": Dialect(MIXAMO, rest_deg=(85.0, 8.0, 70.0), unit="metres", fps=60.0),
    "CMU, no fingers": Dialect(
        CMU, unit="CMU units", fps=120.0, order="ZYX",
        before={"left_hip": "LHipJoint", "right_hip": "RHipJoint", "head": "Neck1"},
        leaves={"LThumb": "left_wrist", "LeftFingerBase": "left_wrist"},
    ),
    "Perception Neuron, places on every joint": Dialect(
        NEURON, fps=125.0, order="YXZ", place_everywhere=True,
        before={"spine3": "Spine2", **sided({f"{f}1": f"<S>InHand{f.capitalize()}" for f in FINGERS[1:]})},
    ),
    "Unreal, Z up, a root on the floor": Dialect(
        UNREAL, rest_deg=(50.0, 20.0, 25.0), root="root", z_up=True,
        before={"spine2": "spine_02", "spine3": "spine_04", "left_index1": "index_metacarpal_l", "head": "neck_02"},
        leaves={"upperarm_twist_01_l": "left_shoulder", "ik_foot_root": "root"},
    ),
    "collars and numbered fingers, inches": Dialect(COLLARS, unit="inches", fps=50.0, order="YZX", rest_deg=(70.0, 0.0, -40.0)),
    "Biped, names with spaces, twist joints within the arm": Dialect(
        BIPED, unit="inches", root="Bip01", order="XZY", rest_deg=(30.0, 25.0, 0.0),
        before={"left_wrist": "Bip01 L ForeTwist", "right_wrist": "Bip01 R ForeTwist"},
    ),
}  # fmt: skip


def rest_turns(dialect: Dialect) -> Tensor:
    """By how much each of our joints is turned in the world in the dialect's rest pose (55, 4)."""
    below, bent, rolled = (torch.deg2rad(torch.tensor(angle)) for angle in dialect.rest_deg)
    zero = torch.zeros(())
    turns = rotations.identity(skeleton.JOINTS)
    for joint, name in enumerate(skeleton.JOINT_NAMES):
        sign = 1.0 if name.startswith("left") else -1.0
        own = rotations.identity()
        if name.endswith("_shoulder"):
            own = rotations.from_rotvec(torch.stack([zero, zero, -sign * below]))
        elif name.endswith("_elbow"):
            own = rotations.from_rotvec(torch.stack([zero, -sign * bent, zero]))
        elif name.endswith("_wrist"):
            own = rotations.from_rotvec(torch.stack([rolled, zero, zero]))
        above = turns[skeleton.PARENTS[joint]] if joint else rotations.identity()
        turns[joint] = rotations.multiply(above, own)
    return turns


class Foreign:
    """Our motion on the dialect's skeleton, joint for joint in the same places, as lines of a BVH file."""

    def __init__(self, motion: Motion, dialect: Dialect) -> None:
        self.dialect, self.frames, self.fps = dialect, motion.frames, motion.fps
        self.scale = bvh.UNITS[dialect.unit]
        rest = rest_turns(dialect)
        self.world = rotations.multiply(skeleton.global_rotations(motion.rotations), rotations.inverse(rest))
        self.place = motion.translation
        self.offsets = rotations.rotate(rest[[max(p, 0) for p in skeleton.PARENTS]], skeleton.OFFSETS)
        self.tips = {name: rotations.rotate(rest[skeleton.INDEX[name]], torch.tensor(tip)) for name, tip in skeleton.TIPS.items()}
        self.columns: list[Tensor] = []

    def text(self) -> str:
        lines = ["HIERARCHY"]
        if self.dialect.root:
            lines += [f"ROOT {self.dialect.root}", "{", "OFFSET 0 0 0", self._channels(True)]
            # The root walks over the floor, the hips stay where they are above it.
            walk = self.place * torch.tensor([1.0, 0.0, 1.0])
            self._columns(walk, rotations.identity(self.frames))
            lines += [*self._joint(0, self.place - walk, rotations.identity(self.frames)), "}"]
        else:
            lines += self._joint(0, self.place, rotations.identity(self.frames), "ROOT")
        table = torch.cat(self.columns, 1).tolist()
        lines += ["MOTION", f"Frames: {self.frames}", f"Frame Time: {1.0 / self.fps:.7f}"]
        return "\n".join([*lines, *(" ".join(f"{v:.5f}" for v in row) for row in table)]) + "\n"

    def _joint(self, joint: int, place: Tensor, above: Tensor, word: str = "JOINT") -> Iterator[str]:
        """``place`` (F, 3) and the rotation ``above`` (F, 4) of what the joint hangs from."""
        name = skeleton.JOINT_NAMES[joint]
        extra = self.dialect.before.get(name)
        step = self.offsets[joint] / (2.0 if extra else 1.0)
        if extra:
            angle = torch.linspace(0.0, 0.5, self.frames) if "Twist" in extra else torch.zeros(self.frames)
            turned = rotations.from_rotvec(angle[:, None] * (step / step.norm()))
            yield from (f"{word} {extra}", "{", f"OFFSET {self._triple(step)}", self._channels(self.dialect.place_everywhere))
            self._columns(step.expand(self.frames, 3) if self.dialect.place_everywhere else None, turned)
            above = rotations.multiply(above, turned)
        yield from (f"{word} {self.dialect.names[name]}", "{", f"OFFSET {self._triple(step if joint else torch.tensor([0.1, 0.5, 0.2]))}")
        has_place = joint == 0 or self.dialect.place_everywhere
        yield self._channels(has_place)
        self._columns((place if joint == 0 else step.expand(self.frames, 3)) if has_place else None,
                      rotations.multiply(rotations.inverse(above), self.world[:, joint]))  # fmt: skip
        for child in self._children(joint):
            yield from self._joint(child, place, self.world[:, self._kept(child)])
        for leaf, parent in self.dialect.leaves.items():
            if parent == name:
                yield from (f"JOINT {leaf}", "{", "OFFSET 1 0 0", "CHANNELS 3 Xrotation Yrotation Zrotation")
                yield from ("End Site", "{", "OFFSET 1 0 0", "}", "}")
                self.columns.append(torch.linspace(0.0, 9.0, self.frames)[:, None].repeat(1, 3))
        if not self._children(joint):
            yield from ("End Site", "{", f"OFFSET {self._triple(self.tips.get(name, torch.zeros(3)))}", "}")
        yield from ["}"] * (2 if name in self.dialect.before else 1)

    def _children(self, joint: int) -> list[int]:
        """Children that the dialect has; through joints that it lacks, their children (with the whole offset)."""
        return [j for j, name in enumerate(skeleton.JOINT_NAMES) if name in self.dialect.names and j and self._kept(j) == joint]

    def _kept(self, joint: int) -> int:
        above = skeleton.PARENTS[joint]
        while skeleton.JOINT_NAMES[above] not in self.dialect.names:
            above = skeleton.PARENTS[above]
        return above

    def _channels(self, place: bool) -> str:
        turning = " ".join(f"{axis}rotation" for axis in self.dialect.order)
        return f"CHANNELS 6 Xposition Yposition Zposition {turning}" if place else f"CHANNELS 3 {turning}"

    def _columns(self, place: Tensor | None, turned: Tensor) -> None:
        degrees = roma.unitquat_to_euler(self.dialect.order, self._laid(turned).double(), degrees=True)
        self.columns.append(torch.cat(([] if place is None else [self._laid(place) * self.scale]) + [degrees], 1))

    def _triple(self, offset: Tensor) -> str:
        return " ".join(f"{v * self.scale:.5f}" for v in self._laid(offset).tolist())

    def _laid(self, values: Tensor) -> Tensor:
        """Places (..., 3) or turns (..., 4) in the dialect's world: Z up is x, -z, y."""
        if not self.dialect.z_up:
            return values
        xyz = torch.stack([values[..., 0], -values[..., 2], values[..., 1]], -1)
        return torch.cat([xyz, values[..., 3:]], -1)


def from_joint(places: Tensor, name: str, origin: str) -> Tensor:
    return places[:, skeleton.INDEX[name]] - places[:, skeleton.INDEX[origin]]


def read(tmp_path: Path, dialect: Dialect) -> tuple[Motion, ForeignMotion, Motion]:
    motion = moving(dialect.fps)
    (tmp_path / "a.bvh").write_text(Foreign(motion, dialect).text())
    source = bvh.parse_bvh(tmp_path / "a.bvh")
    return motion, source, retarget(source)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_hands_and_legs_go_where_they_went_at_the_source(tmp_path, dialect):
    motion, _, found = read(tmp_path, dialect)
    assert found.fps == pytest.approx(dialect.fps)
    theirs, ours = motion.positions(), found.positions()
    for side in ("left", "right"):
        for name, origin in (("elbow", "shoulder"), ("wrist", "shoulder"), ("knee", "hip"), ("ankle", "hip")):
            pair = f"{side}_{name}", f"{side}_{origin}"
            apart = (from_joint(theirs, *pair) - from_joint(ours, *pair)).norm(dim=-1)
            assert float(apart.max()) < 0.002 * skeleton.ARM_LENGTH_M, pair
    walked = found.translation - motion.translation
    assert float((walked - walked[:1])[:, [0, 2]].norm(dim=-1).max()) < 0.002


@pytest.mark.parametrize("dialect", [name for name, dialect in DIALECTS.items() if "left_index1" in dialect.names])
def test_fingers_and_palms_point_where_they_pointed(tmp_path, dialect):
    motion, _, found = read(tmp_path, DIALECTS[dialect])
    theirs, ours = motion.positions(), found.positions()
    for side in ("left", "right"):
        for finger in FINGERS:
            end = f"{side}_{finger}3"
            apart = (from_joint(theirs, end, f"{side}_wrist") - from_joint(ours, end, f"{side}_wrist")).norm(dim=-1)
            assert float(apart.max()) < 0.002, end


def test_a_body_without_fingers_has_relaxed_ones(tmp_path):
    _, source, found = read(tmp_path, DIALECTS["CMU, no fingers"])
    joints = [skeleton.INDEX[f"{side}_{finger}2"] for side in ("left", "right") for finger in FINGERS]
    torch.testing.assert_close(found.rotations[:, joints], rest_pose()[0][joints].expand(found.frames, -1, -1), atol=1e-6, rtol=0)
    assert {"LThumb", "LeftFingerBase", "LHipJoint", "Neck1"} <= set(unmapped_names(source.names, source.parents))


def test_what_lies_above_or_beside_the_hips_is_left_out_and_named(tmp_path):
    _, source, _ = read(tmp_path, DIALECTS["Biped, names with spaces, twist joints within the arm"])
    assert source.names[0] == "Bip01 Pelvis"
    assert source.left_out == ("Bip01",)
    assert "Bip01 L ForeTwist" in unmapped_names(source.names, source.parents)


def test_joints_beyond_their_limits_stop_there_and_the_arm_keeps_its_direction_when_only_a_collar_is():
    pose, place = rest_pose()
    bent = pose.clone()
    collar, wrist = skeleton.INDEX["left_collar"], skeleton.INDEX["right_wrist"]
    bent[collar] = rotations.from_rotvec(torch.deg2rad(torch.tensor([0.0, 0.0, 48.0])))  # 8 degrees beyond
    bent[wrist] = rotations.from_rotvec(torch.deg2rad(torch.tensor([0.0, 60.0, 0.0])))  # 35 degrees beyond
    before = Motion(torch.stack([pose, bent]), place.expand(2, 3).clone())
    after, degrees = within_limits(before)
    assert degrees == pytest.approx(35.0, abs=0.1)
    assert float(skeleton.limit_excess(after.rotations).max()) < 2e-4
    a, b = before.positions(), after.positions()
    arm = "left_index3", "left_shoulder"
    torch.testing.assert_close(from_joint(a, *arm), from_joint(b, *arm), atol=1e-5, rtol=0)
    torch.testing.assert_close(after.rotations[0], pose)


def test_a_motion_within_its_limits_is_left_alone():
    motion = moving()
    same, degrees = within_limits(motion)
    assert same is motion
    assert degrees == 0.0


def test_a_spine_bent_in_one_joint_bends_in_three_and_arms_and_head_keep_their_directions():
    pose, place = rest_pose()
    bent = pose.clone()
    bent[skeleton.INDEX["spine3"]] = rotations.from_rotvec(torch.deg2rad(torch.tensor([50.0, 10.0, 0.0])))  # 30 degrees beyond
    before = Motion(bent[None], place[None])
    after, degrees = within_limits(before)
    assert degrees == pytest.approx(30.0, abs=0.5)
    assert float(skeleton.limit_excess(after.rotations).max()) < 2e-4
    for name, origin in (("left_wrist", "left_shoulder"), ("right_index3", "right_shoulder"), ("head", "neck"), ("spine3", "pelvis")):
        a, b = from_joint(before.positions(), name, origin), from_joint(after.positions(), name, origin)
        assert float((a - b).norm()) < (0.1 if name == "spine3" else 1e-4), name


@pytest.mark.parametrize("degrees", [30.0, -130.0])
def test_a_rest_pose_that_faces_anywhere_is_understood(tmp_path, degrees):
    _, source, found = read(tmp_path, DIALECTS["Mixamo, A pose, ends of fingers"])
    turn = rotations.from_rotvec(torch.deg2rad(torch.tensor([0.0, degrees, 0.0])))
    askew = replace(
        source,
        offsets=rotations.rotate(turn, source.offsets),
        tips={joint: rotations.rotate(turn, tip) for joint, tip in source.tips.items()},
        rotations=rotations.multiply(rotations.multiply(turn, source.rotations), rotations.inverse(turn)),
        root=rotations.rotate(turn, source.root),
    )
    torch.testing.assert_close(retarget(askew).positions(), found.positions(), atol=1e-3, rtol=0)
