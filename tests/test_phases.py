"""Phase segmentation: movements with known times are found, whatever side, rate and body; every motion has ordered sync points."""
from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest
import torch

from chironomia.evals import phases_picture, segmentation, train_phases
from chironomia.evals.train_phases import AnnotatedClip
from chironomia.motion_library import phase_net, rotations, skeleton
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.phases import Convention, in_order, likelihoods, segment
from chironomia.motion_library.rest import rest_pose
from chironomia.motion_library.threads import one_thread
from chironomia.motion_library.vocabulary import BodyPart, Hands

SHARED = Path(__file__).parents[2] / "shared" / "data"
FPS = 30.0


def minimum_jerk(share: torch.Tensor) -> torch.Tensor:
    s = share.clamp(0.0, 1.0)
    return s**3 * (10.0 - 15.0 * s + 6.0 * s**2)


def raising(course: torch.Tensor, side: str = "right") -> Motion:
    """An upper arm that swings forward by ``course`` (F,) radians from rest."""
    pose, place = rest_pose()
    turns = pose.repeat(len(course), 1, 1)
    arm = skeleton.INDEX[f"{side}_shoulder"]
    swing = rotations.from_rotvec(torch.stack([-course, torch.zeros_like(course), torch.zeros_like(course)], -1))
    turns[:, arm] = rotations.multiply(swing, turns[:, arm])
    return Motion(turns, place.repeat(len(course), 1), FPS)


def out_and_back(out_s: float, back_s: float | None, lasts_s: float = 0.6, length_s: float = 4.0) -> torch.Tensor:
    t = torch.arange(round(length_s * FPS) + 1) / FPS
    course = minimum_jerk((t - out_s) / lasts_s)
    return course if back_s is None else course - minimum_jerk((t - back_s) / lasts_s)


def is_ordered_within(motion: Motion) -> bool:
    times = segment(motion).times()
    return all(a <= b for a, b in pairwise((0.0, *times, motion.duration_s + 1e-6)))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("out_s", "back_s"), [(0.4, 2.0), (1.0, 1.9), (0.5, 1.1)])
def test_the_phases_of_a_held_gesture_are_found(side, out_s, back_s):
    sync = segment(raising(out_and_back(out_s, back_s), side))
    arrives, rests = out_s + 0.6, back_s + 0.6
    assert sync.start == pytest.approx(out_s, abs=0.15)
    assert out_s - 0.05 < sync.ready <= sync.stroke_start < arrives
    assert sync.stroke == pytest.approx(arrives, abs=0.25)
    assert sync.relax == pytest.approx(back_s, abs=0.35)
    assert sync.end == pytest.approx(rests, abs=0.15)


def test_left_and_right_are_segmented_alike():
    course = out_and_back(0.5, 2.0)
    assert segment(raising(course, "left")) == segment(raising(course, "right"))
    motion = raising(course)
    assert segment(motion.mirrored()) == segment(motion)


def test_stillness_before_and_after_moves_the_sync_points_along():
    short, long = segment(raising(out_and_back(0.3, 1.6, length_s=2.5))), segment(raising(out_and_back(1.8, 3.1, length_s=6.0)))
    assert long.shifted(-1.5).times() == pytest.approx(short.times(), abs=0.07)


def test_conventions_differ_as_their_coders_do():
    motion = raising(out_and_back(0.5, 2.0))
    parted, whole, held = (segment(motion, convention=c) for c in (Convention.PARTED, Convention.WHOLE, Convention.HELD))
    assert whole.stroke_start < parted.stroke_start  # the preparation belongs to the stroke
    assert parted.stroke_end < held.stroke_end  # the hold belongs to it


@pytest.mark.parametrize("frames", [1, 2, 40])
def test_a_body_that_keeps_still_is_one_stroke(frames):
    motion = raising(torch.zeros(frames))
    assert segment(motion).times() == (0.0, 0.0, 0.0, motion.duration_s / 2, *[motion.duration_s] * 3)


@pytest.mark.parametrize("fps", [12.0, 24.0, 60.0, 120.0])
def test_the_frame_rate_does_not_move_the_sync_points(fps):
    motion = raising(out_and_back(0.5, 2.0))
    assert segment(motion.resampled(fps)).times() == pytest.approx(segment(motion).times(), abs=0.07)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_moves_has_ordered_points_within_its_time(seed):
    generator = torch.Generator().manual_seed(seed)
    steps = 0.2 * torch.randn(20 * (seed + 1), generator=generator)
    assert is_ordered_within(raising(steps.cumsum(0)))  # wanders and never rests


def test_strokes_in_a_row_one_way_movements_and_three_frames_have_ordered_points():
    t = torch.arange(round(12 * FPS) + 1) / FPS
    assert is_ordered_within(raising(0.6 * torch.sin(3.0 * t)))
    assert is_ordered_within(raising(out_and_back(0.5, None)))
    assert is_ordered_within(raising(torch.tensor([0.0, 0.4, 0.8])))


def test_no_order_of_peaks_makes_the_points_decrease():
    peaks = torch.full((5, 50), 1e-3)
    for point, frame in enumerate((40, 10, 30, 5, 20)):
        peaks[point, frame] = 1.0
    frames = in_order(peaks)
    assert frames == sorted(frames)
    ordered = torch.full((5, 50), 1e-6)
    ordered[torch.arange(5), torch.tensor([3, 12, 20, 28, 40])] = 1.0
    assert in_order(ordered) == [3, 12, 20, 28, 40]


