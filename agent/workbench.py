"""Workbench: the draft of one passage's gestures, and the tools with which a language model works on it.

The public methods are the tools; their docstrings are what the model reads, so they speak to it.
"""
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from chironomia.agent.answer import CONFIDENCE, FUNCTIONS, INTENSITY, Size, Sureness, most_calls_in
from chironomia.agent.ask import Filters, ask
from chironomia.agent.brief import Brief
from chironomia.agent.choose import GAP_S
from chironomia.agent.compose import outcomes_of
from chironomia.agent.norms import fault
from chironomia.agent.passage import Passage
from chironomia.agent.performable import Chooser
from chironomia.agent.prompted import places_of
from chironomia.agent.tools import Closed
from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import Wish
from chironomia.generators.align import Outcome
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Gesture, shown_clip
from chironomia.motion_library.culture import CultureKind
from chironomia.motion_library.gesture_space import Point
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

_BEFORE = 4  # gestures of the passages before that a check aligns too: hands come from there
_TOLD = 5  # meanings, and two of the sentences, of a gesture that is inspected
_PARTS = {
    Hands.LEFT: {"left"}, Hands.RIGHT: {"right"}, Hands.BOTH: {"left", "right"}, Hands.EITHER: {"left", "right"}, Hands.NONE: {"head"},
}  # fmt: skip

Index = Annotated[int, Field(json_schema_extra={"closed": "word"})]
Place = Annotated[str, Field(json_schema_extra={"closed": "place"})]
Function = Annotated[GestureFunction, Field(json_schema_extra={"closed": "function"})]
Words = Annotated[str, Field(min_length=2, max_length=160)]
Id = Annotated[str, Field(max_length=60)]


