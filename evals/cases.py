"""Appropriateness cases: texts in which somebody marked where a gesture belongs, what it may show, and where it would be wrong.

A file is a YAML list of ``{id, register, text}``, the text marked as :mod:`chironomia.agent.marked_talk` says.
"""
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chironomia.agent.marked_talk import Belongs, MarkedSpan, read_marked_talk
from chironomia.agent.transcript import Utterance, transcribe
from chironomia.motion_library.call import GestureCall

FOLDER = Path(__file__).resolve().parents[1] / "evals" / "appropriateness_cases"  # in the repository; not part of the wheel


@dataclass(frozen=True)
class Case:
    """What somebody says, and the marked spans in order."""

    id: str
    register: str
    utterance: Utterance
    spans: tuple[MarkedSpan, ...]

    def those(self, *belongs: Belongs) -> Iterator[MarkedSpan]:
        """The spans that are marked so."""
        return (span for span in self.spans if span.belongs in belongs)


class _CaseText(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1)]
    register_: Annotated[str, Field(alias="register")]
    text: Annotated[str, Field(min_length=1)]


def holds(span: MarkedSpan, call: GestureCall) -> bool:
    """Whether the call's stroke lies on one of the words; one word beside them is outside."""
    return span.words[0] <= call.anchor < span.words[1]


def accepts(span: MarkedSpan, call: GestureCall) -> bool:
    """Whether the call's stroke lies there and its schema or its function is one of the labels."""
    return holds(span, call) and bool({call.schema_, call.function} & set(span.labels))


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file. Raises ValueError that says which case cannot be read and why."""
    try:
        rows = TypeAdapter(list[_CaseText]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        what = str(error).splitlines()
        raise ValueError(f"{path}: expected a list of cases with id, register and text: {' '.join(what[:3])}") from error
    if not rows:
        raise ValueError(f"{path}: expected at least one case, found none")
    return tuple(parse_case(row.id, row.register_, row.text) for row in rows)


def parse_case(id: str, register: str, text: str) -> Case:
    """A case from its marked text. Raises ValueError for marks that cannot be read."""
    try:
        talk = read_marked_talk(text)
    except ValueError as error:
        raise ValueError(f"case {id}: {error}") from error
    return Case(id, register, transcribe(talk.text), talk.spans)
