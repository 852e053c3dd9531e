"""What of a passage's wishes is performed: few enough, far enough apart, not the same again, and as the author directed."""
from collections import Counter
from collections.abc import Sequence
from copy import copy
from typing import Self

from chironomia.agent.brief import Brief
from chironomia.agent.choose import THRESHOLD, choose, most_calls
from chironomia.agent.directed import directed_calls
from chironomia.agent.passage import Passage
from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import Wish
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import Hands

_SAME_S, _SAME = 8.0, 0.6  # two gestures this close of which so much of the wording is shared are the same
_LIKELY = 0.6  # confidence at which the last gesture that the rate allows is made: a surer one may follow
_NEAR = 16  # calls before, more than fall into the time that strokes need between them
_LISTED = frozenset({"CONTRAST", "COUNT", "ITERATION", "CYCLE"})  # meant to come again


class Chooser:
    """Chooses passage by passage, in order, so that what was chosen can be performed before the rest is known.

    The rate is kept at every point of the utterance: what is made up to the end of a passage is what the embedded planner would
    allow for a text that ends there. Head and hands are chosen beside each other, the hands first. ValueError for a directive with an
    unknown gesture.
    """

    def __init__(self, utterance: Utterance, library: Library, brief: Brief) -> None:
        self.utterance, self.brief = utterance, brief
        self.directed = directed_calls(utterance, library)
        self.made: list[GestureCall] = []  # so far, in order
        self._free = 0  # of them not directed

    def trial(self) -> Self:
        """Another one that would choose the same from here on; what it chooses does not count."""
        other = copy(self)
        other.made = self.made[-_NEAR:]
        return other

    def room(self, passage: Passage) -> int:
        """How many gestures a passage may have besides the directed ones, after those that were chosen before it."""
        return max(most_calls(self.utterance.words[passage.after - 1].end_s, self.brief.direction.rate_per_min) - self._free, 0)

    def choose(
        self, passage: Passage, wishes: Sequence[Wish]
    ) -> tuple[tuple[GestureCall, ...], Counter[str]]:
        """The calls of the next passage in order of their anchors, and how many wishes were left out for which reason."""
        taken = [d.words for d in self.utterance.directives]
        open_wishes = [w for w in dict.fromkeys(wishes) if not any(w.first < after and first < w.after for first, after in taken)]
        fresh = [w for w in open_wishes if not self._repeats(w)]
        most = self.room(passage)
        chosen: list[Wish] = []
        for of_head in (False, True):
            lane = [w for w in fresh if (w.hands == Hands.NONE) == of_head]
            left, fixed_s = max(most - len(chosen), 0), self._fixed_s(of_head)
            least = THRESHOLD if left > 1 else _LIKELY
            chosen += choose(lane, self.utterance, left, fixed_s=fixed_s, threshold=least, seed=self.brief.seed)
        self._free += len(chosen)
        calls = [w.call() for w in chosen] + [c for c in self.directed if passage.first <= c.anchor < passage.after]
        ordered = tuple(sorted(calls, key=lambda c: (c.anchor, c.words)))
        self.made += ordered
        left_out = {
            "on words that the author has directed": len(wishes) - len(open_wishes), "shown just before": len(open_wishes) - len(fresh),
            "too many or too close to others": len(fresh) - len(chosen),
        }  # fmt: skip
        return ordered, Counter({why: n for why, n in left_out.items() if n})

    def _fixed_s(self, of_head: bool) -> list[float]:
        """When strokes of the same part of the body stand already."""
        standing = [*self.directed, *self.made[-_NEAR:]]
        return [self._at_s(c.anchor) for c in standing if (c.hands == Hands.NONE) == of_head]

    def _repeats(self, wish: Wish) -> bool:
        """Whether much the same was shown just before."""
        shown = set(wish.show.lower().split())
        for call in reversed(self.made):
            if self._at_s(wish.anchor) - self._at_s(call.anchor) >= _SAME_S:
                return False
            other = set(call.show.lower().split())
            if call.schema_ == wish.schema and wish.schema not in _LISTED and len(shown & other) >= _SAME * len(shown | other):
                return True
        return False

    def _at_s(self, anchor: int) -> float:
        return self.utterance.words[anchor].stress_s
