"""Library: gestures with their clips, and the index over what they mean."""
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import normalize

from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.embed import Embedder
from chironomia.motion_library.index import EXACT, IndexedText, TextIndex, texts_of
from chironomia.motion_library.likeness import RIGHT, TextBlock, text_block
from chironomia.motion_library.shared_words import SharedWords


@dataclass(frozen=True)
class Library:
    """A searchable library. ``content`` is the hash of what it was made from; row i of ``index`` embeds ``texts[i]``."""

    gestures: tuple[Gesture, ...]
    index: TextIndex
    embedder: Embedder
    content: str

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.index):
            raise ValueError(f"the library's gestures have {len(self.texts)} texts but its index {len(self.index)} vectors; build it again")
        if len(self._by_id) != len(self.gestures):
            ids = [g.id for g in self.gestures]
            raise ValueError(f"gesture ids must be unique, but these come twice: {sorted({i for i in ids if ids.count(i) > 1})}")

    @cached_property
    def texts(self) -> tuple[IndexedText, ...]:
        return texts_of(self.gestures)

    @cached_property
    def all_texts(self) -> TextBlock:
        """The texts of all gestures, ready to be compared."""
        return text_block(self.texts, torch.arange(len(self.texts)), self.index.vectors)

    def texts_of(self, gestures: Tensor) -> TextBlock:
        """The texts of some gestures, by their numbers (G,)."""
        rows = torch.cat([torch.arange(*self._spans[number]) for number in gestures.tolist()])
        return text_block(self.texts, rows, self.index.vectors[rows])

    def middle(self, gesture: int) -> Tensor:
        """The unit vector (d,) amid all right texts of a gesture, by its number."""
        right = [row for row in range(*self._spans[gesture]) if self.texts[row].kind in RIGHT]
        return normalize(self.index.vectors[right].mean(0), dim=0)

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        counts = torch.bincount(torch.tensor([text.gesture for text in self.texts]), minlength=len(self.gestures))
        ends = counts.cumsum(0).tolist()
        return list(zip([0, *ends], ends, strict=False))

    @cached_property
    def words(self) -> SharedWords:
        return SharedWords(self.texts, len(self.gestures))

    @cached_property
    def _by_id(self) -> dict[str, Gesture]:
        return {gesture.id: gesture for gesture in self.gestures}

    @cached_property
    def _clips(self) -> dict[str, Clip]:
        return {clip.id: clip for gesture in self.gestures for clip in gesture.clips}

    def has(self, gesture: str) -> bool:
        """Whether there is a gesture of this id."""
        return gesture in self._by_id

    def gesture(self, id: str) -> Gesture:
        """The gesture of this id; ValueError with the nearest ids if there is none."""
        if id not in self._by_id:
            raise ValueError(_unknown("gesture", id, list(self._by_id)))
        return self._by_id[id]

    def clip(self, id: str) -> Clip:
        """The clip of this id, compiled if it is one aimed at a place (``aimed``); ValueError with the nearest ids if there is none."""
        if id not in self._clips and "@" in id:
            from chironomia.motion_library.aimed import aimed_clip

            self.gesture(id.partition(".")[0])
            return aimed_clip(id)
        if id not in self._clips:
            raise ValueError(_unknown("clip", id, list(self._clips)))
        return self._clips[id]


def make_library(
    gestures: tuple[Gesture, ...],
    embedder: Embedder,
    *,
    vectors: Tensor | None = None,
    content: str = "unsaved",
    factory: str = EXACT,
    tuning: str = "",
) -> Library:
    """A library in memory from compiled gestures. ValueError if there is no gesture.

    ``vectors`` (T, d) are those of ``texts_of(gestures)``; they are made here if not given.
    """
    if not gestures:
        raise ValueError("a library needs at least one gesture, got none")
    if vectors is None:
        vectors = embedder.encode([text.text for text in texts_of(gestures)])
    return Library(gestures, TextIndex(vectors, embedder.identity, factory, tuning=tuning), embedder, content)


def _unknown(kind: str, id: str, known: list[str]) -> str:
    near = get_close_matches(id, known, n=3, cutoff=0.4) or sorted(known)[:3]
    return f"unknown {kind} {id!r}; the nearest of {len(known)} are {', '.join(near)} (see: chironomia library list)"
