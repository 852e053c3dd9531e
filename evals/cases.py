"""Appropriateness cases: texts in which somebody marked where a gesture belongs, what it may show, and where it would be wrong.

A file is a YAML list of ``{id, register, text}``. In a text, ``[words|LABELS]`` calls for a gesture, ``[?words|LABELS]`` allows one, in
``{words}`` it would be wrong. Labels are image schemas or functions, the best first.
"""
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chironomia.agent.spoken import spoken_words
from chironomia.agent.transcript import Utterance, transcribe
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.vocabulary import GestureFunction, ImageSchema

FOLDER = Path(__file__).resolve().parents[1] / "evals" / "appropriateness_cases"  # in the repository; not part of the wheel
_MARK = re.compile(r"\[(\??)([^][|{}]+)\|([A-Z ]+)\]|\{([^][|{}]+)\}")
_LABELS = {*ImageSchema, *GestureFunction}


class Belongs(StrEnum):
    """What somebody thinks of a gesture on some words."""

    CALLED_FOR = "called for"
    MAY = "may"
    WRONG = "wrong"


@dataclass(frozen=True)
class MarkedSpan:
    """Words [first, after) and what a gesture there may show: schemas or functions, the best first; none where it is wrong."""

    words: tuple[int, int]
    belongs: Belongs
    labels: tuple[str, ...]

    def accepts(self, call: GestureCall) -> bool:
        """Whether the call's stroke lies here and its schema or its function is one of the labels."""
        return self.holds(call) and bool({call.schema_, call.function} & set(self.labels))

    def holds(self, call: GestureCall) -> bool:
        """Whether the call's stroke lies on one of the words."""
        return self.words[0] <= call.anchor < self.words[1]


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


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file. Raises ValueError that names the case which cannot be read."""
    try:
        rows = TypeAdapter(list[_CaseText]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        what = str(error).splitlines()
        raise ValueError(f"{path}: expected a list of cases with id, register and text: {' '.join(what[:3])}") from error
    if not rows:
        raise ValueError(f"{path}: expected at least one case, found none")
    return tuple(parse_case(row.id, row.register_, row.text) for row in rows)


def parse_case(id: str, register: str, text: str) -> Case:
    """A case from its marked text. Raises ValueError for a label that is none, or brackets that do not fit together."""
    text = " ".join(text.split())
    plain, spans, end = "", list[tuple[int, int, Belongs, tuple[str, ...]]](), 0
    for mark in _MARK.finditer(text):
        plain += text[end : mark.start()]
        words, labels = mark[2] or mark[4], tuple((mark[3] or "").split())
        belongs = Belongs.WRONG if mark[4] else Belongs.MAY if mark[1] else Belongs.CALLED_FOR
        spans.append((len(plain), len(plain) + len(words), belongs, labels))
        plain, end = plain + words, mark.end()
    plain += text[end:]
    _check(id, plain, [label for *_, labels in spans for label in labels])
    at = [word.span for word in spoken_words(plain)]
    return Case(id, register, transcribe(plain), tuple(
        MarkedSpan(words, belongs, labels) for first, after, belongs, labels in spans if (words := _words(first, after, at))
    ))  # fmt: skip


def _words(first: int, after: int, at: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The half-open span of the words that touch these characters; None if no word does."""
    touched = [i for i, (a, b) in enumerate(at) if a < after and first < b]
    return (touched[0], touched[-1] + 1) if touched else None


def _check(id: str, plain: str, labels: list[str]) -> None:
    unknown = sorted(set(labels) - _LABELS)
    if unknown:
        raise ValueError(f"case {id}: expected image schemas or functions as labels, got {', '.join(unknown)}")
    if left := set("[]{}|") & set(plain):
        raise ValueError(f"case {id}: expected [words|LABELS], [?words|LABELS] or {{words}}, found a lone {sorted(left)[0]!r}")
