"""Chance: independent streams of random numbers from one seed, so that a change in one layer does not move the others."""
import zlib

import torch


def stream(seed: int, name: str) -> torch.Generator:
    """The random stream ``name`` of ``seed``; the same two give the same numbers on every machine (CPU)."""
    return torch.Generator().manual_seed((seed * 1_000_003 + zlib.crc32(name.encode())) % 2**63)


def uniform(generator: torch.Generator, low: float, high: float) -> float:
    """The next number of the stream, between ``low`` and ``high``."""
    return low + (high - low) * float(torch.rand((), generator=generator))


def sign(generator: torch.Generator) -> float:
    """-1.0 or 1.0, each as likely."""
    return 1.0 if float(torch.rand((), generator=generator)) < 0.5 else -1.0
