"""The catalogue: a folder that opens in a browser, finds gestures, moves them, and cannot be taken over by what a library says."""
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from chironomia.motion_library import catalogue_leaf
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.catalogue import LEAVES, write_catalogue
from chironomia.motion_library.clip import Clip, Gesture, shown_clip
from chironomia.motion_library.compile import compile_gesture
from chironomia.motion_library.index import texts_of
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.notation import load_notation
from chironomia.motion_library.packed import unpacked_motion
from chironomia.motion_library.vocabulary import Formality, GestureFunction, Hands

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


def leaf(page: Path, entry: dict[str, Any]) -> dict[str, Any]:
    text = (page.parent / entry["leaf"]["script"]).read_text(encoding="utf-8")
    name, _, content = text.removeprefix("chironomia(").removesuffix(");\n").partition(",")
    assert json.loads(name) == entry["leaf"]["script"]
    found: dict[str, Any] = json.loads(content)
    return found


def test_every_gesture_is_there_with_what_the_library_knows_of_it(library: Library, site: Path) -> None:
    entries = document(site)["gestures"]
    assert [e["id"] for e in entries] == [g.id for g in library.gestures]
    for entry, gesture in zip(entries, library.gestures, strict=True):
        for name in ("meanings", "fits", "wrong", "schemas", "articulators"):
            assert entry[name] == list(getattr(gesture, name))
        assert (entry["notes"], entry["function"], entry["hands"], entry["formality"]) == (
            gesture.notes, gesture.function, gesture.hands, gesture.formality,
        )  # fmt: skip
        assert [c["id"] for c in entry["clips"]] == [c.id for c in gesture.clips]
        assert {c["license"] for c in entry["clips"]} == {"Apache-2.0"}


def test_every_clip_can_be_played_and_has_its_sync_points_and_what_was_measured(library: Library, site: Path) -> None:
    for entry, gesture in zip(document(site)["gestures"], library.gestures, strict=True):
        played = leaf(site, entry)["clips"]
        assert [clip["id"] for clip in played] == [clip.id for clip in gesture.clips]
        for shown, clip in zip(played, gesture.clips, strict=True):
            again = unpacked_motion(shown["motion"])
            assert (again.positions() - clip.motion.positions()).abs().max() < 0.002, "to two millimetres"
            assert shown["sync"] == pytest.approx(clip.sync.times(), abs=1e-4)
            assert all(check["satisfied"] for check in shown["checks"] if check["primary"])
    assert all(check["facts"] for clip in leaf(site, document(site)["gestures"][0])["clips"] for check in clip["checks"])


def test_strips_and_stills_are_pictures_of_the_body(site: Path) -> None:
    for entry in document(site)["gestures"]:
        strip, still = (picture(site.parent / entry["leaf"][kind]) for kind in ("strip", "still"))
        tile = strip.width // len(entry["moments"])
        tiles = [strip.crop((i * tile, 0, (i + 1) * tile, strip.height)) for i in range(len(entry["moments"]))]
        assert len({one.tobytes() for one in tiles}) == len(tiles), "it moves"
        assert still.size == catalogue_leaf.STILL
        assert all(one.getextrema()[0] < 90 for one in (*tiles, still)), "somebody is in it"


def test_a_strip_ends_with_the_last_picture_only_where_it_differs_from_the_first(library: Library) -> None:
    home = library.gestures[1].clips[0]
    assert catalogue_leaf.strip_moments(home)[-1][1] == ["relax"]
    away = replace(home, motion=home.motion.sample(torch.linspace(0.0, home.sync.stroke, home.motion.frames)))
    assert catalogue_leaf.strip_moments(away)[-1][1] == ["end"]


