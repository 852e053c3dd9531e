import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chironomia.agent.transcript import Utterance, transcribe

PARAGRAPH = (
    "Dr. Smith's plan (all $3.5 million of it) covers everything: roads, schools & the park. 😀 Isn't that \"well-known\"? "
    "Yes — it is.\n\n你好 привет.\n"
)


def _check_order(utterance: Utterance) -> None:
    for before, after in pairwise(utterance.words):
        assert before.end_s <= after.start_s + 1e-9
    for word in utterance.words:
        assert word.start_s < word.end_s
        assert word.syllables
        assert word.start_s == word.syllables[0].start_s
        assert word.end_s == word.syllables[-1].end_s
        assert sum(s.stress == 1 for s in word.syllables) <= 1
        for s in word.syllables:
            assert s.start_s <= s.vowel_s < s.end_s


def test_words_and_syllables_follow_each_other_in_time() -> None:
    utterance = transcribe(PARAGRAPH)
    _check_order(utterance)
    assert utterance.duration_s == utterance.words[-1].end_s


def test_sentences_cover_all_words_without_gaps() -> None:
    utterance = transcribe(PARAGRAPH)
    spans = utterance.sentences
    assert spans[0][0] == 0
    assert spans[-1][1] == len(utterance.words)
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert all(utterance.words[i].sentence == k for k, span in enumerate(spans) for i in range(*span))


def test_the_stroke_belongs_to_the_stressed_vowel() -> None:
    (word,) = transcribe("communication").words
    assert [s.stress for s in word.syllables] == [0, 2, 0, 1, 0]
    assert word.stress_s == word.syllables[3].vowel_s > word.syllables[3].start_s


def test_of_several_spoken_words_one_carries_the_stress() -> None:
    def stressed(text: str) -> int:
        return [s.stress for s in transcribe(text).words[0].syllables].index(1)

    assert stressed("twenty-one") == 2
    assert stressed("check-in") == 0
    assert stressed("USA") == 2


def test_verbs_and_nouns_are_stressed_apart() -> None:
    utterance = transcribe("a record to record")
    assert [[s.stress for s in utterance.words[i].syllables] for i in (1, 3)] == [[1, 0], [0, 1]]


@pytest.mark.parametrize("text", [" ", "\n\n", "😀", "…", "—", "<speak></speak>"])
def test_text_without_a_word_gives_an_utterance_without_words(text: str) -> None:
    utterance = transcribe(text)
    assert (utterance.words, utterance.sentences, utterance.duration_s) == ((), (), 0.0)


def test_one_word_is_enough() -> None:
    assert len(transcribe("Hi").words) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "something to say"), ("a\0b", r"U\+0000 at position 1"), ("\x7fELF\x02\x01", "control character"), ("\ud800", "control")],
)
def test_nothing_and_binary_text_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        transcribe(text)


def test_text_must_be_text() -> None:
    with pytest.raises(ValueError, match="expected a string"):
        transcribe(b"hello")  # type: ignore[arg-type]


def test_audio_needs_its_text(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="what the recording says"):
        transcribe("", audio=tmp_path / "a.wav")


def test_missing_and_broken_audio_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF not really")
    for path in (tmp_path / "none.wav", broken):
        with pytest.raises(ValueError, match="audio"):
            transcribe("hello", audio=path)


def test_silence_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(32_000), 16_000)
    with pytest.raises(ValueError, match="silence"):
        transcribe("hello there", audio=tmp_path / "silence.wav")


def test_a_tone_does_not_say_the_text(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.wav", 0.3 * np.sin(np.arange(48_000) * 2 * np.pi * 220 / 16_000), 16_000)
    with pytest.raises(ValueError, match="does not seem to say this text"):
        transcribe("hello there everyone", audio=tmp_path / "tone.wav")


def test_a_recording_too_short_for_its_text_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "short.wav", 0.1 * np.random.default_rng(0).normal(size=8_000), 16_000)
    with pytest.raises(ValueError, match="too short"):
        transcribe("this is far too much text to be said in half a second", audio=tmp_path / "short.wav")


def test_any_mix_of_signs_is_transcribed_or_refused_in_one_line() -> None:
    signs = "abcXYZ 019.,!?-—…'\"<>&/@#$%()[]é你😀\n\t:;=+*_~^|\\`°½"
    dice = random.Random(0)
    for _ in range(500):
        text = "".join(dice.choice(signs) for _ in range(dice.randint(1, 40)))
        _check_order(transcribe(text))


def test_ten_minutes_of_text_are_transcribed() -> None:
    utterance = transcribe("This is a rather long sentence about the history of gestures, which costs $5. " * 110)
    assert utterance.duration_s > 600
    _check_order(utterance)
