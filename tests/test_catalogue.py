"""The catalogue: a folder that opens in a browser, finds gestures, and cannot be taken over by what a library says."""
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from chironomia.motion_library import catalogue
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.catalogue import PICTURES, write_catalogue
from chironomia.motion_library.clip import Gesture, shown_clip
from chironomia.motion_library.compile import compile_gesture
from chironomia.motion_library.index import texts_of
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.notation import load_notation
from chironomia.motion_library.vocabulary import Hands

Browse = Callable[..., dict[str, list[Any]]]
EVIL = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


class NoEmbedder:
    identity, dimension = "none", 2

    def encode(self, texts: object) -> torch.Tensor:
        raise AssertionError("a catalogue searches by words, in the browser")


def library_of(*gestures: Gesture) -> Library:
    return make_library(gestures, NoEmbedder(), vectors=torch.ones(len(texts_of(gestures)), 2))


def compiled(name: str) -> Gesture:
    return compile_gesture(load_notation(bundled_gestures() / f"{name}.yaml"))


@pytest.fixture(scope="module")
def library() -> Library:
    thumb = compiled("thumb-up")
    box = replace(compiled("hold-container"), notes=EVIL)
    return library_of(box, thumb, compiled("nod-yes"))


@pytest.fixture(scope="module")
def site(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(library, tmp_path_factory.mktemp("site") / "catalogue")


def picture(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("L")


def document(page: Path) -> dict[str, Any]:
    text = page.read_text(encoding="utf-8").split('<script id="library" type="text/plain">', 1)[1].split("</script>", 1)[0]
    found: dict[str, Any] = json.loads(text)
    return found


def test_every_gesture_is_there_with_what_the_library_knows_of_it(library: Library, site: Path) -> None:
    entries = document(site)["gestures"]
    assert [e["id"] for e in entries] == [g.id for g in library.gestures]
    for entry, gesture in zip(entries, library.gestures, strict=True):
        for name in ("meanings", "fits", "wrong", "schemas"):
            assert entry[name] == list(getattr(gesture, name))
        assert (entry["notes"], entry["function"], entry["hands"]) == (gesture.notes, gesture.function, gesture.hands)
        assert [c["id"] for c in entry["clips"]] == [c.id for c in gesture.clips]
        assert {c["license"] for c in entry["clips"]} == {"Apache-2.0"}
    assert all(check["satisfied"] for check in entries[0]["checks"] if check["primary"])


def test_strips_and_loops_are_pictures_of_the_moving_body(site: Path) -> None:
    for entry in document(site)["gestures"]:
        strip, loop = picture(site.parent / entry["strip"]["picture"]), entry["loop"]
        assert strip.width % len(entry["strip"]["moments"]) == 0
        sheet = picture(site.parent / loop["picture"])
        assert sheet.size == (loop["frames"] * loop["width"], loop["height"])
        frames = [sheet.crop((i * loop["width"], 0, (i + 1) * loop["width"], loop["height"])) for i in range(loop["frames"])]
        assert len({frame.tobytes() for frame in frames}) > loop["frames"] // 2, "it moves"
        assert all(frame.getextrema()[0] < 90 for frame in frames), "somebody is in it"


def test_the_shown_clip_is_of_the_own_hands_in_the_authors_size(library: Library) -> None:
    box, thumb, nod = (shown_clip(gesture) for gesture in library.gestures)
    assert box is not None
    assert thumb is not None
    assert nod is not None
    assert [(c.hands, c.amplitude) for c in (box, thumb, nod)] == [(Hands.BOTH, 1.0), (Hands.RIGHT, 1.0), (Hands.NONE, 1.0)]
    assert shown_clip(replace(library.gestures[0], clips=())) is None


def test_a_second_run_draws_only_what_changed(library: Library, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    strip = catalogue._strip
    monkeypatch.setattr(catalogue, "_strip", lambda clip, mannequin: drawn.append(clip.gesture) or strip(clip, mannequin))
    out = tmp_path / "catalogue"
    steps: list[tuple[str, int, int]] = []
    write_catalogue(library_of(library.gestures[1]), out, lambda *step: steps.append(step))
    assert drawn == ["thumb-up"]
    assert steps == [("drawing gestures", 0, 1), ("drawing gestures", 1, 1)]
    before = {p.name: p.read_bytes() for p in (out / PICTURES).iterdir()}
    write_catalogue(library_of(library.gestures[1]), out)
    assert drawn == ["thumb-up"]
    assert {p.name: p.read_bytes() for p in (out / PICTURES).iterdir()} == before
    changed = compiled("point-up")
    write_catalogue(library_of(changed), out)
    assert drawn == ["thumb-up", "point-up"]
    assert all(p.name.startswith("point-up") for p in (out / PICTURES).iterdir()), "nothing of the old one is left"
    assert os.listdir(tmp_path) == ["catalogue"]


def test_a_folder_that_is_something_else_is_left_alone(library: Library, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("<p>my own page</p>")
    with pytest.raises(ValueError, match="not a catalogue"):
        write_catalogue(library, tmp_path / "mine")
    assert (tmp_path / "mine" / "index.html").read_text() == "<p>my own page</p>"


def test_a_run_that_is_stopped_leaves_what_was_there(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalogue, "_loop", stop)
    with pytest.raises(KeyboardInterrupt):
        write_catalogue(library, tmp_path / "catalogue")
    assert not list(tmp_path.iterdir())


def test_names_and_gestures_without_clips_do_not_leave_the_folder(library: Library, tmp_path: Path) -> None:
    clip = replace(library.gestures[1].clips[0], gesture="../../evil name")
    odd = replace(library.gestures[1], id="../../evil name", clips=(clip,))
    page = write_catalogue(library_of(odd, replace(library.gestures[2], clips=())), tmp_path / "catalogue")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["catalogue"]
    assert len(list((page.parent / PICTURES).iterdir())) == 2
    assert "strip" not in document(page)["gestures"][1]


TITLES = "js:[...document.querySelectorAll('.card strong')].map(e => e.textContent)"
UP = "until:document.querySelector('.card')"


def typed(text: str) -> str:
    return f"js:(() => {{ const s = document.getElementById('search'); s.value = {text!r}; s.dispatchEvent(new Event('input')); }})()"


def pressed(value: str) -> str:
    return f"js:document.querySelector('.pills [value={value}]').click()"


@pytest.mark.browser
def test_the_page_opens_from_a_disk_and_asks_for_nothing_else(chromium: Browse, site: Path) -> None:
    out = chromium(site, UP, TITLES, "until:[...document.images].every(i => i.complete && i.naturalWidth > 0)", "js:document.images.length")
    assert out["errors"] == []
    assert out["values"] == [["Hold container", "Thumb up", "Nod yes"], 3]
    assert all(url.startswith("file://") for url in out["requests"])


@pytest.mark.browser
def test_search_and_filters_find_gestures(chromium: Browse, site: Path) -> None:
    schema = "js:(() => { const s = document.getElementById('schemas'); s.value = 'CONTAINER'; s.dispatchEvent(new Event('change')); })()"
    again = "js:document.querySelector('#count button').click()"
    nothing = "js:!document.getElementById('none').hidden"
    out = chromium(
        site, UP, typed("well done"), TITLES, typed("zebra"), TITLES, nothing, again, TITLES, pressed("EMBLEM"), TITLES, pressed("EMBLEM"),
        pressed("left"), TITLES, again, schema, TITLES, nothing,
    )  # fmt: skip
    assert out["errors"] == []
    lists = [value for value in out["values"] if isinstance(value, list)]
    everything = ["Hold container", "Thumb up", "Nod yes"]
    assert lists[0] == ["Thumb up"]
    assert lists[1] == []
    assert lists[2] == everything
    assert "Thumb up" in lists[3]
    assert "Hold container" not in lists[3]
    assert "Nod yes" not in lists[4]
    assert lists[5] == ["Hold container"]
    assert [value for value in out["values"] if isinstance(value, bool)] == [True, False]


@pytest.mark.browser
def test_a_loop_plays_only_while_it_is_pointed_at(chromium: Browse, site: Path) -> None:
    moving = "js:document.querySelector('.card img').getAnimations().length"
    place = "js:getComputedStyle(document.querySelector('.card img')).transform"
    out = chromium(site, UP, moving, place, "move:120,330", "wait:300", moving, place, "move:5,5", "wait:100", moving, place)
    before, still, over, other, after, again = out["values"]
    assert (before, over, after) == (0, 1, 0)
    assert other != still == again


@pytest.mark.browser
def test_a_gesture_opens_with_all_there_is_to_say_as_plain_text(chromium: Browse, site: Path) -> None:
    text = "js:document.getElementById('detail').innerText"
    out = chromium(
        site, UP, "js:document.querySelector('.card').click()", "until:document.getElementById('detail').open", text, "js:document.title",
        "key:ArrowRight", "until:document.querySelector('h2').textContent === 'Thumb up'", "js:location.hash",
        "js:document.getElementById('detail').close()", "until:location.hash === ''", "js:document.querySelectorAll('dialog img').length",
    )  # fmt: skip
    assert out["errors"] == []
    said = next(value for value in out["values"] if isinstance(value, str) and "\n" in value)
    for words in ("a bounded topic or group", "Put that in a nutshell.", "I have no idea.", "apex", "Apache-2.0", "container", EVIL):
        assert words in said
    assert next(v for v in out["values"] if isinstance(v, str) and "Chironomia" in v) == "Gestures · Chironomia"
    assert "#thumb-up" in out["values"]


@pytest.mark.browser
def test_nothing_sticks_out_of_small_screens(chromium: Browse, site: Path) -> None:
    fits = "js:document.documentElement.scrollWidth <= innerWidth"
    sheet = "js:(d => d.scrollWidth <= d.clientWidth && d.clientWidth <= innerWidth)(document.getElementById('detail'))"
    click, unfold = "js:document.querySelector('.card').click()", "js:document.querySelector('details').open = true"
    out = chromium(site, UP, "size:360x700", "wait:100", fits, click, "until:document.querySelector('h2')", unfold, sheet)
    assert out["errors"] == []
    assert out["values"] == [True, None, True, True]
