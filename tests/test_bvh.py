"""BVH: what is written is read again, foreign bodies keep their pose, and broken files say what is wrong."""
import re
from pathlib import Path

import pytest
import torch

from chironomia.motion_library import bvh, rotations, skeleton
from chironomia.motion_library.joint_names import joint_map, unmapped_names
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.rest import rest_pose

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def moving() -> Motion:
    generator = torch.Generator().manual_seed(0)
    rotvec = torch.randn(7, skeleton.JOINTS, 3, generator=generator)
    rotvec[:, 0] += torch.tensor([torch.pi / 2, 0.0, 0.0])  # near the gimbal lock of the channel order
    return Motion(rotations.from_rotvec(rotvec), torch.randn(7, 3, generator=generator), fps=25.0)


def degrees_apart(p: torch.Tensor, q: torch.Tensor) -> float:
    return float(rotations.to_rotvec(rotations.multiply(rotations.inverse(p.double()), q.double())).norm(dim=-1).rad2deg().max())


@pytest.mark.parametrize("names", ["mixamo", "smplx"])
def test_a_written_motion_is_read_again_within_a_tenth_of_a_millimetre_and_a_hundredth_of_a_degree(tmp_path, moving, names):
    bvh.write_bvh(moving, tmp_path / "a.bvh", names=names)
    again = bvh.read_bvh(tmp_path / "a.bvh")
    assert again.fps == 25.0
    assert degrees_apart(moving.rotations, again.rotations) < 0.01
    assert float((moving.positions() - again.positions()).norm(dim=-1).max()) < 1e-4


def test_gimbal_lock_survives_the_round_trip(tmp_path):
    locked = torch.tensor([[0.5, 0.0, 0.0], [torch.pi / 2, 0.0, 0.0], [-torch.pi / 2, 0.0, 0.0]])
    still = Motion(rotations.from_rotvec(locked)[:, None].expand(3, skeleton.JOINTS, 4), torch.zeros(3, 3))
    bvh.write_bvh(still, tmp_path / "a.bvh")
    assert degrees_apart(still.rotations, bvh.read_bvh(tmp_path / "a.bvh").rotations) < 0.01


def test_an_independent_reader_finds_the_same_joints_in_the_same_places(tmp_path, moving):
    import numpy as np
    from pymotion.io.bvh import BVH
    from pymotion.ops.skeleton import fk

    bvh.write_bvh(moving, tmp_path / "a.bvh", names="smplx")
    theirs = BVH()
    theirs.load(str(tmp_path / "a.bvh"))
    turns, places, parents, offsets, tips, _ = theirs.get_data()
    order = [list(theirs.data["names"]).index(name) for name in skeleton.JOINT_NAMES]
    found, _ = fk(turns, places[:, 0], offsets, parents)
    np.testing.assert_allclose(np.asarray(found)[:, order] / 100.0, moving.positions().numpy(), atol=1e-4)
    assert len(tips) == len(set(range(skeleton.JOINTS)) - set(skeleton.PARENTS))  # an End Site for every leaf


def foreign(arm: str, frames: str, root: str = "0 100 0") -> str:
    """A small Mixamo body in centimetres whose arms rest along ``arm`` (an offset of the left side)."""
    x, y, z = (float(v) for v in arm.split())
    zeros = "CHANNELS 3 Xrotation Yrotation Zrotation"

    def limb(names: list[str], offsets: list[str]) -> str:
        text = "End Site { OFFSET 0 0 5 }"
        for name, offset in zip(reversed(names), reversed(offsets), strict=True):
            text = f"JOINT {name} {{ OFFSET {offset} {zeros} {text} }}"
        return text

    legs = "".join(
        limb([f"{side}UpLeg", f"{side}Leg", f"{side}Foot", f"{side}ToeBase"], [f"{s * 9} -8 0", "0 -42 0", "0 -42 0", "0 -6 12"])
        for side, s in (("Left", 1), ("Right", -1))
    )
    arms = "".join(
        limb(
            [f"{side}{part}" for part in ("Shoulder", "Arm", "ForeArm", "Hand")],
            [f"{s * 5} 15 0", f"{s * 12} 0 0", *[f"{s * x} {y} {z}"] * 2],
        )
        for side, s in (("Left", 1), ("Right", -1))
    )
    head = limb(["Neck", "Head"], ["0 18 0", "0 9 2"])
    tail = limb(["Tail"], ["0 0 -9"])
    return (
        f"HIERARCHY ROOT Hips {{ OFFSET {root} CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation {legs} "
        f"JOINT Spine {{ OFFSET 0 12 0 {zeros} {tail} {arms} {head} }} }} MOTION {frames}"
    )


