"""Typed functions as tools: what a model reads of them, what holds its answers, and what becomes of good and bad calls."""
import json
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from chironomia.agent.answer import AnswerFault
from chironomia.agent.tools import AT_ONCE, Toolbox


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


Index = Annotated[int, Field(json_schema_extra={"closed": "word"})]
Thing = Annotated[str, Field(json_schema_extra={"closed": "thing"})]


def paint(
    at: Index, colour: Colour | None, text: Annotated[str, Field(min_length=2, max_length=9)], many: Literal[1, 2],
    thing: Thing | None = None, id: str | None = None,
) -> str:  # fmt: skip
    """Paint a word.

    Second line.
    """
    if text == "boom":
        raise ValueError("there is no boom; say bang")
    return f"{at} {colour!r} {text} {many} {thing} {id}"


def rest() -> str:
    """Do nothing."""
    return "rested " * 1000


GOOD = {"at": 1, "colour": "red", "text": "so", "many": 2, "thing": "screen", "id": "NONE"}


@pytest.fixture(scope="module")
def box() -> Toolbox:
    return Toolbox.of([paint, rest], {"word": range(3), "thing": ["screen"]})


def test_what_the_model_reads_is_the_signature_and_the_docstring(box: Toolbox) -> None:
    assert box.described == (
        "paint(at: word, colour: red|blue|NONE, text: text, many: 1|2, thing: screen|NONE, id: text or NONE)\n"
        "    Paint a word.\n\n    Second line.\n\nrest()\n    Do nothing."
    )


def _objects(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for value in schema for found in _objects(value)]
    if not isinstance(schema, dict):
        return []
    return [schema] * (schema.get("type") == "object") + [found for value in schema.values() for found in _objects(value)]


def test_the_schema_can_be_constrained_strictly(box: Toolbox) -> None:
    assert box.schema["type"] == "object"
    assert "anyOf" not in box.schema
    for node in _objects(box.schema):
        assert node["required"] == list(node["properties"])
        assert node["additionalProperties"] is False
    branches = box.schema["properties"]["calls"]["items"]["anyOf"]
    assert [list(branch["properties"]) for branch in branches] == [["paint"], ["rest"]]
    assert not any(key in json.dumps(box.schema) for key in ("$ref", "null", "default", "minLength", "closed", "title"))
    fields = branches[0]["properties"]["paint"]["properties"]
    assert fields["at"] == {"type": "integer", "enum": [0, 1, 2]}
    assert fields["colour"] == {"type": "string", "enum": ["red", "blue", "NONE"]}


def test_an_argument_that_nothing_can_be_said_for_is_left_out() -> None:
    alone = Toolbox.of([paint], {"word": range(3), "thing": []})
    assert "thing" not in alone.tools["paint"].schema["properties"]
    assert alone.tools["paint"].run(GOOD) == "1 <Colour.RED: 'red'> so 2 None None"


@pytest.mark.parametrize(
    "change", [{}, {"at": "1"}, {"at": 1.0}, {"colour": " RED"}, {"thing": "Screen"}, {"id": None}, {"id": ""}, {"more": 1}, {"many": "2"}]
)
def test_good_arguments_and_such_as_are_spelt_a_little_otherwise_are_taken(change: dict[str, Any], box: Toolbox) -> None:
    assert box.tools["paint"].run(GOOD | change) == "1 <Colour.RED: 'red'> so 2 screen None"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"at": 9}, "at: expected the index of a word, 0 to 2, got 9"),
        ({"at": "first"}, "at: expected the index of a word"),
        ({"at": None}, "at: expected the index of a word"),
        ({"colour": "green"}, "colour: expected one of red, blue, NONE, got \"green\""),
        ({"thing": "window"}, "thing: expected one of screen, NONE"),
        ({"text": "x"}, "text: string should have at least 2 characters"),
        ({"text": ["so"]}, "text: input should be a valid string"),
        ({"text": "boom"}, "there is no boom; say bang"),
        ({"at": [[[]]], "colour": {}}, "at: .*; colour: "),
    ],
)
def test_bad_arguments_are_refused_in_words_that_a_model_can_act_on(change: dict[str, Any], says: str, box: Toolbox) -> None:
    with pytest.raises(ValueError, match=says):
        box.tools["paint"].run(GOOD | change)


def test_a_missing_argument_is_named(box: Toolbox) -> None:
    with pytest.raises(AnswerFault, match="text: missing"):
        box.tools["paint"].run({k: v for k, v in GOOD.items() if k != "text"})
    with pytest.raises(AnswerFault, match="expected an object of arguments, got 3"):
        box.tools["rest"].run(3)


def test_what_a_tool_says_is_bounded(box: Toolbox) -> None:
    assert len(box.tools["rest"].run({})) == 2000


CALL = ("paint", GOOD)


@pytest.mark.parametrize(
    ("answer", "calls"),
    [
        ({"thought": "so", "calls": [{"paint": GOOD}, {"rest": {}}]}, [CALL, ("rest", {})]),
        ({"calls": [{"tool": "paint", "arguments": GOOD}]}, [CALL]),
        ({"name": "paint", "arguments": GOOD}, [CALL]),
        ({"paint": GOOD}, [CALL]),
        ({"calls": [{"paint": GOOD, "rest": None}, {"erase": {}}, 3]}, [CALL, ("rest", {})]),
        ({"calls": [{"rest": {}}] * 50}, [("rest", {})] * AT_ONCE),
    ],
)
def test_calls_are_read_in_every_form_that_models_write(answer: dict[str, Any], calls: list[Any], box: Toolbox) -> None:
    said = json.dumps(answer)
    assert box.read(said) == calls
    assert box.read(f'<think>{{"calls": [{{"rest": {{}}}}]}}</think>So:\n```json\n{said}\n```') == calls


NO_CALLS = ["", "I would rest.", '{"calls": []}', '{"calls": [{"erase": {}}]}', '{"calls": 3}', "[1]", '{"calls": [{"rest"']


@pytest.mark.parametrize("answer", NO_CALLS)
def test_an_answer_without_a_call_is_refused_with_the_form_of_one(answer: str, box: Toolbox) -> None:
    with pytest.raises(AnswerFault, match=r"expected one JSON object .* with the names paint, rest"):
        box.read(answer)
