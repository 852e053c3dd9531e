"""What one hand does during a gesture: first in space as notated, then as channels of an arm that can do it."""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from chironomia.motion_library import gesture_space as space
from chironomia.motion_library import ik, rest, rotations, strokes
from chironomia.motion_library.handshapes import HANDSHAPES, finger_angles, hand_point
from chironomia.motion_library.notation_model import Form, HandForm, Movement, Relation
from chironomia.motion_library.timecourse import Submovement, minimum_jerk, power_law_phase, steady, unit_times

# Channels of an arm: wrist place (m), elbow swivel, forearm twist, wrist flexion and deviation, finger angles (rad).
WRIST_AT, SWIVEL, FOREARM, FINGERS = slice(0, 3), 3, slice(4, 7), slice(7, 52)
_CENTRE = torch.tensor([0.16, 1.16, 0.29])  # about which places grow with size: where hands gesture at ease
_DRAWN = 3  # movements: a stroke of so many draws a shape, fewer swing
_MAY_PRESS_M = 0.22  # between the hands where the stroke begins
_PLACE_POWER = 0.6  # places grow less than movements do


@dataclass(frozen=True)
class Stage:
    """One movement of a hand as notated, tables at even steps of time: place of its point (M, 3), hand rotation (M, 4),
    the point in the wrist's axes (M, 3), fingers (M, 45), rocking of the forearm's angles (M, 3)."""

    place: Tensor
    hand: Tensor
    point: Tensor
    fingers: Tensor
    rock: Tensor
    seconds: float
    accent: float
    turns: bool  # the hand's direction changes
    edge: float | None = None  # of a curved movement: the share of its time in which it gets up to speed, and loses it again
    meets: tuple[str, str] | None = None  # which point of the hand goes to which place on the other hand

    @property
    def shaped(self) -> bool:
        """The handshape changes: it carries the meaning."""
        return not torch.equal(self.fingers[0], self.fingers[-1])

    @property
    def end(self) -> "Pose":
        return Pose(self.place[-1], self.hand[-1], self.point[-1], self.fingers[-1])


@dataclass(frozen=True)
class Pose:
    """Where a hand is at an instant, as notated."""

    place: Tensor
    hand: Tensor
    point: Tensor
    fingers: Tensor


@dataclass(frozen=True)
class HandPlan:
    """A hand's pose where the stroke begins, and its movements.

    ``keeps_fingers``: the finger direction carries the meaning. ``elbow``: where it is asked to be, one of ``ik.ELBOWS``.
    ``late_s``: by how much the hand comes after the other. ``swivel``: by how many radians its elbow is higher than comfort has it.
    ``rests``: it lies on the body where the stroke ends. ``exact``: it does, or may lie on the other hand.
    """

    ready: Pose
    stages: tuple[Stage, ...]
    keeps_fingers: bool
    elbow: str | None = None
    late_s: float = 0.0
    swivel: float = 0.0
    rests: bool = False
    exact: bool = False

    def wrists(self) -> Tensor:
        """Where the wrist is when the stroke begins and after each movement, (1 + S, 3) metres."""
        poses = [self.ready, *(stage.end for stage in self.stages)]
        place, hand, point = (torch.stack([getattr(pose, name) for pose in poses]) for name in ("place", "hand", "point"))
        return place - rotations.rotate(hand, point)

    def shifted(self, by: Tensor) -> "HandPlan":
        """The same movements ``by`` (3,) metres out, up, forward from where they were."""
        stages = tuple(replace(stage, place=stage.place + by) for stage in self.stages)
        return replace(self, ready=replace(self.ready, place=self.ready.place + by), stages=stages)

    def turned(self, by: Tensor) -> "HandPlan":
        """The same movements with the hand turned about its point by a rotation vector ``by`` (3,) of its own axes, radians."""
        turn = rotations.from_rotvec(by)
        stages = tuple(replace(stage, hand=rotations.multiply(stage.hand, turn)) for stage in self.stages)
        return replace(self, ready=replace(self.ready, hand=rotations.multiply(self.ready.hand, turn)), stages=stages)

    def eased(self, share: float) -> "HandPlan":
        """The same movements with the fingers by ``share`` of their way nearer to a relaxed hand's."""
        relaxed = finger_angles(rest.HANDSHAPE).reshape(-1)
        stages = tuple(replace(stage, fingers=torch.lerp(stage.fingers, relaxed.expand_as(stage.fingers), share)) for stage in self.stages)
        return replace(self, ready=replace(self.ready, fingers=torch.lerp(self.ready.fingers, relaxed, share)), stages=stages)

    def reaching(self, index: int, by: Tensor) -> "HandPlan":
        """The same movements, of which the one at ``index`` arrives ``by`` (3,) metres out, up, forward of where it did."""
        done = minimum_jerk(unit_times())[:, None]
        further = [torch.zeros_like(by) if i < index else by * done if i == index else by for i in range(len(self.stages))]
        return replace(self, stages=tuple(replace(s, place=s.place + f) for s, f in zip(self.stages, further, strict=True)))


