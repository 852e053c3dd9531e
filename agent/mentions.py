"""Mentions: where speech names a thing or a person that is there, and whether people would point at it then.

People point as they say the demonstrative, or the noun where that carries the accent (Levelt, Richardson & La Heij 1985), and once:
what was just pointed at is known (Kendon 2004, ch. 11).
"""
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from chironomia.agent.brief import Brief
from chironomia.agent.dialogue import Dialogue, Place
from chironomia.agent.reference import (
    DEMONSTRATIVES,
    MANY,
    NOT_THE_ONE,
    ONE,
    PLACE,
    POSSESSIVES,
    determiner_of,
    introduced,
    known_or_contrasted,
    part_of_compound,
    place_adverb,
    says,
)
from chironomia.agent.tokens import Token, tokens_of_text
from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import Wish
from chironomia.agent.word_class import is_content_word
from chironomia.motion_library.inflection import lemmas
from chironomia.motion_library.vocabulary import Formality, GestureFunction, Hands

_LOOKS = frozenset("look see watch notice".split())
_SURE = {"demonstrative": 0.88, "there": 0.88, "the": 0.72, "possessive": 0.64, "name": 0.66, "called": 0.54}
_PLACES = frozenset("LEFT RIGHT FRONT BACK NEAR FAR".split())
_WHERE = 3  # words after a noun in which its place is said: the screen OVER THERE, the one on the LEFT
_PART_OF_ANOTHER = 0.2  # less sure of "the screen of his phone"
_AGAIN_S, _AGAIN = 12.0, 0.45  # what was pointed at less than so long ago, is so much less worth pointing at
_NEIGHBOURS = 8  # mentions on either side that one can lie in


@dataclass(frozen=True)
class Mention:
    """Words [first, after) that name what is at ``at``; ``anchor`` is the word that would carry the stroke, ``how`` it is named."""

    first: int
    after: int
    anchor: int
    name: str
    at: Place
    how: str
    person: bool
    sure: float


def pointed(
    wishes: Sequence[Wish], utterance: Utterance, tokens: Sequence[Token], brief: Brief, idiomatic: Collection[int] = ()
) -> list[Wish]:
    """The wishes, those for the listener aimed at where they are, and one more for every mention of what is there.

    A wish without a target to point just where a mention is gives way to it; ``idiomatic`` are the words that only make up idioms.
    Nothing is known to be there: the wishes unchanged.
    """
    dialogue = brief.dialogue
    if not dialogue.things and dialogue.addressee_at is None:
        return list(wishes)
    found = [m for m in mentions(utterance, tokens, dialogue) if m.after - 1 not in idiomatic]
    new = [_wish(mention, brief.direction.formality is Formality.FORMAL) for mention in _once(found, utterance)]
    aimed = [replace(w, target=dialogue.addressee_at) if _at_listener(w) else w for w in wishes]
    clear = [m for m in found if m.sure >= _SURE["possessive"]]
    return [w for w in aimed if w.target or not any(_says_where(w, m, utterance) for m in clear)] + new


def _says_where(wish: Wish, mention: Mention, utterance: Utterance) -> bool:
    """Whether a wish only shows where the mentioned thing is: this one HERE, the screen BEHIND ME; pointing at it says so better."""
    on_it = wish.first < mention.after and mention.first < wish.after
    if wish.function == GestureFunction.DEICTIC and on_it:
        return True
    ended = any(utterance.words[i].text[-1:] in ",;:.!?" for i in range(mention.after - 1, min(wish.first, len(utterance.words))))
    after_it = mention.after <= wish.first + 1 <= mention.after + _WHERE and not ended
    return wish.schema in _PLACES and (on_it or after_it)


def mentions(utterance: Utterance, tokens: Sequence[Token], dialogue: Dialogue) -> list[Mention]:
    """Every mention of a named thing, in order; of the addressee where their name calls them."""
    names = [(name, thing.at) for key, thing in dialogue.things.items() for name in (key, *thing.names)]
    found = [m for name, at in names for m in _mentions_of(name, at, utterance, tokens)]
    if dialogue.addressee and dialogue.addressee_at:
        found += _calls(dialogue.addressee, dialogue.addressee_at, tokens)
    found += _sole(dialogue, tokens)
    found.sort(key=lambda m: (m.first, m.after))
    near = [found[max(i - _NEIGHBOURS, 0) : i + _NEIGHBOURS] for i in range(len(found))]
    return [m for m, others in zip(found, near, strict=True) if not any(_contains(other, m) for other in others)]


def _contains(one: Mention, other: Mention) -> bool:
    """Whether one mention says more than another that lies in it: Ana's desk, and Ana."""
    longer = (one.after - one.first, len(one.name)) > (other.after - other.first, len(other.name))
    return one.first <= other.first and other.after <= one.after and longer


