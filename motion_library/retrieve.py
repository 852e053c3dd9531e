"""Retrieval: from a wish in words to concrete clips, best first, each with its reasons."""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heappush, heappushpop

import torch
from torch import Tensor

from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.fit import (
    Hint,
    Term,
    fit_of_form,
    fit_of_hints,
    fit_of_schema,
    fit_of_variety,
    most_by_fit,
    size_asked,
    ways,
)
from chironomia.motion_library.index import TextKind
from chironomia.motion_library.library import Library
from chironomia.motion_library.likeness import RIGHT, TextBlock
from chironomia.motion_library.shared_words import Shared
from chironomia.motion_library.vocabulary import Articulator, GestureFunction, Hands, ImageSchema
from chironomia.motion_library.weights import Weights

_OTHER_HANDS = 0.9  # score of a named gesture done with other hands than it is meant for
_ALL_COMPARED = 20_000  # texts up to which every one is compared; beyond, only those of gestures that the index finds near
_DEPTH = 512  # texts that the index is asked for first: some forty gestures, if each were found with all its texts
_TIED = 1e-4  # scores are told with four digits
_TOLD = 4  # shared words that a reason names
_POOL = 3  # times k: the candidates among which the way of the hands decides


@dataclass(frozen=True)
class Candidate:
    """A clip that could answer a wish. ``score`` is about 0 to 1, larger is better; ``reasons`` say in words where it comes from."""

    gesture: Gesture
    clip: Clip
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """A search: what to show, the words it goes with, what it may mean, and what must hold (``None``: anything).

    ``license`` and ``source`` must occur in those of the clip, in any case of letters.
    """

    text: str
    context: str = ""
    wish: GestureCall | None = None
    hints: tuple[Hint, ...] = ()
    function: GestureFunction | None = None
    schema: ImageSchema | None = None
    hands: Hands | None = None
    license: str | None = None
    source: str | None = None

    def clips(self, gesture: Gesture) -> list[Clip]:
        """The clips of the gesture that may be offered; none that moves hands where the wish asks for none, or the reverse."""
        if self.function not in (None, gesture.function) or (self.schema is not None and self.schema not in gesture.schemas):
            return []
        if self.hands is None and not self.license and not self.source and (self.wish is None or self.wish.hands == Hands.EITHER):
            return list(gesture.clips)
        return [clip for clip in gesture.clips if self._admits(gesture, clip)]

    def _admits(self, gesture: Gesture, clip: Clip) -> bool:
        return (
            self.hands in (None, clip.hands)
            and (self.wish is None or _answers(gesture, clip, self.wish))
            and (self.license or "").lower() in clip.license.lower()
            and (self.source or "").lower() in clip.source.lower()
        )


def _answers(gesture: Gesture, clip: Clip, wish: GestureCall) -> bool:
    """Whether a clip uses hands only where they are asked for, and some where they are; ``either`` leaves that open."""
    if wish.hands == Hands.NONE and clip.hands != Hands.NONE:
        return Articulator.SHOULDERS in gesture.articulators and clip.leaves_hands_hanging
    return wish.hands in (Hands.EITHER, Hands.NONE) or clip.hands != Hands.NONE


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
    pose: Tensor | None = None,
) -> list[Candidate]:
    """The ``k`` best clips for a text or a call, best first, one a gesture; fewer if the filters leave fewer.

    ``context`` is what is being said, ``function``, ``schema`` and ``hands`` are filters that must hold, ``recent`` ids of gestures
    used lately, oldest first, which are tried less. ``pose`` (2, 3) are the present places of the left and right wrist in metres
    (:func:`fit.hand_places`), from which a near gesture is preferred. A call that names its gesture gets the clips of that gesture
    alone; one for no hands gets clips that leave them hanging, one for certain hands clips that use any. Raises ValueError for an
    empty text, k < 1, a pose of another shape, or an unknown gesture.
    """
    text = wish if isinstance(wish, str) else wish.show
    call = None if isinstance(wish, str) else wish
    query = Query(text, context, call, function=function, schema=schema, hands=hands)
    return search_many(library, [query], k, recent=recent, pose=pose)[0]


def search_calls(library: Library, calls: Sequence[GestureCall], contexts: Sequence[str], k: int = 10) -> list[list[Candidate]]:
    """Candidates for each call of a plan in order, with variety: the best of one call is used less readily for the next ones."""
    queries = [Query(call.show, context, call) for call, context in zip(calls, contexts, strict=True)]
    return search_many(library, queries, k, varied=True)


