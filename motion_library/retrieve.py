"""Retrieval: from a wish in words to concrete clips, best first, each with its reasons."""
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.index import Hit, TextKind
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import FAMILY_OF, GestureFunction, Hands, ImageSchema

# What a kind of text is worth against a meaning: a meaning is what a wish paraphrases; an example shares the topic by chance more
# often, a description tells of the form.
_WORTH = {TextKind.MEANING: 1.0, TextKind.FITS: 0.85, TextKind.DESCRIPTION: 0.85}
_SECOND = 0.5  # weight of a gesture's second-nearest text against its nearest: two that agree are no chance
_CONTEXT_SHARE = 0.3  # of the words spoken, when a wish says besides what to show
# Added to a cosine, so in its unit. A named schema outweighs shared words (some 0.3 between "amount" and "a rise in amount").
_SAME_SCHEMA, _SECOND_SCHEMA, _SAME_FAMILY, _CONTRARY = 0.35, 0.28, 0.05, -0.15
_CONTRARIES = (
    "UP DOWN", "LEFT RIGHT", "FRONT BACK", "NEAR FAR", "CENTER PERIPHERY", "IN OUT", "FULL EMPTY", "BIG SMALL", "GROWING SHRINKING",
    "GROWING SMALL", "SHRINKING BIG", "MERGING SPLITTING", "COLLECTION SPLITTING", "BALANCE IMBALANCE", "PART WHOLE", "MATCHING CONTRAST",
    "ENABLEMENT BLOCKAGE", "ATTRACTION REMOVAL",
)  # fmt: skip
_SAME_FUNCTION, _OTHER_FUNCTION = 0.08, -0.06
_BEAT = -0.10  # a beat accompanies any words, so nobody who searches by meaning means it
_OTHER_HANDS = 0.9  # of a named gesture done with other hands than it is meant for
_HANDS_MISSING = -0.25  # hands that are asked for by name are meant
_WRONG = -0.12  # and in addition by how much the wrong text is nearer than the best right one
_RECENT, _REMEMBERED = -0.08, 4  # for the gesture used last, half for the one before, a third, a quarter
_FIRST_DEPTH = 1024  # texts looked at before more are asked for: all of a library of a hundred gestures


@dataclass(frozen=True)
class Candidate:
    """A clip that could answer a wish. ``score`` is about 0 to 1, larger is better; ``reasons`` say in words where it comes from."""

    gesture: Gesture
    clip: Clip
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Hint:
    """What somebody who knows the language takes a text to mean; ``confidence`` 0-1 scales what it adds to a score."""

    function: GestureFunction
    schema: ImageSchema | None
    confidence: float


@dataclass(frozen=True)
class Query:
    """A search: what to show, the words it goes with, what it may mean, and what must hold (``None``: anything)."""

    text: str
    context: str = ""
    wish: GestureCall | None = None
    hints: tuple[Hint, ...] = ()
    function: GestureFunction | None = None
    schema: ImageSchema | None = None
    hands: Hands | None = None

    def admits(self, gesture: Gesture) -> bool:
        return (
            (self.function is None or gesture.function == self.function)
            and (self.schema is None or self.schema in gesture.schemas)
            and (self.hands is None or any(clip.hands == self.hands for clip in gesture.clips))
            and bool(gesture.clips)
        )


def search(
    library: Library,
    wish: str | GestureCall,
    k: int = 10,
    *,
    context: str = "",
    function: GestureFunction | None = None,
    schema: ImageSchema | None = None,
    hands: Hands | None = None,
    recent: Sequence[str] = (),
) -> list[Candidate]:
    """The ``k`` best clips for a text or a call, best first, one a gesture; fewer if the filters leave fewer.

    ``context`` is what is being said, ``function``, ``schema`` and ``hands`` are filters that must hold, ``recent`` ids of gestures
    used lately, oldest first, which are tried less. A call that names its gesture gets the clips of that gesture alone.
    Raises ValueError for an empty text, k < 1, or an unknown gesture.
    """
    text = wish if isinstance(wish, str) else wish.show
    call = None if isinstance(wish, str) else wish
    query = Query(text, context, call, function=function, schema=schema, hands=hands)
    return search_many(library, [query], k, recent=recent)[0]


