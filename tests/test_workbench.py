"""The workbench of a language model: what each tool does to a draft, and what it says."""
import re
from typing import Any

import pytest

from chironomia.agent.brief import Brief
from chironomia.agent.dialogue import Dialogue, Thing
from chironomia.agent.direction import Direction
from chironomia.agent.passage import Passage
from chironomia.agent.performable import Chooser
from chironomia.agent.pipeline import open_library
from chironomia.agent.tools import Toolbox
from chironomia.agent.transcript import transcribe
from chironomia.agent.workbench import Workbench
from chironomia.motion_library.library import Library

TALK = "Prices rose a lot this year. Then the teams split up. Nobody knew what came next. We built a wall around everything."
RISE = {
    "anchor": 1, "first": 0, "last": 3, "show": "a hand rises", "schema": "UP", "function": "METAPHORIC", "hands": "right",
    "size": "medium", "sure": "certain", "gesture": "NONE",
}  # fmt: skip
SPLIT = RISE | {"anchor": 9, "first": 8, "last": 10, "show": "both hands part", "schema": "SPLITTING", "hands": "both"}
BRIEF = Brief(Direction(locale="IR", forbidden=("EMBLEM",), rate_per_min=40.0), Dialogue(things={"screen": Thing(at=(1.0, 1.4, 0.5))}))


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def _bench(library: Library, text: str = TALK, brief: Brief = BRIEF) -> Workbench:
    utterance = transcribe(text)
    return Workbench(utterance, library, brief, Passage(0, len(utterance.words), 1), Chooser(utterance, library, brief), "a script")


def _run(bench: Workbench, name: str, **given: Any) -> str:
    return Toolbox.of(bench.tools, bench.closed).tools[name].run(given)


@pytest.fixture
def bench(library: Library) -> Workbench:
    return _bench(library)


def test_a_search_says_what_is_done_and_where_it_offends(bench: Workbench) -> None:
    lines = _run(bench, "search_library", text="all is well, agreement", hands="right", k=3).splitlines()
    assert len(lines) == 3
    assert re.match(r"thumb-up: .* EMBLEM, UP, hands: right; not here: thumb-up gives offence in IR \(.*\); 0\.\d\d$", lines[0])
    found = _run(bench, "search_library", text="two things drift apart", hands="both", k=6).splitlines()
    assert found[0].startswith("split-apart: ")
    assert all("hands: both" in line for line in found)


def test_an_inspected_gesture_tells_its_meanings_times_and_places(bench: Workbench) -> None:
    told = _run(bench, "inspect_gesture", id="thumb-up")
    assert re.search(r"all is well;.*\nas in: .*\nwrong for: .*\npreparation 0\.\d\d s, stroke 0\.\d\d s; hands left or right", told)
    assert "company: informal\nIR IQ AF NG GH: offends: to older people a vulgar insult" in told
    with pytest.raises(ValueError, match=r"unknown gesture 'thumb-upp'; the nearest of .* are thumb-up"):
        _run(bench, "inspect_gesture", id="thumb-upp")


def test_a_placed_gesture_is_in_the_draft_and_replaces_what_needs_the_same_hands_on_its_words(bench: Workbench) -> None:
    assert _run(bench, "place", **RISE) == "in the draft: 'rose' (1, words 0 to 3): METAPHORIC UP, hands right: a hand rises"
    told = _run(bench, "place", **(RISE | {"anchor": 3, "first": 2, "last": 3, "hands": "both", "show": "wide", "schema": "BIG"}))
    assert told.endswith("\nit replaces 'rose' (1, words 0 to 3): METAPHORIC UP, hands right: a hand rises")
    _run(bench, "place", **(RISE | {"hands": "none", "show": "the head is thrown back"}))
    _run(bench, "place", **SPLIT)
    assert [w.show for w in bench.draft] == ["the head is thrown back", "wide", "both hands part"]


