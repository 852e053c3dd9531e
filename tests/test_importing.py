"""Import and export: what nobody told is found and said to be found, faults leave the library as it was, the way out and in is exact."""
import errno
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from chironomia.agent.cli import main
from chironomia.evals.retargeting import fidelity
from chironomia.evals.round_trip import round_trip
from chironomia.motion_library import importing, read_clip, rotations, skeleton, store
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.bvh import parse_bvh, write_bvh
from chironomia.motion_library.clip import Gesture
from chironomia.motion_library.clip_metadata import POINTS
from chironomia.motion_library.compile import compile_gesture
from chironomia.motion_library.embed import load_embedder
from chironomia.motion_library.exporting import export_library
from chironomia.motion_library.glb import write_glb
from chironomia.motion_library.import_record import ClipRecord, read_record
from chironomia.motion_library.imported import hands_of, sync_of
from chironomia.motion_library.importing import ImportReport, import_library
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.mannequin import build_mannequin
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.notation import load_folder
from chironomia.motion_library.npz import write_npz
from chironomia.motion_library.part import Part
from chironomia.motion_library.rest import rest_pose
from chironomia.motion_library.store import load_library
from chironomia.motion_library.vocabulary import BodyPart, GestureFunction, Hands, ImageSchema

SHARED = Path(__file__).parents[2] / "shared" / "data"


def swinging(sides: str = "right", seconds: float = 2.5, turned_deg: float = 0.0, fps: float = 30.0, size: float = 1.0) -> Motion:
    """Arms that swing forward from 0.4 s to 0.9 s, hold, and swing back from 1.5 s to 2.0 s."""
    pose, place = rest_pose()
    t = torch.arange(round(seconds * fps) + 1) / fps
    course = ((t - 0.4) / 0.5).clamp(0, 1) - ((t - 1.5) / 0.5).clamp(0, 1)
    course = size * course**2 * (3 - 2 * course)
    turns = pose.repeat(len(t), 1, 1)
    for side in sides.split():
        arm = skeleton.INDEX[f"{side}_shoulder"]
        swing = rotations.from_rotvec(torch.stack([-course, torch.zeros_like(t), torch.zeros_like(t)], -1))
        turns[:, arm] = rotations.multiply(swing, turns[:, arm])
    heading = rotations.from_rotvec(torch.tensor([0.0, turned_deg, 0.0]).deg2rad())
    turns[:, 0] = rotations.multiply(heading, turns[:, 0])
    return Motion(turns, place.repeat(len(t), 1) + torch.tensor([0.0, 0.0, turned_deg / 90]), fps)


