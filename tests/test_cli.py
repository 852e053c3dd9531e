"""The commands as a user types them, and what they say to bad input: one line, exit code 2, nothing half-written."""
import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chironomia.agent import save
from chironomia.agent.cli import main

TEXT = "Prices went up and up, year after year. Then everything fell apart."
FILES = {"plan.json", "score.json", "motion.npz", "motion.bvh", "motion.glb", "viewer.html", "run.json"}

Said = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Said:
    """Run a command that must be refused; what it says, which must be one line."""

    def run(*argv: str | Path) -> str:
        assert main([str(a) for a in argv]) == 2
        said = capsys.readouterr().err.strip()
        assert said.startswith("chironomia: ")
        assert "\n" not in said
        assert "Traceback" not in said
        return said

    return run


@pytest.fixture(scope="module")
def performed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("performed") / "out"
    assert main(["perform", TEXT, "--seed", "5", "-o", str(out)]) == 0
    return out


def test_perform_writes_every_document(performed: Path) -> None:
    assert {p.name for p in performed.iterdir()} == FILES
    assert [p.name for p in performed.parent.iterdir()] == ["out"], "nothing is left beside the folder"


def test_every_apex_lies_in_its_window_and_every_call_is_accounted_for(performed: Path) -> None:
    score = json.loads((performed / "score.json").read_text())
    assert score["placements"]
    for placement in score["placements"]:
        word = score["words"][placement["call"]["anchor"]]
        assert -0.12 <= placement["sync"]["stroke"] - word["stress"] <= 0.04
        assert word["start"] <= word["stress"] < word["end"]
    run = json.loads((performed / "run.json").read_text())
    assert sum(c["placed"] for c in run["calls"]) == len(score["placements"])
    assert all(c["why"] for c in run["calls"])


def test_the_same_input_gives_the_same_bytes(performed: Path, tmp_path: Path) -> None:
    assert main(["perform", TEXT, "--seed", "5", "-o", str(tmp_path / "again")]) == 0
    for name in ("score.json", "motion.npz"):
        assert (tmp_path / "again" / name).read_bytes() == (performed / name).read_bytes()


def test_another_seed_moves_differently(performed: Path, tmp_path: Path) -> None:
    assert main(["perform", TEXT, "--seed", "6", "-o", str(tmp_path / "other")]) == 0
    assert (tmp_path / "other" / "motion.npz").read_bytes() != (performed / "motion.npz").read_bytes()


def test_replay_renders_an_unchanged_score_to_the_same_motion(performed: Path, tmp_path: Path) -> None:
    assert main(["replay", str(performed / "score.json"), "-o", str(tmp_path / "replayed")]) == 0
    assert (tmp_path / "replayed" / "motion.npz").read_bytes() == (performed / "motion.npz").read_bytes()
    assert (tmp_path / "replayed" / "score.json").read_bytes() == (performed / "score.json").read_bytes()


def test_replay_follows_an_edit(performed: Path, tmp_path: Path) -> None:
    score = json.loads((performed / "score.json").read_text())
    score["placements"] = score["placements"][:1]
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps(score))
    assert main(["replay", str(edited), "-o", str(tmp_path / "replayed")]) == 0
    assert (tmp_path / "replayed" / "motion.npz").read_bytes() != (performed / "motion.npz").read_bytes()


def test_render_draws_strips_of_scores_motions_and_gestures(performed: Path, tmp_path: Path) -> None:
    for source in ([str(performed / "score.json")], [str(performed / "motion.npz")], ["--gesture", "shrug"]):
        out = tmp_path / "strip.png"
        assert main(["render", *source, "--moments", "2", "-o", str(out)]) == 0
        assert out.read_bytes()[:4] == b"\x89PNG"
        out.unlink()


