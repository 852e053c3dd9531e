from chironomia.generators.score import Placement, ScoreSync
from chironomia.generators.takes import STAY_UP_S, takes_of
from chironomia.motion_library import rotations
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import BodyPart, GestureFunction, Hands

SYNC = SyncPoints(0.0, 0.5, 0.5, 0.8, 0.9, 1.5, 2.3)
LEFT, RIGHT = BodyPart.LEFT_ARM, BodyPart.RIGHT_ARM


def _clip(*mask: BodyPart) -> Clip:
    motion = Motion(rotations.identity(70, 55), rotations.identity(70)[:, :3])
    return Clip("+".join(sorted(mask)), "g", motion, SYNC, Hands.BOTH, 1.0, frozenset(mask), "", "")


BOTH, ONE = _clip(LEFT, RIGHT), _clip(RIGHT)
CLIPS = {c.id: c for c in (BOTH, ONE)}


def _placement(clip: Clip, sync: SyncPoints) -> Placement:
    call = GestureCall(words=(0, 1), anchor=0, function=GestureFunction.METAPHORIC, show="x")
    return Placement(
        call=call, gesture="g", clip=clip.id, sync=ScoreSync.from_sync(sync), hands=clip.hands, amplitude=1.0, mask=tuple(sorted(clip.mask))
    )


def test_a_placement_is_a_take_of_its_clip() -> None:
    (take,) = takes_of([_placement(BOTH, SYNC.shifted(1.0))], CLIPS)
    assert take.sync == SYNC.shifted(1.0)
    assert take.clip_sync == SYNC
    assert take.until_s == take.sync.end


def test_a_hold_that_is_cut_off_is_not_played_faster() -> None:
    cut = SyncPoints(1.0, 1.5, 1.5, 1.8, 1.9, 2.0, 2.0)
    (take,) = takes_of([_placement(BOTH, cut)], CLIPS)
    assert abs((take.clip_sync.relax - take.clip_sync.stroke_end) - 0.1) < 1e-9
    assert take.until_s == 2.0
    assert take.sync.end > take.sync.relax, "the slope to leave by is the clip's own"


def _three(gap_s: float) -> list[Placement]:
    """Both hands, then the right alone, then both again, ``gap_s`` after the first lost them."""
    first = SyncPoints(1.0, 1.5, 1.5, 1.8, 1.9, 2.0, 2.0)
    return [_placement(BOTH, first), _placement(ONE, SYNC.shifted(2.0)), _placement(BOTH, SYNC.shifted(2.0 + gap_s))]


def test_an_arm_that_is_needed_again_soon_waits_where_it_is() -> None:
    waits = takes_of(_three(1.0), CLIPS)[3:]
    assert [w.parts for w in waits] == [frozenset({LEFT})]
    assert (waits[0].sync.start, waits[0].until_s) == (2.0, 3.0)
    assert waits[0].clip_sync.start == waits[0].clip_sync.relax


def test_an_arm_that_is_not_needed_for_long_goes_to_rest() -> None:
    assert len(takes_of(_three(STAY_UP_S + 0.2), CLIPS)) == 3
