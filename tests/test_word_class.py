import pytest

from chironomia.agent.word_class import WordClass, is_content_word, word_class


@pytest.mark.parametrize(
    ("word", "kind"),
    [("house", WordClass.CONTENT), ("they've", WordClass.PRONOUN), ("don’t", WordClass.NEGATION),
     ("the", WordClass.DETERMINER), ("what's", WordClass.QUESTION),
     ("seven", WordClass.NUMBER), ("every", WordClass.QUANTIFIER), ("into", WordClass.PREPOSITION), ("John's", WordClass.CONTENT)],
)  # fmt: skip
def test_closed_classes_are_known(word: str, kind: WordClass) -> None:
    assert word_class(word) is kind


def test_accents_fall_on_content_numbers_quantifiers_and_negations_only() -> None:
    assert all(map(is_content_word, ("walk", "seven", "all", "never")))
    assert not any(map(is_content_word, ("the", "of", "would", "they", "um")))
