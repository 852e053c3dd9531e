"""What another hand and a language model reach on the appropriateness cases."""
import json
from pathlib import Path

from chironomia.evals.agreement import answers_of, calls_of, judged
from chironomia.evals.cases import FOLDER, parse_case, read_cases

ONE = parse_case("a", "news", "Prices [shot up|UP GROWING] today, {as you know}. [?Everything|WHOLE] costs more.")
OTHER = parse_case("a", "news", "[Prices|OBJECT] [shot up|GROWING] today, as you know. Everything costs more.")


def test_a_hand_gestures_on_the_last_content_word_of_what_it_calls_for() -> None:
    assert [(c.anchor, c.schema_) for c in calls_of(OTHER)] == [(0, "OBJECT"), (1, "GROWING")]
    (sign,) = calls_of(parse_case("b", "news", "[No|EMBLEM] thanks."))
    assert (sign.function, sign.schema_) == ("EMBLEM", None)


def test_one_hand_is_judged_by_the_marks_of_the_other() -> None:
    found = judged({"a": ONE}, {"a": calls_of(OTHER)})
    assert (found["precision"][0], found["recall"][0]) == (0.5, 1.0)
    there = judged({"a": OTHER}, {"a": calls_of(ONE)})
    assert (there["place"][0], there["precision"][0]) == (1.0, 0.0)  # the right words, but its first label is not among the other's


def test_a_models_answers_are_read_by_case(tmp_path: Path) -> None:
    said = {"anchor": 2, "first": 1, "last": 2, "show": "a hand climbs", "schema": "UP", "function": "METAPHORIC", "hands": "right",
            "size": "medium", "sure": "certain"}  # fmt: skip
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps({"id": "a", "answer": {"gestures": [said]}}) + "\n")
    calls = answers_of(path, {"a": ONE})
    assert [c.anchor for c in calls["a"]] == [2]
    assert judged({"a": ONE}, calls)["precision"][0] == 1.0


def test_the_second_hand_marked_texts_of_the_held_out_cases() -> None:
    first = {case.id: case for case in read_cases(FOLDER / "held_out.yaml")}
    second = read_cases(FOLDER / "held_out_second_hand.yaml")
    assert len(first) >= 120
    assert all([w.text for w in case.utterance.words] == [w.text for w in first[case.id].utterance.words] for case in second)


def test_held_out_cases_are_not_among_the_talks_that_the_planner_learns_from() -> None:
    from chironomia.agent.marked_talk import read_talks

    learnt = {" ".join(talk.text.split()[:8]).lower() for talk in read_talks()}
    for name in ("dev.yaml", "held_out.yaml"):
        cases = read_cases(FOLDER / name)
        assert all(" ".join(case.utterance.text.split()[:8]).lower() not in learnt for case in cases)
