"""What goes along with a chosen gesture."""
from chironomia.agent.companions import in_lists, shakes, sided
from chironomia.agent.transcript import Utterance, transcribe
from chironomia.agent.wish import Wish
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

LONG = "And so it went on from day to day. " * 20
SPEECH = transcribe(f"Some of them stay, and others go. There was nothing at all. {LONG}Nothing changed.")


def _wish(utterance: Utterance, word: str, schema: str, hands: Hands = Hands.EITHER, confidence: float = 0.8, nth: int = 0) -> Wish:
    at = [i for i, w in enumerate(utterance.words) if w.spoken == word][nth]
    return Wish(at, at + 1, at, GestureFunction.METAPHORIC, ImageSchema(schema), "x", hands, 0.5, confidence, "said so")


def test_of_two_sides_of_a_contrast_one_is_left_and_the_other_right() -> None:
    sides = sided([_wish(SPEECH, "some", "CONTRAST"), _wish(SPEECH, "others", "CONTRAST")], SPEECH)
    assert [w.hands for w in sides] == [Hands.LEFT, Hands.RIGHT]
    far = sided([_wish(SPEECH, "some", "CONTRAST"), _wish(SPEECH, "changed", "CONTRAST")], SPEECH)
    assert [w.hands for w in far] == [Hands.EITHER, Hands.EITHER]
    both = sided([_wish(SPEECH, "some", "CONTRAST"), _wish(SPEECH, "others", "CONTRAST", Hands.BOTH)], SPEECH)
    assert [w.hands for w in both] == [Hands.EITHER, Hands.BOTH]


def test_an_emphatic_denial_is_seen_in_the_head_as_well() -> None:
    (shake,) = shakes([_wish(SPEECH, "nothing", "EMPTY")], SPEECH, 5)
    assert (shake.hands, shake.function, shake.schema) == (Hands.NONE, GestureFunction.EMBLEM, None)
    assert shakes([_wish(SPEECH, "nothing", "EMPTY", confidence=0.5)], SPEECH, 5) == []
    assert shakes([_wish(SPEECH, "nothing", "BIG"), _wish(SPEECH, "stay", "EMPTY")], SPEECH, 5) == []
    assert shakes([_wish(SPEECH, "nothing", "EMPTY")], SPEECH, 0) == []


def test_shakes_are_rare() -> None:
    nothings = [_wish(SPEECH, "nothing", "EMPTY"), _wish(SPEECH, "all", "EMPTY"), _wish(SPEECH, "nothing", "EMPTY", nth=1)]
    assert [w.anchor for w in shakes(nothings, SPEECH, 5)] == [nothings[0].anchor, nothings[2].anchor]


def test_items_of_a_list_and_both_sides_go_together() -> None:
    left, right = _wish(SPEECH, "some", "CONTRAST", Hands.LEFT), _wish(SPEECH, "others", "CONTRAST", Hands.RIGHT)
    assert in_lists([left, right]) == {left, right}
    assert in_lists([left]) == in_lists([left, _wish(SPEECH, "others", "CONTRAST", Hands.LEFT)]) == frozenset()
    first, second, far = (_wish(SPEECH, word, "COUNT") for word in ("some", "others", "changed"))
    assert in_lists([first, second, far]) == {first, second}
