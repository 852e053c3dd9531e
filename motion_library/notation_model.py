"""What a gesture's notation says: its keys and their values, in the terms of gesture studies; docs/notation.md is their reference."""
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from chironomia.motion_library import gesture_space as space
from chironomia.motion_library.body_words import Gaze, HeadMove, TorsoTurn, parse_gaze, parse_head, parse_torso
from chironomia.motion_library.culture import CulturalNote, parse_culture
from chironomia.motion_library.handshapes import HANDSHAPES
from chironomia.motion_library.vocabulary import Articulator, Formality, GestureFunction, Hands, ImageSchema


class Stop(StrEnum):
    """How a movement ends: held still for an instant, or flowing into the next one."""

    FIRM = "firm"
    SOFT = "soft"


class Relation(StrEnum):
    """How the left hand's stroke follows the right's: mirror image, same direction in the room, opposite phase, or joined."""

    MIRROR = "mirror"
    PARALLEL = "parallel"
    ALTERNATE = "alternate"
    TOGETHER = "together"


class Hold(StrEnum):
    """How long the hands stay after the stroke."""

    NONE = "none"
    SHORT = "short"
    PHRASE = "phrase"


class HandPoint(StrEnum):
    """The point of the hand that goes to its place."""

    PALM = "palm"
    FINGERTIPS = "fingertips"
    INDEX = "index"
    THUMB = "thumb"
    WRIST = "wrist"


class Elbow(StrEnum):
    """Where the elbow is: below its natural place, at it, or raised to the side."""

    LOW = "low"
    MID = "mid"
    HIGH = "high"


class Rock(StrEnum):
    """How a hand rocks about its wrist: side to side (waving), about the forearm (so-so), up and down (beckoning)."""

    SIDEWAYS = "sideways"
    TWIST = "twist"
    NOD = "nod"


def _shape_name(value: object) -> object:
    if value not in HANDSHAPES:
        raise ValueError(f"expected a handshape, got {value!r}; allowed: {', '.join(HANDSHAPES)}")
    return value


def _rock(value: object) -> object:
    words = value.split() if isinstance(value, str) else []
    if len(words) != 2 or words[0] not in set(Rock) or not words[1].replace(".", "", 1).isdigit() or not 0 < float(words[1]) <= 45:
        raise ValueError(f"expected a way and degrees up to 45, such as 'sideways 20', got {value!r}; allowed: {', '.join(Rock)}")
    return Rock(words[0]), float(words[1])


ShapeName = Annotated[str, BeforeValidator(_shape_name)]
Direction = Annotated[space.Vector, BeforeValidator(space.parse_direction)]
Displacement = Annotated[space.Vector, BeforeValidator(space.parse_displacement)]
Bend = Annotated[tuple[space.Vector, space.Vector], BeforeValidator(space.parse_bend)]
Place = Annotated[space.Place, BeforeValidator(space.parse_place)]
Rocking = Annotated[tuple[Rock, float], BeforeValidator(_rock)]
Phrase = Annotated[str, Field(min_length=2, max_length=200)]
HandName = Literal["right", "left", "both"]

KINDS = ("move", "to", "arc", "circle", "spiral", "zigzag", "shake", "tap", "rock", "wait")
_CURVES = ("arc", "circle", "spiral")
_REPEATED = ("zigzag", "shake", "tap", "rock")
_BELONGS = {  # which kinds a refining key goes with
    "radius": _CURVES, "turns": ("circle", "spiral"), "angle": ("arc",), "grow": ("spiral",), "width": ("zigzag",), "repeat": _REPEATED,
}  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class HandForm(_Strict):
    """How one hand is held where the stroke begins. ``apart`` is the distance between the two palms in metres."""

    shape: ShapeName = "open-relaxed"
    palm: Direction
    fingers: Direction
    at: Place
    point: HandPoint = HandPoint.PALM
    apart: float | None = Field(default=None, ge=0.02, le=1.4)
    elbow: Elbow | None = None

    @field_validator("at")
    @classmethod
    def _own_place(cls, value: space.Place) -> space.Place:
        if value.other is not None:
            name = f"other-{value.other}"
            raise ValueError(f"expected a place of its own where the stroke begins, got {name!r}; go there by to: {name}")
        return value

    @model_validator(mode="after")
    def _not_parallel(self) -> Self:
        _perpendicular(self.palm, self.fingers)
        return self