def search_calls(library: Library, calls: Sequence[GestureCall], contexts: Sequence[str], k: int = 10) -> list[list[Candidate]]:
    """Candidates for each call of a plan in order, with variety: the best of one call is used less readily for the next ones."""
    queries = [Query(call.show, context, call) for call, context in zip(calls, contexts, strict=True)]
    return search_many(library, queries, k, varied=True)


def search_many(
    library: Library, queries: Sequence[Query], k: int = 10, *, recent: Sequence[str] = (), varied: bool = False
) -> list[list[Candidate]]:
    """:func:`search` for many queries with one pass of the embedder. With ``varied`` the first of each list counts as used."""
    if k < 1:
        raise ValueError(f"expected k of at least 1, got {k}")
    if any(not query.text.strip() for query in queries):
        raise ValueError("expected a text to search for, got an empty one; say in a few words what the gesture should show")
    texts = [q.text for q in queries] + [q.context for q in queries if q.context.strip()]
    vectors = library.embedder.encode(texts)
    contexts = iter(range(len(queries), len(texts)))
    used, found = list(recent), []
    for row, query in enumerate(queries):
        context = next(contexts) if query.context.strip() else None
        rows = [row] if context is None else [row, context]
        found.append(_candidates(library, query, k, _nearest(library, query, vectors[rows], k), used))
        used += [found[-1][0].gesture.id] if varied and found[-1] else []
    return found


def _nearest(library: Library, query: Query, vectors: Tensor, k: int) -> list[list[Hit]]:
    """The nearest texts of the query's vectors, deep enough that k admitted gestures are among them, if there are so many."""
    depth = _FIRST_DEPTH
    while True:
        hits = library.index.search(vectors, depth, library.embedder.identity)
        seen = {library.texts[hit.row].gesture for hit in hits[0] if library.texts[hit.row].kind != TextKind.WRONG}
        if depth >= len(library.index) or sum(query.admits(library.gestures[g]) for g in seen) >= 4 * k:
            return hits
        depth *= 4


def _candidates(library: Library, query: Query, k: int, hits: list[list[Hit]], used: Sequence[str]) -> list[Candidate]:
    wish = query.wish
    if wish is not None and wish.gesture is not None:
        gesture = library.gesture(wish.gesture)
        asked = gesture.hands if wish.hands == Hands.EITHER else wish.hands
        why = ("asked for by the author",)
        return [Candidate(gesture, c, 1.0 if c.hands == asked else _OTHER_HANDS, why) for c in clips_for(gesture, wish)][:k]
    best, wrong = _near_texts(library, hits[0])
    context, _ = _near_texts(library, hits[1]) if len(hits) > 1 else ({}, {})
    scored = []
    for number, near in best.items():
        gesture = library.gestures[number]
        if query.admits(gesture):
            score, reasons = _text_score(library, near, wrong.get(number), context.get(number))
            for bonus, reason in _fit(gesture, query, used):
                score, reasons = score + bonus, (*reasons, reason)
            scored.append(Candidate(gesture, clips_for(gesture, wish, query.hands)[0], round(score, 4), reasons))
    # Ties are broken by id, so that the order never depends on the index.
    return sorted(scored, key=lambda c: (-c.score, c.gesture.id))[:k]


def _near_texts(library: Library, hits: list[Hit]) -> tuple[dict[int, list[Hit]], dict[int, Hit]]:
    """For each gesture its right texts, weighed by kind, nearest first, and its nearest wrong one."""
    right: dict[int, list[Hit]] = {}
    wrong: dict[int, Hit] = {}
    for hit in hits:
        text = library.texts[hit.row]
        if text.kind == TextKind.WRONG:
            wrong.setdefault(text.gesture, hit)
        else:
            right.setdefault(text.gesture, []).append(Hit(hit.row, hit.similarity * _WORTH[text.kind]))
    return {gesture: sorted(near, key=lambda hit: -hit.similarity) for gesture, near in right.items()}, wrong


def _likeness(near: list[Hit]) -> float:
    """Weighted mean of the two nearest texts' similarities."""
    return near[0].similarity if len(near) == 1 else (near[0].similarity + _SECOND * near[1].similarity) / (1.0 + _SECOND)


