"""What goes along with a chosen gesture: the other hand for the other side of a contrast, a shake of the head with an emphatic no."""
import itertools
from collections.abc import Sequence
from dataclasses import replace

from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import Wish
from chironomia.agent.word_class import WordClass, word_class
from chironomia.motion_library.vocabulary import GestureFunction, Hands

_LIST_WORDS = 40  # between two items at most
_PAIR_S = 10.0  # seconds between the two sides of one contrast at most
_EMPHATIC = 0.7  # confidence from which on a denial may be seen twice
_SHAKE_S = 30.0  # between two such shakes: more would be a habit (Kendon 2002: shakes mark the denial that matters)
_DENIED = frozenset({"REMOVAL", "EMPTY", "BLOCKAGE"})


def in_lists(wishes: Sequence[Wish]) -> frozenset[Wish]:
    """The wishes that go together: on the one hand and on the other, first and second and third. All of them are shown or it looks odd."""
    together: set[Wish] = set()
    for fits in (_on_a_side, _counted):
        row = sorted((w for w in wishes if fits(w)), key=lambda w: w.anchor)
        for one, next_one in itertools.pairwise(row):
            if one.anchor < next_one.anchor <= one.anchor + _LIST_WORDS and (one.hands, one.schema) != (next_one.hands, "CONTRAST"):
                together |= {one, next_one}
    return frozenset(together)


def sided(wishes: Sequence[Wish], utterance: Utterance) -> list[Wish]:
    """The wishes, in order; of two sides of a contrast that leave the hand open the first is left and the next one right."""
    out: list[Wish] = []
    for wish in wishes:
        before = out[-1] if out else None
        if before and _open(before) and _open(wish) and _apart_s(before, wish, utterance) <= _PAIR_S:
            out[-1], wish = replace(before, hands=Hands.LEFT), replace(wish, hands=Hands.RIGHT)
        out.append(wish)
    return out


def shakes(wishes: Sequence[Wish], utterance: Utterance, most: int) -> list[Wish]:
    """Head shakes, at most ``most``, to go with the hands where something is denied emphatically: rare, on the same word."""
    out: list[Wish] = []
    for wish in wishes:
        rare = not out or _apart_s(out[-1], wish, utterance) >= _SHAKE_S
        if rare and len(out) < most and _denies(wish, utterance):
            why = f"a shake of the head goes with it: {wish.why}"
            head = replace(wish, function=GestureFunction.EMBLEM, schema=None, hands=Hands.NONE)
            out.append(replace(head, show="shaking the head, no", why=why))
    return out


def _denies(wish: Wish, utterance: Utterance) -> bool:
    shown = wish.schema in _DENIED or wish.function == GestureFunction.EMBLEM
    said = any(word_class(utterance.words[i].spoken) == WordClass.NEGATION for i in range(wish.first, wish.after))
    return shown and said and wish.hands != Hands.NONE and wish.confidence >= _EMPHATIC


def _on_a_side(wish: Wish) -> bool:
    return wish.schema == "CONTRAST" and wish.hands in (Hands.LEFT, Hands.RIGHT)


def _counted(wish: Wish) -> bool:
    return wish.schema == "COUNT"


def _open(wish: Wish) -> bool:
    return wish.schema == "CONTRAST" and wish.hands == Hands.EITHER


def _apart_s(first: Wish, second: Wish, utterance: Utterance) -> float:
    return utterance.words[second.anchor].stress_s - utterance.words[first.anchor].stress_s
