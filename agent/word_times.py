"""Word times: when each word is said, from given times, from a recording, or from a model of durations, in this order of trust."""
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from chironomia.agent.articulation import Said, SaidPart, laid_out_word, natural_times
from chironomia.agent.durations import TimedPhone
from chironomia.agent.spoken import SpokenWord
from chironomia.agent.timings import match_timings, read_timings
from chironomia.agent.transcript import WordTimes
from chironomia.generators.audio import load_audio

log = logging.getLogger(__name__)
_REFINING_SHARE = 0.5  # of a given word must be covered by its heard phones for these to place its syllables
_SHORTEST_WORD_S = 0.01  # some engines give words no duration at all


def phone_times(
    words: Sequence[SpokenWord],
    *,
    audio: Path | None = None,
    given: WordTimes | None = None,
    rate: float = 1.0,
    breaks: Iterable[tuple[int, float]] = (),
) -> tuple[Said, ...]:
    """The phones of each written word in time. ``rate`` and ``breaks`` (silences after words) count only where nothing is given or heard.

    Raises ValueError for a rate that is not above 0, and whatever `read_timings`, `match_timings` and `align` refuse.
    """
    if not rate > 0:
        raise ValueError(f"rate: expected a tempo above 0 (1 is natural, 2 twice as fast), got {rate}")
    if given is not None:
        return _given_times(words, given, audio)
    if audio is not None:
        return _heard(words, audio)
    return natural_times(words, rate=rate, breaks=breaks)


def audio_length_s(audio: Path) -> float:
    """How long a recording lasts, seconds. Raises ValueError when it cannot be read."""
    samples, rate = load_audio(audio)
    return len(samples) / rate


def _heard(words: Sequence[SpokenWord], audio: Path) -> tuple[Said, ...]:
    from chironomia.agent.forced_alignment import align

    parts = iter(align([part for word in words for part in word.spoken.split()], audio))
    return tuple(tuple(next(parts) for _ in word.spoken.split()) for word in words)


def _given_times(words: Sequence[SpokenWord], given: WordTimes, audio: Path | None) -> tuple[Said, ...]:
    duration_s = audio_length_s(audio) if audio else None
    timings = read_timings(given, duration_s=duration_s)
    spans = _with_length(match_timings(words, timings, duration_s=duration_s))
    heard: Sequence[Said | None] = [None] * len(words)
    if audio and words:
        try:
            heard = _heard(words, audio)
        except ValueError as error:  # the given times stand without the recording
            log.warning("syllables are placed by the duration model inside the given words: %s", error)
    return tuple(_inside(word, span, said) for word, span, said in zip(words, spans, heard, strict=True))


def _with_length(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Every word given a length, at the expense of the silence or the word after it."""
    out: list[tuple[float, float]] = []
    for start, end in spans:
        start = max(start, out[-1][1]) if out else start
        out.append((start, max(end, start + _SHORTEST_WORD_S)))
    return out


def _inside(word: SpokenWord, span: tuple[float, float], heard: Said | None) -> Said:
    """The phones of a word within its given span: as heard where they overlap it enough, else in natural proportion."""
    start, end = span
    if heard is not None:
        heard_start, heard_end = heard[0].phones[0].start_s, heard[-1].phones[-1].end_s
        if min(end, heard_end) - max(start, heard_start) >= _REFINING_SHARE * (end - start):
            return _fitted(heard, start, end)
    return laid_out_word(word, start, end)


def _fitted(heard: Said, start: float, end: float) -> Said:
    """Heard phones cut to a given word, whose first and last phones fill it."""
    last_part, last_phone = len(heard) - 1, len(heard[-1].phones) - 1
    out: list[SaidPart] = []
    for i, part in enumerate(heard):
        phones: list[TimedPhone] = []
        for j, phone in enumerate(part.phones):
            begins = start if i == j == 0 else min(max(phone.start_s, start), end)
            ends = end if (i, j) == (last_part, last_phone) else min(max(phone.end_s, start), end)
            phones.append(TimedPhone(phone.phone, begins, ends))
        out.append(SaidPart(part.word, tuple(phones)))
    return tuple(out)
