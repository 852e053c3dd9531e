"""Pronunciation: the phones of a spoken word, from the dictionary that ships with pocketsphinx or else by letter-to-sound rules.

Phones are ARPAbet without stress, as the acoustic model knows them.
"""
from functools import cache
from pathlib import Path

from chironomia.agent.letter_to_sound import spell_out, without_accents

VOWELS = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
_VOICELESS = frozenset("P T K F TH".split())
_SIBILANT = frozenset("S Z SH ZH CH JH".split())

Phones = tuple[str, ...]


def is_vowel(phone: str) -> bool:
    return phone in VOWELS


@cache
def dictionary() -> dict[str, str]:
    """Word -> phones as one string; a further pronunciation of "and" stands under "and(2)". Read once, about 0.1 s."""
    import pocketsphinx

    lines = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8").splitlines()
    return {word: phones for word, _, phones in (line.partition(" ") for line in lines)}


def is_listed(word: str) -> bool:
    """Whether the dictionary has this spoken word (lower case)."""
    return word in dictionary()


@cache
def pronounce(word: str) -> Phones:
    """The phones of one spoken word, at least one vowel. Order of trust: the dictionary, an inflected or compounded dictionary word, rules.

    ``word`` is lower case. A word in another script, or without letters, gets one plain syllable per character or so.
    """
    known = dictionary().get(word) or dictionary().get(without_accents(word))
    if known:
        return tuple(known.split())
    return _inflected(word) or _compounded(word) or spell_out(word)


def _inflected(word: str) -> Phones | None:
    """Dictionary stem + a regular ending, voiced or not after its last phone."""
    for ending in ("'s", "s'", "s", "'d", "'ll", "ed", "d", "ing"):
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 3 or stem not in dictionary():
            continue
        phones = tuple(dictionary()[stem].split())
        if ending in ("'s", "s'", "s"):
            return (*phones, *(("AH", "Z") if phones[-1] in _SIBILANT else ("S",) if phones[-1] in _VOICELESS else ("Z",)))
        if ending in ("ed", "d", "'d"):
            return (*phones, *(("AH", "D") if phones[-1] in ("T", "D") else ("T",) if phones[-1] in _VOICELESS | _SIBILANT else ("D",)))
        return (*phones, *(("AH", "L") if ending == "'ll" else ("IH", "NG")))
    return None


def _compounded(word: str) -> Phones | None:
    """Two dictionary words of at least four letters, the most even split first ("hand" + "shape")."""
    known = dictionary()
    for cut in sorted(range(4, len(word) - 3), key=lambda i: abs(len(word) - 2 * i)):
        if word[:cut] in known and word[cut:] in known:
            return tuple(f"{known[word[:cut]]} {known[word[cut:]]}".split())
    return None
