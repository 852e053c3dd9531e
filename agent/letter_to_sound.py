"""Letter-to-sound: phones for words that are in no dictionary, by ordered context rules (after the form of Elovitz et al. 1976)."""
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

_CLASSES = {"V": "[aeiouy]", "C": "[bcdfghjklmnpqrstvwxyz]"}
_VOWEL_PHONE = re.compile(r"^(A[AEHOWY]|E[HRY]|I[HY]|O[WY]|U[HW])$")
_LETTER_NAMES = {  # for words without a vowel letter, which are said by their letters
    "b": "B IY", "c": "S IY", "d": "D IY", "f": "EH F", "g": "JH IY", "h": "EY CH", "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M",
    "n": "EH N", "p": "P IY", "q": "K Y UW", "r": "AA R", "s": "EH S", "t": "T IY", "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S",
    "z": "Z IY",
}  # fmt: skip
_PLAIN_SYLLABLE = ("T", "AH")  # stands for a syllable of which only its existence is known
_LETTERS_PER_SYLLABLE = 2.5  # in alphabets we do not read


@dataclass(frozen=True)
class _Rule:
    letters: str
    before: re.Pattern[str]
    after: re.Pattern[str]
    phones: tuple[str, ...]


def spell_out(word: str) -> tuple[str, ...]:
    """The phones of a word by its letters, at least one vowel.

    Accents are dropped; a character of a script without letters (Chinese, Japanese) counts as one syllable, other alphabets
    as one syllable in about two and a half letters.
    """
    plain = without_accents(word.lower().replace("é", "ay"))  # the one accent that English hears: café, résumé
    latin = "".join(c for c in plain if "a" <= c <= "z")
    phones = _by_rules(latin)
    foreign = [c for c in plain if c.isalnum() and not c.isascii()]
    ideographs = sum(_is_syllabic(c) for c in foreign)
    syllables = ideographs + round((len(foreign) - ideographs) / _LETTERS_PER_SYLLABLE + 0.2)
    phones += _PLAIN_SYLLABLE * syllables
    return phones if any(_VOWEL_PHONE.match(p) for p in phones) else (*phones, "AH")


def without_accents(word: str) -> str:
    """The word with its letters' accents taken off: naive for naïve."""
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def _by_rules(latin: str) -> tuple[str, ...]:
    if not any(c in "aeiouy" for c in latin):
        return tuple(phone for c in latin for phone in _LETTER_NAMES[c].split())
    phones: list[str] = []
    i = 0
    while i < len(latin):
        rule = next(r for r in _rules()[latin[i]] if _fits(r, latin, i))
        phones += rule.phones
        i += len(rule.letters)
    return tuple(phones)


def _fits(rule: _Rule, word: str, i: int) -> bool:
    end = i + len(rule.letters)
    return word.startswith(rule.letters, i) and bool(rule.before.search(word[:i])) and bool(rule.after.match(word[end:]))


def _is_syllabic(c: str) -> bool:
    return unicodedata.name(c, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))


@cache
def _rules() -> dict[str, tuple[_Rule, ...]]:
    text = resources.files("chironomia.agent").joinpath("letter_to_sound.txt").read_text(encoding="utf-8")
    by_letter: dict[str, list[_Rule]] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        letters, before, after, phones = (part.strip() for part in re.split(r" \|(?= )", line))
        rule = _Rule(letters, _context(f"(?:{before})$"), _context(f"(?:{after})"), tuple(phones.replace("-", "").split()))
        by_letter.setdefault(letters[0], []).append(rule)
    return {letter: tuple(rules) for letter, rules in by_letter.items()}


def _context(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_CLASSES.get(c, c) for c in pattern))
