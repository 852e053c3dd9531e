"""What torso, shoulders, head and eyes do during a gesture, as channels over time."""
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from chironomia.motion_library import posture, rotations, skeleton
from chironomia.motion_library.body_words import Angles, Gaze
from chironomia.motion_library.notation_model import Body
from chironomia.motion_library.rest import WRIST_AT
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.timecourse import Submovement, minimum_jerk, unit_times
from chironomia.motion_library.vocabulary import BodyPart

TORSO, SHRUG, HEAD, GAZE = slice(0, 3), slice(3, 4), slice(4, 7), slice(7, 10)
CHANNELS = 10  # degrees: torso pitch yaw roll, shoulders, head pitch yaw roll, gaze pitch yaw roll

_SPINE = {"spine1": 0.30, "spine2": 0.40, "spine3": 0.30}  # shares of the torso's turn
_NECK_SHARE = 0.45  # of the head's turn
_EYE_SHARE = 0.35  # of the gaze's; the head turns for the rest
_SHRUG_DEG = {"none": 0.0, "shrug small": 8.0, "shrug": 15.0}
_NOD_S, _SWING_S = 0.62, 0.44  # one nod; one swing of a head shake or of several nods
_SLOWEST_S = 0.45  # a trunk takes at least so long to turn, however quick the hand is
_FROM_HEAD = (0.0, 1.62, 0.05)  # the eyes, metres
_AT_HEAD_M, _OFF_HEAD_M = 0.28, 0.42  # a wrist from the eyes: the hand may touch the head; it cannot


def spine_rotations(channels: Tensor) -> tuple[Tensor, ...]:
    """Local rotations (..., 4) of spine1, spine2 and spine3 from the body's channels (..., 10)."""
    angles = torch.deg2rad(channels[..., TORSO])
    return tuple(rotations.from_rotvec(angles * share) for share in _SPINE.values())


def chest(channels: Tensor, pelvis_at: Tensor) -> tuple[Tensor, Tensor]:
    """Rotation (..., 4) and place (..., 3) of spine3 for the body's channels (..., 10)."""
    turned = rotations.identity(*channels.shape[:-1], like=channels)
    at = pelvis_at.expand(*channels.shape[:-1], 3)
    for name, local in zip(_SPINE, spine_rotations(channels), strict=True):
        at = at + rotations.rotate(turned, skeleton.OFFSETS[skeleton.INDEX[name]].to(channels))
        turned = rotations.multiply(turned, local)
    return turned, at


def pose_body(pose: Tensor, channels: Tensor) -> Tensor:
    """``pose`` (F, 55, 4) with spine, neck, head and eyes set from the body's channels (F, 10)."""
    pose = pose.clone()
    for name, local in zip(_SPINE, spine_rotations(channels), strict=True):
        pose[:, skeleton.INDEX[name]] = local
    head = torch.deg2rad(channels[..., HEAD] + (1.0 - _EYE_SHARE) * channels[..., GAZE])
    eyes = rotations.from_rotvec(torch.deg2rad(_EYE_SHARE * channels[..., GAZE]))
    pose[:, skeleton.INDEX["neck"]] = rotations.from_rotvec(_NECK_SHARE * head)
    pose[:, skeleton.INDEX["head"]] = rotations.from_rotvec((1.0 - _NECK_SHARE) * head)
    for side in ("left", "right"):
        pose[:, skeleton.INDEX[f"{side}_eye_smplhf"]] = eyes
    return pose


def body_mask(body: Body, hands: bool) -> frozenset[BodyPart]:
    """The parts that a notation speaks for besides the hands. Shoulders that shrug belong to the arms.

    The trunk goes along with ``hands``, and they reach their places from where it then is.
    """
    parts = set()
    if body.torso or hands:
        parts.add(BodyPart.TORSO)
    if body.head or body.gaze:
        parts.add(BodyPart.HEAD)
    return frozenset(parts)


def stroke_seconds(body: Body) -> float:
    """How long the stroke of a gesture without hands lasts: as long as its longest head movement."""
    spans = [_NOD_S if m.repeat == 1 else _SWING_S * m.repeat + 0.2 if m.repeat else 0.4 for m in body.head]
    return max([0.4, *spans])


def participation(wrists: dict[str, Tensor]) -> Tensor:
    """Pitch, yaw and roll in degrees (N, 2, 3) of the trunk, and of the head upon it, that go with wrists at N moments.

    ``wrists`` (N, 3) out, up, forward in metres, by side; a side without any hangs. No wrists: no moments.
    """
    hanging = torch.tensor(WRIST_AT)
    moments = max((len(at) for at in wrists.values()), default=0)
    left, right = (wrists.get(side, hanging.expand(moments, 3)) - hanging for side in ("left", "right"))
    trunk, head = posture.body_share(left, right)
    return torch.stack([trunk, head], 1) * _apart_from_head(wrists)[:, None, None]


def _apart_from_head(wrists: dict[str, Tensor]) -> Tensor:
    """How far (N,), 0 to 1, hands are from the head: it holds still for one that comes to it, and so does what carries it."""
    from_eyes = torch.stack([(at - at.new_tensor(_FROM_HEAD)).norm(dim=-1) for at in wrists.values()]) if wrists else torch.zeros(1, 0)
    return minimum_jerk((from_eyes.amin(0) - _AT_HEAD_M) / (_OFF_HEAD_M - _AT_HEAD_M))