def _text_score(library: Library, near: list[Hit], wrong: Hit | None, context: list[Hit] | None) -> tuple[float, tuple[str, ...]]:
    text, similarity = library.texts[near[0].row], near[0].similarity
    score = _likeness(near)
    reasons: tuple[str, ...] = (f"{text.kind} '{text.text}' {similarity:.2f}",)
    if context is not None:
        score = (1 - _CONTEXT_SHARE) * score + _CONTEXT_SHARE * max(_likeness(context), 0.0)
        reasons = (*reasons, f"in context '{library.texts[context[0].row].text}' {context[0].similarity:.2f}")
    if wrong is not None and wrong.similarity > similarity:
        score += _WRONG - (wrong.similarity - similarity)
        reasons = (*reasons, f"wrong for '{library.texts[wrong.row].text}' {wrong.similarity:.2f}")
    return score, reasons


def _fit(gesture: Gesture, query: Query, used: Sequence[str]) -> list[tuple[float, str]]:
    """What the closed vocabularies and the recent past add to the score, with the reason for each."""
    terms = []
    if query.wish is not None:
        terms += _schema_fit(gesture, query.wish.schema_) + _form_fit(gesture, query.wish)
    elif gesture.function == GestureFunction.BEAT:
        terms.append((_BEAT, "a beat has no meaning of its own"))
    terms += _best_hint(gesture, query.hints)
    lately = list(reversed(used[-_REMEMBERED:]))
    if gesture.id in lately:
        ago = lately.index(gesture.id) + 1
        terms.append((_RECENT / ago, f"used {ago} gesture{'s' if ago > 1 else ''} ago"))
    return terms


def _best_hint(gesture: Gesture, hints: Sequence[Hint]) -> list[tuple[float, str]]:
    terms = [(0.0, "")]
    for hint in hints:
        if hint.schema is not None and hint.schema in gesture.schemas:
            same = _SAME_SCHEMA + (_SAME_FUNCTION if hint.function == gesture.function else 0.0)
            terms.append((hint.confidence * same, f"the wording means {hint.schema}"))
        elif hint.function == gesture.function:
            terms.append((hint.confidence * _SAME_FUNCTION, f"the wording goes with {hint.function.lower()} gestures"))
    best = max(terms)
    return [best] if best[0] > 0 else []


def _schema_fit(gesture: Gesture, schema: ImageSchema | None) -> list[tuple[float, str]]:
    if schema is None or not gesture.schemas:
        return []
    if schema in gesture.schemas:
        return [(_SAME_SCHEMA if gesture.schemas[0] == schema else _SECOND_SCHEMA, f"schema {schema} matches")]
    for contrary in gesture.schemas:
        if f"{schema} {contrary}" in _CONTRARIES or f"{contrary} {schema}" in _CONTRARIES:
            return [(_CONTRARY, f"schema {contrary} is the contrary of {schema}")]
    if FAMILY_OF[schema] in {FAMILY_OF[s] for s in gesture.schemas}:
        return [(_SAME_FAMILY, f"schema {gesture.schemas[0]} is of the same family as {schema}")]
    return []


def _form_fit(gesture: Gesture, wish: GestureCall) -> list[tuple[float, str]]:
    same = gesture.function == wish.function
    name = gesture.function.lower()
    terms = [(_SAME_FUNCTION if same else _OTHER_FUNCTION, f"{name} as asked" if same else f"{name}, not {wish.function.lower()}")]
    if wish.hands not in (Hands.EITHER, Hands.NONE):
        fits = any(clip.hands == wish.hands for clip in gesture.clips)
        hand = "both hands" if wish.hands == Hands.BOTH else f"{wish.hands} hand"
        terms.append((0.0, f"{hand} as asked") if fits else (_HANDS_MISSING, f"no {hand} form"))
    return terms


def clips_for(gesture: Gesture, wish: GestureCall | None, hands: Hands | None = None) -> list[Clip]:
    """The gesture's clips, the one that fits hands and intensity best first.

    Intensity 0.5 asks for the author's size, 0 for 0.6 of it and 1 for 1.4 of it; the library answers with the nearest it holds.
    """
    if not gesture.clips:
        raise ValueError(f"gesture {gesture.id!r} has no clips; compile it before it is searched")
    asked = hands or (wish.hands if wish is not None and wish.hands != Hands.EITHER else gesture.hands)
    size = 0.6 + 0.8 * (wish.intensity if wish is not None else 0.5)
    order = {asked: 0, gesture.hands: 1, Hands.RIGHT: 2}
    return sorted(gesture.clips, key=lambda clip: (order.get(clip.hands, 3), abs(clip.amplitude - size), clip.id))
