"""Wish: a gesture that a planner considers, before it is decided which of them are made."""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from chironomia.agent.cues import Cue
from chironomia.agent.tokens import Token, tokens_of_text
from chironomia.agent.transcript import Utterance
from chironomia.agent.word_class import WordClass, is_content_word, word_class
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.gesture_space import Point
from chironomia.motion_library.inflection import stem
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

_STRONGER = frozenset("very so really extremely incredibly hugely massively totally absolutely completely dramatically such".split())
_WEAKER = frozenset("slightly little bit somewhat barely hardly fairly rather quite small tiny gently slowly".split())
_NEGATORS = frozenset("not never no cannot hardly neither without nobody nothing".split())
_REACH = 3  # words over which a negation or a degree reaches
_NEGATED = 0.8  # a picture that is denied is shown less often
_GIVEN = 0.06  # what was said before is gestured less (McNeill 1992: gestures come with the rheme)
_LATE = 0.05  # and what comes late in its sentence more


@dataclass(frozen=True)
class Wish:
    """A possible gesture on words [first, after) with its stroke on ``anchor``; ``confidence`` 0-1 that it should be seen.

    ``target`` is the place it points at, if it does, and ``gesture`` what is to be performed, if it was chosen, as in
    :class:`GestureCall`.
    """

    first: int
    after: int
    anchor: int
    function: GestureFunction
    schema: ImageSchema | None
    show: str
    hands: Hands
    intensity: float
    confidence: float
    why: str
    target: Point | None = None
    gesture: str | None = None

    def overlaps(self, other: Self) -> bool:
        return self.first < other.after and other.first < self.after

    def call(self) -> GestureCall:
        """The wish as it stands in a plan."""
        return GestureCall(
            words=(self.first, self.after), anchor=self.anchor, function=self.function, schema=self.schema, show=self.show,
            hands=self.hands, intensity=self.intensity, confidence=round(self.confidence, 3), gesture=self.gesture, target=self.target,
            why=self.why,
        )  # fmt: skip


def wish_of_cue(cue: Cue, tokens: Sequence[Token]) -> Wish:
    """The wish that a cue stands for, softened where the wording is negated, sized by the adverbs about it."""
    group, said = cue.group, " ".join(t.form for t in tokens[cue.first : cue.after])
    before = _same_clause(tokens, range(cue.first - _REACH, cue.first))
    confidence, why = cue.confidence, f"'{said}' is a cue for {(group.schema or group.function).lower()}"
    pictured = group.function in (GestureFunction.METAPHORIC, GestureFunction.ICONIC)
    if pictured and not _NEGATORS.isdisjoint(before):
        confidence, why = confidence * _NEGATED, f"{why}, denied"
    degree = before + _same_clause(tokens, range(cue.first, cue.after + 1))
    return Wish(
        tokens[cue.first].word, tokens[cue.after - 1].word + 1, tokens[cue.anchor].word, group.function, group.schema,
        group.show.format(said=said), group.hands, _sized(group.intensity, degree), confidence, why,
    )  # fmt: skip


def _same_clause(tokens: Sequence[Token], span: range) -> list[str]:
    """Forms in ``span`` as far as they exist and no clause ends between them and the span's end (or begins, to its start)."""
    inside = [i for i in span if 0 <= i < len(tokens)]
    breaks = [i for i in inside[:-1] if tokens[i].ends]
    return [tokens[i].form for i in inside if not breaks or i > breaks[-1]]


def _sized(intensity: float, forms: Sequence[str]) -> float:
    change = 0.2 * (not _STRONGER.isdisjoint(forms)) - 0.2 * (not _WEAKER.isdisjoint(forms))
    return min(max(round(intensity + change, 3), 0.0), 1.0)


def given_words(utterance: Utterance, previous: Sequence[str] = ()) -> frozenset[int]:
    """The content words whose stem was said before, in the utterance or in the ``previous`` turns."""
    seen = {stem(token.form) for text in previous for token in tokens_of_text(text)}
    given: set[int] = set()
    for i, word in enumerate(utterance.words):
        form = word.spoken.lower()
        if is_content_word(form) and word_class(form) != WordClass.NUMBER:
            if stem(form) in seen:
                given.add(i)
            seen.add(stem(form))
    return frozenset(given)


def weighed_by_news(wishes: Sequence[Wish], utterance: Utterance, previous: Sequence[str] = ()) -> list[Wish]:
    """The wishes, a little surer for words that are new and late in their sentence, less sure for what was said before.

    ``previous`` is what was said in the turns before.
    """
    given = given_words(utterance, previous)
    out = []
    for wish in wishes:
        first, after = utterance.sentences[utterance.words[wish.anchor].sentence]
        late = (wish.anchor - first) / max(after - 1 - first, 1) - 0.5
        change = _LATE * late - _GIVEN * (wish.anchor in given)
        out.append(replace(wish, confidence=min(max(wish.confidence + change, 0.0), 1.0)))
    return out
