"""The published JSON Schemas of the documents that other programs write and read: ``python -m chironomia.agent.schemas docs``."""
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from chironomia.agent.dialogue import Dialogue
from chironomia.agent.direction import Direction
from chironomia.agent.gesture_schema import gesture_schema
from chironomia.agent.plan import Plan
from chironomia.generators.score import Score

DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "plan.schema.json": partial(Plan.model_json_schema, by_alias=True),
    "score.schema.json": partial(Score.model_json_schema, by_alias=True),
    "persona.schema.json": Direction.model_json_schema,
    "gesture.schema.json": gesture_schema,
    "dialogue.schema.json": Dialogue.model_json_schema,
}


def schema_text(document: Callable[[], dict[str, Any]]) -> str:
    """The JSON Schema (draft 2020-12) of a document, as the text that is published."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **document()}
    return json.dumps(schema, indent=1) + "\n"


def write_schemas(folder: Path) -> None:
    """Write every document's schema into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in DOCUMENTS.items():
        (folder / name).write_text(schema_text(document), encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
