"""Store, index and retrieval, on a small library of still bodies: what is searched is meaning, not motion."""
import json
from pathlib import Path

import pytest
import torch

from chironomia.motion_library import rotations
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.culture import CulturalNote, CultureKind
from chironomia.motion_library.embed import BUNDLED, load_embedder
from chironomia.motion_library.fit import hand_places
from chironomia.motion_library.index import TextIndex, TextKind
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.retrieve import Query, search, search_calls, search_many
from chironomia.motion_library.store import load_library, save_library
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import Articulator, BodyPart, Formality, GestureFunction, Hands, ImageSchema
from chironomia.motion_library.weights import Weights


def _clip(gesture: str, hands: Hands, amplitude: float) -> Clip:
    frames = 20 + len(gesture)
    motion = Motion(rotations.identity(frames, 55), torch.full((frames, 3), amplitude))
    sync = SyncPoints(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    mask = frozenset({BodyPart.RIGHT_ARM})
    return Clip(f"{gesture}/{hands}-{amplitude}", gesture, motion, sync, hands, amplitude, mask, "ours", "Apache-2.0")


def _gesture(
    id: str, function: GestureFunction, schemas: str, meanings: str, fits: str = "", wrong: str = "", hands: Hands = Hands.BOTH
) -> Gesture:
    kinds = (Hands.BOTH,) if hands == Hands.BOTH else (Hands.RIGHT, Hands.LEFT)
    clips = tuple(_clip(id, h, a) for h in kinds for a in (0.7, 1.0, 1.3))
    split = lambda text: tuple(part.strip() for part in text.split("|") if part.strip())  # noqa: E731
    names = tuple(ImageSchema(s) for s in schemas.split())
    parts, culture = (Articulator.HANDS, Articulator.GAZE), (CulturalNote(("GR", "west-africa"), CultureKind.OFFENDS, f"a rude {id}"),)
    return Gesture(
        id, f"The gesture {id}.", split(meanings), split(fits), split(wrong), function, names, hands, "", clips, parts, Formality.INFORMAL,
        culture,
    )  # fmt: skip


@pytest.fixture(scope="module")
def library() -> Library:
    F = GestureFunction
    gestures = (
        _gesture("rise", F.METAPHORIC, "UP GROWING", "a rise in amount|an upward trend", "Prices keep going up.", hands=Hands.RIGHT),
        _gesture("fall", F.METAPHORIC, "DOWN", "a decline|getting lower", "Sales dropped.", hands=Hands.RIGHT),
        _gesture("box", F.METAPHORIC, "CONTAINER", "everything inside something|a bounded topic", "It all fits in this plan."),
        _gesture("shrug", F.EMBLEM, "", "not knowing|uncertainty", "I have no idea.", "I know exactly what to do."),
        _gesture("wave", F.EMBLEM, "", "greeting someone|saying goodbye", "Hello there!", "And so on, et cetera.", hands=Hands.RIGHT),
        _gesture("circle", F.METAPHORIC, "CYCLE ITERATION", "a repeating process|again and again", "Round and round it goes."),
    )
    return make_library(gestures, load_embedder(BUNDLED), content="fake")


def _call(show: str, **given: object) -> GestureCall:
    return GestureCall.model_validate({"words": (0, 1), "anchor": 0, "function": "METAPHORIC", "show": show, **given})


@pytest.mark.parametrize(
    ("text", "gesture"),
    [
        ("the numbers climb higher and higher", "rise"),
        ("profits declined again", "fall"),
        ("no clue, honestly", "shrug"),
        ("good morning everybody", "wave"),
        ("it starts over every single time", "circle"),
        ("all of this is contained within", "box"),
    ],
)
def test_a_text_finds_the_gesture_that_means_it(library: Library, text: str, gesture: str) -> None:
    found = search(library, text)
    assert found[0].gesture.id == gesture
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    assert any("0." in reason for reason in found[0].reasons)


def test_k_and_the_filters_bound_what_comes_back(library: Library) -> None:
    assert len(search(library, "anything", k=2)) == 2
    assert {c.gesture.id for c in search(library, "prices", function=GestureFunction.EMBLEM)} == {"shrug", "wave"}
    assert [c.gesture.id for c in search(library, "hello", schema=ImageSchema.UP)] == ["rise"]
    left = search(library, "hello", hands=Hands.LEFT)
    assert {c.gesture.id for c in left} == {"rise", "fall", "wave"}
    assert {c.clip.hands for c in left} == {Hands.LEFT}


def test_a_named_schema_outweighs_near_words_and_says_so(library: Library) -> None:
    found = search(library, _call("the amount changes", schema="DOWN"))
    assert found[0].gesture.id == "fall"
    assert any("schema DOWN matches" in reason for reason in found[0].reasons)
    assert search(library, _call("the amount changes", schema="UP"))[0].gesture.id == "rise"


@pytest.mark.parametrize(("intensity", "amplitude"), [(0.0, 0.7), (0.5, 1.0), (1.0, 1.3)])
def test_hands_and_intensity_choose_the_clip(library: Library, intensity: float, amplitude: float) -> None:
    best = search(library, _call("a rise", hands="left", intensity=intensity))[0]
    assert (best.gesture.id, best.clip.hands, best.clip.amplitude) == ("rise", Hands.LEFT, amplitude)


def test_a_gesture_is_not_offered_first_for_words_its_author_called_wrong(library: Library) -> None:
    query = "and so on, etc."
    wave = next(c for c in search(library, query) if c.gesture.id == "wave")
    assert any(reason.startswith("wrong for") for reason in wave.reasons)
    assert search(library, query)[0].gesture.id != "wave"


def test_a_call_that_names_its_gesture_gets_that_gesture_alone(library: Library) -> None:
    found = search(library, _call("whatever", gesture="shrug"))
    assert {c.gesture.id for c in found} == {"shrug"}
    with pytest.raises(ValueError, match=r"unknown gesture 'shrugg'; the nearest .* shrug"):
        search(library, _call("whatever", gesture="shrugg"))


def test_a_gesture_used_just_before_gives_way_to_one_nearly_as_good(library: Library) -> None:
    first, second = search(library, "up or down", k=2)
    penalised = {c.gesture.id: c.score for c in search(library, "up or down", recent=[first.gesture.id])}
    assert penalised[first.gesture.id] == pytest.approx(first.score - 0.08, abs=2e-4)
    assert penalised[second.gesture.id] == second.score
    twice = search_calls(library, [_call("a rise")] * 2, ["", ""])
    assert twice[1][0].score < twice[0][0].score


@pytest.mark.parametrize(("text", "k", "message"), [("  ", 3, "empty"), ("rise", 0, "at least 1")])
def test_an_empty_text_or_no_results_wanted_is_an_error(library: Library, text: str, k: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        search(library, text, k)


def test_another_faiss_factory_gives_the_same_answer(library: Library) -> None:
    other = make_library(library.gestures, library.embedder, factory="HNSW8")
    assert [c.gesture.id for c in search(other, "prices climb", 3)] == [c.gesture.id for c in search(library, "prices climb", 3)]
    with pytest.raises(ValueError, match="factory string"):
        make_library(library.gestures, library.embedder, factory="Cube")


def test_an_index_refuses_vectors_of_another_embedder(library: Library) -> None:
    index = TextIndex(library.index.vectors, "another/384/0")
    with pytest.raises(ValueError, match="made by the embedder 'another/384/0'"):
        search(Library(library.gestures, index, library.embedder, "x"), "prices climb")


def test_hands_that_are_near_a_gesture_prefer_it_and_say_so(library: Library) -> None:
    plain = {c.gesture.id: c for c in search(library, "up or down", 6)}
    ready = hand_places(plain["box"].clip.motion, 0.1)
    near, far = search(library, "up or down", 6, pose=ready), search(library, "up or down", 6, pose=ready + torch.tensor([0.0, 0.0, 0.5]))
    for there, way in ((near, 0.0), (far, 0.5)):
        box = next(c for c in there if c.gesture.id == "box")
        assert box.score == pytest.approx(plain["box"].score - 0.08 * way, abs=2e-4)
        assert f"begins {way:.2f} m from the hands" in box.reasons
    with pytest.raises(ValueError, match="expected a pose of finite places"):
        search(library, "up", pose=torch.zeros(3))


def test_licence_and_source_can_be_asked_for(library: Library) -> None:
    query = Query("prices climb", license="apache", source="OURS")
    assert len(search_many(library, [query], 3)[0]) == 3
    assert search_many(library, [Query("prices climb", license="CC-BY")], 3) == [[]]


def test_a_kind_of_evidence_with_no_weight_has_no_say(library: Library) -> None:
    (wave,) = [c for c in search_many(library, [Query("and so on, etc.")], 9, weights=Weights(wrong=0.0))[0] if c.gesture.id == "wave"]
    (less,) = [c for c in search(library, "and so on, etc.", 9) if c.gesture.id == "wave"]
    assert wave.score > less.score


def test_a_library_with_another_index_comes_back_with_it(library: Library, tmp_path: Path) -> None:
    save_library(make_library(library.gestures, library.embedder, factory="HNSW8", tuning="efSearch=32"), tmp_path / "a")
    back = load_library(tmp_path / "a")
    assert (back.index.factory, back.index.tuning) == ("HNSW8", "efSearch=32")
    assert search(back, "prices climb")[0].gesture.id == "rise"
    (tmp_path / "a" / "texts.faiss").unlink()
    with pytest.raises(ValueError, match=r"texts.faiss is missing"):
        load_library(tmp_path / "a")


def test_every_text_of_a_gesture_is_indexed_with_its_kind(library: Library) -> None:
    kinds = [text.kind for text in library.texts if library.gestures[text.gesture].id == "wave"]
    assert kinds == [TextKind.DESCRIPTION, TextKind.MEANING, TextKind.MEANING, TextKind.FITS, TextKind.WRONG]


def test_a_saved_library_comes_back_the_same_and_saves_to_the_same_bytes(library: Library, tmp_path: Path) -> None:
    save_library(library, tmp_path / "a")
    back = load_library(tmp_path / "a")
    assert back.content == library.content
    for ours, theirs in zip(library.gestures, back.gestures, strict=True):
        assert (ours.id, ours.meanings, ours.schemas, ours.hands) == (theirs.id, theirs.meanings, theirs.schemas, theirs.hands)
        assert (ours.articulators, ours.formality, ours.culture) == (theirs.articulators, theirs.formality, theirs.culture)
        for a, b in zip(ours.clips, theirs.clips, strict=True):
            assert (a.id, a.sync, a.hands, a.amplitude, a.mask, a.source) == (b.id, b.sync, b.hands, b.amplitude, b.mask, b.source)
            assert torch.equal(a.motion.rotations, b.motion.rotations)
            assert torch.equal(a.motion.translation, b.motion.translation)
    assert search(back, "prices climb")[0].score == search(library, "prices climb")[0].score
    save_library(back, tmp_path / "b")
    assert all((tmp_path / "a" / f.name).read_bytes() == f.read_bytes() for f in (tmp_path / "b").iterdir())


def test_saving_replaces_a_library_but_nothing_else(library: Library, tmp_path: Path) -> None:
    save_library(library, tmp_path / "a")
    save_library(library, tmp_path / "a")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="not a motion library"):
        save_library(library, tmp_path / "mine")


def _edit(path: Path, **changes: object) -> None:
    document = json.loads((path / "library.json").read_text())
    (path / "library.json").write_text(json.dumps({**document, **changes}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: (p / "library.json").unlink(), "found none"),
        (lambda p: (p / "library.json").write_text("{"), "not JSON"),
        (lambda p: (p / "library.json").write_bytes(b"\xff\xfe\x00"), "not JSON"),
        (lambda p: (p / "library.json").write_text("[]"), "does not describe"),
        (lambda p: _edit(p, version=99), "version 99, expected 2"),
        (lambda p: _edit(p, gestures=[{}]), "damaged"),
        (lambda p: _edit(p, arrays={}), "should list the arrays"),
        (lambda p: (p / "rotations.npy").write_bytes(b"short"), "rotations.npy is missing or does not match"),
        (lambda p: (p / "embeddings.npy").unlink(), "embeddings.npy is missing"),
    ],
)
def test_a_damaged_or_foreign_library_gives_one_clear_line(library: Library, tmp_path: Path, damage, message: str) -> None:  # type: ignore[no-untyped-def]
    save_library(library, tmp_path / "a")
    damage(tmp_path / "a")
    with pytest.raises(ValueError, match=message) as raised:
        load_library(tmp_path / "a")
    assert "chironomia library build" in str(raised.value)
    assert "\n" not in str(raised.value)