def sized_place(place: space.Place, size: float) -> Tensor:
    """The place (3,) of a gesture of another size: farther from or nearer to where hands gesture at ease."""
    at = torch.tensor(place.point)
    return at if place.fixed else _CENTRE + (at - _CENTRE) * size**_PLACE_POWER


@lru_cache(maxsize=1024)
def _turn(palm: space.Vector, fingers: space.Vector, left_hand: bool) -> Tensor:
    return ik.hand_rotation(torch.tensor(palm.for_hand(left_hand)), torch.tensor(fingers.for_hand(left_hand)))


def plan_hand(form: Form, left_hand: bool, size: float) -> HandPlan:
    """The hand's part of a notated form at a size. The left hand mirrors the right unless it has a form of its own."""
    own = form.left if left_hand and form.left is not None else form.right
    mirrors = left_hand and form.left is None
    side = left_hand and not mirrors  # a mirrored hand reads left and right as the right hand does
    place = sized_place(own.at, size)
    if own.apart is not None:
        place[0] = 0.5 * max(own.apart * size, 0.04)
    rests = _rests(form, own)
    presses = rests or _presses(form)
    angles = finger_angles(own.shape, presses)
    pose = Pose(place, _turn(own.palm, own.fingers, side), hand_point(angles, own.point.value), angles.reshape(-1))
    plan = HandPlan(pose, (), HANDSHAPES[own.shape].points)
    palm, fingers, stages = own.palm, own.fingers, []
    swings = len(form.stroke) < _DRAWN and not form.meets and form.relation is not Relation.TOGETHER
    for movement in form.stroke:
        if movement.hand == ("right" if left_hand else "left"):
            stages.append(_still(pose))
            continue
        meets = movement.to is not None and movement.to.other is not None
        toward = _toward_other(form, left_hand, pose.place, size, movement.hand == "both") if meets else pose.place
        stage = _stage(movement, own, pose, (palm, fingers), side, left_hand, form.relation, presses, size, toward, swings)
        palm, fingers, pose = movement.palm or palm, movement.fingers or fingers, stage.end
        stages.append(stage)
    return HandPlan(plan.ready, tuple(stages), plan.keeps_fingers, own.elbow, rests=rests, exact=presses)


def _presses(form: Form) -> bool:
    """Whether the hands meet, or begin so near to each other that they may come to lie on each other."""
    right, left = torch.tensor(form.right.at.point), torch.tensor((form.left or form.right).at.point)
    return form.meets or bool((left - right * right.new_tensor([-1.0, 1.0, 1.0])).norm() < _MAY_PRESS_M)


def _rests(form: Form, own: HandForm) -> bool:
    """Whether a hand lies on the body where its stroke ends: at a place of the body from which it does not move off."""
    places = [own.at, *(movement.to for movement in form.stroke if movement.to is not None)]
    return any(place.fixed for place in places)


def _toward_other(form: Form, left_hand: bool, place: Tensor, size: float, halfway: bool) -> Tensor:
    """About where (3,) a hand at ``place`` meets the other: where a mirrored hand is, or one with a form of its own begins; or halfway."""
    across = torch.tensor([-1.0, 1.0, 1.0])
    there = across * (place if form.left is None else sized_place((form.right if left_hand else form.left).at, size))
    return 0.5 * (there + place) if halfway else there


def _still(pose: Pose, seconds: float = 0.0) -> Stage:
    count = len(unit_times())
    place, hand, point, fingers = (t.expand(count, -1) for t in (pose.place, pose.hand, pose.point, pose.fingers))
    return Stage(place, hand, point, fingers, torch.zeros(count, 3), seconds, 0.5, False)


