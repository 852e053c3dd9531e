"""Plans by a language model: what it is asked, and what of its answers is taken."""
import json
from pathlib import Path

import pytest

from chironomia.agent.prompted import parse_plan, plan_prompt
from chironomia.agent.transcript import Utterance, transcribe
from chironomia.motion_library.vocabulary import ImageSchema

ROOT = Path(__file__).parents[1]
CALL = {"words": [0, 2], "anchor": 1, "function": "METAPHORIC", "schema": "UP", "show": "a hand climbs", "hands": "right",
        "intensity": 0.5, "confidence": 0.9}  # fmt: skip


@pytest.fixture(scope="module")
def utterance() -> Utterance:
    return transcribe("Prices rose again today.")


def test_the_prompt_names_every_word_and_every_schema(utterance: Utterance) -> None:
    text = plan_prompt(utterance)
    assert "1 rose" in text
    assert all(schema in text for schema in ImageSchema)


def test_an_answer_in_a_code_fence_is_read(utterance: Utterance) -> None:
    plan = parse_plan(f"Sure!\n```json\n{json.dumps({'calls': [CALL]})}\n```", utterance)
    assert plan.calls[0].schema_ == ImageSchema.UP


def test_an_empty_plan_is_a_plan(utterance: Utterance) -> None:
    assert parse_plan('{"calls": []}', utterance).calls == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"anchor": 3}, "anchor must lie in words"),
        ({"words": [0, 9]}, "only 4 words"),
        ({"schema": "UPWARDS"}, "calls.0..schema"),
        ({"confidence": 7}, "confidence"),
        ({"clip": "x"}, "clip"),
    ],
)
def test_answers_that_cannot_be_performed_are_refused_in_words_a_model_can_act_on(
    change: dict[str, object], says: str, utterance: Utterance
) -> None:
    with pytest.raises(ValueError, match=says.replace(".", r"\W")):
        parse_plan(json.dumps({"calls": [CALL | change]}), utterance)


def test_what_is_not_json_is_refused(utterance: Utterance) -> None:
    for answer in ("I would rather not.", '{"calls": [', "[1, 2]", '{"calls": {}}'):
        with pytest.raises(ValueError, match="expected"):
            parse_plan(answer, utterance)


def test_a_recorded_answer_of_a_large_language_model_is_a_plan_for_its_text() -> None:
    """Recorded from a large language model that was given the rendered prompt for examples/meeting.txt and nothing else."""
    meeting = transcribe((ROOT / "examples" / "meeting.txt").read_text(encoding="utf-8"))
    plan = parse_plan((ROOT / "tests" / "recordings" / "large_language_model_meeting.json").read_text(encoding="utf-8"), meeting)
    shown = {meeting.words[c.anchor].spoken: c.schema_ for c in plan.calls}
    assert shown["circles"] == ImageSchema.CYCLE
    assert shown["tiny"] == ImageSchema.SMALL
    assert "agenda" not in shown
