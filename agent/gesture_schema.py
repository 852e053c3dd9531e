"""The JSON Schema of the gesture notation: what editors complete and check while a gesture is written.

Keys, enums and ranges come from the notation's models. Its words (directions, places, movements of the head …) are read by parsers there,
and are described here by patterns over the same vocabularies; what a pattern cannot say, ``chironomia library check`` says.
"""
from collections.abc import Callable, Iterable
from typing import Any, get_args

from pydantic import BeforeValidator
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from chironomia.motion_library import body_words, culture
from chironomia.motion_library import gesture_space as space
from chironomia.motion_library import notation_model as notation
from chironomia.motion_library.handshapes import HANDSHAPES

_NUMBER = r"[0-9]*\.?[0-9]+"


def gesture_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of one gesture's YAML."""
    schema = notation.GestureNotation.model_json_schema(schema_generator=_OfWords)
    of_form, of_gesture = schema["$defs"]["Form"]["properties"], schema["properties"]
    of_form["left"] = {"anyOf": [{"const": "mirror"}, {"$ref": "#/$defs/HandForm"}], "description": "mirror, or a form of its own"}
    of_gesture["hands"] = {"enum": ["right", "both", "none"], "description": "the hands as performed; left is compiled from right"}
    return schema


class _OfWords(GenerateJsonSchema):
    """Describes values that a parser reads by what may be written, not by what the parser makes of it."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        return _WORDS.get(schema["function"]["function"]) or super().function_before_schema(schema)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """What may be left out need not be offered as null or as an empty list."""
        made = super().default_schema(schema)
        if made.get("default", 0) in (None, [], ()):
            del made["default"]
        choices = [choice for choice in made.get("anyOf", ()) if choice != {"type": "null"}]
        if len(choices) == 1:
            del made["anyOf"]
            made.update(choices[0])
        return made


def _any(words: Iterable[str]) -> str:
    return f"({'|'.join(sorted(words, key=len, reverse=True))})"


def _text(pattern: str, description: str, examples: Iterable[str]) -> JsonSchemaValue:
    """Text of a pattern; editors offer the examples."""
    return {"anyOf": [{"enum": list(examples)}, {"type": "string", "pattern": f"^{pattern}$"}], "description": description}


_DIRECTION = f"{_any(space.DIRECTIONS)}(-{_any(space.DIRECTIONS)})*"
_SPOT = f"{_any(space.SECTORS)} +{_any(space.HEIGHTS)} +{_any(space.DISTANCES)}"
_DEGREES = r"[0-9]+(\.[0-9]*)?"
_TORSO = f"(lean {_any([*body_words.TILTS, 'forward', 'back'])}|turn {_any(body_words.TILTS)}) {_DEGREES}"
_HEAD = f"(nod|nod twice|nods|shake|up|down|(tilt|turn) {_any(body_words.TILTS)})( {_any(body_words.SIZES)})?"
_GAZE = _any(["hands", *body_words.GAZES])


_USUAL = [f"{sector} {at}" for sector in ("center", "periphery") for at in ("chest near", "chest mid", "waist near", "waist mid")]
_METRES = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}


def _place() -> JsonSchemaValue:
    named = [*space.LANDMARKS, *space.OTHER_HAND]
    words = _text(f"({_SPOT}|{_any(named)})", "", [*_USUAL, *named])["anyOf"]
    return {"anyOf": [*words, _METRES], "description": "SECTOR HEIGHT DISTANCE, a landmark, or [out, up, forward] in metres"}


def _parser(words: Any) -> Callable[..., Any]:
    """The function that reads an annotated type's text."""
    return next(part.func for part in get_args(words) if isinstance(part, BeforeValidator))


def _culture() -> JsonSchemaValue:
    places = {"type": "array", "items": {"enum": [*culture.AREAS, *sorted(culture.COUNTRIES)]}, "minItems": 1}
    text, hand = {"type": "string", "minLength": 2}, {"enum": ["left", "right"], "description": "the one hand of which it holds"}
    notes = [
        {"type": "object", "properties": {"where": places, kind: text, "hand": hand}, "required": ["where", kind]}
        | {"additionalProperties": False}
        for kind in culture.CultureKind
    ]
    return {"type": "array", "items": {"anyOf": notes}, "description": "where it offends or means something else"}


_WORDS: dict[Callable[..., Any], JsonSchemaValue] = {
    _parser(notation.ShapeName): {"enum": list(HANDSHAPES), "description": "the handshape"},
    _parser(notation.Direction): _text(
        _DIRECTION, "a direction, or several joined by hyphens", [*space.DIRECTIONS, "up-in", "forward-in", "forward-up"]
    ),
    _parser(notation.Displacement): _text(
        f"({_DIRECTION} +{_NUMBER})( +{_DIRECTION} +{_NUMBER})*",
        "directions with metres, added",
        ["down 0.08", "up 0.2", "forward 0.15", "out 0.25", "up 0.2 out 0.1"],
    ),
    _parser(notation.Bend): _text(
        f"{_DIRECTION} +{_DIRECTION}", "sets off one way, bends toward the other", ["up forward", "forward up", "out up", "out forward"]
    ),
    _parser(notation.Place): _place(),
    _parser(notation.Rocking): _text(
        f"{_any(notation.Rock)} +{_DEGREES}", "a way and degrees up to 45", ["sideways 20", "twist 20", "nod 30"]
    ),
    culture.parse_culture: _culture(),
    body_words.parse_torso: _text(
        f"{_TORSO}(, *{_TORSO})*", "postures, joined by commas", ["lean forward 3", "lean back 3", "turn left 5"]
    ),
    body_words.parse_head: _text(
        f"{_HEAD}(, *{_HEAD})*", "movements of the head, joined by commas", ["nod small", "nods", "shake small", "tilt out"]
    ),
    body_words.parse_gaze: _text(f"{_GAZE}( then {_GAZE})?", "where the gaze goes", ["listener", "hands", "hands then listener"]),
}