def search_many(
    library: Library,
    queries: Sequence[Query],
    k: int = 10,
    *,
    recent: Sequence[str] = (),
    varied: bool = False,
    pose: Tensor | None = None,
    weights: Weights = Weights(),  # noqa: B008  # frozen
) -> list[list[Candidate]]:
    """:func:`search` for many queries with one pass of the embedder. With ``varied`` the first of each list counts as used."""
    if k < 1:
        raise ValueError(f"expected k of at least 1, got {k}")
    if pose is not None and (pose.shape != (2, 3) or not bool(pose.isfinite().all())):
        raise ValueError(f"expected a pose of finite places (2, 3) of the left and right wrist, got {tuple(pose.shape)}; see hand_places")
    if any(not query.text.strip() for query in queries):
        raise ValueError("expected a text to search for, got an empty one; say in a few words what the gesture should show")
    texts = [q.text for q in queries] + [q.context for q in queries if q.context.strip()]
    vectors = library.embedder.encode(texts).float().cpu()
    contexts = iter(range(len(queries), len(texts)))
    used, found = list(recent), []
    for row, query in enumerate(queries):
        context = next(contexts) if query.context.strip() else None
        rows = [row] if context is None else [row, context]
        found.append(_candidates(library, query, vectors[rows], k, used, pose, weights))
        used += [found[-1][0].gesture.id] if varied and found[-1] else []
    return found


def _candidates(
    library: Library, query: Query, vectors: Tensor, k: int, used: Sequence[str], pose: Tensor | None, weights: Weights
) -> list[Candidate]:
    if query.wish is not None and query.wish.gesture is not None:
        return _named(library, query.wish)[:k]
    weights = weights.of_form() if query.wish is not None and query.wish.hands == Hands.NONE else weights
    block = _block(library, query, vectors, k)
    similar = vectors @ block.vectors.T  # (1 or 2, T)
    shared = library.words.shared(query.text if weights.words else "")
    scores = block.likeness(similar[0], weights)
    if len(vectors) > 1:
        scores = (1 - weights.context) * scores + weights.context * block.likeness(similar[1], weights).clamp(min=0.0)
    scores += weights.words * shared.total[block.gestures] - _wrongness(block, similar[0], weights)
    best = _best(library, query, block, scores, k if pose is None else _POOL * k, used, weights)
    made = [_candidate(library, query, block, similar, shared, *row) for row in best]
    return made if pose is None else _from_here(made, pose, weights)[:k]


def _best(
    library: Library, query: Query, block: TextBlock, scores: Tensor, count: int, used: Sequence[str], weights: Weights
) -> list[tuple[float, int, list[Term]]]:
    """The ``count`` best by ``scores`` (G,) and the terms of their fit: score, place in the block, terms."""
    ranked: list[tuple[float, int, list[Term]]] = []
    lowest: list[float] = []  # of the ``count`` best so far, the lowest first
    order, gain = scores.argsort(descending=True), most_by_fit(query.hints, query.wish, weights)
    for at, score in zip(order.tolist(), scores[order].tolist(), strict=True):
        if len(lowest) == count and score + gain < lowest[0] - _TIED:
            break  # nor can any after it come so far
        gesture = library.gestures[int(block.gestures[at])]
        if query.clips(gesture):
            terms = _fit(gesture, query, used, weights)
            ranked.append((score + sum(bonus for bonus, _ in terms), at, terms))
            (heappush if len(lowest) < count else heappushpop)(lowest, ranked[-1][0])
    # Ties are broken by id, so that the order never depends on the index.
    ranked.sort(key=lambda r: (-round(r[0], 4), library.gestures[int(block.gestures[r[1]])].id))
    return ranked[:count]


def _named(library: Library, wish: GestureCall) -> list[Candidate]:
    gesture = library.gesture(wish.gesture or "")
    asked = gesture.hands if wish.hands == Hands.EITHER else wish.hands
    why = ("asked for by name",)
    clips = [clip for clip in clips_for(gesture, wish) if _answers(gesture, clip, wish)]
    return [Candidate(gesture, clip, 1.0 if clip.hands == asked else _OTHER_HANDS, why) for clip in clips]