def _mentions_of(name: str, at: Place, utterance: Utterance, tokens: Sequence[Token]) -> list[Mention]:
    forms = [token.form for token in tokens_of_text(name)]
    out = []
    for i in range(len(tokens) - len(forms) + 1):
        here = tokens[i : i + len(forms)]
        if forms and all(says(t.form, form) for t, form in zip(here, forms, strict=True)) and not any(t.ends for t in here[:-1]):
            mention = _read(i, i + len(forms), name, at, utterance, tokens)
            out += [mention] if mention else []
    return out


def _read(first: int, after: int, name: str, at: Place, utterance: Utterance, tokens: Sequence[Token]) -> Mention | None:
    """The mention that tokens [first, after) make, by what stands before and after them; None if they name another thing or none."""
    if part_of_compound(after, tokens):
        return None
    start = determiner_of(first, tokens)
    plural = tokens[after - 1].form != name.lower().split()[-1]
    determiner = tokens[start].form if start is not None else ""
    owned = start is not None and tokens[first - 1].form == "s" and start == first - 2
    if determiner in NOT_THE_ONE or (determiner in ONE and plural) or (determiner in MANY and not plural and not name.endswith("s")):
        return None
    if determiner in ONE | MANY:
        how = "demonstrative"
    elif determiner == "the" and not introduced(first, after, tokens):
        how = "the"
    elif determiner in POSSESSIVES or owned:
        how = "possessive"
    elif name[:1].isupper() and utterance.words[tokens[first].word].text.lstrip("\"'“‘(")[:1].isupper():
        how = "name"
    else:
        return None
    begin = first if start is None else start
    place = place_adverb(begin, tokens)
    sure = _SURE[how] - (_PART_OF_ANOTHER if after < len(tokens) and tokens[after].form == "of" and not tokens[after - 1].ends else 0.0)
    anchor = after - 1
    if place is not None:
        (begin, anchor), sure = place, _SURE["there"]
    elif how == "demonstrative" and known_or_contrasted(first, after, determiner, tokens):
        anchor = begin
    person = how == "name" and name.istitle()
    return Mention(tokens[begin].word, tokens[after - 1].word + 1, tokens[anchor].word, name, at, how, person, sure)


def _calls(name: str, at: Place, tokens: Sequence[Token]) -> list[Mention]:
    """The addressee called by name, set off from the sentence: Ana, what do you think?"""
    forms = [t.form for t in tokens_of_text(name)]
    out = []
    for i in range(len(tokens) - len(forms) + 1):
        here = tokens[i : i + len(forms)]
        alone = (here[0].begins or (i > 0 and tokens[i - 1].ends)) and here[-1].ends
        if alone and [t.form for t in here] == forms:
            out.append(Mention(here[0].word, here[-1].word + 1, here[-1].word, name, at, "called", True, _SURE["called"]))
    return out


def _sole(dialogue: Dialogue, tokens: Sequence[Token]) -> list[Mention]:
    """Look at THIS, as you can see HERE: where only one thing is there, it is meant."""
    if len(dialogue.things) != 1:
        return []
    ((name, thing),) = dialogue.things.items()
    out = []
    for i, token in enumerate(tokens):
        before = [t.form for t in tokens[max(i - 2, 0) : i]]
        bare = token.ends or (i + 1 < len(tokens) and not is_content_word(tokens[i + 1].form) and tokens[i + 1].form not in ("one", "ones"))
        looked = any(not _LOOKS.isdisjoint(lemmas(form)) for form in before) and (before[-1] == "at" or token.form in PLACE)
        if token.form in DEMONSTRATIVES and bare and looked:
            out.append(Mention(token.word, token.word + 1, token.word, name, thing.at, "demonstrative", False, _SURE["the"]))
    return out


def _once(found: Sequence[Mention], utterance: Utterance) -> list[Mention]:
    """Mentions less sure, the sooner their thing was pointed at before; a demonstrative after another thing points again."""
    last_s: dict[Place, float] = {}
    latest: Place | None = None
    out = []
    for mention in found:
        at_s = utterance.words[mention.anchor].stress_s
        soon = at_s - last_s.get(mention.at, -1e9) < _AGAIN_S
        back = mention.how == "demonstrative" and latest != mention.at
        if soon and not back:
            mention = replace(mention, sure=mention.sure - _AGAIN)
        else:
            last_s[mention.at], latest = at_s, mention.at
        out.append(mention)
    return out


def _wish(mention: Mention, formal: bool) -> Wish:
    hand = "the open hand, palm up, points" if formal or mention.person else "the index finger points"
    thing = mention.name if mention.name[:1].isupper() else f"the {mention.name}"
    return Wish(
        mention.first, mention.after, mention.anchor, GestureFunction.DEICTIC, None, f"{hand} at {thing}", Hands.EITHER, 0.5,
        max(mention.sure, 0.0), f"{thing} is there, said with {_HOW[mention.how]}", mention.at,
    )  # fmt: skip


_HOW = {"demonstrative": "a demonstrative", "the": "an article", "possessive": "a possessive", "name": "its name", "called": "their name"}


def _at_listener(wish: Wish) -> bool:
    return wish.function == GestureFunction.DEICTIC and wish.target is None and "listener" in wish.show
