"""Cues: wordings that people gesture with, written down in cues.yaml, and how they are found in speech."""
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field

from chironomia.agent.tokens import Token
from chironomia.agent.word_class import WordClass, is_content_word, word_class
from chironomia.motion_library.inflection import lemmas
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

_GAP = 3  # words that "..." may pass over: more would leave the phrase
_T = TypeVar("_T")
_MORE_SPECIFIC = 0.1  # by so much less sure may a longer cue be and still replace a shorter one inside it


@dataclass(frozen=True)
class Element:
    """One place in a pattern: a word (``exact`` forms, or ``stems`` in any inflection), or a sign such as ``<s>``."""

    sign: str = ""
    exact: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()
    optional: bool = False
    anchor: bool = False

    def fits(self, token: Token) -> bool:
        if self.sign:
            return self.sign == "_" or (self.sign == "<n>" and is_number(token.form))
        return token.form in self.exact or not self.stems.isdisjoint(lemmas(token.form))

    def keys(self) -> frozenset[str]:
        """Under what a pattern that begins here is looked up; ``*`` is every token."""
        return frozenset({"*"}) if self.sign else self.exact | self.stems


@dataclass(frozen=True)
class Pattern:
    """A row of elements to look for, and how sure its finding is (``None``: as sure as its group)."""

    text: str
    elements: tuple[Element, ...]
    confidence: float | None = None

    def match(self, tokens: Sequence[Token], at: int, element: int = 0) -> tuple[int, int | None] | None:
        """(token after the match, anchor token or None) of a match from token ``at`` on; ``None`` if there is none."""
        if element == len(self.elements):
            return at, None
        e = self.elements[element]
        if e.sign in ("<s>", "<e>"):
            holds = (at < len(tokens) and tokens[at].begins) if e.sign == "<s>" else (at > 0 and tokens[at - 1].ends)
            return self.match(tokens, at, element + 1) if holds else None
        if e.sign == "...":
            reach = range(at, min(at + _GAP, len(tokens)) + 1)
            return next((m for i in reach if not any(t.ends for t in tokens[at:i]) and (m := self.match(tokens, i, element + 1))), None)
        fits = at < len(tokens) and (e.fits(tokens[at]) or (e.sign == "<same>" and at > 1 and _same(tokens[at], tokens[at - 2])))
        if fits and (rest := self.match(tokens, at + 1, element + 1)):
            return rest[0], at if e.anchor else rest[1]
        return self.match(tokens, at, element + 1) if e.optional else None

    def first_keys(self) -> frozenset[str]:
        """Keys of every element that a match may begin with."""
        keys: set[str] = set()
        for element in self.elements:
            if element.sign != "<s>":
                keys |= element.keys()
                if not element.optional:
                    break
        return frozenset(keys)


@dataclass(frozen=True)
class CueGroup:
    """Wordings that ask for the same gesture."""

    show: str
    function: GestureFunction
    schema: ImageSchema | None
    hands: Hands
    intensity: float
    confidence: float
    patterns: tuple[Pattern, ...]
    exceptions: tuple[Pattern, ...]


@dataclass(frozen=True)
class Cue:
    """A wording found in tokens [first, after); ``anchor`` is the token that carries it, ``confidence`` 0-1."""

    group: CueGroup
    pattern: Pattern
    first: int
    after: int
    anchor: int
    confidence: float


@dataclass(frozen=True)
class Reading:
    """What the lexicon finds in speech: cues in order of place, and the words that only make up idioms."""

    cues: list[Cue]
    idiomatic: frozenset[int]


@dataclass(frozen=True)
class Lexicon:
    """All groups, and the idioms in which no cue holds."""

    groups: tuple[CueGroup, ...]
    idioms: tuple[Pattern, ...]

    @cached_property
    def _by_key(self) -> dict[str, list[tuple[Pattern, CueGroup | None, bool]]]:
        """First word -> (pattern, its group, whether it bars instead of finding); idioms have no group."""
        table: dict[str, list[tuple[Pattern, CueGroup | None, bool]]] = defaultdict(list)
        rows: list[tuple[Pattern, CueGroup | None, bool]] = [(p, None, True) for p in self.idioms]
        rows += [(p, g, False) for g in self.groups for p in g.patterns] + [(p, g, True) for g in self.groups for p in g.exceptions]
        for row in rows:
            for key in row[0].first_keys():
                table[key].append(row)
        return table

    def read(self, tokens: Sequence[Token]) -> "Reading":
        """Every cue in ``tokens``, without those that an idiom, an exception or a more specific cue explains."""
        cues: list[Cue] = []
        bars: list[tuple[int, int, CueGroup | None]] = []
        for at, token in enumerate(tokens):
            seen: set[int] = set()
            for key in (*lemmas(token.form), "*"):
                for pattern, group, bar in self._by_key.get(key, ()):
                    if id(pattern) not in seen and (end := pattern.match(tokens, at)) and end[0] > at:
                        seen.add(id(pattern))
                        if bar:
                            bars.append((at, end[0], group))
                        elif group is not None:
                            cues.append(_cue(group, pattern, tokens, at, *end))
        over = _by_token((bar[0], bar[1], bar) for bar in bars)
        free = [c for c in cues if not any(_bars(c, *bar) for i in range(c.first, c.after) for bar in over[i])]
        beside = _by_token((c.first, c.after, c) for c in free)
        plain = [c for c in free if not any(_explains(d, c) for d in beside[c.first])]
        found = sorted(plain, key=lambda c: (c.first, c.after, c.group.show))
        return Reading(found, frozenset(tokens[i].word for first, after, group in bars if group is None for i in range(first, after)))


