"""Timings: given word times, checked, and matched to the words of a transcript that may spell them otherwise."""
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import accumulate
from pathlib import Path
from typing import Any

from chironomia.agent.spoken import SpokenWord, spoken_words
from chironomia.agent.timing_formats import TimedWord, parse_timings
from chironomia.agent.transcript import WordTimes

Span = tuple[float, float]  # start and end, seconds

_TOLERANCE_S = 0.02  # overlaps up to two frames of an aligner are merged silently
_BEYOND_S = 0.25  # engines round the end of the last word up to a frame of their codec or so
_LEAST_WORD_S = 0.08  # an interpolated word is not shorter than the shortest function words
_LETTER_S, _SLOWEST = 0.06, 2.0  # natural seconds a letter, and how much slower interpolated words may be said
_LEAST_MATCH = 0.5  # share of the transcript's words that given times must name to be of this text


def read_timings(source: WordTimes, *, duration_s: float | None = None) -> list[TimedWord]:
    """Word times from a file or from memory as (word, start, end) in seconds, in order and without overlap.

    Overlaps up to 20 ms are merged. Raises ValueError, naming the words, for times that are not numbers, negative, out of
    order, overlapping, ending before they start, or beyond ``duration_s``, and for a file that cannot be read or holds none.
    """
    words = _read(Path(source)) if isinstance(source, str | Path) else [_entry(e) for e in source]
    if not words:
        raise ValueError('word times: expected at least one {"word", "start", "end"}, got none')
    for word in words:
        _check(word, duration_s)
    return _without_overlap(words)


def _read(path: Path) -> list[TimedWord]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ValueError(f"word times: expected a readable file, got {path} ({error.strerror}); check the path") from error
    try:
        content = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"word times: expected text in {path}, got binary data") from error
    if not content.strip():
        raise ValueError(f"word times: expected timed words in {path}, got an empty file")
    try:
        return parse_timings(content)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"word times: {path} looks like a known format but lacks what it needs ({error!r})") from error


def _entry(entry: Any) -> TimedWord:
    try:
        word, start, end = (entry[key] for key in ("word", "start", "end")) if isinstance(entry, Mapping) else entry
        return str(word), float(start), float(end)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f'word times: expected (word, start, end) or {{"word", "start", "end"}}, got {str(entry)[:80]}') from None


def _check(timed: TimedWord, duration_s: float | None) -> None:
    word, start, end = timed
    if not (math.isfinite(start) and math.isfinite(end)):
        raise ValueError(f"word times: expected finite seconds, got {start} to {end} for {word!r}")
    if start < 0:
        raise ValueError(f"word times: expected times from 0 on, got {start:.3f} s for {word!r}")
    if end < start:
        raise ValueError(f"word times: {word!r} ends at {end:.3f} s, before it starts at {start:.3f} s")
    if duration_s is not None and end > duration_s + _BEYOND_S:
        raise ValueError(f"word times: {word!r} ends at {end:.3f} s, but the recording lasts only {duration_s:.3f} s; are these seconds?")


def _without_overlap(words: Sequence[TimedWord]) -> list[TimedWord]:
    out: list[TimedWord] = []
    for word, start, end in words:
        if out:
            before, before_start, before_end = out[-1]
            if start < before_start - _TOLERANCE_S:
                raise ValueError(f"word times: expected order, got {word!r} ({start:.3f} s) after {before!r} ({before_start:.3f} s)")
            if start < before_end - _TOLERANCE_S:
                raise ValueError(f"word times: {word!r} at {start:.3f} s overlaps {before!r}, which lasts until {before_end:.3f} s")
            if start < before_end:
                start = max(before_start, (start + before_end) / 2)
                out[-1] = (before, before_start, start)
        out.append((word, start, max(start, end)))
    return out


