"""Forced alignment: when a recording says each phone of a known text, by pocketsphinx and the acoustic model in its wheel.

Long recordings are cut at their pauses: a grammar of the words to come, which may stop after any of them, is decoded over one window
after the other, so that time and memory grow with the length and not with its square.
"""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chironomia.agent.articulation import SaidPart
from chironomia.agent.durations import TimedPhone
from chironomia.agent.pronunciation import pronounce
from chironomia.agent.syllables import syllable_count
from chironomia.generators.audio import load_audio, resampled

_RATE_HZ, _FRAME_S = 16_000, 0.01  # what the acoustic model was trained on
_WINDOW_S = 12.0  # decoding costs the square of this
_HEADROOM, _SPARE_WORDS = 1.6, 12  # a window may hold this many times the words of an average one, and these more
_SHORTEST_SYLLABLE_S = 0.06  # two phones of three frames, the least the model can align
_QUIETEST = 1e-3  # a peak of -60 dB of full scale
# Acoustic score a frame against the best of all senones, in the decoder's log units. Measured: -30 to -36 for matching read and spontaneous
# speech, -49 with noise at 10 dB, -48 with the pitch lowered by a sixth; -72 to -136 for other texts, -97 for white noise.
_WORST_SCORE = -62.0
_SOUNDING = 0.1  # of the loud frames' level (-20 dB), and above the middle between the noise floor and them
_MOST_OUTSIDE = 0.3  # measured: at most 0.10 where the text is complete, 0.43 and 0.57 where it is half of what is said
_JUDGED_AFTER_S = 15.0  # of aligned speech; a mismatch need not be decoded to its end


@dataclass(frozen=True)
class _Chunk:
    """A stretch of samples from ``start`` on and the words said in it."""

    start: int
    samples: NDArray[np.int16]
    words: Sequence[str]


def align(words: Sequence[str], audio: Path) -> tuple[SaidPart, ...]:
    """The phones of each spoken word as the recording says them, seconds.

    ``words`` are spoken words (lower case, as `SpokenWord.spoken` has them, split at blanks); any sample rate and channel
    count will do. Raises ValueError when the file cannot be read, holds only silence, or does not seem to say the words.
    No words: none.
    """
    samples = _samples(audio)
    if not words:
        return ()
    seconds = len(samples) / _RATE_HZ
    syllables = sum(syllable_count(pronounce(word)) for word in words)
    if seconds < syllables * _SHORTEST_SYLLABLE_S:
        raise _mismatch(words, f"{seconds:.1f} s are too short for {syllables} syllables")
    decoder = _Decoder(words, scored=True)
    said: list[SaidPart] = []
    score = frames = 0
    for chunk in _chunks(samples, words):
        parts, chunk_score, chunk_frames = decoder.align(chunk)
        said += parts
        score, frames = score + chunk_score, frames + chunk_frames
        if frames * _FRAME_S > _JUDGED_AFTER_S:
            _judge(words, score, frames)
    _judge(words, score, frames)
    outside = _sound_outside(samples, said)
    if outside > _MOST_OUTSIDE:
        raise _mismatch(words, f"{outside:.0%} of what sounds lies outside these words")
    return tuple(said)


def _sound_outside(samples: NDArray[np.int16], said: Sequence[SaidPart]) -> float:
    """Share of the sounding frames of 10 ms that lie in no word: speech the text leaves out."""
    hop = int(_FRAME_S * _RATE_HZ)
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop).astype(np.float64)
    rms = np.sqrt((frames**2).mean(1))  # (F,)
    floor, loud = np.quantile(rms, (0.1, 0.95))
    sounding = rms > max(_SOUNDING * loud, np.sqrt(floor * loud))
    inside = np.zeros(len(rms), dtype=bool)
    for part in said:
        inside[int(part.phones[0].start_s / _FRAME_S) : int(part.phones[-1].end_s / _FRAME_S) + 1] = True
    return float((sounding & ~inside).sum() / max(sounding.sum(), 1))


def _judge(words: Sequence[str], score: int, frames: int) -> None:
    if frames == 0 or score / frames < _WORST_SCORE:
        raise _mismatch(words, f"acoustic score {score / max(frames, 1):.0f} a frame, {_WORST_SCORE:.0f} expected at least")


def _mismatch(words: Sequence[str], why: str) -> ValueError:
    text = " ".join(words[:10]) + (" …" if len(words) > 10 else "")
    return ValueError(f'the audio does not seem to say this text: "{text}" ({why}); give the text of this recording, or word times')


def _samples(audio: Path) -> NDArray[np.int16]:
    """The recording at 16 kHz, mono, 16 bits."""
    mono, rate = load_audio(audio)
    peak = float(mono.abs().max())
    if peak < _QUIETEST:
        raise ValueError(f"audio: expected speech in {audio}, got silence (peak {peak:.5f} of full scale); check the recording")
    loud = resampled(mono / max(peak, 1.0), rate, _RATE_HZ).numpy()
    return np.asarray(np.clip(loud, -1.0, 1.0) * 32767, dtype=np.int16)


