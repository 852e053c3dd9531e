"""What imported clips become: gestures, with the hands, sync points, function and schemas that nobody told found where they can be."""
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.clip_metadata import POINTS, ClipMetadata
from chironomia.motion_library.index import TextKind, texts_of
from chironomia.motion_library.library import Library
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.phases import segment
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import Articulator, BodyPart, Formality, GestureFunction, Hands, ImageSchema

_MOVES_M = 0.06  # a wrist that goes less far from where it began, seen from the chest, only sways along
_SHARE = 0.35  # of the other wrist's way: a hand that goes less far takes no part
_ALIKE = 0.5  # cosine: below it the nearest gesture of one-word labels was mostly a chance neighbour
_ARMS = {Hands.LEFT: {BodyPart.LEFT_ARM}, Hands.RIGHT: {BodyPart.RIGHT_ARM}, Hands.BOTH: {BodyPart.LEFT_ARM, BodyPart.RIGHT_ARM}}
_OTHER = {Hands.LEFT: Hands.RIGHT, Hands.RIGHT: Hands.LEFT}
_SIDED = {ImageSchema["LEFT"], ImageSchema["RIGHT"]}


def gestures_of(lines: Sequence[ClipMetadata], motions: Sequence[Motion], reference: Callable[[], Library] | None) -> list[Gesture]:
    """The gestures that lines and their motions make, in the order of their first lines.

    ``reference`` is called when function or schemas are missing. Raises ValueError for sync points outside their clip.
    """
    grouped: dict[str, list[tuple[ClipMetadata, Motion]]] = {}
    for line, motion in zip(lines, motions, strict=True):
        grouped.setdefault(line.gesture, []).append((line, motion))
    gestures = [_described(id, [line for line, _ in of]) for id, of in grouped.items()]
    lacking = [g.id for g in gestures if _said(grouped[g.id], "function") is None or _said(grouped[g.id], "schemas") is None]
    if lacking:
        alike = _nearest([g for g in gestures if g.id in lacking], reference() if reference else None)
        gestures = [_inferred(g, grouped[g.id], *alike[g.id]) if g.id in lacking else g for g in gestures]
    return [_with_clips(gesture, grouped[gesture.id]) for gesture in gestures]


def inferred_keys(line: ClipMetadata, lines: Sequence[ClipMetadata]) -> tuple[str, ...]:
    """What a clip's line, and for its gesture no line of ``lines``, says, so that it was found: hands, sync, function, schemas."""
    own = [key for key, said in (("hands", line.hands is not None), ("sync", set(POINTS) <= set(line.sync))) if not said]
    of = [other for other in lines if other.gesture == line.gesture]
    return (*own, *(key for key in ("function", "schemas") if all(getattr(other, key) is None for other in of)))


def hands_of(motion: Motion) -> Hands:
    """Which hands take part: whose wrist goes some way from where it began, seen from the chest, and not far less than the other."""
    positions, world = skeleton.forward_kinematics(motion.rotations, motion.translation)
    chest = skeleton.INDEX["spine3"]
    wrists = positions[:, [skeleton.INDEX["left_wrist"], skeleton.INDEX["right_wrist"]]] - positions[:, chest, None]
    seen = rotations.rotate(rotations.inverse(world[:, chest, None]), wrists)
    left, right = (seen - seen[:1]).norm(dim=-1).amax(0).tolist()
    if max(left, right) < _MOVES_M:
        return Hands.NONE
    if min(left, right) >= _SHARE * max(left, right):
        return Hands.BOTH
    return Hands.LEFT if left > right else Hands.RIGHT


def sync_of(motion: Motion, given: dict[str, float]) -> SyncPoints:
    """The seven points: those given as they are, the others by phase segmentation, moved between their given neighbours."""
    if given and max(given.values()) > motion.duration_s + 1.0 / motion.fps:
        raise ValueError(f"expected sync points within the clip's {motion.duration_s:.2f} s, got {given}")
    times = dict(zip(POINTS, segment(motion).times(), strict=True)) | given
    for i, point in enumerate(POINTS):
        if point not in given:
            before = [times[p] for p in POINTS[:i]]
            after = [given[p] for p in POINTS[i:] if p in given]
            times[point] = min([max([times[point], *before]), *after])
    return SyncPoints(**times)


def _said(of: Sequence[tuple[ClipMetadata, Motion]], key: str) -> object | None:
    return next((value for line, _ in of if (value := getattr(line, key)) is not None), None)


def _described(id: str, lines: Sequence[ClipMetadata]) -> Gesture:
    """The gesture without clips; what its lines say of meanings and examples is put together."""
    def all_of(key: str) -> tuple[str, ...]:
        said = list(dict.fromkeys(getattr(line, key) for line in lines))  # the lines of an export all say the same
        return said[0] if len(said) == 1 else tuple(dict.fromkeys(text for texts in said for text in texts))

    labels = tuple(dict.fromkeys(line.label for line in lines if line.label))
    description = next((line.description for line in lines if line.description), None) or (labels[0] if labels else id.replace("-", " "))
    function = next((line.function for line in lines if line.function), GestureFunction.METAPHORIC)
    schemas = next((line.schemas for line in lines if line.schemas is not None), ())
    notes = " ".join(dict.fromkeys(line.notes for line in lines if line.notes))
    meanings = all_of("meanings") or tuple(label for label in labels if label != description)
    formality = next((line.formality for line in lines if line.formality is not None), Formality.ANY)
    culture = next((line.culture for line in lines if line.culture is not None), ())
    return Gesture(
        id, description, meanings, all_of("examples"), all_of("wrong"), function, schemas, Hands.BOTH, notes, formality=formality,
        culture=culture,
    )  # fmt: skip


