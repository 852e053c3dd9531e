"""Utterance: the words of one piece of speech, in seconds, with their syllables and sentences."""
from dataclasses import dataclass

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
