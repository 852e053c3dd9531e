"""A body that does not gesture: it stands, breathes, looks, nods and speaks."""
import math
from itertools import pairwise

import pytest
import torch

from chironomia.generators.base_layer import accompaniment, base_layer, with_gaze
from chironomia.generators.breath import breath
from chironomia.generators.emphasis import emphasis, jaw_opening, nods
from chironomia.generators.gaze import LISTENER_AT, gaze_direction, head_turn, looks
from chironomia.generators.hanging import SHOULDERS, plumb
from chironomia.generators.pulses import frame_times
from chironomia.generators.rhythm import Accent, AccentKind, Interval, Rhythm
from chironomia.generators.stance import weight_shifts
from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.rest import rest_pose

FEET = [skeleton.INDEX[f"{s}_{n}"] for s in ("left", "right") for n in ("ankle", "foot")]
# design.md's figures of one minute of conversational motion capture: median angular speed, rad/s.
CAPTURED_MEDIAN = {"arms": 0.75, "head": 0.27, "torso": 0.13, "fingers": 0.57, "legs": 0.29}
PARTS = {
    "arms": ("shoulder", "elbow", "wrist"), "head": ("neck", "head"), "torso": ("spine",),
    "fingers": ("index", "middle", "ring", "pinky", "thumb"), "legs": ("hip", "knee", "ankle"),
}  # fmt: skip


def _silence(seconds: float) -> Rhythm:
    return Rhythm(torch.zeros(round(seconds * 30)), 30.0, (), (), 0.0)


def _speech(seconds: float) -> Rhythm:
    """Phrases of 2 to 5 s with pauses of 0.3 to 1 s, an accent every 0.6 s, the last of each phrase its nucleus."""
    phrases: list[Interval] = []
    accents: list[Accent] = []
    at_s, k = 0.5, 0
    while at_s + 2.0 + k % 4 < seconds - 1.0:
        end_s = at_s + 2.0 + k % 4
        phrases.append(Interval(at_s, end_s))
        times = [at_s + 0.2 + 0.6 * i for i in range(int((end_s - at_s - 0.3) / 0.6))]
        accents += [Accent(t, 0.55 + 0.1 * (i % 4)) for i, t in enumerate(times[:-1])] + [Accent(times[-1], 0.9, AccentKind.NUCLEUS)]
        at_s, k = end_s + 0.3 + 0.35 * (k % 3), k + 1
    time_s = frame_times(round(seconds * 30), 30.0)
    talking = sum(((time_s >= p.start_s) & (time_s < p.end_s) for p in phrases), torch.zeros_like(time_s))
    return Rhythm(talking * (0.6 + 0.4 * torch.sin(2 * math.pi * 4.5 * time_s)), 30.0, tuple(accents), tuple(phrases), 4.5)


def _speeds(motion: Motion, words: tuple[str, ...]) -> torch.Tensor:
    joints = [i for i, n in enumerate(skeleton.JOINT_NAMES) if any(w in n for w in words)]
    steps = rotations.multiply(motion.rotations[1:, joints], rotations.inverse(motion.rotations[:-1, joints]))
    return rotations.to_rotvec(steps) * motion.fps


@pytest.fixture(scope="module")
def speaking() -> Motion:
    return base_layer(_speech(60.0), 1800, 30.0, seed=3)


def test_the_same_seed_gives_the_same_motion_and_another_another() -> None:
    rhythm = _speech(10.0)
    first, again, other = (base_layer(rhythm, 300, 30.0, seed) for seed in (5, 5, 6))
    assert torch.equal(first.rotations, again.rotations)
    assert torch.equal(first.translation, again.translation)
    assert not torch.allclose(first.rotations, other.rotations)


def test_feet_do_not_move(speaking: Motion) -> None:
    feet = speaking.positions()[:, FEET]
    assert (feet - feet[0]).norm(dim=-1).max() < 1e-3


def test_no_joint_leaves_its_limits(speaking: Motion) -> None:
    assert skeleton.limit_excess(speaking.rotations).max() < 1e-4


@pytest.mark.parametrize("part", PARTS)
def test_it_is_calmer_than_a_body_that_gestures_but_never_frozen(part: str, speaking: Motion) -> None:
    speed = _speeds(speaking, PARTS[part]).norm(dim=-1)
    assert 0.01 * CAPTURED_MEDIAN[part] < speed.median() < CAPTURED_MEDIAN[part]
    acceleration = _speeds(speaking, PARTS[part]).diff(dim=0).norm(dim=-1) * speaking.fps
    assert acceleration.max() < 45


