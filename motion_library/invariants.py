"""Image-schema invariants: is what a gesture says it shows still true of the motion? Checked on clips and on performances.

A schema is a pattern of space and force, so the gesture that shows it can be measured: CONTAINER needs a space held between the
palms, UP a hand that rises. Which facts each schema asks for stand in ``invariants_of_space``, ``_of_force`` and
``_of_unity``; here they are tested, with margins.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chironomia.motion_library.claims import Claim, Claims, Invariant, Of
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.hand_tracks import HandTracks
from chironomia.motion_library.invariants_of_force import FORCE
from chironomia.motion_library.invariants_of_space import SPACE
from chironomia.motion_library.invariants_of_unity import UNITY
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import Hands, ImageSchema

if TYPE_CHECKING:
    from chironomia.motion_library.library import Library

INVARIANTS: dict[str, Invariant] = {**SPACE, **FORCE, **UNITY}

# Differences that a viewer would find about equally large, so that misses in unlike units can be compared.
_LIKE = {
    "m": 0.05,
    "deg": 20.0,
    "s": 0.1,
    "m/s": 0.3,
    "times": 1.0,
    "fingers": 1.0,
    "hands": 0.2,
    "of its way": 0.1,
    "of its length": 0.1,
    "correlation": 0.3,
}
_USED = {Hands.LEFT: (0,), Hands.RIGHT: (1,), Hands.BOTH: (0, 1), Hands.EITHER: (0, 1), Hands.NONE: ()}


@dataclass(frozen=True)
class Fact:
    """A measured claim of a schema: ``margin`` is by how much it holds (>= 0) or fails (< 0), in ``unit``."""

    schema: ImageSchema
    name: str
    value: float
    bound: float
    unit: str
    satisfied: bool
    margin: float

    def as_json(self) -> dict[str, Any]:
        """A JSON object without the schema, which it shares with the others of its way."""
        value, margin = round(self.value, 4), round(self.margin, 4)
        return {"name": self.name, "value": value, "bound": self.bound, "unit": self.unit, "satisfied": self.satisfied, "margin": margin}


@dataclass(frozen=True)
class Check:
    """A clip's schema and its facts. ``primary``: it is the first schema of the clip's gesture."""

    gesture: str
    clip: str
    schema: ImageSchema
    primary: bool
    facts: tuple[Fact, ...]

    @property
    def satisfied(self) -> bool:
        return holds(self.facts)

    def as_json(self) -> dict[str, Any]:
        """A JSON object, the facts as a list."""
        facts = [fact.as_json() for fact in self.facts]
        return {
            "gesture": self.gesture,
            "clip": self.clip,
            "schema": self.schema,
            "primary": self.primary,
            "satisfied": self.satisfied,
            "facts": facts,
        }


def holds(facts: Sequence[Fact]) -> bool:
    """Whether a schema is shown: all the facts of its nearest way hold. No facts: not shown."""
    return bool(facts) and all(fact.satisfied for fact in facts)


def check_schema(schema: ImageSchema, motion: Motion, sync: SyncPoints, hands: Hands, tracks: HandTracks | None = None) -> tuple[Fact, ...]:
    """The facts of the way of showing ``schema`` that ``motion`` comes nearest to, over stroke and hold.

    ``sync`` in seconds of ``motion``, ``hands`` those that gesture; pass ``tracks`` to check several schemas of one gesture. A
    schema that cannot be shown with these hands gives one fact that fails and says how many are needed.
    """
    ways = list(_claims(schema, hands, tracks or HandTracks.of(motion, sync)))
    if not ways:
        return (_fact(schema, Claim("hands in use", len(_USED[hands]), 2.0 if _USED[hands] else 1.0, "hands")),)
    facts = [tuple(_fact(schema, claim) for claim in claims) for claims in ways]
    return max(facts, key=lambda way: min(fact.margin / _LIKE[fact.unit] for fact in way))


def check_clip(clip: Clip, schemas: Sequence[ImageSchema]) -> tuple[Check, ...]:
    """The facts of every schema that ``clip`` is tagged with, its gesture's primary schema first."""
    if not schemas:
        return ()
    tracks = HandTracks.of(clip.motion, clip.sync)
    return tuple(
        Check(clip.gesture, clip.id, schema, i == 0, check_schema(schema, clip.motion, clip.sync, clip.hands, tracks))
        for i, schema in enumerate(schemas)
    )


def check_library(library: "Library") -> tuple[Check, ...]:
    """A row for every schema of every clip of a library, in its order."""
    return tuple(row for gesture in library.gestures for clip in gesture.clips for row in check_clip(clip, gesture.schemas))


def _claims(schema: ImageSchema, hands: Hands, tracks: HandTracks) -> Iterator[Claims]:
    used = _USED[hands]
    for way in INVARIANTS[schema].ways:
        if way.of is Of.HEAD and not used:
            yield way.claims(tracks, 0, 1)
        elif way.of is Of.EACH or (way.of is Of.ALONE and len(used) == 1) or (way.of is Of.PAIR and len(used) == 2):
            yield from (way.claims(tracks, hand, 1 - hand) for hand in used)


def _fact(schema: ImageSchema, claim: Claim) -> Fact:
    margin = claim.bound - claim.value if claim.at_most else claim.value - claim.bound
    return Fact(schema, claim.name, claim.value, claim.bound, claim.unit, margin >= 0.0, margin)
