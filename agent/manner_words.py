"""The lexicon of manner.yaml: its wordings, what each says, and the longest that stands at a place of a text."""
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from chironomia.agent.direction import HEAD
from chironomia.motion_library.culture import country_of
from chironomia.motion_library.inflection import lemmas
from chironomia.motion_library.vocabulary import GestureFunction, ImageSchema

BREAKS = frozenset(",;.:!?\n")
_TOKEN = re.compile(r"[a-z]{2,3}[-_][A-Z]{2}\b|[^\W_]+|[,;.:!?\n]")
_NOT = re.compile(r"n['’]t\b", re.IGNORECASE)
_NAMED = {name: name for name in (*ImageSchema, *GestureFunction, HEAD)}


class Role(StrEnum):
    """What a wording is for: a manner, a kind of gesture, how that is wished, how far a manner goes, or where the listener lives."""

    MANNER = "manner"
    THING = "thing"
    WISH = "wish"
    DEGREE = "degree"
    PLACE = "place"


@dataclass(frozen=True)
class Entry:
    """A wording and what it says; ``opposite`` is another manner that its denial means."""

    words: tuple[str, ...]
    role: Role
    value: Any
    opposite: str | None = None


def tokens_of(text: str) -> list[str]:
    """Words and breaks of a text, in order; don't is do, not."""
    return _TOKEN.findall(_NOT.sub(" not", text))


@dataclass(frozen=True)
class Lexicon:
    """All wordings by their first words, and the words that say nothing of their own."""

    entries: tuple[Entry, ...]
    fillers: frozenset[str]

    @property
    def wordings(self) -> list[str]:
        """Every wording of a manner and of a thing, for hints."""
        return [" ".join(entry.words) for entry in self.entries if entry.role in (Role.MANNER, Role.THING)]

    def manner(self, wording: str) -> Entry:
        """The manner of a wording that stands in the lexicon."""
        return next(e for e in self.entries if e.role is Role.MANNER and " ".join(e.words) == wording)

    def with_gestures(self, ids: Collection[str]) -> dict[str, list[Entry]]:
        """The entries by each form of their first word, those for gestures' own names among them."""
        named = [Entry(tuple(id.split("-")), Role.THING, (id,)) for id in ids]
        found: dict[str, list[Entry]] = {}
        for entry in (*self.entries, *named):
            for form in {form for word in entry.words[0].split("|") for form in _forms(word)}:
                found.setdefault(form, []).append(entry)
        return found

    def longest(self, tokens: Sequence[str], at: int, entries: Mapping[str, Sequence[Entry]]) -> tuple[int, Entry | None]:
        """How many tokens the longest wording takes that begins ``at`` a place, and that entry; 0 and None if there is none.

        Of equally long ones the one with more words as they are written is taken, then the one that stands first in the lexicon. A wish
        counts with the thing that is wished.
        """
        token = tokens[at]
        if token in _NAMED:
            return 1, Entry((token,), Role.THING, (token,))
        if country_of(token) and (token.isupper() or not token.isalpha()):
            return 1, Entry((token,), Role.PLACE, token)
        near = {id(entry): entry for form in _forms(token.lower()) for entry in entries.get(form, ())}
        best: tuple[tuple[int, int], int, Entry] | None = None
        for entry in near.values():
            length, exact = self._length(entry.words, tokens, at)
            worth = len(entry.words) + (self._thing_after(tokens, at + length, entries) if length and entry.role is Role.WISH else 0)
            if length and (best is None or (worth, exact) > best[0]):
                best = (worth, exact), length, entry
        return (best[1], best[2]) if best else (0, None)

    def _thing_after(self, tokens: Sequence[str], at: int, entries: Mapping[str, Sequence[Entry]]) -> int:
        """How many words of a thing begin at a place: "no hand signs" is about signs, not about hands."""
        near = entries.get(tokens[at].lower(), ()) if at < len(tokens) else ()
        return max((len(e.words) for e in near if e.role is Role.THING and self._length(e.words, tokens, at)[0]), default=0)

    def _length(self, words: Sequence[str], tokens: Sequence[str], at: int) -> tuple[int, int]:
        """How many tokens from ``at`` say ``words``, with fillers between them, and how many are the very same; 0 if they do not."""
        place, exact = at, 0
        for number, word in enumerate(words):
            while number and place < len(tokens) and tokens[place].lower() in self.fillers and not _same(word, tokens[place]):
                place += 1
            if place >= len(tokens) or not _same(word, tokens[place]):
                return 0, 0
            exact += tokens[place].lower() in word.split("|")
            place += 1
        return place - at, exact


def _same(word: str, token: str) -> bool:
    return any(_forms(one) & _forms(token.lower()) for one in word.split("|"))


@cache
def _forms(word: str) -> frozenset[str]:
    """The words that one could be a form of: shyly of shy, calmer and calming of calm."""
    plain = {word.removesuffix("ly"), word.removesuffix("ily") + "y", word.removesuffix("ally")} if word.endswith("ly") else {word}
    return frozenset({word} | {lemma for form in plain if len(form) > 2 for lemma in lemmas(form)})


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that comes with the package, read once."""
    data = yaml.safe_load((files("chironomia.agent") / "manner.yaml").read_text(encoding="utf-8"))
    entries = [Entry(words, Role.MANNER, row["set"], row.get("opposite")) for row in data["manners"] for words in _split(row["say"])]
    entries += [Entry(words, Role.THING, tuple(row["mean"])) for row in data["things"] for words in _split(row["say"])]
    entries += [Entry(words, Role.WISH, wish) for wish, said in data["wishes"].items() for words in _split(said)]
    entries += [Entry(words, Role.DEGREE, float(far)) for far, said in data["degrees"].items() for words in _split(said)]
    for row in _split(data["places"], of=":"):
        entries += [Entry(words, Role.PLACE, row[0]) for words in _split(row[1].lower(), by=",")]
    return Lexicon(tuple(entries), frozenset(data["fillers"].split()))


def _split(text: str, *, by: str = ";", of: str | None = None) -> list[tuple[str, ...]]:
    return [tuple(word.strip() for word in part.split(of)) for part in text.split(by) if part.strip()]
