"""What a performance shows: the image schema of every placement, and where it points, checked on the final motion.

Warping, blending, beats and breath all change a clip; whether the hands still show what was meant is measured on what is played.
"""

from dataclasses import dataclass
from typing import Any

from chironomia.generators.score import Placement, Score
from chironomia.motion_library.aimed import aim_of_id
from chironomia.motion_library.invariants import Fact, check_schema, holds
from chironomia.motion_library.library import Library
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.pointing import Aim
from chironomia.motion_library.vocabulary import ImageSchema


@dataclass(frozen=True)
class Shown:
    """The schema of a placement and its facts in the performance. ``asked``: the call named it, else it is the gesture's own.

    ``schema`` is None, and there are no facts, where neither the call nor the gesture has one. No facts with a schema: the stroke
    lies outside the performance. ``aim`` is how far a clip that is aimed at a place misses it; None for all others.
    """

    gesture: str
    clip: str
    schema: ImageSchema | None
    asked: bool
    facts: tuple[Fact, ...]
    aim: Aim | None = None

    @property
    def satisfied(self) -> bool | None:
        """Whether the schema is shown; None where there is no schema."""
        return None if self.schema is None else holds(self.facts)

    def as_json(self) -> dict[str, Any]:
        """A JSON object: schema, whether it is asked for and satisfied, each fact with value, bound, unit and margin, and the aim."""
        facts = [fact.as_json() for fact in self.facts]
        aim = {"aim": self.aim.as_json()} if self.aim else {}
        return {"schema": self.schema, "asked": self.asked, "satisfied": self.satisfied, "facts": facts, **aim}


def placement_facts(score: Score, motion: Motion, library: Library) -> tuple[Shown, ...]:
    """What every placement of ``score``, in order, shows in ``motion``, the rendered performance (on any device).

    Raises ValueError for a gesture that the library does not have.
    """
    on_cpu = motion.to("cpu")
    return tuple(_shown(placement, on_cpu, library) for placement in score.placements)


def _shown(placement: Placement, motion: Motion, library: Library) -> Shown:
    asked, aimed = placement.call.schema_, "@" in placement.clip
    own = None if aimed else next(iter(library.gesture(placement.gesture).schemas), None)  # aimed elsewhere it need not be in front
    schema = asked or own
    sync = placement.sync.to_sync()
    facts: tuple[Fact, ...] = ()
    within = 0.0 <= sync.stroke_start < motion.duration_s
    if schema is not None and within:
        facts = check_schema(schema, motion, sync, placement.hands)
    aim = aim_of_id(placement.clip, motion, sync) if aimed and within else None
    return Shown(placement.gesture, placement.clip, schema, asked is not None, facts, aim)
