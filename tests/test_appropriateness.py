"""Appropriateness cases and what is counted in them."""
from pathlib import Path

import pytest

from chironomia.agent.marked_talk import Belongs
from chironomia.evals.appropriateness import counts, figures, misses
from chironomia.evals.cases import FOLDER, Case, accepts, parse_case, read_cases
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.vocabulary import GestureFunction, ImageSchema

TEXT = "{Well, thanks.} The rent [shot up|UP GROWING] last year, [?over there|DEICTIC FAR], and we [cut back.|SHRINKING REMOVAL]"


def _call(anchor: int, function: str = "METAPHORIC", schema: str | None = None) -> GestureCall:
    of = ImageSchema(schema) if schema else None
    return GestureCall(words=(anchor, anchor + 1), anchor=anchor, function=GestureFunction(function), schema=of, show="x")


@pytest.fixture(scope="module")
def case() -> Case:
    return parse_case("rent", "conversation", TEXT)


def test_marks_become_spans_of_words(case: Case) -> None:
    words = [w.text for w in case.utterance.words]
    assert [(" ".join(words[slice(*s.words)]), s.belongs) for s in case.spans] == [
        ("Well, thanks.", Belongs.WRONG), ("shot up", Belongs.CALLED_FOR), ("over there,", Belongs.MAY), ("cut back.", Belongs.CALLED_FOR),
    ]  # fmt: skip
    assert case.spans[1].labels == ("UP", "GROWING")


def test_a_call_fits_by_schema_or_by_function_on_the_words_themselves(case: Case) -> None:
    shot_up = case.spans[1]
    up = shot_up.words[1] - 1
    assert accepts(shot_up, _call(up, schema="GROWING"))
    assert not accepts(shot_up, _call(up, schema="DOWN"))
    assert not accepts(shot_up, _call(up + 1, schema="UP"))
    assert accepts(case.spans[2], _call(case.spans[2].words[0], "DEICTIC", "NEAR"))


def test_calls_and_spans_are_counted(case: Case) -> None:
    calls = [_call(0, "EMBLEM"), _call(case.spans[1].words[0], schema="UP"), _call(case.spans[2].words[0], schema="BIG")]
    found = counts(case, calls)
    assert (found.calls, found.placed, found.fitting, found.wrong, found.called_for, found.hit) == (3, 2, 1, 1, 2, 1)
    assert figures([case], [calls])["precision"][0] == pytest.approx(1 / 3)
    assert figures([case], [calls])["recall"][0] == pytest.approx(1 / 2)
    assert [line.split()[0] for line in misses(case, calls)] == ["false", "false", "missed"]


@pytest.mark.parametrize("text", ["It [rose|UPWARDS] today.", "It [rose|UP today.", "It {rose."])
def test_marks_that_cannot_be_read_are_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_case("x", "news", text)


def test_a_file_that_is_no_list_of_cases_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text("- id: x\n")
    with pytest.raises(ValueError, match="expected a list of cases"):
        read_cases(tmp_path / "cases.yaml")


def test_the_cases_that_the_planner_is_tuned_on_can_be_read() -> None:
    cases = read_cases(FOLDER / "dev.yaml")
    assert len({c.id for c in cases}) == len(cases) == 72
