"""Passages: the pieces of an utterance that a planner is asked about one at a time, a sentence or a part of an endless one."""
from dataclasses import dataclass

from chironomia.agent.transcript import Utterance

LONGEST = 60  # words; a longer sentence is rarely spoken, and text without punctuation has no sentences


@dataclass(frozen=True)
class Passage:
    """Words [first, after) of an utterance; ``sentence`` is the number of their sentence, from 1, as people count."""

    first: int
    after: int
    sentence: int

    def __len__(self) -> int:
        return self.after - self.first


def passages_of(utterance: Utterance) -> tuple[Passage, ...]:
    """The passages of an utterance in order; a sentence of more than 60 words comes in even parts, an utterance without words has none."""
    return tuple(
        Passage(first + (after - first) * k // parts, first + (after - first) * (k + 1) // parts, number)
        for number, (first, after) in enumerate(utterance.sentences, 1)
        for parts in [-(-(after - first) // LONGEST)]
        for k in range(parts)
    )
