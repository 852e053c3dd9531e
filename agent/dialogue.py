"""Dialogue: the situation that somebody speaks in — what was said before, to whom they speak, and what stands around."""
from pydantic import BaseModel, ConfigDict

Place = tuple[float, float, float]  # metres left, up and forward of the speaker, the floor at 0


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Turn(_Told):
    """What one speaker said before this utterance."""

    speaker: str
    text: str


class Thing(_Told):
    """Something that can be pointed at, and what else it may be called."""

    at: Place
    names: tuple[str, ...] = ()


class Dialogue(_Told):
    """Previous turns in order, who is addressed and where they stand, and the named things about the speaker."""

    previous: tuple[Turn, ...] = ()
    addressee: str = ""
    addressee_at: Place | None = None
    things: dict[str, Thing] = {}