def _chunks(samples: NDArray[np.int16], words: Sequence[str]) -> Iterator[_Chunk]:
    """The recording cut into stretches of about a window, with the words of each."""
    start, said, window = 0, 0, int(_WINDOW_S * _RATE_HZ)
    scout = _Decoder(words, scored=False) if len(samples) > 1.5 * window else None
    while scout and len(samples) - start > 1.5 * window and said < len(words):
        expected = (len(words) - said) * window / (len(samples) - start)
        ahead = words[said : said + int(_HEADROOM * expected) + _SPARE_WORDS]
        count, cut = scout.first_words(samples[start : start + window], ahead)
        if count:
            yield _Chunk(start, samples[start : start + cut], words[said : said + count])
        start, said = start + cut, said + count
    if said < len(words):
        if len(samples) - start < _RATE_HZ * _SHORTEST_SYLLABLE_S * (len(words) - said):
            raise _mismatch(words, f"the recording ends {len(words) - said} words before the text")
        yield _Chunk(start, samples[start:], words[said:])


class _Decoder:
    """A pocketsphinx decoder that knows all the words of one text; ``scored`` makes its scores comparable, at twice the cost."""

    def __init__(self, words: Sequence[str], *, scored: bool) -> None:
        from pocketsphinx import Decoder

        # The zero beams matter: with the default ones, alignment of synthetic voices fails. With all senones computed, a frame's score is
        # relative to the best of all of them and not only of those in the text.
        self._decoder: Any = Decoder(
            samprate=_RATE_HZ, bestpath=False, lm=None, beam=0.0, wbeam=0.0, pbeam=0.0, compallsen=scored, loglevel="FATAL"
        )
        self._names: dict[str, str] = {}
        for word in dict.fromkeys(words):
            listed = self._decoder.lookup_word(word) is not None
            self._names[word] = word if listed else f"~{len(self._names)}"
            if not listed:
                self._decoder.add_word(self._names[word], " ".join(pronounce(word)), True)

    def align(self, chunk: _Chunk) -> tuple[list[SaidPart], int, int]:
        """The words of a chunk with their phones in time, the acoustic score of their frames, and how many these are."""
        try:
            self._decoder.set_align_text(" ".join(self._names[word] for word in chunk.words))
            self._decode(chunk.samples)
            self._decoder.set_alignment()
            self._decode(chunk.samples)
            aligned = self._aligned(chunk.start / _RATE_HZ)
        except RuntimeError as error:
            raise _mismatch(chunk.words, f"no alignment was found: {error}") from error
        if len(aligned) != len(chunk.words):
            raise _mismatch(chunk.words, f"{len(aligned)} of {len(chunk.words)} words were found")
        said = [SaidPart(word, phones) for word, (phones, _, _) in zip(chunk.words, aligned, strict=True)]
        return said, sum(score for _, score, _ in aligned), sum(frames for _, _, frames in aligned)

    def _aligned(self, offset_s: float) -> list[tuple[tuple[TimedPhone, ...], int, int]]:
        """Phones, score and frames of each word; read while iterating, since the decoder's entries do not outlive their turn."""
        entries = self._decoder.get_alignment() or ()
        return [(_phones(entry, offset_s), entry.score, entry.duration) for entry in entries if not _is_filler(entry.name)]

    def first_words(self, samples: NDArray[np.int16], words: Sequence[str]) -> tuple[int, int]:
        """How many of the words are surely said in these samples, and the sample at which to go on: in the last good pause, or before the
        last few words, whose end the window may have cut."""
        last = len(words)
        chain = [(i, i + 1, 1.0, self._names[word]) for i, word in enumerate(words)] + [(i, last, 1.0) for i in range(1, last - 1)]
        self._decoder.add_fsg("ahead", self._decoder.create_fsg("ahead", 0, last, chain))
        self._decoder.activate_search("ahead")
        self._decode(samples)
        found = [(s.word, s.start_frame, s.end_frame + 1) for s in self._decoder.seg() or () if s.word != "(NULL)"]
        frames = len(samples) / (_FRAME_S * _RATE_HZ)
        pauses = [(a + b) // 2 for name, a, b in found if _is_filler(name) and a > frames / 2 and b < 0.95 * frames]
        starts = [a for name, a, _ in found if not _is_filler(name)]
        cut = pauses[-1] if pauses else starts[-4] if len(starts) > 8 else int(frames / 2)
        return sum(a < cut for a in starts), int(cut * _FRAME_S * _RATE_HZ)

    def _decode(self, samples: NDArray[np.int16]) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(samples.tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()


def _is_filler(name: str) -> bool:
    return name.startswith(("<", "[", "++"))


def _phones(entry: Any, offset_s: float) -> tuple[TimedPhone, ...]:
    return tuple(
        TimedPhone(p.name, round(offset_s + p.start * _FRAME_S, 4), round(offset_s + (p.start + p.duration) * _FRAME_S, 4)) for p in entry
    )