def _inferred(gesture: Gesture, of: Sequence[tuple[ClipMetadata, Motion]], like: Gesture | None, similarity: float) -> Gesture:
    """With function and schemas, as far as no line says them, of the gesture whose texts are most like this one's; notes say so."""
    changes = {key: getattr(like, key) for key in ("function", "schemas") if _said(of, key) is None and like is not None}
    if like is None:
        lacking = ["function assumed"] * (_said(of, "function") is None) + ["schemas unknown"] * (_said(of, "schemas") is None)
        note = f"Not inferred: no gesture with like texts was found ({', '.join(lacking)})."
    else:
        words = {"function": gesture.function, "schemas": ()} | changes
        said = [f"function {words['function']}"] * ("function" in changes)
        said += [f"schemas {', '.join(words['schemas']) or 'none'}"] * ("schemas" in changes)
        note = f"Inferred from the text: {' and '.join(said)}, as of {like.id} (similarity {similarity:.2f})."
    return replace(gesture, notes=f"{gesture.notes} {note}".strip(), **changes)


def _nearest(gestures: Sequence[Gesture], known: Library | None) -> dict[str, tuple[Gesture | None, float]]:
    """For each gesture, by id, the known one with the most similar text and how similar, or None and 0 where none is alike."""
    if known is None:
        return {gesture.id: (None, 0.0) for gesture in gestures}
    texts = [text for text in texts_of(gestures) if text.kind is not TextKind.WRONG]
    found = known.index.search(known.embedder.encode([text.text for text in texts]), 20, known.embedder.identity)
    out: dict[str, tuple[Gesture | None, float]] = {gesture.id: (None, 0.0) for gesture in gestures}
    for text, hits in zip(texts, found, strict=True):
        best = next((hit for hit in hits if known.texts[hit.row].kind is not TextKind.WRONG), None)
        if best and best.similarity >= _ALIKE and best.similarity > out[gestures[text.gesture].id][1]:
            out[gestures[text.gesture].id] = known.gestures[known.texts[best.row].gesture], best.similarity
    return out


def _with_clips(gesture: Gesture, of: Sequence[tuple[ClipMetadata, Motion]]) -> Gesture:
    clips: list[Clip] = []
    own: Counter[Hands] = Counter()
    for line, motion in of:
        clip = _clip(line, motion)
        own[clip.hands] += 1
        clips.append(clip)
        # To the left is not to the right: what means a side is not mirrored.
        if line.mirror and clip.hands in _OTHER and not _SIDED & set(gesture.schemas):
            clips.append(_mirrored(clip))
    hands = next((line.gesture_hands for line, _ in of if line.gesture_hands), own.most_common(1)[0][0])
    articulators = next((line.articulators for line, _ in of if line.articulators is not None), None)
    return replace(gesture, hands=hands, clips=tuple(clips), articulators=_articulators(clips) if articulators is None else articulators)


def _articulators(clips: Sequence[Clip]) -> tuple[Articulator, ...]:
    """The parts that clips speak for, as far as their masks tell: not whether the eyes or shoulders take part."""
    masks = frozenset[BodyPart]().union(*(clip.mask for clip in clips))
    parts = {Articulator.HANDS: any(c.hands is not Hands.NONE for c in clips), Articulator.HEAD: BodyPart.HEAD in masks}
    return tuple(part for part, moving in {**parts, Articulator.TORSO: BodyPart.TORSO in masks}.items() if moving)


def _clip(line: ClipMetadata, motion: Motion) -> Clip:
    hands = line.hands or hands_of(motion)
    mask = frozenset(line.mask if line.mask is not None else _ARMS.get(hands, {BodyPart.HEAD, BodyPart.TORSO}))
    try:
        cut_s = line.cut[0] if line.cut else 0.0
        if early := [point for point, time in line.sync.items() if time < cut_s]:
            raise ValueError(f"expected sync points in seconds of the file, within its cut, got {', '.join(early)} before it")
        sync = sync_of(motion, {point: time - cut_s for point, time in line.sync.items()})
    except ValueError as error:
        raise ValueError(f"{line.file}: {error}") from error
    return Clip(line.clip_id, line.gesture, motion, sync, hands, line.amplitude, mask, line.source or line.file, line.license)


def _mirrored(clip: Clip) -> Clip:
    other = {BodyPart.LEFT_ARM: BodyPart.RIGHT_ARM, BodyPart.RIGHT_ARM: BodyPart.LEFT_ARM}
    mask = frozenset(other.get(part, part) for part in clip.mask)
    return replace(clip, id=f"{clip.id}.mirrored", motion=clip.motion.mirrored(), hands=_OTHER[clip.hands], mask=mask)