def _perpendicular(palm: space.Vector, fingers: space.Vector) -> None:
    dot = sum(a * b for a, b in zip(palm.for_hand(True), fingers.for_hand(True), strict=True))
    if abs(dot) > 0.8:
        raise ValueError("expected a palm direction across the finger direction (about a right angle), got nearly the same line")


class Movement(_Strict):
    """One movement of a stroke: exactly one kind, or only a change of ``shape``, ``palm`` or ``fingers`` in place."""

    move: Displacement | None = None
    to: Place | None = None
    arc: Bend | None = None
    circle: Bend | None = None
    spiral: Bend | None = None
    zigzag: Displacement | None = None
    shake: Displacement | None = None
    tap: Displacement | None = None
    rock: Rocking | None = None
    wait: float | None = Field(default=None, gt=0.0, le=2.0)
    radius: float | None = Field(default=None, gt=0.0, le=0.4)
    turns: float | None = Field(default=None, gt=0.0, le=6.0)
    angle: float | None = Field(default=None, ge=30.0, le=330.0)
    grow: float | None = Field(default=None, ge=0.2, le=4.0)
    width: float | None = Field(default=None, gt=0.0, le=0.4)
    repeat: int | None = Field(default=None, ge=1, le=10)
    apart: float | None = Field(default=None, ge=0.02, le=1.4)
    shape: ShapeName | None = None
    palm: Direction | None = None
    fingers: Direction | None = None
    hand: HandName = "both"
    stop: Stop = Stop.SOFT
    seconds: float | None = Field(default=None, ge=0.1, le=4.0)
    accent: bool = False

    @property
    def kind(self) -> str:
        """One of KINDS, or ``change`` when only the hand's shape or orientation changes."""
        return next((name for name in KINDS if getattr(self, name) is not None), "change")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [name for name in KINDS if getattr(self, name) is not None]
        if len(kinds) > 1:
            raise ValueError(f"expected one kind of movement an entry, got {' and '.join(kinds)}; write two entries")
        if not kinds and self.shape is None and self.palm is None and self.fingers is None and self.apart is None:
            raise ValueError(f"expected a movement; allowed: {', '.join(KINDS)}, or a new shape, palm, fingers or apart")
        for name, owners in _BELONGS.items():
            if getattr(self, name) is not None and self.kind not in owners:
                raise ValueError(f"{name} belongs to {', '.join(owners)}, got it with {self.kind}")
        if self.apart is not None and self.kind not in ("to", "change"):
            raise ValueError(f"apart belongs to 'to' or stands alone, got it with {self.kind}; use move: out or in")
        return self


class Form(_Strict):
    """The two hands. ``left`` is ``mirror`` or a form of its own.

    A gesture of one hand is written for the right; its left clip is the mirror image, or done from ``left``, which leaves the
    directions left and right where they are.
    """

    right: HandForm
    left: HandForm | None = None
    relation: Relation = Relation.MIRROR
    stroke: tuple[Movement, ...] = Field(min_length=1)
    hold: Hold = Hold.SHORT

    @property
    def meets(self) -> bool:
        """Whether a hand goes to the other one."""
        return any(movement.to is not None and movement.to.other is not None for movement in self.stroke)

    @field_validator("left", mode="before")
    @classmethod
    def _mirror(cls, value: object) -> object:
        if value == "mirror":
            return None
        if not isinstance(value, dict):
            raise ValueError(f"expected 'mirror' or a form such as {{palm: up, fingers: forward, at: center chest mid}}, got {value!r}")
        return value


