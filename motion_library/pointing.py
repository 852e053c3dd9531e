"""Pointing at a given place: a deictic gesture whose stroke is aimed, along the line of sight, at a target in metres.

People who look where they point bring the fingertip onto the line from their eyes to the target; where they cannot look, the arm itself
is the line (Taylor & McCloskey 1988, Pointing; Herbort & Kunde 2016, Spatial (mis-)interpretation of pointing gestures). What lies right
behind them they show with the thumb over the shoulder.
"""
import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.body_words import Gaze, TorsoTurn
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.compile import compile_clip
from chironomia.motion_library.gesture_space import Place, Point, Vector
from chironomia.motion_library.handshapes import HANDSHAPES, finger_angles, hand_point
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.notation_model import Form, GestureNotation, HandForm, HandPoint, Movement, Stop
from chironomia.motion_library.rest import rest_pose
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import Hands

_EYES = torch.tensor([0.0, 1.62, 0.09])  # between the eyes of a body at rest, world metres
_AT_EASE = torch.tensor([0.20, 1.20, 0.30])  # out, up, forward: where a hand that begins to point comes from
_SETTING_OFF = torch.tensor([0.42, 0.06, 0.42])  # what is added to the way of the finger as it sets off
_SET_OFF = 0.5  # share of the way from there to the aimed place at which the stroke begins
_REACH = {False: 0.95, True: 0.8}  # of the outstretched arm: elbows of people who point stay a little bent, more with the open hand
_SHORT_OF_M = 0.04  # before a target within reach the finger stops
_UNSEEN_DEG, _BEHIND_DEG = 115.0, 130.0  # from straight ahead: what eyes cannot reach; where only the thumb still points
_OWN_SIDE_DEG = 12.0  # farther over than this to the left, the left hand points
_TORSO_SHARE, _TORSO_DEG = 0.25, 30.0  # of the way around that the trunk turns, and at most
_ROUNDS, _GOOD_DEG = 6, (1.0, 4.0)  # how often line and finger are corrected on the finished motion, and when they are good
_TURN_BACK = 0.5  # of the finger's error at a time: the wrist answers to a turn with a bend of its own
_FINGERS_TRAIL_S = 0.05  # behind the hand
_FINGER_WORTH = 0.2  # of a degree of the finger against one of the line: the line is what people read


@dataclass(frozen=True)
class Aim:
    """By how many degrees a pointing clip misses its target while it is held.

    ``sight`` between the lines eyes-fingertip and eyes-target, ``arm`` between shoulder-fingertip and shoulder-target, ``finger``
    between the pointing finger (or palm) itself and the way from it to the target. ``miss`` is the one of them that counts: that of the
    line of sight, of the arm for the open hand and where the eyes cannot look, of the thumb for what is right behind.
    """

    sight: float
    arm: float
    finger: float
    miss: float

    def as_json(self) -> dict[str, float]:
        """The four angles in degrees, to a tenth."""
        return {f"{name}_deg": round(value, 1) for name, value in asdict(self).items()}


def bearing(azimuth_deg: float, elevation_deg: float, distance_m: float = 3.0) -> Point:
    """The place (left, up, forward of the character, metres) in a direction as seen from the eyes: azimuth to the left, elevation up."""
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    level = distance_m * math.cos(elevation)
    x, y, z = _EYES.tolist()
    return x + level * math.sin(azimuth), y + distance_m * math.sin(elevation), z + level * math.cos(azimuth)


def point_at(target: Point, notation: GestureNotation, hands: Hands | None = None) -> Clip:
    """``notation``, a deictic of one hand, with its stroke aimed at ``target``: world metres, +X left, Y up from the floor, +Z forward.

    It points with its own handshape: the index finger if that is what it points with, else the open hand; with the thumb at what is
    behind, level or above: where it is, not how low. ``hands`` is the left or right one, by default that of the target's side. Eyes,
    head and trunk turn to the target.
    Raises ValueError for a target that is not three finite numbers, or inside the body, or a gesture without one pointing hand.
    """
    goal = _checked(target)
    if abs(_azimuth_deg(goal)) > _BEHIND_DEG:
        goal[1] = goal[1].clamp(min=float(_EYES[1]))
    if notation.form is None or notation.hands is not Hands.RIGHT:
        raise ValueError(f"expected a gesture of one hand to aim, such as point-at or point-you, got {notation.id}")
    if hands not in (None, Hands.LEFT, Hands.RIGHT):
        raise ValueError(f"expected the left or the right hand to point with, got {hands}")
    azimuth = _azimuth_deg(goal)
    hands, shape = hands or side_of(target), shape_of(notation, target)
    tried: list[tuple[float, Clip]] = []
    moved, turned, thumb = torch.zeros(3), rotations.identity(), abs(azimuth) > _BEHIND_DEG
    for _ in range(_ROUNDS):
        aimed = _aimed(notation, goal, azimuth, hands, moved, turned)
        clip = compile_clip(aimed, hands, "m", 1.0)
        along, tip, origin, _ = _held(clip.motion.sample(torch.tensor([_middle_s(clip.sync)])), hands, shape, _by_arm(azimuth, shape))
        line, finger = 0.0 if thumb else _angle_deg(tip - origin, goal - origin), _angle_deg(along, goal - tip)
        tried.append((line + _FINGER_WORTH * finger, clip))
        if line < _GOOD_DEG[0] and finger < _GOOD_DEG[1]:
            break
        if not thumb:
            moved = moved + origin + (tip - origin).norm() * _unit(goal - origin) - tip
        turned = rotations.multiply(_turn_toward(along, goal - tip, _TURN_BACK), turned)
    return min(tried, key=lambda pair: pair[0])[1]


