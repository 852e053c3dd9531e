"""Joint names: skeletons of many makers are understood, by name where it is clear and by structure where it is not."""
import pytest

from chironomia.motion_library import skeleton
from chironomia.motion_library.joint_names import joint_map, mixamo_name, unmapped_names

FINGERS = ("thumb", "index", "middle", "ring", "pinky")


def tree(*chains: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names and parents of chains such as ``Hips Spine Head``; a chain's first joint may be of an earlier chain."""
    names: list[str] = []
    parents: list[int] = []
    for chain in chains:
        above = -1
        for name in chain.split():
            name = name.replace("_SPACE_", " ")
            if name not in names:
                names.append(name)
                parents.append(above)
            above = names.index(name)
    return tuple(names), tuple(parents)


def both(*chains: str) -> list[str]:
    """Chains with ``<Left|L>`` in them, for both sides."""
    out = []
    for chain in chains:
        for long, short, low in (("Left", "L", "l"), ("Right", "R", "r")):
            out.append(chain.replace("<Side>", long).replace("<S>", short).replace("<s>", low))
    return out


CMU = tree(
    "Hips LowerBack Spine Spine1 Neck Neck1 Head",
    *both(
        "Hips <S>HipJoint <Side>UpLeg <Side>Leg <Side>Foot <Side>ToeBase", "Spine1 <Side>Shoulder <Side>Arm <Side>ForeArm <Side>Hand",
        "<Side>Hand <Side>FingerBase <Side>HandIndex1", "<Side>Hand <S>Thumb",
    ),
)  # fmt: skip
NEURON = tree(
    "Hips Spine Spine1 Spine2 Spine3 Neck Head",
    *both(
        "Hips <Side>UpLeg <Side>Leg <Side>Foot", "Spine3 <Side>Shoulder <Side>Arm <Side>ForeArm <Side>Hand",
        "<Side>Hand <Side>HandThumb1 <Side>HandThumb2 <Side>HandThumb3",
        *(f"<Side>Hand <Side>InHand{f} <Side>Hand{f}1 <Side>Hand{f}2 <Side>Hand{f}3" for f in ("Index", "Middle", "Ring", "Pinky")),
    ),
)  # fmt: skip
UNREAL = tree(
    "root pelvis spine_01 spine_02 spine_03 spine_04 spine_05 neck_01 neck_02 head",
    "root ik_foot_root ik_foot_l",
    *both(
        "pelvis thigh_<s> calf_<s> foot_<s> ball_<s>", "thigh_<s> thigh_twist_01_<s>",
        "spine_05 clavicle_<s> upperarm_<s> lowerarm_<s> hand_<s>", "lowerarm_<s> lowerarm_twist_01_<s>",
        "hand_<s> thumb_01_<s> thumb_02_<s> thumb_03_<s>",
        *(f"hand_<s> {f}_metacarpal_<s> {f}_01_<s> {f}_02_<s> {f}_03_<s>" for f in FINGERS[1:]),
    ),
)  # fmt: skip
COLLARS = tree(
    "Hips Chest Chest2 Neck Head",
    *both(
        "Hips <Side>Hip <Side>Knee <Side>Ankle <Side>Toe", "Chest2 <Side>Collar <Side>Shoulder <Side>Elbow <Side>Wrist",
        *(f"<Side>Wrist <Side>Finger{n} <Side>Finger{n}1 <Side>Finger{n}2" for n in range(5)),
    ),
)  # fmt: skip
BIPED = tree(
    "Bip01 Bip01_SPACE_Pelvis Bip01_SPACE_Spine Bip01_SPACE_Spine1 Bip01_SPACE_Neck Bip01_SPACE_Head",
    *both(
        "Bip01_SPACE_Pelvis Bip01_SPACE_<S>_SPACE_Thigh Bip01_SPACE_<S>_SPACE_Calf Bip01_SPACE_<S>_SPACE_Foot Bip01_SPACE_<S>_SPACE_Toe0",
        "Bip01_SPACE_Neck Bip01_SPACE_<S>_SPACE_Clavicle Bip01_SPACE_<S>_SPACE_UpperArm Bip01_SPACE_<S>_SPACE_Forearm "
        "Bip01_SPACE_<S>_SPACE_Hand",
    ),
)  # fmt: skip
DAZ = tree(
    "hip pelvis",
    "hip abdomenLower abdomenUpper chestLower chestUpper neckLower neckUpper head",
    *both(
        "pelvis <s>ThighBend <s>ThighTwist <s>Shin <s>Foot <s>Toe",
        "chestUpper <s>Collar <s>ShldrBend <s>ShldrTwist <s>ForearmBend <s>ForearmTwist <s>Hand",
    ),
)


VROID = tree(
    "Root J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_UpperChest J_Bip_C_Neck J_Bip_C_Head J_Sec_Hair1",
    *both(
        "J_Bip_C_Hips J_Bip_<S>_UpperLeg J_Bip_<S>_LowerLeg J_Bip_<S>_Foot J_Bip_<S>_ToeBase",
        "J_Bip_C_UpperChest J_Bip_<S>_Shoulder J_Bip_<S>_UpperArm J_Bip_<S>_LowerArm J_Bip_<S>_Hand",
        *(f"J_Bip_<S>_Hand J_Bip_<S>_{f}1 J_Bip_<S>_{f}2 J_Bip_<S>_{f}3" for f in ("Thumb", "Index", "Middle", "Ring", "Little")),
    ),
)  # fmt: skip
VRM = tree(
    "hips spine chest upperChest neck head",
    *[line.replace("LEFT", side) for side in ("left", "right") for line in (
        "hips LEFTUpperLeg LEFTLowerLeg LEFTFoot LEFTToes", "upperChest LEFTShoulder LEFTUpperArm LEFTLowerArm LEFTHand",
        "LEFTHand LEFTThumbMetacarpal LEFTThumbProximal LEFTThumbDistal",
        *(f"LEFTHand LEFT{f}Proximal LEFT{f}Intermediate LEFT{f}Distal" for f in ("Index", "Middle", "Ring", "Little")),
    )],
)  # fmt: skip
NUMBERED_BUT_THE_THUMB = tree(
    "Hips Spine Neck Head",
    *both(
        "Hips <Side>UpLeg <Side>Leg <Side>Foot", "Spine <Side>Collar <Side>Arm <Side>ForeArm <Side>Hand",
        "<Side>Hand <Side>Thumb1 <Side>Thumb2", *(f"<Side>Hand <Side>Finger{n}1 <Side>Finger{n}2" for n in range(4)),
    ),
)  # fmt: skip


def named(skeleton_of: tuple[tuple[str, ...], tuple[int, ...]]) -> dict[str, str]:
    names, parents = skeleton_of
    return {ours: names[joint] for ours, joint in joint_map(names, parents).items()}


def test_our_own_names_and_mixamos_are_understood_whole():
    whole = {name: i for i, name in enumerate(skeleton.JOINT_NAMES)}
    assert joint_map(skeleton.JOINT_NAMES, skeleton.PARENTS) == whole
    for prefix in ("", "mixamorig:", "mixamorig", "Armature|mixamorig9:"):
        assert joint_map([prefix + mixamo_name(n) for n in skeleton.JOINT_NAMES], skeleton.PARENTS) == whole


@pytest.mark.parametrize(
    ("source", "collar", "shoulder", "knee", "chest", "neck"),
    [
        (CMU, "LeftShoulder", "LeftArm", "LeftLeg", "Spine1", "Neck"),
        (NEURON, "LeftShoulder", "LeftArm", "LeftLeg", "Spine3", "Neck"),
        (UNREAL, "clavicle_l", "upperarm_l", "calf_l", "spine_05", "neck_01"),
        (COLLARS, "LeftCollar", "LeftShoulder", "LeftKnee", "Chest2", "Neck"),
        (BIPED, "Bip01 L Clavicle", "Bip01 L UpperArm", "Bip01 L Calf", "Bip01 Neck", None),
    ],
)
def test_limbs_and_trunk_are_found_whatever_they_are_called(source, collar, shoulder, knee, chest, neck):
    found = named(source)
    assert (found["left_collar"], found["left_shoulder"], found["left_knee"]) == (collar, shoulder, knee)
    assert (found["spine3"], found.get("neck")) == (chest, neck)


def test_twist_joints_and_bends_do_not_count_as_joints_of_a_limb():
    found = named(DAZ)
    assert (found["left_shoulder"], found["left_elbow"], found["left_wrist"]) == ("lShldrBend", "lForearmBend", "lHand")
    assert (found["right_hip"], found["right_knee"]) == ("rThighBend", "rShin")
    assert (found["pelvis"], found["spine1"], found["spine3"], found["neck"]) == ("hip", "abdomenLower", "chestUpper", "neckLower")


@pytest.mark.parametrize(
    ("source", "index1", "thumb3"),
    [
        (NEURON, "RightHandIndex1", "RightHandThumb3"),
        (UNREAL, "index_01_r", "thumb_03_r"),
        (COLLARS, "RightFinger1", "RightFinger02"),
        (VROID, "J_Bip_R_Index1", "J_Bip_R_Thumb3"),
        (VRM, "rightIndexProximal", "rightThumbDistal"),
    ],
)
def test_fingers_are_found_by_name_or_by_number_and_palm_bones_are_passed_over(source, index1, thumb3):
    found = named(source)
    assert (found["right_index1"], found["right_thumb3"]) == (index1, thumb3)
    assert len([name for name in found if name.startswith("right_") and name[-1].isdigit()]) == 15


def test_a_thumb_by_name_and_four_fingers_by_number_are_a_hand():
    found = named(NUMBERED_BUT_THE_THUMB)
    fingers = [found[f"left_{finger}1"] for finger in FINGERS]
    assert fingers == ["LeftThumb1", "LeftFinger01", "LeftFinger11", "LeftFinger21", "LeftFinger31"]


def test_joints_that_nothing_follows_are_named():
    assert unmapped_names(*CMU)[:3] == ("Neck1", "LHipJoint", "RHipJoint")
    assert "LThumb" in unmapped_names(*CMU)
    assert {"root", "ik_foot_root", "thigh_twist_01_l", "index_metacarpal_r"} <= set(unmapped_names(*UNREAL))


def test_missing_parts_are_named():
    names, parents = CMU
    with pytest.raises(ValueError, match=r"LeftHand \(or left_wrist\).*the file has: Hips"):
        joint_map([n.replace("LeftHand", "Blob") for n in names], parents)
    with pytest.raises(ValueError, match=r"Hips \(or pelvis\), LeftUpLeg"):
        joint_map(["Thing" if "Leg" in n or "Foot" in n else n for n in names], parents)
