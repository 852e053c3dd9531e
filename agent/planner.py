"""The embedded planner: an English utterance to a plan without a language model, in milliseconds.

Cues that someone wrote down, and likeness of phrases to the meanings in the library, propose gestures with a confidence;
dynamic programming over them picks those worth seeing at the speaker's rate. Where nothing is worth it, nothing is planned.
"""
import math
import random
from collections.abc import Sequence
from dataclasses import replace

from chironomia.agent.brief import Brief
from chironomia.agent.cues import english
from chironomia.agent.phrases import phrases_of, wishes_by_likeness
from chironomia.agent.plan import Plan
from chironomia.agent.tokens import tokens_of
from chironomia.agent.transcript import Directive, Utterance
from chironomia.agent.wish import Wish, weighed_by_news, wish_of_cue
from chironomia.agent.word_class import is_content_word
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import GestureFunction

NAME = "embedded 1"
LIVELY_PER_MIN = 14.0  # between the 12 and 16 representational gestures a minute of lively narration
THRESHOLD = 0.45  # below this confidence the hands stay still: then no gesture is the better guess
_CLEAR = 0.6  # a cue this sure needs no second opinion from the likeness of phrases
_LIKE = 0.1  # confidence from likeness alone that counts as agreement
_AGREEMENT = 0.12  # added to a cue whose phrase is also like a gesture of the same schema
_GAP_S = 0.9  # between two strokes: preparation and stroke take that long
_PAIR_GAP_S = 0.6  # between the two sides of a contrast or the items of a list, which are one movement
_SAME_S, _SAME = 8.0, 0.12  # the same thing shown again so soon is worth less
_LEEWAY_S = 2.0  # lets a sentence of three seconds have two gestures
_JITTER = 0.015  # of worth, by seed: lets near ties fall differently in another performance


def plan(utterance: Utterance, library: Library, brief: Brief = Brief()) -> Plan:  # noqa: B008  # frozen
    """The gestures that an utterance asks for, in order; none is a plan, too.

    The brief's rate caps the planned gestures a minute (what the author directed comes on top); without it a lively rate is kept,
    more leniently in a short text. Equal input gives an equal plan. Raises ValueError for a directive with an unknown gesture, with
    the nearest names.
    """
    directed = [_directed(d, utterance, library) for d in utterance.directives if not d.none and utterance.words]
    taken = [d.words for d in utterance.directives]
    free = [w for w in propose(utterance, library) if not any(w.first < after and first < w.after for first, after in taken)]
    fixed = [utterance.words[call.anchor].stress_s for call in directed]
    chosen = [_call(w) for w in _choose(free, fixed, utterance, _most(utterance.duration_s, brief.direction.rate_per_min), brief.seed)]
    return Plan(
        planner=NAME, text=utterance.text, words=tuple(w.text for w in utterance.words),
        calls=tuple(sorted([*directed, *chosen], key=lambda call: (call.anchor, call.words))),
    )  # fmt: skip


def propose(utterance: Utterance, library: Library) -> list[Wish]:
    """Every gesture that might be made, with its confidence, before any choice between them."""
    tokens = tokens_of(utterance)
    reading = english().read(tokens)
    cued = [wish_of_cue(cue, tokens) for cue in reading.cues]
    clear = [w for w in cued if w.confidence >= _CLEAR]
    open_phrases = [p for p in phrases_of(utterance, reading.idiomatic) if not any(w.first < p.after and p.first < w.after for w in clear)]
    alike = wishes_by_likeness(utterance, open_phrases, library)
    return weighed_by_news([_seconded(w, alike) for w in cued] + alike, utterance)


def _seconded(wish: Wish, alike: Sequence[Wish]) -> Wish:
    """A cue is surer where the phrase around it is like a gesture of the same schema or, without schema, function."""
    for other in alike:
        same = wish.schema == other.schema if wish.schema else wish.function == other.function
        if other.overlaps(wish) and same and other.confidence >= _LIKE:
            return replace(wish, confidence=min(wish.confidence + _AGREEMENT, 1.0), why=f"{wish.why}; {other.why}")
    return wish


