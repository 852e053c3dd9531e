"""A model's answer: the schema it is held to, what of it is put right, and what it is told about the rest."""
import json
import random
import string
from typing import Any

import pytest

from chironomia.agent.answer import NONE, AnswerFault, answer_schema, most_calls_in, read_answer
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

GESTURE: dict[str, Any] = {
    "anchor": 1, "first": 0, "last": 2, "show": "a hand climbs", "schema": "UP", "function": "METAPHORIC", "hands": "right",
    "size": "large", "sure": "certain",
}  # fmt: skip


def _answer(*changes: dict[str, Any]) -> str:
    return json.dumps({"gestures": [GESTURE | change for change in changes]})


def _objects(node: Any) -> list[dict[str, Any]]:
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [node] * (isinstance(node, dict) and node.get("type") == "object") + [o for value in inside for o in _objects(value)]


def test_the_schema_is_small_closed_and_strict() -> None:
    schema = answer_schema(60, ["screen"])
    assert len(json.dumps(schema)) < 3000
    for found in _objects(schema):
        assert found["required"] == list(found["properties"])
        assert found["additionalProperties"] is False
    fields = schema["properties"]["gestures"]["items"]["properties"]
    assert fields["anchor"]["enum"] == list(range(60))
    assert set(fields["schema"]["enum"]) == {*ImageSchema, NONE}
    assert set(fields["function"]["enum"]) == set(GestureFunction) - {GestureFunction.BEAT, GestureFunction.ADAPTOR}
    assert fields["points_at"]["enum"] == ["screen", NONE]
    assert fields["show"]["maxLength"] <= 300
    assert "points_at" not in answer_schema(60)["properties"]["gestures"]["items"]["properties"]


def test_a_good_answer_is_a_wish_at_its_place_in_the_utterance() -> None:
    (wish,) = read_answer(_answer({}), 4, first=10)
    assert (wish.first, wish.after, wish.anchor) == (10, 13, 11)
    assert (wish.schema, wish.hands, wish.intensity, wish.confidence) == (ImageSchema.UP, Hands.RIGHT, 0.8, 0.9)
    assert read_answer('{"gestures": []}', 4) == []


@pytest.mark.parametrize(
    "wrapped",
    [
        "```json\n{}\n```",
        "Here you are:\n{}\nI hope that helps.",
        '<think>Perhaps {{"gestures": []}}? No: "rose" rises.</think>\n{}',
        'A draft: {{"gestures": []}} — better: {}',
        "{{not json}} {}",
    ],
)
def test_json_is_found_in_what_stands_about_it(wrapped: str) -> None:
    assert len(read_answer(wrapped.format(_answer({})), 4)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"mood": "cheerful"}, {"anchor": "1"}, {"anchor": 1.0}, {"schema": "up"}, {"function": "Metaphoric"}, {"hands": "Right"},
        {"first": 2, "last": 0}, {"points_at": "moon"},
    ],
)  # fmt: skip
def test_what_is_only_a_little_wrong_is_put_right(change: dict[str, Any]) -> None:
    (wish,) = read_answer(_answer(change), 4)
    assert (wish.anchor, wish.schema, wish.hands) == (1, ImageSchema.UP, Hands.RIGHT)
    assert wish.first <= 1 < wish.after
    assert wish.target is None


def test_a_line_break_or_a_control_character_inside_a_text_is_no_fault() -> None:
    raw = _answer({"show": "both hands|rise"}).replace("|", "\n\x1f")
    assert read_answer(raw, 4)[0].show == "both hands rise"


def test_missing_shades_have_defaults_and_no_schema_has_several_spellings() -> None:
    (wish,) = read_answer('{"gestures": [{"anchor": 1, "show": "a shrug", "function": "EMBLEM"}]}', 4)
    assert (wish.first, wish.after, wish.schema, wish.hands) == (1, 2, None, Hands.EITHER)
    for spelt in (NONE, None, "null", ""):
        assert read_answer(_answer({"schema": spelt}), 4)[0].schema is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"anchor": 9}, r"gestures\[0\].anchor: expected the index of one of the words, 0 to 3, got 9"),
        ({"anchor": True}, "anchor: expected the index"),
        ({"last": -1}, r"last: expected the index .* got -1"),
        ({"schema": "UPWARDS"}, r"schema: expected one of .*UP, .* got \"UPWARDS\""),
        ({"function": "BEAT"}, "function: expected one of DEICTIC, ICONIC, METAPHORIC, EMBLEM, REGULATOR"),
        ({"hands": "feet"}, "hands: expected one of left, right, both, either, none"),
        ({"show": ""}, "show: expected a few words"),
        ({"show": 7}, "show: expected a few words"),
    ],
)
def test_what_is_wrong_is_said_so_that_a_model_can_put_it_right(change: dict[str, Any], says: str) -> None:
    with pytest.raises(AnswerFault, match=says):
        read_answer(_answer(change), 4)


@pytest.mark.parametrize(
    "text", ["I'm sorry, I can't help with that.", "", '{"gestures": [{"anch', "[1, 2]", '{"gestures": 3}', '{"gestures": [3]}']
)
def test_what_is_no_answer_is_a_fault_and_nothing_else(text: str) -> None:
    with pytest.raises(AnswerFault, match="expected"):
        read_answer(text, 4)


def test_only_known_things_can_be_pointed_at() -> None:
    pointing = {"function": "DEICTIC", "points_at": "Screen"}
    places = {"screen": (1.0, 1.4, 0.5)}
    assert read_answer(_answer(pointing), 4, places)[0].target == places["screen"]
    assert read_answer(_answer(pointing | {"function": "ICONIC"}), 4, places)[0].target is None
    with pytest.raises(AnswerFault, match="points_at: expected one of screen, NONE"):
        read_answer(_answer(pointing | {"points_at": "moon"}), 4, places)


def test_no_more_is_taken_than_was_asked_for() -> None:
    assert len(read_answer(_answer(*[{}] * 50), 4, most=most_calls_in(4))) == 1
    (wish,) = read_answer(_answer({"show": "wave\x00\x1b[31m " + "on and on " * 99}), 4)
    assert len(wish.show) <= 300
    assert wish.show.isprintable()


def test_noise_is_a_fault_or_an_answer_but_never_a_crash() -> None:
    chance = random.Random(1)
    good = _answer({}, {"anchor": 3})
    for _ in range(300):
        at, after = sorted(chance.sample(range(len(good)), 2))
        noise = "".join(chance.choices(string.printable, k=chance.randrange(9)))
        try:
            asked = read_answer(good[:at] + noise + good[after:], 4)
        except AnswerFault:
            continue
        assert all(0 <= a.first <= a.anchor < a.after <= 4 for a in asked)


def test_deep_nesting_is_a_fault() -> None:
    for deep in ('{"a":' * 100_000, "[" * 100_000, '{"gestures": ' + "[" * 50_000):
        with pytest.raises(AnswerFault):
            read_answer(deep, 4)
