"""Mentions: where speech names a thing or a person that is there, and whether people would point at it then.

People point as they say the demonstrative, or the noun where that carries the accent (Levelt, Richardson & La Heij 1985), and once:
what was just pointed at is known (Kendon 2004, ch. 11).
"""
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from chironomia.agent.brief import Brief
from chironomia.agent.dialogue import Dialogue, Place
from chironomia.agent.tokens import Token, tokens_of_text
from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import Wish
from chironomia.agent.word_class import WordClass, is_content_word, word_class
from chironomia.motion_library.inflection import lemmas, stem
from chironomia.motion_library.vocabulary import Formality, GestureFunction, Hands

_NEAR, _FAR = frozenset("this these here".split()), frozenset("that those there".split())
_DEMONSTRATIVES = _NEAR | _FAR
_ONE, _MANY = frozenset(("this", "that")), frozenset(("these", "those"))
_POSSESSIVES = frozenset("my our your his her their its".split())
_NOT_THE_ONE = frozenset("a an another any some no every each what which whatever such one no".split())
_ON_THE_WAY = frozenset("on at in to by near beside behind above below under from over up down right just".split())
_LOOKS = frozenset("look see watch notice".split())
_ADVERBS = frozenset(
    "please now again too also today tomorrow tonight yesterday yet already instead anyway right only even just still always often soon "
    "alone maybe perhaps okay ok better best together ahead away back there here".split()
)
_MODIFIERS = 3  # words between determiner and noun
_SURE = {"demonstrative": 0.88, "there": 0.88, "the": 0.72, "possessive": 0.64, "name": 0.66}
_PLACES = frozenset("LEFT RIGHT FRONT BACK NEAR FAR".split())
_WHERE = 3  # words after a noun in which its place is said: the screen OVER THERE, the one on the LEFT
_PART_OF_ANOTHER = 0.2  # less sure of "the screen of his phone"
_AGAIN_S, _AGAIN = 12.0, 0.45  # what was pointed at less than so long ago, is so much less worth pointing at
_ASKED = 0.12  # surer of what is addressed by name


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
    longest = [m for m in found if not any(o is not m and o.first <= m.first and m.after <= o.after and _longer(o, m) for o in found)]
    return sorted(longest, key=lambda m: (m.first, m.after))


def _longer(one: Mention, other: Mention) -> bool:
    return (one.after - one.first, len(one.name)) > (other.after - other.first, len(other.name))


def _mentions_of(name: str, at: Place, utterance: Utterance, tokens: Sequence[Token]) -> list[Mention]:
    forms = [token.form for token in tokens_of_text(name)]
    out = []
    for i in range(len(tokens) - len(forms) + 1):
        here = tokens[i : i + len(forms)]
        if forms and all(_says(t.form, form) for t, form in zip(here, forms, strict=True)) and not any(t.ends for t in here[:-1]):
            mention = _read(i, i + len(forms), name, at, utterance, tokens)
            out += [mention] if mention else []
    return out


def _says(form: str, named: str) -> bool:
    """Whether a word is the named one, perhaps in the plural."""
    return form == named or (named in lemmas(form) and not form.endswith(("ing", "ed", "er", "est")))


def _read(first: int, after: int, name: str, at: Place, utterance: Utterance, tokens: Sequence[Token]) -> Mention | None:
    """The mention that tokens [first, after) make, by what stands before and after them; None if they name another thing or none."""
    if _goes_on(after, first, tokens):
        return None
    start = _determiner(first, tokens)
    plural = tokens[after - 1].form != name.lower().split()[-1]
    determiner = tokens[start].form if start is not None else ""
    owned = start is not None and tokens[first - 1].form == "s" and start == first - 2
    if determiner in _NOT_THE_ONE or (determiner in _ONE and plural) or (determiner in _MANY and not plural and not name.endswith("s")):
        return None
    if determiner in ("this", "that", "these", "those"):
        how = "demonstrative"
    elif determiner == "the" and not _introduced(first, after, tokens):
        how = "the"
    elif determiner in _POSSESSIVES or owned:
        how = "possessive"
    elif name[:1].isupper() and utterance.words[tokens[first].word].text.lstrip("\"'“‘(")[:1].isupper():
        how = "name"
    else:
        return None
    begin = first if start is None else start
    place = _there(begin, tokens)
    sure = _SURE[how] - (_PART_OF_ANOTHER if after < len(tokens) and tokens[after].form == "of" and not tokens[after - 1].ends else 0.0)
    anchor = after - 1
    if place is not None:
        begin, anchor, sure = place, _adverb(place, tokens), _SURE["there"]
    elif how == "demonstrative" and _known_or_contrasted(first, after, determiner, tokens):
        anchor = begin
    person = how == "name" and name.istitle()
    return Mention(tokens[begin].word, tokens[after - 1].word + 1, tokens[anchor].word, name, at, how, person, sure)


