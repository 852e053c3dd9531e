"""The sentences that the schema reader learns from: written for this project, with the words that evoke a schema marked.

One sentence a line in ``marked_sentences/THEME.txt``: ``Prices [fell|DOWN] again after [climbing|UP] all week.`` A line without brackets
has no schema. marked_sentences/README.md is the data card.
"""
import re
from dataclasses import dataclass
from pathlib import Path

from chironomia.motion_library.vocabulary import ImageSchema

FOLDER = Path(__file__).with_name("marked_sentences")  # in the repository; not part of the wheel
# Chosen before any result was seen: dev themes far from each other, and a test theme of the kind of language that is read elsewhere.
DEV_THEMES = frozenset({"grief-and-moods", "law-and-court"})  # scale, shift and threshold are chosen on them
TEST_THEMES = frozenset({"letters-and-diaries"})  # never trained on; the others are judged by cross-validation (evals/schema_reading.py)
_MARKED = re.compile(r"\[([^\[\]|]+)\|([A-Z,]+)\]")


@dataclass(frozen=True)
class MarkedSpan:
    """The characters [first, after) of a sentence and the one or two schemas that they evoke."""

    first: int
    after: int
    schemas: tuple[ImageSchema, ...]


@dataclass(frozen=True)
class MarkedSentence:
    """A sentence without its markup, the marked spans in order, and the theme it belongs to."""

    text: str
    spans: tuple[MarkedSpan, ...]
    theme: str = ""

    @property
    def schemas(self) -> frozenset[ImageSchema]:
        return frozenset(schema for span in self.spans for schema in span.schemas)


def read_marked(line: str, theme: str = "") -> MarkedSentence:
    """The sentence of one line. ValueError for a bracket that is not ``[words|SCHEMA]`` and for a schema that does not exist."""
    text, spans, position = "", [], 0
    for found in _MARKED.finditer(line):
        text += line[position : found.start()]
        spans.append(MarkedSpan(len(text), len(text) + len(found[1]), tuple(_schema(name, line) for name in found[2].split(","))))
        text += found[1]
        position = found.end()
    text += line[position:]
    if not text.strip() or re.search(r"[\[\]|]", text):
        raise ValueError(f"expected words, some of them marked as [words|SCHEMA] or [words|SCHEMA,SCHEMA], got {line!r}")
    return MarkedSentence(text, tuple(spans), theme)


def read_corpus(folder: Path = FOLDER) -> tuple[MarkedSentence, ...]:
    """All sentences of a folder, its themes in the order of their names. ValueError if it holds none, or for a line that is wrong."""
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise ValueError(f"expected the schema corpus (THEME.txt) in {folder}, found none; it is in the repository, not in the wheel")
    return tuple(read_marked(line, path.stem) for path in files for line in path.read_text(encoding="utf-8").splitlines())


def _schema(name: str, line: str) -> ImageSchema:
    try:
        return ImageSchema(name)
    except ValueError as error:
        raise ValueError(f"expected one of the image schemas ({', '.join(ImageSchema)}), got {name!r} in {line!r}") from error
