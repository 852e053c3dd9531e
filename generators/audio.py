"""Recordings: sound files as mono samples."""
from pathlib import Path

import torch
from torch import Tensor


def load_audio(path: str | Path) -> tuple[Tensor, int]:
    """Read a sound file as mono samples (N,) float32 in about [-1, 1] and its rate in hertz.

    Channels are averaged; any rate is kept. Raises ValueError for a missing, unreadable or empty file, or samples that are
    not numbers.
    """
    import soundfile

    path = Path(path)
    if not path.is_file():
        raise ValueError(f"audio: expected a sound file, found none at {path}; check the path")
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise ValueError(f"audio: {path} cannot be read as sound ({error}); convert it to WAV or FLAC") from error
    if samples.shape[0] == 0:
        raise ValueError(f"audio: {path} holds no samples; record it again")
    mono = torch.from_numpy(samples).mean(1)  # (N,)
    if not torch.isfinite(mono).all():
        raise ValueError(f"audio: {path} holds samples that are not finite numbers; export it again")
    return mono, int(rate)


def resampled(samples: Tensor, rate: int, to_rate: int) -> Tensor:
    """The samples (N,) at another rate in hertz, band-limited; the same tensor when the rates agree."""
    if rate == to_rate:
        return samples
    import soxr

    return torch.from_numpy(soxr.resample(samples.double().cpu().numpy(), rate, to_rate, quality="MQ")).to(samples)
