"""Brief: what a planner is told besides the words."""
from dataclasses import dataclass, field

from chironomia.agent.dialogue import Dialogue
from chironomia.agent.direction import Direction


@dataclass(frozen=True)
class Brief:
    """How the speaker gestures, the situation that they speak in, and the seed of what is left to chance."""

    direction: Direction = field(default_factory=Direction)
    dialogue: Dialogue = field(default_factory=Dialogue)
    seed: int = 0
