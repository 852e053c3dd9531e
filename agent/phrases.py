"""Phrases: short stretches of speech, compared with what the library's gestures mean, for wordings that no cue foresaw."""
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import Wish
from chironomia.agent.word_class import WordClass, is_content_word, word_class
from chironomia.motion_library.index import Hit, TextKind
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import GestureFunction, Hands

_LONGEST = 6  # words; longer stretches hold more than one idea
_WHOLE_CLAUSE = 12  # words up to which a sentence is compared as a whole with the example sentences
_DEPTH = 24  # nearest texts looked at: enough to see a wrong one that is nearer
_MIDDLE = 0.3  # share of the middle of the gesture's texts, which more texts do not move nearer: by chance one of many is near
# Similarity to confidence: two points of a line, found on the labelled sentences of the tests. Below some 0.5 MiniLM shares the
# topic, not the meaning.
_NO, _SURE = 0.50, 0.90
_THIN = 0.6  # of that confidence where one word alone carries content: "in the house" is like "in the basement" in name only
_MOST = 0.75  # a likeness is never as sure as a cue that someone wrote down
_NOT_PICTURED = frozenset({GestureFunction.BEAT, GestureFunction.ADAPTOR, GestureFunction.REGULATOR})
_BREAKS = frozenset({WordClass.CONJUNCTION, WordClass.QUESTION})


@dataclass(frozen=True)
class Phrase:
    """Words [first, after); ``anchor`` is the last of its ``content`` words."""

    first: int
    after: int
    anchor: int
    content: int
    whole: bool  # a sentence of its own


def phrases_of(utterance: Utterance, idiomatic: frozenset[int] = frozenset()) -> list[Phrase]:
    """Stretches of two to six words between pauses and conjunctions, and short sentences as a whole.

    Each has a word that carries content and is not among the ``idiomatic`` ones.
    """
    spans: list[tuple[int, int]] = []
    for first, after in utterance.sentences:
        pieces = _pieces(utterance, first, after)
        spans += [part for piece in pieces for part in _split(utterance, *piece)]
        if len(pieces) > 1 and after - first <= _WHOLE_CLAUSE:
            spans.append((first, after))
    return [p for span in dict.fromkeys(spans) if span[1] - span[0] >= 2 and (p := _phrase(utterance, *span, idiomatic))]


def _pieces(utterance: Utterance, first: int, after: int) -> list[tuple[int, int]]:
    """A sentence cut behind punctuation and before conjunctions."""
    cuts = [first]
    for i in range(first + 1, after):
        pause = utterance.words[i - 1].text[-1:] in ",;:.!?…—–)"
        if pause or word_class(utterance.words[i].spoken.lower()) in _BREAKS:
            cuts.append(i)
    return list(zip(cuts, [*cuts[1:], after], strict=True))


def _split(utterance: Utterance, first: int, after: int) -> list[tuple[int, int]]:
    """A piece of at most six words as it is; a longer one cut at a preposition near its middle, or in its middle."""
    if after - first <= _LONGEST:
        return [(first, after)]
    middle = (first + after) / 2
    places = [i for i in range(first + 2, after - 1) if word_class(utterance.words[i].spoken.lower()) == WordClass.PREPOSITION]
    cut = min(places or [round(middle)], key=lambda i: abs(i - middle))
    return _split(utterance, first, cut) + _split(utterance, cut, after)


def _phrase(utterance: Utterance, first: int, after: int, idiomatic: frozenset[int]) -> Phrase | None:
    content = [i for i in range(first, after) if i not in idiomatic and is_content_word(utterance.words[i].spoken.lower())]
    whole = (first, after) in utterance.sentences
    return Phrase(first, after, content[-1], len(content), whole) if content else None


def wishes_by_likeness(utterance: Utterance, phrases: Sequence[Phrase], library: Library) -> list[Wish]:
    """A wish for every phrase that lies near a meaning or an example of a gesture, and nearer than to its wrong examples."""
    if not phrases:
        return []
    texts = [" ".join(w.spoken for w in utterance.words[p.first : p.after]) for p in phrases]
    vectors = library.embedder.encode(texts).float().cpu()
    hits = library.index.search(vectors, _DEPTH, library.embedder.identity)
    made = [_wish(p, text, vector, found, library) for p, text, vector, found in zip(phrases, texts, vectors, hits, strict=True)]
    return [wish for wish in made if wish]


def _wish(phrase: Phrase, text: str, vector: Tensor, hits: Sequence[Hit], library: Library) -> Wish | None:
    wrong: set[int] = set()
    thin = phrase.content < 2 and not phrase.whole
    for hit in hits:
        near = library.texts[hit.row]
        gesture = library.gestures[near.gesture]
        if near.kind == TextKind.WRONG:
            wrong.add(near.gesture)
        elif near.kind != TextKind.DESCRIPTION and near.gesture not in wrong and gesture.function not in _NOT_PICTURED:
            like = (1 - _MIDDLE) * hit.similarity + _MIDDLE * float(library.middle(near.gesture) @ vector)
            confidence = _MOST * min(max((like - _NO) / (_SURE - _NO), 0.0), 1.0) * (_THIN if thin else 1.0)
            return Wish(
                phrase.first, phrase.after, phrase.anchor, gesture.function, gesture.schemas[0] if gesture.schemas else None,
                near.text, Hands.EITHER, 0.5, confidence, f"'{text}' is like '{near.text}' ({hit.similarity:.2f}) of {gesture.id}",
            )  # fmt: skip
    return None