STILL = "Frames: 1 Frame Time: 0.0333 " + "0 100 0 " + "0 " * (3 + 3 * 20)


@pytest.mark.parametrize("arm", ["28 0 0", "20 -20 0", "0 -28 0", "18 -18 8"])
def test_an_arm_points_where_the_source_points_whatever_the_source_rests_in(tmp_path, arm):
    (tmp_path / "a.bvh").write_text(foreign(arm, STILL))
    motion = bvh.read_bvh(tmp_path / "a.bvh")
    places = motion.positions()[0]
    found = places[skeleton.INDEX["left_wrist"]] - places[skeleton.INDEX["left_shoulder"]]
    wanted = torch.tensor([float(v) for v in arm.split()])
    torch.testing.assert_close(found / found.norm(), wanted / wanted.norm(), atol=1e-5, rtol=0)
    assert motion.fps == 30.0


def test_a_foreign_body_stands_on_the_ground_with_our_legs(tmp_path):
    (tmp_path / "a.bvh").write_text(foreign("28 0 0", STILL))
    motion = bvh.read_bvh(tmp_path / "a.bvh")
    assert float(motion.translation[0, 1]) == pytest.approx(skeleton.PELVIS_HEIGHT_M, abs=0.005)
    rest = torch.tensor(skeleton.PELVIS_HEIGHT_M) + sum(skeleton.OFFSETS[skeleton.INDEX[f"left_{j}"], 1] for j in ("hip", "knee", "ankle"))
    assert float(motion.positions()[0, skeleton.INDEX["left_ankle"], 1]) == pytest.approx(float(rest), abs=0.005)


def test_joints_without_a_counterpart_are_named(tmp_path):
    (tmp_path / "a.bvh").write_text(foreign("28 0 0", STILL))
    parsed = bvh.parse_bvh(tmp_path / "a.bvh")
    assert unmapped_names(parsed.names, parsed.parents) == ("Tail",)
    assert joint_map(["mixamorig:" + name for name in parsed.names], parsed.parents) == joint_map(parsed.names, parsed.parents)


def in_unit(text: str, in_a_metre: float) -> str:
    """The same body with its lengths in another unit."""
    def scaled(values: str) -> str:
        return " ".join(f"{float(v) / 100 * in_a_metre:.6f}" for v in values.split())

    head, _, frames = text.partition("MOTION")
    head = re.sub(r"OFFSET ((?:\S+ ){3})", lambda found: f"OFFSET {scaled(found[1])} ", head)
    return head + "MOTION" + re.sub(r"(Frame Time: \S+ )((?:\S+ ){3})", lambda found: f"{found[1]}{scaled(found[2])} ", frames)


@pytest.mark.parametrize("unit", bvh.UNITS)
def test_the_unit_of_length_is_found_from_the_body(tmp_path, unit):
    (tmp_path / "a.bvh").write_text(foreign("28 0 0", STILL))
    (tmp_path / "b.bvh").write_text(in_unit(foreign("28 0 0", STILL), bvh.UNITS[unit]))
    one, other = bvh.parse_bvh(tmp_path / "a.bvh"), bvh.parse_bvh(tmp_path / "b.bvh")
    torch.testing.assert_close(one.offsets, other.offsets, atol=1e-4, rtol=0)
    torch.testing.assert_close(one.root, other.root, atol=1e-4, rtol=0)


def turned_about(text: str, axes: str) -> str:
    """The same still body in another world: each vector x y z becomes what ``axes`` says, such as ``x -z y``."""
    def turned(found: re.Match[str]) -> str:
        at = dict(zip("xyz", (float(v) for v in found[2].split()), strict=True))
        return found[1] + " ".join(str(at[a[-1]] * (-1 if a[0] == "-" else 1)) for a in axes.split()) + " "

    text = re.sub(r"(OFFSET )((?:\S+ ){3})", turned, text)
    return re.sub(r"(Frame Time: \S+ )((?:\S+ ){3})", turned, text)