def match_timings(words: Sequence[SpokenWord], timings: Sequence[TimedWord], *, duration_s: float | None = None) -> list[Span]:
    """Start and end of each transcript word, seconds, from timed words that may differ in case, punctuation or spelling of numbers.

    The alignment is monotone over spoken words; a word that is not among the timed ones is interpolated between its
    neighbours. Raises ValueError when less than half of the words are found: the times belong to another text.
    """
    pieces = [(part, i) for i, word in enumerate(words) for part in word.spoken.split()]
    timed = _timed_parts(timings)
    blocks = SequenceMatcher(None, [_fold(p) for p, _ in pieces], [_fold(t[0]) for t in timed], autojunk=False).get_opcodes()
    found: dict[int, Span] = {}
    equal = 0
    for kind, a, b, c, d in blocks:
        equal += b - a if kind == "equal" else 0
        if kind == "equal" or (kind == "replace" and b - a == d - c):
            for (_, i), (_, start, end) in zip(pieces[a:b], timed[c:d], strict=True):
                found[i] = (min(found[i][0], start) if i in found else start, end)
    if equal < _LEAST_MATCH * len(pieces):
        raise ValueError(
            f"word times: expected the times of this text, but only {equal} of its {len(pieces)} words are among them "
            f"(text: {' '.join(p for p, _ in pieces[:5])!r}, times: {' '.join(t[0] for t in timed[:5])!r})"
        )
    return _interpolated(words, found, duration_s)


def _fold(word: str) -> str:
    return word.replace("'", "").replace("’", "")


def _timed_parts(timings: Sequence[TimedWord]) -> list[TimedWord]:
    """Timed words as spoken ones; what is said in several words shares its time among them by their length."""
    starts = list(accumulate((len(written) + 1 for written, _, _ in timings), initial=0))
    parts: dict[int, list[str]] = {}
    for word in spoken_words(" ".join(written for written, _, _ in timings)):
        parts.setdefault(bisect_right(starts, word.span[0]) - 1, []).extend(word.spoken.split())
    out: list[TimedWord] = []
    for i, spoken in parts.items():
        _, start, end = timings[i]
        letters = sum(len(part) for part in spoken)
        at = start
        for part in spoken:
            share = (end - start) * len(part) / letters
            out.append((part, at, at + share))
            at += share
    return out


def _interpolated(words: Sequence[SpokenWord], found: dict[int, Span], duration_s: float | None) -> list[Span]:
    """Times for every word: a run of words without any shares the gap around it by their length, after making room if it is too small."""
    times = [found.get(i) for i in range(len(words))]
    i = 0
    while i < len(times):
        after = next((j for j in range(i, len(times)) if times[j]), len(times))
        if after > i:
            letters = [len(word.spoken) for word in words[i:after]]
            before, following = times[i - 1] if i else None, times[after] if after < len(times) else None
            start, end = _gap(before, following, letters, duration_s)
            if before:
                times[i - 1] = (before[0], min(before[1], start))
            if following:
                times[after] = (max(following[0], end), following[1])
            for j, count in enumerate(letters):
                share = (end - start) * count / sum(letters)
                times[i + j] = (start, start + share)
                start += share
        i = after + 1
    return [time for time in times if time]


def _gap(before: Span | None, following: Span | None, letters: Sequence[int], duration_s: float | None) -> Span:
    """Where a run of words fits between its neighbours, seconds: at its natural length, in the gap, or with half of each neighbour."""
    natural, least = sum(letters) * _LETTER_S, len(letters) * _LEAST_WORD_S
    start = before[1] if before else max(0.0, following[0] - natural) if following else 0.0
    end = following[0] if following else min(start + natural, duration_s if duration_s is not None else math.inf)
    end = min(end, start + _SLOWEST * natural)
    if before and end - start < least:
        start -= min(least - (end - start), (before[1] - before[0]) / 2)
    if following and end - start < least:
        end += min(least - (end - start), (following[1] - following[0]) / 2)
    return start, end
