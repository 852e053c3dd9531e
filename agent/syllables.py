"""Syllables: phones grouped around their vowels, with as many consonants before each vowel as English lets begin a syllable."""
from dataclasses import dataclass
from itertools import pairwise

from chironomia.agent.pronunciation import is_vowel

# Consonant clusters that may begin an English syllable (maximal onset principle, Kahn 1976). NG and ZH do not begin one.
_ONSETS = frozenset(
    tuple(onset.split("-"))
    for onset in (
        "B CH D DH F G HH JH K L M N P R S SH T TH V W Y Z ZH "
        "P-L P-R B-L B-R T-R D-R K-L K-R G-L G-R F-L F-R TH-R SH-R S-P S-T S-K S-M S-N S-L S-W S-F T-W D-W K-W G-W TH-W HH-W "
        "P-Y B-Y K-Y G-Y F-Y V-Y M-Y HH-Y S-P-L S-P-R S-P-Y S-T-R S-K-R S-K-W S-K-Y"
    ).split()
)


@dataclass(frozen=True)
class SyllableSpan:
    """Indices into a word's phones: [first, after last), and the vowel between."""

    first: int
    vowel: int
    after: int


def syllabify(phones: tuple[str, ...]) -> tuple[SyllableSpan, ...]:
    """The syllables of one word, covering all its phones. A word without a vowel (hmm) is one syllable around its last phone.

    Raises ValueError when there are no phones.
    """
    if not phones:
        raise ValueError("syllables: expected at least one phone, got none")
    vowels = [i for i, phone in enumerate(phones) if is_vowel(phone)] or [len(phones) - 1]
    firsts = [0, *(_onset_start(phones, a + 1, b) for a, b in pairwise(vowels))]
    afters = [*firsts[1:], len(phones)]
    return tuple(SyllableSpan(*span) for span in zip(firsts, vowels, afters, strict=True))


def syllable_count(phones: tuple[str, ...]) -> int:
    """How many syllables the phones make, at least one."""
    return max(1, sum(is_vowel(phone) for phone in phones))


def _onset_start(phones: tuple[str, ...], start: int, vowel: int) -> int:
    """Where, among the consonants [start, vowel), the longest lawful onset begins."""
    return next((i for i in range(start, vowel) if phones[i:vowel] in _ONSETS), vowel)
