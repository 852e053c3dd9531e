"""Dialogue: the situation that somebody speaks in — what was said before, to whom they speak, and what stands around."""
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from chironomia.motion_library.written import read_written

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


def _outside(place: tuple[float, float, float]) -> tuple[float, float, float]:
    from chironomia.motion_library.pointing import azimuth_deg

    azimuth_deg(place)  # refuses what nobody can point at
    return place


# Metres left, up and forward of the speaker, the floor at 0; outside the body.
Place = Annotated[tuple[float, float, float], AfterValidator(_outside)]


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Turn(_Told):
    """What one speaker said before this utterance."""

    speaker: str
    text: str


class Thing(_Told):
    """Something that can be pointed at, and what else it may be called."""

    at: Place
    names: tuple[Name, ...] = ()


def _thing(told: object) -> object:
    if isinstance(told, str):
        raise ValueError(f"expected a place [left, up, forward] or the name of another thing here, got {told!r}")
    return {"at": told} if isinstance(told, list | tuple) else told


class Dialogue(_Told):
    """Previous turns in order, who is addressed and where they are, and the named things about the speaker.

    ``addressee_at`` is the place on them at which a hand would point: the chest, some 1.3 m above the floor where they stand. A thing may
    be told as its place alone, ``[1.0, 1.4, 0.5]``, or as another name of a thing: ``chart: screen``. Raises ValueError for a name that
    stands for two things, or for none.
    """

    previous: tuple[Turn, ...] = ()
    addressee: str = ""
    addressee_at: Place | None = None
    things: dict[Name, Annotated[Thing, BeforeValidator(_thing, json_schema_input_type=Thing | Place | str)]] = Field(default_factory=dict)

    @field_validator("things", mode="before")
    @classmethod
    def _with_other_names(cls, told: Any) -> Any:
        """Names that stand for a thing's name become other names of that thing; those that stand for nothing stay, and are refused."""
        if not isinstance(told, dict):
            return told
        things = {name: {"at": thing} if isinstance(thing, list | tuple) else thing for name, thing in told.items()}
        for name, other in told.items():
            thing = things.get(other) if isinstance(other, str) else None
            if isinstance(thing, Thing | dict):
                things[other] = {**dict(thing), "names": [*(dict(thing).get("names") or ()), name]}
                del things[name]
        return things

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [_key(name) for key, thing in self.things.items() for name in (key, *thing.names)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"things: a name must stand for one thing, but {', '.join(twice)} stands for two; give one another name")
        return self


_BEFORE_NAMES = frozenset("a an the this that these those my our your his her their its".split())


def _key(name: str) -> str:
    """A name as it is compared: in lower case, without an article."""
    words = name.lower().split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in _BEFORE_NAMES else words)


def read_dialogue(path: Path) -> Dialogue:
    """The dialogue in a YAML or JSON file. Raises ValueError, one line a fault with file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}:1: expected UTF-8 text, but byte {error.start} is not; save it as UTF-8 text") from None
    return read_written(Dialogue, text, str(path), "a dialogue (previous: …, addressee: …, things: …)")


def with_things(dialogue: Dialogue, told: list[str]) -> Dialogue:
    """The dialogue with further things, each told as ``screen=1.0,1.4,0.5``. Raises ValueError for anything else."""
    things: dict[str, Any] = {}
    for thing in told:
        name, _, place = thing.partition("=")
        try:
            if not name.strip():
                raise ValueError
            x, y, z = (float(part) for part in place.split(","))
            things[name.strip()] = _outside((x, y, z))
        except ValueError as error:
            why = str(error) if "outside the body" in str(error) else f"got {thing!r}"
            raise ValueError(f"expected a thing as NAME=LEFT,UP,FORWARD in metres, such as screen=1.0,1.4,0.5; {why}") from None
    if not things:
        return dialogue
    try:
        return Dialogue.model_validate({**dialogue.model_dump(), "things": {**dialogue.things, **things}})
    except ValueError as error:
        raise ValueError(f"cannot add the things {', '.join(things)}: {_first_line(error)}") from None


def _first_line(error: ValueError) -> str:
    """What a validation error says first."""
    told = getattr(error, "errors", None)
    return str(told()[0]["msg"]).removeprefix("Value error, ") if callable(told) else str(error)
