import torch

from chironomia.generators.blend import PART_JOINTS, PARTS, blend
from chironomia.generators.score import Placement, ScoreSync
from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import BodyPart, GestureFunction, Hands

FPS = 30.0
REST = torch.zeros(55, 3)
SYNC = SyncPoints(0.0, 0.5, 0.5, 0.8, 0.9, 1.2, 1.8)
SHOULDER, ELBOW = skeleton.INDEX["right_shoulder"], skeleton.INDEX["right_elbow"]


def _clip(name: str, height: float, hands: Hands = Hands.RIGHT) -> Clip:
    """An arm that rises to ``height`` radians by minimum jerk, holds, and sinks."""
    t = torch.arange(55) / FPS
    ease = lambda u: u.clamp(0, 1) ** 3 * (10 - 15 * u.clamp(0, 1) + 6 * u.clamp(0, 1) ** 2)  # noqa: E731
    up, down = ease(t / SYNC.stroke), 1.0 - ease((t - SYNC.relax) / (SYNC.end - SYNC.relax))
    angles = torch.zeros(55, 55, 3)
    angles[:, SHOULDER, 2] = height * up * down
    mask = {BodyPart.RIGHT_ARM} if hands == Hands.RIGHT else {BodyPart.RIGHT_ARM, BodyPart.LEFT_ARM}
    motion = Motion(skeleton.from_swing_twist_angles(angles), torch.zeros(55, 3))
    return Clip(name, name, motion, SYNC, hands, 1.0, frozenset(mask), "test", "Apache-2.0")


def _placement(clip: Clip, sync: SyncPoints, amplitude: float = 1.0) -> Placement:
    call = GestureCall(words=(0, 1), anchor=0, function=GestureFunction.BEAT, show="x")
    return Placement(
        call=call, gesture=clip.gesture, clip=clip.id, sync=ScoreSync.from_sync(sync), hands=clip.hands,
        amplitude=amplitude, mask=tuple(sorted(clip.mask)),
    )  # fmt: skip


CLIPS = {c.id: c for c in (_clip("low", 0.4), _clip("high", 0.9))}


def test_every_joint_belongs_to_at_most_one_part_and_legs_to_none() -> None:
    owners = PART_JOINTS.sum(0)
    assert int(owners.max()) == 1
    free = {skeleton.JOINT_NAMES[j] for j in torch.nonzero(owners == 0).flatten().tolist()}
    assert free == {"pelvis", *(f"{s}_{j}" for s in ("left", "right") for j in ("hip", "knee", "ankle", "foot"))}
    assert len(PARTS) == 4


def test_without_placements_the_base_layer_is_left_as_it_is() -> None:
    base = torch.randn(20, 55, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(blend(base, [], CLIPS, REST, FPS), base)


def test_a_clip_alone_is_reproduced_in_its_place() -> None:
    out = blend(torch.zeros(120, 55, 3), [_placement(CLIPS["low"], SYNC.shifted(1.0))], CLIPS, REST, FPS)
    clip = skeleton.swing_twist_angles(CLIPS["low"].motion.rotations)
    assert torch.allclose(out[30:84, SHOULDER], clip[:54, SHOULDER], atol=5e-3)
    assert float(out[:30].abs().max()) < 1e-3
    assert float(out[:, ELBOW].abs().max()) < 1e-4


def test_a_preparation_that_takes_over_a_hold_has_no_seam() -> None:
    first = SyncPoints(0.2, 0.7, 0.7, 1.0, 1.1, 1.5, 1.5)
    second = SYNC.shifted(1.5)
    out = blend(torch.zeros(140, 55, 3), [_placement(CLIPS["low"], first), _placement(CLIPS["high"], second)], CLIPS, REST, FPS)
    raised = out[:, SHOULDER, 2]
    assert float(raised[36:62].min()) > 0.3, "the hand stays up between near strokes"
    assert float(raised[75]) > 0.85
    acceleration = raised.diff(n=2) * FPS**2
    alone = blend(torch.zeros(140, 55, 3), [_placement(CLIPS["high"], second)], CLIPS, REST, FPS)[:, SHOULDER, 2].diff(n=2) * FPS**2
    assert float(acceleration.abs().max()) < 1.3 * float(alone.abs().max())


def test_an_arm_that_the_next_gesture_does_not_use_sinks_to_rest_by_itself() -> None:
    clips = CLIPS | {"both": _clip("both", 0.9, Hands.BOTH)}
    mirrored = clips["both"].motion.mirrored()
    both = Clip("both", "both", mirrored, SYNC, Hands.BOTH, 1.0, clips["both"].mask, "", "")
    first = SyncPoints(0.2, 0.7, 0.7, 1.0, 1.1, 1.5, 1.5)
    out = blend(
        torch.zeros(140, 55, 3), [_placement(both, first), _placement(CLIPS["low"], SYNC.shifted(1.5))], clips | {"both": both}, REST, FPS
    )
    left = out[:, skeleton.INDEX["left_shoulder"], 2].abs()
    assert float(left[40]) > 0.8
    assert float(left[75]) < 1e-3
    assert float((left.diff(n=2) * FPS**2).abs().max()) < 25.0


def test_amplitude_widens_the_stroke_and_leaves_the_preparation() -> None:
    wide = blend(torch.zeros(90, 55, 3), [_placement(CLIPS["low"], SYNC.shifted(0.5), amplitude=1.5)], CLIPS, REST, FPS)[:, SHOULDER, 2]
    plain = blend(torch.zeros(90, 55, 3), [_placement(CLIPS["low"], SYNC.shifted(0.5))], CLIPS, REST, FPS)[:, SHOULDER, 2]
    apex, ready = round(1.3 * FPS), round(1.0 * FPS)
    assert float(wide[apex]) > float(plain[apex]) + 0.02
    assert abs(float(wide[ready] - plain[ready])) < 0.01


def test_it_follows_the_dtype_of_the_base_layer() -> None:
    base = torch.zeros(60, 55, 3, dtype=torch.float64)
    assert blend(base, [_placement(CLIPS["low"], SYNC)], CLIPS, REST, FPS).dtype == torch.float64


def test_rotations_stay_whole_after_blending() -> None:
    out = blend(torch.zeros(90, 55, 3), [_placement(CLIPS["high"], SYNC)], CLIPS, REST, FPS)
    q = skeleton.from_swing_twist_angles(out)
    assert torch.allclose(q.norm(dim=-1), torch.ones(90, 55), atol=1e-5)
    assert float(rotations.to_rotvec(q).abs().max()) < 3.2
