"""Beats: small strokes of the hands on accents that carry no other gesture, added to whatever pose the arms are in."""
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from chironomia.generators.chance import stream, uniform
from chironomia.generators.pulses import eased, frame_times, pulses
from chironomia.generators.rhythm import Accent, AccentKind, Interval, Rhythm
from chironomia.generators.score import Placement
from chironomia.motion_library import ik, rest, rotations, skeleton
from chironomia.motion_library.motion import FPS
from chironomia.motion_library.vocabulary import BodyPart

Arms = tuple[Sequence[Interval], Sequence[Interval]]  # of the left and of the right arm

_APART_S = 0.5  # beats closer than this run into each other
_LEAST_PROMINENCE = 0.6
_APEX_EARLY_S = 0.02  # the stop falls on the pitch accent or just before it, never after
# Up, down to a sharp stop a little below, a small rebound, and back: minimum-jerk pieces around the apex.
_KEYS_S, _SHAPE = (-0.44, -0.22, 0.0, 0.15, 0.42), (0.0, 0.62, -0.38, 0.06, 0.0)
_WRIST_LATE_S, _WRIST_DEG_PER_CM = 0.035, 1.0  # the wrist flicks after the forearm
_SIZE_M = (0.05, 0.12)  # of the stroke at the least prominence and at 1 (McNeill 1992: beats are small; 0.05-0.15 m)
_HELD_SHARE = 0.6  # of a beat done by a hand that holds a gesture: it must not become another gesture
_AT_REST_SHARE = 0.22  # of a beat done by a hand that hangs: a pulse that is felt more than seen
# A gesture unit: beats at most this far apart share one raise of the hands (Kendon 2004).
_UNIT_GAP_S = 1.3
_RAISE_S, _LOWER_S, _LINGER_S = 0.62, 0.85, 0.25
_UNIT_FROM = 0.78  # the strongest accent of a unit for which hands come up
_RIGHT, _BOTH = 0.55, 0.3  # how often a unit is done by the right hand, by both; else by the left
_SECOND_HAND = 0.8  # in a beat of both hands one does less
# Where beating hands are: in front of the hip, forearm level and turned half inward, metres and degrees of the left hand.
_BEAT_AT, _BEAT_FOREARM_DEG = (0.23, 1.06, 0.27), (36.0, -8.0, 0.0)


@dataclass(frozen=True)
class Beat:
    """A beat whose sharp stop is at ``time_s``; its stroke is ``size_m`` long, done by ``left`` and ``right`` in shares 0-1."""

    time_s: float
    size_m: float
    left: float
    right: float


@dataclass(frozen=True)
class BeatUnit:
    """Beats that share one raise of the hands from rest, between ``start_s`` and ``end_s``; ``raised`` False: hands stay down."""

    beats: tuple[Beat, ...]
    raised: bool

    @property
    def start_s(self) -> float:
        return self.beats[0].time_s + _KEYS_S[1] - _RAISE_S

    @property
    def end_s(self) -> float:
        return self.beats[-1].time_s + _LINGER_S + _LOWER_S


def beat_units(rhythm: Rhythm, busy: Arms = ((), ()), held: Arms = ((), ()), per_min: float = 16.0, seed: int = 0) -> tuple[BeatUnit, ...]:
    """The beats of a performance in their gesture units, in order of time.

    ``busy`` are the times in which an arm prepares, strokes or retracts: no hand beats then, for the accent has its gesture.
    ``held`` are the times in which it holds a gesture: beats then are done by the held hand, where it is. At most ``per_min``
    beats a minute, on the most prominent accents first. No accents, or a rate of 0: none.
    """
    if per_min < 0:
        raise ValueError(f"per_min must be 0 or more beats a minute, got {per_min}")
    chosen = _sparse(rhythm.accents, int(per_min * rhythm.duration_s / 60.0 + 0.5))
    chance = stream(seed, "beats")
    units = [_unit(group, busy, held, chance) for group in _grouped(chosen)]
    return tuple(unit for unit in units if unit)


