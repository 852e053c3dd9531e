"""The compiler of gestures: notation to clips.

Targets in gesture space become postures that an arm can take (``hand_course``, ``ik``), these become channels over time
(``timecourse``), the channels a motion (``enact``); and because the schedule was made first, the sync points are known by
construction. Many clips are compiled at once: each is a small problem, and a tensor operation costs the same for one as for fifty.
"""
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from torch import Tensor

from chironomia.motion_library import body_course, hand_course
from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.enact import Take, enact
from chironomia.motion_library.feasible import Pace, Performed, clearances
from chironomia.motion_library.hand_course import HandPlan
from chironomia.motion_library.meeting import NEAR_ENOUGH_M, missing
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.notation_model import GestureNotation
from chironomia.motion_library.schedule import FOREARM_LAG_S, Schedule, lay_out
from chironomia.motion_library.second_hand import second_hand
from chironomia.motion_library.vocabulary import BodyPart, Hands

SOURCE, LICENSE = "chironomia", "Apache-2.0"
SIZE_NAMES: dict[int, tuple[str, ...]] = {1: ("m",), 2: ("s", "l"), 3: ("s", "m", "l")}
_TAKES = 7  # how often a gesture is done again, slower or farther off, before it is taken as it is
_MEETING_TAKES = 3  # of these, after how many hands that meet go no nearer, and what presses too much moves off
_AT_ONCE = 64  # clips: fewer leave the time to Python, more leave the processor's cache


@dataclass(frozen=True)
class Wanted:
    """A clip that is wanted of a notated gesture: done with ``hands`` at ``size`` (1 as written)."""

    notation: GestureNotation
    hands: Hands
    size_name: str
    size: float

    @property
    def sides(self) -> tuple[str, ...]:
        return {Hands.RIGHT: ("right",), Hands.LEFT: ("left",), Hands.BOTH: ("left", "right")}.get(self.hands, ())


def compile_gesture(notation: GestureNotation) -> Gesture:
    """Compile one notated gesture, as in :func:`compile_gestures`."""
    return compile_gestures([notation])[0]


def compile_gestures(notations: Sequence[GestureNotation]) -> tuple[Gesture, ...]:
    """Compile notated gestures into library entries with a clip for each variant of hands and each size.

    Clips are at 30 fps, on the CPU, begin and end in the rest pose, and keep every joint within its limits.
    """
    wanted = [_wanted(notation) for notation in notations]
    made = iter(compile_clips([want for of_gesture in wanted for want in of_gesture]))
    return tuple(_gesture(n, list(islice(made, len(of_gesture)))) for n, of_gesture in zip(notations, wanted, strict=True))


def _gesture(notation: GestureNotation, made: list[Clip]) -> Gesture:
    variants = notation.variants()
    mirrored = [_mirrored(clip) for clip in made if Hands.LEFT in variants and clip.hands is Hands.RIGHT and not _has_own_left(notation)]
    clips = [clip for clip in made if clip.hands in variants] + mirrored
    return Gesture(
        id=notation.id,
        description=notation.description,
        meanings=notation.meanings,
        fits=notation.fits,
        wrong=notation.wrong,
        function=notation.function,
        schemas=notation.schemas,
        hands=notation.hands,
        notes=notation.notes,
        articulators=notation.articulators,
        formality=notation.formality,
        culture=notation.culture,
        clips=tuple(sorted(clips, key=lambda clip: variants.index(clip.hands))),
    )


def _has_own_left(notation: GestureNotation) -> bool:
    return notation.hands is Hands.RIGHT and notation.form is not None and notation.form.left is not None


def _wanted(notation: GestureNotation) -> list[Wanted]:
    """The clips to compile; a left hand without a form of its own is the right hand's mirror image."""
    variants = notation.variants()
    one_hand = Hands.RIGHT in variants or Hands.LEFT in variants
    hands = [Hands.BOTH] if Hands.BOTH in variants else []
    if notation.hands is Hands.NONE:
        hands = [Hands.NONE]
    elif _has_own_left(notation):
        hands += [h for h in (Hands.RIGHT, Hands.LEFT) if h in variants]
    elif one_hand:
        hands += [Hands.RIGHT]
    sizes = zip(SIZE_NAMES[len(notation.sizes)], notation.sizes, strict=True)
    return [Wanted(notation, h, name, size) for name, size in sizes for h in hands]


def _mirrored(right: Clip) -> Clip:
    mask = (right.mask - {BodyPart.RIGHT_ARM}) | {BodyPart.LEFT_ARM}
    name = right.id.replace(f"{right.gesture}.right.", f"{right.gesture}.left.")
    return replace(right, id=name, motion=right.motion.mirrored(), hands=Hands.LEFT, mask=mask)


def compile_clip(notation: GestureNotation, hands: Hands, size_name: str, size: float) -> Clip:
    """One clip of a notated gesture, done with ``hands`` at ``size`` (1 as written)."""
    return compile_clips([Wanted(notation, hands, size_name, size)])[0]


def compile_clips(wanted: Sequence[Wanted]) -> list[Clip]:
    """The clips that are wanted, in their order."""
    return [clip for i in range(0, len(wanted), _AT_ONCE) for clip in _compiled(wanted[i : i + _AT_ONCE])]


