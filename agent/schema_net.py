"""The network of the schema reader: how much each word of a sentence evokes each image schema.

The lower layers of MiniLM stay as they are, so that what they say about a sentence can be kept while the upper ones are trained. A word
is seen twice: in its context (the mean of its tokens after the upper layers) and by itself (the mean of their static vectors), because
which schema a word can evoke lies mostly in the word, and whether it does in the context. docs/reader.md says what it was trained on.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from chironomia.motion_library.minilm import BertEncoder, bert_layer
from chironomia.motion_library.vocabulary import ImageSchema

SCHEMAS: tuple[ImageSchema, ...] = tuple(ImageSchema)
UPPER_LAYERS = 4  # are adapted: on the dev themes macro-F1 is 0.68 with two, 0.71 with four and with five (docs/reader.md)
LAYER_DROPOUT, WORD_DROPOUT = 0.1, 0.2  # while training
_RARE = -4.0  # first logit: a word evokes a given schema about once in 200


@dataclass(frozen=True)
class Seen:
    """What the frozen layers see of one sentence of N words and T tokens.

    ``context`` (T, d) is what the adapted layers begin with, ``form`` (N, d) the words' static vectors, ``share`` (N, T) how much of a word
    each token is; a word that the encoder cut off or does not know has none.
    """

    context: Tensor
    form: Tensor
    share: Tensor


@dataclass(frozen=True)
class Batch:
    """Sentences padded to the longest: B sentences, N words, T tokens; ``words`` and ``tokens`` are True where something stands."""

    context: Tensor  # (B, T, d)
    form: Tensor  # (B, N, d)
    share: Tensor  # (B, N, T)
    tokens: Tensor  # (B, T)
    words: Tensor  # (B, N)


class SchemaNet:
    """Adapted upper layers and a linear head over ``encoder``; ``weights`` are all that is trained, by name."""

    def __init__(self, encoder: BertEncoder, weights: Mapping[str, Tensor]) -> None:
        self.encoder, self.weights = encoder, dict(weights)

    @classmethod
    def untrained(cls, encoder: BertEncoder, generator: torch.Generator) -> "SchemaNet":
        """The encoder's own upper layers, and a head that knows nothing."""
        first, d = encoder.layers - UPPER_LAYERS, encoder.dimension
        weights = {f"{k}/{name}": w.clone() for k in range(UPPER_LAYERS) for name, w in encoder.layer_weights(first + k).items()}
        for part in ("context", "form"):
            weights |= {f"{part}.norm.weight": torch.ones(d), f"{part}.norm.bias": torch.zeros(d)}
        weights["head.weight"] = 0.02 * torch.randn(len(SCHEMAS), 2 * d, generator=generator)  # 0.02: as BERT begins
        weights["head.bias"] = torch.full((len(SCHEMAS),), _RARE)
        return cls(encoder, weights)

    @classmethod
    def from_arrays(cls, encoder: BertEncoder, arrays: Mapping[str, np.ndarray]) -> "SchemaNet":
        """A network from the arrays of :meth:`to_arrays`."""
        return cls(encoder, {name: torch.from_numpy(array).float() for name, array in arrays.items()})

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The weights in half precision."""
        return {name: weight.detach().half().numpy() for name, weight in self.weights.items()}

    @torch.no_grad()
    def see(self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]) -> list[Seen]:
        """What the frozen layers see of texts whose words stand at these half-open spans of characters."""
        tokenized = self.encoder.tokenize(texts)
        ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(i) for i, _ in tokenized], batch_first=True)  # (B, T)
        real = torch.arange(ids.shape[1]) < torch.tensor([len(i) for i, _ in tokenized])[:, None]
        context = self.encoder.hidden(ids, real, self.encoder.layers - UPPER_LAYERS)
        form = self.encoder.embedded(ids)
        seen = []
        for k, (own, offsets) in enumerate(tokenized):
            share = _share(words[k], offsets)
            seen.append(Seen(context[k, : len(own)].clone(), share @ form[k, : len(own)], share))
        return seen

    def logits(self, batch: Batch, *, train: bool = False) -> Tensor:
        """Logits (B, N, 50) of each schema at each word; ``train`` turns dropout on."""
        x = batch.context
        for layer in self._layers:
            x = bert_layer(x, batch.tokens, layer, self.encoder.heads, self.encoder.eps, LAYER_DROPOUT if train else 0.0)
        words = torch.cat([self._norm(batch.share @ x, "context"), self._norm(batch.form, "form")], dim=-1)  # (B, N, 2d)
        return F.linear(F.dropout(words, WORD_DROPOUT, train), self.weights["head.weight"], self.weights["head.bias"])

    @cached_property
    def _layers(self) -> list[dict[str, Tensor]]:
        return [{n.partition("/")[2]: w for n, w in self.weights.items() if n.startswith(f"{k}/")} for k in range(UPPER_LAYERS)]

    def _norm(self, x: Tensor, part: str) -> Tensor:
        weight, bias = self.weights[f"{part}.norm.weight"], self.weights[f"{part}.norm.bias"]
        return F.layer_norm(x, x.shape[-1:], weight, bias)


def batched(seen: Sequence[Seen]) -> Batch:
    """Sentences as one batch."""
    pad = torch.nn.utils.rnn.pad_sequence
    share = torch.zeros(len(seen), max(len(s.form) for s in seen), max(len(s.context) for s in seen))
    for row, s in zip(share, seen, strict=True):
        row[: s.share.shape[0], : s.share.shape[1]] = s.share
    tokens = torch.arange(share.shape[2]) < torch.tensor([len(s.context) for s in seen])[:, None]
    words = torch.arange(share.shape[1]) < torch.tensor([len(s.form) for s in seen])[:, None]
    context = pad([s.context for s in seen], batch_first=True)
    return Batch(context, pad([s.form for s in seen], batch_first=True), share, tokens, words)


def _share(words: Sequence[tuple[int, int]], tokens: Sequence[tuple[int, int]]) -> Tensor:
    word, token = torch.tensor(words)[:, None], torch.tensor(tokens)[None]  # (N, 1, 2), (1, T, 2)
    inside = (word[..., 0] < token[..., 1]) & (token[..., 0] < word[..., 1])  # the marks at both ends are empty and so in no word
    return inside / inside.sum(1, keepdim=True).clamp(min=1)
