"""Accents: which syllables stand out, and by how much."""
from bisect import bisect_left

import torch
from torch import Tensor
from torch.nn import functional as F

from chironomia.generators.prosody import HOP_S, Prosody
from chironomia.generators.rhythm import Accent, AccentKind, Interval, Nucleus

# Chosen by listening and by eye on a few read and spontaneous sentences, not fitted. A syllable that language and voice
# both leave in the middle is not an accent.
ACCENTED_FROM = 0.5
_CLASH_S = 0.14  # two syllables closer than this cannot both be accented: it is less than a short stressed syllable
_AROUND_S = 1.0  # a syllable stands out from what lies this close to it, not from the whole talk
_VOWEL_S = 0.3  # as far from its onset as a vowel is looked at
_PER_DB, _PER_SEMITONE, _PER_E_FOLD = 0.12, 0.28, 0.9  # what a dB, a semitone, a duration 2.7 times as long add, in logits
_DIP_DB = 1.5  # between two syllables the loudness falls at least so far (de Jong & Wempe take 2 dB of a smoother curve)
_HEARD_WEIGHT = 0.3
_FINAL_SHARE = 0.7  # the last accent of a phrase is its nucleus unless an earlier one is this much stronger


def prominence(nuclei: list[Nucleus], voice: Prosody) -> Tensor:
    """Prominence (N,) in 0-1 of syllables: half what the language says, half loudness, pitch and length in the voice.

    Each is compared with its surroundings of 1 s (after Terken 1991, pitch excursion; Kochanski et al. 2005, loudness and
    length). No nuclei: an empty tensor.
    """
    if not nuclei:
        return voice.energy_db.new_zeros(0)
    weight = voice.energy_db.new_tensor([n.weight for n in nuclei])
    return 0.5 * weight + 0.5 * acoustic_prominence(nuclei, voice)


def acoustic_prominence(nuclei: list[Nucleus], voice: Prosody) -> Tensor:
    """How much each syllable (N,) stands out by sound alone, 0-1; 0.5 is as its surroundings."""
    starts = voice.energy_db.new_tensor([n.time_s for n in nuclei])
    lengths = voice.energy_db.new_tensor([n.end_s - n.time_s for n in nuclei]).clamp(0.03, _VOWEL_S)
    semitones = torch.where(voice.voiced, 12.0 * torch.log2(voice.f0_hz.clamp_min(1.0)), torch.nan)
    loud = torch.where(voice.voiced, voice.energy_db, torch.nan)
    logit = _PER_DB * _above_surroundings(loud, starts, lengths) + _PER_SEMITONE * _above_surroundings(semitones, starts, lengths)
    return torch.sigmoid(logit + _PER_E_FOLD * torch.log(lengths / lengths.median()))


def _above_surroundings(track: Tensor, starts_s: Tensor, lengths_s: Tensor) -> Tensor:
    """The highest value (N,) within each syllable less the median around it; NaN entries of the track (T,) do not count."""
    inside = _stretches(track, starts_s, starts_s + lengths_s, _VOWEL_S)
    around = _stretches(track, starts_s - _AROUND_S, starts_s + _AROUND_S, 2 * _AROUND_S)
    peak = inside.nan_to_num(-torch.inf).amax(1)
    rise = peak - around.nanmedian(1).values
    return torch.where(torch.isfinite(rise), rise, torch.zeros_like(rise))


def _stretches(track: Tensor, starts_s: Tensor, ends_s: Tensor, longest_s: float) -> Tensor:
    """The track (T,) over [start, end) of each syllable (N, K), NaN where shorter than the longest or off the track."""
    first, last = (starts_s / HOP_S).round().long(), (ends_s / HOP_S).round().long()
    at = first[:, None] + torch.arange(round(longest_s / HOP_S) + 1, device=track.device)
    valid = (at < last[:, None]) & (at >= 0) & (at < track.shape[0])
    return torch.where(valid, track[at.clamp(0, track.shape[0] - 1)], torch.nan)


def heard_nuclei(voice: Prosody) -> list[Nucleus]:
    """Syllables by ear alone: peaks of loudness in voiced sound, at least 60 ms apart, each from where it rises fastest.

    After Mermelstein (1975) and de Jong & Wempe (2009). Their weight is the same and low, because sound alone does not
    know the lexicon: only those that clearly stand out become accents. Silence and noise have none.
    """
    smooth = F.avg_pool1d(F.pad(voice.energy_db[None], (3, 3), mode="replicate"), 7, 1)[0]  # 70 ms
    highest = F.max_pool1d(smooth[None], 13, 1, padding=6)[0]
    lowest_before = -F.max_pool1d(F.pad(-smooth[None], (20, 0), value=-torch.inf), 21, 1)[0]  # of the last 200 ms
    vowels = voice.energy_db[voice.voiced].sort().values
    loud = float(vowels[-1 - vowels.shape[0] // 50]) - 25.0 if vowels.numel() else torch.inf  # de Jong & Wempe: 25 dB
    peaks = ((smooth == highest) & voice.voiced & (smooth > loud) & (smooth - lowest_before > _DIP_DB)).nonzero()[:, 0]
    if peaks.numel() == 0:
        return []
    back = torch.arange(-15, 1, device=peaks.device)  # the rise lies within the last 150 ms
    rises = voice.onset[(peaks[:, None] + back).clamp_min(0)]
    onsets = (peaks + back[rises.argmax(1)]).clamp_min(0)
    ends = torch.minimum(peaks + 10, torch.cat([onsets[1:], peaks[-1:] + 10]))  # the next onset, or 100 ms after the peak
    times = torch.stack([onsets, torch.maximum(ends, onsets + 3)], 1) * HOP_S
    return [Nucleus(start, end, _HEARD_WEIGHT) for start, end in dict(times.tolist()).items()]


def choose_accents(nuclei: list[Nucleus], prominences: Tensor, phrases: tuple[Interval, ...]) -> tuple[Accent, ...]:
    """The accents among syllables of prominence (N,): those above ACCENTED_FROM, no two in a clash, in order of time.

    Every phrase that holds a syllable keeps at least its most prominent one, and its last strong accent is the nucleus
    (the nuclear stress of Halliday 1967). No phrases, or no nuclei: no accents.
    """
    scored = sorted(zip(nuclei, prominences.clamp(0.0, 1.0).tolist(), strict=True), key=lambda s: s[0].time_s)
    accents: list[Accent] = []
    for phrase in phrases:
        first, last = (bisect_left(scored, t, key=lambda s: s[0].time_s) for t in (phrase.start_s, phrase.end_s))
        accents += _of_phrase(scored[first:last]) if last > first else []
    return tuple(accents)


def _of_phrase(scored: list[tuple[Nucleus, float]]) -> list[Accent]:
    strongest = max(p for _, p in scored)
    candidates = [(n, p) for n, p in scored if p >= min(ACCENTED_FROM, strongest)]
    around = zip(candidates, [None, *candidates[:-1]], [*candidates[1:], None], strict=True)
    kept = [c for c, *others in around if not any(o and abs(o[0].time_s - c[0].time_s) < _CLASH_S and o[1] > c[1] for o in others)]
    final = max(i for i, (_, p) in enumerate(kept) if p >= _FINAL_SHARE * strongest)
    kinds = [AccentKind.NUCLEUS if i == final else AccentKind.STRESS for i in range(len(kept))]
    return [Accent(n.time_s, p, kind, n.word) for (n, p), kind in zip(kept, kinds, strict=True)]