def _share_of_people(motion: Motion, part: str) -> tuple[float, float]:
    """Median and 95th percentile of a part's speeds over those of people: of a conversation's, for legs of captured takes that stand."""
    real = {"head": (0.27, 0.66), "torso": (0.13, 0.43), "fingers": (0.57, 2.2), "legs": (0.021, 0.166)}[part]
    speed = _speeds(motion, PARTS[part]).norm(dim=-1).flatten()
    return float(speed.median()) / real[0], float(torch.quantile(speed[::2], 0.95)) / real[1]


def test_a_speakers_head_trunk_and_legs_are_about_as_lively_as_peoples(speaking: Motion) -> None:
    """Without gestures, which add to it: trunk and head at least half as quick as in conversation, in the median."""
    assert 0.5 < _share_of_people(speaking, "head")[0] < 1.0
    assert 0.5 < _share_of_people(speaking, "torso")[0] < 1.0
    assert 0.3 < _share_of_people(speaking, "torso")[1] < 1.0
    assert 0.3 < _share_of_people(speaking, "fingers")[0] < 1.0
    assert 0.4 < _share_of_people(speaking, "legs")[1] < 2.0


def test_a_listener_is_much_calmer_than_a_speaker_but_shifts_its_weight(speaking: Motion) -> None:
    listening = base_layer(_silence(60.0), 1800, 30.0, seed=3)
    for part in ("head", "torso", "fingers"):
        assert _speeds(listening, PARTS[part]).norm(dim=-1).median() < 0.5 * _speeds(speaking, PARTS[part]).norm(dim=-1).median()
    side = listening.translation[:, 0]
    assert side.max() - side.min() > 0.03


def test_nothing_jitters(speaking: Motion) -> None:
    """Above 3 Hz there is next to nothing in trunk, head and hanging arms."""
    turns = _speeds(speaking, ("spine", "neck", "head", "shoulder", "elbow")).flatten(1)
    power = torch.fft.rfft(turns * torch.hann_window(len(turns))[:, None], dim=0).abs().square().sum(1)
    hertz = torch.fft.rfftfreq(len(turns), 1 / 30)
    assert power[hertz > 3.0].sum() < 0.02 * power.sum()


def _tilt_deg(places: torch.Tensor, joint: str) -> torch.Tensor:
    """How much higher the left of two joints is than the right one (F,), degrees."""
    across = places[:, skeleton.INDEX[f"left_{joint}"]] - places[:, skeleton.INDEX[f"right_{joint}"]]
    return torch.rad2deg(torch.asin(across[:, 1] / across.norm(dim=-1)))


def test_hips_and_shoulders_tilt_opposite_ways_over_the_leg_that_carries() -> None:
    motion = base_layer(_silence(120.0), 3600, 30.0, seed=1)
    places = motion.positions()
    side, hips, shoulders = places[:, 0, 0], _tilt_deg(places, "hip"), _tilt_deg(places, "shoulder")
    assert float(torch.corrcoef(torch.stack([side, hips]))[0, 1]) > 0.9
    assert float(torch.corrcoef(torch.stack([hips, shoulders]))[0, 1]) < -0.5
    assert 2.5 < float(hips.abs().max()) < 6.0
    knees = torch.rad2deg(skeleton.swing_twist_angles(motion.rotations)[:, [skeleton.INDEX["left_knee"], skeleton.INDEX["right_knee"]], 0])
    assert (knees[side.argmax()] @ torch.tensor([-1.0, 1.0])) > 3.0, "the knee of the free leg bends"


@pytest.mark.parametrize("seed", range(4))
def test_arms_hang_differently_and_settle_anew(seed: int) -> None:
    angles = torch.rad2deg(skeleton.swing_twist_angles(base_layer(_silence(40.0), 1200, 30.0, seed).rotations))
    arms = {s: angles[:, [skeleton.INDEX[f"{s}_{n}"] for n in ("shoulder", "elbow", "wrist")]] for s in ("left", "right")}
    apart = arms["left"] - arms["right"] * torch.tensor([1.0, -1.0, -1.0])
    assert apart.norm(dim=(1, 2)).median() > 6.0
    assert apart.norm(dim=(1, 2)).max() < 50.0
    assert (arms["left"].amax(0) - arms["left"].amin(0)).max() > 5.0


