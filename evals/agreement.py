"""Agreement: how well another hand, or a language model, does on the appropriateness cases — the measure of what a planner can reach.

``python -m chironomia.evals.agreement CASES --labels OTHER.yaml --answers ANSWERS.jsonl`` judges what another hand marked in the same
texts as if it were a planner (a call on the last content word of every span that it calls for, showing its first label), and what
a language model answered to the prompts, by the marks of CASES; then both, and the embedded planner, by the other hand's marks.
"""
import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from chironomia.agent.marked_talk import Belongs
from chironomia.agent.planner import plan
from chironomia.agent.prompted import parse_plan
from chironomia.agent.word_class import is_content_word
from chironomia.evals.appropriateness import figures, table
from chironomia.evals.cases import Case, read_cases
from chironomia.motion_library.build import default_library
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.threads import one_thread
from chironomia.motion_library.vocabulary import GestureFunction, ImageSchema

Calls = Mapping[str, tuple[GestureCall, ...]]  # by the id of the case


def calls_of(case: Case) -> tuple[GestureCall, ...]:
    """The calls of somebody who gestures wherever the marks call for it: on a span's last content word, showing its first label."""
    calls = []
    for span in case.those(Belongs.CALLED_FOR):
        content = [i for i in range(*span.words) if is_content_word(case.utterance.words[i].spoken.lower())]
        label = span.labels[0]
        schema = ImageSchema(label) if label in set(ImageSchema) else None
        calls.append(GestureCall(
            words=span.words, anchor=content[-1] if content else span.words[1] - 1, schema=schema, show=label,
            function=GestureFunction.METAPHORIC if schema else GestureFunction(label),
        ))  # fmt: skip
    return tuple(calls)


def answers_of(path: Path, cases: Mapping[str, Case]) -> Calls:
    """A language model's answers, one JSON line ``{"id", "answer"}`` a case. ValueError for an answer that cannot be read."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {row["id"]: parse_plan(json.dumps(row["answer"]), cases[row["id"]].utterance).calls for row in rows if row["id"] in cases}


def judged(by: Mapping[str, Case], calls: Calls) -> dict[str, list[float]]:
    """The figures of :func:`appropriateness.figures` over the cases that both have."""
    shared = [id for id in by if id in calls]
    return figures([by[id] for id in shared], [calls[id] for id in shared])


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description="Measure what another hand and a language model reach on the appropriateness cases.")
    parser.add_argument("cases", type=Path, help="the cases that judge")
    parser.add_argument("--labels", type=Path, required=True, help="the same texts (or some of them) as another hand marked them")
    parser.add_argument("--answers", type=Path, help="a language model's answers, JSON lines of {id, answer}")
    arguments = parser.parse_args()
    first, second = ({case.id: case for case in read_cases(path)} for path in (arguments.cases, arguments.labels))
    library = default_library()
    with one_thread():
        embedded = {id: plan(second[id].utterance, library).calls for id in second}
    rivals: dict[str, Calls] = {"embedded planner": embedded}
    if arguments.answers:
        rivals["language model"] = answers_of(arguments.answers, second)
    other = {id: calls_of(case) for id, case in second.items()}
    print(f"by the marks of {arguments.cases.name}, {len(second)} cases\n")
    print(table({name: judged(first, calls) for name, calls in {**rivals, "the other hand": other}.items()}))
    own = {id: calls_of(first[id]) for id in second}
    print(f"\nby the marks of {arguments.labels.name}\n")
    print(table({name: judged(second, calls) for name, calls in {**rivals, "the first hand": own}.items()}))


if __name__ == "__main__":
    main()
