"""Handshapes: within the limits, different from each other, and doing what their names say."""
import itertools

import pytest
import torch
from torch import Tensor

from chironomia.motion_library import skeleton
from chironomia.motion_library.handshapes import FINGER_JOINTS, HANDSHAPES, finger_angles, hand_point


def _bones(name: str) -> Tensor:
    angles = torch.zeros(skeleton.JOINTS, 3)
    angles[list(FINGER_JOINTS["left"])] = finger_angles(name)
    return skeleton.from_swing_twist_angles(angles)


@pytest.mark.parametrize("name", HANDSHAPES)
def test_every_handshape_keeps_within_the_limits(name: str) -> None:
    assert float(skeleton.limit_excess(_bones(name)).max()) < 1e-4


def test_there_are_at_least_eighteen_and_they_differ_unless_they_count() -> None:
    assert len(HANDSHAPES) >= 18
    same_by_name = [{"index", "one"}, {"v", "two"}, {"spread", "five"}]  # a count looks like the shape of that many fingers
    for a, b in itertools.combinations(HANDSHAPES, 2):
        if {a, b} not in same_by_name:
            assert float((finger_angles(a) - finger_angles(b)).abs().max()) > 0.08, (a, b)


@pytest.mark.parametrize("name", ["pinch", "ring", "bunch"])
def test_thumb_and_index_touch_where_the_name_says_so(name: str) -> None:
    angles = finger_angles(name)
    gap = float((hand_point(angles, "thumb") - hand_point(angles, "index")).norm())
    assert 0.012 < gap < 0.02, "tips of flesh are about 8 mm thick around their bones' ends"


def test_a_gap_is_two_to_three_centimetres_between_the_tips() -> None:
    angles = finger_angles("gap")
    assert 0.02 < float((hand_point(angles, "thumb") - hand_point(angles, "index")).norm()) - 0.016 < 0.03


def test_crossed_fingers_cross_and_a_bent_v_keeps_its_knuckles_up() -> None:
    def tips(name: str) -> tuple[Tensor, Tensor]:
        places, _ = skeleton.forward_kinematics(_bones(name), torch.zeros(3))
        index, middle = (skeleton.INDEX[f"left_{finger}3"] for finger in ("index", "middle"))
        return places[index], places[middle]

    index, middle = tips("crossed")
    assert float(index[2]) < float(middle[2]), "in the rest pose the index finger lies forward of the middle finger"
    index, middle = tips("v")
    assert float(index[2]) > float(middle[2]) + 0.02
    flexion = -torch.rad2deg(finger_angles("v-bent").reshape(5, 3, 3)[:2, :, 2])  # index and middle
    assert float(flexion[:, 0].max()) < 20.0
    assert float(flexion[:, 1].min()) > 70.0


def test_fingers_of_a_relaxed_hand_curl_more_from_index_to_little_finger() -> None:
    flexion = -finger_angles("relaxed").reshape(5, 3, 3)[:, :, 2].sum(1)  # index, middle, pinky, ring, thumb
    assert flexion[0] < flexion[1] < flexion[3] < flexion[2]


def test_pointing_stretches_only_the_index_finger() -> None:
    flexion = -finger_angles("index").reshape(5, 3, 3)[:4, :, 2].sum(1)
    assert float(flexion[0]) < 0.3
    assert float(flexion[1:].min()) > 3.0


def test_a_thumb_up_points_away_from_the_bent_fingers() -> None:
    tip = hand_point(finger_angles("thumb-up"), "thumb")
    assert float(tip[2]) > 0.09, "forward of the wrist in the rest pose, where a hand with the palm facing in has its top"


def test_an_unknown_handshape_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(ValueError, match=r"expected a handshape, got 'blob'; allowed: relaxed, "):
        finger_angles("blob")
