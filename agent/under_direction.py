"""A plan under a direction: what is left out, which hand leads, how large. The same for every planner, and for a plan from a file."""
import random
from collections.abc import Sequence
from dataclasses import replace

from chironomia.agent.choose import most_calls
from chironomia.agent.direction import HEAD, Direction
from chironomia.agent.plan import Plan
from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import Wish
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.fit import intensity_of, size_asked
from chironomia.motion_library.vocabulary import GestureFunction, Hands

_LIKED, _SPARED = 0.12, 0.2  # of confidence: a favourite passes where it nearly did, what is spared only where it is sure
_SIDED = frozenset({"LEFT", "RIGHT", "CONTRAST", "BALANCE"})  # a schema that gives each hand a side of its own
_OF_HANDS = frozenset({GestureFunction.METAPHORIC, GestureFunction.ICONIC})  # pictures, which a head alone can hardly draw
_ALWAYS = 0.99  # share from which a call for both hands leaves a choice as well
_BEATS_PER_MIN = 14.0  # at most, on accents that carry nothing else: with 12 to 16 semantic calls, a lively but not a busy speaker


def weighed(wishes: Sequence[Wish], direction: Direction) -> list[Wish]:
    """What a planner may choose from: without what is forbidden; what is liked is surer, what is spared less sure."""
    liked, spared = set(direction.favourites), set(direction.sparing)
    allowed = [w for w in wishes if not _forbidden(_kinds(w.function, w.schema, w.hands), direction)]
    if direction.hands is Hands.NONE:
        allowed = [w for w in allowed if w.hands is Hands.NONE or w.function not in _OF_HANDS]
    lean = [(bool(k & liked) * _LIKED - bool(k & spared) * _SPARED) for k in (_kinds(w.function, w.schema, w.hands) for w in allowed)]
    return [replace(w, confidence=min(max(w.confidence + by, 0.0), 1.0)) if by else w for w, by in zip(allowed, lean, strict=True)]


def under_direction(plan: Plan, utterance: Utterance, direction: Direction, seed: int = 0, remarks: Sequence[str] = ()) -> Plan:
    """The plan as the direction wants it: forbidden and surplus calls left out, with a remark, hands and sizes set.

    What an author marked up stays. A plan that already stands under this direction keeps its calls. ``remarks`` on how the direction was
    read come before those on the plan.
    """
    notes = [*remarks, *plan.remarks]
    if plan.direction == direction:
        return plan.model_copy(update={"remarks": tuple(notes)})
    kept = []
    for call in plan.calls:
        names = _forbidden(_kinds(call.function, call.schema_, call.hands), direction)
        if names and not _of_the_author(call, utterance):
            notes.append(f"left out '{_said(call, utterance)}': the direction rules out {', '.join(sorted(names))}")
        else:
            kept.append(call)
    kept, surplus = _at_rate(kept, utterance, direction)
    notes += [f"left out '{_said(call, utterance)}': more than {direction.rate_per_min:g} gestures a minute" for call in surplus]
    chance = random.Random(f"hands {seed}")
    calls = tuple(call if call.gesture else led(call, direction, chance) for call in kept)
    return plan.model_copy(update={"calls": calls, "remarks": tuple(notes), "direction": direction})


def led(call: GestureCall, direction: Direction, chance: random.Random) -> GestureCall:
    """A call in the size and, drawn by ``chance``, with the hand of the direction; contrasts, sides and aimed calls keep their hands."""
    drawn = chance.random() < direction.hands_share  # drawn for every call, so that one call more or less changes no other
    free = call.hands is Hands.EITHER or (call.hands is Hands.BOTH and direction.hands_share > _ALWAYS)
    free &= call.schema_ not in _SIDED and call.target is None and direction.hands not in (Hands.EITHER, Hands.NONE)
    return call.model_copy(
        update={
            "hands": direction.hands if free and drawn else call.hands,
            "intensity": call.intensity if direction.size == 1.0 else intensity_of(size_asked(call) * direction.size),
        }
    )


def beats_per_min(direction: Direction) -> float:
    """Beats a minute at most: who wants few gestures wants no more beats than that either, unless the direction says how many."""
    if GestureFunction.BEAT in direction.forbidden or direction.hands is Hands.NONE:
        return 0.0
    if direction.beats_per_min is not None:
        return direction.beats_per_min
    return _BEATS_PER_MIN if direction.rate_per_min is None else min(_BEATS_PER_MIN, direction.rate_per_min)


def _kinds(function: str, schema: str | None, hands: Hands) -> frozenset[str]:
    return frozenset({function, *((schema,) if schema else ()), *((HEAD,) if hands is Hands.NONE else ())})


def _forbidden(kinds: frozenset[str], direction: Direction) -> frozenset[str]:
    return kinds & frozenset(direction.forbidden)


def _of_the_author(call: GestureCall, utterance: Utterance) -> bool:
    return call.gesture is not None or any(
        d.words[0] <= call.anchor < max(d.words[1], d.words[0] + 1) for d in utterance.directives if not d.none
    )


def _at_rate(calls: Sequence[GestureCall], utterance: Utterance, direction: Direction) -> tuple[list[GestureCall], list[GestureCall]]:
    """The surest calls that the rate allows, in order, and the rest."""
    free = [call for call in calls if not _of_the_author(call, utterance)]
    if direction.rate_per_min is None:
        return list(calls), []
    most = most_calls(utterance.duration_s, direction.rate_per_min)
    surplus = sorted(free, key=lambda call: -call.confidence)[most:]
    return [call for call in calls if call not in surplus], surplus


def _said(call: GestureCall, utterance: Utterance) -> str:
    return " ".join(word.text for word in utterance.words[slice(*call.words)])