def _determiner(first: int, tokens: Sequence[Token]) -> int | None:
    """The token that determines the noun at ``first``, adjectives between them passed over."""
    for i in range(first - 1, max(first - 2 - _MODIFIERS, -1), -1):
        token, kind = tokens[i], word_class(tokens[i].form)
        if token.ends and i < first - 1 and not tokens[i].form:
            return None
        if token.form == "s" and i > 0:
            return i - 1
        if kind is WordClass.DETERMINER or token.form in _POSSESSIVES | _NOT_THE_ONE:
            return i
        if token.ends or kind not in (WordClass.CONTENT, WordClass.NUMBER):
            return None
    return None


def _goes_on(after: int, first: int, tokens: Sequence[Token]) -> bool:
    """Whether the next word makes the noun a part of a compound: the screen door, the board meeting, the door handles were."""
    if after >= len(tokens) or tokens[after - 1].ends:
        return False
    form = tokens[after].form
    if form == "s" or word_class(form) is not WordClass.CONTENT or form in _ADVERBS or form.endswith("ly"):
        return False
    then = tokens[after + 1] if after + 1 < len(tokens) and not tokens[after].ends else None
    if form.endswith(("ing", "s")):  # a participle or a verb if it has an object or a place, else a noun
        return then is None or word_class(then.form) in (WordClass.CONTENT, WordClass.AUXILIARY, WordClass.CONJUNCTION)
    plural = tokens[after - 1].form.endswith("s") and len(lemmas(tokens[after - 1].form)) > 1
    past = form.endswith("ed") or any(lemma != form for lemma in lemmas(form))
    return not (past or plural)


def _introduced(first: int, after: int, tokens: Sequence[Token]) -> bool:
    """Whether the noun was told of before as a new thing: I bought A screen, and THE screen is great."""
    noun = tokens[after - 1].form
    starts = [_determiner(i, tokens) for i in range(first) if tokens[i].form == noun]
    return any(start is not None and tokens[start].form in ("a", "an", "another") for start in starts)


def _there(begin: int, tokens: Sequence[Token]) -> int | None:
    """Where the phrase begins that an adverb opens: over THERE on the board, here on this chart; None without one."""
    for i in range(begin - 1, max(begin - 4, -1), -1):
        if tokens[i].form in ("here", "there"):
            ahead = i + 1 < len(tokens) and tokens[i + 1].form in ("is", "are", "was", "were")
            over = i > 0 and tokens[i - 1].form in ("over", "up", "down", "right", "back", "out") and not tokens[i - 1].ends
            return None if ahead else i - 1 if over else i
        if tokens[i].form not in _ON_THE_WAY:
            return None
    return None


def _adverb(place: int, tokens: Sequence[Token]) -> int:
    return place if tokens[place].form in ("here", "there") else place + 1


def _known_or_contrasted(first: int, after: int, determiner: str, tokens: Sequence[Token]) -> bool:
    """Whether the noun was said before, or comes again with another demonstrative: then the demonstrative has the accent."""
    noun = stem(tokens[after - 1].form)
    before = any(stem(t.form) == noun for t in tokens[:first])
    others = _DEMONSTRATIVES - {determiner}
    again = (i for i in range(after, len(tokens)) if stem(tokens[i].form) == noun or tokens[i].form in ("one", "ones"))
    return before or any(tokens[i - 1].form in others for i in again)


def _calls(name: str, at: Place, tokens: Sequence[Token]) -> list[Mention]:
    """The addressee called by name, set off from the sentence: Ana, what do you think?"""
    forms = [t.form for t in tokens_of_text(name)]
    out = []
    for i in range(len(tokens) - len(forms) + 1):
        here = tokens[i : i + len(forms)]
        alone = (here[0].begins or (i > 0 and tokens[i - 1].ends)) and here[-1].ends
        if alone and [t.form for t in here] == forms:
            sure = _SURE["name"] - _ASKED
            out.append(Mention(here[0].word, here[-1].word + 1, here[-1].word, name, at, "called", True, sure))
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
        looked = any(not _LOOKS.isdisjoint(lemmas(form)) for form in before) and (before[-1] == "at" or token.form in ("here", "there"))
        if token.form in _DEMONSTRATIVES and bare and looked:
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
