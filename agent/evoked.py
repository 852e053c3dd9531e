"""Wishes for what the words evoke: at every word to which a gesture may belong, the schema or function that fits best there."""
import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from torch import Tensor

from chironomia.agent.affiliate_net import LABELS
from chironomia.agent.affiliates import Affiliates
from chironomia.agent.cues import english
from chironomia.agent.schema_net import SCHEMAS
from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import Wish
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

_LEAST = 0.25  # probability of a gesture below which a word is passed over
_SPAN, _LONGEST = 0.5, 6  # neighbours at least so likely, as a share, belong to the same span; words in it
_CLITIC = frozenset("a an the of and or to is are was were be".split())  # lean on their neighbours and never carry a stroke
_PICTURED = 0.5  # probability from which on an acted-out picture is iconic
_POINTED = frozenset("UP DOWN LEFT RIGHT FRONT BACK NEAR FAR".split())  # schemas that pointing can show
_OWN = 0.8  # a cue's own word keeps the stroke if it is so likely, as a share of the likeliest
_AGREED = 0.05  # added where a written cue asks for what the words evoke: it knows the hands and the picture
_SCALE = 0.78  # exponent: at the least confidence that is shown, 0.45, the probability is 0.36, where most of the dev cases' calls fit
_INDEX = {label: i for i, label in enumerate(LABELS)}


def wishes_by_affiliates(utterance: Utterance, affiliates: Affiliates) -> list[Wish]:
    """A wish for every word to which a gesture may belong, as sure as it is probable that it belongs there and shows something fitting."""
    gesture = affiliates.gesture.tolist()
    return [_wish(i, utterance, gesture, affiliates.labels[i]) for i, p in enumerate(gesture)
            if p >= _LEAST and utterance.words[i].spoken not in _CLITIC]  # fmt: skip


def likely(wish: Wish, utterance: Utterance, affiliates: Affiliates, alone: float) -> Wish:
    """A cue's wish with its stroke on the likeliest of its words, as sure as a gesture belongs there and this one fits.

    ``alone`` (0-1) is how much the cue's own confidence counts: what is said alone is the point, whatever would be in a longer talk.
    """
    p = affiliates.gesture[: wish.after].tolist()
    stressed = [i for i in range(wish.first, wish.after) if utterance.words[i].spoken not in _CLITIC]
    best = max(stressed, key=lambda i: p[i], default=wish.anchor)
    anchor = wish.anchor if p[wish.anchor] >= _OWN * p[best] else best
    fits = _fits(affiliates.labels[anchor], wish.schema, wish.function)
    belongs = sure(float(affiliates.gesture[anchor]) * fits) + (_AGREED if fits >= _PICTURED else 0.0)
    return replace(wish, anchor=anchor, confidence=min(max(belongs, alone * wish.confidence), 1.0))


def sure(probability: float) -> float:
    """The confidence for a probability that a gesture belongs somewhere and fits: the same order, on the scale that the choice goes by."""
    return math.pow(probability, _SCALE)


@cache
def picture_of(schema: ImageSchema) -> str:
    """What the hands show for a schema, as the cues say it."""
    shows = [g.show for g in english().groups if g.schema == schema and g.function == GestureFunction.METAPHORIC]
    return shows[0] if shows else f"the schema {schema}"


def _wish(i: int, utterance: Utterance, gesture: list[float], labels: Tensor) -> Wish:
    first, after = _span(i, utterance, gesture)
    said = " ".join(word.spoken for word in utterance.words[first:after])
    schema, function, fits = max(_options(labels), key=lambda option: option[2])
    pictured = picture_of(schema) if schema and function == GestureFunction.METAPHORIC else f"the open hand asks: {said}"
    what = (schema or function).lower()
    return Wish(
        first, after, i, function, schema, pictured if function in (GestureFunction.METAPHORIC, GestureFunction.REGULATOR) else said,
        Hands.EITHER, 0.5, sure(gesture[i] * fits), f"'{said}' evokes {what} ({fits:.2f}), and a gesture belongs there ({gesture[i]:.2f})",
    )  # fmt: skip


def _options(labels: Tensor) -> Iterator[tuple[ImageSchema | None, GestureFunction, float]]:
    """What a word may show: its likeliest schema, as a metaphor or acted out, or a function of its own; and how probably that fits."""
    p = labels.tolist()
    schema = max(SCHEMAS, key=lambda s: p[_INDEX[s]])
    pointed = max(_POINTED, key=lambda s: (p[_INDEX[s]], s))
    iconic = p[_INDEX[GestureFunction.ICONIC]] >= _PICTURED
    function = GestureFunction.ICONIC if iconic else GestureFunction.METAPHORIC
    yield schema, function, _fits(labels, schema, function)
    along = {GestureFunction.DEICTIC: ImageSchema(pointed), GestureFunction.EMBLEM: schema}  # a sign may show the schema as well
    for function in (GestureFunction.DEICTIC, GestureFunction.EMBLEM, GestureFunction.REGULATOR):
        shown = along.get(function) if p[_INDEX[function]] >= _PICTURED else None
        shown = shown if shown and p[_INDEX[shown]] >= _PICTURED else None
        yield shown, function, _fits(labels, shown, function)


def _fits(labels: Tensor, schema: ImageSchema | None, function: GestureFunction) -> float:
    """The probability that the schema or the function is acceptable, as if they were independent."""
    names = [name for name in (schema, function) if name in _INDEX]
    miss = 1.0
    for name in names:
        miss *= 1.0 - float(labels[_INDEX[name]])
    return 1.0 - miss


def _span(i: int, utterance: Utterance, gesture: list[float]) -> tuple[int, int]:
    start, end = utterance.sentences[utterance.words[i].sentence]
    first, after = i, i + 1
    while first > start and after - first < _LONGEST and gesture[first - 1] >= _SPAN * gesture[i]:
        first -= 1
    while after < end and after - first < _LONGEST and gesture[after] >= _SPAN * gesture[i]:
        after += 1
    return first, after
