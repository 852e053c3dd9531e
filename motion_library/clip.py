"""Gestures and their clips: the entries of the library."""
from dataclasses import dataclass, field
from functools import cached_property

import torch

from chironomia.motion_library.culture import CulturalNote, CultureKind
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.skeleton import INDEX, forward_kinematics
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import Articulator, BodyPart, Formality, GestureFunction, Hands, ImageSchema

_WRISTS = [INDEX["left_wrist"], INDEX["right_wrist"]]
_HANG_M = 0.1  # from where it hangs; a shrug of the shoulders alone takes the wrists 0.06 m along, a hand on the hip goes 0.19 m


@dataclass(frozen=True)
class Clip:
    """One way to do a gesture: a motion from rest through the stroke back to rest, with its sync points.

    ``hands`` says which hands carry the meaning (never ``either``), ``amplitude`` its size (1 is the author's), ``mask``
    the body parts the clip speaks for; all others belong to the layers below it.
    """

    id: str
    gesture: str
    motion: Motion
    sync: SyncPoints
    hands: Hands
    amplitude: float
    mask: frozenset[BodyPart]
    source: str
    license: str

    @cached_property
    def leaves_hands_hanging(self) -> bool:
        """Whether both hands stay where they hang: no hands are in it, or they only go along with the shoulders."""
        if self.hands is Hands.NONE:
            return True
        poses = self.motion.sample(torch.tensor([self.sync.start, self.sync.ready, self.sync.stroke, self.sync.stroke_end]))
        wrists = forward_kinematics(poses.rotations, poses.translation)[0][:, _WRISTS]
        return bool((wrists - wrists[:1]).norm(dim=-1).max() < _HANG_M)


@dataclass(frozen=True)
class Gesture:
    """An entry of the library: what it means, when it fits, when it would be wrong, and the clips that show it.

    ``articulators`` are the parts of the body that take part, ``formality`` the company it is for, ``culture`` where it offends or
    means something else.
    """

    id: str
    description: str
    meanings: tuple[str, ...]
    fits: tuple[str, ...]
    wrong: tuple[str, ...]
    function: GestureFunction
    schemas: tuple[ImageSchema, ...]
    hands: Hands
    notes: str = ""
    clips: tuple[Clip, ...] = field(default=(), repr=False)
    articulators: tuple[Articulator, ...] = ()
    formality: Formality = Formality.ANY
    culture: tuple[CulturalNote, ...] = ()

    def offends_in(self, locale: str, hands: Hands | None = None) -> CulturalNote | None:
        """The note by which it gives offence in a locale (``BR``, ``pt-BR``), done with ``hands`` (its own if not given); None if none."""
        notes = (note for note in self.culture if note.kind is CultureKind.OFFENDS and note.hand in (None, hands or self.hands))
        return next((note for note in notes if note.holds_in(locale)), None)


def shown_clip(gesture: Gesture) -> Clip | None:
    """The clip that stands for a gesture: of its own hands, as near as possible to the author's size; None if it has no clip."""
    return min(gesture.clips, key=lambda c: (c.hands is not gesture.hands, abs(c.amplitude - 1.0)), default=None)