@pytest.mark.parametrize("axes", ["x -z y", "-x y -z", "z y -x", "-y x z"])
def test_a_body_that_stands_along_another_axis_or_faces_another_way_is_turned(tmp_path, axes):
    (tmp_path / "a.bvh").write_text(foreign("20 -20 6", STILL))
    (tmp_path / "b.bvh").write_text(turned_about(foreign("20 -20 6", STILL), axes))
    one, other = bvh.read_bvh(tmp_path / "a.bvh"), bvh.read_bvh(tmp_path / "b.bvh")
    torch.testing.assert_close(one.positions(), other.positions(), atol=1e-4, rtol=0)


def test_a_rest_pose_along_z_that_moves_along_y_stays_along_y(tmp_path):
    lying = turned_about(foreign("28 0 0", STILL), "x -z y").replace("Frame Time: 0.0333 0.0 -0.0 100.0", "Frame Time: 0.0333 0 100 0")
    upright = re.sub(r"(Frame Time: 0.0333 0 100 0 )0 0 0", r"\g<1>0 0 -90", lying)
    (tmp_path / "a.bvh").write_text(foreign("28 0 0", STILL))
    (tmp_path / "b.bvh").write_text(upright)
    one, other = bvh.read_bvh(tmp_path / "a.bvh"), bvh.read_bvh(tmp_path / "b.bvh")
    torch.testing.assert_close(one.positions(), other.positions(), atol=1e-4, rtol=0)


def test_hands_without_fingers_are_relaxed(tmp_path):
    (tmp_path / "a.bvh").write_text(foreign("28 0 0", STILL))
    fingers = [skeleton.INDEX[f"{side}_{f}2"] for side in ("left", "right") for f in ("index", "middle", "ring", "pinky")]
    turned = bvh.read_bvh(tmp_path / "a.bvh").rotations[0, fingers]
    rest = rest_pose()[0]
    torch.testing.assert_close(turned, rest[fingers])
    assert float(rotations.to_rotvec(turned).norm(dim=-1).min().rad2deg()) > 20


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "HIERARCHY"),
        ("\x00\x01\x02 PNG", "HIERARCHY"),
        (foreign("28 0 0", STILL)[:-8], "truncated"),
        (foreign("28 0 0", STILL.replace("0 100 0", "nan 100 0")), "finite"),
        (foreign("28 0 0", "Frames: 0 Frame Time: 0.0333"), "at least one frame"),
        (foreign("28 0 0", STILL.replace("0.0333", "0")), "Frame Time"),
        (foreign("28 0 0", STILL.replace("100 0", "100 zero")), "numbers"),
        (foreign("28 0 0", STILL).replace("} } MOTION", "} MOTION"), "braces"),
        (foreign("28 0 0", STILL).replace("LeftHand", "blob"), "LeftHand"),
        (foreign("28 0 0", STILL).replace("Xrotation", "Wrotation"), "Wrotation"),
        (foreign("28 0 0", STILL).replace("0 -42 0", "0 0 -42"), "standing|stands"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_is_wrong(tmp_path, text, says):
    (tmp_path / "a.bvh").write_text(text)
    with pytest.raises(ValueError, match=says):
        bvh.read_bvh(tmp_path / "a.bvh")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the reference clips are not on this machine")
def test_captured_gestures_keep_their_directions_and_stay_near_human_limits():
    files = sorted((SHARED / "smartbody-gestures").rglob("*.bvh"))[::37]
    assert files
    for path in files:
        motion, source = bvh.read_bvh(path), bvh.parse_bvh(path)
        assert motion.fps == 30.0
        feet = motion.positions()[:, [skeleton.INDEX["left_foot"], skeleton.INDEX["right_foot"]], 1]
        assert float(feet.amin(1).median()) == pytest.approx(0.02, abs=0.01)
        assert unmapped_names(source.names, source.parents) == ("Neck1",)
        excess = skeleton.limit_excess(motion.rotations).rad2deg()
        assert float((excess > 15).float().mean()) < 0.005
