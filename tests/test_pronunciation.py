import random
import re

import pytest

from chironomia.agent.letter_to_sound import spell_out
from chironomia.agent.pronunciation import dictionary, is_vowel, pronounce
from chironomia.agent.syllables import syllable_count


def test_a_listed_word_is_said_as_listed() -> None:
    assert pronounce("cat") == ("K", "AE", "T")


def test_accents_do_not_hide_a_listed_word() -> None:
    assert pronounce("naïve") == pronounce("naive")


def test_an_inflected_word_follows_its_stem() -> None:
    assert pronounce("keyboard's") == (*pronounce("keyboard"), "Z")
    assert pronounce("teleports") == (*pronounce("teleport"), "S")


def test_a_compound_of_two_listed_words_is_said_as_both() -> None:
    assert pronounce("handshape") == pronounce("hand") + pronounce("shape")


@pytest.mark.parametrize(("word", "syllables"), [("café", 2), ("你好", 2), ("привет", 3), ("zzz", 3), ("rsvp", 4), ("’", 1)])
def test_every_word_gets_its_syllables(word: str, syllables: int) -> None:
    assert syllable_count(spell_out(word)) == syllables


def test_rules_count_the_syllables_of_nine_words_in_ten() -> None:
    words = sorted(w for w in dictionary() if re.fullmatch("[a-z]{4,}", w))
    sample = random.Random(0).sample(words, 2000)
    right = sum(syllable_count(spell_out(w)) == sum(map(is_vowel, dictionary()[w].split())) for w in sample)
    assert right / len(sample) > 0.9


def test_a_very_long_run_of_letters_stays_fast() -> None:
    assert syllable_count(spell_out("ab" * 200)) > 100
