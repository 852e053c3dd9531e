"""Asking the library in plain English: the cues of the language say what a text means, the search finds who shows it."""
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Self, TypeVar

from chironomia.agent.choose import THRESHOLD
from chironomia.agent.cues import english
from chironomia.agent.tokens import tokens_of_text
from chironomia.motion_library.fit import Hint
from chironomia.motion_library.library import Library
from chironomia.motion_library.retrieve import Candidate, Query, search_many
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

Named = TypeVar("Named", GestureFunction, ImageSchema, Hands)


_AT_ONCE = 64  # queries embedded together


@dataclass(frozen=True)
class Filters:
    """What must hold of whatever is found; ``None``: anything."""

    function: GestureFunction | None = None
    schema: ImageSchema | None = None
    hands: Hands | None = None
    license: str | None = None
    source: str | None = None

    @classmethod
    def named(cls, function: str | None, schema: str | None, hands: str | None, license: str | None, source: str | None) -> Self:
        """Filters by the names of their values, in any case of letters. ValueError that lists the names there are."""
        return cls(_named(GestureFunction, function), _named(ImageSchema, schema), _named(Hands, hands), license, source)


def _named(kind: type[Named], name: str | None) -> Named | None:
    if name is None:
        return None
    found = next((value for value in kind if value.lower() == name.strip().lower()), None)
    if found is None:
        near = get_close_matches(name.upper(), [v.upper() for v in kind], n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"expected one of {', '.join(kind)} as {kind.__name__}, got {name!r}{hint}")
    return found


def ask(library: Library, texts: Sequence[str], k: int = 10, filters: Filters = Filters()) -> list[list[Candidate]]:
    """The ``k`` best clips for each text, best first. Raises ValueError for an empty text or k < 1."""
    return search_many(library, [replace(query_of(text), **vars(filters)) for text in texts], k)


def ask_each(
    library: Library, texts: Sequence[str], k: int, filters: Filters, report: Callable[[str, int, int], None]
) -> Iterator[tuple[str, list[Candidate]]]:
    """Every text with what :func:`ask` finds, as soon as it is found; nothing for a text that is empty."""
    for at in range(0, len(texts), _AT_ONCE):
        some = texts[at : at + _AT_ONCE]
        if len(texts) > _AT_ONCE:
            report("searching", at, len(texts))
        found = iter(ask(library, [text for text in some if text.strip()], k, filters))
        for text in some:
            yield text, next(found) if text.strip() else []


def query_of(text: str) -> Query:
    """A text to search for, with what its wording is known to mean; an emblem or an action is described as well."""
    cues = [cue for cue in english().read(tokens_of_text(text)).cues if cue.confidence >= THRESHOLD]
    hints = tuple(Hint(cue.group.function, cue.group.schema, cue.confidence) for cue in cues)
    surest = max(cues, key=lambda cue: cue.confidence, default=None)
    shown = surest.group.show.format(said=text) if surest and surest.group.schema is None else ""
    return Query(text, context=shown, hints=hints)
