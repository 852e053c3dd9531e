"""Likeness: how near the texts of gestures are to a query, kind by kind and by their middle."""
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from chironomia.motion_library.index import IndexedText, TextKind
from chironomia.motion_library.weights import Weights

RIGHT = (TextKind.MEANING, TextKind.FITS, TextKind.DESCRIPTION)
_KINDS = list(TextKind)


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

    def best(self, similarities: Tensor) -> dict[TextKind, Tensor]:
        """The largest of ``similarities`` (T,) for each gesture (G,) among its texts of each kind; -inf where it has none."""
        count = len(self.gestures)
        none = torch.full((len(_KINDS) * count,), -torch.inf)
        best = none.scatter_reduce(0, self.kind * count + self.owner, similarities, "amax")
        return dict(zip(_KINDS, best.view(len(_KINDS), count), strict=True))

    def likeness(self, similarities: Tensor, weights: Weights) -> Tensor:
        """Likeness (G,) from the similarities (T,) of a query to all texts: by the nearest of each kind, and to their middle."""
        nearest = self.best(similarities)
        total, norm = torch.zeros(len(self.gestures)), torch.zeros(len(self.gestures))
        for kind, weight in zip(RIGHT, (weights.meaning, weights.fits, weights.description), strict=True):
            best = nearest[kind]
            total += weight * torch.where(best.isfinite(), best, 0.0)  # a kind that is missing has no say
            norm += weight * best.isfinite()
        middle = torch.zeros(len(self.gestures)).index_add_(0, self.owner, similarities * self.right) / self.centre
        return (1 - weights.centre) * total / norm.clamp(min=1e-6) + weights.centre * middle


def text_block(texts: Sequence[IndexedText], rows: Tensor, vectors: Tensor) -> TextBlock:
    """The texts at ``rows`` (T,), which hold all texts of some gestures; ``vectors`` (T, d) are theirs."""
    chosen = [texts[row] for row in rows.tolist()]
    gestures, owner = torch.unique(torch.tensor([text.gesture for text in chosen]), return_inverse=True)
    kind = torch.tensor([_KINDS.index(text.kind) for text in chosen])
    is_right = (kind != _KINDS.index(TextKind.WRONG)).float()
    count = torch.zeros(len(gestures)).index_add_(0, owner, is_right)
    right = is_right / count[owner].clamp(min=1.0)
    centre = torch.zeros(len(gestures), vectors.shape[1]).index_add_(0, owner, vectors * right[:, None]).norm(dim=-1)
    return TextBlock(gestures, rows, vectors, owner, kind, right, centre.clamp(min=1e-6))