def _most(duration_s: float, rate_per_min: float | None) -> int:
    if rate_per_min is None:
        return math.ceil(LIVELY_PER_MIN * (duration_s + _LEEWAY_S) / 60.0)
    return max(1, round(rate_per_min * duration_s / 60.0))


def _choose(wishes: Sequence[Wish], fixed: Sequence[float], utterance: Utterance, most: int, seed: int) -> list[Wish]:
    """The worthiest wishes, at most ``most``: what a gesture costs is raised until they are few enough."""
    chance = random.Random(seed)
    noise = [chance.gauss(0.0, _JITTER) for _ in wishes]
    times = [utterance.words[w.anchor].stress_s for w in wishes]
    rows = sorted(
        ((t, w, n) for t, w, n in zip(times, wishes, noise, strict=True) if all(abs(t - f) >= _GAP_S for f in fixed)),
        key=lambda row: (row[0], row[1].first, row[1].show),
    )
    low, high = THRESHOLD, 1.0
    chosen = _best_chain(rows, low)
    while len(chosen) > most and high - low > 1e-2:
        cost = (low + high) / 2
        trial = _best_chain(rows, cost)
        low, high, chosen = (cost, high, trial) if len(trial) >= most else (low, cost, chosen)
    return sorted(sorted(chosen, key=lambda w: -w.confidence)[:most], key=lambda w: w.anchor)


def _best_chain(rows: Sequence[tuple[float, Wish, float]], cost: float) -> list[Wish]:
    """The chain of compatible wishes with the greatest sum of confidence less cost (dynamic programming over the last one)."""
    rows = [row for row in rows if row[1].confidence >= cost]
    best: list[tuple[float, int]] = []  # worth of the best chain that ends with row i, and the row before it
    for i, (time, wish, noise) in enumerate(rows):
        links = [(best[j][0] - _repeated(rows[j], time, wish), j) for j in range(i) if _compatible(rows[j], time, wish)]
        worth, before = max([(0.0, -1), *links])
        best.append((worth + wish.confidence - cost + noise, before))
    at = max(range(len(rows)), key=lambda i: best[i][0], default=-1)
    chain: list[Wish] = []
    while at >= 0:
        chain.append(rows[at][1])
        at = best[at][1]
    return chain[::-1]


def _compatible(earlier: tuple[float, Wish, float], time: float, wish: Wish) -> bool:
    apart = time - earlier[0]
    pair = earlier[1].schema == wish.schema and wish.schema in ("CONTRAST", "COUNT")
    return apart >= (_PAIR_GAP_S if pair else _GAP_S) and not earlier[1].overlaps(wish)


def _repeated(earlier: tuple[float, Wish, float], time: float, wish: Wish) -> float:
    listed = wish.schema in ("CONTRAST", "COUNT", "ITERATION", "CYCLE")
    return _SAME if earlier[1].show == wish.show and time - earlier[0] < _SAME_S and not listed else 0.0


def _call(wish: Wish) -> GestureCall:
    return GestureCall(
        words=(wish.first, wish.after), anchor=wish.anchor, function=wish.function, schema=wish.schema, show=wish.show, hands=wish.hands,
        intensity=wish.intensity, confidence=round(wish.confidence, 3), why=wish.why,
    )  # fmt: skip


def _directed(directive: Directive, utterance: Utterance, library: Library) -> GestureCall:
    """What an author marked up, as a call that is sure. A mark between words goes with the word after it, at the end the one before."""
    first = min(directive.words[0], len(utterance.words) - 1)
    after = min(max(directive.words[1], first + 1), len(utterance.words))
    content = [i for i in range(first, after) if is_content_word(utterance.words[i].spoken.lower())]
    gesture = library.gesture(directive.gesture) if directive.gesture else None
    schema = directive.schema or (gesture.schemas[0] if gesture and gesture.schemas else None)
    known = next((g.show for g in english().groups if g.schema == schema and g.function == GestureFunction.METAPHORIC), None)
    return GestureCall(
        words=(first, after), anchor=content[-1] if content else after - 1,
        function=gesture.function if gesture else GestureFunction.METAPHORIC, schema=schema,
        show=gesture.description if gesture else known or f"the schema {schema}", hands=directive.hands, intensity=directive.intensity,
        confidence=1.0, gesture=directive.gesture, why="directed by the author",
    )  # fmt: skip
