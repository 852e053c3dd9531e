"""The embedded planner: an English utterance to a plan without a language model, in milliseconds.

Cues that someone wrote down, and the image schemas that the reader finds, propose gestures with a confidence; dynamic programming over
them picks those worth seeing at the speaker's rate. Where nothing is worth it, nothing is planned.
"""
from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import StrEnum

from chironomia.agent.brief import Brief
from chironomia.agent.choose import choose, most_calls
from chironomia.agent.cues import english
from chironomia.agent.directed import directed_calls
from chironomia.agent.evoked import wishes_by_reading
from chironomia.agent.mentions import pointed
from chironomia.agent.phrases import phrases_of, wishes_by_likeness
from chironomia.agent.plan import Plan
from chironomia.agent.tokens import tokens_of
from chironomia.agent.transcript import Utterance
from chironomia.agent.under_direction import weighed
from chironomia.agent.wish import Wish, weighed_by_news, wish_of_cue
from chironomia.motion_library.library import Library

NAME = "embedded 2"
_CLEAR = 0.6  # a cue this sure needs no second opinion from the likeness of phrases
_LIKE = 0.1  # confidence from likeness alone that counts as agreement
_AGREEMENT = 0.12  # added to a cue whose phrase is also like a gesture of the same schema


class Source(StrEnum):
    """What proposes gestures; an ablation leaves one out."""

    CUES = "cues"
    READER = "reader"
    LIKENESS = "likeness"


EVERY_SOURCE = frozenset(Source)


def plan(
    utterance: Utterance, library: Library, brief: Brief = Brief(), *, sources: Collection[Source] = EVERY_SOURCE  # noqa: B008  # frozen
) -> Plan:
    """The gestures that an utterance asks for, in order; none is a plan, too.

    The brief's rate caps the planned gestures a minute (what the author directed comes on top); without it a lively rate is kept,
    more leniently in a short text. Equal input gives an equal plan. Raises ValueError for a directive with an unknown gesture, with
    the nearest names.
    """
    directed = directed_calls(utterance, library)
    taken = [d.words for d in utterance.directives]
    wishes = weighed(propose(utterance, library, brief, sources), brief.direction)
    free = [w for w in wishes if not any(w.first < after and first < w.after for first, after in taken)]
    fixed_s = [utterance.words[call.anchor].stress_s for call in directed]
    most = most_calls(utterance.duration_s, brief.direction.rate_per_min)
    chosen = [w.call() for w in choose(free, utterance, most, fixed_s=fixed_s, seed=brief.seed)]
    return Plan(
        planner=NAME, text=utterance.text, words=tuple(w.text for w in utterance.words),
        calls=tuple(sorted([*directed, *chosen], key=lambda call: (call.anchor, call.words))),
    )  # fmt: skip


def propose(utterance: Utterance, library: Library, brief: Brief, sources: Collection[Source] = EVERY_SOURCE) -> list[Wish]:
    """Every gesture that might be made, with its confidence, before any choice between them."""
    tokens = tokens_of(utterance)
    reading = english().read(tokens)
    cued = [wish_of_cue(cue, tokens) for cue in reading.cues] if Source.CUES in sources else []
    read = wishes_by_reading(utterance, reading.idiomatic) if Source.READER in sources else []
    clear = [w for w in cued if w.confidence >= _CLEAR]
    open_phrases = [p for p in phrases_of(utterance, reading.idiomatic) if not any(w.first < p.after and p.first < w.after for w in clear)]
    alike = wishes_by_likeness(utterance, open_phrases, library) if Source.LIKENESS in sources else []
    lone = [w for w in read if not any(c.schema == w.schema and c.overlaps(w) for c in cued)]  # a cue also says how large, and if denied
    wishes = pointed([_seconded(w, [*read, *alike]) for w in cued] + lone + alike, utterance, tokens, brief, reading.idiomatic)
    return weighed_by_news(wishes, utterance, [turn.text for turn in brief.dialogue.previous])


def _seconded(wish: Wish, alike: Sequence[Wish]) -> Wish:
    """A cue is surer where the phrase around it is like a gesture of the same schema or, without schema, function."""
    for other in alike:
        same = wish.schema == other.schema if wish.schema else wish.function == other.function
        if other.overlaps(wish) and same and other.confidence >= _LIKE:
            return replace(wish, confidence=min(wish.confidence + _AGREEMENT, 1.0), why=f"{wish.why}; {other.why}")
    return wish
