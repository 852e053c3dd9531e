import pytest

from chironomia.agent.pronunciation import pronounce
from chironomia.agent.syllables import syllabify, syllable_count


def _split(word: str) -> list[str]:
    phones = pronounce(word)
    return [" ".join(phones[s.first : s.after]) for s in syllabify(phones)]


def test_consonants_go_to_the_syllable_they_can_begin() -> None:
    assert _split("computer") == ["K AH M", "P Y UW", "T ER"]
    assert _split("extra") == ["EH K", "S T R AH"]


def test_a_velar_nasal_closes_its_syllable() -> None:
    assert _split("singing") == ["S IH NG", "IH NG"]


def test_syllables_cover_all_phones_and_hold_one_vowel_each() -> None:
    phones = pronounce("responsibility")
    spans = syllabify(phones)
    assert [i for s in spans for i in range(s.first, s.after)] == list(range(len(phones)))
    assert len(spans) == syllable_count(phones) == 6


def test_no_phones_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one phone"):
        syllabify(())