def _block(library: Library, query: Query, vectors: Tensor, k: int) -> TextBlock:
    """The texts to compare with: all, or in a large library those of gestures near by, so many that k of them are admitted."""
    if len(library.index) <= _ALL_COMPARED:
        library.index.refuse_other(library.embedder.identity)
        return library.all_texts
    depth = _DEPTH
    while True:
        rows = library.index.nearest(vectors, depth, library.embedder.identity)[1].flatten()
        near = torch.tensor(sorted({library.texts[row].gesture for row in rows.tolist() if row >= 0}))
        if depth >= len(library.index) or sum(bool(query.clips(library.gestures[g])) for g in near.tolist()) >= 2 * k:
            return library.texts_of(near)
        depth *= 4


def _wrongness(block: TextBlock, similar: Tensor, weights: Weights) -> Tensor:
    """What (G,) is taken off gestures whose nearest text is one that their author called wrong."""
    best = block.best(similar)
    nearer = best[TextKind.WRONG] - torch.stack([best[kind] for kind in RIGHT]).amax(0)
    return torch.where(nearer > 0, weights.wrong + nearer, 0.0) if weights.wrong else torch.zeros(len(nearer))


def _fit(gesture: Gesture, query: Query, used: Sequence[str], weights: Weights) -> list[Term]:
    """What the closed vocabularies and the recent past add to the score, with the reason for each."""
    terms = fit_of_hints(gesture, query.hints, weights) + fit_of_variety(gesture, used, weights)
    if query.wish is not None:
        return fit_of_schema(gesture, query.wish.schema_, weights) + fit_of_form(gesture, query.wish, weights) + terms
    if gesture.function == GestureFunction.BEAT:
        terms.append((-weights.beat, "a beat has no meaning of its own"))
    return terms


def _candidate(
    library: Library, query: Query, block: TextBlock, similar: Tensor, shared: Shared, score: float, at: int, terms: list[Term]
) -> Candidate:
    """The clip that fits best, with the texts that were nearest named among its reasons."""
    gesture = library.gestures[int(block.gestures[at])]
    mine = (block.owner == at).nonzero().flatten()
    texts = [library.texts[row] for row in block.rows[mine].tolist()]
    near = [sorted(zip(line, texts, strict=True), key=lambda pair: -pair[0]) for line in similar[:, mine].tolist()]
    right = [next((s, text) for s, text in line if text.kind in RIGHT) for line in near]
    reasons = [f"{right[0][1].kind} '{right[0][1].text}' {right[0][0]:.2f}"]
    reasons += [f"in context '{text.text}' {s:.2f}" for s, text in right[1:]]
    nearest, text = near[0][0]
    reasons += [f"wrong for '{text.text}' {nearest:.2f}"] if text.kind == TextKind.WRONG else []
    words = shared.told(int(block.gestures[at]))[:_TOLD]
    reasons += [f"shares {', '.join(words)}"] if words else []
    clip = _best_first(query.clips(gesture), gesture, query.wish, query.hands)[0]
    return Candidate(gesture, clip, round(score, 4), (*reasons, *(reason for _, reason in terms)))


def _from_here(candidates: Sequence[Candidate], pose: Tensor, weights: Weights) -> list[Candidate]:
    """Candidates with the cost of the way that the hands must go, best first."""
    costed = [
        replace(c, score=round(c.score - weights.transition * way, 4), reasons=(*c.reasons, f"begins {way:.2f} m from the hands"))
        for c, way in zip(candidates, ways([c.clip for c in candidates], pose), strict=True)
    ]
    return sorted(costed, key=lambda c: (-c.score, c.gesture.id))


def clips_for(gesture: Gesture, wish: GestureCall | None, hands: Hands | None = None) -> list[Clip]:
    """The gesture's clips, the one that fits hands and intensity best first (:func:`fit.size_asked`)."""
    if not gesture.clips:
        raise ValueError(f"gesture {gesture.id!r} has no clips; compile it before it is searched")
    return _best_first(gesture.clips, gesture, wish, hands)


def _best_first(clips: Sequence[Clip], gesture: Gesture, wish: GestureCall | None, hands: Hands | None) -> list[Clip]:
    asked = hands or (wish.hands if wish is not None and wish.hands != Hands.EITHER else gesture.hands)
    order = {asked: 0, gesture.hands: 1, Hands.RIGHT: 2}
    return sorted(clips, key=lambda clip: (order.get(clip.hands, 3), abs(clip.amplitude - size_asked(wish)), clip.id))
