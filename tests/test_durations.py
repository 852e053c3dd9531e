import numpy as np
import pytest

from chironomia.agent.durations import laid_out, phone_durations
from chironomia.agent.pronunciation import pronounce
from chironomia.agent.stress import stresses
from chironomia.agent.transcript import Utterance, transcribe

TALK = (
    "The story of gesture is older than the story of words. When we explain an idea, our hands draw it in the air, and the listener sees "
    "what we mean. Nobody teaches us that; it is simply how people think aloud. Prices have been rising since last summer, and most "
    "families feel it every week at the supermarket. We could wait for things to get better, but that would be a mistake."
)


def _syllables_per_s(utterance: Utterance) -> float:
    return sum(len(w.syllables) for w in utterance.words) / sum(w.end_s - w.start_s for w in utterance.words)


def test_talk_is_articulated_at_about_4_8_syllables_a_second() -> None:
    assert _syllables_per_s(transcribe(TALK)) == pytest.approx(4.8, abs=0.1)


def test_twice_the_rate_takes_half_the_time() -> None:
    assert transcribe(TALK, rate=2.0).duration_s == pytest.approx(transcribe(TALK).duration_s / 2, rel=1e-6)


def test_the_same_text_takes_the_same_time() -> None:
    assert transcribe(TALK) == transcribe(TALK)


def test_a_stressed_syllable_lasts_longer_than_the_same_unstressed() -> None:
    assert sum(phone_durations(("T", "AA"), (1,))) > 1.2 * sum(phone_durations(("T", "AA"), (0,)))


def test_the_end_of_a_phrase_is_lengthened() -> None:
    phones = pronounce("paper")
    marks = stresses("paper", phones)
    inner, final = phone_durations(phones, marks), phone_durations(phones, marks, phrase_final=True)
    assert inner[:2] == final[:2]
    assert sum(final[2:]) > 1.1 * sum(inner[2:])


def test_longer_pauses_follow_stronger_punctuation() -> None:
    gaps = []
    for mark in (" ", ", ", "; ", ". ", ".\n\n"):
        first, second = transcribe(f"one{mark}two").words
        gaps.append(second.start_s - first.end_s)
    assert gaps[0] == pytest.approx(0.0, abs=1e-9)
    assert np.all(np.diff(gaps) > 0.1)


def test_phones_fill_the_span_they_are_given() -> None:
    timed = laid_out(("K", "AE", "T"), (0.1, 0.2, 0.1), 1.0, 1.2)
    assert (timed[0].start_s, timed[-1].end_s) == (1.0, pytest.approx(1.2))
    assert timed[1].end_s - timed[1].start_s == pytest.approx(0.1)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_that_is_no_tempo_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        transcribe("hello", rate=rate)
