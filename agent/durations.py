"""Durations: how long phones and pauses last when nobody has spoken yet.

Klatt's multiplicative rules (Klatt 1979, "Synthesis by rule of segmental durations in English sentences"; Allen, Hunnicutt & Klatt
1987, ch. 9): every phone has an inherent and a least duration, and each rule shortens or lengthens what lies above the least.
"""
from collections.abc import Sequence
from dataclasses import dataclass

from chironomia.agent.pronunciation import is_vowel
from chironomia.agent.sentences import Pause
from chironomia.agent.syllables import SyllableSpan, syllabify

# phone -> inherent and least duration, milliseconds (after Klatt 1979, table I)
_MS = {
    "AA": (240, 100), "AE": (230, 80), "AH": (140, 60), "AO": (240, 100), "AW": (260, 100), "AY": (250, 150), "EH": (150, 70),
    "ER": (180, 80),
    "EY": (190, 70), "IH": (135, 40), "IY": (155, 55), "OW": (220, 80), "OY": (280, 150), "UH": (160, 60), "UW": (210, 70),
    "B": (85, 60), "CH": (70, 50), "D": (75, 50), "DH": (50, 30), "F": (100, 80), "G": (80, 60), "HH": (80, 20), "JH": (70, 50),
    "K": (80, 60),
    "L": (80, 40), "M": (70, 60), "N": (60, 50), "NG": (95, 60), "P": (90, 50), "R": (80, 30), "S": (105, 60), "SH": (105, 80),
    "T": (75, 50),
    "TH": (90, 60), "V": (60, 40), "W": (80, 60), "Y": (80, 40), "Z": (75, 40), "ZH": (70, 40),
}  # fmt: skip
_PHRASE_FINAL, _WORD_INNER, _POLYSYLLABIC, _UNSTRESSED, _CLUSTER, _NON_INITIAL = 1.4, 0.85, 0.8, 0.6, 0.6, 0.85
_BEFORE = {  # how the consonant after a vowel in its syllable changes it (rule 9)
    **dict.fromkeys(("V", "DH", "Z", "ZH"), 1.3), **dict.fromkeys(("B", "D", "G"), 1.15), **dict.fromkeys(("M", "N", "NG"), 0.9),
    **dict.fromkeys(("P", "T", "K", "CH"), 0.75),
}  # fmt: skip
# Brings running text to 4.8 syllables a second of articulation, the middle of talk (Goldman-Eisler 1968: 4.4 to 5.9);
# measured on the text of tests/test_durations.py. Readers of novels take 3 % longer.
_TEMPO = 1.03
# Silences of fluent reading (Goldman-Eisler 1968, ch. 2; Krivokapic 2007).
PAUSE_S = {Pause.NONE: 0.0, Pause.COMMA: 0.2, Pause.CLAUSE: 0.35, Pause.SENTENCE: 0.6, Pause.PARAGRAPH: 1.0}


@dataclass(frozen=True)
class TimedPhone:
    """A phone and when it is said, seconds, half-open."""

    phone: str
    start_s: float
    end_s: float


def phone_durations(
    phones: tuple[str, ...], stresses: Sequence[int], *, phrase_final: bool = False, rate: float = 1.0
) -> tuple[float, ...]:
    """How long each phone of one spoken word lasts, seconds.

    ``stresses`` has one entry per syllable (0 none, 1 primary, 2 secondary); ``phrase_final`` lengthens the last syllable;
    ``rate`` 2 is twice as fast. Raises ValueError unless rate > 0.
    """
    if not rate > 0:
        raise ValueError(f"rate: expected a number above 0 (1 is the natural tempo), got {rate}")
    out: list[float] = []
    spans = syllabify(phones)
    for k, (span, stress) in enumerate(zip(spans, stresses, strict=True)):
        last = k == len(spans) - 1
        milliseconds = [_duration(phones, i, span, stress, last, phrase_final, len(spans)) for i in range(span.first, span.after)]
        out += [ms / (_TEMPO * rate * 1000) for ms in milliseconds]
    return tuple(out)


def _duration(phones: tuple[str, ...], i: int, span: SyllableSpan, stress: int, last: bool, phrase_final: bool, syllables: int) -> float:
    """Milliseconds of the i-th phone (Klatt's rules 2-10): share * (inherent - least) + least."""
    inherent, least = _MS[phones[i]]
    share = 1.0 if stress else _UNSTRESSED
    share *= _POLYSYLLABIC if syllables > 1 else 1.0
    if is_vowel(phones[i]):
        share *= 1.0 if last else _WORD_INNER
        share *= _BEFORE.get(phones[i + 1], 1.0) if i + 1 < span.after else 1.0
    else:
        share *= _NON_INITIAL if i else 1.0
        share *= _CLUSTER if _in_cluster(phones, i) else 1.0
    if last and phrase_final and i >= span.vowel:
        share *= _PHRASE_FINAL
    return share * (inherent - least) + (least if stress else least * 0.75)


def _in_cluster(phones: tuple[str, ...], i: int) -> bool:
    return any(0 <= j < len(phones) and not is_vowel(phones[j]) for j in (i - 1, i + 1))


def laid_out(phones: tuple[str, ...], durations: Sequence[float], start_s: float, end_s: float | None = None) -> tuple[TimedPhone, ...]:
    """Phones one after the other from ``start_s``, stretched to end at ``end_s`` where one is given."""
    stretch = 1.0 if end_s is None else (end_s - start_s) / sum(durations)
    timed: list[TimedPhone] = []
    at = start_s
    for phone, duration in zip(phones, durations, strict=True):
        timed.append(TimedPhone(phone, at, at + duration * stretch))
        at = timed[-1].end_s
    return tuple(timed)
