"""The plan: what a planner, embedded or language model, wants the body to say."""
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from chironomia.agent.direction import Direction
from chironomia.motion_library.call import GestureCall

PLAN_VERSION = "1"


class Plan(BaseModel):
    """The wishes for one utterance, in order of their anchors. No calls at all is a plan: still hands are a legal answer.

    ``planner`` names who made it, with its version; ``text`` is what is said and ``words`` its words, for reference: call spans and
    anchors index them. ``direction`` is the one that its calls stand under, and that their clips are chosen under. ``remarks`` are
    sentences on how it came about: what was dropped or replaced, and who took over where. Raises ValueError if a call reaches
    beyond the words, where words are given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = PLAN_VERSION
    planner: str
    language: str = "en"
    text: str = ""
    words: tuple[str, ...] = ()
    calls: tuple[GestureCall, ...]
    direction: Direction = Direction()
    remarks: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _within_words(self) -> Self:
        if self.version != PLAN_VERSION:
            raise ValueError(f"expected a plan of version {PLAN_VERSION}, got {self.version}; plan again")
        for i, call in enumerate(self.calls):
            if self.words and call.words[1] > len(self.words):
                raise ValueError(f"calls[{i}].words reaches {call.words[1]}, but there are only {len(self.words)} words")
        return self