def side_of(target: Point) -> Hands:
    """The hand on whose side a target is: the right one also for what is straight ahead."""
    return Hands.LEFT if azimuth_deg(target) > _OWN_SIDE_DEG else Hands.RIGHT


def azimuth_deg(target: Point) -> float:
    """How far around from straight ahead a target is as seen from the eyes, degrees to the left."""
    return _azimuth_deg(_checked(target))


def aim_of(clip: Clip, target: Point, shape: str = "index") -> Aim:
    """How well a clip of one hand points at ``target`` in the middle of its hold; ``shape`` says with what: see :func:`shape_of`."""
    return aim_in(clip.motion, clip.sync, clip.hands, target, shape)


def aim_in(motion: Motion, sync: SyncPoints, hands: Hands, target: Point, shape: str = "index") -> Aim:
    """How well one hand of any motion points at ``target`` in the middle of the hold that ``sync`` tells of; the floor is at height 0."""
    goal = _checked(target)
    along, tip, eyes, shoulder = _held(motion.sample(torch.tensor([_middle_s(sync)])), hands, shape, False)
    sight, arm, finger = (
        _angle_deg(*lines) for lines in ((tip - eyes, goal - eyes), (tip - shoulder, goal - shoulder), (along, goal - tip))
    )
    azimuth = _azimuth_deg(goal)
    return Aim(sight, arm, finger, finger if abs(azimuth) > _BEHIND_DEG else arm if _by_arm(azimuth, shape) else sight)


def _middle_s(sync: SyncPoints) -> float:
    """When a hand points best: in the middle of its hold, a moment later because fingers trail."""
    return min(0.5 * (sync.stroke_end + sync.relax) + _FINGERS_TRAIL_S, max(sync.relax, sync.stroke_end))


def shape_of(notation: GestureNotation, target: Point) -> str:
    """The handshape with which :func:`point_at` shows ``target``."""
    return _shape_for(notation, _azimuth_deg(_checked(target)))


def _checked(target: Point) -> Tensor:
    if len(target) != 3 or not all(math.isfinite(v) for v in target):
        raise ValueError(f"expected a target of three finite numbers left, up, forward in metres, got {target}")
    goal = torch.tensor(target, dtype=torch.float32)
    if math.hypot(target[0], target[2]) < 0.25 and 0.0 < target[1] < 1.75:
        raise ValueError(f"expected a target outside the body, at least 0.25 m from its axis, got {target}; to show oneself use point-self")
    return goal


def _azimuth_deg(goal: Tensor) -> float:
    return math.degrees(math.atan2(float(goal[0] - _EYES[0]), float(goal[2] - _EYES[2])))


def _shape_for(notation: GestureNotation, azimuth: float) -> str:
    assert notation.form is not None
    own = next((m.shape for m in reversed(notation.form.stroke) if m.shape), notation.form.right.shape)
    return "thumb-up" if abs(azimuth) > _BEHIND_DEG else own


def _aimed(notation: GestureNotation, goal: Tensor, azimuth: float, hands: Hands, moved: Tensor, turned: Tensor) -> GestureNotation:
    """The notation with its hand aimed at ``goal``; ``moved`` (3,) corrects the fingertip's place, ``turned`` (4,) the hand, both world."""
    assert notation.form is not None
    shape, side = _shape_for(notation, azimuth), 1.0 if hands is Hands.LEFT else -1.0
    open_hand = not HANDSHAPES[shape].points
    own = torch.tensor([side, 1.0, 1.0])  # world to out, up, forward
    yaw = max(-_TORSO_DEG, min(_TORSO_DEG, _TORSO_SHARE * azimuth))
    place, way = _fingertip_place(goal, _by_arm(azimuth, shape), _REACH[open_hand], side)
    place, way = (place + moved) * own, way * own
    if shape == "thumb-up":
        at, along, palm = torch.tensor([0.27, 1.47, 0.10]), torch.tensor([0.0, 1.0, 0.0]), torch.tensor([-1.0, 0.0, 0.0])
        point = HandPoint.PALM
    else:
        at, along, palm = place, way, way  # the palm follows from the way
        point = HandPoint.INDEX if HANDSHAPES[shape].points else HandPoint.FINGERTIPS
    along = rotations.rotate(turned, along * own) * own
    palm = rotations.rotate(turned, palm * own) * own if shape == "thumb-up" else _palm(along, HANDSHAPES[shape].points)
    ready = _AT_EASE + _SET_OFF * (at - _AT_EASE)
    first = _unit(along + _SETTING_OFF)  # a finger that is not yet stretched out
    begins = HandForm.model_construct(shape=shape, palm=_vector(_palm(first, True)), fingers=_vector(first), at=_place(ready), point=point)
    aims = Movement.model_construct(to=_place(at), palm=_vector(palm), fingers=_vector(along), stop=Stop.FIRM, seconds=0.45)
    form = Form.model_construct(right=begins, stroke=(aims,), hold=notation.form.hold)
    elevation = math.degrees(math.atan2(float(goal[1] - _EYES[1]), float((goal - _EYES)[[0, 2]].norm())))
    looks = Gaze((-max(-35.0, min(35.0, 0.8 * elevation)), max(-55.0, min(55.0, azimuth - yaw)), 0.0))
    body = notation.body.model_copy(update={"torso": (TorsoTurn((0.0, yaw, 0.0)),), "head": (), "gaze": (looks, Gaze())})
    return notation.model_copy(update={"form": form, "body": body})


