"""Prosody: loudness, pitch and onsets of speech, a hundred times a second, in torch."""
import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from chironomia.generators.audio import resampled

RATE_HZ = 16_000  # speech is analysed at this rate: it keeps fricatives, and costs a third of 48 kHz
HOP_S = 0.01
SILENCE_DB = -100.0

_HOP = round(RATE_HZ * HOP_S)
_ENERGY_WINDOW = 400  # samples, 25 ms: a pitch period of a low voice at least
_LOWEST_HZ, _HIGHEST_HZ = 65.0, 500.0  # of adult voices
_YIN_WINDOW = 512  # samples, 32 ms: two periods of the lowest voice
_YIN_FFT = 1024
_YIN_THRESHOLD = 0.15  # de Cheveigné & Kawahara use 0.1-0.15
_YIN_SMOOTH = 32  # samples, 2 ms: keeps what lies below about 1 kHz, where voices are stronger than room and breath noise
_VOICED_BELOW = 0.35  # aperiodicity; creaky and breathy vowels lie between 0.15 and 0.35
_AUDIBLE_DB = -60.0  # re full scale; quieter frames have no pitch worth following
_MEL_FFT, _MEL_BANDS, _MEL_LOWEST_HZ = 512, 40, 60.0
_CHUNK = 6_000  # frames at once: one minute, so that a long recording needs no more memory than a short one


@dataclass(frozen=True)
class Prosody:
    """Loudness, pitch and onsets; entry i of each tensor (T,) describes the sound around i * HOP_S seconds.

    ``energy_db`` is RMS re full scale, not below SILENCE_DB; ``f0_hz`` is 0 where ``voiced`` is False; ``onset`` >= 0 is the
    mean rise over mel bands, dB. Silence: SILENCE_DB, unvoiced, no onsets. Noise: loud, unvoiced.
    """

    energy_db: Tensor
    f0_hz: Tensor
    voiced: Tensor
    onset: Tensor

    @property
    def duration_s(self) -> float:
        return (self.energy_db.shape[0] - 1) * HOP_S


def prosody(samples: Tensor, rate: int) -> Prosody:
    """Prosody of mono samples (N,) in [-1, 1] at ``rate`` hertz.

    Raises ValueError for other shapes, no samples, samples that are not finite, or a rate that is not positive.
    """
    if samples.ndim != 1 or samples.shape[0] == 0 or rate <= 0:
        raise ValueError(f"prosody needs mono samples (N,) with N > 0 and a positive rate, got {tuple(samples.shape)} at {rate} Hz")
    if not torch.isfinite(samples).all():
        raise ValueError("prosody needs samples that are finite numbers; look for the first NaN in the recording")
    sound = resampled(samples.float(), rate, RATE_HZ)
    loudness = energy_db(sound)
    f0_hz, aperiodicity = yin(sound)
    voiced = (aperiodicity < _VOICED_BELOW) & (loudness > _AUDIBLE_DB)
    voiced = _majority(voiced)
    f0_hz = torch.where(voiced, _median(f0_hz), torch.zeros_like(f0_hz))
    return Prosody(loudness, f0_hz, voiced, onset_strength(sound))


def energy_db(sound: Tensor) -> Tensor:
    """RMS (T,) in dB re full scale of sound (N,) at RATE_HZ, in windows of 25 ms centred on the frames."""
    power = F.avg_pool1d(_padded(sound, _ENERGY_WINDOW)[None, None].square(), _ENERGY_WINDOW, _HOP)[0, 0]
    return 10.0 * torch.log10(power.clamp_min(10.0 ** (SILENCE_DB / 10.0)))