def body_movements(
    body: Body, sync: SyncPoints, shares: Tensor, spans: Sequence[tuple[float, float]], palms: dict[str, Tensor], size: float
) -> list[Submovement]:
    """The body's movements over a gesture that is scheduled by ``sync``: the torso a little before the hands, the head with the stroke.

    ``shares`` (1 + S, 2, 3) are what trunk and head do of the hands' movement where the stroke begins and at the end of each of its
    movements, which last ``spans`` in seconds. A head that is told what to do does only that.
    """
    arrive = max(sync.stroke, _SLOWEST_S)
    leave, gone = sync.relax, sync.end
    torso = [sum(turn.angles[i] for turn in body.torso) * size for i in range(3)]
    held = [(TORSO, torso), (SHRUG, [_SHRUG_DEG[body.shoulders] * min(size, 1.2)])]
    held += [(HEAD, [size * a for a in move.angles]) for move in body.head if not move.repeat]
    moves = [m for part, degrees in held for m in _go_and_return(part, degrees, (0.0, arrive), (leave, gone))]
    for move in body.head:
        if move.repeat:
            moves.append(_swing(move.angles, move.repeat, size, sync))
    parts = (TORSO,) if body.head or body.gaze else (TORSO, HEAD)
    moves += [move for i, part in enumerate(parts) for move in _followed(part, shares[:, i], spans, sync)]
    return moves + _gaze_movements(body.gaze, palms, sync)


def _followed(part: slice, degrees: Tensor, spans: Sequence[tuple[float, float]], sync: SyncPoints) -> list[Submovement]:
    """A part that goes with the hands: to the first of ``degrees`` (1 + S, 3) as they prepare, to the others over ``spans``, and back."""
    if not len(degrees):
        return []
    times = [(0.0, max(sync.ready, _SLOWEST_S)), *[(start, max(end, start + _SLOWEST_S)) for start, end in spans], (sync.relax, sync.end)]
    still = torch.zeros(1, 3)
    steps = torch.cat([still, degrees, still]).diff(dim=0).tolist()
    return [_step(part, step, *time) for step, time in zip(steps, times, strict=True) if any(step)]


def _step(part: slice, degrees: list[float], start_s: float, end_s: float) -> Submovement:
    table = torch.zeros(len(unit_times()), CHANNELS)
    table[:, part] = minimum_jerk(unit_times())[:, None] * torch.tensor(degrees)
    return Submovement(start_s, end_s, table)


def _go_and_return(part: slice, degrees: list[float], go: tuple[float, float], back: tuple[float, float]) -> list[Submovement]:
    if not any(degrees):
        return []
    return [_step(part, degrees, *go), _step(part, [-d for d in degrees], *back)]


def _swing(angles: Angles, repeat: int, size: float, sync: SyncPoints) -> Submovement:
    """A nod is lowest at the stroke's apex; shakes and series of nods start there."""
    u = unit_times()
    table = torch.zeros(len(u), CHANNELS)
    if repeat == 1:
        course = torch.sin(math.pi * u).square()
        start, span = max(0.0, sync.stroke - 0.5 * _NOD_S), _NOD_S
    else:
        fading = minimum_jerk(u * repeat * 2) * (1.0 - minimum_jerk((u - 0.55) / 0.45))
        course = torch.sin(2.0 * math.pi * repeat * u) * fading if angles[1] else torch.sin(math.pi * repeat * u).square() * (1.0 - 0.5 * u)
        start, span = sync.stroke_start, _SWING_S * repeat + 0.2
    table[:, HEAD] = course[:, None] * torch.tensor(angles) * size
    return Submovement(start, start + span, table)


def _gaze_movements(gaze: tuple[Gaze, ...], palms: dict[str, Tensor], sync: SyncPoints) -> list[Submovement]:
    if not gaze:
        return []
    places = [_toward_hands(palms) if g.hands else g.angles for g in gaze]
    first = [0.0, *([sync.stroke_end] if len(places) == 2 else [])]
    moves, before = [], (0.0, 0.0, 0.0)
    for start, place in zip([*first, sync.relax], [*places, (0.0, 0.0, 0.0)], strict=True):
        moves.append(_step(GAZE, [b - a for a, b in zip(before, place, strict=True)], start, start + 0.35))
        before = place
    return moves


def _toward_hands(palms: dict[str, Tensor]) -> Angles:
    if not palms:
        return 0.0, 0.0, 0.0
    world = torch.stack([p * p.new_tensor([1.0 if side == "left" else -1.0, 1.0, 1.0]) for side, p in palms.items()]).mean(0)
    x, y, z = (world - world.new_tensor(_FROM_HEAD)).tolist()
    pitch, yaw = math.degrees(math.atan2(-y, max(z, 0.2))), math.degrees(math.atan2(x, max(z, 0.2)))
    return 0.6 * max(-30.0, min(42.0, pitch)), 0.7 * max(-45.0, min(45.0, yaw)), 0.0