def test_a_clip_takes_less_than_a_fiftieth_of_a_second():
    places = phase_net.course(raising(out_and_back(0.5, 2.0, length_s=5.0)))
    nets, best = phase_net.trained(), float("inf")
    with one_thread():
        for _ in range(5):
            began = process_time()
            in_order(likelihoods(places, Convention.PARTED, nets))
            best = min(best, process_time() - began)
    assert best < 0.02


def test_weights_survive_their_arrays():
    stored = phase_net.to_arrays(phase_net.trained())
    assert sum(w.nbytes for w in stored.values()) < 500_000
    again = phase_net.from_arrays(stored)
    for a, b in zip(phase_net.trained(), again, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def annotated(name: str = "A@Idle01_ChopLf01", group: str = "Gestures", at: float = 0.5) -> AnnotatedClip:
    places = phase_net.course(raising(out_and_back(at, at + 1.5)))
    times = (at + 0.1, at + 0.3, at + 0.6, at + 0.7, at + 1.5)
    return AnnotatedClip(name, group, 4.0, places, times)


def test_the_convention_is_read_from_folder_and_margins_not_from_the_stroke():
    def of(ready: float, relax: float, group: str = "Gestures2") -> Convention:
        return AnnotatedClip("x", group, 3.0, torch.zeros(1, 6, 3), (ready, 1.0, 1.2, 1.4, relax)).convention

    assert of(0.5, 1.8) is Convention.PARTED
    assert of(0.5, 1.8, "Gestures") is Convention.WHOLE
    assert of(0.3, 2.667) is Convention.HELD
    assert of(0.333, 2.667) is Convention.MARGINS
    assert not AnnotatedClip("x", "y", 3.0, torch.zeros(1, 6, 3), (0.033, 0.067, 0.1, 0.133, 0.167)).is_annotated


def test_takes_of_one_gesture_are_held_out_together():
    takes = [f"{who}@Idle01_{{}}{hand}{i:02}" for who in "AB" for i, hand in ((1, "Lf"), (2, "Rt"))]
    clips = [annotated(take.format(what)) for what in ("Chop", "Me", "Offer") for take in takes]
    parts = segmentation.folds(clips, 3)
    assert sorted(i for part in parts for i in part) == list(range(len(clips)))
    assert [{clips[i].family for i in part} for part in parts] == [{"Chop"}, {"Me"}, {"Offer"}]


def test_training_learns_where_the_points_of_a_movement_lie():
    clips = [annotated(at=at) for at in (0.3, 0.5, 0.9, 1.3)]
    nets = train_phases.train(clips, members=1, epochs=80)
    found = in_order(likelihoods(clips[1].places, Convention.WHOLE, nets))
    assert [f / FPS for f in found] == pytest.approx(clips[1].times_s, abs=0.14)
    with pytest.raises(ValueError, match="annotated clips"):
        train_phases.train([])


def test_agreement_counts_and_pairs_are_of_one_take():
    a, b = annotated(at=0.5), annotated(group="Gestures2", at=0.9)
    assert segmentation.agreement([0.1, 0.5]) == segmentation.Agreement(2, 0.3, 0.5)
    assert segmentation.pairs([a, b], "stroke") == pytest.approx([0.4])
    assert segmentation.pairs([a], "stroke") == []
    assert segmentation.attainable([0.4, 0.7]) == 0.75  # between 0.4 s apart both are within 0.3 s, of 0.7 s apart one is
    with pytest.raises(ValueError, match="at least one"):
        segmentation.agreement([])


def test_clips_of_known_times_are_compared_point_by_point():
    motion = raising(out_and_back(0.5, 2.0))
    found = segment(motion)
    clip = Clip("a.one", "a", motion, found.shifted(0.25), Hands.RIGHT, 1.0, frozenset({BodyPart.RIGHT_ARM}), "made here", "CC0-1.0")
    assert segmentation.by_construction([clip])["stroke"] == pytest.approx([0.25])


def test_the_picture_has_a_row_a_clip():
    clip = annotated()
    page = phases_picture.draw([clip, clip], [clip.times_s, clip.times_s])
    assert page.size == (1200, 2 * 250)
    assert len(page.crop((0, 0, 1200, 250)).getcolors(1 << 16)) > 5


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the reference clips are not on this machine")
def test_the_committed_networks_fit_the_clips_they_were_trained_on(tmp_path):
    folder = SHARED / "smartbody-gestures"
    rows = (folder / "clips.jsonl").read_text().splitlines()[::9]
    (tmp_path / "clips.jsonl").write_text("\n".join(rows))
    for name in ("Gestures", "Gestures2", "MaleGestures", "FemaleGestures"):
        (tmp_path / name).symlink_to(folder / name)
    clips = [clip for clip in train_phases.read_clips(tmp_path) if clip.is_annotated]
    nets = phase_net.trained()
    found = [in_order(likelihoods(clip.places, clip.convention, nets)) for clip in clips]
    for point in ("stroke_start", "stroke_end"):
        k = phase_net.POINTS.index(point)
        off = segmentation.agreement([abs(frames[k] / FPS - clip.times_s[k]) for frames, clip in zip(found, clips, strict=True)])
        assert off.median_s < 0.1
        assert off.within > 0.9
