"""The viewer page: safe to fill, and in a browser it plays, scrubs, draws and keeps still on the console."""
import json
import math
import struct
import wave
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch

from chironomia.agent import viewer
from chironomia.generators.rhythm import AccentKind
from chironomia.generators.score import Placement, Score, ScoreAccent, ScoreRhythm, ScoreSync, ScoreWord
from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.glb import glb_bytes
from chironomia.motion_library.mannequin import Mannequin
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.vocabulary import BodyPart, GestureFunction, Hands

BUILT = files("chironomia.agent").joinpath("viewer.html").is_file()
TAKES_S = 4.0
EVIL = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>"

DRAWN = "js:new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))"

needs_page = pytest.mark.skipif(not BUILT, reason="the viewer page is not built (make studio)")


@pytest.fixture
def score() -> Score:
    sync = ScoreSync(start=0.6, ready=0.9, stroke_start=1.0, stroke=1.2, stroke_end=1.3, relax=1.8, end=2.4)
    show = "a <b>box</b>"
    call = GestureCall(words=(0, 2), anchor=1, function=GestureFunction.METAPHORIC, schema="CONTAINER", show=show, confidence=0.83)
    placement = Placement(
        call=call, gesture="hold-container", clip="c", sync=sync, hands=Hands.BOTH, amplitude=1.0, mask=(BodyPart.LEFT_ARM,), reason=EVIL
    )
    words = (ScoreWord(word="Everything", start=0.5, end=1.0, stress=0.6), ScoreWord(word=EVIL, start=1.0, end=1.6, stress=1.2))
    accents = (ScoreAccent(time=1.2, prominence=0.9, kind=AccentKind.NUCLEUS, word=1),)
    rhythm = ScoreRhythm(fps=30, activity=(0.0, 1.0, 0.0), accents=accents, phrases=((0.5, 1.6),), rate_hz=4.0)
    return Score(text=EVIL, duration=TAKES_S, words=words, rhythm=rhythm, placements=(placement,), library="none")


@pytest.fixture
def body() -> bytes:
    """A red board as wide as a body that leans from side to side."""
    corners = torch.tensor([[-0.3, 0.1, 0.1], [0.3, 0.1, 0.1], [0.3, 1.7, 0.1], [-0.3, 1.7, 0.1]])
    board = Mannequin(
        vertices=corners,
        faces=torch.tensor([[0, 1, 2], [0, 2, 3]]),
        normals=torch.tensor([[0.0, 0.0, 1.0]]).repeat(4, 1),
        colors=torch.tensor([[0.9, 0.1, 0.1]]).repeat(4, 1),
        joints=torch.zeros(4, 4, dtype=torch.long),
        weights=torch.tensor([[1.0, 0.0, 0.0, 0.0]]).repeat(4, 1),
    )
    frames = int(TAKES_S * 30) + 1
    lean = torch.zeros(frames, skeleton.JOINTS, 3)
    lean[:, 0, 2] = 0.5 * torch.sin(torch.linspace(0, math.pi, frames))
    place = torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0]).repeat(frames, 1)
    return glb_bytes(Motion(rotations.from_rotvec(lean), place), board)


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", int(3000 * math.sin(i / 3))) for i in range(int(8000 * 2.5))))
    return path


@needs_page
def test_nothing_in_a_score_can_end_its_script_element(tmp_path, score, body):
    viewer.write_viewer(tmp_path / "v.html", body, score.model_dump(mode="json", by_alias=True))
    page = (tmp_path / "v.html").read_text(encoding="utf-8")
    assert "document.title='taken'</script>" not in page
    block = page.split('<script id="score"', 1)[1].split(">", 1)[1].split("</script>", 1)[0]
    assert json.loads(block) == score.model_dump(mode="json", by_alias=True)


@needs_page
def test_the_page_refuses_what_it_cannot_play(tmp_path, body):
    with pytest.raises(ValueError, match="glTF"):
        viewer.write_viewer(tmp_path / "v.html", b"not a body", {})
    (tmp_path / "a.amr").write_bytes(b"#!AMR")
    with pytest.raises(ValueError, match=r"\.mp3"):
        viewer.write_viewer(tmp_path / "v.html", body, {}, tmp_path / "a.amr")
    with pytest.raises(FileNotFoundError):
        viewer.write_viewer(tmp_path / "v.html", body, {}, tmp_path / "none.wav")
    assert not (tmp_path / "v.html").exists()


def test_a_missing_page_says_how_to_build_it(tmp_path, body, monkeypatch):
    monkeypatch.setattr(viewer, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match="make setup"):
        viewer.write_viewer(tmp_path / "v.html", body, {})


