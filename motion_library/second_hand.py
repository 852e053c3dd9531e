"""The hand that does not lead: as notated, and yet no mirror image of the other."""
import hashlib
from dataclasses import replace

import torch
from torch import Tensor

from chironomia.motion_library.hand_course import HandPlan, plan_hand
from chironomia.motion_library.notation_model import Form, Relation

# People's two hands are never mirror images: the one that does not lead comes later, does less, lies elsewhere and is turned
# otherwise (Swinnen 2002, Nat. Rev. Neurosci. 3:348). In 108 captured two-handed gestures the hands are 58 mm apart in the mirror
# (a quarter: 109 and more), one moves 94 % as far and 10 ms later (a quarter: 21 ms and more). Each gesture has its own place in these.
_SECOND_LATE_S, _SECOND_SIZE = (0.020, 0.060), (0.80, 0.95)
_SECOND_SHIFT_M = ((-0.034, 0.034), (-0.062, -0.012), (-0.044, 0.044))  # out, up, forward
_SECOND_TURN = ((-0.24, 0.24), (-0.14, 0.14), (-0.16, 0.16))  # about the fingers, the palm's normal and across, radians
_SECOND_ELBOW = (-0.20, 0.10)  # by how much the elbow is turned from where it would be, radians: rather lower than higher
_SECOND_EASE = (0.06, 0.24)  # of the way from its handshape to relaxed fingers
_SECOND_UNLIKE: Tensor = torch.tensor([0.3, 0.1, 0.4])  # of the shift where the hands do unlike things: their heights tell them apart
_NEAR_M, _NEAR_UNLIKE_M, _FREE_M = 0.06, 0.15, 0.26  # between the hands: nearer ones stay exact, farther ones differ as they like


def second_hand(form: Form, size: float, name: str) -> HandPlan:
    """The left hand of a gesture that the right hand leads: as notated, less exact the farther the hands stay from each other.

    How it differs depends on nothing but the gesture's ``name``. Hands that meet, go together or rest on the body stay exact.
    """
    exact = plan_hand(form, True, size)
    if form.meets or form.relation is Relation.TOGETHER or exact.rests:
        return exact
    alike = form.left is None and form.relation is Relation.MIRROR
    nearest = _between_hands(exact, plan_hand(form, False, size))
    near = _NEAR_M if alike else _NEAR_UNLIKE_M
    free = max(0.0, min(1.0, (nearest - near) / (_FREE_M - near)))
    late, less, *shift_turn, swivel, ease = _between(
        name, _SECOND_LATE_S, _SECOND_SIZE, *_SECOND_SHIFT_M, *_SECOND_TURN, _SECOND_ELBOW, _SECOND_EASE
    )
    shift, turn = free * torch.tensor(shift_turn).reshape(2, 3)
    if not alike:
        shift, turn, less = _SECOND_UNLIKE * shift, 0.4 * turn, 1.0
    keeps = exact.keeps_fingers or any(stage.shaped for stage in exact.stages)
    plan = plan_hand(form, True, (1.0 - free * (1.0 - less)) * size).shifted(shift).turned(0.4 * turn if exact.keeps_fingers else turn)
    return replace(plan.eased(0.0 if keeps else free * ease), late_s=free * late, swivel=free * swivel)


def _between_hands(left: HandPlan, right: HandPlan) -> float:
    """How near to each other two hands come, metres."""
    across = torch.tensor([-1.0, 1.0, 1.0])
    gaps = [left.ready.place - across * right.ready.place]
    gaps += [(mine.place - across * other.place).reshape(-1, 3) for mine, other in zip(left.stages, right.stages, strict=True)]
    return float(torch.cat([gap.reshape(-1, 3) for gap in gaps]).norm(dim=-1).min())


def _between(name: str, *ranges: tuple[float, float]) -> list[float]:
    """A number in each range (at most 16), as a name's hash has it."""
    shares = hashlib.blake2b(name.encode(), digest_size=2 * len(ranges)).digest()
    parts = [int.from_bytes(shares[2 * i : 2 * i + 2], "big") / 65535 for i in range(len(ranges))]
    return [low + part * (high - low) for part, (low, high) in zip(parts, ranges, strict=True)]
