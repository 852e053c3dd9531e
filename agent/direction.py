"""Direction: how a speaker gestures — how often, how large, with which hand, and what never."""
import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from chironomia.motion_library.culture import country_of
from chironomia.motion_library.vocabulary import Formality, GestureFunction, Hands, ImageSchema

HEAD = "HEAD"  # as a kind of gesture: those of head, shoulders or trunk alone
KINDS = frozenset({*GestureFunction, *ImageSchema, HEAD})
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

PerMinute = Annotated[float, Field(ge=0.0, le=60.0)]


def _kind_or_gesture(name: str) -> str:
    if name not in KINDS and not _ID.fullmatch(name):
        near = get_close_matches(name.upper(), KINDS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"expected a function (EMBLEM), a schema (CYCLE), HEAD, or the id of a gesture (thumb-up), got {name!r}{hint}")
    return name


class Direction(BaseModel):
    """What is wished of a speaker's gestures; everything left out is left to the planner.

    ``manner`` says it in words, for a language model. ``rate_per_min`` is semantic gestures a minute at most; 0 keeps hands and head
    still, except for what an author marked up. ``beats_per_min`` is beats at most; left out, as many as usual but no more than
    semantic gestures. ``size`` is a factor on amplitude; of the sizes that a gesture was compiled in the nearest is taken. ``hands`` are
    preferred, or ``none`` for hands that keep still while the head speaks, and ``hands_share`` is for what share of the gestures that
    leave a choice; a share of 1 lets two hands be replaced by one. ``favourites``, ``sparing`` and ``forbidden`` are ids of gestures,
    image schemas, functions, or HEAD. ``formality`` is of the company, ``locale`` (``BR``, ``pt-BR``) where the listener lives.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    manner: str = ""
    rate_per_min: PerMinute | None = None
    beats_per_min: PerMinute | None = None
    size: Annotated[float, Field(ge=0.5, le=1.5)] = 1.0
    hands: Hands = Hands.EITHER
    hands_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.8
    favourites: tuple[str, ...] = ()
    sparing: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    formality: Formality = Formality.ANY
    locale: str = ""

    @field_validator("favourites", "sparing", "forbidden")
    @classmethod
    def _named(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_kind_or_gesture(name) for name in names)

    @field_validator("locale")
    @classmethod
    def _of_a_place(cls, locale: str) -> str:
        if locale and country_of(locale) is None:
            hint = "; did you mean GB?" if locale.upper().endswith("UK") else ""
            raise ValueError(f"expected the code of a country, such as BR, or a language with one, such as pt-BR, got {locale!r}{hint}")
        return locale

    def changed(self, **fields: Any) -> "Direction":
        """The direction with other fields. Raises ValueError, in one line, for a value that is out of range."""
        try:
            return Direction.model_validate({**self.model_dump(), **fields})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            what = first["msg"].removeprefix("Value error, ")
            came = "" if " got " in what else f", got {first['input']!r}"
            raise ValueError(f"{first['loc'][0]}: {what[0].lower()}{what[1:]}{came}") from None


def check_names(direction: Direction, gestures: Collection[str]) -> None:
    """Raise ValueError, in one line with the nearest ids, if the direction names a gesture that is not among ``gestures``."""
    for name in (*direction.favourites, *direction.sparing, *direction.forbidden):
        if name not in KINDS and name not in gestures:
            near = get_close_matches(name, gestures, n=3) or sorted(gestures)[:3]
            whose = f"the direction {direction.name!r}" if direction.name else "the direction"
            raise ValueError(f"{whose} names the gesture {name!r}, which the library does not have; near ids: {', '.join(near)}")
