"""Norms: what offends or does not suit gives way to what means the same, to the other hand, or to nothing, with the reason."""
import pytest

from chironomia.agent.direction import Direction
from chironomia.agent.norms import fault, instead
from chironomia.agent.pipeline import Performance, open_library, perform
from chironomia.generators.align import Outcome
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import Formality, GestureFunction, Hands


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def _first(performance: Performance) -> Outcome:
    return next(o for o in performance.outcomes if o.call.function != GestureFunction.BEAT)


@pytest.mark.parametrize(
    ("text", "locale", "ruled_out", "instead_of_it"),
    [
        ("Thumbs up!", "IR", "thumb-up", "nod-yes"),
        ("That is perfect.", "pt-BR", "ok-ring", "nod-yes"),
        ("Come here, please.", "JP", "come-here", "gather-in"),
        ("Stop right there!", "GR", "stop-palm", "calm-down"),
        ("Fingers crossed.", "vi-VN", "fingers-crossed", "beg-please"),
    ],
)
def test_a_sign_that_offends_is_replaced_by_what_means_the_same(
    text: str, locale: str, ruled_out: str, instead_of_it: str, library: Library
) -> None:
    here, there = perform(text, library=library), perform(text, library=library, locale=locale)
    before, after = _first(here), _first(there)
    assert before.placement is not None
    assert before.placement.gesture == ruled_out
    assert not before.note
    assert after.placement is not None
    assert after.placement.gesture == instead_of_it
    assert f"{ruled_out} gives offence in {locale[-2:]} (" in after.why
    assert f"): {instead_of_it} with" in after.why
    assert there.plan is not None
    assert after.note in there.plan.remarks


def test_the_v_sign_with_the_palm_shown_stays_in_britain_with_a_word_of_warning(library: Library) -> None:
    outcome = _first(perform("We won the cup!", library=library, locale="GB"))
    assert outcome.placement is not None
    assert outcome.placement.gesture == "victory-v"
    assert "also understood as" in outcome.why


def test_where_only_the_left_hand_offends_the_right_one_is_taken(library: Library) -> None:
    left = perform("And what about you?", library=library, direct="only left hand")
    ghana = perform("And what about you?", library=library, direct="only left hand", locale="GH")
    one, other = _first(left).placement, _first(ghana).placement
    assert one is not None
    assert one.hands is Hands.LEFT
    assert other is not None
    assert (other.gesture, other.hands) == (one.gesture, Hands.RIGHT)
    assert "with the left hand gives offence in GH" in _first(ghana).why


def test_pointing_at_a_place_on_the_left_is_done_with_the_right_hand_where_the_left_offends(library: Library) -> None:
    from chironomia.agent.compose import compose
    from chironomia.agent.pipeline import rhythm_of
    from chironomia.agent.plan import Plan
    from chironomia.agent.transcript import transcribe
    from chironomia.motion_library.call import GestureCall

    utterance = transcribe("The exit is over there, my friend.")
    call = GestureCall(words=(3, 5), anchor=4, function=GestureFunction.DEICTIC, show="points at the exit", target=(0.9, 1.2, 1.2))
    for locale, hands in (("", Hands.LEFT), ("GH", Hands.RIGHT)):
        made = Plan(planner="test", calls=(call,), direction=Direction(locale=locale))
        (outcome, *_) = compose(utterance, made, rhythm_of(utterance, None), library)[1]
        assert outcome.placement is not None
        assert outcome.placement.hands is hands


def test_what_the_author_asked_for_stays_and_is_said(library: Library) -> None:
    performance = perform('<gesture id="thumb-up">Great job</gesture>', library=library, locale="IR")
    outcome = _first(performance)
    assert outcome.placement is not None
    assert outcome.placement.gesture == "thumb-up"
    assert performance.plan is not None
    assert any("thumb-up gives offence in IR" in r and "it stays" in r for r in performance.plan.remarks)


def test_formal_company_sees_no_shrug(library: Library) -> None:
    outcome = _first(perform("I don't know.", library=library, direct="formal"))
    assert outcome.placement is not None
    assert library.gesture(outcome.placement.gesture).formality is not Formality.INFORMAL
    assert "shrug is for informal company" in outcome.why


def test_where_nothing_means_the_same_the_call_is_dropped_with_the_reason(library: Library) -> None:
    performance = perform("Come here, please.", library=library, direct="keep the hands still")
    outcome = _first(performance)
    assert outcome.placement is None
    assert outcome.why.startswith("not placed: come-here needs hands")
    assert "nothing else means the same" in outcome.why


def test_no_place_and_no_company_rule_nothing_out(library: Library) -> None:
    assert not any(fault(g, clip.hands, Direction()) for g in library.gestures for clip in g.clips)


def test_what_is_done_instead_exists_and_is_no_detour() -> None:
    ids = {path.stem for path in bundled_gestures().glob("*.yaml")}
    for id, others in instead().items():
        assert {id, *others} <= ids
        assert id not in others
        assert len(set(others)) == len(others)


def test_every_gesture_that_offends_with_both_hands_has_something_instead(library: Library) -> None:
    for gesture in library.gestures:
        offending = [n for n in gesture.culture if n.kind == "offends" and n.hand is None]
        if offending and gesture.function is GestureFunction.EMBLEM:
            assert instead().get(gesture.id), gesture.id
