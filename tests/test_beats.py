"""Beats: small strokes on accents that carry no other gesture."""
import pytest
import torch

from chironomia.generators.beats import arms_taken, beat_angles, beat_units
from chironomia.generators.rhythm import Accent, AccentKind, Interval, Rhythm
from chironomia.generators.score import Placement, ScoreSync
from chironomia.motion_library import rest, skeleton
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.vocabulary import BodyPart, GestureFunction, Hands

WRISTS = [skeleton.INDEX["left_wrist"], skeleton.INDEX["right_wrist"]]
ARMS = [i for i, n in enumerate(skeleton.JOINT_NAMES) if any(k in n for k in ("collar", "shoulder", "elbow", "wrist"))]


def _rhythm(times_s: list[float], prominence: float = 0.9, seconds: float = 30.0) -> Rhythm:
    accents = tuple(Accent(t, prominence, AccentKind.NUCLEUS) for t in times_s)
    return Rhythm(torch.ones(round(seconds * 30)), 30.0, accents, (Interval(0.0, seconds),), 4.0)


def _wrists(angles: torch.Tensor) -> torch.Tensor:
    pose, place = rest.rest_pose()
    quats = skeleton.from_swing_twist_angles(skeleton.swing_twist_angles(pose) + angles)
    return skeleton.forward_kinematics(quats, place.expand(angles.shape[0], 3))[0][:, WRISTS]


def _seed(times_s: list[float], left: bool, right: bool) -> int:
    """A seed with which the first unit uses these hands."""
    rhythm = _rhythm(times_s)
    return next(s for s in range(100) if (lambda b: (b.left > 0, b.right > 0))(beat_units(rhythm, seed=s)[0].beats[0]) == (left, right))


def test_no_accents_or_no_rate_give_no_beats() -> None:
    assert beat_units(_rhythm([])) == ()
    assert beat_units(_rhythm([1.0, 3.0]), per_min=0) == ()
    assert beat_angles((), 10).abs().max() == 0


def test_weak_accents_are_not_beaten() -> None:
    assert beat_units(_rhythm([1.0, 3.0], prominence=0.5)) == ()


def test_the_rate_is_kept_and_the_strongest_accents_win() -> None:
    accents = tuple(Accent(1.0 + 1.4 * i, 0.61 + 0.01 * i) for i in range(20))
    rhythm = Rhythm(torch.ones(900), 30.0, accents, (Interval(0.0, 30.0),), 4.0)
    beats = [b for u in beat_units(rhythm, per_min=16) for b in u.beats]
    assert [b.time_s + 0.02 for b in beats] == pytest.approx([1.0 + 1.4 * i for i in range(12, 20)])


def test_a_neighbour_in_the_unit_is_preferred_to_a_stronger_accent_far_away() -> None:
    accents = (Accent(5.0, 0.95), Accent(6.0, 0.7), Accent(15.0, 0.8))
    rhythm = Rhythm(torch.ones(600), 30.0, accents, (Interval(0.0, 20.0),), 4.0)
    (unit,) = beat_units(rhythm, per_min=6)
    assert [b.time_s + 0.02 for b in unit.beats] == pytest.approx([5.0, 6.0])


def test_beats_in_a_row_share_one_raise_and_far_ones_do_not() -> None:
    units = beat_units(_rhythm([2.0, 3.0, 4.0, 9.0]), per_min=60)
    assert [len(u.beats) for u in units] == [3, 1]
    height = _wrists(beat_angles(units, 900))[..., 1].amax(-1)
    assert height[60:120].min() > height[0] + 0.05
    assert height[200:220].max() < height[0] + 0.001


def test_the_stop_is_lowest_just_before_the_accent() -> None:
    seed = _seed([3.0, 4.0], False, True)
    units = beat_units(_rhythm([3.0, 4.0]), per_min=60, seed=seed)
    right = _wrists(beat_angles(units, 300))[:, 1, 1]
    for accent in (90, 120):
        lowest = int(right[accent - 8 : accent + 6].argmin()) - 8
        assert -2 <= lowest <= 0
        stroke = float(right[accent - 10 : accent].max() - right[accent + lowest])
        assert 0.05 <= stroke <= 0.15


