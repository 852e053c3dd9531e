"""Forced alignment, on read sentences whose word times are known."""
import json
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from chironomia.agent.forced_alignment import align
from chironomia.agent.timings import read_timings
from chironomia.agent.transcript import transcribe

SPEECH = Path(__file__).parents[2] / "shared" / "data" / "speech"
pytestmark = [pytest.mark.shared, pytest.mark.skipif(not SPEECH.is_dir(), reason="the reference recordings are not here")]
SENTENCES = sorted(SPEECH.glob("sense*.wav"))
WITHIN_S = 0.08  # asked of the median


def _text(wav: Path) -> str:
    return wav.with_suffix(".txt").read_text(encoding="utf-8")


def _given_starts(wav: Path) -> list[float]:
    return [start for _, start, _ in read_timings(wav.with_suffix(".json"))]


def _errors(wav: Path, heard: Path | None = None) -> np.ndarray:
    words = transcribe(_text(wav), audio=heard or wav).words
    return np.abs(np.array([w.start_s for w in words]) - np.array(_given_starts(wav)))


def test_words_start_within_80_ms_in_the_median() -> None:
    errors = np.concatenate([_errors(wav) for wav in SENTENCES])
    assert len(errors) == 71
    assert np.median(errors) <= WITHIN_S
    assert np.quantile(errors, 0.95) <= WITHIN_S


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (48_000, 2), (44_100, 2)])
def test_any_sample_rate_and_channel_count_will_do(rate: int, channels: int, tmp_path: Path) -> None:
    samples, own_rate = soundfile.read(SENTENCES[1])
    heard = soxr.resample(samples, own_rate, rate)
    soundfile.write(tmp_path / "x.wav", np.stack([heard] * channels, 1), rate)
    assert np.median(_errors(SENTENCES[1], tmp_path / "x.wav")) <= WITHIN_S


def test_phones_place_the_vowel_of_the_stressed_syllable() -> None:
    phones = json.loads(SENTENCES[1].with_name(SENTENCES[1].stem + ".phone.json").read_text())
    young = next(w for w in phones["w"] if w["t"] == "young")
    words = transcribe(_text(SENTENCES[1]), audio=SENTENCES[1]).words
    assert words[6].text == "young"
    assert words[6].stress_s == pytest.approx(young["w"][1]["b"], abs=0.03)


def test_given_times_are_kept_and_refined_by_what_is_heard() -> None:
    wav = SENTENCES[0]
    heard, given = transcribe(_text(wav), audio=wav), transcribe(_text(wav), audio=wav, words=wav.with_suffix(".json"))
    assert [w.start_s for w in given.words] == pytest.approx(_given_starts(wav))
    assert [w.stress_s for w in given.words] == pytest.approx([w.stress_s for w in heard.words], abs=0.05)


def test_the_duration_model_places_vowels_near_where_they_are_heard() -> None:
    errors = []
    for wav in SENTENCES:
        heard, modelled = (transcribe(_text(wav), audio=audio, words=wav.with_suffix(".json")) for audio in (wav, None))
        errors += [abs(a.stress_s - b.stress_s) for a, b in zip(heard.words, modelled.words, strict=True)]
    assert np.median(errors) <= 0.04


def test_spontaneous_speech_longer_than_a_window_is_aligned_unlisted_words_too() -> None:
    wav = SPEECH / "acoustic_corpus.wav"
    heard, given = align(_text(wav).split(), wav), read_timings(wav.with_suffix(".TextGrid"))
    assert any(part.word == "yknow" for part in heard)
    blocks = SequenceMatcher(None, [p.word for p in heard], [w for w, _, _ in given], autojunk=False).get_matching_blocks()
    errors = [abs(heard[b.a + i].phones[0].start_s - given[b.b + i][1]) for b in blocks for i in range(b.size)]
    assert len(errors) > 50
    assert np.median(errors) <= WITHIN_S


def test_a_recording_of_another_text_is_refused() -> None:
    for wav in SENTENCES[:2]:
        with pytest.raises(ValueError, match="does not seem to say this text"):
            transcribe("Good morning everyone, and welcome to the evening news.", audio=wav)


def test_the_words_in_another_order_are_refused() -> None:
    wav = SENTENCES[0]
    with pytest.raises(ValueError, match="does not seem to say this text"):
        align(_text(wav).split()[::-1], wav)


def test_a_text_of_half_the_recording_is_refused(tmp_path: Path) -> None:
    samples = np.concatenate([soundfile.read(SENTENCES[i])[0] for i in (1, 4)])
    soundfile.write(tmp_path / "two.wav", samples, 16_000)
    with pytest.raises(ValueError, match="lies outside these words"):
        transcribe(_text(SENTENCES[1]), audio=tmp_path / "two.wav")


def test_noise_at_ten_decibels_is_borne(tmp_path: Path) -> None:
    samples, rate = soundfile.read(SENTENCES[1])
    noise = np.random.default_rng(0).normal(0, samples.std() * 10 ** (-10 / 20), len(samples))
    soundfile.write(tmp_path / "noisy.wav", samples + noise, rate)
    assert np.median(_errors(SENTENCES[1], tmp_path / "noisy.wav")) <= WITHIN_S


def test_pauses_before_and_after_do_not_matter(tmp_path: Path) -> None:
    samples, rate = soundfile.read(SENTENCES[1])
    padded = np.concatenate([np.zeros(2 * rate), samples, np.zeros(3 * rate)])
    soundfile.write(tmp_path / "x.wav", padded, rate)
    words = transcribe(_text(SENTENCES[1]), audio=tmp_path / "x.wav")
    assert np.median(np.abs(np.array([w.start_s - 2.0 for w in words.words]) - _given_starts(SENTENCES[1]))) <= WITHIN_S
    assert words.duration_s == pytest.approx(len(padded) / rate)