class Body(_Strict):
    """What the rest of the body does. Parts that are named here belong to the clip's mask."""

    torso: Annotated[tuple[TorsoTurn, ...], BeforeValidator(parse_torso)] = ()
    shoulders: Literal["none", "shrug", "shrug small"] = "none"
    head: Annotated[tuple[HeadMove, ...], BeforeValidator(parse_head)] = ()
    gaze: Annotated[tuple[Gaze, ...], BeforeValidator(parse_gaze)] = ()


class Tempo(_Strict):
    """Durations in seconds where the usual ones are wrong."""

    prepare: float | None = Field(default=None, ge=0.2, le=2.0)
    hold: float | None = Field(default=None, ge=0.0, le=5.0)
    relax: float | None = Field(default=None, ge=0.3, le=3.0)


class GestureNotation(_Strict):
    """A gesture as its author wrote it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=48)
    description: Phrase
    function: GestureFunction
    schemas: tuple[ImageSchema, ...] = ()
    meanings: tuple[Phrase, ...] = Field(min_length=4)
    fits: tuple[Phrase, ...] = Field(min_length=3)
    wrong: tuple[Phrase, ...] = Field(min_length=1)
    notes: str = ""
    formality: Formality = Formality.ANY
    culture: Annotated[tuple[CulturalNote, ...], BeforeValidator(parse_culture)] = ()
    hands: Hands
    also: tuple[Literal["right", "left", "both"], ...] | None = None
    form: Form | None = None
    body: Body = Body()
    sizes: tuple[Annotated[float, Field(ge=0.3, le=1.8)], ...] = Field(default=(0.7, 1.0, 1.3), min_length=1, max_length=3)
    tempo: Tempo = Tempo()

    @field_validator("hands")
    @classmethod
    def _definite(cls, value: Hands) -> Hands:
        if value is Hands.EITHER or value is Hands.LEFT:
            raise ValueError(f"expected the hands as performed, got {value.value!r}; allowed: both, right (left is its mirror image), none")
        return value

    @model_validator(mode="after")
    def _hands_have_form(self) -> Self:
        if (self.form is None) != (self.hands is Hands.NONE):
            raise ValueError("expected a form exactly when hands are used: hands: none has no form, all others need one")
        if self.hands is Hands.NONE and not (self.body.head or self.body.torso or self.body.gaze or self.body.shoulders != "none"):
            raise ValueError("expected body: torso, shoulders, head or gaze for a gesture without hands, got nothing that moves")
        if list(self.sizes) != sorted(set(self.sizes)):
            raise ValueError(f"expected sizes that increase, got {list(self.sizes)}")
        if self.form is not None and self.form.meets and (self.hands is not Hands.BOTH or set(self.also or ()) & {"right", "left"}):
            raise ValueError("expected hands: both where a hand goes to the other one, got a gesture that is done with one hand")
        return self

    @property
    def articulators(self) -> tuple[Articulator, ...]:
        """The parts of the body that take part, as hands and body say it; what every reach moves a little is not counted."""
        body, parts = self.body, Articulator
        moves = {parts.HANDS: self.form, parts.HEAD: body.head, parts.TORSO: body.torso, parts.SHOULDERS: body.shoulders != "none"}
        return tuple(part for part, moving in {**moves, parts.GAZE: body.gaze}.items() if moving)

    def variants(self) -> tuple[Hands, ...]:
        """The hands it is compiled for.

        Without ``also``, gestures of the right hand are also done with the left, and those of both hands also with one where
        neither hand needs the other.
        """
        if self.hands is Hands.NONE or self.form is None:
            return (Hands.NONE,)
        if self.also is not None:
            others: Iterable[str] = self.also
        elif self.hands is Hands.RIGHT:
            others = ("left",)
        else:
            alike = self.form.left is None and self.form.relation in (Relation.MIRROR, Relation.PARALLEL)
            others = ("right", "left") if alike and not self.form.meets else ()
        return tuple(dict.fromkeys([self.hands, *(Hands(name) for name in others)]))
