"""Utterance: the words of one piece of speech, in seconds, with their syllables and sentences."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chironomia.motion_library.vocabulary import Hands, ImageSchema


@dataclass(frozen=True)
class Syllable:
    """A syllable [start_s, end_s); ``vowel_s`` is its vowel's onset, ``stress`` 0 none, 1 primary, 2 secondary."""

    start_s: float
    vowel_s: float
    end_s: float
    stress: int


@dataclass(frozen=True)
class Word:
    """A word as written (``text``, with the punctuation that touches it) and as spoken (``spoken``, lower-case words).

    Times are seconds, half-open. ``sentence`` is the index of its sentence. A word that is not spoken (a dash, an emoji)
    does not become a Word.
    """

    text: str
    spoken: str
    start_s: float
    end_s: float
    syllables: tuple[Syllable, ...]
    sentence: int

    @property
    def stress_s(self) -> float:
        """Onset of the vowel that carries the primary stress, seconds: where a stroke belongs."""
        return next((s.vowel_s for s in self.syllables if s.stress == 1), self.syllables[0].vowel_s)


@dataclass(frozen=True)
class Directive:
    """What an author marked up over words [first, after last): a gesture by id or schema, or ``none`` for still hands."""

    words: tuple[int, int]
    gesture: str | None = None
    schema: ImageSchema | None = None
    hands: Hands = Hands.EITHER
    intensity: float = 0.6
    none: bool = False


@dataclass(frozen=True)
class Utterance:
    """Words in order of time, the sentences as half-open spans of word indices, and the author's directives.

    An utterance may be empty (nothing to say): no words, no sentences, duration 0 or the length of its silent audio.
    """

    text: str
    words: tuple[Word, ...]
    sentences: tuple[tuple[int, int], ...]
    duration_s: float
    directives: tuple[Directive, ...] = ()


# Word times: a file that a speech engine or an aligner wrote, or (word, start, end) in seconds, or {"word", "start", "end"}.
WordTimes = str | Path | Sequence[tuple[str, float, float]] | Sequence[Mapping[str, Any]]


def transcribe(text: str, *, audio: str | Path | None = None, words: WordTimes | None = None, rate: float = 1.0) -> Utterance:
    """The utterance of a text, its words timed by what is known best.

    Given ``words`` are trusted first (with ``audio`` as well, the phones heard refine the syllables inside them), then forced
    alignment of ``audio`` with the text, then a model of syllable durations at the tempo ``rate`` (1 natural, 2 twice as
    fast). The text may hold gesture markup; other SSML tags are passed over. Text without a word (blank, emoji) gives an
    utterance without words. Raises ValueError, in one line, for empty or binary text, wrong markup, audio that cannot be
    read or does not say the text, and word times out of order or of another text.
    """
    from chironomia.agent.markup import read_markup
    from chironomia.agent.spoken import spoken_words
    from chironomia.agent.word_times import audio_length_s, phone_times

    _check_text(text, audio, words)
    marked = read_markup(text)
    spoken = spoken_words(marked.text)
    said = phone_times(spoken, audio=Path(audio) if audio else None, given=words, rate=rate, breaks=marked.breaks)
    timed = _timed_words(spoken, said)
    last_s = timed[-1].end_s if timed else 0.0
    duration_s = max(last_s, audio_length_s(Path(audio))) if audio else last_s
    return Utterance(marked.text, timed, _sentences(timed), duration_s, marked.directives)


def _timed_words(spoken: Sequence[Any], said: Sequence[Any]) -> tuple[Word, ...]:
    from chironomia.agent.articulation import syllables_of

    out: list[Word] = []
    for word, parts in zip(spoken, said, strict=True):
        previous = out[-1].spoken.split()[-1] if out else ""
        syllables = syllables_of(parts, written=word.text, previous=previous)
        out.append(Word(word.text, word.spoken, syllables[0].start_s, syllables[-1].end_s, syllables, word.sentence))
    return tuple(out)


def _sentences(words: Sequence[Word]) -> tuple[tuple[int, int], ...]:
    starts = [i for i, word in enumerate(words) if i == 0 or word.sentence != words[i - 1].sentence]
    return tuple(zip(starts, [*starts[1:], len(words)], strict=True)) if starts else ()


def _check_text(text: object, audio: object, words: object) -> None:
    if not isinstance(text, str):
        raise ValueError(f"text: expected a string of what is said, got {type(text).__name__}")
    bad = next((i for i, c in enumerate(text) if (ord(c) < 32 and c not in "\t\n\r\f\v") or 0xD800 <= ord(c) < 0xE000), None)
    if bad is not None:
        raise ValueError(
            f"text: expected readable text, got the control character U+{ord(text[bad]):04X} at position {bad}; is it a binary file?"
        )
    if not text:
        what = "what the recording says" if audio else "what the word times belong to" if words else "something to say"
        raise ValueError(f"text: expected {what}, got nothing; give the text")
