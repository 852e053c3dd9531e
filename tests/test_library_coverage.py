"""What the bundled library holds: enough of every kind, every image schema with either hand and both, every text that search needs."""
from collections import defaultdict

import pytest

from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.notation import load_folder
from chironomia.motion_library.notation_model import GestureNotation
from chironomia.motion_library.vocabulary import Articulator, GestureFunction, Hands, ImageSchema

LIBRARY = load_folder(bundled_gestures())
BY_ID = {notation.id: notation for notation in LIBRARY}
ONE_HAND = {Hands.LEFT, Hands.RIGHT}
# What cannot be shown with these hands, and why.
EXCEPTIONS = {
    "BALANCE": (ONE_HAND, "a level is of two sides: one hand has nothing to be level with"),
    "PART": (ONE_HAND, "the other hand is the whole that a part is of"),
    "MATCHING": (ONE_HAND, "one thing matches another"),
    "SUPERIMPOSITION": (ONE_HAND, "a layer lies on a layer"),
}
DEICTICS = {
    "self": "point-self point-self-both thumb-self", "you": "point-you point-you-index all-of-you", "we": "include-us all-around",
    "here": "point-here here-and-now", "there": "point-there over-there-far", "this or that": "this-thing this-and-that point-at",
    "left": "point-left turn-to-left", "right": "point-right turn-to-right", "up": "point-up look-up-there", "down": "point-down",
    "behind": "thumb-behind", "near": "this-thing near-close", "far": "over-there-far far-off horizon", "past": "past-behind thumb-behind",
    "future": "point-ahead path-forward", "a given target": "point-at",
}  # fmt: skip
POSTURES = (
    "chest-out slump sway-aside lean-in lean-back taken-aback turn-to-left turn-to-right bow-polite flinch arms-crossed hands-on-hips "
    "hand-on-hip hands-behind-back hands-clasped-front"
).split()
LISTENING_AND_TURNS = (
    "nod-backchannel nod-eager nod-grave nod-yes shake-no tilt-listen tilt-doubt lean-in lean-back taken-aback give-turn take-turn "
    "hold-floor go-on-roll after-you look-up-think look-aside-recall hand-to-ear"
).split()


def of(*functions: str) -> list[GestureNotation]:
    return [notation for notation in LIBRARY if notation.function in functions]


def without_hands(part: Articulator) -> list[GestureNotation]:
    return [notation for notation in LIBRARY if notation.hands is Hands.NONE and part in notation.articulators]


def test_there_are_240_gestures_and_700_clips() -> None:
    assert len(LIBRARY) >= 240
    assert sum(len(notation.variants()) * len(notation.sizes) for notation in LIBRARY) >= 700


@pytest.mark.parametrize(
    ("functions", "least"),
    [("EMBLEM", 50), ("DEICTIC", 24), ("ICONIC", 60), ("METAPHORIC REGULATOR", 60), ("BEAT", 12), ("ADAPTOR", 8)],
)
def test_there_are_enough_of_each_function(functions: str, least: int) -> None:
    assert len(of(*functions.split())) >= least


def test_beats_come_small_medium_and_large() -> None:
    assert len([beat for beat in of("BEAT") if len(beat.sizes) == 3]) >= 12


def test_there_are_16_head_gestures_and_besides_them_12_postures_and_shifts() -> None:
    heads = {notation.id for notation in without_hands(Articulator.HEAD)} - set(POSTURES)
    assert len(heads) >= 16
    assert len(POSTURES) >= 12
    for id in POSTURES:
        assert BY_ID[id].hands is not Hands.NONE or Articulator.TORSO in BY_ID[id].articulators, id


def test_listeners_and_turns_have_ten_signals_of_their_own() -> None:
    assert set(LISTENING_AND_TURNS) <= set(BY_ID)
    assert len(LISTENING_AND_TURNS) >= 10


@pytest.mark.parametrize("kind", DEICTICS)
def test_every_kind_of_pointing_is_there(kind: str) -> None:
    assert [id for id in DEICTICS[kind].split() if id not in BY_ID] == []


@pytest.mark.parametrize("schema", ImageSchema)
def test_a_schema_is_shown_with_the_left_hand_the_right_and_both(schema: ImageSchema) -> None:
    shown = {hands for notation in LIBRARY if schema in notation.schemas for hands in notation.variants()}
    missing = {Hands.LEFT, Hands.RIGHT, Hands.BOTH} - shown
    assert missing == EXCEPTIONS.get(schema.value, (set(), ""))[0]


@pytest.mark.parametrize("schema", ImageSchema)
def test_a_schema_is_shown_in_two_distinct_ways(schema: ImageSchema) -> None:
    """Distinct: the handshape, where the palm faces, or the kinds of movement differ, not places and sizes alone."""
    ways: dict[object, list[str]] = defaultdict(list)
    for notation in LIBRARY:
        if schema in notation.schemas:
            ways[way(notation)].append(notation.id)
    assert len(ways) >= 2, dict(ways)


def way(notation: GestureNotation) -> object:
    if notation.form is None:
        return notation.body
    hands = (notation.form.right, notation.form.left)
    held = tuple(hand and (hand.shape, hand.palm) for hand in hands)
    return notation.hands, held, tuple((m.kind, m.hand, m.shape) for m in notation.form.stroke)


def test_no_two_gestures_have_the_same_form() -> None:
    forms: dict[object, list[str]] = defaultdict(list)
    for notation in LIBRARY:
        forms[notation.hands, notation.form, notation.body if notation.form is None else None].append(notation.id)
    assert [ids for ids in forms.values() if len(ids) > 1] == []


def test_every_gesture_is_described() -> None:
    for notation in LIBRARY:
        assert len(notation.description.split()) >= 5, notation.id
        assert len(set(notation.meanings)) == len(notation.meanings) >= 4, notation.id
        assert len(set(notation.fits)) == len(notation.fits) >= 3, notation.id
        assert not set(notation.fits) & set(notation.wrong), notation.id
        assert notation.articulators, notation.id


def test_every_emblem_says_what_to_be_careful_with() -> None:
    assert [emblem.id for emblem in of(GestureFunction.EMBLEM) if not emblem.notes and not emblem.culture] == []


def test_no_text_belongs_to_two_gestures() -> None:
    owners: dict[str, list[str]] = defaultdict(list)
    for notation in LIBRARY:
        for text in {*notation.meanings, *notation.fits}:
            owners[text.lower()].append(notation.id)
    assert {text: ids for text, ids in owners.items() if len(ids) > 1} == {}


def test_what_offends_people_in_some_country_says_so() -> None:
    offensive = {"thumb-up": "IR", "ok-ring": "BR", "horns-rock": "IT", "fingers-crossed": "VN", "come-here": "PH", "stop-palm": "GR"}
    for id, country in offensive.items():
        notes = [note for note in BY_ID[id].culture if note.kind == "offends" and note.holds_in(country)]
        assert notes, id
