"""META.jsonl: what people say about the clips that they import, a JSON object a line."""
import json
import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from chironomia.motion_library.culture import CulturalNote, parse_culture
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import Articulator, BodyPart, Formality, GestureFunction, Hands, ImageSchema

POINTS = tuple(f.name for f in fields(SyncPoints))
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Words = tuple[Annotated[str, Field(min_length=1)], ...]


class ClipMetadata(BaseModel):
    """One clip: only ``file`` (relative to META's folder) and ``gesture`` must be given.

    ``animation`` picks one of several in a glTF file, ``cut`` a part of a long recording, from and to in seconds. ``sync`` names any of
    the seven points, seconds from the file's first frame, whatever is cut.
    ``mirror``: false keeps the other hand's clip from being made. ``id`` is made from gesture and file if not given. ``hands`` are those
    of the clip, ``gesture_hands`` those of its gesture (the most frequent ones of its clips, if not given).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(min_length=1)
    gesture: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    animation: str | None = None
    cut: tuple[_Seconds, _Seconds] | None = None
    id: str | None = None
    label: str | None = None
    description: str | None = None
    meanings: _Words = ()
    examples: _Words = ()
    wrong: _Words = ()
    function: GestureFunction | None = None
    schemas: tuple[ImageSchema, ...] | None = None
    hands: Hands | None = None
    gesture_hands: Hands | None = None
    sync: dict[str, _Seconds] = Field(default_factory=dict)
    mirror: bool = True
    amplitude: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    mask: tuple[BodyPart, ...] | None = None
    notes: str = ""
    articulators: tuple[Articulator, ...] | None = None
    formality: Formality | None = None
    culture: Annotated[tuple[CulturalNote, ...] | None, BeforeValidator(parse_culture)] = None
    license: str = "unknown"
    source: str | None = None

    @field_validator("sync")
    @classmethod
    def _known_points_in_order(cls, sync: dict[str, float]) -> dict[str, float]:
        if unknown := set(sync) - set(POINTS):
            raise ValueError(f"expected sync points among {', '.join(POINTS)}, got {', '.join(sorted(unknown))}")
        times = [sync[point] for point in POINTS if point in sync]
        if times != sorted(times):
            raise ValueError(f"expected sync points that do not decrease from start to end, got {sync}")
        return sync

    @field_validator("cut")
    @classmethod
    def _forward(cls, cut: tuple[float, float] | None) -> tuple[float, float] | None:
        if cut and cut[0] >= cut[1]:
            raise ValueError(f"expected [FROM, TO] in seconds with FROM before TO, got {list(cut)}")
        return cut

    @field_validator("hands")
    @classmethod
    def _of_a_clip(cls, hands: Hands | None) -> Hands | None:
        if hands is Hands.EITHER:
            raise ValueError("a clip's hands are left, right, both or none")
        return hands

    @property
    def clip_id(self) -> str:
        """``id``, or the gesture with file, animation and cut in lower case and hyphens."""
        if self.id is not None:
            return self.id
        said = str(Path(self.file).with_suffix("")) + (f" {self.animation}" if self.animation else "")
        said += f" {self.cut[0]:g} {self.cut[1]:g}" if self.cut else ""
        return f"{self.gesture}.{re.sub(r'[^a-z0-9]+', '-', said.lower()).strip('-')}"


def read_metadata(path: Path) -> list[ClipMetadata]:
    """The lines of a META.jsonl, empty ones left out.

    Raises ValueError, with file and line, for lines that are not as :class:`ClipMetadata` says, files that do not exist, ids that come
    twice, and gestures of which two lines say different things.
    """
    found: list[ClipMetadata] = []
    faults: list[str] = []
    ids: dict[str, int] = {}
    clips: dict[tuple[object, ...], int] = {}
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            said = ClipMetadata.model_validate(_object(line))
            if not (path.parent / said.file).is_file():
                raise ValueError(f"file: there is no {said.file} in {path.parent}")
            if (first := ids.setdefault(said.clip_id, number)) != number:
                raise ValueError(f"id: {said.clip_id} comes twice, first in line {first}; leave one out or give it another id")
            if (first := clips.setdefault((said.gesture, (path.parent / said.file).resolve(), said.animation, said.cut), number)) != number:
                raise ValueError(f"file: {said.file} is a clip of {said.gesture} already, in line {first}; leave one of the lines out")
            found.append(said)
        except ValidationError as error:
            faults += [f"{path}:{number}: {'.'.join(str(s) for s in e['loc'])}: {_say(e['msg'])}" for e in error.errors(include_url=False)]
        except ValueError as error:
            faults.append(f"{path}:{number}: {error}")
    faults += [f"{path}: {fault}" for fault in _contradictions(found)]
    if faults:
        raise ValueError("\n".join(faults))
    if not found:
        raise ValueError(f"{path}: expected a JSON object a line with file and gesture, found no line")
    return found


def _object(line: str) -> dict[str, object]:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise ValueError(f"expected a JSON object on this line: {error}") from error
    if not isinstance(said, dict):
        raise ValueError(f"expected a JSON object on this line, got {line.strip()[:40]}")
    return said


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")  # JSON text may hold what splitlines takes for line ends
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8 text, but byte {error.start} is not") from error


def _say(message: str) -> str:
    return message.removeprefix("Value error, ")


def _contradictions(lines: Sequence[ClipMetadata]) -> list[str]:
    faults = []
    for gesture in sorted({line.gesture for line in lines}):
        for key in ("description", "function", "schemas", "gesture_hands", "articulators", "formality", "culture"):
            said = {str(v): None for line in lines if line.gesture == gesture and (v := getattr(line, key)) is not None}
            if len(said) > 1:
                faults.append(f"gesture {gesture}: its lines say different things of {key}: {'; '.join(said)}")
    return faults
