"""A run with a language model, from the command line to its folder and back."""
import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from chironomia.agent.cli import main
from chironomia.agent.pipeline import perform

TEXT = "Prices rose all year. Then the teams split up."
KEY = "sk-secret-9876543210"
GESTURE = {"anchor": 1, "first": 0, "last": 2, "show": "a flat hand climbs", "schema": "UP", "function": "METAPHORIC", "hands": "right",
           "size": "medium", "sure": "certain"}  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._send({"object": "list", "data": [{"id": "tiny", "object": "model", "created": 0, "owned_by": ""}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"][-1]["content"]
        probe = "capital of France" in asked
        said: dict[str, Any] = {"capital": "Ulaanbaatar", "count": 41} if probe else {"gestures": [GESTURE] if "Prices\n" in asked else []}
        message = {"role": "assistant", "content": json.dumps(said)}
        self._send({"id": "", "object": "chat.completion", "created": 0, "model": "tiny",
                    "choices": [{"index": 0, "finish_reason": "stop", "message": message}]})  # fmt: skip

    def _send(self, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def url() -> Iterator[str]:
    http = HTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}/v1"
    http.shutdown()
    http.server_close()


def test_a_run_with_a_model_is_kept_and_done_again_without_it(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHIRONOMIA_LLM_KEY", KEY)
    first, again = tmp_path / "first", tmp_path / "again"
    assert main(["perform", TEXT, "--llm", url, "-o", str(first)]) == 0
    plan = json.loads((first / "plan.json").read_text())
    assert [(c["anchor"], c["schema"], c["why"]) for c in plan["calls"]] == [(1, "UP", f"asked for by tiny at {url}")]
    trace = json.loads((first / "trace.json").read_text())
    assert [exchange["about"] for exchange in trace["exchanges"]] == ["sentence 1", "sentence 2"]
    assert trace["model"]["constrains"] is True
    assert not any(KEY.encode() in path.read_bytes() for path in first.iterdir())
    assert main(["perform", TEXT, "--llm", f"replay:{first}", "-o", str(again)]) == 0
    for name in ("plan.json", "score.json"):
        assert (again / name).read_bytes() == (first / name).read_bytes()
    assert main(["perform", TEXT, "-o", str(first)]) == 0
    assert not (first / "trace.json").exists(), "the trace of another run is not left behind"


def test_plans_are_printed_line_by_line_and_notes_go_to_stderr(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("Prices rose all year.\n\nNothing happened.\n")
    assert main(["plan", "--file", str(lines), "--per-line", "--json", "--llm", url]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["text"], len(row["calls"])) for row in rows] == [("Prices rose all year.", 1), ("", 0), ("Nothing happened.", 0)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--llm", "gpt"], "expected a language model as http://HOST:PORT/v1"),
        (["--model", "x"], "give the server with --llm URL"),
        (["--llm", "replay:nowhere"], "expected a run folder with a trace.json"),
        (["--llm", "http://127.0.0.1:9/v1"], "no language model answers at http://127.0.0.1:9/v1"),
    ],
)
def test_what_names_no_model_is_refused_in_one_line(options: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", TEXT, *options]) == 2
    said = capsys.readouterr().err.strip()
    assert says in said
    assert "\n" not in said


def test_a_plan_or_a_model_but_not_both() -> None:
    with pytest.raises(ValueError, match="either a plan to perform or a language model"):
        perform(TEXT, plan="plan.json", llm="http://127.0.0.1:9/v1")


def test_what_a_model_says_by_hand_is_performed(tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(f"Here it is:\n```json\n{json.dumps({'gestures': [GESTURE]})}\n```")
    assert main(["perform", TEXT, "--plan", str(answer), "-o", str(tmp_path / "out")]) == 0
    (call,) = json.loads((tmp_path / "out" / "plan.json").read_text())["calls"]
    assert (call["anchor"], call["words"], call["schema"]) == (1, [0, 3], "UP")


def test_traces_grow_with_what_is_said_not_with_what_is_always_told(url: str) -> None:
    lengths = []
    for sentences in (1, 9):
        performed = perform(" ".join(itertools.repeat("Nothing happened.", sentences)), llm=url)
        lengths.append(len(json.dumps(performed.trace)))
    assert lengths[1] - lengths[0] < 8 * 1200
