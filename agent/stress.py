"""Stress: which syllable of an English word carries the primary stress, by its suffix, its prefix and the weight of its vowels.

The dictionary gives phones without stress, yet a reduced vowel (AH, ER, a prefix's IH) betrays a weak syllable. Rules after
Chomsky & Halle 1968 (ch. 3) and Fudge 1984; words that follow no rule stand in ``stress_exceptions.txt``.
"""
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

from chironomia.agent.pronunciation import is_listed, is_vowel, pronounce
from chironomia.agent.syllables import syllable_count
from chironomia.agent.word_class import is_content_word

# Endings that leave the stress where their stem has it; the stem may have lost a letter ("tak-ing", "stud-ies", "run-ner").
_NEUTRAL_SUFFIXES = (
    "'s s' s es ed ing ings ly ness less lessly ful fully ment ments er ers or ors est ship ships hood ism isms ist ists "
    "ize izes ized izing wise ward wards like able ably ies ied ier iest ily iness"
).split()
# Prefixes that leave the stress to the word behind them; that word must be long enough not to be there by chance.
_NEUTRAL_PREFIXES = {"un": 4, "non": 4, "dis": 5, "mis": 5, "anti": 4, "micro": 4, "multi": 4, "hyper": 4, "counter": 4,
                     "re": 7, "in": 7, "im": 7, "pre": 7, "co": 7}  # fmt: skip
_SHORTEST_STEM, _LONG_STEM = 4, 5  # letters; shorter ones are there by chance
_DERIVING = frozenset("est ist ists ism isms ize izes ized izing able ably".split())

# Ending (a regular expression, up to the word's end) -> the stressed syllable, counted from the last (-1). The first that fits decides,
# clipped to the first syllable. The decisive ones are tried before the word's stem is looked for, the others after.
_DECISIVE = (
    (r"self|selves|teen|eer|eers|ese|ee|ees|oon|oons|oo|oos|ette|esque|aire|ique|iques", -1),
    (r"ever", -2),
    (r"(log|graph|nom|crac|metr|path|phon|soph|gam|tom|cop)(y|ies|er|ers|ist|ists)|ometers?", -3),
)
_SUFFIXES = (
    (r"(ct|ss|t|s|c|g|x)ions?", -2),
    (r"ically|icals?", -3),
    (r"ics?", -2),
    (r"[a-z]ity|ety|ify|ifies|ified|ifying|ities", -3),
    (r"mony|mon?ies|acy|acies|ators?|atures?|[ei]tures?", -4),
    (r"isms?", -5),
    (r"ulate[ds]?|ular|ulous|ulent|tudes?|stitutes?", -3),
    (r"ish|ishes|ished|tributes?", -2),
    (r"(hend|[^a]mend|pond|rupt|duce|fere|vene|tain|ceive|whelm|scend)s?", -1),
    (r"[^aeiou](ates?|ated|izes?|ized|ises?|ised|yzes?|yzed)", -3),
)
_HIATUS = re.compile(
    r"(i(a|ac|al|als|an|ans|ar|ous|um|us|ent|ents|ence|ency|ant|ants|ance|ates?|ated|os?|ors?|ons?)|eous|eos?|ear|uals?|ually|uates?|uated|uous)$"
)
_WEAK_PREFIX = re.compile(
    r"^(a(?=[bcdfglmnprstw])|be|co[nmrl]|de|dis|ex|e[nm]|e(?=[flmnrsv])|for(?=[bg])|i[mn]|mis|o[bcfp]|per|pre|pro|re|se(?=[cdlrv])|su[bcfgprs]|trans|un)"
)
# Prefixes that are said with a full vowel even where they are unstressed.
_UNSURE_VOWEL = re.compile(r"^(e[nmx]|i[mn]|su[bcfgprs]|per|un|dis|mis|trans|for|re|pre|ac(?=c)|ad)[^aeiou]")
_LATIN_ENDING = re.compile(r"(al|ent|ant|ence|ance|ive|ible)s?$")
# First parts of compounds, beside content words.
_COMPOUNDING = frozenset("any some out up down over under inter super after through mid off on".split())


