"""Marked talks: what people might say, with the words that a gesture belongs to, what it may show, and where it would be wrong.

``[words|LABELS]`` calls for a gesture, ``[?words|LABELS]`` allows one, in ``{words}`` it would be wrong. Labels are image schemas or
functions, the best first. ``marked_talks/README.md`` is the data card of the talks that the planner learns from, one a line.
"""
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chironomia.agent.spoken import spoken_words
from chironomia.motion_library.vocabulary import GestureFunction, ImageSchema

FOLDER = Path(__file__).with_name("marked_talks")  # in the repository; not part of the wheel
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


@dataclass(frozen=True)
class MarkedTalk:
    """A text without its marks, and the marked spans in order; words are counted as ``transcribe`` counts them."""

    text: str
    spans: tuple[MarkedSpan, ...]


def read_marked_talk(text: str) -> MarkedTalk:
    """A talk from its marked text. Raises ValueError for a label that is none, or brackets that do not fit together."""
    text = " ".join(text.split())
    plain, marks, end = "", list[tuple[int, int, Belongs, tuple[str, ...]]](), 0
    for mark in _MARK.finditer(text):
        plain += text[end : mark.start()]
        words, labels = mark[2] or mark[4], tuple((mark[3] or "").split())
        belongs = Belongs.WRONG if mark[4] else Belongs.MAY if mark[1] else Belongs.CALLED_FOR
        marks.append((len(plain), len(plain) + len(words), belongs, labels))
        plain, end = plain + words, mark.end()
    plain += text[end:]
    _check(plain, {label for *_, labels in marks for label in labels})
    at = [word.span for word in spoken_words(plain)]
    spans = ((_words(first, after, at), belongs, labels) for first, after, belongs, labels in marks)
    return MarkedTalk(plain, tuple(MarkedSpan(words, belongs, labels) for words, belongs, labels in spans if words))


def read_talks(folder: Path = FOLDER) -> tuple[MarkedTalk, ...]:
    """All talks of a folder, its files in the order of their names. ValueError if it holds none, or for a line that is wrong."""
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise ValueError(f"expected marked talks (*.txt) in {folder}, found none; they are in the repository, not in the wheel")
    lines = (line for path in files for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(read_marked_talk(line) for line in lines if line.strip() and not line.startswith("#"))


def _words(first: int, after: int, at: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The half-open span of the words that touch these characters; None if no word does."""
    touched = [i for i, (a, b) in enumerate(at) if a < after and first < b]
    return (touched[0], touched[-1] + 1) if touched else None


def _check(plain: str, labels: set[str]) -> None:
    if unknown := sorted(labels - _LABELS):
        raise ValueError(f"expected image schemas or functions as labels, got {', '.join(unknown)} in {plain[:60]!r}")
    if left := sorted(set("[]{}|") & set(plain)):
        raise ValueError(f"expected [words|LABELS], [?words|LABELS] or {{words}}, found a lone {left[0]!r} in {plain[:60]!r}")
