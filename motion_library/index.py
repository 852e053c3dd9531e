"""The index: every text that says what a gesture means, as a vector to search by, exactly or through FAISS."""
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

EXACT = "Flat"
_TRAINED_ON = 131_072  # vectors at most that lists and codes are learned from: 128 for each of 1024 lists, FAISS asks for 39
_REFINED = 10  # times as many compressed vectors are fetched as asked for, and compared again in full
_COMPRESSED = re.compile(r"PQ|SQ|RQ|LSH|RaBitQ")
_WORTH_A_GPU = 100_000  # vectors; fewer are compared on the CPU before a GPU has answered
_AT_ONCE = 2**24  # similarities held at once by the exact search: 64 MB


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
    """Unit vectors (N, d), searched by inner product, so by cosine.

    ``factory`` is a FAISS factory string: ``Flat`` compares with every vector, ``HNSW32_SQ8``, ``IVF4096,SQ8`` or ``IVF1024,PQ64`` are
    for large libraries; what compressed codes find is compared again with the vectors themselves. ``tuning`` sets search parameters
    (``efSearch=128``; ``nprobe=32,refine=8``), by size if empty. ``path`` is a file of :meth:`save`, mapped into memory, not read;
    without it the index is built at the first search. ``embedder`` is the identity of the embedder that made the vectors; queries
    of another are refused. Raises ValueError for vectors that are not finite, or a factory or tuning that FAISS does not know.
    """

    def __init__(self, vectors: Tensor, embedder: str, factory: str = EXACT, *, tuning: str = "", path: Path | None = None) -> None:
        # A sum shows what is not finite without a second array of that size.
        if vectors.ndim != 2 or not bool(torch.isfinite(vectors.sum())):
            raise ValueError(f"an index needs finite vectors (N, d), got {tuple(vectors.shape)}; build the library again")
        self.vectors, self.embedder, self.factory = vectors.float().cpu().contiguous(), embedder, factory
        self.tuning, self._path = tuning, path
        if not self.exact and path is None:
            new_index(self.vectors.shape[1], factory, tuning)  # refuses what FAISS does not know before anything is searched
        self._parameters, self._refined = _read_tuning(tuning or default_tuning(factory, len(self)))

    def __len__(self) -> int:
        return int(self.vectors.shape[0])

    @property
    def exact(self) -> bool:
        return self.factory == EXACT

    def search(self, queries: Tensor, depth: int, embedder: str) -> list[list[Hit]]:
        """The ``depth`` nearest texts of each query (Q, d), best first; fewer if the index holds or finds fewer."""
        similarities, rows = self.nearest(queries, depth, embedder)
        return [
            [Hit(r, s) for r, s in zip(found, near, strict=True) if r >= 0]
            for found, near in zip(rows.tolist(), similarities.tolist(), strict=True)
        ]

    def nearest(self, queries: Tensor, depth: int, embedder: str) -> tuple[Tensor, Tensor]:
        """Similarities (Q, depth) float32, largest first, and rows (Q, depth) int64, -1 where nothing more was found."""
        self.refuse_other(embedder)
        queries, depth = queries.float().cpu().contiguous(), min(depth, len(self))
        if depth == 0 or len(queries) == 0:
            return torch.zeros(len(queries), depth), torch.zeros(len(queries), depth, dtype=torch.int64)
        if self.exact and not self._on_gpu:
            found = [torch.topk(q @ self.vectors.T, depth) for q in torch.split(queries, max(1, _AT_ONCE // len(self)))]
            return torch.cat([f.values for f in found]), torch.cat([f.indices for f in found])
        with _one_faiss_thread():
            near, rows = self._faiss.search(queries.numpy(), min(depth * self._refined, len(self)))
        return self._refine(queries, torch.from_numpy(near), torch.from_numpy(rows), depth)

    def refuse_other(self, embedder: str) -> None:
        """ValueError unless ``embedder`` is the identity of the one that made the vectors."""
        if embedder != self.embedder:
            raise ValueError(
                f"the library's index was made by the embedder {self.embedder!r}, but the query comes from {embedder!r}; "
                f"search with the same embedder or rebuild the library with the new one (chironomia library build)"
            )

    def _refine(self, queries: Tensor, near: Tensor, rows: Tensor, depth: int) -> tuple[Tensor, Tensor]:
        """The ``depth`` best of ``rows`` by their exact similarities; a row -1 stays last."""
        if self._refined > 1:
            exact = torch.einsum("qnd,qd->qn", self.vectors[rows.clamp(min=0)], queries)
            near, order = torch.where(rows >= 0, exact, -torch.inf).topk(depth)
            rows = rows.gather(1, order)
        return near, rows

    def save(self, path: Path) -> None:
        """Write the FAISS index to ``path``; an exact search needs none."""
        import faiss

        faiss.write_index(self._on_cpu, str(path))

    @cached_property
    def _faiss(self) -> Any:
        import faiss

        return faiss.index_cpu_to_all_gpus(self._on_cpu) if self._on_gpu else self._on_cpu

    @cached_property
    def _on_gpu(self) -> bool:
        """Whether FAISS has a GPU and the kind of index a form for it; graphs have none."""
        if len(self) < _WORTH_A_GPU or "HNSW" in self.factory:
            return False
        import faiss

        return hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0

    @cached_property
    def _on_cpu(self) -> Any:
        import faiss

        if self._path is None:
            index = _build(self.vectors, self.factory)
        else:
            # The newer flag maps every kind of index, the older one inverted lists only.
            index = faiss.read_index(str(self._path), getattr(faiss, "IO_FLAG_MMAP_IFC", faiss.IO_FLAG_MMAP))
            if (index.ntotal, index.d) != tuple(self.vectors.shape):
                raise ValueError(
                    f"{self._path} holds {index.ntotal} vectors of length {index.d}, the library {tuple(self.vectors.shape)}; "
                    f"build it again with: chironomia library build"
                )
        _tune(index, self.factory, self._parameters)
        return index


_TUNING = "expected efSearch=N for HNSW, nprobe=N for IVF, refine=N for either"


def default_tuning(factory: str, size: int) -> str:
    """Search parameters that reached a recall of 0.95 among the ten nearest in the measurements of docs/retrieval.md."""
    refine = f"refine={_REFINED}" if _COMPRESSED.search(factory) else "refine=1"
    if lists := re.search(r"IVF(\d+)", factory):
        return f"nprobe={max(1, int(lists[1]) // 16)},{refine}"
    return f"efSearch={256 if size <= 200_000 else 512},{refine}" if "HNSW" in factory else refine


def _read_tuning(tuning: str) -> tuple[str, int]:
    """Parameters for FAISS, and how many times as many vectors are fetched as asked for."""
    parts = [part.strip() for part in tuning.split(",")]
    if bad := [part for part in parts if not re.fullmatch(r"[A-Za-z_]+=[1-9]\d*", part)]:
        raise ValueError(f"cannot read {bad[0]!r} in the search parameters {tuning!r}; {_TUNING}")
    refined = [int(part.removeprefix("refine=")) for part in parts if part.startswith("refine=")]
    return ",".join(part for part in parts if not part.startswith("refine=")), (refined or [1])[-1]


def new_index(dimension: int, factory: str, tuning: str = "") -> Any:
    """An empty FAISS index; ValueError if FAISS cannot read the factory string or does not know a parameter of ``tuning``."""
    import faiss

    try:
        index = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        raise ValueError(f"expected a FAISS factory string such as 'Flat', 'HNSW32' or 'IVF256,PQ64', got {factory!r}") from error
    _tune(index, factory, _read_tuning(tuning)[0] if tuning else "")
    return index


def _tune(index: Any, factory: str, parameters: str) -> None:
    import faiss

    space: Any = faiss.ParameterSpace()
    try:
        if parameters:
            space.set_index_parameters(index, parameters)
    except RuntimeError as error:
        raise ValueError(f"an index {factory!r} has no search parameter {parameters!r}; {_TUNING}") from error


def _build(vectors: Tensor, factory: str) -> Any:
    index, rows = new_index(vectors.shape[1], factory), vectors.numpy()
    try:
        if not index.is_trained:
            index.train(rows[:: -(-len(rows) // _TRAINED_ON)])
    except RuntimeError as error:
        raise ValueError(f"{len(rows)} texts are too few to learn an index {factory!r} from; use Flat, or fewer lists") from error
    index.add(rows)
    return index


@contextmanager
def _one_faiss_thread() -> Iterator[None]:
    """A query is too small to share between threads (see threads.py)."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