class Workbench:
    """The draft for ``passage`` as far as it is made, in order of its anchors; ``ended`` once the model has said so.

    ``chooser`` is what chose for the passages before; it is asked, never changed.
    """

    def __init__(self, utterance: Utterance, library: Library, brief: Brief, passage: Passage, chooser: Chooser, by: str) -> None:
        self.utterance, self.library, self.brief, self.passage, self.chooser, self.by = utterance, library, brief, passage, chooser, by
        self.places = places_of(brief)
        self.draft: list[Wish] = []
        self.ended = False

    @property
    def tools(self) -> list[Callable[..., str]]:
        return [self.search_library, self.inspect_gesture, self.place, self.remove, self.check, self.done]

    @property
    def closed(self) -> Closed:
        """The values of the closed sets that the tools' arguments are from."""
        return {"word": range(len(self.passage)), "place": [*self.places], "function": [str(f) for f in FUNCTIONS]}

    def search_library(self, text: Words, hands: Hands, k: Literal[3, 6, 10]) -> str:
        """The k gestures of the library that show best what you say in plain words, best first: id, what is done, schemas, hands, score.

        Say the picture, not the sentence: "two things drift apart". hands: either finds all; none finds those of head and shoulders.
        Search only where you want a certain form: a placed gesture without an id is looked up by its "show" anyway.
        """
        found = ask(self.library, [text], k, Filters(hands=None if hands == Hands.EITHER else hands))[0]
        return "\n".join(f"{self._told(c.gesture)}; {c.score:.2f}" for c in found) or "nothing found: try other words, or hands: either"

    def inspect_gesture(self, id: Id) -> str:
        """All about one gesture of the library: what it means, where it is wrong, hands, sizes, how long it takes, where it offends."""
        gesture = self.library.gesture(id)
        return "\n".join([self._told(gesture), *_about(gesture)])

    def place(
        self, anchor: Index, first: Index, last: Index, show: Words, schema: ImageSchema | None, function: Function, hands: Hands,
        size: Size, sure: Sureness, gesture: Id | None = None, points_at: Place | None = None,
    ) -> str:  # fmt: skip
        """Put a gesture into the draft, with its stroke on the word anchor, for the words first to last.

        It replaces those in the draft that share words with it and need the same hands, or the head (hands: none). gesture: the id of
        the gesture to perform, from search_library; NONE lets the library choose by show, schema and hands, which is mostly as good.
        """
        if not first <= anchor <= last:
            raise ValueError(f"expected first <= anchor <= last, got first {first}, anchor {anchor}, last {last}")
        at, target, why = self.passage.first, self.places[points_at] if points_at else None, f"asked for by {self.by}"
        wish = Wish(
            at + first, at + last + 1, at + anchor, function, schema, _in_one_line(show), hands, INTENSITY[size], CONFIDENCE[sure], why,
            target, gesture,
        )  # fmt: skip
        self._refuse(wish)
        replaced = [w for w in self.draft if wish.overlaps(w) and _PARTS[hands] & _PARTS[w.hands]]
        kept = [w for w in self.draft if w not in replaced]
        if len(kept) >= (most := most_calls_in(len(self.passage))):
            raise ValueError(f"the draft holds {most} gestures, as many as these words may have; remove one first")
        self.draft = sorted([*kept, wish], key=lambda w: (w.anchor, w.hands))
        return "\n".join([f"in the draft: {self._drafted(wish)}", *(f"it replaces {self._drafted(w)}" for w in replaced)])

    def remove(self, anchor: Index) -> str:
        """Take what is anchored on this word out of the draft."""
        gone = [w for w in self.draft if w.anchor == self.passage.first + anchor]
        if not gone:
            raise ValueError(f"nothing in the draft is anchored on word {anchor}; the draft: {self.drafted()}")
        self.draft = [w for w in self.draft if w not in gone]
        return f"removed; the draft: {self.drafted()}"

    def check(self) -> str:
        """What would be performed of the draft: which gesture, how exactly on its word, and what is dropped and why."""
        calls = self._chosen()
        outcomes = self._outcomes(calls)
        lines = [self._became(call, outcome) for call, outcome in zip(calls, outcomes, strict=True)]
        lines += [f"{self._drafted(w)}: dropped: {self._why_left_out(w, calls)}" for w in self.draft if w.call() not in calls]
        lines += self._warnings([o for o in outcomes if o.placement])
        return "\n".join([*lines, self.room])

    def done(self) -> str:
        """End: the draft as it stands is the plan for these words. An empty draft is a plan too."""
        self.ended = True
        return "done"

    @property
    def room(self) -> str:
        """How many gestures the passage may have, in a sentence."""
        room = self.chooser.room(self.passage)
        many = "1 gesture" if room == 1 else f"{room or 'no'} gestures"
        return f"There is room for {many} here at this speaker's rate, those of the head included."

    def drafted(self) -> str:
        """The draft in a line a gesture."""
        return "\n".join(self._drafted(w) for w in self.draft) or "empty"

    def _refuse(self, wish: Wish) -> None:
        """ValueError for what would not be performed anyway."""
        if any(wish.first < after and first < wish.after for first, after in (d.words for d in self.utterance.directives)):
            raise ValueError("the author has directed some of these words; choose others")
        if wish.target is not None and wish.function != GestureFunction.DEICTIC:
            raise ValueError(f"only a DEICTIC gesture points; for {wish.function} points_at is NONE")
        never = {name.lower() for name in self.brief.direction.forbidden}
        if named := next((name for name in (wish.schema, wish.function) if name and name.lower() in never), None):
            raise ValueError(f"this speaker never uses {named}; choose another")
        if wish.gesture is not None and (wrong := self._fault(self.library.gesture(wish.gesture), wish.hands)):
            raise ValueError(f"{wrong}; choose another")

    def _fault(self, gesture: Gesture, hands: Hands) -> str:
        """Why this speaker does not use a gesture here; "" if there is no reason."""
        return fault(gesture, gesture.hands if hands == Hands.EITHER else hands, self.brief.direction)

    def _told(self, gesture: Gesture) -> str:
        schemas = " ".join(gesture.schemas) or "no schema"
        wrong = self._fault(gesture, gesture.hands)
        told = f"{gesture.id}: {gesture.description} {gesture.function}, {schemas}, hands: {gesture.hands}"
        return f"{told}; not here: {wrong}" if wrong else told

    def _drafted(self, wish: Wish) -> str:
        at, aim = self.passage.first, self._aim(wish.target)
        what = " ".join(filter(None, [wish.function, wish.schema, wish.gesture and f"as {wish.gesture}", aim and f"at {aim}"]))
        where = f"'{self._word(wish.anchor)}' ({wish.anchor - at}, words {wish.first - at} to {wish.after - 1 - at})"
        return f"{where}: {what}, hands {wish.hands}: {wish.show}"

    def _aim(self, target: Point | None) -> str:
        return next((name for name, place in self.places.items() if place == target), "")

    def _word(self, index: int) -> str:
        return self.utterance.words[index].text

    def _chosen(self) -> tuple[GestureCall, ...]:
        """The calls that would stand in the plan for these words: the draft's that are kept, and the author's."""
        return self.chooser.trial().choose(self.passage, self.draft)[0]

    def _outcomes(self, calls: Sequence[GestureCall]) -> list[Outcome]:
        before = self.chooser.made[-_BEFORE:]
        return outcomes_of(self.utterance, [*before, *calls], self.library, self.brief.direction)[len(before) :]

    def _became(self, call: GestureCall, outcome: Outcome) -> str:
        where = f"'{self._word(call.anchor)}' ({call.anchor - self.passage.first})"
        if outcome.placement is None:
            return f"{where}: dropped: {outcome.why.removeprefix('not placed: ')}"
        made = outcome.placement
        sync = made.sync
        what = f"{made.gesture}, hands {made.hands}, {sync.start:.1f} to {sync.end:.1f} s, {outcome.why.removeprefix('placed: ')}"
        aim = self._aim(call.target)
        return f"{where}: {what}: {f'pointing at {aim}' if aim else self.library.gesture(made.gesture).description}"

    def _why_left_out(self, wish: Wish, calls: Sequence[GestureCall]) -> str:
        room = self.chooser.room(self.passage)
        of_same = [c for c in [*self.chooser.made[-_BEFORE:], *calls] if (c.hands == Hands.NONE) == (wish.hands == Hands.NONE)]
        near = min(of_same, key=lambda c: abs(self._at_s(c.anchor) - self._at_s(wish.anchor)), default=None)
        apart_s = abs(self._at_s(near.anchor) - self._at_s(wish.anchor)) if near else GAP_S
        if near and apart_s < GAP_S:
            return f"only {apart_s:.1f} s from '{self._word(near.anchor)}'; two strokes need {GAP_S:g} s"
        if near and near.words[0] < wish.after and wish.first < near.words[1]:
            return f"its words overlap those of '{self._word(near.anchor)}'"
        if len(calls) >= room:
            return "there is no room for it at this speaker's rate"
        return "much the same is shown just before"

    def _at_s(self, anchor: int) -> float:
        return self.utterance.words[anchor].stress_s

    def _warnings(self, placed: Sequence[Outcome]) -> Iterator[str]:
        """What is performed but looks like a tic."""
        shown = [o.placement for o in placed if o.placement]
        for one, next_one in pairwise(shown):
            if one.gesture == next_one.gesture and one.call.target == next_one.call.target:
                words = f"'{self._word(one.call.anchor)}' and '{self._word(next_one.call.anchor)}'"
                yield f"warning: {one.gesture} twice in a row, on {words}"


def _in_one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _about(gesture: Gesture) -> Iterator[str]:
    """What is to be known of a gesture besides its description, a line each."""
    yield f"means: {'; '.join(gesture.meanings[:_TOLD])}"
    yield from (f"{what}: {' / '.join(texts[:2])}" for what, texts in (("as in", gesture.fits), ("wrong for", gesture.wrong)) if texts)
    if clip := shown_clip(gesture):
        sync, forms = clip.sync, " or ".join(sorted({c.hands for c in gesture.clips}))
        sizes = ", ".join(f"{size:g}" for size in sorted({c.amplitude for c in gesture.clips}))
        times = f"preparation {sync.stroke_start - sync.start:.2f} s, stroke {sync.stroke_end - sync.stroke_start:.2f} s"
        yield f"{times}; hands {forms}; sizes {sizes}"
    yield f"company: {gesture.formality}"
    for note in gesture.culture:
        told = "offends" if note.kind == CultureKind.OFFENDS else "means"
        yield f"{' '.join(note.where)}: {told}{f' with the {note.hand} hand' if note.hand else ''}: {note.text}"
    if gesture.notes:
        yield f"notes: {gesture.notes}"
