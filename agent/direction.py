"""Direction: how a speaker gestures — how often, how large, with which hand, and what never."""
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chironomia.motion_library.vocabulary import Formality, Hands


class Direction(BaseModel):
    """What is wished of a speaker's gestures; everything left out is left to the planner.

    ``manner`` says it in words, ``rate_per_min`` is semantic gestures a minute at most, ``size`` a factor on their amplitude, ``hands``
    the hands that are preferred and ``hands_share`` (0-1) for what share of the gestures that leave a choice. ``favourites`` and
    ``forbidden`` are ids of gestures, image schemas or functions. ``locale`` (``BR``, ``pt-BR``) is where the listener lives.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    manner: str = ""
    rate_per_min: Annotated[float, Field(gt=0.0, le=60.0)] | None = None
    size: Annotated[float, Field(ge=0.0, le=2.0)] = 1.0
    hands: Hands = Hands.EITHER
    hands_share: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    favourites: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    formality: Formality = Formality.ANY
    locale: str = ""