def test_a_removed_gesture_is_gone(bench: Workbench) -> None:
    _run(bench, "place", **RISE)
    with pytest.raises(ValueError, match="nothing in the draft is anchored on word 3; the draft: 'rose'"):
        _run(bench, "remove", anchor=3)
    assert _run(bench, "remove", anchor=1) == "removed; the draft: empty"
    assert bench.draft == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"first": 2}, "expected first <= anchor <= last, got first 2, anchor 1, last 3"),
        ({"gesture": "rise"}, "unknown gesture 'rise'; the nearest of"),
        ({"gesture": "thumb-up"}, r"thumb-up gives offence in IR \(to older people.*; choose another"),
        ({"function": "EMBLEM"}, "this speaker never uses EMBLEM"),
        ({"points_at": "screen"}, "only a DEICTIC gesture points"),
        ({"points_at": "door"}, "points_at: expected one of screen, NONE"),
        ({"show": "x" * 161}, "show: string should have at most 160"),
    ],
)
def test_what_would_not_be_performed_is_refused_and_leaves_the_draft(change: dict[str, Any], says: str, bench: Workbench) -> None:
    _run(bench, "place", **RISE)
    with pytest.raises(ValueError, match=says):
        _run(bench, "place", **(SPLIT | {"anchor": 1, "first": 0, "last": 3} | change))
    assert [w.show for w in bench.draft] == ["a hand rises"]


def test_a_draft_holds_no_more_than_its_words_may_have(library: Library) -> None:
    bench = _bench(library, "Prices rose, and fell.")
    _run(bench, "place", **(RISE | {"last": 1}))
    with pytest.raises(ValueError, match="the draft holds 1 gestures, as many as these words may have; remove one first"):
        _run(bench, "place", **(RISE | {"anchor": 3, "first": 3, "last": 3, "schema": "DOWN"}))


def test_words_that_the_author_directed_are_refused(library: Library) -> None:
    bench = _bench(library, '<gesture none="true">Prices rose</gesture> a lot this year.')
    with pytest.raises(ValueError, match="the author has directed some of these words"):
        _run(bench, "place", **RISE)


def test_a_check_says_which_gesture_is_performed_when_and_which_is_dropped_and_why(bench: Workbench) -> None:
    for gesture in (RISE, SPLIT, SPLIT | {"anchor": 7, "first": 7, "last": 7, "show": "something else"}):
        _run(bench, "place", **gesture)
    told = _run(bench, "check")
    assert re.search(r"^'rose' \(1\): [\w-]+, hands right, \d\.\d to \d\.\d s, apex [+-]\d+ ms from the stressed vowel: ", told)
    assert re.search(r"'(split|the)' \(\d, .*: dropped: only 0\.\d s from '(split|the)'; two strokes need 0\.9 s", told)
    assert re.search(r"There is room for \d+ gestures here at this speaker's rate, those of the head included\.$", told)
    assert bench.chooser.made == []


def test_a_check_says_what_is_too_much_for_the_rate(library: Library) -> None:
    bench = _bench(library, brief=Brief(Direction(rate_per_min=6.0)))
    _run(bench, "place", **RISE)
    _run(bench, "place", **SPLIT)
    assert "dropped: there is no room for it at this speaker's rate\nThere is room for 1 gesture here at" in _run(bench, "check")


def test_a_check_warns_of_repetition_and_says_what_norms_replace(library: Library) -> None:
    bench = _bench(library, brief=Brief(Direction(locale="IR", rate_per_min=40.0)))
    well = {"show": "all is well, a fist with the thumb up", "schema": "NONE", "function": "EMBLEM"}
    _run(bench, "place", **(RISE | well))
    for anchor in (9, 19):
        again = {"anchor": anchor, "first": anchor, "last": anchor, "show": f"part {anchor}", "gesture": "split-apart"}
        _run(bench, "place", **(SPLIT | again))
    told = _run(bench, "check")
    assert "warning: split-apart twice in a row, on 'split' and 'wall'" in told
    assert re.search(r"'rose' \(1\): .*thumb-up gives offence in IR \(", told)
    assert not re.search(r"'rose' \(1\): thumb-up", told)


def test_a_named_gesture_and_a_thing_that_is_pointed_at_reach_the_calls(library: Library) -> None:
    bench = _bench(library, "Look at this chart over here, please, everybody.", Brief(dialogue=BRIEF.dialogue))
    pointing = {"anchor": 3, "first": 2, "last": 3, "function": "DEICTIC", "schema": "NONE", "hands": "left", "points_at": "screen"}
    assert _run(bench, "place", **(RISE | pointing)).endswith("DEICTIC at screen, hands left: a hand rises")
    assert re.search(r"\(3\): point-at, hands left, .*: pointing at screen\n", _run(bench, "check"))


def test_an_empty_draft_can_be_checked_and_ended(bench: Workbench) -> None:
    assert _run(bench, "check").startswith("There is room for")
    assert not bench.ended
    assert _run(bench, "done") == "done"
    assert bench.ended
