"""The network that says which words a gesture belongs to (their lexical affiliates; Schegloff 1984) and what it may show there.

MiniLM's upper layers with a low-rank change (Hu et al. 2022) read a few sentences at once; a word is its context, its static vector and
a row of features, among them what the schema reader says. docs/planner.md says what it was trained on.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from chironomia.agent.schema_net import SCHEMAS, UPPER_LAYERS, Batch
from chironomia.motion_library.minilm import BertEncoder, bert_layer
from chironomia.motion_library.vocabulary import GestureFunction

FUNCTIONS = (GestureFunction.DEICTIC, GestureFunction.EMBLEM, GestureFunction.ICONIC, GestureFunction.REGULATOR)
LABELS: tuple[str, ...] = (*SCHEMAS, *FUNCTIONS)
RANK = 8
LAYER_DROPOUT, WORD_DROPOUT = 0.1, 0.2  # while training
_MATRICES = ("qkv", "attention.output.dense", "intermediate.dense", "output.dense")
_RARE = -1.5  # first logit: a gesture belongs to about one word in five


@dataclass(frozen=True)
class WordLogits:
    """Logits of each word: ``gesture`` (..., N), that one belongs there, and ``labels`` (..., N, 54), that it may show that."""

    gesture: Tensor
    labels: Tensor


class AffiliateNet:
    """Low-rank changes of ``encoder``'s upper layers and a linear head; ``weights`` are all that is trained, by name."""

    def __init__(self, encoder: BertEncoder, weights: Mapping[str, Tensor]) -> None:
        self.encoder, self.weights = encoder, dict(weights)

    @classmethod
    def untrained(cls, encoder: BertEncoder, features: int, generator: torch.Generator) -> "AffiliateNet":
        """The encoder's own layers, and a head that knows nothing; a row of features has ``features`` numbers."""
        first, d = encoder.layers - UPPER_LAYERS, encoder.dimension
        weights: dict[str, Tensor] = {}
        for k in range(UPPER_LAYERS):
            for name in _MATRICES:
                rows, columns = encoder.layer_weights(first + k)[f"{name}.weight"].shape
                weights[f"{k}/{name}.down"] = torch.randn(RANK, columns, generator=generator) / columns**0.5
                weights[f"{k}/{name}.up"] = torch.zeros(rows, RANK)
        for part in ("context", "form"):
            weights |= {f"{part}.norm.weight": torch.ones(d), f"{part}.norm.bias": torch.zeros(d)}
        weights["head.weight"] = torch.zeros(1 + len(LABELS), 2 * d + features)
        weights["head.bias"] = torch.full((1 + len(LABELS),), _RARE)
        return cls(encoder, weights)

    @classmethod
    def from_arrays(cls, encoder: BertEncoder, arrays: Mapping[str, np.ndarray]) -> "AffiliateNet":
        """A network from the arrays of :meth:`to_arrays`."""
        return cls(encoder, {name: torch.from_numpy(array).float() for name, array in arrays.items()})

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The weights in half precision."""
        return {name: weight.detach().half().numpy() for name, weight in self.weights.items()}

    def logits(self, batch: Batch, features: Tensor, *, train: bool = False) -> WordLogits:
        """Logits of each word of a batch with ``features`` (B, N, F); ``train`` turns dropout on."""
        x = batch.context
        for layer in self.changed_layers() if train else self._layers:
            x = bert_layer(x, batch.tokens, layer, self.encoder.heads, self.encoder.eps, LAYER_DROPOUT if train else 0.0)
        seen = torch.cat([self._norm(batch.share @ x, "context"), self._norm(batch.form, "form")], dim=-1)  # (B, N, 2d)
        words = torch.cat([F.dropout(seen, WORD_DROPOUT, train), features], dim=-1)
        out = F.linear(words, self.weights["head.weight"], self.weights["head.bias"])  # (B, N, 1 + 54)
        return WordLogits(out[..., 0], out[..., 1:])

    def changed_layers(self) -> list[dict[str, Tensor]]:
        """The encoder's upper layers with the changes added."""
        first, out = self.encoder.layers - UPPER_LAYERS, []
        for k in range(UPPER_LAYERS):
            layer = {name: w.clone() if w.is_inference() else w for name, w in self.encoder.layer_weights(first + k).items()}
            for name in _MATRICES:
                layer[f"{name}.weight"] = layer[f"{name}.weight"] + self.weights[f"{k}/{name}.up"] @ self.weights[f"{k}/{name}.down"]
            out.append(layer)
        return out

    @cached_property
    def _layers(self) -> list[dict[str, Tensor]]:
        return self.changed_layers()

    def _norm(self, x: Tensor, part: str) -> Tensor:
        weight, bias = self.weights[f"{part}.norm.weight"], self.weights[f"{part}.norm.bias"]
        return F.layer_norm(x, x.shape[-1:], weight, bias)


def padded(rows: Sequence[Tensor]) -> Tensor:
    """Features of several texts (N, F) as one tensor (B, N, F)."""
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True)
