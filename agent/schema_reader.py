"""The schema reader: which words of a sentence evoke which image schema, with calibrated probabilities, or none.

``read_schemas(["Prices fell."])`` gives ``[[SchemaReading(DOWN, 0.99, (1, 2))]]``. docs/reader.md says how it was trained, what it
reaches and where it is weak.
"""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import torch
from torch import Tensor

from chironomia.agent.schema_net import SCHEMAS, SchemaNet, batched
from chironomia.agent.spoken import SpokenWord, spoken_words
from chironomia.motion_library.embed import load_embedder
from chironomia.motion_library.minilm import BertEncoder
from chironomia.motion_library.threads import one_thread
from chironomia.motion_library.vocabulary import ImageSchema

WEIGHTS = "schema_reader.npz"
_LONGEST = 60  # words read at once: twice the longest sentence of the corpus; the encoder cuts off after 256 tokens
_BATCH = 32  # sentences; bounds memory to some 50 MB
_SPAN = 0.2  # words beside the likeliest belong to its span if at least so likely, as a share of it; best of 0.2 to 0.65 on the dev themes


@dataclass(frozen=True)
class SchemaReading:
    """Words [first, after last) that evoke a schema, and how probable it is (0 to 1, calibrated) that a reader would say so."""

    schema: ImageSchema
    probability: float
    words: tuple[int, int]


@dataclass(frozen=True)
class Calibration:
    """Probability = sigmoid(scale * logit + shift) (Platt 1999); below ``threshold`` the reader abstains."""

    scale: float
    shift: float
    threshold: float

    def __call__(self, logits: Tensor) -> Tensor:
        return torch.sigmoid(self.scale * logits + self.shift)


@dataclass(frozen=True)
class Piece:
    """A sentence, or a part of an endless one: its words, and the index of the first of them in the text."""

    text: str
    words: tuple[SpokenWord, ...]
    first: int

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Half-open spans of the words' characters in ``text``."""
        start = self.words[0].span[0]
        return [(word.span[0] - start, word.span[1] - start) for word in self.words]


class SchemaReader:
    """A network with its calibration."""

    def __init__(self, net: SchemaNet, calibration: Calibration) -> None:
        self.net, self.calibration = net, calibration

    @torch.inference_mode()
    def read(self, texts: Sequence[str], threshold: float | None = None) -> list[list[SchemaReading]]:
        """See :func:`read_schemas`."""
        least = self.calibration.threshold if threshold is None else threshold
        readings: list[list[SchemaReading]] = [[] for _ in texts]
        pieces = [(k, piece) for k, text in enumerate(texts) for piece in pieces_of(text)]
        for (k, piece), p in zip(pieces, self.probabilities([piece for _, piece in pieces]), strict=True):
            readings[k] += [r for s, schema in enumerate(SCHEMAS) for r in _readings(schema, p[:, s].tolist(), least, piece.first)]
        return [sorted(found, key=lambda r: (-r.probability, r.words, r.schema)) for found in readings]

    def probabilities(self, pieces: Sequence[Piece]) -> Iterator[Tensor]:
        """The probability (N, 50) of each schema at each word of each piece, in order."""
        for at in range(0, len(pieces), _BATCH):
            some = pieces[at : at + _BATCH]
            batch = batched(self.net.see([piece.text for piece in some], [piece.spans for piece in some]))
            for piece, p in zip(some, self.calibration(self.net.logits(batch)), strict=True):
                yield p[: len(piece.words)]


def read_schemas(texts: Sequence[str], *, threshold: float | None = None) -> list[list[SchemaReading]]:
    """What image schemas the words of each text evoke, the most probable first; an empty list where there is none.

    Words are counted as :func:`chironomia.agent.transcript.transcribe` counts them; a text may have several sentences, each is read by
    itself. A schema has one reading for each span that evokes it. ``threshold`` (0 to 1) replaces the one chosen on the dev themes: 0
    gives all 50 schemas for each sentence, ranked. Equal texts give equal readings, alone or among others, up to rounding. A text
    without words (blank, emoji) has no readings. ValueError for a threshold outside 0 to 1.
    """
    if threshold is not None and not 0.0 <= threshold <= 1.0:
        raise ValueError(f"threshold: expected a probability from 0 to 1, got {threshold}")
    with one_thread():
        return bundled_reader().read(texts, threshold)


@cache
def bundled_reader() -> SchemaReader:
    """The reader that comes with the project, loaded once a process. ValueError if the bundled encoder is not the one it was trained on."""
    encoder = load_embedder()
    assert isinstance(encoder, BertEncoder)
    with files("chironomia.agent").joinpath(WEIGHTS).open("rb") as file, np.load(file) as stored:
        arrays = dict(stored)
    trained_on = str(arrays.pop("encoder"))
    if trained_on != encoder.identity:
        raise ValueError(f"expected the encoder {trained_on}, on which the schema reader was trained, got {encoder.identity}; reinstall")
    calibration = Calibration(*arrays.pop("calibration").tolist())
    return SchemaReader(SchemaNet.from_arrays(encoder, arrays), calibration)


def pieces_of(text: str) -> list[Piece]:
    """A text in the pieces that are read: its sentences, those of more than 60 words in parts of that length."""
    words = spoken_words(text)
    if not words:
        return []
    starts = [i for i in range(len(words)) if i == 0 or words[i].sentence != words[i - 1].sentence]
    cuts = [c for a, b in zip(starts, [*starts[1:], len(words)], strict=True) for c in range(a, b, _LONGEST)]
    spans = zip(cuts, [*cuts[1:], len(words)], strict=True)
    return [Piece(text[words[a].span[0] : words[b - 1].span[1]], words[a:b], a) for a, b in spans]


def _readings(schema: ImageSchema, p: list[float], least: float, first: int) -> Iterator[SchemaReading]:
    """The spans of one schema: around the likeliest word, then around the likeliest that is left and not beside a span."""
    free = [True] * len(p)
    while peak := [i for i in range(len(p)) if free[i]]:
        top = max(peak, key=lambda i: p[i])
        if p[top] < least:
            return
        a, b = top, top + 1
        while a > 0 and free[a - 1] and p[a - 1] >= _SPAN * p[top]:
            a -= 1
        while b < len(p) and free[b] and p[b] >= _SPAN * p[top]:
            b += 1
        yield SchemaReading(schema, p[top], (first + a, first + b))
        if least == 0.0:
            return
        free[max(a - 1, 0) : b + 1] = [False] * (min(b + 1, len(p)) - max(a - 1, 0))

