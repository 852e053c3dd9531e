from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from chironomia.motion_library import ik, rotations, skeleton
from chironomia.motion_library.build import default_library
from chironomia.motion_library.claims import Of
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.handshapes import FINGER_JOINTS, PALM_AT, finger_angles, finger_rotations
from chironomia.motion_library.invariant_page import invariant_page
from chironomia.motion_library.invariants import INVARIANTS, check_clip, check_library, check_schema, holds
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.rest import rest_pose
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.timecourse import minimum_jerk
from chironomia.motion_library.vocabulary import BodyPart, Hands, ImageSchema

Vec = tuple[float, float, float]
FPS = 30.0
SYNC = SyncPoints(0.0, 0.2, 0.2, 0.5, 0.7, 1.2, 1.4)
HANDS_SWAPPED = {Hands.LEFT: Hands.RIGHT, Hands.RIGHT: Hands.LEFT, Hands.BOTH: Hands.BOTH}
IN, OUT, UP, DOWN, FORWARD, BACK = (-1, 0, 0), (1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)


def _progress() -> Tensor:
    times = torch.arange(43) / FPS
    return minimum_jerk(((times - SYNC.stroke_start) / (SYNC.stroke_end - SYNC.stroke_start)).clamp(0.0, 1.0))


def _arm(places: Tensor, palm: Vec, fingers: Vec, shape: str) -> Motion:
    """A body at rest whose left palm is at places (F, 3) metres: out, up, forward."""
    pose, at = rest_pose()
    place, world = skeleton.forward_kinematics(pose, at)
    chest = skeleton.INDEX["spine3"]
    hand = ik.hand_rotation(torch.tensor(palm, dtype=torch.float32), torch.tensor(fingers, dtype=torch.float32)).expand(len(places), 4)
    wrist = places - rotations.rotate(hand, PALM_AT)
    count = len(places)
    arm = ik.reach(world[chest].expand(count, 4), place[chest].expand(count, 3), wrist, torch.zeros(count), torch.zeros(count))
    whole = pose.repeat(count, 1, 1)
    for name, local in zip(
        ("collar", "shoulder", "elbow", "wrist"), ik.arm_rotations(arm, ik.forearm_angles(arm, hand)).unbind(1), strict=True
    ):
        whole[:, skeleton.INDEX[f"left_{name}"]] = local
    whole[:, list(FINGER_JOINTS["left"])] = finger_rotations(finger_angles(shape))
    return Motion(whole, at.expand(count, 3).clone(), FPS)


def _hand(begin: Vec, end: Vec, palm: Vec = IN, fingers: Vec = FORWARD, shape: str = "open-relaxed") -> Motion:
    """The left hand goes from ``begin`` to ``end`` in the stroke and stays; metres out, up, forward."""
    a, b = torch.tensor(begin), torch.tensor(end)
    return _arm(a + _progress()[:, None] * (b - a), palm, fingers, shape)


def _both(left: Motion, right: Motion) -> Motion:
    """The left arm of one motion and, mirrored, the left arm of another."""
    of_right = [i for i, name in enumerate(skeleton.JOINT_NAMES) if name.startswith("right_")]
    turned = left.rotations.clone()
    turned[:, of_right] = right.mirrored().rotations[:, of_right]
    return replace(left, rotations=turned)


def _mirror_pair(*args: Any, **kwargs: Any) -> Motion:
    return _both(_hand(*args, **kwargs), _hand(*args, **kwargs))


def _backward(motion: Motion) -> tuple[Motion, SyncPoints]:
    """The motion played backward from the end of its hold: the stroke goes the other way."""
    flipped = replace(motion, rotations=motion.rotations.flip(0), translation=motion.translation.flip(0))
    begin, end = motion.duration_s - SYNC.stroke_end, motion.duration_s - SYNC.stroke_start
    return flipped, SyncPoints(0.0, begin, begin, begin, end, motion.duration_s, motion.duration_s)


def _shows(schema: str, motion: Motion, hands: Hands = Hands.LEFT, sync: SyncPoints = SYNC) -> bool:
    return holds(check_schema(ImageSchema(schema), motion, sync, hands))


def _circle(turns: float, radius_m: float = 0.09) -> Motion:
    angle = 2 * torch.pi * turns * _progress()
    centre = torch.tensor([0.2, 1.2, 0.36])
    return _arm(centre + radius_m * torch.stack([angle.cos(), angle.sin(), torch.zeros_like(angle)], -1), IN, FORWARD, "open-relaxed")