@pytest.mark.parametrize("arm", [0, 1])
def test_an_accent_with_a_gesture_is_not_beaten_by_either_hand(arm: int) -> None:
    busy = ((), (Interval(4.5, 6.0),)) if arm else ((Interval(4.5, 6.0),), ())
    assert [beat_units(_rhythm([5.0]), busy=busy, seed=seed) for seed in range(5)] == [()] * 5
    assert len(beat_units(_rhythm([5.0, 8.0]), busy=busy)) == 1


def test_placements_keep_arms_busy_but_for_their_holds() -> None:
    call = GestureCall(words=(0, 1), anchor=0, function=GestureFunction.METAPHORIC, show="a box")
    sync = ScoreSync(start=1, ready=1.3, stroke_start=1.3, stroke=1.6, stroke_end=1.8, relax=3, end=3.6)
    mask = (BodyPart.RIGHT_ARM, BodyPart.HEAD)
    placed = Placement(call=call, gesture="g", clip="c", sync=sync, hands=Hands.RIGHT, amplitude=1.0, mask=mask)
    busy, held = arms_taken([placed])
    assert busy == ([], [Interval(1, 1.8), Interval(3, 3.6)])
    assert held == ([], [Interval(1.8, 3)])


def test_a_gesture_nearby_keeps_the_hands_down() -> None:
    seed = _seed([5.0], False, True)
    (unit,) = beat_units(_rhythm([5.0]), busy=((), (Interval(5.6, 7.0),)), seed=seed)
    assert not unit.raised
    assert _wrists(beat_angles((unit,), 300))[:, 1].sub(_wrists(beat_angles((unit,), 300))[0, 1]).norm(dim=-1).max() < 0.05


def test_a_held_hand_beats_where_it_is() -> None:
    seed = _seed([5.0], False, True)
    held = ((Interval(4.0, 6.0),), ())
    (unit,) = beat_units(_rhythm([5.0]), held=held, seed=seed)
    assert (unit.beats[0].left, unit.beats[0].right) == (1.0, 0.0)
    angles = beat_angles((unit,), 300, held=held)
    assert angles[130:170, skeleton.INDEX["left_elbow"]].abs().max() > 0.05
    assert angles[:, skeleton.INDEX["right_elbow"]].abs().max() == 0


def test_hands_hang_in_the_first_frame_even_if_speech_begins_with_an_accent() -> None:
    for times in ([0.1], [0.3, 1.2]):
        angles = beat_angles(beat_units(_rhythm(times), per_min=60), 200)
        assert angles[0].abs().max() < 0.03
    assert [u.raised for u in beat_units(_rhythm([0.3, 1.2]), per_min=60)] == [True]


def test_weights_silence_an_arm() -> None:
    units = beat_units(_rhythm([3.0]), seed=_seed([3.0], True, True))
    weights = torch.ones(200, 2)
    weights[:, 0] = 0
    angles = beat_angles(units, 200, weights=weights)
    assert angles[:, skeleton.INDEX["left_elbow"]].abs().max() == 0
    assert angles[:, skeleton.INDEX["right_elbow"]].abs().max() > 0.1


def test_beats_are_within_reach_of_a_person() -> None:
    rhythm = _rhythm([2.0 + 0.55 * i for i in range(40)], prominence=1.0)
    angles = beat_angles(beat_units(rhythm, per_min=120), 900)
    assert [i for i in range(skeleton.JOINTS) if i not in ARMS and angles[:, i].abs().max() > 0] == []
    pose = skeleton.swing_twist_angles(rest.rest_pose()[0])
    assert skeleton.limit_excess(skeleton.from_swing_twist_angles(pose + angles)).max() < 1e-4
    assert (angles.diff(n=2, dim=0) * 900).norm(dim=-1).max() < 60


def test_a_negative_rate_is_named() -> None:
    with pytest.raises(ValueError, match="per_min"):
        beat_units(_rhythm([1.0]), per_min=-1)
