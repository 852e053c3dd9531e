"""The embedded planner: an English utterance to a plan without a language model, in milliseconds.

Cues that someone wrote down, and what two small nets read in the words, propose gestures with a confidence; dynamic programming over
them picks those worth seeing at the speaker's rate. Where nothing is worth it, nothing is planned.
"""
from collections.abc import Collection
from enum import StrEnum

from chironomia.agent.affiliates import affiliates_of
from chironomia.agent.brief import Brief
from chironomia.agent.choose import choose, least_confidence, most_calls
from chironomia.agent.companions import in_lists, shakes, sided
from chironomia.agent.cues import english
from chironomia.agent.directed import directed_calls
from chironomia.agent.evoked import likely, wishes_by_affiliates
from chironomia.agent.mentions import pointed
from chironomia.agent.plan import Plan
from chironomia.agent.tokens import tokens_of
from chironomia.agent.transcript import Utterance
from chironomia.agent.under_direction import weighed
from chironomia.agent.wish import Wish, weighed_by_news, wish_of_cue
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import GestureFunction

NAME = "embedded 2"


class Source(StrEnum):
    """What proposes gestures; an ablation leaves one out."""

    CUES = "cues"
    READER = "reader"


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
    wishes = weighed(propose(utterance, brief, sources), brief.direction)
    free = [w for w in wishes if not any(w.first < after and first < w.after for first, after in taken)]
    fixed_s = [utterance.words[call.anchor].stress_s for call in directed]
    most = most_calls(utterance.duration_s, brief.direction.rate_per_min)
    least = least_confidence(brief.direction.rate_per_min)
    chosen = sided(choose(free, utterance, most, fixed_s=fixed_s, threshold=least, seed=brief.seed), utterance)
    chosen += shakes(chosen, utterance, most - len(chosen))
    return Plan(
        planner=NAME, text=utterance.text, words=tuple(w.text for w in utterance.words),
        calls=tuple(sorted([*directed, *(w.call() for w in chosen)], key=lambda call: (call.anchor, call.words))),
    )  # fmt: skip


def propose(utterance: Utterance, brief: Brief, sources: Collection[Source] = EVERY_SOURCE) -> list[Wish]:
    """Every gesture that might be made, with its confidence, before any choice between them."""
    tokens = tokens_of(utterance)
    previous = [turn.text for turn in brief.dialogue.previous]
    reading = english().read(tokens)
    wishes = [wish_of_cue(cue, tokens) for cue in reading.cues] if Source.CUES in sources else []
    if Source.READER in sources:
        affiliates = affiliates_of(utterance, tokens, reading if Source.CUES in sources else None, previous)
        listed = in_lists(wishes)
        wishes = [likely(w, utterance, affiliates, 1.0 if w in listed else _alone(w, utterance, brief)) for w in wishes]
        wishes += wishes_by_affiliates(utterance, affiliates)
    return weighed_by_news(pointed(wishes, utterance, tokens, brief, reading.idiomatic), utterance, previous)


def _alone(wish: Wish, utterance: Utterance, brief: Brief) -> float:
    """How much a cue's own confidence counts (0-1): wholly in one sentence, hardly in four, and for a sign as far as it is its sentence."""
    first, after = utterance.sentences[utterance.words[wish.anchor].sentence]
    in_talk = 1.0 / len(utterance.sentences) ** 2
    if wish.function == GestureFunction.EMBLEM:
        return max(in_talk, (wish.after - wish.first) / (after - first))
    known = wish.function == GestureFunction.DEICTIC and brief.dialogue.addressee_at is not None
    return 1.0 if known else in_talk  # who is known to be there is pointed at as the cues say
