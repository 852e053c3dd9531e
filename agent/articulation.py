"""Articulation: spoken words as phones in time, and the syllables those phones make."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chironomia.agent.durations import PAUSE_S, TimedPhone, laid_out, phone_durations
from chironomia.agent.pronunciation import pronounce
from chironomia.agent.sentences import Pause
from chironomia.agent.spoken import SpokenWord
from chironomia.agent.stress import stresses
from chironomia.agent.syllables import syllabify
from chironomia.agent.transcript import Syllable
from chironomia.agent.word_class import is_content_word

_BEFORE_VERBS = frozenset(
    "to will would can could should must may might shall i we you they don't didn't doesn't won't can't cannot not please let's who".split()
)
_PARTICLES = frozenset("up in out off on down over through by away back".split())
LEAD_IN_S = 0.8  # speakers breathe in before they begin, and hands prepare meanwhile (Ferre 2010: gestures lead by about 0.4-0.8 s)


@dataclass(frozen=True)
class SaidPart:
    """One spoken word of a written word ("fifty" of "$50") and its phones in time."""

    word: str
    phones: tuple[TimedPhone, ...]


Said = tuple[SaidPart, ...]


def natural_times(words: Sequence[SpokenWord], *, rate: float = 1.0, breaks: Iterable[tuple[int, float]] = ()) -> tuple[Said, ...]:
    """Each word's phones in time as a speaker without a recording would say them, from ``LEAD_IN_S`` on. Deterministic.

    ``rate`` is the tempo, 1 natural (about 4.8 syllables a second); ``breaks`` are (word index, seconds of silence after it).
    """
    silence_s = dict(breaks)
    out: list[Said] = []
    at = LEAD_IN_S / rate if words else 0.0
    for i, word in enumerate(words):
        final = word.pause > Pause.NONE or i + 1 == len(words)
        parts = laid_out_word(word, at, None, phrase_final=final, rate=rate)
        out.append(parts)
        at = parts[-1].phones[-1].end_s + max(PAUSE_S[word.pause] / rate, silence_s.get(i, 0.0))
    return tuple(out)


def laid_out_word(word: SpokenWord, start_s: float, end_s: float | None, *, phrase_final: bool = False, rate: float = 1.0) -> Said:
    """The phones of one written word from ``start_s``, stretched in proportion to end at ``end_s`` where one is given."""
    spoken = word.spoken.split()
    phones = [pronounce(part) for part in spoken]
    durations = [
        phone_durations(p, stresses(part, p), phrase_final=phrase_final and k + 1 == len(spoken), rate=rate)
        for k, (part, p) in enumerate(zip(spoken, phones, strict=True))
    ]
    timed = laid_out(sum(phones, ()), [d for ds in durations for d in ds], start_s, end_s)
    cuts = [sum(len(p) for p in phones[:k]) for k in range(len(phones) + 1)]
    return tuple(SaidPart(part, timed[a:b]) for part, a, b in zip(spoken, cuts, cuts[1:], strict=False))


def syllables_of(said: Said, *, written: str, previous: str = "") -> tuple[Syllable, ...]:
    """The syllables of one written word from its phones in time, at most one of them with the primary stress.

    Of several spoken words one carries it: the last content word, but the first part of a compound like *check-in* or
    *record-breaking*. ``previous`` is the spoken word before, which tells verbs from nouns (*to record*).
    """
    patterns = [stresses(p.word, tuple(t.phone for t in p.phones), verb=previous in _BEFORE_VERBS) for p in said]
    head = _head(said, written)
    out: list[Syllable] = []
    for k, (part, pattern) in enumerate(zip(said, patterns, strict=True)):
        if k == head and len(said) > 1 and 1 not in pattern:
            pattern = (1, *pattern[1:])  # the last letter of USA is no article
        for span, stress in zip(syllabify(tuple(t.phone for t in part.phones)), pattern, strict=True):
            first, vowel, last = part.phones[span.first], part.phones[span.vowel], part.phones[span.after - 1]
            out.append(Syllable(first.start_s, vowel.start_s, last.end_s, stress if k == head or stress != 1 else 2))
    return tuple(out)


def _head(said: Said, written: str) -> int:
    """Which spoken part carries the primary stress; letters that are spelled count as content."""
    content = [k for k, part in enumerate(said) if is_content_word(part.word) or len(part.word) == 1] or [len(said) - 1]
    if "-" in written and len(said) == 2 and (said[1].word in _PARTICLES or said[1].word.endswith(("ing", "er", "ers"))):
        return content[0]
    return content[-1]