def test_the_shown_clip_is_of_the_own_hands_in_the_authors_size(library: Library) -> None:
    box, thumb, nod = (shown_clip(gesture) for gesture in library.gestures)
    assert box is not None
    assert thumb is not None
    assert nod is not None
    assert [(c.hands, c.amplitude) for c in (box, thumb, nod)] == [(Hands.BOTH, 1.0), (Hands.RIGHT, 1.0), (Hands.NONE, 1.0)]
    assert shown_clip(replace(library.gestures[0], clips=())) is None


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the gestures whose strips are drawn, as they are drawn."""
    names: list[str] = []
    strip = catalogue_leaf._strip
    monkeypatch.setattr(catalogue_leaf, "_strip", lambda clip, mannequin: names.append(clip.gesture) or strip(clip, mannequin))
    return names


def test_a_second_run_draws_only_what_changed(library: Library, tmp_path: Path, drawn: list[str]) -> None:
    out = tmp_path / "catalogue"
    steps: list[tuple[str, int, int]] = []
    write_catalogue(library_of(library.gestures[1]), out, lambda *step: steps.append(step))
    assert drawn == ["thumb-up"]
    assert steps == [("drawing gestures", 0, 1), ("drawing gestures", 1, 1)]
    write_catalogue(library_of(replace(library.gestures[1], notes="Other words.")), out)
    assert drawn == ["thumb-up"], "words are not drawn"
    changed = compiled("point-up")
    write_catalogue(library_of(library.gestures[1], changed), out)
    assert drawn == ["thumb-up", "point-up"]
    write_catalogue(library_of(changed), out)
    assert drawn == ["thumb-up", "point-up"]
    left = sorted(p.name.split("-")[0] for p in (out / LEAVES).iterdir())
    assert left == ["body", "point", "point", "point"], "nothing of gestures that are gone is left"
    assert [p.name for p in tmp_path.iterdir()] == ["catalogue"]


def test_other_drawing_code_draws_again(library: Library, tmp_path: Path, drawn: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write_catalogue(library_of(library.gestures[1]), tmp_path / "catalogue")
    monkeypatch.setattr("chironomia.motion_library.catalogue.drawing_code", lambda: b"another")
    write_catalogue(library_of(library.gestures[1]), tmp_path / "catalogue")
    assert drawn == ["thumb-up", "thumb-up"]


def test_a_folder_that_is_something_else_is_left_alone(library: Library, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("<p>my own page</p>")
    with pytest.raises(ValueError, match="not a catalogue"):
        write_catalogue(library, tmp_path / "mine")
    assert (tmp_path / "mine" / "index.html").read_text() == "<p>my own page</p>"


def test_a_run_that_is_stopped_goes_on_where_it_was(
    library: Library, tmp_path: Path, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    still = catalogue_leaf._still

    def stop(clip: Clip, *rest: Any) -> Image.Image:
        if clip.gesture == "nod-yes":
            raise KeyboardInterrupt
        return still(clip, *rest)

    monkeypatch.setattr(catalogue_leaf, "_still", stop)
    with pytest.raises(KeyboardInterrupt):
        write_catalogue(library, tmp_path / "catalogue")
    assert not (tmp_path / "catalogue" / "index.html").exists()
    assert not [p for p in (tmp_path / "catalogue" / LEAVES).iterdir() if p.name.startswith(".")], "no half of a file"
    monkeypatch.setattr(catalogue_leaf, "_still", still)
    page = write_catalogue(library, tmp_path / "catalogue")
    assert drawn == ["hold-container", "thumb-up", "nod-yes", "nod-yes"]
    assert all((page.parent / file).is_file() for entry in document(page)["gestures"] for file in entry["leaf"].values())


def test_names_and_gestures_without_clips_do_not_leave_the_folder(library: Library, tmp_path: Path) -> None:
    clip = replace(library.gestures[1].clips[0], gesture="../../evil name")
    odd = replace(library.gestures[1], id="../../evil name", clips=(clip,))
    page = write_catalogue(library_of(odd, replace(library.gestures[2], clips=())), tmp_path / "catalogue")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["catalogue"]
    assert len(list((page.parent / LEAVES).iterdir())) == 3 + 1, "a strip, a still and a script, and the body"
    assert "leaf" not in document(page)["gestures"][1]


def test_imported_clips_without_words_have_their_licence_and_source(library: Library, tmp_path: Path) -> None:
    own = replace(library.gestures[1].clips[0], license="CC-BY-4.0", source="take 7.bvh", gesture="mine", id="mine-1")
    again = replace(own, id="mine-2", source="take 8.bvh")
    mine = Gesture("mine", "mine", (), (), (), GestureFunction.METAPHORIC, (), Hands.RIGHT, formality=Formality.ANY, clips=(own, again))
    entry = document(write_catalogue(library_of(mine), tmp_path / "catalogue"))["gestures"][0]
    assert [(c["license"], c["source"]) for c in entry["clips"]] == [("CC-BY-4.0", "take 7.bvh"), ("CC-BY-4.0", "take 8.bvh")]


TITLES = "js:[...document.querySelectorAll('.card strong')].map(e => e.textContent)"
UP = "until:document.querySelector('.card')"


def typed(text: str) -> str:
    return f"js:(() => {{ const s = document.getElementById('search'); s.value = {text!r}; s.dispatchEvent(new Event('input')); }})()"


def pressed(value: str) -> str:
    return f"js:document.querySelector('.pills [value={value}]').click()"


def chosen(name: str, value: str) -> str:
    find = f"[...document.querySelectorAll('select')].find(s => s.previousSibling.textContent === {name!r})"
    return f"js:(() => {{ const s = {find}; s.value = {value!r}; s.dispatchEvent(new Event('change')); }})()"


# What the canvas shows, as a short text; drawn and read in one go, since a canvas forgets what it showed.
SEEN = "js:(player.redraw(), player.canvas.toDataURL().length + player.canvas.toDataURL().slice(-400))"
PLAYS = "until:player.canvas.isConnected && player.time > 0.2"


@pytest.mark.browser
def test_the_page_opens_from_a_disk_and_asks_for_nothing_else(chromium: Browse, site: Path) -> None:
    out = chromium(site, UP, TITLES, "until:[...document.images].every(i => i.complete && i.naturalWidth > 0)", "js:document.images.length")
    assert out["errors"] == []
    assert out["values"] == [["Hold container", "Thumb up", "Nod yes"], 3]
    assert all(url.startswith("file://") for url in out["requests"])
    assert not any(url.endswith(".js") for url in out["requests"]), "motions wait until somebody looks"


@pytest.mark.browser
def test_search_and_filters_find_gestures(chromium: Browse, site: Path) -> None:
    again = "js:document.querySelector('#count button').click()"
    nothing = "js:!document.getElementById('none').hidden"
    out = chromium(
        site, UP, typed("well done"), TITLES, typed("zebra"), TITLES, nothing, "js:document.getElementById('all').click()", TITLES,
        pressed("EMBLEM"), TITLES, pressed("EMBLEM"), pressed("left"), TITLES, again, chosen("image schema", "CONTAINER"), TITLES, again,
        chosen("image schema", "all of SPACE"), TITLES, typed("nod"), TITLES, nothing,
    )  # fmt: skip
    assert out["errors"] == []
    found, none, everything, emblems, left, container, space, both = [value for value in out["values"] if isinstance(value, list)]
    assert found == ["Thumb up"]
    assert none == both == []
    assert everything == ["Hold container", "Thumb up", "Nod yes"]
    assert "Thumb up" in emblems
    assert "Hold container" not in emblems
    assert "Nod yes" not in left
    assert container == ["Hold container"]
    assert "Nod yes" not in space
    assert [value for value in out["values"] if isinstance(value, bool)] == [True, True]


@pytest.mark.browser
def test_counts_say_what_a_choice_would_leave(chromium: Browse, site: Path) -> None:
    counts = "js:Object.fromEntries([...document.querySelectorAll('.pills button')].map(b => [b.value, Number(b.lastChild.textContent)]))"
    out = chromium(site, UP, counts, typed("thumb"), counts, TITLES)
    before, after, titles = [value for value in out["values"] if value is not None]
    assert before["both"] == 1
    assert before["none"] == 1
    assert after["EMBLEM"] == len(titles) == 1
    assert after["none"] == 0


@pytest.mark.browser
def test_the_body_moves_in_3d_while_a_card_is_pointed_at(chromium: Browse, site: Path) -> None:
    canvas = "js:document.querySelectorAll('canvas').length"
    out = chromium(site, UP, canvas, "move:120,330", PLAYS, SEEN, "wait:300", SEEN, canvas, "move:5,5", "wait:100", canvas)
    assert out["errors"] == []
    before, first, second, over, after = out["values"]
    assert (before, over, after) == (0, 1, 0)
    assert first != second


@pytest.mark.browser
def test_the_keyboard_plays_the_focused_card(chromium: Browse, site: Path) -> None:
    out = chromium(site, UP, "js:document.getElementById('filters').remove()", "key:Tab", "key:Tab", PLAYS, "js:document.activeElement.id")
    assert out["errors"] == []
    assert out["values"][-1] == "card-hold-container"


@pytest.mark.browser
def test_less_motion_is_respected_until_play_is_pressed(chromium: Browse, site: Path) -> None:
    opened = "js:location.hash = 'gesture=thumb-up'"
    out = chromium(
        site, "media:prefers-reduced-motion=reduce", UP, opened, "until:player.canvas.isConnected && player.motion", "wait:200",
        "js:[player.playing, player.time === player.clip.sync[3]]", "js:document.querySelector('.play').click()", "wait:200",
        "js:player.playing",
    )  # fmt: skip
    assert out["errors"] == []
    assert out["values"] == ["gesture=thumb-up", [False, True], None, True]


@pytest.mark.browser
def test_a_gesture_opens_by_its_link_with_all_there_is_to_say_as_plain_text(chromium: Browse, site: Path) -> None:
    text = "js:document.getElementById('detail').innerText"
    out = chromium(
        site, UP, "js:location.hash = 'gesture=hold-container'", "until:document.querySelector('.checks')", text, "js:document.title",
        "key:ArrowRight", "until:document.querySelector('h2').textContent === 'Thumb up'", "js:location.hash",
        "js:document.getElementById('detail').close()", "until:location.hash === ''",
        "js:document.querySelectorAll('dialog [src=x]').length",
    )  # fmt: skip
    assert out["errors"] == []
    said = next(value for value in out["values"] if isinstance(value, str) and "\n" in value)
    for words in ("a bounded topic or group", "Put that in a nutshell.", "I have no idea.", "apex", "Apache-2.0", "margin", EVIL):
        assert words in said
    assert next(v for v in out["values"] if isinstance(v, str) and "Chironomia" in v) == "Gestures · Chironomia"
    assert "#gesture=thumb-up" in out["values"]
    assert out["values"][-1] == 0


@pytest.mark.browser
def test_a_link_from_elsewhere_opens_its_gesture_at_once(chromium: Browse, site: Path) -> None:
    link = "js:(location.hash = 'gesture=nod-yes', location.reload())"
    opened = "until:document.getElementById('detail')?.open"
    out = chromium(site, UP, link, "wait:300", UP, opened, "js:document.querySelector('h2').textContent")
    assert out["errors"] == []
    assert out["values"][-1] == "Nod yes"


@pytest.mark.browser
def test_a_drag_turns_the_body_and_opens_nothing(chromium: Browse, site: Path) -> None:
    out = chromium(site, UP, "move:120,330", PLAYS, "drag:120,330,180,330", "wait:100", "js:player.turn", "js:location.hash")
    assert out["errors"] == []
    assert out["values"] == [pytest.approx(-0.72), ""]


@pytest.mark.browser
def test_other_hands_are_another_clip_and_the_scrubber_has_its_sync_points(chromium: Browse, site: Path) -> None:
    left = "js:[...document.querySelectorAll('.variants button')].find(b => b.textContent === 'left hand').click()"
    scrub = "js:(() => { const bar = document.querySelector('.scrub input'); bar.value = 0.5; bar.dispatchEvent(new Event('input')); })()"
    out = chromium(
        site, UP, "js:location.hash = 'gesture=thumb-up'", "until:player.clip?.id === 'thumb-up.right.m'", SEEN, left,
        "until:player.clip.id === 'thumb-up.left.m'", scrub, "js:[player.time, player.playing]", SEEN,
        "js:[...document.querySelectorAll('.scrub i')].map(i => i.title)",
        "js:document.querySelector('.variants [aria-pressed=true]').textContent",
    )  # fmt: skip
    assert out["errors"] == []
    _, right, _, _, (time, playing), other, marks, pressed_now = out["values"]
    assert right != other
    assert (time, playing) == (0.5, False)
    assert len(marks) == 7
    assert marks[3].startswith("apex ")
    assert pressed_now == "left hand"


@pytest.mark.browser
def test_nothing_sticks_out_of_small_screens(chromium: Browse, site: Path) -> None:
    fits = "js:document.documentElement.scrollWidth <= innerWidth"
    sheet = "js:(d => d.scrollWidth <= d.clientWidth && d.clientWidth <= innerWidth)(document.getElementById('detail'))"
    click, unfold = "js:document.querySelector('.card').click()", "js:document.querySelector('details').open = true"
    out = chromium(site, UP, "size:360x700", "wait:100", fits, click, "until:document.querySelector('.checks')", unfold, sheet)
    assert out["errors"] == []
    assert out["values"] == [True, None, True, True]