def yin(sound: Tensor) -> tuple[Tensor, Tensor]:
    """Fundamental frequency (T,) in hertz and aperiodicity (T,) in 0-1 or a little above, of sound (N,) at RATE_HZ.

    YIN (de Cheveigné & Kawahara 2002, steps 1-5), its differences from correlations by FFT. Silence: aperiodicity 1.
    """
    lags = math.ceil(RATE_HZ / _LOWEST_HZ) + 1
    smooth = torch.hann_window(_YIN_SMOOTH + 1, periodic=False, device=sound.device, dtype=sound.dtype)
    voice = F.conv1d(sound[None, None], (smooth / smooth.sum())[None, None], padding=_YIN_SMOOTH // 2)[0, 0]
    padded = _padded(voice, _YIN_WINDOW + lags - 1)
    total = F.pad(padded.double().square().cumsum(0), (1, 0))
    energy = (total[_YIN_WINDOW:] - total[:-_YIN_WINDOW]).to(sound)  # of the window that starts at each sample
    frames = padded.unfold(0, _YIN_WINDOW + lags - 1, _HOP)  # (T, window + longest lag)
    energies = energy.unfold(0, lags, _HOP)  # (T, lags)
    parts = [_yin_frames(x, e) for x, e in zip(torch.split(frames, _CHUNK), torch.split(energies, _CHUNK), strict=True)]
    return torch.cat([f0 for f0, _ in parts]), torch.cat([a for _, a in parts])


def _yin_frames(frames: Tensor, energies: Tensor) -> tuple[Tensor, Tensor]:
    head = torch.fft.rfft(frames[:, :_YIN_WINDOW], _YIN_FFT)
    correlation = torch.fft.irfft(head.conj() * torch.fft.rfft(frames, _YIN_FFT), _YIN_FFT)[:, : energies.shape[1]]
    difference = (energies[:, :1] + energies - 2.0 * correlation).clamp_min(0.0)[:, 1:]  # (T, lags from 1)
    lags = torch.arange(1, energies.shape[1], device=frames.device, dtype=frames.dtype)
    mean = difference.cumsum(1) / lags
    return _first_dip(torch.where(mean > 1e-9, difference / mean.clamp_min(1e-9), torch.ones_like(mean)))


def _first_dip(normalised: Tensor) -> tuple[Tensor, Tensor]:
    """The first local minimum below the threshold (else the lowest) of (T, lags from 1), with parabolic interpolation."""
    shortest = math.floor(RATE_HZ / _HIGHEST_HZ) - 1  # column of the shortest lag
    inner = normalised[:, shortest:-1]
    left, right = normalised[:, shortest - 1 : -2], normalised[:, shortest + 1 :]
    dip = (inner < left) & (inner <= right) & (inner < _YIN_THRESHOLD)
    at = torch.where(dip.any(1), dip.int().argmax(1), inner.argmin(1))[:, None]
    low, mid, high = left.gather(1, at)[:, 0], inner.gather(1, at)[:, 0], right.gather(1, at)[:, 0]
    bend = low - 2.0 * mid + high
    shift = torch.where(bend > 1e-9, 0.5 * (low - high) / bend.clamp_min(1e-9), torch.zeros_like(bend)).clamp(-0.5, 0.5)
    return RATE_HZ / (at[:, 0] + shortest + 1 + shift), mid


def onset_strength(sound: Tensor) -> Tensor:
    """Spectral flux (T,): the mean rise in dB from frame to frame over 40 mel bands, of sound (N,) at RATE_HZ."""
    window = torch.hann_window(_MEL_FFT, device=sound.device, dtype=sound.dtype)
    frames = torch.split(_padded(sound, _MEL_FFT).unfold(0, _MEL_FFT, _HOP), _CHUNK)  # each (T, window)
    bands = _mel_bands().to(sound).T
    mel = torch.cat([torch.fft.rfft(part * window).abs().square() @ bands for part in frames])  # (T, bands)
    quietest = (mel.amax() * 1e-8).clamp_min(1e-10)  # 80 dB below the loudest: what lies lower is room, not speech
    decibels = 10.0 * torch.log10(mel.clamp_min(quietest))
    return F.pad(decibels.diff(dim=0).clamp_min(0.0).mean(1), (1, 0))


def _mel_bands() -> Tensor:
    """Triangular mel filters (bands, bins) of equal peak; mel after O'Shaughnessy (1987)."""
    edges_mel = torch.linspace(_mel(_MEL_LOWEST_HZ), _mel(RATE_HZ / 2), _MEL_BANDS + 2)
    edges_hz = 700.0 * (10.0 ** (edges_mel / 2595.0) - 1.0)
    bins_hz = torch.linspace(0.0, RATE_HZ / 2, _MEL_FFT // 2 + 1)
    low, mid, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    return torch.minimum((bins_hz - low) / (mid - low), (high - bins_hz) / (high - mid)).clamp_min(0.0)


def _mel(hertz: float) -> float:
    return 2595.0 * math.log10(1.0 + hertz / 700.0)


def _padded(sound: Tensor, window: int) -> Tensor:
    """Sound with zeros around it, so that windows taken every hop are centred on the frames: 1 + N // hop of them."""
    return F.pad(sound, (window // 2, window - window // 2))[: (sound.shape[0] // _HOP) * _HOP + window]


def _median(track: Tensor) -> Tensor:
    """Median over 50 ms: a pitch that jumps an octave for a frame or two is an error of the tracker."""
    return F.pad(track[None], (2, 2), mode="replicate")[0].unfold(0, 5, 1).median(1).values if track.shape[0] > 2 else track


def _majority(flags: Tensor) -> Tensor:
    """Majority over 50 ms: voice does not start or stop for 10 ms."""
    return F.pad(flags, (2, 2)).unfold(0, 5, 1).sum(1) >= 3