def test_arms_hang_down_however_the_trunk_tips() -> None:
    upright, tipped = torch.zeros(1, 55, 3), torch.zeros(1, 55, 3)
    upright += skeleton.swing_twist_angles(rest_pose()[0])
    tipped += upright
    tipped[:, skeleton.INDEX["spine2"], 2] = math.radians(8.0)
    tipped[:, SHOULDERS] += plumb(tipped)

    def leans_deg(angles: torch.Tensor) -> torch.Tensor:
        places, _ = skeleton.forward_kinematics(skeleton.from_swing_twist_angles(angles), torch.zeros(1, 3))
        arm = places[0, [skeleton.INDEX["left_elbow"], skeleton.INDEX["right_elbow"]]] - places[0, SHOULDERS]
        return torch.rad2deg(torch.atan2(arm[:, 0], -arm[:, 1]))

    assert (leans_deg(tipped) - leans_deg(upright)).abs().max() < 3.0


def test_a_longer_performance_begins_like_a_shorter_one() -> None:
    rhythm = _speech(20.0)
    short, long = base_layer(rhythm, 300, 30.0, 4), base_layer(rhythm, 600, 30.0, 4)
    begun = slice(0, 295)  # the jaw is smoothed over the last frames
    assert torch.allclose(short.rotations[begun], long.rotations[begun], atol=1e-5)


def test_short_phrases_in_a_row_do_not_jerk_the_head() -> None:
    phrases = tuple(Interval(0.9 * i, 0.9 * i + 0.65) for i in range(30))
    rhythm = Rhythm(torch.ones(900), 30.0, (), phrases, 4.0)
    for seed in range(3):
        motion = base_layer(rhythm, 900, 30.0, seed)
        for part in ("head", "torso"):
            assert (_speeds(motion, PARTS[part]).diff(dim=0).norm(dim=-1) * 30).max() < 6


def test_arms_move_in_every_second(speaking: Motion) -> None:
    turned = _speeds(speaking, PARTS["arms"]).norm(dim=-1)[: 59 * 30].reshape(59, 30, -1)
    assert turned.mean(1).min() > math.radians(0.1)


def test_silence_breathes_sways_and_keeps_its_mouth_shut() -> None:
    motion = base_layer(_silence(20.0), 600, 30.0, seed=1)
    angles = skeleton.swing_twist_angles(motion.rotations)
    assert angles[:, skeleton.INDEX["jaw"]].abs().max() == 0
    lifted = torch.rad2deg(angles[:, skeleton.INDEX["left_collar"], 2] - angles[:, skeleton.INDEX["right_collar"], 2])
    assert lifted.max() - lifted.min() > 0.5
    sway = motion.translation - motion.translation.mean(0)
    assert 0.001 < sway[:, [0, 2]].norm(dim=-1).mean() < 0.05


def test_breath_at_rest_has_a_human_rate() -> None:
    times = frame_times(60 * 30, 30.0)
    lungs = breath(_silence(60.0), times, seed=2)
    rising = (lungs.diff() > 1e-5).int()
    assert 60 * 0.2 <= int((rising.diff() == 1).sum()) <= 60 * 0.3
    assert 0 <= float(lungs.min()) <= float(lungs.max()) <= 1


def test_lungs_are_full_when_a_phrase_begins_and_empty_as_it_goes_on() -> None:
    rhythm = _speech(40.0)
    times = frame_times(1200, 30.0)
    lungs = breath(rhythm, times, seed=2)
    long = [p for p in rhythm.phrases if p.end_s - p.start_s >= 3.0]
    for phrase in long:
        inside = lungs[(times >= phrase.start_s) & (times <= phrase.start_s + 2.5)]
        assert inside[0] > 0.7
        assert (inside.diff() <= 1e-4).all()


def test_weight_shifts_fall_between_phrases_not_at_all_of_them_and_not_in_step() -> None:
    rhythm = _speech(180.0)
    shifts = weight_shifts(rhythm.phrases, 180.0, seed=0)[1:]
    assert 4 <= len(shifts) <= 25
    for shift in shifts:
        assert any(p.end_s - 0.6 <= shift.start_s <= p.end_s + 0.6 for p in rhythm.phrases)
    gaps = torch.tensor([b.start_s - a.start_s for a, b in pairwise(shifts)])
    assert gaps.min() >= 5.0
    assert gaps.std() > 1.0


def test_sway_has_more_power_at_low_frequencies() -> None:
    motion = base_layer(_silence(240.0), 7200, 30.0, seed=1)
    front = motion.translation[:, 2] - motion.translation[:, 2].mean()
    power = torch.fft.rfft(front * torch.hann_window(7200)).abs().square()
    hertz = torch.fft.rfftfreq(7200, 1 / 30)
    bands = [(0.02, 0.06), (0.06, 0.2), (0.2, 0.6), (0.6, 2.0)]
    density = [float(power[(hertz >= a) & (hertz < b)].mean()) for a, b in bands]
    assert density[0] > density[1] > density[2] > 10 * density[3]