RAISED = _hand((0.2, 1.05, 0.35), (0.2, 1.30, 0.35))
PARTED = _mirror_pair((0.05, 1.15, 0.36), (0.22, 1.15, 0.36))
HELD = _mirror_pair((0.17, 1.24, 0.36), (0.17, 1.18, 0.36), shape="cup")
EXAMPLES: Mapping[str, tuple[Motion, Hands]] = {
    "UP": (RAISED, Hands.LEFT),
    "LEFT": (_hand((0.1, 1.2, 0.36), (0.35, 1.2, 0.36)), Hands.LEFT),
    "FRONT": (_hand((0.2, 1.2, 0.25), (0.2, 1.2, 0.45)), Hands.LEFT),
    "SPLITTING": (PARTED, Hands.BOTH),
    "GROWING": (PARTED, Hands.BOTH),
    "CONTAINER": (HELD, Hands.BOTH),
    "CYCLE": (_circle(1.0), Hands.LEFT),
    "COMPULSION": (_hand((0.2, 1.25, 0.25), (0.2, 1.25, 0.45), palm=FORWARD, fingers=UP, shape="flat"), Hands.LEFT),
    "SURFACE": (_hand((0.1, 1.1, 0.36), (0.3, 1.1, 0.36), palm=DOWN, shape="flat"), Hands.LEFT),
    "SUPPORT": (_hand((0.2, 1.05, 0.36), (0.2, 1.1, 0.36), palm=UP), Hands.LEFT),
    "SMALL": (_hand((0.15, 1.25, 0.36), (0.15, 1.25, 0.40), shape="pinch"), Hands.LEFT),
}


def test_every_schema_has_an_invariant_with_a_source() -> None:
    assert set(INVARIANTS) == set(ImageSchema)
    assert all(invariant.ways and invariant.source for invariant in INVARIANTS.values())


@pytest.mark.parametrize("hands", [Hands.LEFT, Hands.BOTH, Hands.NONE])
@pytest.mark.parametrize("schema", list(ImageSchema))
def test_a_body_at_rest_shows_no_schema(schema: ImageSchema, hands: Hands) -> None:
    pose, at = rest_pose()
    still = Motion(pose.repeat(43, 1, 1), at.repeat(43, 1), FPS)
    assert not holds(check_schema(schema, still, SYNC, hands))


@pytest.mark.parametrize("schema", EXAMPLES)
def test_a_schema_is_shown_by_a_hand_that_does_it(schema: str) -> None:
    motion, hands = EXAMPLES[schema]
    assert _shows(schema, motion, hands)


@pytest.mark.parametrize(
    ("schema", "opposite"), [("UP", "DOWN"), ("LEFT", "RIGHT"), ("FRONT", "BACK"), ("SPLITTING", "MERGING"), ("GROWING", "SHRINKING")]
)
def test_opposites_exclude_each_other_and_are_each_other_backward(schema: str, opposite: str) -> None:
    motion, hands = EXAMPLES[schema]
    assert not _shows(opposite, motion, hands)
    backward, sync = _backward(motion)
    assert _shows(opposite, backward, hands, sync)
    assert not _shows(schema, backward, hands, sync)


@pytest.mark.parametrize("schema", [name for name in EXAMPLES if name != "LEFT"])
def test_a_mirror_image_shows_the_same_schema(schema: str) -> None:
    motion, hands = EXAMPLES[schema]
    facts = check_schema(ImageSchema(schema), motion, SYNC, hands)
    mirrored = check_schema(ImageSchema(schema), motion.mirrored(), SYNC, HANDS_SWAPPED[hands])
    assert [fact.value for fact in mirrored] == pytest.approx([fact.value for fact in facts], abs=1e-3)


def test_left_becomes_right_in_the_mirror() -> None:
    motion, _ = EXAMPLES["LEFT"]
    assert _shows("RIGHT", motion.mirrored(), Hands.RIGHT)
    assert not _shows("LEFT", motion.mirrored(), Hands.RIGHT)