@dataclass(frozen=True)
class _Attempt:
    """How far a clip has come: its plans and pace for the next take, and the last take."""

    want: Wanted
    plans: dict[str, HandPlan]
    approaching: bool
    pace: Pace = field(default_factory=Pace)
    done: bool = False
    schedule: Schedule | None = None
    motion: Motion | None = None

    @property
    def meets(self) -> bool:
        return self.want.notation.form is not None and self.want.notation.form.meets


def _compiled(wanted: Sequence[Wanted]) -> list[Clip]:
    attempts = [_begin(want) for want in wanted]
    for take in range(_TAKES):
        open_ones = [i for i, attempt in enumerate(attempts) if not attempt.done]
        if not open_ones:
            break
        takes = [_take(attempts[i]) for i in open_ones]
        motions = enact(takes)
        for i, mended in zip(open_ones, _mended(take, [attempts[i] for i in open_ones], takes, motions), strict=True):
            attempts[i] = mended
    return [_clip(attempt) for attempt in attempts]


def _begin(want: Wanted) -> _Attempt:
    form = want.notation.form
    plans = {} if form is None else {side: hand_course.plan_hand(form, side == "left", want.size) for side in want.sides}
    if form is not None and want.hands is Hands.BOTH:
        plans["left"] = second_hand(form, want.size, want.notation.id)
    return _Attempt(want, plans, form is not None and form.meets)


def _take(attempt: _Attempt) -> Take:
    notation, plans = attempt.want.notation, attempt.plans
    schedule = lay_out(notation, plans, attempt.pace)
    palms = {side: plan.ready.place for side, plan in plans.items()}
    shares = body_course.participation({side: plan.wrists() for side, plan in plans.items()})
    body = body_course.body_movements(notation.body, schedule.sync, shares, schedule.movements, palms, attempt.want.size**0.7)
    return Take(plans, schedule, body)


def _mended(number: int, attempts: Sequence[_Attempt], takes: Sequence[Take], motions: Sequence[Motion]) -> list[_Attempt]:
    """The attempts after a take: done where nothing keeps it from being possible, else with plans and pace for another."""
    nearer = [_approaches(t, m) if a.approaching else {} for a, t, m in zip(attempts, takes, motions, strict=True)]
    clear = [i for i, ways in enumerate(nearer) if not ways]
    found = clearances([Performed(motions[i], takes[i].schedule.sync.ready, attempts[i].want.sides, attempts[i].meets) for i in clear])
    shifts = dict(zip(clear, found, strict=True))
    return [
        _again(number, attempt, take, motion, nearer[i], shifts.get(i, {}))
        for i, (attempt, take, motion) in enumerate(zip(attempts, takes, motions, strict=True))
    ]


def _again(
    number: int, attempt: _Attempt, take: Take, motion: Motion, nearer: dict[tuple[str, int], Tensor], shifts: dict[str, Tensor]
) -> _Attempt:
    pace = attempt.pace.slower(motion, take.schedule.sync)
    plans = dict(attempt.plans)
    for (side, index), by in nearer.items():
        plans[side] = plans[side].reaching(index, by)
    eager = max(1.0, 0.6 * number)  # fingers are thin: how deep they cross says little of how far they must go
    plans = {side: plan.shifted(eager * _in_own_axes(side, shifts[side])) if side in shifts else plan for side, plan in plans.items()}
    done = pace == attempt.pace and not shifts and not nearer
    approaching = bool(nearer) and number < _MEETING_TAKES
    return replace(attempt, plans=plans, pace=pace, approaching=approaching, done=done, schedule=take.schedule, motion=motion)


def _clip(attempt: _Attempt) -> Clip:
    want, arms = attempt.want, {"left": BodyPart.LEFT_ARM, "right": BodyPart.RIGHT_ARM}
    assert attempt.schedule is not None
    assert attempt.motion is not None
    return Clip(
        id=f"{want.notation.id}.{want.hands.value}.{want.size_name}",
        gesture=want.notation.id,
        motion=attempt.motion,
        sync=attempt.schedule.sync,
        hands=want.hands,
        amplitude=want.size,
        mask=frozenset(arms[side] for side in want.sides) | body_course.body_mask(want.notation.body, bool(want.sides)),
        source=SOURCE,
        license=LICENSE,
    )


def _approaches(take: Take, motion: Motion) -> dict[tuple[str, int], Tensor]:
    """By side and movement, how much farther (3,) out, up, forward a hand must go to reach its place on the other hand."""
    found: dict[tuple[str, int], Tensor] = {}
    for side, plan in take.plans.items():
        for index, stage in enumerate(plan.stages):
            if stage.meets is None:
                continue
            way = missing(motion, take.schedule.movements[index][1] + FOREARM_LAG_S, side, *stage.meets)
            both = all(p.stages[index].meets is not None for p in take.plans.values())
            if way.norm() > NEAR_ENOUGH_M:
                found[side, index] = _in_own_axes(side, 0.5 * way if both else way)
    return found


def _in_own_axes(side: str, shift: Tensor) -> Tensor:
    """A shift of the world (3,) as out, up, forward of one side."""
    return shift * shift.new_tensor([1.0 if side == "left" else -1.0, 1.0, 1.0])
