"""Rhythm: all that the generator knows of speech. It comes from audio, from words alone, or from an author."""
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from torch import Tensor


class AccentKind(StrEnum):
    """What carries the accent: a word's stressed syllable, or a phrase's last, strongest one (the nucleus)."""

    STRESS = "stress"
    NUCLEUS = "nucleus"


@dataclass(frozen=True, order=True)
class Nucleus:
    """A syllable's vowel: its onset, the syllable's end, and how much stress the language gives it (``weight`` 0-1).

    Nuclei carry what is known of the words into the rhythm without naming a language. ``word`` is the index of its word.
    """

    time_s: float
    end_s: float
    weight: float
    word: int | None = None


@dataclass(frozen=True, order=True)
class Accent:
    """A prominent syllable. ``time_s`` is its vowel's onset, ``prominence`` 0-1 within the utterance."""

    time_s: float
    prominence: float
    kind: AccentKind = AccentKind.STRESS
    word: int | None = None


@dataclass(frozen=True, order=True)
class Interval:
    """A half-open interval of time [start_s, end_s)."""

    start_s: float
    end_s: float

    def __contains__(self, time_s: float) -> bool:
        return self.start_s <= time_s < self.end_s


def joined(spans: Iterable[Interval], gap_s: float) -> tuple[Interval, ...]:
    """Spans in order of time, those less than ``gap_s`` seconds apart made one."""
    out: list[Interval] = []
    for span in sorted(spans):
        # A microsecond of grace, so that rounding does not decide about a gap of just this length.
        if out and span.start_s - out[-1].end_s < gap_s - 1e-6:
            out[-1] = Interval(out[-1].start_s, max(out[-1].end_s, span.end_s))
        else:
            out.append(span)
    return tuple(out)


@dataclass(frozen=True)
class Rhythm:
    """Speech as the body feels it.

    ``activity`` (F,) in 0-1 at ``fps``: how much is being said; ``accents`` in order of time; ``phrases`` are stretches of
    speech between pauses, in order; ``rate_hz`` syllables a second while speaking. Silence: activity 0, no accents, no
    phrases, rate 0.
    """

    activity: Tensor
    fps: float
    accents: tuple[Accent, ...]
    phrases: tuple[Interval, ...]
    rate_hz: float

    @property
    def duration_s(self) -> float:
        return float(self.activity.shape[0]) / self.fps
