"""Rhythm from sound, from syllables, and from both."""
import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from chironomia.agent.rhythm_of_words import nuclei, word_intervals
from chironomia.agent.transcript import Syllable, Utterance, Word
from chironomia.generators.accents import acoustic_prominence, heard_nuclei
from chironomia.generators.audio import load_audio
from chironomia.generators.prosody import RATE_HZ, prosody
from chironomia.generators.rhythm import AccentKind, Interval, Nucleus, joined
from chironomia.generators.speech_rhythm import PAUSE_S, rhythm_from_audio, rhythm_from_nuclei

SPEECH = Path(__file__).parents[2] / "shared" / "data" / "speech"
VOWELS = set("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
# Which words of each reading sound accented to us, by index; and the words whose stress is not on the first syllable.
ACCENTED = {
    "0870": {3, 6, 8, 10, 14, 17, 19},
    "0880": {2, 4, 5, 7},
    "0890": {0, 4, 8, 12, 13},
    "0920": {2, 4, 6, 7, 13, 15, 18},
    "0930": {2, 6, 7},
}
LATE_STRESS = {"0870": {8}, "0880": {5}, "0890": {0, 13}, "0920": {15}, "0930": {7}}


def _syllables(onsets_s: list[float], loud: set[int], seconds: float) -> torch.Tensor:
    """A buzz of 120 Hz in syllables of 150 ms; the loud ones twice as strong and a fourth higher."""
    times = torch.arange(int(seconds * RATE_HZ)) / RATE_HZ
    out = torch.zeros_like(times)
    for i, onset in enumerate(onsets_s):
        inside = (times >= onset) & (times < onset + 0.15)
        hertz, size = (160, 0.3) if i in loud else (120, 0.15)
        buzz = sum((torch.sin(2 * math.pi * hertz * k * times) / k for k in range(1, 6)), torch.zeros_like(times))
        out = out + inside * size * buzz * torch.sin(math.pi * ((times - onset) / 0.15).clamp(0, 1)).clamp_min(0) ** 0.5
    return out


def _words(text: str) -> Utterance:
    """One word every half second, of one stressed syllable."""
    starts = [(0.5 * i, t) for i, t in enumerate(text.split())]
    words = [Word(t, t, s, s + 0.4, (Syllable(s, s + 0.1, s + 0.4, 1),), 0) for s, t in starts]
    return Utterance(text, tuple(words), ((0, len(words)),), 0.5 * len(words))


def _reading(name: str) -> Utterance:
    document = json.loads((SPEECH / f"sense_and_sensibility_01_austen_64kb-{name}.phone.json").read_text())
    words: list[Word] = []
    for entry in (w for w in document["w"] if not w["t"].startswith("<")):
        vowels = [p["b"] for p in entry["w"] if p["t"] in VOWELS]
        end = entry["b"] + entry["d"]
        stressed = int(len(words) in LATE_STRESS[name])
        syllables = tuple(Syllable(a, a, b, int(i == stressed)) for i, (a, b) in enumerate(pairwise([*vowels, end])))
        text = entry["t"].split("(")[0]
        words.append(Word(text, text, entry["b"], end, syllables, 0))
    return Utterance("", tuple(words), ((0, len(words)),), document["d"])


@pytest.mark.parametrize("known", [None, []])
def test_silence_has_no_rhythm(known: list[Nucleus] | None) -> None:
    rhythm = rhythm_from_audio(torch.zeros(2 * RATE_HZ), RATE_HZ, nuclei=known)
    assert rhythm.activity.shape == (60,)
    assert rhythm.activity.max() == 0
    assert (rhythm.accents, rhythm.phrases, rhythm.rate_hz) == ((), (), 0.0)


def test_noise_has_no_rhythm() -> None:
    noise = 0.1 * torch.randn(3 * RATE_HZ, generator=torch.Generator().manual_seed(0))
    rhythm = rhythm_from_audio(noise, RATE_HZ)
    assert rhythm.activity.max() == 0
    assert (rhythm.accents, rhythm.phrases) == ((), ())


def test_no_words_have_no_rhythm() -> None:
    rhythm = rhythm_from_nuclei([], [], 1.0)
    assert rhythm.activity.tolist() == [0.0] * 30
    assert (rhythm.accents, rhythm.phrases, rhythm.rate_hz) == ((), (), 0.0)


def test_syllables_are_heard_where_they_begin() -> None:
    onsets = [0.3, 0.6, 0.9, 1.3, 1.6]
    heard = heard_nuclei(prosody(_syllables(onsets, {1}, 2.0), RATE_HZ))
    assert [n.time_s for n in heard] == pytest.approx(onsets, abs=0.04)


def test_the_loud_and_high_syllable_stands_out() -> None:
    onsets = [0.3, 0.55, 0.8, 1.05, 1.3]
    voice = prosody(_syllables(onsets, {2}, 2.0), RATE_HZ)
    shares = acoustic_prominence([Nucleus(t, t + 0.15, 0.5) for t in onsets], voice)
    assert int(shares.argmax()) == 2
    assert shares[2] > 0.75
    assert (shares[[0, 1, 3, 4]] < 0.6).all()


def test_a_pause_parts_phrases_and_each_has_one_nucleus() -> None:
    onsets = [0.2, 0.45, 0.7, 1.5, 1.75, 2.0]
    known = [Nucleus(t, t + 0.2, 0.9 if i % 3 == 2 else 0.1) for i, t in enumerate(onsets)]
    rhythm = rhythm_from_audio(_syllables(onsets, {2, 5}, 2.5), RATE_HZ, nuclei=known)
    assert len(rhythm.phrases) == 2
    assert [a.time_s for a in rhythm.accents if a.kind is AccentKind.NUCLEUS] == [0.7, 2.0]
    assert rhythm.activity[int(1.2 * 30)] == 0
    assert rhythm.activity[int(0.75 * 30)] > 0.5


def test_a_word_without_sound_still_belongs_to_a_phrase() -> None:
    rhythm = rhythm_from_audio(torch.zeros(RATE_HZ), RATE_HZ, nuclei=[Nucleus(0.2, 0.5, 0.9, 0)])
    assert [a.word for a in rhythm.accents] == [0]


def test_pauses_shorter_than_a_fifth_of_a_second_do_not_part_a_phrase() -> None:
    spans = [Interval(0.0, 0.5), Interval(0.69, 1.0), Interval(1.21, 1.5)]
    assert joined(spans, PAUSE_S) == (Interval(0.0, 1.0), Interval(1.21, 1.5))


def test_without_sound_the_last_content_word_is_the_nucleus() -> None:
    utterance = _words("the market is growing in the north of it")
    rhythm = rhythm_from_nuclei(nuclei(utterance), [Interval(0.0, utterance.duration_s)], utterance.duration_s)
    by_word = {a.word: a for a in rhythm.accents}
    assert set(by_word) == {1, 3, 6}
    assert by_word[6].kind is AccentKind.NUCLEUS
    assert by_word[6].prominence > by_word[1].prominence
    assert rhythm.rate_hz == pytest.approx(2.0)


def test_focus_and_contrast_outweigh_content_and_repetition_loses() -> None:
    weight = {n.word: n.weight for n in nuclei(_words("we make a house but a house is never made of paper"))}
    assert weight[8] > weight[3] > weight[1] > weight[0]
    assert weight[6] < weight[3]
    assert weight[9] > weight[1]


def test_activity_from_words_peaks_in_vowels_and_rests_in_pauses() -> None:
    known = [Nucleus(0.2, 0.5, 1.0), Nucleus(1.5, 1.8, 1.0)]
    activity = rhythm_from_nuclei(known, [Interval(0.1, 0.5), Interval(1.4, 1.8)], 2.0).activity
    assert activity[int(0.27 * 30)] > 0.9
    assert activity[int(1.0 * 30)] == 0
    assert 0 <= float(activity.min()) <= float(activity.max()) <= 1



@pytest.mark.shared
@pytest.mark.parametrize("with_sound", [True, False])
def test_accents_of_read_sentences_are_where_we_hear_them(with_sound: bool) -> None:
    if not SPEECH.is_dir():
        pytest.skip("the reference recordings are not here")
    hits = found = expected = 0
    for name, accented in ACCENTED.items():
        utterance = _reading(name)
        known = nuclei(utterance)
        if with_sound:
            rhythm = rhythm_from_audio(*load_audio(SPEECH / f"sense_and_sensibility_01_austen_64kb-{name}.wav"), nuclei=known)
        else:
            rhythm = rhythm_from_nuclei(known, word_intervals(utterance), utterance.duration_s)
        words = {a.word for a in rhythm.accents}
        hits, found, expected = hits + len(words & accented), found + len(words), expected + len(accented)
    assert 2 * hits / (found + expected) >= 0.75
