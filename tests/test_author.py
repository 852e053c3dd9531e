"""Beginning, checking and looking at gestures, as their authors do it."""
from pathlib import Path

import pytest

from chironomia.agent.author import SCHEMA_NAME, check, clip_of_file, new_gesture, template
from chironomia.agent.cli import main
from chironomia.agent.schemas import DOCUMENTS, schema_text
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.notation import load_notation, parse_notation
from chironomia.motion_library.vocabulary import Hands

Said = pytest.CaptureFixture[str]


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    return new_gesture("open-box", tmp_path)[0]


def edit(path: Path, *changes: tuple[str, str]) -> Path:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_new_gesture_is_right_as_it_is_and_shows_what_it_says(begun: Path, capsys: Said) -> None:
    assert load_notation(begun).id == "open-box"
    assert main(["library", "check", str(begun)]) == 0
    said = capsys.readouterr().out
    assert "NOT SHOWN" not in said
    assert "OBJECT shown by open-box.right.m" in said
    assert "1 checked, 0 with faults" in said


def test_editors_find_the_schema_beside_a_new_gesture(begun: Path) -> None:
    assert begun.read_text(encoding="utf-8").splitlines()[0] == f"# yaml-language-server: $schema={SCHEMA_NAME}"
    assert begun.with_name(SCHEMA_NAME).read_text(encoding="utf-8") == schema_text(DOCUMENTS["gesture.schema.json"])


def test_the_template_has_no_mark_left_and_fits_a_screen() -> None:
    text = template("a")
    assert "%" not in text
    assert max(map(len, text.splitlines())) <= 140
    assert parse_notation(text).hands is Hands.RIGHT


