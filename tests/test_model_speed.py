"""The measuring of a model's speed, with one that answers at once."""
from collections.abc import Sequence

import pytest

from chironomia.agent.language_model import Answer, BatchedModel, ModelError, Request
from chironomia.evals.model_speed import speed_of


class Silent(BatchedModel):
    name = "silent"

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def answer_many(self, requests: Sequence[Request]) -> Sequence[Answer | ModelError]:
        self.batches.append(len(requests))
        return [Answer('{"gestures": []}', prompt_tokens=100, completion_tokens=8) for _ in requests]


def test_the_requests_of_a_minute_are_answered_one_by_one_and_together() -> None:
    model = Silent()
    figures = speed_of(model)
    count = figures["requests"]
    assert model.batches == [count, *[1] * count, count]
    minutes = figures["speech_s"] / 60
    assert figures["prompt_tokens_per_min"] == pytest.approx(100 * count / minutes, rel=1e-2)
    assert figures["completion_tokens_per_min"] == pytest.approx(8 * count / minutes, rel=1e-2)
    assert figures["together_per_s"] > figures["one_by_one_per_s"]