def write(folder: Path, lines: list[dict[str, Any]], **motions: Motion) -> Path:
    folder.mkdir(exist_ok=True)
    for name, motion in motions.items():
        write_bvh(motion, folder / f"{name}.bvh")
    (folder / "META.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "META.jsonl"


def imported(folder: Path, lines: list[dict[str, Any]], reference: Library | None = None, **motions: Motion) -> Library:
    meta = write(folder, lines, **motions)
    import_library([folder], meta, folder / "lib", reference=(lambda: reference) if reference else None)
    return load_library(folder / "lib")


def test_a_file_and_a_gesture_are_enough(tmp_path):
    meta = write(tmp_path, [{"file": "a.bvh", "gesture": "raise-it"}], a=swinging("right", fps=60.0))
    found = ClipRecord("raise-it", "a.bvh", (), 0.0, ("hands", "sync", "function", "schemas"))
    assert import_library([tmp_path], meta, tmp_path / "lib") == ImportReport(1, 1, {"raise-it.a": found}, ())
    assert read_record(tmp_path / "lib") == {"raise-it.a": found}
    gesture = load_library(tmp_path / "lib").gesture("raise-it")
    own, other = gesture.clips
    assert (gesture.description, gesture.function, gesture.hands) == ("raise it", GestureFunction.METAPHORIC, Hands.RIGHT)
    assert "function assumed" in gesture.notes
    assert (own.hands, own.mask, own.motion.fps) == (Hands.RIGHT, {BodyPart.RIGHT_ARM}, 30.0)
    assert (other.hands, other.mask, other.id) == (Hands.LEFT, {BodyPart.LEFT_ARM}, own.id + ".mirrored")
    torch.testing.assert_close(other.motion.positions(), own.motion.mirrored().positions())
    assert own.sync.start == pytest.approx(0.4, abs=0.12)
    assert own.sync.stroke == pytest.approx(0.9, abs=0.12)
    assert own.sync.relax == pytest.approx(1.5, abs=0.12)
    assert not (tmp_path / ".lib.importing").exists()


def test_all_that_a_line_says_is_kept_and_lines_of_one_gesture_are_its_clips(tmp_path):
    said = {"description": "Both arms rise.", "meanings": ["growth"], "examples": ["It grew."], "function": "ICONIC", "schemas": ["UP"],
            "sync": {"stroke": 1.0, "relax": 1.2}, "license": "CC0-1.0", "source": "my studio"}  # fmt: skip
    lines = [{"file": "a.bvh", "gesture": "grow", **said}, {"file": "b.bvh", "gesture": "grow", "meanings": ["increase"], "hands": "left"}]
    gesture = imported(tmp_path, lines, a=swinging("left right"), b=swinging("left")).gesture("grow")
    assert (gesture.description, gesture.meanings, gesture.fits) == ("Both arms rise.", ("growth", "increase"), ("It grew.",))
    assert (gesture.function, gesture.schemas, gesture.notes) == (GestureFunction.ICONIC, (ImageSchema["UP"],), "")
    assert [clip.hands for clip in gesture.clips] == [Hands.BOTH, Hands.LEFT, Hands.RIGHT]
    first = gesture.clips[0]
    assert (first.sync.stroke, first.sync.relax, first.source, first.license) == (1.0, 1.2, "my studio", "CC0-1.0")
    assert first.sync.stroke <= first.sync.stroke_end <= first.sync.relax


def test_what_means_a_side_is_not_mirrored_and_neither_is_what_says_so(tmp_path):
    lines = [{"file": "a.bvh", "gesture": "point-left", "schemas": ["LEFT"]}, {"file": "b.bvh", "gesture": "writing", "mirror": False}]
    library = imported(tmp_path, lines, a=swinging("left"), b=swinging("right"))
    assert [len(g.clips) for g in library.gestures] == [1, 1]


def known() -> Library:
    box = Gesture("box", "Hands hold a box.", ("everything inside something",), (), ("Hello!",), GestureFunction.ICONIC,
                  (ImageSchema["CONTAINER"],), Hands.BOTH)  # fmt: skip
    wave = replace(box, id="wave", description="A hand waves.", meanings=("greeting someone",), wrong=(), schemas=())
    return make_library((box, wave), load_embedder())


def test_a_missing_function_and_schema_come_from_the_gesture_with_the_likest_text_and_are_marked(tmp_path):
    lines = [
        {"file": "a.bvh", "gesture": "a-box", "description": "Two hands hold a box that everything is inside."},
        {"file": "b.bvh", "gesture": "hum", "description": "Quarterly taxation of imported vehicles."},
        {"file": "c.bvh", "gesture": "carton", "description": "Two hands hold a box.", "function": "EMBLEM"},
    ]
    found = imported(tmp_path, lines, known(), a=swinging("left right"), b=swinging(size=0.8), c=swinging("left right", size=0.9))
    box, hum, carton = (found.gesture(line["gesture"]) for line in lines)
    assert (box.function, box.schemas) == (GestureFunction.ICONIC, (ImageSchema["CONTAINER"],))
    assert "Inferred from the text: function ICONIC and schemas CONTAINER, as of box" in box.notes
    assert (hum.function, hum.schemas) == (GestureFunction.METAPHORIC, ())
    assert "Not inferred" in hum.notes
    assert (carton.function, carton.schemas) == (GestureFunction.EMBLEM, (ImageSchema["CONTAINER"],))
    assert "Inferred from the text: schemas CONTAINER" in carton.notes


def test_gestures_that_are_there_stay_unless_they_come_again(tmp_path):
    imported(tmp_path, [{"file": "a.bvh", "gesture": "one"}, {"file": "b.bvh", "gesture": "two"}], a=swinging(), b=swinging("left"))
    library = imported(tmp_path, [{"file": "b.bvh", "gesture": "one", "hands": "both"}])
    assert {g.id: len(g.clips) for g in library.gestures} == {"one": 1, "two": 2}


def test_a_body_that_faces_away_is_turned_to_the_front(tmp_path):
    library = imported(tmp_path, [{"file": "a.bvh", "gesture": "one"}], a=swinging("right", turned_deg=130.0))
    torch.testing.assert_close(library.gesture("one").clips[0].motion.positions(), swinging("right").positions(), atol=2e-4, rtol=0)


@pytest.mark.parametrize(
    ("sides", "size", "hands"), [("left", 1, "left"), ("right", 1, "right"), ("left right", 1, "both"), ("right", 0.05, "none")]
)
def test_hands_that_take_part_are_found(sides, size, hands):
    assert hands_of(swinging(sides, size=size)) == hands


def test_found_sync_points_give_way_to_those_given():
    sync = sync_of(swinging(), {"stroke_start": 1.1, "stroke": 1.2})
    assert sync.ready <= sync.stroke_start == 1.1 <= sync.stroke == 1.2 <= sync.stroke_end <= sync.relax
    with pytest.raises(ValueError, match=r"within the clip's 2\.50 s"):
        sync_of(swinging(), {"stroke": 3.0})


def digest(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.md5(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def one_frame() -> Motion:
    motion = swinging()
    return Motion(motion.rotations[:1], motion.translation[:1])


ONE = {"file": "a.bvh", "gesture": "one"}


@pytest.mark.parametrize(
    ("lines", "spoil", "says"),
    [
        ([ONE], lambda text: text[: len(text) // 2].rsplit(" ", 1)[0], r"a\.bvh: expected .* truncated"),
        ([ONE], lambda text: "junk", r"a\.bvh: expected a BVH file"),
        ([ONE], lambda text: text.replace("0.00000 0.00000 0.00000\n", "x\n", 1), r"a\.bvh: the HIERARCHY of this BVH file is broken"),
        ([ONE], lambda text: text.rstrip().rpartition(" ")[0] + " nan\n", r"a\.bvh: .*not finite"),
        ([ONE], lambda text: text.replace("Foot", "Blob"), r"a\.bvh: .*not found: Hips \(or pelvis\), LeftUpLeg"),
        ([ONE], lambda text: text.replace("Frame Time: 0.03", "Frame Time: 3"), r"at most 60 s, got"),
        ([{"file": "gone.bvh", "gesture": "one"}], None, r"META\.jsonl:1: file: there is no gone\.bvh"),
        ([ONE, ONE], None, r"META\.jsonl:2: id: one\.a comes twice, first in line 1"),
        ([{**ONE, "hand": "left"}], None, r"META\.jsonl:1: hand: Extra inputs"),
        ([{**ONE, "gesture": "One Two"}], None, r"META\.jsonl:1: gesture: "),
        ([{**ONE, "sync": {"ready": 2.0, "stroke": 1.0}}], None, r"META\.jsonl:1: sync: expected sync points that do not decrease"),
        ([{**ONE, "sync": {"stroke": 9.0}}], None, r"a\.bvh: expected sync points within"),
        ([{**ONE, "hands": "either"}], None, r"META\.jsonl:1: hands: a clip's hands"),
        ([{**ONE, "function": "ICONIC"}, {**ONE, "cut": [0.5, 2], "function": "BEAT"}], None, "one: .* different things of function"),
        ([], None, "found no line"),
    ],
)
def test_bad_input_says_what_is_wrong_and_leaves_the_library_as_it_was(tmp_path, lines, spoil, says):
    imported(tmp_path, [{"file": "a.bvh", "gesture": "before"}], a=swinging())
    before = digest(tmp_path / "lib")
    meta = write(tmp_path, lines, a=swinging("left"))
    if spoil:
        (tmp_path / "a.bvh").write_text(spoil((tmp_path / "a.bvh").read_text()))
    with pytest.raises(ValueError, match=says):
        import_library([tmp_path], meta, tmp_path / "lib")
    assert digest(tmp_path / "lib") == before


def test_one_frame_is_no_motion(tmp_path):
    with pytest.raises(ValueError, match="at least 3 frames, got 1"):
        imported(tmp_path, [ONE], a=one_frame())


def test_every_fault_is_named_at_once(tmp_path):
    lines = [ONE, {"file": "b.bvh", "gesture": "two"}, {"file": "c.bvh", "gesture": "three"}]
    meta = write(tmp_path, lines, a=swinging(), b=one_frame(), c=one_frame())
    with pytest.raises(ValueError, match=r"(?s)2 of 3 clips cannot be imported: .*b\.bvh.*c\.bvh.*library is as it was"):
        import_library([tmp_path], meta, tmp_path / "lib")


def test_an_interrupted_import_continues_where_it_was(tmp_path, monkeypatch):
    lines = [{"file": f"{n}.bvh", "gesture": f"g-{n}"} for n in "abcd"]
    meta = write(tmp_path, lines, **{n: swinging(size=1.0 + i / 10) for i, n in enumerate("abcd")})
    read: list[str] = []

    def parse(path: Path, part: Part) -> Any:
        if len(read) == 2:
            read.append("stopped")
            raise KeyboardInterrupt
        read.append(Path(path).stem)
        return parse_bvh(path, part)

    monkeypatch.setattr(read_clip, "parse_bvh", parse)
    with pytest.raises(KeyboardInterrupt):
        import_library([tmp_path], meta, tmp_path / "lib")
    assert not (tmp_path / "lib").exists()
    import_library([tmp_path], meta, tmp_path / "lib")
    assert read == ["a", "b", "stopped", "c", "d"]
    assert len(load_library(tmp_path / "lib").gestures) == 4


@pytest.mark.parametrize(("module", "name"), [(importing.np, "savez"), (store.np, "save"), (Path, "write_text")])
def test_a_disk_that_fills_leaves_the_library_as_it_was(tmp_path, monkeypatch, module, name):
    imported(tmp_path, [{"file": "a.bvh", "gesture": "before"}], a=swinging())
    before = digest(tmp_path / "lib")
    meta = write(tmp_path, [{"file": "b.bvh", "gesture": "after"}], b=swinging("left"))

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module, name, full)
        with pytest.raises(OSError, match="No space left"):
            import_library([tmp_path], meta, tmp_path / "lib")
    assert digest(tmp_path / "lib") == before
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".lib.") and p.name != ".lib.importing"]


def test_a_library_comes_back_the_same_from_its_export(tmp_path):
    lines = [
        {"file": "a.bvh", "gesture": "one", "description": "An arm rises.", "meanings": ["up"], "wrong": ["Never."], "schemas": ["UP"],
         "function": "ICONIC", "license": "CC0-1.0", "formality": "formal", "culture": [{"where": ["BR"], "offends": "rude"}]},
        {"file": "b.bvh", "gesture": "one", "amplitude": 1.3, "articulators": ["hands", "gaze"]},
        {"file": "c.bvh", "gesture": "two", "hands": "none", "notes": "seen at noon"},
    ]  # fmt: skip
    library = imported(tmp_path, lines, a=swinging("right"), b=swinging("left right"), c=swinging("left", size=0.5))
    assert export_library(library, tmp_path / "out") == 4
    import_library([tmp_path / "out"], tmp_path / "out" / "META.jsonl", tmp_path / "again")
    for old, new in zip(library.gestures, load_library(tmp_path / "again").gestures, strict=True):
        assert replace(new, clips=(), notes="") == replace(old, clips=(), notes="")
        assert old.notes in new.notes
        for a, b in zip(old.clips, new.clips, strict=True):
            assert replace(a, motion=b.motion) == b
            torch.testing.assert_close(a.motion.positions(), b.motion.positions(), atol=1e-4, rtol=0)
    with pytest.raises(ValueError, match="new or empty folder"):
        export_library(library, tmp_path / "out")


def test_an_animation_of_a_gltf_file_is_chosen_by_name(tmp_path):
    write_glb(swinging(), tmp_path / "a.glb", build_mannequin(), "wave")
    meta = write(tmp_path, [{"file": "a.glb", "gesture": "one", "animation": "wave"}, {"file": "a.glb", "gesture": "two"}])
    import_library([tmp_path / "a.glb"], meta, tmp_path / "lib")
    moved = load_library(tmp_path / "lib").gesture("one").clips[0].motion
    torch.testing.assert_close(moved.positions(), swinging().positions(), atol=2e-4, rtol=0)
    meta = write(tmp_path, [{"file": "a.glb", "gesture": "one", "animation": "nod"}])
    with pytest.raises(ValueError, match="'animation' to be one of wave, got 'nod'"):
        import_library([tmp_path / "a.glb"], meta, tmp_path / "lib")


def test_files_without_a_line_and_joints_without_a_counterpart_are_reported(tmp_path):
    meta = write(tmp_path, [ONE], a=swinging(), b=swinging())
    (tmp_path / "a.bvh").write_text((tmp_path / "a.bvh").read_text().replace("Jaw", "Antenna"))
    done = import_library([tmp_path], meta, tmp_path / "lib")
    assert done.unmapped == {"Antenna": 1}
    assert [path.name for path in done.undescribed] == ["b.bvh"]


def test_the_command_line_imports_and_exports(tmp_path, capsys):
    meta = write(tmp_path / "in", [{**ONE, "function": "ICONIC", "schemas": []}], a=swinging())
    assert main(["library", "import", str(tmp_path / "in"), "--metadata", str(meta), "-o", str(tmp_path / "lib")]) == 0
    assert "1 clips imported, and 1 made of them for the other hand" in capsys.readouterr().out
    assert main(["library", "export", str(tmp_path / "lib"), "-o", str(tmp_path / "out")]) == 0
    assert len((tmp_path / "out" / "META.jsonl").read_text().splitlines()) == 2
    (tmp_path / "in" / "a.bvh").write_text("junk")
    assert main(["library", "import", str(tmp_path / "in"), "--metadata", str(meta), "-o", str(tmp_path / "lib")]) == 2
    said = capsys.readouterr().err.strip()
    assert said.count("\n") == 0
    assert "a.bvh: expected a BVH file" in said


def test_the_other_hands_clip_is_made_of_npz_too(tmp_path):
    meta = write(tmp_path, [{"file": "a.npz", "gesture": "one", "schemas": ["UP"], "function": "ICONIC"}])
    write_npz(swinging("left"), tmp_path / "a.npz")
    import_library([tmp_path], meta, tmp_path / "lib")
    own, other = load_library(tmp_path / "lib").gesture("one").clips
    assert (own.hands, other.hands) == (Hands.LEFT, Hands.RIGHT)
    torch.testing.assert_close(other.motion.positions(), swinging("left").mirrored().positions(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", ["bvh", "npz", "glb"])
def test_gestures_are_cut_out_of_a_recording(tmp_path, kind):
    one = {"file": f"a.{kind}", "gesture": "one"}
    lines = [{**one, "cut": [0.0, 1.2]}, {**one, "cut": [1.2, 2.5], "sync": {"stroke": 1.7}}]
    meta = write(tmp_path, lines, a=swinging())
    write_npz(swinging(), tmp_path / "a.npz")
    write_glb(swinging(), tmp_path / "a.glb", build_mannequin(), "all")
    import_library([tmp_path / f"a.{kind}"], meta, tmp_path / "lib")
    clips = {clip.id: clip for clip in load_library(tmp_path / "lib").gesture("one").clips}
    first, second = clips["one.a-0-1-2"], clips["one.a-1-2-2-5"]
    assert (first.motion.duration_s, second.motion.duration_s) == pytest.approx((1.2, 1.3))
    assert second.sync.stroke == pytest.approx(0.5)
    torch.testing.assert_close(second.motion.rotations[0, 17], swinging().rotations[36, 17], atol=1e-3, rtol=0)


def test_what_a_line_says_is_never_inferred_over(tmp_path):
    lines = [{"file": "a.bvh", "gesture": "a-box", "description": "Hands hold a box.", "function": "BEAT", "schemas": [], "hands": "none",
              "mirror": False, "sync": dict(zip(POINTS, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7), strict=True))}]  # fmt: skip
    gesture = imported(tmp_path, lines, known(), a=swinging()).gesture("a-box")
    assert (gesture.function, gesture.schemas, gesture.hands, gesture.notes) == (GestureFunction.BEAT, (), Hands.NONE, "")
    assert [clip.sync.times() for clip in gesture.clips] == [(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)]
    assert read_record(tmp_path / "lib")["a-box.a"].inferred == ()


def test_a_record_stays_as_long_as_its_gesture(tmp_path):
    imported(tmp_path, [{"file": "a.bvh", "gesture": "one"}, {"file": "b.bvh", "gesture": "two"}], a=swinging(), b=swinging("left"))
    imported(tmp_path, [{"file": "b.bvh", "gesture": "one"}])
    assert set(read_record(tmp_path / "lib")) == {"one.b", "two.b"}


def test_folders_that_are_links_are_looked_through(tmp_path):
    (tmp_path / "in").mkdir()
    write(tmp_path / "capture", [], a=swinging())
    (tmp_path / "in" / "link").symlink_to(tmp_path / "capture", target_is_directory=True)
    meta = write(tmp_path / "in", [{"file": "link/a.bvh", "gesture": "one"}])
    assert import_library([tmp_path / "in"], meta, tmp_path / "lib").clips == 1


def test_some_bundled_gestures_come_back_the_same_from_their_export(tmp_path):
    files = sorted(bundled_gestures().glob("*.yaml"))[::60]
    chosen = [gesture for gesture in load_folder(bundled_gestures()) if gesture.id in {path.stem for path in files}]
    library = make_library(tuple(compile_gesture(gesture) for gesture in chosen), load_embedder())
    found = round_trip(library, tmp_path)
    assert found.clips >= len(files) > 3
    assert found.changed == ()
    assert found.place_mm < 0.01
    assert found.turn_deg < 0.001


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the reference clips are not on this machine")
def test_hands_of_captured_clips_stay_where_they_were_in_arm_lengths():
    files = sorted((SHARED / "smartbody-gestures").rglob("*.bvh"))[::20]
    assert len(files) == 13
    found = [fidelity(parse_bvh(path)) for path in files]
    assert float(torch.cat([f.hand_errors.flatten() for f in found]).median()) < 0.05
    assert float(torch.cat([f.foot_height_m.abs() for f in found]).quantile(0.95)) < 0.005
