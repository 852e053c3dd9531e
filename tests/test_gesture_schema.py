"""What an editor accepts by the published schema is what the notation reads, as far as a schema can say it."""
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from chironomia.agent.gesture_schema import gesture_schema
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.notation import parse_notation

SCHEMA = json.loads(json.dumps(gesture_schema()))
GESTURES = sorted(bundled_gestures().glob("*.yaml"))
TYPES = {"string": str, "number": int | float, "integer": int, "boolean": bool, "array": list, "object": dict}
WORDS = {"description", "title", "default", "$defs"}  # of a schema that restrict nothing


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value is valid by a schema; a keyword that this does not know is an error."""
    return all(_fits(value, word, what, schema) for word, what in schema.items() if word not in WORDS)


def _fits(value: Any, word: str, what: Any, schema: dict[str, Any]) -> bool:
    match word:
        case "$ref":
            return fits(value, SCHEMA["$defs"][what.removeprefix("#/$defs/")])
        case "anyOf":
            return any(fits(value, one) for one in what)
        case "type":
            return isinstance(value, TYPES[what]) and (what == "boolean" or not isinstance(value, bool))
        case "enum":
            return value in what
        case "const":
            return value == what
        case "pattern":
            return isinstance(value, str) and re.search(what, value) is not None
        case "minLength" | "minItems":
            return len(value) >= what
        case "maxLength" | "maxItems":
            return len(value) <= what
        case "minimum" | "exclusiveMinimum":
            return value > what if word.startswith("exclusive") else value >= what
        case "maximum":
            return value <= what
        case "items":
            return all(fits(one, what) for one in value)
        case "properties":
            return all(fits(one, what[key]) for key, one in value.items() if key in what)
        case "required":
            return set(what) <= set(value)
        case "additionalProperties":
            assert what is False
            return set(value) <= set(schema["properties"])
    raise AssertionError(f"the test does not know {word}")


def plain(text: str) -> Any:
    """YAML as an editor reads it: 1.2, in which yes and no are words."""
    return yaml.load(text, Loader=type("Loader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": {
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool" or first in "tTfF"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }}))  # fmt: skip


@pytest.mark.parametrize("path", GESTURES, ids=lambda path: path.stem)
def test_every_bundled_gesture_is_valid_in_an_editor(path: Path) -> None:
    assert fits(plain(path.read_text(encoding="utf-8")), SCHEMA)


GOOD = """id: hold-container
description: Both hands hold an invisible box before the body and set it down a little.
function: METAPHORIC
schemas: [CONTAINER, OBJECT]
meanings: [a bounded topic, everything inside something, the whole package, the scope of it]
fits: ["It is all in this plan.", "Put that in a nutshell.", "Within this framework it works."]
wrong: ["I have no idea."]
hands: both
form:
  left: mirror
  right: {shape: cup, palm: in, fingers: forward-in, at: [0.17, 1.22, 0.34]}
  stroke:
    - {move: down 0.09 forward 0.04, stop: firm}
  hold: phrase
body: {torso: lean forward 3, head: nod small, gaze: hands then listener}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("shape: cup", "shape: cop"),
        ("palm: in", "palm: inward"),
        ("palm: in", "plam: in"),
        ("at: [0.17, 1.22, 0.34]", "at: center chest"),
        ("at: [0.17, 1.22, 0.34]", "at: [0.17, 1.22]"),
        ("move: down 0.09 forward 0.04", "move: down"),
        ("move: down 0.09 forward 0.04", "tap: 0.09"),
        ("stop: firm", "stop: hard"),
        ("hold: phrase", "hold: long"),
        ("hands: both", "hands: left"),
        ("left: mirror", "left: mirrored"),
        ("function: METAPHORIC", "function: METAPHOR"),
        ("schemas: [CONTAINER, OBJECT]", "schemas: [BOX]"),
        ("lean forward 3", "lean forward"),
        ("nod small", "nod tiny"),
        ("hands then listener", "hands, listener"),
        ("id: hold-container", "id: Hold Container"),
    ],
)
def test_what_the_notation_refuses_an_editor_underlines(old: str, new: str) -> None:
    assert fits(plain(GOOD), SCHEMA)
    faulty = GOOD.replace(old, new)
    assert faulty != GOOD
    assert not fits(plain(faulty), SCHEMA)
    with pytest.raises(ValueError, match=":"):
        parse_notation(faulty)
