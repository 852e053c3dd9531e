"""Words that a query shares with a gesture's texts: the rarer the more, whatever their inflection, pairs besides."""
import pytest

from chironomia.motion_library.index import IndexedText, TextKind
from chironomia.motion_library.shared_words import SharedWords, terms

TEXTS = ["Fingers crossed, the rain holds off.", "The cross is on the map.", "The map is on the table."]


@pytest.fixture(scope="module")
def words() -> SharedWords:
    return SharedWords([IndexedText(number, TextKind.FITS, text) for number, text in enumerate(TEXTS)], len(TEXTS))


def test_inflections_of_a_word_are_one_term_and_neighbours_make_another() -> None:
    assert terms("Prices rose.").keys() == terms("price rises").keys()
    assert list(terms("Prices rose.").values()) == ["prices", "rose", "prices rose"]
    assert terms("it’s") == terms("it's")
    assert terms("1, 2!") == {}


def test_a_rare_word_is_worth_more_than_one_that_all_gestures_have(words: SharedWords) -> None:
    rain, the = words.shared("rain").total, words.shared("the").total
    assert rain[0] > 5 * the[0] > 0
    assert rain[1:].tolist() == [0.0, 0.0]


def test_neighbours_tell_an_idiom_from_its_words(words: SharedWords) -> None:
    (idiom, apart, _), near = words.shared("fingers crossed").total.tolist(), words.shared("crossed fingers").total[0]
    assert idiom > near > apart > 0


def test_words_that_tell_are_named_rarest_first_and_common_ones_not() -> None:
    texts = [IndexedText(g, TextKind.MEANING, f"word{chr(97 + g)} the{' pair' if g < 2 else ''}") for g in range(20)]
    shared = SharedWords(texts, 20).shared("the pair worda")
    assert shared.told(0) == ["worda", "pair", "the pair"]
    assert shared.told(5) == []


def test_nothing_shared_is_worth_nothing(words: SharedWords) -> None:
    assert words.shared("zebra").total.tolist() == words.shared("").total.tolist() == [0.0, 0.0, 0.0]
    assert SharedWords([IndexedText(0, TextKind.DESCRIPTION, "rain")], 1).shared("rain").total.tolist() == [0.0]
