"""Choosing among wishes: time between strokes, the rate, repetition, and many wishes."""
import time

from chironomia.agent.choose import THRESHOLD, choose, least_confidence, most_calls
from chironomia.agent.transcript import Syllable, Utterance, Word
from chironomia.agent.wish import Wish
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema


def _speech(words: int, word_s: float = 0.5) -> Utterance:
    times = [(i * word_s, (i + 1) * word_s) for i in range(words)]
    timed = [Word("so", "so", start, end, (Syllable(start, start, end, 1),), 0) for start, end in times]
    return Utterance("so " * words, tuple(timed), ((0, words),), words * word_s)


def _wish(at: int, confidence: float, schema: str = "UP", show: str = "") -> Wish:
    schema_ = ImageSchema(schema)
    return Wish(at, at + 1, at, GestureFunction.METAPHORIC, schema_, show or f"{schema} at {at}", Hands.EITHER, 0.5, confidence, "")


def _at(wishes: list[Wish]) -> list[int]:
    return [w.anchor for w in wishes]


def test_of_two_that_leave_each_other_no_time_the_surer_is_made() -> None:
    assert _at(choose([_wish(2, 0.6), _wish(3, 0.8), _wish(8, 0.5)], _speech(10), 9)) == [3, 8]


def test_two_modest_wishes_may_beat_one_sure_one_between_them() -> None:
    assert _at(choose([_wish(2, 0.85), _wish(3, 0.9), _wish(4, 0.85)], _speech(10), 9)) == [2, 4]


def test_the_two_sides_of_a_contrast_may_stand_closer() -> None:
    speech = _speech(10, 0.4)
    assert _at(choose([_wish(2, 0.8, "CONTRAST"), _wish(4, 0.8, "CONTRAST")], speech, 9)) == [2, 4]
    assert len(choose([_wish(2, 0.8, "UP"), _wish(4, 0.8, "DOWN")], speech, 9)) == 1


def test_the_same_thing_soon_again_must_be_worth_more() -> None:
    speech = _speech(60)
    assert _at(choose([_wish(2, 0.8, show="x"), _wish(8, 0.5, show="x")], speech, 9)) == [2]
    assert _at(choose([_wish(2, 0.8, show="x"), _wish(8, 0.5, show="y")], speech, 9)) == [2, 8]
    assert _at(choose([_wish(2, 0.8, show="x"), _wish(40, 0.5, show="x")], speech, 9)) == [2, 40]


def test_no_more_than_allowed_and_the_surest_stay() -> None:
    wishes = [_wish(4 * i, 0.5 + 0.04 * i) for i in range(10)]
    assert _at(choose(wishes, _speech(50), 3)) == [28, 32, 36]
    assert choose(wishes, _speech(50), 3, threshold=0.95) == []


def test_nothing_comes_near_a_stroke_that_stands_already() -> None:
    assert _at(choose([_wish(2, 0.8), _wish(8, 0.8)], _speech(10), 9, fixed_s=[1.2])) == [8]


def test_the_rate_is_kept_strictly_and_the_lively_one_leniently() -> None:
    assert (most_calls(60.0, 10.0), most_calls(1.0, 10.0), most_calls(60.0, None), most_calls(3.0, None)) == (10, 1, 15, 2)


def test_who_gestures_more_than_others_is_less_choosy() -> None:
    assert least_confidence(28.0) == THRESHOLD / 2
    assert least_confidence(None) == least_confidence(5.0) == THRESHOLD


def test_a_hundred_thousand_wishes_are_chosen_from_in_linear_time() -> None:
    speech = _speech(50_000, 0.3)
    wishes = [_wish(i // 2, 0.5 + 0.4 * (i * 7919 % 101) / 101, show=str(i % 13)) for i in range(100_000)]
    started = time.perf_counter()
    chosen = choose(wishes, speech, most_calls(speech.duration_s, None))
    assert time.perf_counter() - started < 60.0
    assert len(chosen) == most_calls(speech.duration_s, None)
