"""Reference: what a noun in running speech refers to, read off the words before and after it without a parser."""
from collections.abc import Sequence

from chironomia.agent.tokens import Token
from chironomia.agent.word_class import WordClass, word_class
from chironomia.motion_library.inflection import lemmas, stem

ONE, MANY, PLACE = frozenset(("this", "that")), frozenset(("these", "those")), frozenset(("here", "there"))
DEMONSTRATIVES = ONE | MANY | PLACE
POSSESSIVES = frozenset("my our your his her their its".split())
NOT_THE_ONE = frozenset("a an another any some no every each what which whatever such one".split())
_ON_THE_WAY = frozenset("on at in to by near beside behind above below under from over up down right just".split())
_OVER = frozenset("over up down right back out".split())
_ADVERBS = frozenset(
    "please now again too also today tomorrow tonight yesterday yet already instead anyway right only even just still always often soon "
    "alone maybe perhaps okay ok better best together ahead away back there here".split()
)
_MODIFIERS = 3  # words between determiner and noun
_MEMORY = 60  # words before and after a noun that are looked at: some four sentences; and long texts stay quick to read


def says(form: str, named: str) -> bool:
    """Whether a word is the named one, perhaps in the plural."""
    return form == named or (named in lemmas(form) and not form.endswith(("ing", "ed", "er", "est")))


def determiner_of(first: int, tokens: Sequence[Token]) -> int | None:
    """The token that determines the noun at ``first``, adjectives between them passed over."""
    for i in range(first - 1, max(first - 2 - _MODIFIERS, -1), -1):
        token, kind = tokens[i], word_class(tokens[i].form)
        if token.form == "s" and i > 0:
            return i - 1
        if kind is WordClass.DETERMINER or token.form in POSSESSIVES | NOT_THE_ONE:
            return i
        if token.ends or kind not in (WordClass.CONTENT, WordClass.NUMBER):
            return None
    return None


def part_of_compound(after: int, tokens: Sequence[Token]) -> bool:
    """Whether the word after a noun makes it a part of a compound: the screen door, the board meeting, the door handles were."""
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


def place_adverb(begin: int, tokens: Sequence[Token]) -> tuple[int, int] | None:
    """The adverb before a phrase that says the same place, and where it begins: (over, THERE) on the board; None without one."""
    for i in range(begin - 1, max(begin - 4, -1), -1):
        if tokens[i].form in PLACE:
            ahead = i + 1 < len(tokens) and tokens[i + 1].form in ("is", "are", "was", "were")
            over = i > 0 and tokens[i - 1].form in _OVER and not tokens[i - 1].ends
            return None if ahead else (i - over, i)
        if tokens[i].form not in _ON_THE_WAY:
            return None
    return None


def known_or_contrasted(first: int, after: int, determiner: str, tokens: Sequence[Token]) -> bool:
    """Whether the noun was said before, or comes again with another demonstrative: then the demonstrative has the accent."""
    noun = stem(tokens[after - 1].form)
    before = any(stem(t.form) == noun for t in tokens[max(first - _MEMORY, 0) : first])
    others = DEMONSTRATIVES - {determiner}
    ahead = range(after, min(after + _MEMORY, len(tokens)))
    again = (i for i in ahead if stem(tokens[i].form) == noun or tokens[i].form in ("one", "ones"))
    return before or any(tokens[i - 1].form in others for i in again)


def introduced(first: int, after: int, tokens: Sequence[Token]) -> bool:
    """Whether the noun was told of before as a new thing: I bought A screen, and THE screen is great."""
    noun = tokens[after - 1].form
    starts = [determiner_of(i, tokens) for i in range(max(first - _MEMORY, 0), first) if tokens[i].form == noun]
    return any(start is not None and tokens[start].form in ("a", "an", "another") for start in starts)
