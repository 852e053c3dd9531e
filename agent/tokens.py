"""Tokens: the spoken words of an utterance as single forms, contractions taken apart, for finding cues in."""
import re
from collections.abc import Sequence
from dataclasses import dataclass

from chironomia.agent.transcript import Utterance

_WHOLE = {
    "i'm": "i am", "can't": "cannot", "won't": "will not", "shan't": "shall not", "let's": "let us", "gonna": "going to",
    "wanna": "want to", "gotta": "got to", "dunno": "do not know", "ain't": "is not", "okay": "ok",
}  # fmt: skip
_IS_HOSTS = frozenset("here there that it what who where how he she nobody everything everyone when why this one".split())
_CLITICS = {"n't": "not", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would", "'m": "am", "'s": "s"}


@dataclass(frozen=True)
class Token:
    """One form, lower case; ``word`` is the index of the word it belongs to. ``begins`` and ``ends`` say whether a clause does."""

    form: str
    word: int
    begins: bool
    ends: bool


def tokens_of(utterance: Utterance) -> list[Token]:
    """The tokens of all words in order: "don't" gives do + not, "twenty-five" twenty + five."""
    starts = {first for first, _ in utterance.sentences}
    lasts = {after - 1 for _, after in utterance.sentences}
    return _tokens([(word.text, word.spoken) for word in utterance.words], starts, lasts)


def tokens_of_text(text: str) -> list[Token]:
    """The tokens of a short text that is not spoken, such as a search."""
    words = [(word, word) for word in text.split()]
    return _tokens(words, {0}, {len(words) - 1})


def _tokens(words: Sequence[tuple[str, str]], starts: set[int], lasts: set[int]) -> list[Token]:
    tokens: list[Token] = []
    begins = True
    for i, (text, spoken) in enumerate(words):
        forms = [form for part in re.split(r"[\s\-–—/]+", spoken.lower().replace("\u2019", "'")) for form in _forms(part)] or [""]
        ends = i in lasts or bool(re.search(r"[,;:.!?…—–)\]]['\"”’)]*$", text))
        begins = begins or i in starts or text[:1] in "(—–"
        tokens += [Token(f, i, begins and k == 0, ends and k == len(forms) - 1) for k, f in enumerate(forms)]
        begins = ends
    return tokens


def _forms(part: str) -> list[str]:
    part = part.strip(".,;:!?…\"“”()[]*_")
    part = part.strip("'") if part not in _WHOLE else part
    if part in _WHOLE:
        return _WHOLE[part].split()
    for clitic, full in _CLITICS.items():
        host = part.removesuffix(clitic)
        if host != part and host:
            return [host, "is" if clitic == "'s" and host in _IS_HOSTS else full]
    return [part] if part else []