def _by_token(spans: Iterable[tuple[int, int, _T]]) -> dict[int, list[_T]]:
    """What lies over each token; looked up here, long texts take linear time."""
    over: dict[int, list[_T]] = defaultdict(list)
    for first, after, what in spans:
        for i in range(first, after):
            over[i].append(what)
    return over


def _cue(group: CueGroup, pattern: Pattern, tokens: Sequence[Token], first: int, after: int, anchor: int | None) -> Cue:
    if anchor is None:
        content = [i for i in range(first, after) if is_content_word(tokens[i].form) or word_class(tokens[i].form) == WordClass.PREPOSITION]
        anchor = max([i for i in content if is_content_word(tokens[i].form)] or content or [after - 1])
    confidence = group.confidence if pattern.confidence is None else pattern.confidence
    return Cue(group, pattern, first, after, anchor, confidence)


def _bars(cue: Cue, first: int, after: int, group: CueGroup | None) -> bool:
    """An exception bars the cues of its group that it overlaps; an idiom those of all groups that rest on a word of it."""
    if group is not None:
        return group is cue.group and first < cue.after and cue.first < after
    wider = cue.first <= first and after <= cue.after and cue.after - cue.first > after - first
    return first <= cue.anchor < after and not wider


def _explains(long: Cue, short: Cue) -> bool:
    inside = long.first <= short.first and short.after <= long.after and long.after - long.first > short.after - short.first
    return inside and long.confidence >= short.confidence - _MORE_SPECIFIC


def _same(token: Token, other: Token) -> bool:
    return token.form == other.form and is_content_word(token.form)


def is_number(form: str) -> bool:
    return word_class(form) == WordClass.NUMBER or form.replace(",", "").replace(".", "").isdigit()


class _GroupText(BaseModel):
    model_config = ConfigDict(extra="forbid")

    show: str
    function: GestureFunction
    schema_: ImageSchema | None = Field(default=None, alias="schema")
    hands: Hands = Hands.EITHER
    intensity: float = Field(default=0.5, ge=0.0, le=1.0)
    confidence: float = Field(ge=0.0, le=1.0)
    cues: str
    not_: str = Field(default="", alias="not")


@cache
def english() -> Lexicon:
    """The lexicon of cues.yaml, read once a process."""
    return parse_lexicon((files("chironomia.agent") / "cues.yaml").read_text(encoding="utf-8"))


def parse_lexicon(text: str) -> Lexicon:
    """A lexicon from YAML (see cues.yaml for the notation). Raises ValueError that names the pattern that cannot be read."""
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    groups = []
    for entry in data["cues"]:
        g = _GroupText.model_validate(entry)
        groups.append(
            CueGroup(g.show, g.function, g.schema_, g.hands, g.intensity, g.confidence, _patterns(g.cues), _patterns(g.not_))
        )
    return Lexicon(tuple(groups), _patterns(data.get("idioms", "")))


def _patterns(text: str) -> tuple[Pattern, ...]:
    return tuple(_pattern(part.strip()) for line in text.splitlines() for part in line.split(";") if part.strip())


def _pattern(text: str) -> Pattern:
    words = text.split()
    confidence = None
    if words[-1].startswith("@"):
        confidence = float(words.pop()[1:])
    if not words:
        raise ValueError(f"expected words before the confidence in the cue {text!r}")
    elements = tuple(e for word in words for e in _elements(word, text))
    return Pattern(" ".join(words), elements, confidence)


def _elements(word: str, pattern: str) -> Iterable[Element]:
    anchor, word = word.startswith("^"), word.removeprefix("^")
    if word in ("<s>", "<e>", "<n>", "<same>", "_", "..."):
        return [Element(sign=word, anchor=anchor)]
    optional, word = word.endswith("?"), word.removesuffix("?")
    exact, word = word.startswith("="), word.removeprefix("=")
    forms = frozenset(word.split("|"))
    if not all(form and form.replace("'", "").replace("-", "").isalnum() for form in forms):
        raise ValueError(f"cannot read {word!r} in the cue {pattern!r}; see the notation at the head of cues.yaml")
    if len(forms) == 1 and "-" in word:
        return [Element(exact=frozenset({part}), optional=optional) for part in word.split("-")]
    if any("-" in form for form in forms):
        raise ValueError(f"a hyphen cannot stand among alternatives: {word!r} in the cue {pattern!r}")
    return [Element(exact=forms if exact else frozenset(), stems=frozenset() if exact else forms, optional=optional, anchor=anchor)]