def test_nods_are_lowest_at_the_vowel_and_last_under_a_second() -> None:
    accent = Accent(2.0, 1.0, AccentKind.NUCLEUS)
    rhythm = Rhythm(torch.zeros(120), 30.0, (accent,), (), 0.0)
    seed = next(s for s in range(20) if nods(rhythm.accents, s))
    pitch = torch.rad2deg(emphasis(rhythm, 120, 30.0, seed) - emphasis(_silence(4.0), 120, 30.0, seed))[:, [12, 15], 0].sum(1)
    assert abs(int(pitch.argmax()) - 60) <= 1
    assert 3.0 < pitch.max() < 7.0
    assert pitch[50:58].min() < 0
    assert pitch[:45].abs().max() < 1e-4


def test_not_every_accent_is_nodded_and_never_two_in_half_a_second() -> None:
    rhythm = _speech(120.0)
    nodded = [t for t, _, _ in nods(rhythm.accents, 1)]
    assert 0.15 < len(nodded) / len(rhythm.accents) < 0.7
    assert min(b - a for a, b in pairwise(nodded)) >= 0.5


def test_the_jaw_follows_activity_up_to_eight_degrees() -> None:
    rhythm = _speech(20.0)
    jaw = torch.rad2deg(jaw_opening(rhythm, 700, 30.0))
    assert 4.0 < jaw.max() <= 8.0
    assert jaw.min() >= 0
    assert jaw[605:].max() == 0


def test_eyes_stay_on_the_listener_while_the_head_nods_and_turns(speaking: Motion) -> None:
    places, world = skeleton.forward_kinematics(speaking.rotations, speaking.translation)
    eye = skeleton.INDEX["left_eye_smplhf"]
    seen = rotations.rotate(world[:, eye], torch.tensor([0.0, 0.0, 1.0]))
    to_listener = torch.nn.functional.normalize(torch.tensor(LISTENER_AT) - places[:, eye], dim=-1)
    away_deg = torch.rad2deg(torch.acos((seen * to_listener).sum(-1).clamp(-1, 1)))
    assert 0.6 < float((away_deg < 3.0).float().mean()) < 0.97
    assert away_deg.max() < 25
    assert not torch.equal(with_gaze(speaking, _silence(60.0), 3).rotations, speaking.rotations)


def test_eyes_lead_and_the_head_follows() -> None:
    rhythm = _speech(60.0)
    seen = looks(rhythm, 60.0, seed=3)
    fine = torch.arange(6000) / 100.0
    eyes, head = gaze_direction(seen, fine)[:, 0], head_turn(seen, fine)[:, 0]
    far = next(look for look in seen if abs(look.yaw_deg) > 10)
    at = round(far.time_s * 100)
    assert torch.rad2deg(eyes[at + 9]) == pytest.approx(far.yaw_deg, abs=0.1)
    assert (head[at + 7] - head[at]).abs() < 1e-6
    assert torch.rad2deg(head[at + 55].abs()) > 2


def test_most_long_phrases_end_with_a_look_at_the_listener() -> None:
    rhythm = _speech(120.0)
    gaze = torch.rad2deg(gaze_direction(looks(rhythm, 120.0, seed=0), frame_times(3600, 30.0))).norm(dim=-1)
    ends = torch.tensor([round(p.end_s * 30) - 3 for p in rhythm.phrases])
    starts = torch.tensor([round((p.start_s + 0.25) * 30) for p in rhythm.phrases])
    assert (gaze[ends] < 4).float().mean() > 0.9
    assert (gaze[starts] > 6).float().mean() > 0.15


def test_what_accompanies_gestures_leaves_arms_and_legs_alone() -> None:
    angles = accompaniment(_speech(10.0), 300, 30.0, 0)
    still = [i for i, n in enumerate(skeleton.JOINT_NAMES) if any(k in n for k in (*PARTS["legs"], *PARTS["fingers"], "elbow", "wrist"))]
    assert angles[:, still].abs().max() == 0


def test_one_frame_and_another_rate_are_legal() -> None:
    assert base_layer(_silence(1.0), 1).frames == 1
    slow, fast = base_layer(_speech(10.0), 300, 30.0, 1), base_layer(_speech(10.0), 600, 60.0, 1)
    assert torch.allclose(slow.positions(), fast.positions()[::2], atol=2e-3)


@pytest.mark.parametrize(("frames", "fps", "posture"), [(0, 30.0, "standing"), (10, 0.0, "standing"), (10, 30.0, "floating")])
def test_bad_arguments_are_named(frames: int, fps: float, posture: str) -> None:
    with pytest.raises(ValueError, match=r"posture|frame"):
        base_layer(_silence(1.0), frames, fps, 0, posture)