def _by_arm(azimuth: float, shape: str) -> bool:
    """Whether the arm is the line: where eyes cannot look, and for the open hand, which held before the eyes would hide the face."""
    return abs(azimuth) > _UNSEEN_DEG or not HANDSHAPES[shape].points


def _fingertip_place(goal: Tensor, by_arm: bool, share: float, side: float) -> tuple[Tensor, Tensor]:
    """Where the fingertip goes (3,) and the way it points (3,), world: on the line, at a share of the arm's length or short of it."""
    shoulder = _shoulder(side)
    origin = shoulder if by_arm else _EYES
    ray = _unit(goal - origin)
    reach = share * (skeleton.ARM_LENGTH_M + float(hand_point(finger_angles("index"), "index").norm()))
    off = origin - shoulder
    along = float(off @ ray)
    distance = -along + math.sqrt(max(along**2 - float(off @ off) + reach**2, 0.0))
    distance = min(distance, max(float((goal - origin).norm()) - _SHORT_OF_M, 0.1))
    place = origin + distance * ray
    way = goal - place
    return place, _unit(way if float(way.norm()) > 0.15 else place - shoulder)


def _shoulder(side: float) -> Tensor:
    """The shoulder (3,) of the body at rest, world: left for ``side`` 1, right for -1."""
    pose, at = rest_pose()
    places, _ = skeleton.forward_kinematics(pose, at)
    return places[skeleton.INDEX["left_shoulder" if side > 0 else "right_shoulder"]]


def _palm(way: Tensor, points: bool) -> Tensor:
    """Where the palm faces (3,) out, up, forward: down and a little in for the finger, up and a little in for the open hand."""
    rise = float(way[1])
    level = math.sqrt(max(1.0 - rise**2, 0.0))
    wished = torch.tensor([-0.4, -level, 0.7 * rise] if points else [-0.4, level, -0.7 * rise])
    return _unit(wished - (wished @ way) * way)


def _turn_toward(before: Tensor, after: Tensor, share: float) -> Tensor:
    """The rotation (4,) that takes one direction (3,) a share of the shortest way to another."""
    axis = torch.linalg.cross(before, after)
    return rotations.from_rotvec(_unit(axis) * math.radians(_angle_deg(before, after)) * share)


def _unit(v: Tensor) -> Tensor:
    return torch.nn.functional.normalize(v, dim=-1)


def _vector(v: Tensor) -> Vector:
    out, up, forward = _unit(v).tolist()
    return Vector(out, up, forward)


def _place(p: Tensor) -> Place:
    out, up, forward = p.tolist()
    return Place((out, up, forward), fixed=True)


def _held(motion: Motion, hands: Hands, shape: str, by_arm: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """In a motion of one frame, world: the finger's direction, its tip, the line's origin (eyes, or shoulder if so), the shoulder."""
    side = hands.value
    places, world = skeleton.forward_kinematics(motion.rotations[0], motion.translation[0])
    wrist, shoulder = skeleton.INDEX[f"{side}_wrist"], places[skeleton.INDEX[f"{side}_shoulder"]]
    eyes = places[[skeleton.INDEX["left_eye_smplhf"], skeleton.INDEX["right_eye_smplhf"]]].mean(0)
    finger = "thumb" if shape == "thumb-up" else "index"
    last = skeleton.INDEX[f"{side}_{finger}3"]
    mirror = torch.tensor([1.0 if side == "left" else -1.0, 1.0, 1.0])
    tip = places[last] + rotations.rotate(world[last], torch.tensor(skeleton.TIPS[f"left_{finger}3"]) * mirror)
    along = tip - places[skeleton.INDEX[f"{side}_{finger}1"]] if HANDSHAPES[shape].points or finger == "thumb" else tip - places[wrist]
    return along, tip, shoulder if by_arm else eyes, shoulder


def _angle_deg(a: Tensor, b: Tensor) -> float:
    return math.degrees(math.acos(float(torch.nn.functional.cosine_similarity(a, b, dim=0).clamp(-1.0, 1.0))))
