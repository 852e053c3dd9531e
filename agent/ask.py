"""Asking the library in plain English: the cues of the language say what a text means, the search finds who shows it."""
from collections.abc import Sequence

from chironomia.agent.cues import english
from chironomia.agent.planner import THRESHOLD
from chironomia.agent.tokens import tokens_of_text
from chironomia.motion_library.library import Library
from chironomia.motion_library.retrieve import Candidate, Hint, Query, search_many


def ask(library: Library, texts: Sequence[str], k: int = 10) -> list[list[Candidate]]:
    """The ``k`` best clips for each text, best first. Raises ValueError for an empty text or k < 1."""
    return search_many(library, [query_of(text) for text in texts], k)


def query_of(text: str) -> Query:
    """A text to search for, with what its wording is known to mean; an emblem or an action is described as well."""
    cues = [cue for cue in english().read(tokens_of_text(text)).cues if cue.confidence >= THRESHOLD]
    hints = tuple(Hint(cue.group.function, cue.group.schema, cue.confidence) for cue in cues)
    surest = max(cues, key=lambda cue: cue.confidence, default=None)
    shown = surest.group.show.format(said=text) if surest and surest.group.schema is None else ""
    return Query(text, context=shown, hints=hints)