@pytest.mark.parametrize("schema", EXAMPLES)
def test_facts_do_not_depend_on_where_the_body_stands_and_looks(schema: str) -> None:
    motion, hands = EXAMPLES[schema]
    turn = rotations.from_rotvec(torch.tensor([0.0, 2.0, 0.0]))
    turned = motion.rotations.clone()
    turned[:, 0] = rotations.multiply(turn, turned[:, 0])
    elsewhere = replace(motion, rotations=turned, translation=motion.translation + torch.tensor([3.0, 0.0, -2.0]))
    facts = check_schema(ImageSchema(schema), motion, SYNC, hands)
    moved = check_schema(ImageSchema(schema), elsewhere, SYNC, hands)
    assert [fact.value for fact in moved] == pytest.approx([fact.value for fact in facts], abs=2e-3)


def test_a_rise_of_25_cm_is_measured_and_its_margin_is_10_cm() -> None:
    (fact,) = check_schema(ImageSchema("UP"), RAISED, SYNC, Hands.LEFT)
    assert fact.value == pytest.approx(0.25, abs=0.01)
    assert fact.margin == pytest.approx(0.10, abs=0.01)
    assert fact.satisfied
    assert fact.unit == "m"
    assert fact.bound == 0.15


def test_a_small_rise_fails_by_what_is_missing() -> None:
    (fact,) = check_schema(ImageSchema("UP"), _hand((0.2, 1.15, 0.35), (0.2, 1.25, 0.35)), SYNC, Hands.LEFT)
    assert not fact.satisfied
    assert fact.margin == pytest.approx(-0.05, abs=0.01)


def test_only_the_hands_in_use_are_asked() -> None:
    assert not _shows("UP", RAISED, Hands.RIGHT)
    assert _shows("UP", RAISED, Hands.BOTH)


def test_one_turn_is_a_cycle_of_360_degrees_and_two_turns_repeat_it() -> None:
    turned = check_schema(ImageSchema("CYCLE"), _circle(1.0), SYNC, Hands.LEFT)[0]
    assert turned.value == pytest.approx(360.0, abs=15.0)
    assert not _shows("CYCLE", _circle(0.6))
    assert _shows("ITERATION", _circle(2.0))
    assert not _shows("ITERATION", _circle(1.0))


def test_a_hand_that_swings_to_and_fro_makes_no_cycle() -> None:
    places = torch.tensor([0.2, 1.2, 0.36]) + 0.1 * torch.sin(4 * torch.pi * _progress())[:, None] * torch.tensor([1.0, 0.0, 0.0])
    assert not _shows("CYCLE", _arm(places, IN, FORWARD, "open-relaxed"))


@pytest.mark.parametrize(
    ("out", "palm", "shown"), [(0.17, IN, True), (0.04, IN, False), (0.36, IN, False), (0.17, DOWN, False), (0.17, BACK, False)]
)
def test_a_container_needs_facing_palms_with_room_between(out: float, palm: Vec, shown: bool) -> None:
    fingers = UP if palm == BACK else FORWARD
    motion = _mirror_pair((out, 1.2, 0.36), (out, 1.2, 0.36), palm=palm, fingers=fingers, shape="flat")
    assert _shows("CONTAINER", motion, Hands.BOTH) is shown


@pytest.mark.parametrize(("shape", "shown"), [("cup", True), ("c", True), ("flat", False), ("relaxed", False), ("fist", False)])
def test_one_hand_is_a_container_when_it_is_cupped(shape: str, shown: bool) -> None:
    assert _shows("CONTAINER", _hand((0.2, 1.15, 0.36), (0.2, 1.2, 0.36), palm=UP, shape=shape)) is shown


def test_a_push_is_palm_first() -> None:
    led_by_edge = _hand((0.2, 1.25, 0.25), (0.2, 1.25, 0.45), palm=IN, shape="flat")
    assert not _shows("COMPULSION", led_by_edge)


@pytest.mark.parametrize(
    ("begin", "end", "shown"),
    [
        ((0.12, 1.18, 0.36), (0.32, 1.08, 0.36), True),
        ((-0.1, 1.18, 0.36), (0.1, 1.08, 0.36), False),  # ends in the middle
        ((0.1, 1.18, 0.36), (-0.1, 1.08, 0.36), False),  # to the other hand's side
        ((0.32, 1.18, 0.36), (0.32, 1.08, 0.36), False),  # was there before
        ((0.12, 1.08, 0.36), (0.32, 1.18, 0.36), False),  # lifted, not set down
    ],
)
def test_one_hand_shows_one_side_of_a_contrast_when_it_sets_down_at_its_own_side(begin: Vec, end: Vec, shown: bool) -> None:
    assert _shows("CONTRAST", _hand(begin, end, palm=UP)) is shown


