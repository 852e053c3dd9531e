"""Fit: what the closed vocabularies, the recent past and the hands' present places add to a score, with the reason in words."""
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.skeleton import JOINT_NAMES, forward_kinematics
from chironomia.motion_library.vocabulary import FAMILY_OF, GestureFunction, Hands, ImageSchema
from chironomia.motion_library.weights import Weights

Term = tuple[float, str]
_CONTRARIES = (
    "UP DOWN", "LEFT RIGHT", "FRONT BACK", "NEAR FAR", "CENTER PERIPHERY", "IN OUT", "FULL EMPTY", "BIG SMALL", "GROWING SHRINKING",
    "GROWING SMALL", "SHRINKING BIG", "MERGING SPLITTING", "COLLECTION SPLITTING", "BALANCE IMBALANCE", "PART WHOLE", "MATCHING CONTRAST",
    "ENABLEMENT BLOCKAGE", "ATTRACTION REMOVAL",
)  # fmt: skip
_REMEMBERED = 4  # gestures; what came before them is forgotten
_SAME_SIZE = 0.15  # of amplitude that nobody sees
_WRISTS = [JOINT_NAMES.index("left_wrist"), JOINT_NAMES.index("right_wrist")]


@dataclass(frozen=True)
class Hint:
    """What somebody who knows the language takes a text to mean; ``confidence`` 0-1 scales what it adds to a score."""

    function: GestureFunction
    schema: ImageSchema | None
    confidence: float


def fit_of_hints(gesture: Gesture, hints: Sequence[Hint], weights: Weights) -> list[Term]:
    """The best of the hints that the gesture fits, if any, or else the worst that it contradicts."""
    terms = [(0.0, "")]
    against = [(0.0, "")]
    for hint in hints:
        if hint.schema is not None and (contrary := contrary_of(hint.schema, gesture)):
            against.append((-hint.confidence * weights.hint_contrary, f"schema {contrary} is the contrary of {hint.schema}"))
        if hint.schema is not None and hint.schema in gesture.schemas:
            same = weights.schema + (weights.function if hint.function == gesture.function else 0.0)
            terms.append((weights.hint * hint.confidence * same, f"the wording means {hint.schema}"))
        elif hint.function == gesture.function:
            terms.append((weights.hint * hint.confidence * weights.function, f"the wording goes with {hint.function.lower()} gestures"))
    best, worst = max(terms), min(against)
    return [best] if best[0] > 0 else [worst] if worst[0] < 0 else []


def most_by_fit(hints: Sequence[Hint], wish: GestureCall | None, weights: Weights) -> float:
    """No gesture gains more than this by all the terms of its fit together."""
    shares = [weights.hint * max((hint.confidence for hint in hints), default=0.0), 0.0 if wish is None else 1.0]
    return sum(shares) * (max(weights.schema, weights.second_schema, weights.family) + weights.function)


@cache
def _contraries() -> frozenset[tuple[str, str]]:
    pairs = [tuple(pair.split()) for pair in _CONTRARIES]
    return frozenset((a, b) for one, other in pairs for a, b in ((one, other), (other, one)))


def contrary_of(schema: ImageSchema, gesture: Gesture) -> ImageSchema | None:
    """The first schema of the gesture that is the contrary of ``schema``, unless it shows ``schema`` as well."""
    if schema in gesture.schemas:
        return None
    return next((other for other in gesture.schemas if (schema, other) in _contraries()), None)


def fit_of_schema(gesture: Gesture, schema: ImageSchema | None, weights: Weights) -> list[Term]:
    """Whether the gesture shows the schema that is asked for, one of its family, or its contrary."""
    if schema is None or not gesture.schemas:
        return []
    if schema in gesture.schemas:
        return [(weights.schema if gesture.schemas[0] == schema else weights.second_schema, f"schema {schema} matches")]
    if contrary := contrary_of(schema, gesture):
        return [(-weights.contrary, f"schema {contrary} is the contrary of {schema}")]
    if FAMILY_OF[schema] in {FAMILY_OF[s] for s in gesture.schemas}:
        return [(weights.family, f"schema {gesture.schemas[0]} is of the same family as {schema}")]
    return []


def fit_of_form(gesture: Gesture, wish: GestureCall, weights: Weights) -> list[Term]:
    """Function, hands and size, as the call asks for them."""
    same, name = gesture.function == wish.function, gesture.function.lower()
    terms = [(weights.function, f"{name} as asked") if same else (-weights.other_function, f"{name}, not {wish.function.lower()}")]
    if wish.hands not in (Hands.EITHER, Hands.NONE):
        fits = any(clip.hands == wish.hands for clip in gesture.clips)
        hand = "both hands" if wish.hands == Hands.BOTH else f"{wish.hands} hand"
        terms.append((0.0, f"{hand} as asked") if fits else (-weights.hands_missing, f"no {hand} form"))
    size = size_asked(wish)
    nearest = min((clip.amplitude for clip in gesture.clips), key=lambda amplitude: abs(amplitude - size))
    if abs(nearest - size) > _SAME_SIZE:
        terms.append((-weights.size * abs(nearest - size), f"{'larger' if nearest > size else 'smaller'} than asked"))
    return terms


def fit_of_variety(gesture: Gesture, used: Sequence[str], weights: Weights) -> list[Term]:
    """What having been used lately takes off."""
    lately = list(reversed(used[-_REMEMBERED:]))
    if gesture.id not in lately:
        return []
    ago = lately.index(gesture.id) + 1
    return [(-weights.recent / ago, f"used {ago} gesture{'s' if ago > 1 else ''} ago")]


def size_asked(wish: GestureCall | None) -> float:
    """The amplitude an intensity asks for: 0.5 the author's size, 0 for 0.6 of it and 1 for 1.4 of it."""
    return 0.6 + 0.8 * (wish.intensity if wish is not None else 0.5)


def intensity_of(size: float) -> float:
    """The intensity that asks for a size, as near as 0 to 1 comes to it: the inverse of :func:`size_asked`."""
    return min(max((size - 0.6) / 0.8, 0.0), 1.0)


def hand_places(motion: Motion, time_s: float) -> Tensor:
    """Where the left and the right wrist are (2, 3), metres, the body's own place taken off, ``time_s`` into a motion."""
    return _wrists([motion], [time_s])[0]


def ways(clips: Sequence[Clip], places: Tensor) -> list[float]:
    """For each clip the longer of the ways, in metres, that its hands must go from ``places`` (2, 3) to be ready; 0 for no hands."""
    if not clips:
        return []
    far = (_wrists([clip.motion for clip in clips], [clip.sync.ready for clip in clips]) - places.float().cpu()).norm(dim=-1)  # (C, 2)
    which = torch.tensor([[c.hands in (Hands.LEFT, Hands.BOTH), c.hands in (Hands.RIGHT, Hands.BOTH)] for c in clips])
    return [float(way) for way in (far * which).amax(-1)]


def _wrists(motions: Sequence[Motion], times_s: Sequence[float]) -> Tensor:
    frames = [min(round(t * motion.fps), motion.frames - 1) for motion, t in zip(motions, times_s, strict=True)]
    turned = torch.stack([motion.rotations[frame] for motion, frame in zip(motions, frames, strict=True)])
    positions, _ = forward_kinematics(turned, torch.zeros(len(frames), 3))
    return positions[:, _WRISTS]