def _stage(
    movement: Movement, own: HandForm, pose: Pose, facing: tuple[space.Vector, space.Vector], side: bool, left_hand: bool,
    relation: Relation, presses: bool, size: float, other_at: Tensor, swings: bool,
) -> Stage:  # fmt: skip
    if movement.wait is not None:
        return _still(pose, movement.wait)
    turned = pose.hand
    if movement.palm is not None or movement.fingers is not None:
        turned = _turn(movement.palm or facing[0], movement.fingers or facing[1], side)
    turn_rad = float(rotations.to_rotvec(rotations.multiply(rotations.inverse(pose.hand), turned)).norm())
    angles = pose.fingers if movement.shape is None else finger_angles(movement.shape, presses).reshape(-1)
    point = hand_point(angles.reshape(15, 3), own.point.value)
    shape = _movement_shape(movement, pose, side, turn_rad, size, other_at, swings)
    sign = torch.ones(3)
    if left_hand and relation is Relation.ALTERNATE and movement.to is None:
        sign = -sign
    elif left_hand and relation is Relation.PARALLEL and movement.to is None:
        sign = torch.tensor([-1.0, 1.0, 1.0])
    rock_sign = -1.0 if left_hand and relation in (Relation.ALTERNATE, Relation.PARALLEL) else 1.0
    done = shape.done[:, None]
    return Stage(
        pose.place + sign * shape.path,
        rotations.slerp(pose.hand.expand(len(done), -1), turned.expand(len(done), -1), done[:, 0]),
        torch.lerp(pose.point, point, done),
        torch.lerp(pose.fingers, angles, done),
        rock_sign * shape.wrist,
        shape.seconds,
        shape.accent,
        turn_rad > 1e-3,
        shape.edge,
        None if movement.to is None or movement.to.other is None else (own.point.value, movement.to.other),
    )


def _movement_shape(
    movement: Movement, pose: Pose, side: bool, turn_rad: float, size: float, other_at: Tensor, swings: bool
) -> strokes.Shape:
    if movement.kind in ("arc", "circle", "spiral"):
        return strokes.curved(movement, side, size)
    if movement.kind in ("zigzag", "shake", "tap", "rock"):
        return strokes.repeated(movement, side, size)
    way = torch.zeros(3)
    if movement.move is not None:
        way = size * torch.tensor(movement.move.for_hand(side))
    elif movement.to is not None:
        way = (sized_place(movement.to, size) if movement.to.other is None else other_at) - pose.place
    if movement.apart is not None:
        way[0] = 0.5 * max(movement.apart * size, 0.04) - pose.place[0]
    return strokes.straight(movement, way, turn_rad, size, swings)


def arm_channels(plans: Sequence[HandPlan], chest: Tensor, chest_at: Tensor, shrug: Tensor) -> list[tuple[Tensor, Tensor]]:
    """For each arm its channels where the stroke begins (52,) and over its movements (S, M, 52), from comfortable postures.

    ``chest`` (K, M, 4), ``chest_at`` (K, M, 3) and ``shrug`` (K, M) are the body's over the preparation and each movement of
    each arm; the preparation's last is where the stroke begins. They are those of the mirrored body for a right hand.
    """
    stages = [stage for plan in plans for stage in (_still(plan.ready), *plan.stages)]
    counts = [1 + len(plan.stages) for plan in plans]
    tables = ("place", "hand", "point", "fingers", "rock")
    place, hand, point, fingers, rock = (torch.stack([getattr(stage, name) for stage in stages]) for name in tables)
    before, group = _before_and_group(plans)
    wrist = place[:, -1] - rotations.rotate(hand[:, -1], point[:, -1])
    arm = torch.repeat_interleave(torch.arange(len(plans)), torch.tensor(counts))
    swings = torch.stack([torch.stack([r.amin((0, 1)), r.amax((0, 1))], -1) for r in torch.split(rock, counts)])  # (A, 3, 2)
    bounds = (ik.FOREARM_RANGE - swings)[arm]
    keeps, exact = (torch.tensor([getattr(plan, name) for plan in plans])[arm] for name in ("keeps_fingers", "exact"))
    elbows = [plan.elbow for plan, count in zip(plans, counts, strict=True) for _ in range(count)]
    swivel, turn = ik.comfortable_posture(
        chest[:, -1], chest_at[:, -1], wrist, hand[:, -1], keeps, exact, group, shrug[:, -1], bounds, elbows
    )
    swivel = swivel + torch.tensor([plan.swivel for plan in plans])[arm]
    done = minimum_jerk(unit_times())
    swivels = torch.lerp(swivel[before, None], swivel[:, None], done)  # (K, M)
    turns = rotations.slerp(turn[before, None].expand_as(hand), turn[:, None].expand_as(hand), done.expand(len(stages), -1))
    hand = rotations.multiply(hand, turns)
    wrist = place - rotations.rotate(hand, point)
    arms = ik.reach(chest, chest_at, wrist, swivels, shrug)
    angles = ik.forearm_angles(arms, hand)
    angles = torch.minimum(torch.maximum(angles, bounds[:, None, :, 0]), bounds[:, None, :, 1]) + rock
    channels = torch.cat([wrist, swivels[..., None], angles, fingers], -1)
    paths = ik.wrist_place(arms, chest, chest_at)
    for i, stage in enumerate(stages):
        if stage.edge is not None:
            channels[i] = _at_lawful_speed(channels[i], paths[i], stage.edge)
    return [(of_arm[0, -1], of_arm[1:]) for of_arm in torch.split(channels, counts)]


