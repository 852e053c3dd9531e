"""The index: every text that says what a gesture means, as a vector that FAISS can search."""
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor


class TextKind(StrEnum):
    """What a text says of its gesture. ``wrong`` texts are negatives: the gesture must not be used for them."""

    DESCRIPTION = "description"
    MEANING = "meaning"
    FITS = "fits"
    WRONG = "wrong"


@dataclass(frozen=True)
class IndexedText:
    """One text of the gesture number ``gesture``."""

    gesture: int
    kind: TextKind
    text: str


class Described(Protocol):
    """What says in words what it means: a gesture, or the notation that it is compiled from."""

    @property
    def description(self) -> str: ...

    @property
    def meanings(self) -> tuple[str, ...]: ...

    @property
    def fits(self) -> tuple[str, ...]: ...

    @property
    def wrong(self) -> tuple[str, ...]: ...


def texts_of(gestures: Sequence[Described]) -> tuple[IndexedText, ...]:
    """All texts of all gestures, in their order: description, meanings, examples that fit, examples that would be wrong."""
    rows: list[IndexedText] = []
    for number, gesture in enumerate(gestures):
        rows.append(IndexedText(number, TextKind.DESCRIPTION, gesture.description))
        for kind, texts in ((TextKind.MEANING, gesture.meanings), (TextKind.FITS, gesture.fits), (TextKind.WRONG, gesture.wrong)):
            rows += [IndexedText(number, kind, text) for text in texts]
    return tuple(rows)


@dataclass(frozen=True)
class Hit:
    """A text found, with its cosine similarity to the query, -1 to 1."""

    row: int
    similarity: float


class TextIndex:
    """Unit vectors (N, d) under a FAISS index; search is by inner product, so by cosine.

    ``factory`` is a FAISS factory string (``Flat`` is exact; ``IVF256,Flat`` or ``HNSW32`` for large libraries). A GPU is used where
    FAISS was built for one. ``embedder`` is the identity of the embedder that made the vectors; queries of another are refused.
    """

    def __init__(self, vectors: Tensor, embedder: str, factory: str = "Flat") -> None:
        if vectors.ndim != 2 or not bool(torch.isfinite(vectors).all()):
            raise ValueError(f"an index needs finite vectors (N, d), got {tuple(vectors.shape)}; build the library again")
        self.vectors, self.embedder, self.factory = vectors.float().cpu().contiguous(), embedder, factory

    def __len__(self) -> int:
        return int(self.vectors.shape[0])

    @cached_property
    def _faiss(self) -> Any:
        import faiss

        try:
            index = faiss.index_factory(self.vectors.shape[1], self.factory, faiss.METRIC_INNER_PRODUCT)
        except RuntimeError as error:
            raise ValueError(f"expected a FAISS factory string such as 'Flat' or 'IVF256,Flat', got {self.factory!r}") from error
        if hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0:
            index = faiss.index_cpu_to_all_gpus(index)
        rows = self.vectors.numpy()
        if not index.is_trained:
            index.train(rows)
        index.add(rows)
        return index

    def search(self, queries: Tensor, depth: int, embedder: str) -> list[list[Hit]]:
        """The ``depth`` nearest texts of each query (Q, d), best first; fewer if the index holds fewer."""
        if embedder != self.embedder:
            raise ValueError(
                f"the library's index was made by the embedder {self.embedder!r}, but the query comes from {embedder!r}; "
                f"search with the same embedder or rebuild the library with the new one (chironomia library build)"
            )
        depth = min(depth, len(self))
        if depth == 0 or len(queries) == 0:
            return [[] for _ in range(len(queries))]
        similarities, rows = self._faiss.search(queries.float().cpu().contiguous().numpy(), depth)
        return [
            [Hit(int(r), float(s)) for r, s in zip(row, line, strict=True) if r >= 0]
            for row, line in zip(rows, similarities, strict=True)
        ]