def test_a_surface_is_stroked_in_the_plane_of_the_palm() -> None:
    pressed = _hand((0.2, 1.25, 0.36), (0.2, 1.05, 0.36), palm=DOWN, shape="flat")
    assert not _shows("SURFACE", pressed)
    assert _shows("DOWN", pressed)


def test_a_hand_comes_out_of_the_other_and_backward_goes_in() -> None:
    bowl = _hand((0.03, 1.08, 0.33), (0.03, 1.08, 0.33), palm=UP, shape="cup")
    taken = _both(bowl, _hand((-0.01, 1.15, 0.33), (0.2, 1.28, 0.36), palm=DOWN, shape="bunch"))
    assert _shows("OUT", taken, Hands.BOTH)
    assert not _shows("IN", taken, Hands.BOTH)
    backward, sync = _backward(taken)
    assert _shows("IN", backward, Hands.BOTH, sync)
    assert not _shows("OUT", backward, Hands.BOTH, sync)


def test_a_schema_of_two_hands_says_so_when_there_is_one() -> None:
    pair_only = [schema for schema, invariant in INVARIANTS.items() if all(way.of is Of.PAIR for way in invariant.ways)]
    assert "BALANCE" in pair_only
    for schema in pair_only:
        (fact,) = check_schema(ImageSchema(schema), HELD, SYNC, Hands.LEFT)
        assert (fact.value, fact.bound, fact.unit, fact.satisfied) == (1.0, 2.0, "hands", False)


def test_a_clip_is_checked_for_all_its_schemas_the_first_as_primary() -> None:
    clip = Clip("a.left.m", "a", RAISED, SYNC, Hands.LEFT, 1.0, frozenset({BodyPart.LEFT_ARM}), "test", "none")
    up, down = check_clip(clip, [ImageSchema("UP"), ImageSchema("DOWN")])
    assert (up.primary, up.satisfied) == (True, True)
    assert (down.primary, down.satisfied) == (False, False)
    assert check_clip(clip, []) == ()


def test_a_stroke_outside_the_motion_is_refused() -> None:
    with pytest.raises(ValueError, match="stroke that begins within"):
        check_schema(ImageSchema("UP"), RAISED, SYNC.shifted(60.0), Hands.LEFT)


def test_a_performance_cut_off_in_the_stroke_is_still_measured() -> None:
    cut = replace(RAISED, rotations=RAISED.rotations[:9], translation=RAISED.translation[:9])
    (fact,) = check_schema(ImageSchema("UP"), cut, SYNC, Hands.LEFT)
    assert not fact.satisfied


def test_a_nod_repeats_without_a_hand() -> None:
    pose, at = rest_pose()
    angle = 0.15 * torch.sin(4 * torch.pi * _progress())
    whole = pose.repeat(43, 1, 1)
    whole[:, skeleton.INDEX["head"]] = rotations.from_rotvec(angle[:, None] * torch.tensor([1.0, 0.0, 0.0]))
    assert _shows("ITERATION", Motion(whole, at.repeat(43, 1), FPS), Hands.NONE)


@pytest.mark.parametrize(("shape", "shown"), [("two", True), ("three", True), ("index", False), ("flat", False), ("fist", False)])
def test_raised_fingers_count_when_they_are_two_or_three(shape: str, shown: bool) -> None:
    motion = _hand((0.24, 1.30, 0.30), (0.24, 1.38, 0.32), palm=FORWARD, fingers=UP, shape=shape)
    assert _shows("COUNT", motion) is shown


def test_the_published_page_says_what_the_invariants_ask() -> None:
    page = (Path(__file__).parents[1] / "docs" / "invariants.md").read_text(encoding="utf-8")
    assert page == invariant_page(), "write it anew: python -m chironomia.motion_library.invariant_page"


def test_every_bundled_clip_shows_its_primary_schema() -> None:
    rows = check_library(default_library())
    missed = [row for row in rows if row.primary and not row.satisfied]
    table = [
        f"{row.clip} {row.schema}: " + "; ".join(f"{f.name} {f.value:.2f} of {f.bound:g} {f.unit}" for f in row.facts) for row in missed
    ]
    assert not missed, "\n".join(table)