def test_new_gestures_never_replace_old_ones_and_bear_their_files_name(begun: Path, tmp_path: Path) -> None:
    before = begun.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="exists already"):
        new_gesture("open-box", begun)
    assert begun.read_text(encoding="utf-8") == before
    with pytest.raises(ValueError, match=r"other\.yaml"):
        new_gesture("other", tmp_path / "another.yaml")
    for bad in ("Open Box", "../box", "open--box", "", "x" * 49):
        with pytest.raises(ValueError, match="open-box"):
            new_gesture(bad, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [SCHEMA_NAME, "open-box.yaml"]


def test_every_fault_of_every_file_is_a_line(begun: Path, tmp_path: Path, capsys: Said) -> None:
    edit(begun, ("palm: up ", "palm: upward "), ("stop: firm ", "stop: hard "))
    (tmp_path / "broken.yaml").write_text("id: [", encoding="utf-8")
    assert main(["library", "check", str(tmp_path), str(tmp_path / "missing.yaml")]) == 1
    lines = capsys.readouterr().out.splitlines()
    number = [line.split(":")[0] for line in begun.read_text(encoding="utf-8").splitlines()].index("    palm") + 1
    assert any(line.startswith(f"{begun}:{number}: form.right.palm: ") and "'upward'" in line and "forward, back" in line for line in lines)
    assert any("form.stroke.0.stop" in line and "firm or soft" in line for line in lines)
    assert any(line.startswith(f"{tmp_path / 'broken.yaml'}:1: ") and "YAML" in line for line in lines)
    assert any(line.startswith(f"{tmp_path / 'missing.yaml'}:1: ") for line in lines)
    assert lines[-1] == "3 checked, 3 with faults"


@pytest.mark.parametrize(
    ("right", "mistake", "key", "says"),
    [
        ("function: METAPHORIC", "function: METAPHOR", "function", "REGULATOR or ADAPTOR, got 'METAPHOR'; did you mean METAPHORIC?"),
        ("schemas: [OBJECT]", "schemas: OBJECT", "schemas", "expected a list, such as [OBJECT]"),
        ("schemas: [OBJECT]", "schemas: [BOX]", "schemas.0", "CONTRAST, OBJECT, PROCESS or SUBSTANCE, got 'BOX'"),
        ("shape: open-relaxed", "shape: open", "form.right.shape", "allowed: relaxed, open-relaxed, flat"),
        ("palm: up ", "palm: upward ", "form.right.palm", "allowed: out, in, up, down, forward, back"),
        ("at: center waist near", "at: nose", "form.right.at", "or forehead, temple, eye"),
        ("move: forward 0.14 up 0.04", "move: forward 14cm", "form.stroke.0.move", "expected metres after 'forward'"),
        ("stop: firm ", "halt: firm ", "form.stroke.0.halt", "is not a key here; allowed: move, to, arc"),
        ("  stroke:", "  strokes:", "form.strokes", "did you mean stroke?"),
        ("hold: phrase", "hold: long", "form.hold", "expected none, short or phrase, got 'long'"),
        ("head: nod small", "head: nodding", "body.head", "allowed: nod, nod twice, nods"),
        ("gaze: hands then listener", "gaze: audience", "body.gaze", "allowed: hands, listener"),
        ("sizes: [0.7, 1.0, 1.3]", "sizes: [0.7, 1.0, 9]", "sizes.2", "less than or equal to 1.8, got 9"),
        ("id: open-box", "id: Open Box", "id", "such as open-box"),
        ("notes: The open", "notes: Careful: the open", "not YAML", "a colon and a space in it needs quotes"),
        ("    palm: up", "\tpalm: up", "not YAML", "indent with spaces"),
    ],
)
def test_common_mistakes_are_told_with_file_line_and_what_is_allowed(
    right: str, mistake: str, key: str, says: str, begun: Path, capsys: Said
) -> None:  # fmt: skip
    line = begun.read_text(encoding="utf-8").split(right)[0].count("\n") + 1
    edit(begun, (right, mistake))
    assert main(["library", "check", str(begun)]) == 1
    (told,) = [said for said in capsys.readouterr().out.splitlines() if says in said]
    assert told.startswith(f"{begun}:{line}: {key}: ")


def test_words_with_hyphens_stay_whole_in_the_template() -> None:
    assert not [line for line in template("a").splitlines() if line.startswith("#") and line.endswith("-")]


def test_a_gesture_that_does_not_show_its_first_schema_is_faulty_and_says_by_how_much(begun: Path, capsys: Said) -> None:
    edit(begun, ("schemas: [OBJECT]", "schemas: [DOWN]"))
    assert main(["library", "check", str(begun)]) == 1
    said = capsys.readouterr().out
    assert "DOWN NOT SHOWN by open-box.right.m" in said
    assert " short)" in said
    edit(begun, ("schemas: [DOWN]", "schemas: [OBJECT, DOWN]"))
    assert main(["library", "check", str(begun)]) == 0
    assert "DOWN not shown by open-box.right.m" in capsys.readouterr().out


def test_an_empty_folder_is_a_fault(tmp_path: Path, capsys: Said) -> None:
    assert main(["library", "check", str(tmp_path)]) == 1
    assert "found none" in capsys.readouterr().out


def test_checking_reports_how_far_it_is(begun: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    assert [r.faulty for r in check([begun, begun], lambda *step: steps.append(step))] == [False, False]
    assert [(done, total) for _, done, total in steps] == [(0, 2), (1, 2), (2, 2)]


def test_a_file_is_drawn_without_a_library(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("no library is needed")

    monkeypatch.setattr("chironomia.agent.options.open_library", refuse)
    assert main(["render", "--gesture", str(begun), "-o", str(tmp_path / "strip.png")]) == 0
    assert (tmp_path / "strip.png").read_bytes()[:4] == b"\x89PNG"


def test_any_clip_of_a_file_can_be_looked_at(begun: Path) -> None:
    assert clip_of_file(begun)[0].id == "open-box.right.m"
    assert clip_of_file(begun, "open-box.left.l")[0].hands is Hands.LEFT
    with pytest.raises(ValueError, match=r"open-box\.left\.l"):
        clip_of_file(begun, "open-box.both.m")


@pytest.mark.parametrize("name", ["hold-container", "nod-yes"])
def test_the_clip_that_is_drawn_alone_is_the_one_that_a_library_has(name: str) -> None:
    path = bundled_gestures() / f"{name}.yaml"
    alone = clip_of_file(path)[0]
    with_others = clip_of_file(path, alone.id)[0]  # compiled in one batch, which rounds the last bit elsewhere
    assert (with_others.motion.rotations - alone.motion.rotations).abs().max() < 1e-6


def test_faults_of_a_file_to_draw_are_told_in_one_line(begun: Path, tmp_path: Path, capsys: Said) -> None:
    edit(begun, ("palm: up ", "palm: upward "), ("stop: firm ", "stop: hard "))
    assert main(["render", "--gesture", str(begun), "-o", str(tmp_path / "strip.png")]) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert "upward" in said
    assert "; " in said
    assert not (tmp_path / "strip.png").exists()


def test_the_catalogue_of_a_library_is_written_by_the_command(begun: Path, tmp_path: Path, capsys: Said) -> None:
    library = tmp_path / "library"
    assert main(["library", "build", "--gestures", str(begun.parent), "-o", str(library)]) == 0
    assert main(["library", "catalogue", "--library", str(library), "-o", str(tmp_path / "site")]) == 0
    assert f"1 gestures; open {tmp_path / 'site' / 'index.html'}" in capsys.readouterr().out
    assert (tmp_path / "site" / "index.html").is_file()


