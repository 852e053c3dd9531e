"""Norms: which gestures the listener's culture, the company and the speaker's direction rule out, and what is done instead."""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

import yaml

from chironomia.agent.direction import HEAD, Direction
from chironomia.motion_library.aimed import aimed_candidates
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Gesture
from chironomia.motion_library.culture import CultureKind, country_of
from chironomia.motion_library.library import Library
from chironomia.motion_library.retrieve import Candidate, clips_for, search
from chironomia.motion_library.vocabulary import Formality, GestureFunction, Hands

_SECOND_BEST = 0.9  # of the score of what it stands for, each further substitute so much less: alignment keeps to their order
_LIKED = 1.15  # factor on the score of a favourite: it wins against what means much the same
_PICTURES = frozenset({GestureFunction.METAPHORIC, GestureFunction.ICONIC})
KEPT = "it stays, because it was asked for by name"
_DEPTH = 24  # candidates that are looked through for one that shows the same schema


@dataclass(frozen=True)
class Choice:
    """The candidates of a call that are fit, and why the best one is not among them ("" if it is)."""

    candidates: tuple[Candidate, ...]
    why: str = ""


def kinds_of(gesture: Gesture) -> frozenset[str]:
    """By which names a direction may mean a gesture: its id, function and schemas, and HEAD if no hand takes part."""
    return frozenset({gesture.id, gesture.function, *gesture.schemas, *((HEAD,) if gesture.hands is Hands.NONE else ())})


def fault(gesture: Gesture, hands: Hands, direction: Direction) -> str:
    """Why a gesture, done with ``hands``, is not fit; "" if it is."""
    note = gesture.offends_in(direction.locale, hands) if direction.locale else None
    if note is not None:
        which = f" with the {note.hand} hand" if note.hand else ""
        return f"{gesture.id}{which} gives offence in {country_of(direction.locale)} ({note.text})"
    if names := kinds_of(gesture) & set(direction.forbidden):
        return f"{gesture.id} is ruled out by the direction ({', '.join(sorted(names))})"
    if direction.hands is Hands.NONE and hands is not Hands.NONE:
        return f"{gesture.id} needs hands, and these are to keep still"
    if direction.formality is not Formality.ANY and gesture.formality not in (Formality.ANY, direction.formality):
        return f"{gesture.id} is for {gesture.formality} company"
    return ""


def meant_elsewhere(gesture: Gesture, direction: Direction) -> str:
    """What else the listener may take a gesture for, as a phrase; "" if nothing."""
    notes = (note for note in gesture.culture if note.kind is CultureKind.MEANS and direction.locale and note.holds_in(direction.locale))
    return next((f"in {country_of(direction.locale)} {gesture.id} is also understood as: {note.text}" for note in notes), "")


def choice(row: Sequence[Candidate], call: GestureCall, library: Library, direction: Direction) -> Choice:
    """The candidates of a call that are fit: of ``row`` (best first), or else what means the same; none is better than an offence.

    Where only one hand is at fault the other is taken. What was asked for by name is kept, and said. Favourites gain.
    """
    if not row:
        return Choice(())
    best = row[0]
    why = fault(best.gesture, best.clip.hands, direction)
    if call.gesture is not None:
        kept = tuple(_with_fit_clip(c, call, direction) or c for c in row)
        still = fault(kept[0].gesture, kept[0].clip.hands, direction)
        return Choice(kept, f"{still}; {KEPT}" if still else why)
    fit = [c for c in (_with_fit_clip(c, call, direction) for c in row) if c is not None]
    if not fit:
        fit = _substitutes(row, call, library, direction) or _of_the_schema(call, library, direction)
    return Choice(tuple(_favourites_first(fit, direction)), why)


def _with_fit_clip(candidate: Candidate, call: GestureCall, direction: Direction) -> Candidate | None:
    """The candidate with the first of its clips that is fit; None if there is none."""
    gesture = candidate.gesture
    if not fault(gesture, candidate.clip.hands, direction):
        return candidate
    if call.target is not None and "@" in candidate.clip.id:
        return None  # aimed with this hand; the other hand is a candidate of its own
    clips = (clip for clip in clips_for(gesture, call) if not fault(gesture, clip.hands, direction))
    return next((replace(candidate, clip=clip, reasons=(*candidate.reasons, f"{clip.hands} hand")) for clip in clips), None)


def _substitutes(
    row: Sequence[Candidate], call: GestureCall, library: Library, direction: Direction
) -> list[Candidate]:
    """What is known to mean the same as the best of the row, best first; none for a picture, which only its schema could tell."""
    if "@" in row[0].clip.id:
        other = [c for c in aimed_candidates(library, call.model_copy(update={"hands": Hands.RIGHT})) if c.clip.hands is Hands.RIGHT]
        return [c for c in other if not fault(c.gesture, c.clip.hands, direction)]
    if call.schema_ is not None and call.function in _PICTURES:
        return []
    names = [id for id in instead().get(row[0].gesture.id, ()) if library.has(id)]
    found: list[Candidate] = []
    for name in names:
        gesture, score = library.gesture(name), row[0].score * _SECOND_BEST ** (len(found) + 1)
        made = Candidate(gesture, clips_for(gesture, call)[0], round(score, 4), (f"instead of {row[0].gesture.id}",))
        fit = _with_fit_clip(made, call.model_copy(update={"hands": Hands.EITHER}), direction)
        found += [fit] if fit is not None else []
    return found


def _of_the_schema(call: GestureCall, library: Library, direction: Direction) -> list[Candidate]:
    """Other gestures that show the schema of the call; none where it has none, for then nothing says that they mean the same."""
    if call.schema_ is None:
        return []
    row = search(library, call, _DEPTH, schema=call.schema_)
    return [c for c in (_with_fit_clip(c, call, direction) for c in row) if c is not None]


def _favourites_first(row: Sequence[Candidate], direction: Direction) -> list[Candidate]:
    weighed = [replace(c, score=round(c.score * _LIKED, 4)) if c.gesture.id in direction.favourites else c for c in row]
    return sorted(weighed, key=lambda c: -c.score)


@lru_cache(maxsize=1)
def instead() -> dict[str, tuple[str, ...]]:
    """For each gesture that may be ruled out, the ids of those that mean the same, best first."""
    data = yaml.safe_load((files("chironomia.agent") / "instead.yaml").read_text(encoding="utf-8"))
    return {id: tuple(others) for id, others in data.items()}
