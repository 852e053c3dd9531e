"""GestureCall: what a planner asks the library for."""
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class GestureCall(BaseModel):
    """A wish for one gesture: where it belongs and what it should show, in words and small closed sets.

    ``words`` is the half-open span [first, after last) of the words it accompanies, ``anchor`` the index of the word
    (its lexical affiliate) whose stressed syllable carries the stroke. ``gesture`` names an entry of the library only
    when it is asked for by name; otherwise the search decides. ``hands`` says which parts of the body it needs: none is a gesture of head
    and trunk alone. ``target`` is a place to point at, metres left, up and forward of the body, the floor at 0. ``delay_s`` moves
    the stroke to so long after the anchor, for what answers the words of another.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: tuple[int, int]
    anchor: int
    function: GestureFunction
    schema_: ImageSchema | None = Field(default=None, alias="schema")
    show: str = Field(min_length=1, max_length=300)
    hands: Hands = Hands.EITHER
    intensity: Share = 0.5
    confidence: Share = 1.0
    gesture: str | None = None
    target: tuple[float, float, float] | None = None
    delay_s: float = Field(default=0.0, ge=0.0, le=5.0)
    why: str = ""

    @model_validator(mode="after")
    def _anchor_in_span(self) -> Self:
        first, after = self.words
        if not (0 <= first <= self.anchor < after):
            raise ValueError(f"anchor must lie in words [{first}, {after}), got {self.anchor}")
        return self
