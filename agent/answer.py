"""The form of a language model's answer: the JSON schema that it is held to, and how it is read back.

An answer is a small closed set: word indices of the passage, names from the enums, one short text. Nothing else of it is used,
so that a text which talks the model into something can at most ask for other gestures.
"""
import difflib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from chironomia.agent.wish import Wish
from chironomia.motion_library.gesture_space import Point
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

FUNCTIONS = tuple(f for f in GestureFunction if f not in (GestureFunction.BEAT, GestureFunction.ADAPTOR))
NOWHERE: Mapping[str, Point] = MappingProxyType({})  # nothing that can be pointed at
NONE = "NONE"  # a word where others would write null: every server can hold an answer to a set of words
_SHOW_ASKED, _SHOW_TAKEN = 160, 300  # characters: twice twelve words; what a GestureCall holds. Some servers fail at bounds near 2,000
_WORDS_PER_CALL = 6  # a gesture every six words is more than anybody makes
_FAULTS = 5  # named at once: more would not be put right at once
_OBJECTS = 64  # places in an answer where an object may begin that are tried
_Named = TypeVar("_Named", bound=StrEnum)


class Size(StrEnum):
    """How large a gesture is asked for."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Sureness(StrEnum):
    """How sure a model is that a gesture belongs here; three words, as finer numbers from a model mean little."""

    POSSIBLE = "possible"
    LIKELY = "likely"
    CERTAIN = "certain"


INTENSITY = {Size.SMALL: 0.3, Size.MEDIUM: 0.5, Size.LARGE: 0.8}
CONFIDENCE = {Sureness.POSSIBLE: 0.5, Sureness.LIKELY: 0.7, Sureness.CERTAIN: 0.9}  # all above the threshold of the choice


class AnswerFault(ValueError):
    """What is wrong with an answer, in words that the model can act on."""


def most_calls_in(words: int) -> int:
    """How many gestures an answer on a passage of so many words may hold."""
    return 1 + words // _WORDS_PER_CALL


def answer_schema(words: int, places: Collection[str] = ()) -> dict[str, Any]:
    """The JSON schema of an answer on a passage of ``words`` words, with the names of ``places`` that can be pointed at.

    It keeps to what servers can constrain strictly: every property required, no other, words and indices from closed sets.
    """
    index = {"type": "integer", "enum": list(range(words))}
    fields: dict[str, Any] = {
        "anchor": index, "first": index, "last": index,
        "show": {"type": "string", "maxLength": _SHOW_ASKED}, "schema": _one_of([*ImageSchema, NONE]),
        "function": _one_of(FUNCTIONS), "hands": _one_of(Hands), "size": _one_of(Size), "sure": _one_of(Sureness),
    }  # fmt: skip
    if places:
        fields["points_at"] = _one_of([*places, NONE])
    return strict_object({"gestures": {"type": "array", "maxItems": most_calls_in(words), "items": strict_object(fields)}})


def _one_of(names: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": [str(name) for name in names]}


def strict_object(fields: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of an object that has these fields, all of them and no other."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def read_answer(
    text: str, words: int, places: Mapping[str, Point] = NOWHERE, *, first: int = 0, most: int | None = None, by: str = "a language model"
) -> list[Wish]:
    """What an answer asks for, ``most`` gestures at most, on a passage of ``words`` words that begins at word ``first`` of its utterance.

    A deictic gesture that points at one of the named ``places`` has it as its target.
    Thoughts before the JSON, code fences, keys that nobody asked for, indices and names written a little otherwise, and spans that
    miss their anchor are put right. Raises AnswerFault, which names the first few faults, for anything else.
    """
    faults: list[str] = []
    found = [_read_gesture(i, value, words, places, faults) for i, value in enumerate(_gestures(text))]
    if faults:
        more = f"; and {len(faults) - _FAULTS} more" if len(faults) > _FAULTS else ""
        raise AnswerFault("; ".join(faults[:_FAULTS]) + more)
    return [_wish(fields, first, places, by) for fields in found[:most] if fields is not None]


def _gestures(text: str) -> list[Any]:
    """The list under "gestures" in the last object of an answer that has one: thoughts may hold drafts."""
    documents = [d for d in objects_in(text) if "gestures" in d]
    if not documents:
        got = repr(text.strip()[:80]) if text.strip() else "nothing"
        raise AnswerFault(f'expected one JSON object {{"gestures": [...]}}, got {got}')
    gestures = documents[-1]["gestures"]
    if not isinstance(gestures, list):
        raise AnswerFault(f"gestures: expected a list, got {str(gestures)[:80]}")
    return gestures


def objects_in(text: str) -> list[dict[str, Any]]:
    """The JSON objects in an answer, in order; what a model thinks before it answers is passed over."""
    return list(_objects(re.sub(r"<think(ing)?>.*?</think(ing)?>", "", text, flags=re.DOTALL)))


def _objects(text: str) -> Iterator[dict[str, Any]]:
    decoder, at = json.JSONDecoder(strict=False), 0  # line breaks in a text are let through, also by servers that hold to a schema
    for _ in range(_OBJECTS):
        at = text.find("{", at)
        if at < 0:
            return
        try:
            value, at = decoder.raw_decode(text, at)
            yield value
        except (ValueError, RecursionError):
            at += 1


def _read_gesture(i: int, value: object, words: int, places: Collection[str], faults: list[str]) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        faults.append(f"gestures[{i}]: expected an object, got {str(value)[:80]}")
        return None
    reader = _Fields(f"gestures[{i}]", value, faults)
    anchor = reader.index("anchor", words)
    return {
        "anchor": anchor, "first": reader.index("first", words, anchor), "last": reader.index("last", words, anchor),
        "show": reader.text("show"), "schema": reader.name("schema", ImageSchema, optional=True),
        "function": reader.name("function", GestureFunction, among=FUNCTIONS),
        "hands": reader.name("hands", Hands, Hands.EITHER), "size": reader.name("size", Size, Size.MEDIUM),
        "sure": reader.name("sure", Sureness, Sureness.LIKELY), "points_at": reader.place("points_at", places),
    }  # fmt: skip


class _Fields:
    """The fields of one gesture; what is wrong with them is added to ``faults``."""

    def __init__(self, where: str, values: dict[str, Any], faults: list[str]) -> None:
        self.where, self.values, self.faults = where, values, faults

    def fault(self, field: str, expected: str) -> None:
        self.faults.append(f"{self.where}.{field}: expected {expected}, got {json.dumps(self.values.get(field), ensure_ascii=False)[:80]}")

    def index(self, field: str, words: int, default: int | None = None) -> int | None:
        value = self.values.get(field, default)
        if isinstance(value, str) and re.fullmatch(r"\s*\d{1,6}\s*", value):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < words:
            return value
        if not (default is None and field != "anchor"):  # a wrong anchor is said once
            self.fault(field, f"the index of one of the words, 0 to {words - 1}")
        return None

    def text(self, field: str) -> str:
        value = self.values.get(field)
        said = " ".join("".join(c if c.isprintable() else " " for c in value).split()) if isinstance(value, str) else ""
        if not said:
            self.fault(field, "a few words on what the body shows")
        return said[:_SHOW_TAKEN]

    def name(
        self, field: str, kind: type[_Named], default: _Named | None = None, *, among: Sequence[_Named] = (), optional: bool = False
    ) -> _Named | None:
        value = self.values.get(field)
        if optional and (value is None or str(value).strip().upper() in ("", NONE, "NULL")):
            return None
        if value is None and default is not None:
            return default
        allowed = {str(member).lower(): member for member in among or tuple(kind)}
        if isinstance(value, str) and value.strip().lower() in allowed:
            return allowed[value.strip().lower()]
        self.fault(field, f"one of {nearest(str(value), [*map(str, allowed.values()), *([NONE] if optional else [])])}")
        return None

    def place(self, field: str, places: Collection[str]) -> str | None:
        value = self.values.get(field)
        known = {place.lower(): place for place in places}
        if not places or value is None or str(value).strip().upper() in ("", NONE, "NULL"):
            return None
        if str(value).strip().lower() in known:
            return known[str(value).strip().lower()]
        self.fault(field, f"one of {', '.join([*places, NONE])}")
        return None


def nearest(value: str, names: Sequence[str]) -> str:
    """All names where they are few, otherwise those that are spelt most alike and the way to say none."""
    if len(names) <= 8:
        return ", ".join(names)
    near = difflib.get_close_matches(value.upper(), names, n=3, cutoff=0.0)
    return ", ".join(near) + f" or another of the {len(names)} that were listed"


def _wish(fields: dict[str, Any], first: int, places: Mapping[str, Point], by: str) -> Wish:
    anchor, points_at = fields["anchor"], fields["points_at"]
    return Wish(
        first + min(fields["first"], anchor), first + max(fields["last"], anchor) + 1, first + anchor, fields["function"], fields["schema"],
        fields["show"], fields["hands"], INTENSITY[fields["size"]], CONFIDENCE[fields["sure"]], f"asked for by {by}",
        places[points_at] if points_at and fields["function"] == GestureFunction.DEICTIC else None,
    )  # fmt: skip
