"""Elements: what alignment chains. A call alone, or a duet: two calls at once, each on an arm of its own.

A duet is one element of the chain, made of the few best options of both. So the chain stays first order, and its search exact and
linear, while left and right hand overlap; letting every arm have a chain of its own would need the last two calls as its state, some
three hundred times the work. A third call at once is never placed: nobody has a third hand.
"""
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chironomia.generators.options import AnchoredCall, Array, Options, Rows
from chironomia.motion_library.vocabulary import GestureFunction

DUET_S = 1.2  # two strokes further apart than this follow one another without help
DUET_COST = 0.1  # of worth: two hands that each say their own are rare, so what fits one after the other is not played at once
FEW = 12  # options of each call that a duet is made of: all shifts and tempi of its best clip, some of the second best


@dataclass(frozen=True)
class Element:
    """One call, or two at once in order of their words; row n of every member's N options together are one way to do it."""

    calls: tuple[int, ...]
    members: tuple[Options, ...]

    def __len__(self) -> int:
        return len(self.members[0])

    @property
    def is_duet(self) -> bool:
        return len(self.members) > 1

    @cached_property
    def worth(self) -> Array:
        first, last = self.members[0], self.members[-1]
        return first.worth + last.worth - DUET_COST if self.is_duet else first.worth

    @cached_property
    def uses(self) -> NDArray[np.bool_]:
        """(N, 2) left and right arm."""
        return self.members[0].uses | self.members[-1].uses

    @cached_property
    def free(self) -> Array:
        """When (N, 2) the left and the right arm may begin to prepare what comes next; both at once after a call that is alone."""
        first, last = self.members[0].after, self.members[-1].after
        return np.where(self._first_has, first[:, None], last[:, None])

    @cached_property
    def leaves(self) -> tuple[Rows, Rows]:
        """The pairs of clips (U, 2), indices into the poses, that leave the left and the right arm where they are; and each row's (N,)."""
        first, last = self.members[0].clip, self.members[-1].clip
        pairs, each = np.unique(np.where(self._first_has, first[:, None], last[:, None]), axis=0, return_inverse=True)
        return pairs, each

    @property
    def _first_has(self) -> NDArray[np.bool_]:
        """Whether (N, 2) the left and the right arm are its first member's; a call that is alone has both."""
        return self.members[0].uses if self.is_duet else np.ones_like(self.uses)


def alone(call: int, options: Options) -> Element:
    return Element((call,), (options,))


def duet(i: int, k: int, calls: Sequence[AnchoredCall], options: Sequence[Options]) -> Element | None:
    """Calls ``i`` < ``k`` at once, one on the left arm and one on the right, strokes in the order of the words; None where that cannot be.

    Of one word both strokes may come first. Beats are never part of a duet: they fill time in which no hand speaks.
    """
    a, b = calls[i], calls[k]
    if b.stress_s - a.stress_s > DUET_S or GestureFunction.BEAT in (a.call.function, b.call.function):
        return None
    pairs = [_pairs(_few(options[i], arm), _few(options[k], 1 - arm)) for arm in (0, 1)]
    first, second = (np.concatenate(rows) for rows in zip(*pairs, strict=True))
    if a.call.anchor != b.call.anchor:
        ordered = options[i].apex[first] <= options[k].apex[second]
        first, second = first[ordered], second[ordered]
    return Element((i, k), (options[i].at(first), options[k].at(second))) if len(first) else None


def _few(options: Options, arm: int) -> Rows:
    """The best options that use this arm alone."""
    rows = np.flatnonzero(options.uses[:, arm] & ~options.uses[:, 1 - arm])
    return rows[np.argsort(-options.worth[rows], kind="stable")[:FEW]]


def _pairs(a: Rows, b: Rows) -> tuple[Rows, Rows]:
    return np.repeat(a, len(b)), np.tile(b, len(a))