def stresses(word: str, phones: tuple[str, ...] | None = None, *, verb: bool = False) -> tuple[int, ...]:
    """The stress of each syllable of one spoken word: 1 primary, 2 secondary, 0 none.

    ``phones`` is the pronunciation heard, by default the dictionary's; ``verb`` chooses between *a record* and *to record*.
    A function word of one syllable is unstressed; longer ones keep the stress of their citation form.
    """
    phones = phones or pronounce(word)
    count = syllable_count(phones)
    if count == 1:
        return (1 if is_content_word(word) else 0,)
    primary = primary_stress(word, phones, verb=verb)
    strengths = _strengths(word, phones)
    return tuple(1 if i == primary else 2 if abs(i - primary) == 2 and strengths[i] == 2 else 0 for i in range(count))


def primary_stress(word: str, phones: tuple[str, ...] | None = None, *, verb: bool = False) -> int:
    """Index of the syllable that carries the primary stress, 0 the first, of one spoken word (lower case)."""
    phones = phones or pronounce(word)
    last = syllable_count(phones) - 1
    if last == 0:
        return 0
    if word in _noun_verb_pairs():
        return int(verb)
    for find in (_excepted, _by_decisive_suffix, _from_stem, _behind_prefix, _of_compound):
        found = find(word)
        if found is not None:
            return max(0, min(found, last))
    return stress_by_rule(word, phones)


def stress_by_rule(word: str, phones: tuple[str, ...]) -> int:
    """Index of the stressed syllable by ending and vowels alone, without exceptions, stems or parts."""
    count = syllable_count(phones)
    if count == 2:
        return _of_two(word, phones)
    by_suffix = _by_suffix(word, phones, count)
    return _of_many(word, phones) if by_suffix is None else max(0, by_suffix)


def _excepted(word: str) -> int | None:
    return _exceptions().get(word)


def _by_decisive_suffix(word: str) -> int | None:
    return _from_end(word, syllable_count(pronounce(word)), _DECISIVE)


def _from_stem(word: str) -> int | None:
    """The stress of the stem under a neutral ending, when the stem is a known word of its own."""
    for suffix in _NEUTRAL_SUFFIXES:
        bare = word.removesuffix(suffix)
        if bare == word or len(bare) < 3 or (suffix == "s" and bare.endswith("s")):
            continue
        stems = [bare, f"{bare}e"] + ([f"{bare}y"] if suffix.startswith("i") else []) + ([bare[:-1]] if bare[-1] == bare[-2] else [])
        for stem in stems:
            if stem in _exceptions() or (len(stem) >= (_LONG_STEM if suffix in _DERIVING else _SHORTEST_STEM) and is_listed(stem)):
                return primary_stress(stem)
    return None


def _behind_prefix(word: str) -> int | None:
    for prefix, shortest in _NEUTRAL_PREFIXES.items():
        stem = word.removeprefix(prefix)
        if stem != word and len(stem) >= shortest and is_listed(stem) and syllable_count(pronounce(stem)) > 1:
            return primary_stress(stem) + syllable_count(pronounce(word)) - syllable_count(pronounce(stem))
    return None


def _of_compound(word: str) -> int | None:
    """The stress of the first part of a compound whose two parts are said as on their own (*news-paper*, *some-thing*)."""
    phones = pronounce(word)
    for cut in range(2, len(word) - 2):
        first, second = word[:cut], word[cut:]
        if not (_may_begin_compound(first) and len(second) > 2 and is_listed(second)):
            continue
        parts = pronounce(first) + pronounce(second)
        if len(parts) - len(phones) in (0, 1) and _is_subsequence(phones, parts):  # one phone may be swallowed: ev(e)ry-thing
            return primary_stress(first)
    return None


def _is_subsequence(phones: Sequence[str], of: Sequence[str]) -> bool:
    remaining = iter(of)
    return all(phone in remaining for phone in phones)


def _may_begin_compound(part: str) -> bool:
    return part in _COMPOUNDING or (len(part) > 2 and is_listed(part) and is_content_word(part) and not _WEAK_PREFIX.fullmatch(part))


def _from_end(word: str, count: int, endings: tuple[tuple[str, int], ...]) -> int | None:
    return next((count + syllable for ending, syllable in endings if re.search(f"(?:{ending})$", word)), None)


def _by_suffix(word: str, phones: tuple[str, ...], count: int) -> int | None:
    if _HIATUS.search(word):
        if _ends_in_hiatus(phones):
            return count - 3
        if not word.endswith(("ear", "eo")):
            return count - 2
    if re.search(r"(a|o|e)r(y|ies)$", word):
        full = phones[-3] in ("EH", "AO")  # *military*, against *factory*
        return count - (4 if full and count > 3 else 3)
    return _from_end(word, count, _SUFFIXES)


