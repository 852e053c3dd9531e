"""From speech to rhythm: from its sound, from what is known of its syllables, or from both."""
from bisect import bisect_left
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from chironomia.generators.accents import choose_accents, heard_nuclei, prominence
from chironomia.generators.prosody import HOP_S, Prosody, prosody
from chironomia.generators.pulses import eased
from chironomia.generators.rhythm import Interval, Nucleus, Rhythm, joined
from chironomia.motion_library.motion import FPS

PAUSE_S = 0.2  # a silence this long ends a phrase: shorter ones are the closures of stops (Goldman-Eisler 1968 takes 0.25)
_BELOW_PEAK_DB = 35.0  # speech spans some 30 dB from a stressed vowel to a fricative
_ABOVE_NOISE_DB = 6.0
_SHORTEST_S = 0.08  # a shorter sound is a click
_FINAL_BONUS = 0.2  # of the last stressed syllable before a pause
_STRESSED_FROM = 0.5  # the weight of a syllable that can carry it


def rhythm_from_audio(samples: Tensor, rate: int, fps: float = FPS, nuclei: Sequence[Nucleus] | None = None) -> Rhythm:
    """The rhythm of recorded speech: mono ``samples`` (N,) in [-1, 1] at ``rate`` hertz.

    With the ``nuclei`` of its syllables, accents are chosen among them by stress and sound together; without, syllables
    are heard. Silence and steady noise, without nuclei: activity 0, no accents, no phrases, rate 0. Voiceless whisper
    needs nuclei. Raises ValueError for samples or rates that :func:`prosody` refuses.
    """
    voice = prosody(samples, rate)
    known = sorted(nuclei) if nuclei is not None else heard_nuclei(voice)
    speaking = _speaking(voice)
    heard = _phrases(speaking, must_be_voiced=None if nuclei else voice.voiced)
    phrases = joined(heard + [Interval(n.time_s, n.end_s) for n in nuclei or ()], PAUSE_S)
    accents = choose_accents(known, prominence(known, voice), phrases)
    seconds = samples.shape[0] / rate
    activity = _sampled(_loudness_share(voice) * speaking, seconds, fps) * _inside(phrases, seconds, fps)
    return Rhythm(activity, fps, accents, phrases, _rate_hz(known, phrases))


def rhythm_from_nuclei(nuclei: Sequence[Nucleus], words: Sequence[Interval], duration_s: float, fps: float = FPS) -> Rhythm:
    """The rhythm of speech that is not heard: from its syllables, its words' times and its duration in seconds.

    Prominence is the stress weight, more before a pause, less next to a stronger neighbour. Nothing to say: activity 0, no
    accents, no phrases, rate 0.
    """
    known, phrases = sorted(nuclei), joined(words, PAUSE_S)
    accents = choose_accents(known, _expected_prominence(known, phrases), phrases)
    return Rhythm(_expected_activity(known, duration_s, fps), fps, accents, phrases, _rate_hz(known, phrases))


