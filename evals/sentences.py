"""The labelled sentences that retrieval is measured on, written by someone who saw the gestures' names and pictures, not their texts."""
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

DEFAULT = Path(__file__).resolve().parents[1] / "tests" / "retrieval_sentences.jsonl"


class Sentence(BaseModel):
    """Something a speaker says, and the ids of the gestures that would suit it, best first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1)
    gestures: tuple[str, ...] = Field(min_length=1)
    theme: str


@dataclass(frozen=True)
class Halves:
    """Sentences to tune weights on, and sentences of other themes to measure them on."""

    tuned: tuple[Sentence, ...]
    held_out: tuple[Sentence, ...]


def read_sentences(path: Path = DEFAULT) -> tuple[Sentence, ...]:
    """The sentences of a JSON-lines file. Raises ValueError that names the line which cannot be read."""
    sentences = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            sentences += [Sentence.model_validate_json(line)] if line.strip() else []
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(part) for part in fault["loc"]) or "the line"
            expected = "expected text, gestures (a list of ids) and theme"
            raise ValueError(f"{path}, line {number}: {where}: {fault['msg']}; {expected}") from error
    if not sentences:
        raise ValueError(f"expected sentences in {path}, found none")
    return tuple(sentences)


def halves(sentences: Sequence[Sentence]) -> Halves:
    """Every second theme, in alphabetical order, is held out: a theme's sentences share words, so none may be on both sides."""
    kept = sorted({s.theme for s in sentences})[::2]
    return Halves(tuple(s for s in sentences if s.theme in kept), tuple(s for s in sentences if s.theme not in kept))