@needs_page
def test_the_built_page_loads_nothing_from_anywhere():
    page = files("chironomia.agent").joinpath("viewer.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "src=\"http" not in page
    assert "href=\"http" not in page


@pytest.fixture
def browse(chromium: Callable[..., dict[str, list]]) -> Callable[..., dict[str, list]]:
    """Open a viewer page, wait until it is up, do the steps of browse.mjs, and return what it prints."""
    if not BUILT:
        pytest.skip("the viewer page is not built (make studio)")
    return lambda page, *steps: chromium(page, "until:window.chironomia", *steps)


def picture(path: Path) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def red_column(pixels: np.ndarray) -> float:
    """Where the red board's upper half lies, as the mean column of its pixels."""
    board = (pixels[..., 0] > pixels[..., 1] + 60) & (pixels[..., 0] > pixels[..., 2] + 60)
    board[pixels.shape[0] // 3 :] = False
    assert board.sum() > 500
    return float(np.nonzero(board)[1].mean())


@pytest.mark.browser
def test_the_page_plays_scrubs_draws_and_stays_silent_on_the_console(tmp_path, browse, score, body):
    page = tmp_path / "v.html"
    viewer.write_viewer(page, body, score.model_dump(mode="json", by_alias=True))
    time = "js:chironomia.clock.time"
    scrub = "js:(() => { const bar = document.getElementById('scrub'); bar.value = 2; bar.dispatchEvent(new Event('input')); })()"
    out = browse(
        page, time, "js:chironomia.look('front')", DRAWN, f"shot:{tmp_path / 'start.png'}",
        "key:Space", "until:chironomia.clock.time > 0.3", "key:Space", "until:!chironomia.clock.playing", time, "wait:300", time,
        scrub, time, DRAWN, f"shot:{tmp_path / 'middle.png'}", "key:ArrowRight", time, "key:End", time, "key:Home", time,
    )  # fmt: skip
    assert out["errors"] == []
    assert out["requests"] == [page.as_uri()[:80]]
    values = [value for value in out["values"] if isinstance(value, int | float) and not isinstance(value, bool)]
    start, paused, still, scrubbed, stepped, end, home = values
    assert (start, scrubbed, home) == (0, 2, 0)
    assert 0.3 < paused == still
    assert (stepped, end) == (2.5, pytest.approx(TAKES_S, abs=0.01))
    before, after = picture(tmp_path / "start.png"), picture(tmp_path / "middle.png")
    assert abs(red_column(before) - red_column(after)) > 20


@pytest.mark.browser
def test_words_and_reasons_are_shown_as_text_and_gestures_can_be_pointed_at(tmp_path, browse, score, body):
    page = tmp_path / "v.html"
    viewer.write_viewer(page, body, score.model_dump(mode="json", by_alias=True))
    out = browse(
        page,
        "js:[...document.querySelectorAll('.word')].map(w => w.textContent)",
        "js:document.title",
        "js:document.querySelector('.gesture').dispatchEvent(new PointerEvent('pointerenter'))",
        "js:document.getElementById('tip').textContent",
        "js:document.querySelector('.gesture').click()",
        "js:chironomia.clock.time",
        "js:chironomia.seek(1.1)",
        "js:[...document.querySelectorAll('#caption .now, .word.now')].map(w => w.textContent)",
        "js:document.querySelector('.phase-now').textContent",
        "js:document.querySelectorAll('.gesture .phase').length",
    )
    assert out["errors"] == []
    words, title, _, tip, _, at, _, now, phase, phases = out["values"]
    assert words == ["Everything", EVIL]
    assert title.startswith("Chironomia · </script>")
    assert all(part in tip for part in ("hold-container", "container", "83 %", "a <b>box</b>", EVIL))
    assert at == 0.6
    assert now == [EVIL, EVIL]
    assert phase == "stroke"
    assert phases == 5


@pytest.mark.browser
def test_with_a_recording_the_sound_leads_and_the_body_goes_on_after_its_end(tmp_path, browse, score, body, tone):
    page = tmp_path / "v.html"
    viewer.write_viewer(page, body, score.model_dump(mode="json", by_alias=True), tone)
    out = browse(
        page,
        "js:chironomia.play()",
        "until:chironomia.clock.time > 0.2",
        "js:Math.abs(chironomia.clock.time - chironomia.clock.audio.currentTime)",
        "js:chironomia.seek(2.2)",
        "until:chironomia.clock.time > 2.7",
        "js:chironomia.clock.audio.currentTime",
        "js:document.getElementById('notice').hidden",
    )
    assert out["errors"] == []
    _, apart, _, sound_ends, nothing_to_say = out["values"]
    assert apart < 0.15
    assert sound_ends == pytest.approx(2.5, abs=0.01)
    assert nothing_to_say is True


@pytest.mark.browser
def test_every_part_has_its_place_on_small_and_on_wide_screens(tmp_path, browse, score, body):
    page = tmp_path / "v.html"
    viewer.write_viewer(page, body, score.model_dump(mode="json", by_alias=True))
    smallest = "js:Math.min(...['canvas', 'scrub', 'scroll'].map(id => document.getElementById(id).clientWidth))"
    fits = "js:document.documentElement.scrollWidth <= innerWidth && document.body.scrollHeight <= innerHeight"
    out = browse(page, "size:360x640", DRAWN, smallest, fits, "size:1600x500", DRAWN, smallest, fits)
    assert out["errors"] == []
    _, narrow, narrow_fits, _, wide, wide_fits = out["values"]
    assert narrow > 250
    assert wide > 800
    assert narrow_fits is True
    assert wide_fits is True
