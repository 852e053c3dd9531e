"""The score: the one editable document between plan and motion, and its JSON form.

The planner's wishes and the speech's rhythm meet here as placements in seconds. It is written by alignment, edited by
designers, stored by agents, read by evaluations, and rendered to motion without the planner.
"""
from typing import Annotated, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator

from chironomia.generators.rhythm import Accent, AccentKind, Interval, Rhythm
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import BodyPart, Hands

VERSION = "1"
Seconds = Annotated[float, Field(ge=-60.0, le=86_400.0)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScoreWord(_Document):
    """A word [start, end) and the onset of its stressed vowel, seconds."""

    word: str
    start: Seconds
    end: Seconds
    stress: Seconds


class ScoreAccent(_Document):
    time: Seconds
    prominence: float = Field(ge=0.0, le=1.0)
    kind: AccentKind = AccentKind.STRESS
    word: int | None = None


class ScoreRhythm(_Document):
    """The rhythm the body follows: activity sampled at ``fps``, accents, phrases [start, end), syllables a second."""

    fps: float = Field(gt=0.0)
    activity: tuple[float, ...]
    accents: tuple[ScoreAccent, ...]
    phrases: tuple[tuple[Seconds, Seconds], ...]
    rate_hz: float = Field(ge=0.0)

    @classmethod
    def from_rhythm(cls, rhythm: Rhythm) -> Self:
        return cls(
            fps=rhythm.fps,
            activity=tuple(round(float(a), 3) for a in rhythm.activity),
            accents=tuple(
                ScoreAccent(time=round(a.time_s, 4), prominence=round(a.prominence, 4), kind=a.kind, word=a.word) for a in rhythm.accents
            ),
            phrases=tuple((round(p.start_s, 4), round(p.end_s, 4)) for p in rhythm.phrases),
            rate_hz=round(rhythm.rate_hz, 4),
        )

    def to_rhythm(self) -> Rhythm:
        return Rhythm(
            activity=torch.tensor(self.activity, dtype=torch.float32),
            fps=self.fps,
            accents=tuple(Accent(a.time, a.prominence, a.kind, a.word) for a in self.accents),
            phrases=tuple(Interval(*p) for p in self.phrases),
            rate_hz=self.rate_hz,
        )


class ScoreSync(_Document):
    """The seven sync points, seconds in the performance, never decreasing."""

    start: Seconds
    ready: Seconds
    stroke_start: Seconds
    stroke: Seconds
    stroke_end: Seconds
    relax: Seconds
    end: Seconds

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        self.to_sync()
        return self

    @classmethod
    def from_sync(cls, sync: SyncPoints) -> Self:
        return cls(**{name: round(value, 4) for name, value in zip(cls.model_fields, sync.times(), strict=True)})

    def to_sync(self) -> SyncPoints:
        return SyncPoints(self.start, self.ready, self.stroke_start, self.stroke, self.stroke_end, self.relax, self.end)


class Alternative(_Document):
    """Another clip that could stand here."""

    gesture: str
    clip: str
    score: float


class Placement(_Document):
    """One gesture in its place: which clip, when, how large, with which hands, and why.

    ``locked`` placements are kept by regeneration. A retraction that the next preparation takes over has relax = end.
    """

    call: GestureCall
    gesture: str
    clip: str
    sync: ScoreSync
    hands: Hands
    amplitude: float = Field(gt=0.0, le=2.0)
    mask: tuple[BodyPart, ...]
    locked: bool = False
    reason: str = ""
    alternatives: tuple[Alternative, ...] = ()


class Score(_Document):
    """Words, rhythm and placements of one performance. Rendering it needs only the library and the seed.

    ``pulses`` is a factor on the beats that held and hanging hands do in passing; 0 leaves them still.
    """

    version: str = VERSION
    text: str
    duration: Seconds
    words: tuple[ScoreWord, ...]
    rhythm: ScoreRhythm
    placements: tuple[Placement, ...]
    posture: str = "standing"
    pulses: float = Field(default=1.0, ge=0.0, le=2.0)
    seed: int = 0
    library: str

    @model_validator(mode="after")
    def _anchors_exist(self) -> Self:
        for i, placement in enumerate(self.placements):
            if placement.call.words[1] > len(self.words):
                raise ValueError(f"placements[{i}].call.words reaches {placement.call.words[1]}, the score has {len(self.words)} words")
        return self
