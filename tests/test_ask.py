"""Asking the library: the wording's known meaning leads the search, and likeness decides between equals."""
import pytest

from chironomia.agent.ask import Filters, ask, ask_each, query_of
from chironomia.motion_library import rotations
from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.embed import load_embedder
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema


@pytest.fixture(scope="module")
def library() -> Library:
    def gesture(id: str, function: GestureFunction, schema: ImageSchema | None, *meanings: str) -> Gesture:
        still = Motion(rotations.identity(2, 55), rotations.identity(2)[:, :3])
        clip = Clip(f"{id}.both.m", id, still, SyncPoints(0, 0, 0, 0, 0, 0, 0), Hands.BOTH, 1.0, frozenset(), "ours", "Apache-2.0")
        return Gesture(id, id, meanings, (), (), function, (schema,) if schema else (), Hands.BOTH, "", (clip,))

    F, S = GestureFunction, ImageSchema
    return make_library(
        (
            gesture("rise", F.METAPHORIC, S.UP, "monthly sales going up", "a rise"),
            gesture("fall", F.METAPHORIC, S.DOWN, "a decline", "something sinks"),
            gesture("pump", F.BEAT, None, "sales"),
            gesture("shrug", F.EMBLEM, None, "not knowing", "uncertainty"),
        ),
        load_embedder(),
    )


@pytest.mark.parametrize(
    ("text", "gesture", "reason"),
    [
        ("In the end, the sales figures dropped.", "fall", "the wording means DOWN"),
        ("Sales rose.", "rise", "the wording means UP"),
        ("I don't know about sales.", "shrug", "the wording goes with emblem gestures"),
    ],
)
def test_what_the_wording_means_outweighs_its_topic(library: Library, text: str, gesture: str, reason: str) -> None:
    (found,) = ask(library, [text])
    assert found[0].gesture.id == gesture
    assert reason in found[0].reasons


def test_wording_without_cues_is_searched_by_likeness(library: Library) -> None:
    assert query_of("monthly sales figures").hints == ()
    assert ask(library, ["monthly sales figures"])[0][0].gesture.id == "rise"
    assert ask(library, []) == []


def test_filters_are_read_by_name_and_hold(library: Library) -> None:
    filters = Filters.named("emblem", None, None, None, None)
    assert [c.gesture.id for c in ask(library, ["sales fell"], filters=filters)[0]] == ["shrug"]
    assert Filters.named(None, "container", "Both", "mit", None).schema == ImageSchema.CONTAINER
    with pytest.raises(ValueError, match=r"expected one of BEAT.*, got 'EMBLEMS'; did you mean EMBLEM"):
        Filters.named("EMBLEMS", None, None, None, None)


def test_each_of_many_texts_gets_its_list_and_an_empty_one_an_empty_list(library: Library) -> None:
    texts = ["sales rose", "", "sales fell"] * 30
    told: list[int] = []
    found = list(ask_each(library, texts, 1, Filters(), lambda what, done, total: told.append(done)))
    assert [text for text, _ in found] == texts
    assert [[c.gesture.id for c in row] for _, row in found[:3]] == [["rise"], [], ["fall"]]
    assert told == [0, 64]
