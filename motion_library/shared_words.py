"""Shared words: what a query and the texts of a gesture have in common word for word, the rarer the more.

Vectors tell topics apart; idioms and turns of phrase ("fingers crossed") are told by their very words, so pairs of neighbours count
as words, too. Worth by BM25 (Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework", eq. 3.15), a gesture as one document.
"""
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from chironomia.motion_library.index import IndexedText, TextKind
from chironomia.motion_library.inflection import stem

_SATURATION = 1.2  # k1: the second text with the word adds less than the first; the usual value
_BY_LENGTH = 0.5  # b: how far many texts, which share a word by chance more often, count for less
_TOLD = 1.5  # worth of a word that is named among the reasons: some one gesture in five or fewer has it


def terms(text: str) -> dict[str, str]:
    """The words of a text and the pairs of neighbours as they stand there, by their stems."""
    words = [(stem(word), word) for word in re.findall(r"[a-z']+", text.lower().replace("’", "'"))]
    return dict([*words, *((f"{a} {b}", f"{said} {next_said}") for (a, said), (b, next_said) in pairwise(words))])


@dataclass(frozen=True)
class Shared:
    """What a query shares: number of the term, gesture and worth (S,) of each find, and the sum of worth for each gesture (G,)."""

    terms: Sequence[str]
    term: Tensor
    owner: Tensor
    worth: Tensor
    total: Tensor

    def told(self, gesture: int) -> list[str]:
        """The terms that count most for a gesture, rarest first."""
        mine = (self.owner == gesture) & (self.worth >= _TOLD)
        order = self.worth[mine].argsort(descending=True, stable=True)
        return [self.terms[number] for number in self.term[mine][order].tolist()]


class SharedWords:
    """Which of ``gestures`` gestures have which word, or pair of words, in a meaning or an example, and what it is worth to share it."""

    def __init__(self, texts: Sequence[IndexedText], gestures: int) -> None:
        self._number: dict[str, int] = {}
        finds = array("q")
        for text in texts:
            if text.kind in (TextKind.MEANING, TextKind.FITS):
                finds.extend(self._number.setdefault(term, len(self._number)) * gestures + text.gesture for term in terms(text.text))
        pairs, times = torch.unique(torch.tensor(finds, dtype=torch.int64), return_counts=True)
        term, self._owner, self._gestures = pairs // gestures, pairs % gestures, gestures
        owners = torch.bincount(term, minlength=len(self._number))
        length = torch.bincount(self._owner, weights=times.float(), minlength=gestures).float()
        slack = _SATURATION * (1 - _BY_LENGTH + _BY_LENGTH * length / length.mean().clamp(min=1.0))
        rarity = torch.log(1 + (gestures - owners + 0.5) / (owners + 0.5))
        self._worth = rarity[term] * times * (_SATURATION + 1) / (times + slack[self._owner])
        ends = owners.cumsum(0).tolist()
        self._spans = list(zip([0, *ends], ends, strict=False))

    def shared(self, text: str) -> Shared:
        """What ``text`` shares with every gesture."""
        known = {term: said for term, said in terms(text).items() if term in self._number}
        spans = [self._spans[self._number[term]] for term in known]
        rows = torch.cat([torch.arange(*span) for span in spans]) if spans else torch.zeros(0, dtype=torch.int64)
        term = torch.repeat_interleave(torch.tensor([after - first for first, after in spans], dtype=torch.int64))
        owner, worth = self._owner[rows], self._worth[rows].float()
        return Shared(tuple(known.values()), term, owner, worth, torch.zeros(self._gestures).index_add_(0, owner, worth))