def _ends_in_hiatus(phones: tuple[str, ...]) -> bool:
    """Whether the last two vowels meet (IY AH in *median*, AH W AH in *gradual*), so that the ending makes two syllables."""
    vowels = [i for i, p in enumerate(phones) if is_vowel(p)]
    return len(vowels) > 1 and (vowels[-1] == vowels[-2] + 1 or phones[vowels[-2] + 1 : vowels[-1]] == ("W",))


def _of_two(word: str, phones: tuple[str, ...]) -> int:
    """Two syllables: the first, unless it is reduced or a weak prefix and the second is heavier."""
    first, second = _strengths(word, phones)
    second += phones[-_coda_weight(phones) - 1] == "ER" and phones[-1] != "ER"  # *return*, against *number*
    prefixed = bool(_WEAK_PREFIX.match(word)) and first < 2
    finality = (2.0 if prefixed else 0.0) + (second - first) * 1.5 + (0.5 if _coda_weight(phones) > 1 else 0.0)
    return int(finality > 1.4)  # chosen on words of the author's own list, not on the test's


def _of_many(word: str, phones: tuple[str, ...]) -> int:
    """Three or more syllables: the last but one if it is heavy, else the last but two (the Latin rule), reduced vowels passed over."""
    strengths = _strengths(word, phones)
    penult, count = strengths[-2], len(strengths)
    vowels = [p for p in phones if is_vowel(p)]
    heavy = penult == 2 or (penult == 1 and _closed(phones, count - 2))
    latin = vowels[-2] == "ER" and bool(_LATIN_ENDING.search(word)) and bool(re.search(r"[eiu]r[^aeiour]+(a|e|i)[a-z]+$", word))
    verbal = penult == 1 and strengths[-3] < 2 and bool(_WEAK_PREFIX.match(word))
    if heavy or latin or verbal or penult > strengths[-3]:
        return count - 2
    return count - 3


def _strengths(word: str, phones: tuple[str, ...]) -> tuple[int, ...]:
    """For each vowel 2 full, 1 middling, 0 reduced."""
    vowels = [p for p in phones if is_vowel(p)]
    letters = re.findall(r"[aeiouy]+", word)
    inner = [_strength(p, letters[i] if i < len(letters) else "") for i, p in enumerate(vowels)]
    inner[0] = _first_strength(word, vowels[0], letters[0] if letters else "")
    if is_vowel(phones[-1]) and phones[-1] in ("IY", "OW", "UW") and not word.endswith(("ee", "oo", "eau")):
        inner[-1] = 0
    return tuple(inner)


def _strength(phone: str, letters: str) -> int:
    return {"AH": 0, "ER": 0, "IH": 1}.get(phone, 2)


def _first_strength(word: str, phone: str, letters: str) -> int:
    """In front, AH spelled u is the full vowel of *cut*, IH spelled e is a prefix's, ER before a vowel letter is a schwa (*career*)."""
    unsure = bool(_UNSURE_VOWEL.match(word))
    if phone == "AH":
        return 0 if letters != "u" else 1 if unsure else 2
    if phone == "ER":
        return 0 if re.match(r"^[^aeiouy]*[aeo]rr?[aeiouy]", word) else 1 if unsure else 2
    if phone == "IH":
        return 0 if letters == "e" else 1
    return 1 if unsure else 2


def _closed(phones: Sequence[str], syllable: int) -> bool:
    """Whether two consonants follow the vowel of this syllable before the next one."""
    vowels = [i for i, p in enumerate(phones) if is_vowel(p)]
    return syllable + 1 < len(vowels) and vowels[syllable + 1] - vowels[syllable] > 2


def _coda_weight(phones: Sequence[str]) -> int:
    """How many consonants close the word."""
    return next((i for i, p in enumerate(reversed(phones)) if is_vowel(p)), 0)


@cache
def _exceptions() -> dict[str, int]:
    """Word -> index of its stressed syllable."""
    lines = resources.files("chironomia.agent").joinpath("stress_exceptions.txt").read_text(encoding="utf-8").splitlines()
    entries = (line.split(": ") for line in lines if not line.startswith("#"))
    return {word: int(syllable) - 1 for syllable, words in entries for word in words.split()}


@cache
def _noun_verb_pairs() -> frozenset[str]:
    """Words stressed on the first syllable as nouns and on the second as verbs."""
    return frozenset(
        "conduct conflict construct contest contract contrast convert convict decrease digest escort export extract finance import "
        "increase "
        "insult object permit present produce progress project protest rebel record refund reject subject suspect transfer transport "
        "upset".split()
    )
