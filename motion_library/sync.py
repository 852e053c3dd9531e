"""The seven sync points of a gesture (BML 1.0), in seconds."""
from dataclasses import astuple, dataclass, fields
from itertools import pairwise
from typing import Self


@dataclass(frozen=True)
class SyncPoints:
    """When a gesture's phases begin and end, seconds, in this order and never decreasing.

    Preparation is [start, ready), a pre-stroke hold [ready, stroke_start), the stroke [stroke_start, stroke_end) with its
    emphasis (apex) at ``stroke``, a post-stroke hold [stroke_end, relax), retraction [relax, end). Raises ValueError if
    the times decrease.
    """

    start: float
    ready: float
    stroke_start: float
    stroke: float
    stroke_end: float
    relax: float
    end: float

    def __post_init__(self) -> None:
        times = astuple(self)
        if any(b < a - 1e-9 for a, b in pairwise(times)):
            named = ", ".join(f"{f.name}={t:.3f}" for f, t in zip(fields(self), times, strict=True))
            raise ValueError(f"sync points must not decrease from start to end, got {named}")

    def shifted(self, by_s: float) -> Self:
        return type(self)(*(t + by_s for t in astuple(self)))

    def times(self) -> tuple[float, ...]:
        """The seven times in seconds, from start to end."""
        return astuple(self)