def _sparse(accents: tuple[Accent, ...], most: int) -> list[Accent]:
    """At most ``most`` accents, no two within half a second, in order of time: the strongest, then rather their neighbours.

    People who raise a hand for a beat tend to do more than one: half of the beats are neighbours in a unit.
    """
    strong = [a for a in accents if a.prominence >= _LEAST_PROMINENCE]
    by_strength = sorted(strong, key=lambda a: (-a.prominence - 0.1 * (a.kind is AccentKind.NUCLEUS), a.time_s))
    seeds = _apart(by_strength, [], most - most // 2)
    near = [a for a in by_strength if any(abs(a.time_s - s.time_s) <= _UNIT_GAP_S for s in seeds)]
    return sorted(_apart(by_strength, _apart(near, seeds, most), most))


def _apart(accents: list[Accent], kept: list[Accent], most: int) -> list[Accent]:
    """``kept`` and the first of ``accents`` that are far enough from all others, up to ``most``."""
    out = list(kept)
    for accent in accents:
        if len(out) < most and all(abs(a.time_s - accent.time_s) >= _APART_S for a in out):
            out.append(accent)
    return out


def _grouped(accents: list[Accent]) -> list[list[Accent]]:
    groups: list[list[Accent]] = []
    for accent in accents:
        if groups and accent.time_s - groups[-1][-1].time_s <= _UNIT_GAP_S:
            groups[-1].append(accent)
        else:
            groups.append([accent])
    return groups


def _unit(accents: list[Accent], busy: Arms, held: Arms, chance: torch.Generator) -> BeatUnit | None:
    hand, less = uniform(chance, 0, 1), uniform(chance, 0, 1)
    left, right = (0.0, 1.0) if hand < _RIGHT else (1.0, 0.0) if hand > _RIGHT + _BOTH else (1.0, 1.0)
    if left and right:
        left, right = (_SECOND_HAND, 1.0) if less < 0.6 else (1.0, _SECOND_HAND)
    made = [_beat(accent, left, right, busy, held) for accent in accents]
    beats = tuple(beat for beat in made if beat)
    beats = tuple(beat for beat in beats if BeatUnit((beat,), True).start_s >= 0.0) or beats  # a body begins at rest
    if not beats:
        return None
    unit = BeatUnit(beats, max(a.prominence for a in accents) >= _UNIT_FROM)
    taken = [i for arms in (busy, held) for side, share in enumerate((left, right)) if share for i in arms[side]]
    free = all(i.end_s <= unit.start_s or i.start_s >= unit.end_s for i in taken)
    return unit if free and unit.start_s >= 0.0 else BeatUnit(beats, False)


def _beat(accent: Accent, left: float, right: float, busy: Arms, held: Arms) -> Beat | None:
    """The beat of an accent, None where a gesture is under way; hands that hold a gesture do it, whichever the unit's are."""
    span = Interval(accent.time_s + _KEYS_S[1], accent.time_s + _KEYS_S[3])
    if any(i.start_s < span.end_s and span.start_s < i.end_s for arm in busy for i in arm):
        return None
    holding = [any(i.start_s <= span.start_s and span.end_s <= i.end_s for i in arm) for arm in held]
    if any(holding):
        left, right = float(holding[0]), float(holding[1])
    share = (accent.prominence - _LEAST_PROMINENCE) / (1.0 - _LEAST_PROMINENCE)
    return Beat(accent.time_s - _APEX_EARLY_S, _SIZE_M[0] + (_SIZE_M[1] - _SIZE_M[0]) * share, left, right)


def arms_taken(placements: Iterable[Placement]) -> tuple[Arms, Arms]:
    """When gestures keep each arm busy, and when it holds one: the two arguments of :func:`beat_units`."""
    busy: tuple[list[Interval], list[Interval]] = ([], [])
    held: tuple[list[Interval], list[Interval]] = ([], [])
    for placement in placements:
        sync = placement.sync
        for side, part in enumerate((BodyPart.LEFT_ARM, BodyPart.RIGHT_ARM)):
            if part in placement.mask:
                busy[side].extend((Interval(sync.start, sync.stroke_end), Interval(sync.relax, sync.end)))
                held[side].append(Interval(sync.stroke_end, sync.relax))
    return busy, held


def beat_angles(units: Sequence[BeatUnit], frames: int, fps: float = FPS, weights: Tensor | None = None, held: Arms = ((), ())) -> Tensor:
    """Angles (F, 55, 3) to add to the arms, radians: raises of the hands from rest, and the beats on top.

    ``weights`` (F, 2) in 0-1 scale the left and right arm, 1 by default; let them fall to 0, smoothly, where an arm strokes or
    retracts. Beats of hands that neither are raised nor hold (see :func:`beat_units`) are pulses a fifth as large. The
    direction is that of a forearm in front of the body; most holds are near enough to
    it that the wrist goes up and down in them too, but not those with a hand at the head: leave these out of ``held``.
    """
    pose, up = _beat_pose()
    out = torch.zeros(frames, skeleton.JOINTS, 3)
    for side, name in enumerate(("left", "right")):
        shares = [beat.left if side == 0 else beat.right for unit in units for beat in unit.beats]
        sizes = [
            share * beat.size_m * (1.0 if unit.raised else _HELD_SHARE if any(beat.time_s in i for i in held[side]) else _AT_REST_SHARE)
            for share, (unit, beat) in zip(shares, ((u, b) for u in units for b in u.beats), strict=True)
        ]
        times = [beat.time_s for unit in units for beat in unit.beats]
        stroke = pulses(times, sizes, _KEYS_S, _SHAPE, frames, fps)  # (F,) metres up
        flick = pulses([t + _WRIST_LATE_S for t in times], sizes, _KEYS_S, _SHAPE, frames, fps)
        raised = _raise([u for u in units if u.raised and max(b.left if side == 0 else b.right for b in u.beats) > 0], frames, fps)
        arm = raised[:, None, None] * pose + stroke[:, None, None] * up
        arm[:, skeleton.INDEX["left_wrist"], 2] += flick * math.radians(100.0 * _WRIST_DEG_PER_CM)
        arm = arm if weights is None else arm * weights[:, side, None, None].to(arm)
        out += arm if name == "left" else arm[:, list(skeleton.MIRROR)] * torch.tensor([1.0, -1.0, -1.0])
    return out


def _raise(units: Sequence[BeatUnit], frames: int, fps: float) -> Tensor:
    """How far the hand is raised (F,), 0-1; neighbouring units that overlap share the raise."""
    keys, values = [-10.0], [0.0]
    for unit in units:
        up_s, down_s = unit.start_s + _RAISE_S, unit.end_s - _LOWER_S
        if unit.start_s < keys[-1]:  # it has not come down yet: stay up
            keys, values = keys[:-2], values[:-2]
            keys, values = [*keys, down_s, unit.end_s], [*values, 1.0, 0.0]
        else:
            keys, values = [*keys, unit.start_s, up_s, down_s, unit.end_s], [*values, 0.0, 1.0, 1.0, 0.0]
    return eased(keys, values, frame_times(frames, fps))


@lru_cache(maxsize=1)
def _beat_pose() -> tuple[Tensor, Tensor]:
    """Of the left arm, (55, 3) each: from rest to the beat's place, radians; and up from there, radians a metre."""
    at_rest, place = rest.rest_pose()
    low = _arm_angles(at_rest, place, torch.tensor(_BEAT_AT))
    high = _arm_angles(at_rest, place, torch.tensor(_BEAT_AT) + torch.tensor([0.0, 0.06, 0.01]))
    return low - skeleton.swing_twist_angles(at_rest), (high - low) / 0.06


def _arm_angles(at_rest: Tensor, place: Tensor, wrist: Tensor) -> Tensor:
    places, world = skeleton.forward_kinematics(at_rest, place)
    chest = skeleton.INDEX["spine3"]
    arm = ik.reach(world[chest], places[chest], wrist, torch.tensor(0.0), torch.tensor(0.0))
    pose = at_rest.clone()
    joints = [skeleton.INDEX[f"left_{n}"] for n in ("collar", "shoulder", "elbow", "wrist")]
    pose[joints] = ik.arm_rotations(arm, torch.deg2rad(torch.tensor(_BEAT_FOREARM_DEG)))
    return skeleton.swing_twist_angles(rotations.continuous(pose))
