"""When speech names what is there, and when people would point at it."""
import json
import time
from pathlib import Path

import pytest

from chironomia.agent.brief import Brief
from chironomia.agent.cli import main
from chironomia.agent.dialogue import Dialogue
from chironomia.agent.direction import Direction
from chironomia.agent.mentions import mentions, pointed
from chironomia.agent.planner import plan
from chironomia.agent.tokens import tokens_of
from chironomia.agent.transcript import transcribe
from chironomia.agent.wish import Wish, weighed_by_news
from chironomia.motion_library.build import default_library
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import Formality, GestureFunction, Hands, ImageSchema

SCREEN, BOARD, DOOR, BEN, ANA = (1.0, 1.4, 0.5), (-1.0, 1.5, 1.5), (-2.0, 1.0, 1.0), (-0.5, 1.3, 2.0), (0.2, 1.3, 1.8)
ROOM = Dialogue.model_validate(
    {
        "things": {"screen": SCREEN, "chart": "screen", "board": BOARD, "door": DOOR, "Ben": BEN, "Ana's desk": (2.0, 0.8, 1.0)},
        "addressee": "Ana",
        "addressee_at": ANA,
    }
)
NOTHING = Dialogue()


def said(text: str, room: Dialogue = ROOM) -> list[tuple[str, str]]:
    """The anchors' words and the things' names of all mentions."""
    utterance = transcribe(text)
    return [(utterance.words[m.anchor].spoken, m.name) for m in mentions(utterance, tokens_of(utterance), room)]


def wishes(text: str, room: Dialogue = ROOM, formality: Formality = Formality.ANY) -> list[Wish]:
    utterance = transcribe(text)
    return pointed([], utterance, tokens_of(utterance), Brief(Direction(formality=formality), room))


@pytest.fixture(scope="module")
def library() -> Library:
    return default_library()


@pytest.mark.parametrize(
    ("text", "anchor", "name"),
    [
        ("As you can see on this chart, prices rose.", "chart", "chart"),
        ("These charts tell the story.", "charts", "chart"),
        ("Look at the screen behind me.", "screen", "screen"),
        ("We put it over there on the board.", "there", "board"),
        ("Here on the board you see the plan.", "here", "board"),
        ("The big new screen is mine.", "screen", "screen"),
        ("Her screen went black.", "screen", "screen"),
        ("Put it on Ana's desk.", "desk", "Ana's desk"),
        ("The screen shows three lines.", "screen", "screen"),
        ("Close the door please.", "door", "door"),
        ("Ben said so.", "ben", "Ben"),
        ("Ana, this was fine.", "ana", "Ana"),
    ],
)
def test_a_named_thing_is_found_with_the_word_that_carries_the_stroke(text: str, anchor: str, name: str) -> None:
    assert said(text) == [(anchor, name)]


@pytest.mark.parametrize(
    "text",
    [
        "A screen would help.",
        "There is a screen in every room.",
        "We screen every patient.",
        "This screens out the light.",
        "Screens are bad for your eyes.",
        "We have no chart for that.",
        "The board members decided to leave.",
        "The board meeting is at nine.",
        "Everyone is on board.",
        "I bought a new screen and the screen is great.",
        "I asked Ana, but she was busy.",
        "The screenings were full.",
        "Nothing here has a name.",
    ],
)
def test_what_only_sounds_like_a_named_thing_is_none(text: str) -> None:
    assert said(text) == []


def test_a_known_or_contrasted_noun_leaves_the_stroke_to_its_demonstrative() -> None:
    assert said("This board is old and that board is new.") == [("this", "board"), ("that", "board")]


def test_the_only_thing_there_is_meant_by_look_at_this() -> None:
    alone = Dialogue.model_validate({"things": {"screen": SCREEN}})
    assert said("Look at this!", alone) == [("this", "screen")]
    assert said("Look at this!") == []


def test_what_was_just_pointed_at_is_not_worth_pointing_at_again_unless_contrasted() -> None:
    first, again = wishes("The screen is large, and the screen is new.")
    assert first.confidence > 0.6
    assert again.confidence < 0.45
    assert [w.confidence > 0.8 for w in wishes("This screen is old, that board is new, and this screen is mine.")] == [True] * 3


def test_things_get_the_finger_and_persons_or_formal_company_the_open_hand() -> None:
    assert "index finger" in wishes("Look at this screen.")[0].show
    assert "open hand" in wishes("Look at this screen.", formality=Formality.FORMAL)[0].show
    assert "open hand" in wishes("Ben said so.")[0].show


def test_pointing_at_a_thing_says_where_it_is_and_another_gesture_for_that_gives_way() -> None:
    utterance = transcribe("Look at the screen behind me.")
    behind = Wish(4, 6, 4, GestureFunction.METAPHORIC, ImageSchema.BACK, "behind", Hands.EITHER, 0.5, 0.99, "")
    made = pointed([behind], utterance, tokens_of(utterance), Brief(dialogue=ROOM))
    assert [w.target for w in made] == [SCREEN]
    assert pointed([behind], utterance, tokens_of(utterance), Brief(dialogue=NOTHING)) == [behind]


def test_the_planner_points_at_things_and_at_the_addressee(library: Library) -> None:
    calls = plan(transcribe("As you can see on this chart, it is fine. And what do you think?"), library, Brief(dialogue=ROOM)).calls
    assert [(c.function, c.target) for c in calls if c.target] == [(GestureFunction.DEICTIC, SCREEN), (GestureFunction.DEICTIC, ANA)]
    assert not any(c.target for c in plan(transcribe("As you can see on this chart, it is fine."), library).calls)


def test_what_previous_turns_said_counts_as_given() -> None:
    utterance = transcribe("Prices rose again.")
    wish = Wish(0, 2, 1, GestureFunction.METAPHORIC, ImageSchema.UP, "up", Hands.EITHER, 0.5, 0.7, "")
    (new,), (given,) = weighed_by_news([wish], utterance), weighed_by_news([wish], utterance, ["They say it will rise."])
    assert given.confidence < new.confidence


def test_long_texts_full_of_mentions_are_read_in_bounded_time() -> None:
    utterance = transcribe("the screen and the chart by the door of the board " * 1000)
    tokens = tokens_of(utterance)
    started = time.process_time()
    found = mentions(utterance, tokens, ROOM)
    assert len(found) == 4000
    assert time.process_time() - started < 5.0


def test_the_command_line_reads_context_and_things(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = tmp_path / "room.yaml"
    context.write_text("things:\n  board: [-1, 1.5, 1.5]\n")
    assert main(["plan", "Look at this board.", "--context", str(context), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["calls"][0]["target"] == list(BOARD)
    assert main(["plan", "Look at this screen.", "--thing", "screen=1.0,1.4,0.5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["calls"][0]["target"] == list(SCREEN)
    context.write_text("things:\n  board: [-1, 1.5]\n")
    assert main(["plan", "Look.", "--context", str(context)]) == 2
    assert "room.yaml:2: things.board.at.2: is missing" in capsys.readouterr().err
