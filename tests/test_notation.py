"""The gesture notation: what it reads, and that every fault is one line with file, line, key, what came and what is allowed."""
from pathlib import Path

import pytest

from chironomia.motion_library.culture import AREAS, CultureKind
from chironomia.motion_library.notation import NotationError, load_folder, load_notation, parse_notation
from chironomia.motion_library.notation_model import KINDS, Elbow, GestureNotation, HandForm, HandPoint, Rock, Stop
from chironomia.motion_library.vocabulary import Articulator, Formality, Hands, ImageSchema

GOOD = """\
id: test-gesture
description: A hand goes down.
function: METAPHORIC
schemas: [DOWN]
meanings: [going down, sinking, a lower level, decline]
fits: ["It sank.", "Prices fell.", "Down it went."]
wrong: ["It rose."]
hands: right
form:
  right: {shape: flat, palm: down, fingers: forward, at: center chest mid}
  stroke:
    - {move: down 0.2 out 0.1, stop: firm}
"""


def _faults(text: str) -> list[str]:
    with pytest.raises(NotationError) as caught:
        parse_notation(text, "g.yaml")
    return str(caught.value).splitlines()


def test_a_gesture_is_read_with_its_defaults() -> None:
    notation = parse_notation(GOOD)
    assert notation.schemas == (ImageSchema("DOWN"),)
    assert notation.form is not None
    movement = notation.form.stroke[0]
    assert movement.kind == "move"
    assert movement.stop is Stop.FIRM
    assert movement.move is not None
    assert movement.move.for_hand(True) == pytest.approx((0.1, -0.2, 0.0))
    assert notation.form.right.point is HandPoint.PALM
    assert notation.sizes == (0.7, 1.0, 1.3)


def test_formality_and_culture_are_read_and_the_parts_of_the_body_follow_from_the_form() -> None:
    notation = parse_notation(GOOD + "formality: informal\nculture: [{where: [NO, balkans], offends: rude}]\nbody: {gaze: hands}\n")
    assert notation.formality is Formality.INFORMAL
    assert [(note.where, note.kind, note.text) for note in notation.culture] == [(("NO", "balkans"), CultureKind.OFFENDS, "rude")]
    assert notation.articulators == (Articulator.HANDS, Articulator.GAZE)
    assert parse_notation(GOOD).articulators == (Articulator.HANDS,)
    assert (parse_notation(GOOD).formality, parse_notation(GOOD).culture) == (Formality.ANY, ())


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "says"),
    [
        ("hands: right", "formality: casual\nhands: right", 8, "formality", "any, informal or formal, got 'casual'"),
        ("hands: right", "culture: [{where: [UK], offends: rude}]\nhands: right", 8, "culture", "got ['UK']; allowed areas: north-america"),
        ("shape: flat", "shape: blob", 10, "form.right.shape", "got 'blob'; allowed: relaxed"),
        ("palm: down", "palm: sideways", 10, "form.right.palm", "got 'sideways'; allowed: out, in, up, down"),
        ("at: center chest mid", "at: center chest", 10, "form.right.at", "allowed: across|center-center|center"),
        ("at: center chest mid", "at: [0.2, 9, 0.3]", 10, "form.right.at", "got [0.2, 9, 0.3]"),
        ("fingers: forward", "fingers: up", 10, "form.right", "palm direction across the finger direction"),
        ("move: down 0.2 out 0.1", "move: down much", 12, "form.stroke.0.move", "expected metres after 'down', got 'much'"),
        ("move: down 0.2 out 0.1", "move: down 3", 12, "form.stroke.0.move", "at most 0.8"),
        ("stop: firm", "stop: hard", 12, "form.stroke.0.stop", "firm or soft, got 'hard'"),
        ("stop: firm", "stopp: firm", 12, "form.stroke.0.stopp", "allowed: move, to, arc"),
        ("stop: firm", "turns: 2", 12, "form.stroke.0", "turns belongs to circle, spiral"),
        ("stop: firm", "tap: down 0.1", 12, "form.stroke.0", "one kind of movement an entry, got move and tap"),
        ("{move: down 0.2 out 0.1, stop: firm}", "{stop: firm}", 12, "form.stroke.0", "allowed: move, to, arc"),
        ("{move: down 0.2 out 0.1, stop: firm}", "{rock: sideways 90}", 12, "form.stroke.0.rock", "degrees up to 45"),
        ("{move: down 0.2 out 0.1, stop: firm}", "{circle: up down}", 12, "form.stroke.0.circle", "differ by about a right angle"),
        ("at: center chest mid", "at: other-palm", 10, "form.right.at", "go there by to: other-palm"),
        ("move: down 0.2 out 0.1", "to: other-palm", 1, "gesture", "expected hands: both where a hand goes to the other one"),
        ("schemas: [DOWN]", "schemas: [SIDEWAYS]", 4, "schemas.0", "UP, DOWN"),
        ("function: METAPHORIC", "function: JOKE", 3, "function", "got 'JOKE'"),
        ("meanings: [going down, sinking, a lower level, decline]", "meanings: [down]", 5, "meanings", "at least 4"),
        ("hands: right", "hands: left", 8, "hands", "allowed: both, right"),
        ("wrong: [\"It rose.\"]\n", "", 1, "wrong", "is missing"),
        ("form:\n", "body: {head: bow}\nform:\n", 9, "body.head", "allowed: nod, nod twice, nods"),
        ("form:\n", "body: {torso: lean 5}\nform:\n", 9, "body.torso", "allowed: lean left|right|in|out|forward|back"),
        ("form:\n", "body: {gaze: sky}\nform:\n", 9, "body.gaze", "allowed: hands, listener"),
        ("form:\n", "sizes: [1.0, 0.5]\nform:\n", 1, "gesture", "sizes that increase"),
    ],
)
def test_a_fault_is_one_line_that_says_where_what_and_what_is_allowed(old: str, new: str, line: int, key: str, says: str) -> None:
    assert old in GOOD
    faults = _faults(GOOD.replace(old, new))
    assert len(faults) == 1, faults
    assert faults[0].startswith(f"g.yaml:{line}: {key}: "), faults[0]
    assert says in faults[0], faults[0]


