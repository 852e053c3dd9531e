"""Likeness: how near the texts of gestures are to a query, kind by kind, by their middle, and by the rare words they share."""
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from chironomia.motion_library.index import IndexedText, TextKind
from chironomia.motion_library.weights import Weights

RIGHT = (TextKind.MEANING, TextKind.FITS, TextKind.DESCRIPTION)
_COMMON = 1.5  # log of the share of gestures that a word may occur with and still count: one in 4.5
_ENDINGS = re.compile(r"(ing|ed|es|s|ly|er)$")
_STEMMED = 4  # letters; shorter words keep their endings, or "bed" and "us" lose their hearts


@dataclass(frozen=True)
class TextBlock:
    """The texts of G gestures: vectors (T, d), owner (T,) in 0..G-1, kind (T,), and the length (G,) of each gesture's mean vector."""

    gestures: Tensor  # (G,) their numbers in the library
    rows: Tensor  # (T,) the texts' rows in the index
    vectors: Tensor
    owner: Tensor
    kind: Tensor
    right: Tensor  # (T,) 1 / number of the gesture's right texts, 0 for wrong ones
    centre: Tensor

    def best(self, similarities: Tensor, kind: TextKind) -> Tensor:
        """The largest of ``similarities`` (T,) for each gesture (G,) among its texts of one kind; -inf where it has none."""
        kept = torch.where(self.kind == list(TextKind).index(kind), similarities, -torch.inf)
        return torch.full((len(self.gestures),), -torch.inf).scatter_reduce(0, self.owner, kept, "amax")

    def likeness(self, similarities: Tensor, weights: Weights) -> Tensor:
        """Likeness (G,) from the similarities (T,) of a query to all texts: by the nearest of each kind, and to their middle."""
        total, norm = torch.zeros(len(self.gestures)), torch.zeros(len(self.gestures))
        for kind, weight in zip(RIGHT, (weights.meaning, weights.fits, weights.description), strict=True):
            best = self.best(similarities, kind)
            total += weight * torch.where(best.isfinite(), best, 0.0)  # a kind that is missing has no say
            norm += weight * best.isfinite()
        middle = torch.zeros(len(self.gestures)).index_add_(0, self.owner, similarities * self.right) / self.centre
        return (1 - weights.centre) * total / norm.clamp(min=1e-6) + weights.centre * middle


def text_block(texts: Sequence[IndexedText], rows: Tensor, vectors: Tensor) -> TextBlock:
    """The texts at ``rows`` (T,), which hold all texts of some gestures; ``vectors`` (T, d) are theirs."""
    chosen = [texts[row] for row in rows.tolist()]
    gestures, owner = torch.unique(torch.tensor([text.gesture for text in chosen]), return_inverse=True)
    kind = torch.tensor([list(TextKind).index(text.kind) for text in chosen])
    is_right = (kind != list(TextKind).index(TextKind.WRONG)).float()
    count = torch.zeros(len(gestures)).index_add_(0, owner, is_right)
    right = is_right / count[owner].clamp(min=1.0)
    centre = torch.zeros(len(gestures), vectors.shape[1]).index_add_(0, owner, vectors * right[:, None]).norm(dim=-1)
    return TextBlock(gestures, rows, vectors, owner, kind, right, centre.clamp(min=1e-6))


def stems(text: str) -> dict[str, str]:
    """The words of a text, by what is left of them without their commonest endings."""
    words = re.findall(r"[a-z']+", text.lower().replace("’", "'"))
    return {_ENDINGS.sub("", word) if len(word) > _STEMMED else word: word for word in words}


class RareWords:
    """Which gestures have which word in a meaning or an example, and how rare it is among ``gestures`` gestures."""

    def __init__(self, texts: Sequence[IndexedText], gestures: int) -> None:
        found: defaultdict[str, set[int]] = defaultdict(set)
        for text in texts:
            if text.kind in (TextKind.MEANING, TextKind.FITS):
                for stem in stems(text.text):
                    found[stem].add(text.gesture)
        worth = {stem: math.log(gestures / len(owners)) - _COMMON for stem, owners in found.items()}
        self._owners = {stem: (worth[stem], frozenset(owners)) for stem, owners in found.items() if worth[stem] > 0}

    def shared(self, text: str) -> dict[int, list[tuple[float, str]]]:
        """For each gesture that shares rare words with ``text``: their worth (a logarithm) and the words, rarest first."""
        shared: defaultdict[int, list[tuple[float, str]]] = defaultdict(list)
        for worth, stem, word in sorted(((self._owners[s][0], s, w) for s, w in stems(text).items() if s in self._owners), reverse=True):
            for gesture in self._owners[stem][1]:
                shared[gesture].append((worth, word))
        return shared