def _speaking(voice: Prosody) -> Tensor:
    """Where sound is loud enough for speech (T,): within 35 dB of the loudest syllables and clear of the noise floor."""
    peak = voice.energy_db.quantile(0.95) if voice.energy_db.shape[0] < 1_000_000 else voice.energy_db.amax()
    floor = voice.energy_db[voice.energy_db > -99.0]
    noise = floor.sort().values[floor.shape[0] // 20] if floor.numel() else peak  # the quietest twentieth is the room
    return voice.energy_db > torch.maximum(peak - _BELOW_PEAK_DB, torch.minimum(noise + _ABOVE_NOISE_DB, peak - 10.0)).clamp_min(-60.0)


def _phrases(speaking: Tensor, must_be_voiced: Tensor | None) -> list[Interval]:
    """Stretches of speech between pauses, without clicks, and without noises that have no voice in them."""
    edges = F.pad(speaking.int(), (1, 1)).diff()
    starts, ends = (edges == 1).nonzero()[:, 0].tolist(), (edges == -1).nonzero()[:, 0].tolist()
    loud = [Interval(a * HOP_S, b * HOP_S) for a, b in zip(starts, ends, strict=True)]
    phrases = [p for p in joined(loud, PAUSE_S) if p.end_s - p.start_s >= _SHORTEST_S]
    if must_be_voiced is None:
        return phrases
    return [p for p in phrases if int(must_be_voiced[round(p.start_s / HOP_S) : round(p.end_s / HOP_S)].sum()) * HOP_S >= 0.05]


def _loudness_share(voice: Prosody) -> Tensor:
    """Loudness (T,) as a share of the way from 30 dB below the loudest syllables up to them."""
    peak = voice.energy_db.sort().values[-1 - voice.energy_db.shape[0] // 50]
    return ((voice.energy_db - peak) / 30.0 + 1.0).clamp(0.0, 1.0)


def _sampled(track: Tensor, duration_s: float, fps: float) -> Tensor:
    """A track (T,) a hop apart at the body's frames, each the mean of 50 ms around it."""
    smooth = F.avg_pool1d(F.pad(track[None], (2, 2), mode="replicate"), 5, 1)[0]
    at = torch.arange(_frames(duration_s, fps), device=track.device) / fps / HOP_S
    low = at.floor().long().clamp(max=track.shape[0] - 1)
    return torch.lerp(smooth[low], smooth[(low + 1).clamp(max=track.shape[0] - 1)], (at - low).clamp(0.0, 1.0))


def _inside(phrases: Sequence[Interval], duration_s: float, fps: float) -> Tensor:
    """1.0 at frames (F,) inside a phrase."""
    times = torch.arange(_frames(duration_s, fps)) / fps
    edges = torch.tensor([e for p in phrases for e in (p.start_s, p.end_s)], dtype=times.dtype)
    return (torch.searchsorted(edges, times, right=True) % 2).to(times)


def _expected_prominence(nuclei: list[Nucleus], phrases: Sequence[Interval]) -> Tensor:
    expected = torch.tensor([n.weight for n in nuclei]) * (1.0 - _FINAL_BONUS)
    stressed = [i for i, n in enumerate(nuclei) if n.weight >= _STRESSED_FROM]
    for phrase in phrases:
        after = bisect_left(stressed, phrase.end_s, key=lambda i: nuclei[i].time_s)
        if after and nuclei[stressed[after - 1]].time_s >= phrase.start_s:
            expected[stressed[after - 1]] += _FINAL_BONUS
    return expected


def _expected_activity(nuclei: list[Nucleus], duration_s: float, fps: float) -> Tensor:
    """Loudness as syllables make it: up to its weight 60 ms after each vowel's onset, half closed where the next begins."""
    keys: list[float] = []
    values: list[float] = []
    for n, following in zip(nuclei, [*nuclei[1:], None], strict=False):
        ends = following is None or following.time_s - n.end_s >= PAUSE_S
        open_s = n.time_s + min(0.06, 0.5 * (n.end_s - n.time_s))
        keys += [n.time_s - 0.04, open_s, n.end_s]
        values += [0.3, 0.55 + 0.45 * n.weight, 0.0 if ends else 0.3]
        if ends and following is not None:
            keys.append(following.time_s - 0.12)
            values.append(0.0)
    times = torch.arange(_frames(duration_s, fps)) / fps
    if not keys:
        return torch.zeros_like(times)
    edge = [keys[0] - 0.1, *keys, keys[-1] + 0.1]
    return eased(edge, [0.0, *values, 0.0], times)


def _frames(duration_s: float, fps: float) -> int:
    return max(round(duration_s * fps), 1)


def _rate_hz(nuclei: Sequence[Nucleus], phrases: Sequence[Interval]) -> float:
    spoken_s = sum(p.end_s - p.start_s for p in phrases)
    times = [n.time_s for n in nuclei]
    spoken = sum(bisect_left(times, p.end_s) - bisect_left(times, p.start_s) for p in phrases)
    return spoken / spoken_s if spoken_s > 0 else 0.0