def _at_lawful_speed(channels: Tensor, path: Tensor, edge: float) -> Tensor:
    """A movement's channels (M, 52) timed anew, so that the wrist's path (M, 3) is passed as the two-thirds power law has it."""
    at = power_law_phase(path, steady(unit_times(), edge)) * (len(path) - 1)
    low = at.floor().long().clamp(max=len(path) - 2)
    return torch.lerp(channels[low], channels[low + 1], (at - low)[:, None])


def _before_and_group(plans: Sequence[HandPlan]) -> tuple[Tensor, Tensor]:
    """For every stage of every arm, preparation first: the stage before it (K,), and the group (K,) that shares one posture."""
    before: list[int] = []
    turns: list[bool] = []
    for plan in plans:
        first = len(before)
        before += [first, *range(first, first + len(plan.stages))]
        turns += [True, *(stage.turns for stage in plan.stages)]
    return torch.tensor(before), torch.tensor(turns).long().cumsum(0) - 1


def preparation(ready: Tensor, start_s: float, end_s: float) -> Submovement:
    """From rest to the channels (52,) where the stroke begins, bowed up and outward rather than straight."""
    return _bowed(ready - rest.left_arm_channels(), (0.10, 0.0, 0.12), start_s, end_s)


def retraction(last: Tensor, start_s: float, end_s: float) -> Submovement:
    """From the stroke's last channels (52,) back to rest, sinking in an arc outside the straight line."""
    return _bowed(rest.left_arm_channels() - last, (0.10, -0.05, 0.02), start_s, end_s)


# A held hand is never still: in 206 holds of captured gestures the wrist went 44 mm/s (a quarter slower than 35), downward with 12 mm/s,
# and turned by 12 degrees a second. It sinks, comes nearer, and the wrist gives.
_DRIFT_M_PER_S = (0.007, -0.016, -0.020)  # out, up, forward
_DRIFT_RAD_PER_S = (0.04, -0.13, 0.05)  # of twist, flexion, deviation
_FINGERS_EASE_PER_S = 0.05  # of their way to a relaxed hand's
_FADE_S = 0.12  # the drift begins within the stroke's last tenth of a second and is lost in the retraction


def hold_drift(plan: HandPlan, last: Tensor, start_s: float, end_s: float) -> Submovement:
    """How a held hand gives way over [start_s, end_s), from the stroke's last channels (52,); a hand that rests on the body does not."""
    seconds = 0.0 if plan.rests else end_s - start_s
    change = torch.zeros_like(last)
    change[WRIST_AT], change[FOREARM] = torch.tensor(_DRIFT_M_PER_S), torch.tensor(_DRIFT_RAD_PER_S)
    change[FINGERS] = _FINGERS_EASE_PER_S * (finger_angles(rest.HANDSHAPE).reshape(-1) - last[FINGERS])
    begins, ends = start_s - _FADE_S, end_s + _FADE_S
    done = steady(unit_times(), min(0.5, _FADE_S / (ends - begins)))
    return Submovement(begins, ends, done[:, None] * change * seconds)


def _bowed(change: Tensor, bow: tuple[float, float, float], start_s: float, end_s: float) -> Submovement:
    done = minimum_jerk(unit_times())[:, None]
    table = done * change
    distance = change[WRIST_AT].norm()
    table[:, WRIST_AT] = table[:, WRIST_AT] + 4.0 * done * (1.0 - done) * distance * torch.tensor(bow)
    return Submovement(start_s, end_s, table)