def test_plan_prints_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["plan", TEXT, "--json"]) == 0
    calls = json.loads(capsys.readouterr().out)["calls"]
    assert any(c["schema"] == "UP" for c in calls)
    lines = tmp_path / "lines.txt"
    lines.write_text("The box is huge.\n\nOkay, uh, yes.\n")
    assert main(["plan", "--file", str(lines), "--per-line", "--json"]) == 0
    rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [bool(r["calls"]) for r in rows] == [True, False, False]


def test_plan_prints_a_prompt_for_any_language_model_and_perform_takes_its_answer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["plan", TEXT, "--prompt"]) == 0
    assert "2 up" in capsys.readouterr().out
    answer = tmp_path / "answer.txt"
    answer.write_text(
        'Here you are:\n```json\n{"calls": [{"words": [0, 3], "anchor": 2, "function": "METAPHORIC", "schema": "UP", '
        '"show": "a hand climbs", "hands": "right", "intensity": 0.7, "confidence": 0.9}]}\n```'
    )
    assert main(["perform", TEXT, "--plan", str(answer), "-o", str(tmp_path / "out")]) == 0
    placements = json.loads((tmp_path / "out" / "score.json").read_text())["placements"]
    assert any(p["call"]["show"] == "a hand climbs" for p in placements)


def test_library_search_prints_one_list_a_query(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_text("hello there\nI don't know\n")
    assert main(["library", "search", "--queries", str(queries), "-k", "3", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(r) for r in rows] == [3, 3]
    assert all(set(c) == {"gesture", "clip", "score", "reasons"} for r in rows for c in r)
    assert all([c["score"] for c in r] == sorted((c["score"] for c in r), reverse=True) for r in rows)
    assert rows[1][0]["gesture"].startswith("shrug")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"good\n\xff\xfe\n", "line 2, but byte 0 is not"),
        (b"a" * 3000, "at most 2000 letters"),
        (b"\n  \n", "expected a query a line"),
        (b"a\0b\n", "line 1, got something else"),
    ],
)
def test_a_file_that_holds_no_queries_is_told_with_its_line(
    given: bytes, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "q.txt").write_bytes(given)
    assert main(["library", "search", "--queries", str(tmp_path / "q.txt")]) == 2
    assert message in (said := capsys.readouterr().err)
    assert said.count("\n") == 1


def test_library_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["library", "list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) >= 60
    assert main(["library", "show", "shrug"]) == 0
    assert "shrug" in capsys.readouterr().out


def test_doctor_finds_this_environment_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert "faiss" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["Go.", "Room 101 costs $3.50, i.e. 20% less.", "Dr. Smith met Mr. Jones at 5 p.m. 🎉🎉", "Yes!\n\n\nNo?"])
def test_odd_texts_are_performed(text: str, tmp_path: Path) -> None:
    assert main(["perform", text, "-o", str(tmp_path / "out")]) == 0