def test_yes_and_no_are_words_and_only_true_and_false_are_not() -> None:
    text = GOOD.replace("going down, sinking", "yes, no, on, Off, true to life, sinking")
    notation = parse_notation(text.replace("stop: firm", "accent: true"))
    assert notation.meanings[:5] == ("yes", "no", "on", "Off", "true to life")
    assert notation.form is not None
    assert notation.form.stroke[0].accent is True
    assert "got True" in _faults(GOOD.replace("going down, sinking", "true, sinking"))[0]


def test_several_faults_are_several_lines() -> None:
    faults = _faults(GOOD.replace("shape: flat", "shape: blob").replace("stop: firm", "stop: hard"))
    assert [fault.split(":")[1] for fault in faults] == ["10", "12"]


@pytest.mark.parametrize("text", ["", "- a list", "id: [unclosed", "id: x\nid: y", "id: \x00"])
def test_what_is_not_a_gesture_is_refused_in_one_line(text: str) -> None:
    assert len(_faults(text)) == 1


def test_hands_that_are_used_need_a_form_and_none_needs_a_body() -> None:
    head = GOOD.split("form:", maxsplit=1)[0]
    assert "expected a form" in _faults(head)[0]
    assert "nothing that moves" in _faults(head.replace("hands: right", "hands: none"))[0]
    nod = parse_notation(head.replace("hands: right", "hands: none") + "body: {head: nod}\n")
    assert nod.variants() == (Hands.NONE,)


def test_variants_follow_the_hands_the_relation_and_the_author() -> None:
    def variants(hands: str, extra: str = "") -> tuple[Hands, ...]:
        return parse_notation(GOOD.replace("hands: right", f"hands: {hands}").replace("  stroke:", f"{extra}  stroke:")).variants()

    right, left, both = Hands.RIGHT, Hands.LEFT, Hands.BOTH
    assert variants("right") == (right, left)
    assert variants("both") == (both, right, left)
    assert variants("both", "  relation: alternate\n") == (both,)
    assert variants("both\nalso: []") == (both,)
    meeting = GOOD.replace("hands: right", "hands: both").replace("move: down 0.2 out 0.1", "to: other-palm")
    assert parse_notation(meeting).variants() == (both,)
    assert variants("right\nalso: [left, both]") == (right, left, both)


def test_a_mirrored_hand_reads_in_and_out_as_its_own_and_left_as_the_rooms() -> None:
    movement = parse_notation(GOOD.replace("down 0.2 out 0.1", "left 0.1")).form.stroke[0]  # type: ignore[union-attr]
    assert movement.move is not None
    assert movement.move.for_hand(left_hand=True)[0] == pytest.approx(0.1)
    assert movement.move.for_hand(left_hand=False)[0] == pytest.approx(-0.1)


def test_rocking_is_a_way_and_degrees() -> None:
    movement = parse_notation(GOOD.replace("{move: down 0.2 out 0.1, stop: firm}", "{rock: twist 20, repeat: 2}")).form.stroke[0]  # type: ignore[union-attr]
    assert movement.rock == (Rock.TWIST, 20.0)


def test_a_file_must_be_named_after_its_gesture(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(NotationError, match="expected 'other', the file's name, got 'test-gesture'"):
        load_notation(tmp_path / "other.yaml")


def test_a_folder_reports_the_faults_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("shape: flat", "shape: blob"), encoding="utf-8")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotationError) as caught:
        load_folder(tmp_path)
    assert len(str(caught.value).splitlines()) == 2
    with pytest.raises(NotationError, match="found none"):
        load_folder(tmp_path / "nowhere")


def test_the_reference_names_every_allowed_value() -> None:
    from chironomia.motion_library import gesture_space as space
    from chironomia.motion_library.handshapes import HANDSHAPES

    text = (Path(__file__).parents[1] / "docs" / "notation.md").read_text(encoding="utf-8")
    names = [*HANDSHAPES, *space.SECTORS, *space.HEIGHTS, *space.DISTANCES, *space.LANDMARKS, *space.DIRECTIONS, *KINDS, *ImageSchema]
    names += [*HandForm.model_fields, *Elbow, *GestureNotation.model_fields, *space.OTHER_HAND, *AREAS, *Formality, *Articulator]
    assert [name for name in names if name not in text] == []
    for block in text.split("```yaml\n")[3:]:  # the first two are extracts
        parse_notation(block.split("```")[0])
