"""Stress: the right syllable for common words, measured on words the exceptions do not list as well."""
from pathlib import Path

import pytest

from chironomia.agent import stress
from chironomia.agent.stress import primary_stress, stresses


@pytest.fixture(scope="module")
def stressed_words() -> dict[str, int]:
    lines = (Path(__file__).parent / "stressed_words.txt").read_text(encoding="utf-8").splitlines()
    entries = (line.split(": ") for line in lines if not line.startswith("#"))
    return {word: int(syllable) - 1 for syllable, words in entries for word in words.split()}


def _share_right(words: dict[str, int]) -> float:
    return sum(primary_stress(word) == syllable for word, syllable in words.items()) / len(words)


def test_at_least_92_percent_of_500_common_words_are_stressed_right(stressed_words: dict[str, int]) -> None:
    assert len(stressed_words) >= 500
    assert _share_right(stressed_words) >= 0.92


def test_the_rules_do_as_well_without_their_exceptions(stressed_words: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stress, "_exceptions", dict)
    assert _share_right(stressed_words) >= 0.92


def test_no_word_is_an_exception_needlessly(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = dict(stress._exceptions())
    for word, syllable in listed.items():
        others = {w: s for w, s in listed.items() if w != word}
        monkeypatch.setattr(stress, "_exceptions", lambda others=others: others)
        assert primary_stress(word) != syllable, word


def test_a_word_has_one_primary_stress_and_one_mark_a_syllable() -> None:
    assert stresses("communication") == (0, 2, 0, 1, 0)
    assert stresses("everything").count(1) == 1


def test_a_function_word_of_one_syllable_is_unstressed_and_a_longer_one_is_not() -> None:
    assert stresses("the") == (0,)
    assert stresses("about") == (0, 1)


def test_a_negation_of_one_syllable_is_stressed() -> None:
    assert stresses("not") == stresses("never")[:1] == (1,)


def test_a_noun_and_its_verb_differ() -> None:
    assert stresses("record") == (1, 0)
    assert stresses("record", verb=True) == (0, 1)


def test_a_word_in_no_dictionary_is_stressed_somewhere() -> None:
    assert stresses("gesticulatorish").count(1) == 1


def test_a_word_without_a_vowel_has_one_syllable() -> None:
    assert len(stresses("hmm")) == 1