def test_a_text_without_words_stands_still(tmp_path: Path) -> None:
    assert main(["perform", "🎉 …", "-o", str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out" / "score.json").read_text())["placements"] == []


def test_empty_and_binary_text_are_refused(refused: Said, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "expected" in refused("perform", "", "-o", out)
    binary = tmp_path / "binary.txt"
    binary.write_bytes(bytes(range(256)))
    assert "UTF-8" in refused("perform", "--file", binary, "-o", out)
    assert "TEXT" in refused("perform", "-o", out)
    assert "no such file" in refused("perform", "--file", tmp_path / "missing.txt", "-o", out)
    assert not out.exists()


def _tone(path: Path, rate: int = 16000, channels: int = 1, seconds: float = 3.0, level: float = 0.3) -> Path:
    wave = level * np.sin(2 * np.pi * 220 * np.arange(int(rate * seconds)) / rate)
    soundfile.write(path, np.stack([wave] * channels, -1), rate)
    return path


def test_unusable_audio_is_refused(refused: Said, tmp_path: Path) -> None:
    out = tmp_path / "out"
    refused("perform", TEXT, "--audio", tmp_path / "missing.wav", "-o", out)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF then nothing")
    refused("perform", TEXT, "--audio", broken, "-o", out)
    refused("perform", TEXT, "--audio", _tone(tmp_path / "silence.wav", level=0.0), "-o", out)
    refused("perform", TEXT, "--audio", _tone(tmp_path / "tone.wav", 48000, 2), "-o", out)
    assert not out.exists()


def _words(path: Path, *rows: tuple[str, float, float]) -> Path:
    path.write_text(json.dumps([{"word": w, "start": a, "end": b} for w, a, b in rows]))
    return path


def test_word_times_that_cannot_be_are_refused(refused: Said, tmp_path: Path) -> None:
    out, words = tmp_path / "out", tmp_path / "words.json"
    refused("perform", "one two", "--words", _words(words, ("one", 1.0, 1.5), ("two", 0.0, 0.5)), "-o", out)
    refused("perform", "one two", "--words", _words(words, ("one", 0.0, 1.5), ("two", 0.5, 2.0)), "-o", out)
    refused("perform", "one two", "--words", _words(words, ("one", 0.0, -1.5), ("two", 0.5, 2.0)), "-o", out)
    words.write_text("{broken")
    refused("perform", "one two", "--words", words, "-o", out)
    assert not out.exists()


def test_given_word_times_are_kept_with_any_audio_format(tmp_path: Path) -> None:
    words = _words(tmp_path / "words.json", ("huge", 0.8, 1.3), ("box", 1.4, 1.9))
    for rate, channels in ((8000, 1), (48000, 2)):
        audio = _tone(tmp_path / "a.wav", rate, channels)
        out = tmp_path / f"out{rate}"
        assert main(["perform", "huge box", "--audio", str(audio), "--words", str(words), "-o", str(out)]) == 0
        written = json.loads((out / "score.json").read_text())["words"]
        assert [(w["start"], w["end"]) for w in written] == [(0.8, 1.3), (1.4, 1.9)]


def test_unknown_gestures_in_markup_are_refused_with_near_ones(refused: Said, tmp_path: Path) -> None:
    assert "shrug" in refused("perform", 'Well <gesture id="shrugg"/> maybe.', "-o", tmp_path / "out")
    assert "UP" in refused("perform", '<gesture schema="UPP">rising</gesture>', "-o", tmp_path / "out")


def test_foreign_and_damaged_libraries_are_refused(refused: Said, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "library" in refused("perform", TEXT, "--library", tmp_path / "empty", "-o", tmp_path / "out")
    (tmp_path / "empty" / "library.json").write_text('{"format": "other"}')
    assert "library" in refused("perform", TEXT, "--library", tmp_path / "empty", "-o", tmp_path / "out")


def test_a_full_disk_leaves_what_was_there(
    refused: Said, performed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    shutil.copytree(performed, out)
    before = {p.name: p.read_bytes() for p in out.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(save, "write_glb", full)
    assert "no space left" in refused("perform", "Another text entirely.", "-o", out)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_output_that_is_a_file_is_refused(refused: Said, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    assert "folder" in refused("perform", TEXT, "-o", tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_device_that_is_not_there_is_refused(refused: Said, tmp_path: Path) -> None:
    assert "torch device" in refused("perform", TEXT, "--device", "banana", "-o", tmp_path / "out")


def test_a_score_that_is_not_one_is_refused(refused: Said, performed: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    assert "parse" in refused("replay", broken, "-o", tmp_path / "out")
    score = json.loads((performed / "score.json").read_text())
    score["placements"][0]["sync"]["stroke"] = -5.0
    broken.write_text(json.dumps(score))
    assert "placements.0.sync" in refused("replay", broken, "-o", tmp_path / "out")
    score = json.loads((performed / "score.json").read_text())
    score["placements"][0]["clip"] = "no-such-clip"
    broken.write_text(json.dumps(score))
    assert "no-such-clip" in refused("replay", broken, "-o", tmp_path / "out")
    assert "png" in refused("render", performed / "score.json", "-o", tmp_path / "strip.gif")
