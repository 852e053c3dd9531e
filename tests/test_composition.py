"""Two calls at once on different parts of the body, performed with the bundled gestures."""
import pytest
import torch

from chironomia.agent.pipeline import Performance, open_library, perform
from chironomia.agent.plan import Plan
from chironomia.evals import motion_quality
from chironomia.generators.render import render
from chironomia.generators.score import Placement
from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.library import Library
from chironomia.motion_library.retrieve import search
from chironomia.motion_library.vocabulary import BodyPart, GestureFunction, Hands, ImageSchema

HEAD = [skeleton.INDEX["neck"], skeleton.INDEX["head"]]
ARMS = [j for j, name in enumerate(skeleton.JOINT_NAMES) if any(n in name for n in ("collar", "shoulder", "elbow", "wrist"))]
LEFT_WRIST, CHEST = skeleton.INDEX["left_wrist"], skeleton.INDEX["spine3"]


def _call(
    words: tuple[int, int], anchor: int, function: GestureFunction, show: str, hands: Hands, schema: ImageSchema | None = None
) -> GestureCall:
    return GestureCall(words=words, anchor=anchor, function=function, show=show, hands=hands, schema=schema, confidence=0.9)


SHAKE = _call((3, 5), 4, GestureFunction.REGULATOR, "the head shakes no", Hands.NONE)
PALMS = _call((3, 7), 4, GestureFunction.METAPHORIC, "both open palms show that there is nothing", Hands.BOTH, ImageSchema.EMPTY)
HOLD = _call((1, 13), 2, GestureFunction.METAPHORIC, "the hand holds a container", Hands.LEFT, ImageSchema.CONTAINER)
POINT = _call((7, 11), 10, GestureFunction.DEICTIC, "pointing away to something over there", Hands.RIGHT, ImageSchema.FAR)
NOD = _call((3, 4), 3, GestureFunction.REGULATOR, "the head nods yes", Hands.NONE)
HUGE = _call((3, 6), 4, GestureFunction.ICONIC, "something huge, very big", Hands.BOTH, ImageSchema.BIG)

NOTHING = "Honestly, we have absolutely nothing to hide from you."
BOX = "We keep everything in this box, and that one over there is empty for now."
GROWN = "Yes, it has certainly grown enormous since last year."


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def _performed(text: str, calls: tuple[GestureCall, ...], library: Library) -> Performance:
    return perform(text, library=library, seed=3, plan=Plan(planner="script", text=text, calls=calls))


def _both(made: Performance) -> tuple[Placement, Placement]:
    assert made.plan is not None
    first, second = (o.placement for o in made.outcomes[:2])
    assert first is not None, made.outcomes[0].why
    assert second is not None, made.outcomes[1].why
    return first, second


def _head_turns_deg(made: Performance, library: Library, placement: Placement) -> torch.Tensor:
    """Pitch and yaw (F, 2) of the head during a placement's stroke."""
    frames = slice(round(placement.sync.stroke_start * 30), round(placement.sync.stroke_end * 30))
    return torch.rad2deg(skeleton.swing_twist_angles(made.motion.rotations[frames])[:, HEAD].sum(1))[:, :2]


@pytest.mark.parametrize(("text", "calls"), [(NOTHING, (SHAKE, PALMS)), (BOX, (HOLD, POINT)), (GROWN, (NOD, HUGE))])
def test_both_of_a_pair_are_placed_shown_and_smooth(text: str, calls: tuple[GestureCall, GestureCall], library: Library) -> None:
    made = _performed(text, calls, library)
    first, second = _both(made)
    assert first.sync.end > second.sync.start
    assert first.sync.stroke <= second.sync.stroke
    assert [s.gesture for s in made.shown if s.satisfied is False] == []
    quality = motion_quality.measure(made.motion)
    assert quality.limit_excess_deg == 0.0
    assert quality.acceleration["arms"][2] < 150.0
    assert quality.penetrating_share <= 0.01


def test_the_head_shakes_as_far_while_the_palms_open_as_it_does_alone(library: Library) -> None:
    made, alone = _performed(NOTHING, (SHAKE, PALMS), library), _performed(NOTHING, (SHAKE,), library)
    shaking, palms = _both(made)
    assert shaking.gesture == "shake-no"
    assert BodyPart.HEAD not in palms.mask
    yaw = _head_turns_deg(made, library, shaking)[:, 1]
    assert float(yaw.max()) > 10.0 > -10.0 > float(yaw.min())
    placed = alone.outcomes[0].placement
    assert placed is not None
    assert torch.allclose(yaw, _head_turns_deg(alone, library, placed)[:, 1], atol=1.0)


