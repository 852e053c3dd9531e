"""The body in the other's turn: answers after phrases, of the head alone, not too many, and fitting what is told."""
import json
from pathlib import Path

import pytest
import torch

from chironomia.agent.brief import Brief
from chironomia.agent.cli import main
from chironomia.agent.dialogue import Dialogue, Turn
from chironomia.agent.direction import Direction
from chironomia.agent.listening import listen
from chironomia.agent.pipeline import Performance, perform
from chironomia.agent.plan import Plan
from chironomia.agent.transcript import transcribe
from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.build import default_library
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import BodyPart, GestureFunction, Hands

STORY = (
    "Yesterday I went down to the harbour, and the whole place was empty. There was one old man with a boat, and he told me that the "
    "fishermen had left in spring. The company had sold the pier to a hotel from the city. They had worked there for forty years. "
    "He took me out on the water, and we talked about the weather and his garden. Later we drank tea in his small kitchen. "
    "The walls were covered with old maps, and each of them had a story. I left before the evening train."
)
HEAD = skeleton.INDEX["head"]


@pytest.fixture(scope="module")
def library() -> Library:
    return default_library()


@pytest.fixture(scope="module")
def performed(library: Library) -> Performance:
    return perform(STORY, listen=True, library=library)


def answers(text: str, library: Library, brief: Brief = Brief()) -> Plan:  # noqa: B008  # frozen
    return listen(transcribe(text), library, brief)


def pitch_deg(made: Performance) -> torch.Tensor:
    """How far the head looks down (F,)."""
    _, world = skeleton.forward_kinematics(made.motion.rotations, made.motion.translation)
    return torch.rad2deg(-torch.asin(rotations.rotate(world[:, HEAD], torch.tensor([0.0, 0.0, 1.0]))[:, 1]))


def test_answers_are_regulators_without_hands_at_a_listeners_rate(library: Library) -> None:
    utterance = transcribe(STORY)
    calls = listen(utterance, library).calls
    assert {(c.function, c.hands) for c in calls} == {(GestureFunction.REGULATOR, Hands.NONE)}
    assert 6 <= 60 * len(calls) / utterance.duration_s <= 13
    assert [c.anchor for c in calls] == sorted(c.anchor for c in calls)


def test_an_answer_comes_after_the_phrase_and_before_a_second_has_passed(library: Library) -> None:
    utterance = transcribe(STORY)
    for call in listen(utterance, library).calls:
        word = utterance.words[call.anchor]
        assert 0.3 <= word.stress_s + call.delay_s - word.end_s <= 0.9
        assert word.text[-1] in ",.?!"


@pytest.mark.parametrize(
    ("text", "gesture"),
    [
        ("They took all his tools away. Isn't that terrible?", "shake-disbelief"),
        ("My father died in March.", "nod-grave"),
        ("Guess what, we saw two whales right beside the boat.", "taken-aback"),
        ("I felt so lonely in that house.", "tilt-listen"),
        ("Don't you think somebody should help him?", "nod-yes"),
        ("You would not do that to her, would you?", "shake-no"),
        ("I have good news.", "nod-eager"),
    ],
)
def test_what_is_told_gets_the_answer_that_fits(text: str, gesture: str, library: Library) -> None:
    assert answers(text, library).calls[-1].gesture == gesture


@pytest.mark.parametrize("text", ["It is not that terrible.", "My battery died again.", "The garden is behind the house by the river."])
def test_what_only_sounds_like_it_gets_at_most_a_nod(text: str, library: Library) -> None:
    assert all(call.gesture in ("nod-small", "nod-double") for call in answers(text, library).calls)


def test_an_announced_surprise_is_answered_when_it_has_come(library: Library) -> None:
    (call,) = answers("Guess what, we saw two whales right beside the boat.", library).calls
    assert call.anchor == 9


def test_news_is_answered_sooner_than_what_was_said_before(library: Library) -> None:
    text = "The company sold the pier."
    known = Brief(dialogue=Dialogue(previous=(Turn(speaker="Ana", text=text),)))
    assert len(answers(text, library).calls) == 1
    assert answers(text, library, known).calls == ()


def test_rate_and_forbidden_gestures_are_heeded(library: Library) -> None:
    assert len(answers(STORY, library, Brief(Direction(rate_per_min=3.0))).calls) <= 3
    sad = "My father died in March."
    assert all(call.gesture != "nod-grave" for call in answers(sad, library, Brief(Direction(forbidden=("nod-grave",)))).calls)


def test_the_same_seed_gives_the_same_plan_and_silence_none(library: Library) -> None:
    assert answers(STORY, library, Brief(seed=3)) == answers(STORY, library, Brief(seed=3))
    assert answers("…", library).calls == ()


def test_who_listens_makes_no_beats_and_rests_their_hands(performed: Performance) -> None:
    assert len(performed.score.placements) >= 0.8 * len(performed.outcomes)
    assert all(not {BodyPart.LEFT_ARM, BodyPart.RIGHT_ARM} & set(p.mask) for p in performed.score.placements)
    assert performed.score.rhythm.accents == ()
    places, _ = skeleton.forward_kinematics(performed.motion.rotations, performed.motion.translation)
    wrists = places[:, [skeleton.INDEX["left_wrist"], skeleton.INDEX["right_wrist"]]]
    assert float(wrists[..., 1].max()) < 1.05  # hanging


def test_a_nod_is_visible_but_small_and_comes_after_its_phrase(performed: Performance) -> None:
    down = pitch_deg(performed)
    nods = [p for p in performed.score.placements if p.gesture in ("nod-small", "nod-double")]
    assert len(nods) >= 4
    for nod in nods:
        stretch = down[round(nod.sync.start * 30) : round(nod.sync.end * 30)]
        assert 3.0 < float(stretch.max() - stretch.min()) < 16.0
        assert nod.sync.stroke > performed.score.words[nod.call.anchor].end


def test_a_listener_is_not_planned_by_a_language_model(library: Library) -> None:
    with pytest.raises(ValueError, match="either listen or llm, got both"):
        perform(STORY, listen=True, llm="http://127.0.0.1:1", library=library)


def test_the_command_line_listens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "My father died in March.", "--listen", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [call["gesture"] for call in plan["calls"]] == ["nod-grave"]
    assert main(["perform", "My father died in March.", "--listen", "-o", str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out" / "run.json").read_text())["calls"][0]["placed"]
