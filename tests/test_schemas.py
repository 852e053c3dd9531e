"""The published JSON Schemas are those of the documents."""
import json
from pathlib import Path

import pytest

from chironomia.agent.schemas import DOCUMENTS, schema_text
from chironomia.motion_library.vocabulary import ImageSchema


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_published_schema_is_up_to_date(name: str) -> None:
    published = (Path(__file__).parents[1] / "docs" / name).read_text(encoding="utf-8")
    assert published == schema_text(DOCUMENTS[name]), "run: python -m chironomia.agent.schemas docs"


def test_the_schema_of_a_plan_names_the_fields_as_they_are_written() -> None:
    call = json.loads(schema_text(DOCUMENTS["plan.schema.json"]))["$defs"]["GestureCall"]
    assert "schema" in call["properties"]
    assert call["additionalProperties"] is False
    assert set(json.loads(schema_text(DOCUMENTS["plan.schema.json"]))["$defs"]["ImageSchema"]["enum"]) == set(ImageSchema)