def test_a_nod_goes_with_what_the_hands_show(library: Library) -> None:
    made = _performed(GROWN, (NOD, HUGE), library)
    nodding, _ = _both(made)
    assert nodding.gesture.startswith("nod")
    pitch = _head_turns_deg(made, library, nodding)[:, 0]
    assert float(pitch.max() - pitch.min()) > 8.0


def test_one_hand_stays_while_the_other_points(library: Library) -> None:
    made = _performed(BOX, (HOLD, POINT), library)
    holding, pointing = _both(made)
    assert (holding.hands, pointing.hands) == (Hands.LEFT, Hands.RIGHT)
    assert holding.sync.stroke_end < pointing.sync.start < pointing.sync.stroke_end <= holding.sync.relax
    frames = slice(round(pointing.sync.start * 30), round(pointing.sync.stroke_end * 30))
    places, world = made.motion.positions()[frames], skeleton.forward_kinematics(made.motion.rotations[frames], torch.zeros(1, 3))[1]
    held = rotations.rotate(rotations.inverse(world[:, CHEST]), places[:, LEFT_WRIST] - places[:, CHEST])
    assert float((held - held[:1]).norm(dim=-1).max()) < 0.05


def test_a_call_that_may_have_either_hand_takes_the_one_that_is_free(library: Library) -> None:
    either = HOLD.model_copy(update={"hands": Hands.EITHER})
    holding, pointing = _both(_performed(BOX, (either, POINT), library))
    assert (holding.hands, pointing.hands) == (Hands.LEFT, Hands.RIGHT)


def test_no_beat_falls_on_words_that_two_hands_share(library: Library) -> None:
    made = _performed(BOX, (HOLD, POINT), library)
    beats = [p for p in made.score.placements if p.call.function == GestureFunction.BEAT]
    assert not [p for p in beats if p.call.anchor in range(*HOLD.words)]


def test_a_head_call_alone_does_not_move_the_arms(library: Library) -> None:
    score = _performed(NOTHING, (SHAKE,), library).score
    of_head = tuple(p for p in score.placements if p.hands == Hands.NONE)
    assert of_head
    nodding, still = (render(score.model_copy(update={"placements": these}), library).rotations for these in (of_head, ()))
    assert float((nodding[:, ARMS] - still[:, ARMS]).abs().max()) < 1e-5
    assert float((nodding[:, HEAD] - still[:, HEAD]).abs().max()) > 0.05


def test_a_hand_at_the_face_and_a_head_that_shakes_are_not_made_together(library: Library) -> None:
    face = GestureCall(
        words=(4, 5), anchor=4, function=GestureFunction.EMBLEM, show="the hand goes to the face", gesture="facepalm", confidence=1.0
    )
    made = _performed(NOTHING, (SHAKE, face), library)
    assert [o.placement and o.placement.gesture for o in made.outcomes[:2]] == [None, "facepalm"]
    assert "a hand is at the head" in made.outcomes[0].why


def test_who_asks_for_no_hands_gets_none_and_who_asks_for_hands_gets_some(library: Library) -> None:
    for show in ("the head shakes no", "the head nods", "something falls", "pointing to the left"):
        for hands in (Hands.NONE, Hands.LEFT, Hands.BOTH):
            found = search(library, _call((0, 1), 0, GestureFunction.REGULATOR, show, hands), 10)
            assert len(found) == 10
            assert all(c.clip.leaves_hands_hanging if hands == Hands.NONE else c.clip.hands != Hands.NONE for c in found)


@pytest.mark.parametrize(
    ("show", "said", "gesture"),
    [
        ("the head shakes no", "absolutely nothing", "shake-no"), ("shaking the head", "that is not true", "shake"),
        ("the head nods yes", "it has certainly", "nod"), ("a nod of agreement", "that is right", "nod"),
        ("the head tilts in doubt", "maybe", "tilt-doubt"), ("eyes look up while thinking", "let me see", "look-up-think"),
        ("the shoulders shrug, I do not know", "I do not know", "shrug-shoulders"),
    ],
)  # fmt: skip
def test_what_the_head_does_is_found_by_how_it_moves(show: str, said: str, gesture: str, library: Library) -> None:
    call = _call((0, 1), 0, GestureFunction.EMBLEM if "shoulders" in show else GestureFunction.REGULATOR, show, Hands.NONE)
    assert search(library, call, 1, context=said)[0].gesture.id.startswith(gesture)
