"""A motion of another skeleton, carried onto ours by correcting the difference of the two rest poses.

A bone keeps the direction it has in the world, whatever the pose it rests in: an A-posed arm and our T-posed arm point
the same way afterwards. A table of names alone cannot do that. Both rest poses are taken to stand, with all joint frames
aligned to the world; theirs may stand along another axis than Y and face another way than +Z.
"""
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.arm_roll import settle_arm_roll
from chironomia.motion_library.handshapes import FINGER_JOINTS, finger_angles, finger_rotations
from chironomia.motion_library.joint_names import joint_map
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.part import Part


@dataclass(frozen=True)
class ForeignMotion:
    """A motion on somebody's skeleton: J joints in topological order, any unit of length.

    ``offsets`` (J, 3) from the parent joint at rest, ``tips`` end sites (3,) by joint index, ``rotations`` (F, J, 4) local
    XYZW, ``root`` (F, 3) the place of joint 0 in the world. ``left_out`` names the file's joints that are not among them.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Tensor
    tips: dict[int, Tensor]
    rotations: Tensor
    root: Tensor
    fps: float
    left_out: tuple[str, ...] = ()

    def cut(self, part: Part) -> "ForeignMotion":
        """Only the frames of a part; for errors see :meth:`Part.frames`."""
        frames = part.frames(len(self.root), self.fps)
        return replace(self, rotations=self.rotations[frames], root=self.root[frames])


def from_the_hips(source: ForeignMotion, places: Tensor) -> ForeignMotion:
    """The same motion of the joints from the hips on; ``places`` (F, J, 3) are those of each joint against its parent.

    What a joint above the hips does (a root on the floor, a reference) is in the hips' place and turn afterwards. ValueError for a body
    that :func:`joint_map` does not understand.
    """
    hips = joint_map(source.names, source.parents)["pelvis"]
    if hips == 0:
        return source
    chain = [hips]
    while (above := source.parents[chain[0]]) >= 0:
        chain.insert(0, above)
    root, turn = source.root, source.rotations[:, 0]
    for joint in chain[1:]:
        root = root + rotations.rotate(turn, places[:, joint])
        turn = rotations.multiply(turn, source.rotations[:, joint])
    kept = [hips]
    for joint, parent in enumerate(source.parents):
        if parent in kept:
            kept.append(joint)
    turns = source.rotations[:, kept].clone()
    turns[:, 0] = turn
    return replace(
        source,
        names=tuple(source.names[joint] for joint in kept),
        parents=tuple(kept.index(source.parents[joint]) if joint != hips else -1 for joint in kept),
        offsets=source.offsets[kept],
        tips={kept.index(joint): tip for joint, tip in source.tips.items() if joint in kept},
        rotations=turns,
        root=root,
        left_out=tuple(name for joint, name in enumerate(source.names) if joint not in kept),
    )


def _points_to() -> dict[str, str]:
    """For each joint of a limb the landmark its bone points to, where that direction means the same on every skeleton.

    Torso, collars and feet are not among them: everyone sets those joints elsewhere, but their frames agree at rest. The
    tip of a finger is landmark 4 of that finger.
    """
    chain = {"hip": "knee", "knee": "ankle", "shoulder": "elbow", "elbow": "wrist", "wrist": "middle1"}
    chain |= {f"{finger}{i}": f"{finger}{i + 1}" for finger in ("thumb", "index", "middle", "ring", "pinky") for i in (1, 2, 3)}
    return {f"{side}_{joint}": f"{side}_{end}" for side in ("left", "right") for joint, end in chain.items()}


_POINTS_TO = _points_to()
_MIN_BEND = 0.05  # radians: a straighter elbow does not tell where its hinge lies


def _tips(source: ForeignMotion) -> dict[int, Tensor]:
    """Ends of bones (3,) by joint: end sites, and the place of a joint's only child."""
    children = {joint: [c for c, parent in enumerate(source.parents) if parent == joint] for joint in range(len(source.names))}
    return {joint: source.offsets[below[0]] for joint, below in children.items() if len(below) == 1} | source.tips


def _landmarks(rest: Tensor, joints: dict[str, int], tips: dict[int, Tensor]) -> dict[str, Tensor]:
    """Places at rest (3,) by our names; fingertips are landmark 4."""
    places = {name: rest[joint] for name, joint in joints.items()}
    ends = {name: joint for name, joint in joints.items() if name.endswith("3") and name in _POINTS_TO and joint in tips}
    return places | {_POINTS_TO[name]: rest[joint] + tips[joint] for name, joint in ends.items()}


def _roll_axis(places: dict[str, Tensor], name: str) -> Tensor | None:
    """A direction across the bone that fixes its roll: over the knuckles for a hand, the elbow's hinge for an arm."""
    side, _, part = name.partition("_")
    if part == "wrist":
        knuckles = [places[knuckle] for f in ("index", "middle", "ring", "pinky") if (knuckle := f"{side}_{f}1") in places]
        return knuckles[0] - knuckles[-1] if len(knuckles) > 1 else None
    if part in ("shoulder", "elbow"):
        upper, fore = places[f"{side}_elbow"] - places[f"{side}_shoulder"], places[f"{side}_wrist"] - places[f"{side}_elbow"]
        hinge = torch.linalg.cross(upper, fore) / (upper.norm() * fore.norm())
        return hinge if float(hinge.norm()) > _MIN_BEND else None
    return None


def _frame(forward: Tensor, across: Tensor) -> Tensor:
    """The rotation (4,) XYZW whose axes are forward, its part of across at a right angle, and their normal."""
    x = torch.nn.functional.normalize(forward, dim=-1)
    z = torch.nn.functional.normalize(across - x * (across * x).sum(-1, keepdim=True), dim=-1)
    return rotations.from_matrix(torch.stack([x, torch.linalg.cross(z, x), z], -1))


def _rest(parents: tuple[int, ...], offsets: Tensor) -> Tensor:
    """Joint positions at rest (J, 3), the root at the origin."""
    places: list[Tensor] = []
    for joint, parent in enumerate(parents):
        places.append(offsets[joint] + places[parent] if parent >= 0 else torch.zeros_like(offsets[joint]))
    return torch.stack(places)


def _our_roll_axis(places: dict[str, Tensor], name: str) -> Tensor | None:
    """As :func:`_roll_axis`; our straight elbow has its hinge along Y, to bend forward."""
    if name.endswith(("_shoulder", "_elbow")):
        return places[name].new_tensor([0.0, -1.0 if name.startswith("left") else 1.0, 0.0])
    return _roll_axis(places, name)


def rest_corrections(source: ForeignMotion, mapping: dict[str, int]) -> dict[str, Tensor]:
    """For each mapped joint, the rotation (4,) XYZW that turns our bone at rest into theirs.

    Roll about a bone is taken from the knuckles and the elbow's hinge where they show, else from the bone before.
    """
    theirs = _landmarks(_rest(source.parents, source.offsets), mapping, _tips(source))
    our_tips = {skeleton.INDEX[name]: source.offsets.new_tensor(tip) for name, tip in skeleton.TIPS.items()}
    ours = _landmarks(_rest(skeleton.PARENTS, skeleton.OFFSETS.to(source.offsets)), skeleton.INDEX, our_tips)
    ours = {name: place for name, place in ours.items() if name in theirs}
    none = rotations.identity(like=source.offsets)
    out: dict[str, Tensor] = {}
    for name in mapping:
        above = out.get(skeleton.JOINT_NAMES[skeleton.PARENTS[skeleton.INDEX[name]]], none)
        end = _POINTS_TO.get(name)
        out[name] = none if end is None else _correction(name, end, ours, theirs, above)
    return out


def _correction(name: str, end: str, ours: dict[str, Tensor], theirs: dict[str, Tensor], above: Tensor) -> Tensor:
    if end not in theirs or float((theirs[end] - theirs[name]).norm()) < 1e-6:
        return above
    us, them = ours[end] - ours[name], theirs[end] - theirs[name]
    our_axis, their_axis = _our_roll_axis(ours, name), _roll_axis(theirs, name)
    if our_axis is not None and their_axis is not None:
        return rotations.multiply(_frame(them, their_axis), rotations.inverse(_frame(us, our_axis)))
    return rotations.multiply(rotations.between(rotations.rotate(above, us), them), above)


def _levels(parents: tuple[int, ...]) -> list[list[int]]:
    """The joints by their distance from the root, without the root."""
    depth = [0] * len(parents)
    for joint, parent in enumerate(parents):
        depth[joint] = depth[parent] + 1 if parent >= 0 else 0
    return [[joint for joint, at in enumerate(depth) if at == level] for level in range(1, max(depth) + 1)]


def world(source: ForeignMotion) -> tuple[Tensor, Tensor]:
    """Positions (F, J, 3) and world rotations (F, J, 4) of the source on its own skeleton."""
    places, turns = source.root[:, None].repeat(1, len(source.names), 1), source.rotations.clone()
    for joints in _levels(source.parents):
        above = [source.parents[joint] for joint in joints]
        places[:, joints] = places[:, above] + rotations.rotate(turns[:, above], source.offsets[joints])
        turns[:, joints] = rotations.multiply(turns[:, above], source.rotations[:, joints])
    return places, turns


def _leg(offsets: Tensor, knee: int, ankle: int) -> float:
    return float(offsets[knee].norm() + offsets[ankle].norm())


def ground_shift(positions: Tensor) -> Tensor:
    """How far to lift joints (F, 55, 3) of our body so that its lower foot stands on Y = 0 in the median frame, metres."""
    feet = skeleton.INDEX["left_foot"], skeleton.INDEX["right_foot"], skeleton.INDEX["left_ankle"], skeleton.INDEX["right_ankle"]
    rest = _rest(skeleton.PARENTS, skeleton.OFFSETS.to(positions))[..., 1] + skeleton.PELVIS_HEIGHT_M
    soles = positions[:, feet, 1] - rest[list(feet)]  # (F, 4) above where they are when standing
    return -soles.amin(1).median()


def retarget(source: ForeignMotion) -> Motion:
    """The motion of ``source`` on our skeleton: bones point as theirs do, legs are scaled to ours, feet stand on Y = 0.

    Joints of ours without a counterpart stay as they rest; fingers that the source lacks, or never moves, are relaxed. A
    skeleton with our own bones (within 0.1 mm, in metres) is read as it is. Raises ValueError for names that are not
    understood and for rest poses that do not stand.
    """
    mapping = joint_map(source.names, source.parents)
    if _is_ours(source, mapping):
        order = [mapping[name] for name in skeleton.JOINT_NAMES]
        return Motion(rotations.continuous(source.rotations[:, order]), source.root, source.fps)
    source, mapping = upright(source), _without_idle_toes(mapping, _tips(source))
    corrections = rest_corrections(source, mapping)
    places, turns = world(source)
    follow = [_nearest_mapped(joint, mapping) for joint in range(skeleton.JOINTS)]
    ours = rotations.multiply(turns[:, [mapping[name] for name in follow]], torch.stack([corrections[name] for name in follow]))
    above = [max(p, 0) for p in skeleton.PARENTS]
    local = rotations.multiply(rotations.inverse(ours[:, above]), ours)
    local[:, 0] = ours[:, 0]
    local = _relax_fingers(settle_arm_roll(local), source, mapping)
    return Motion(rotations.continuous(local), _translation(places, local, source, mapping), source.fps)


def _without_idle_toes(mapping: dict[str, int], tips: dict[int, Tensor]) -> dict[str, int]:
    """Without toes of no length: nobody saw what they turn by, and CMU's recordings hold noise there."""
    ends = {name: tips.get(joint) for name, joint in mapping.items() if name.endswith("_foot")}
    idle = {name for name, tip in ends.items() if tip is not None and float(tip.norm()) < 1e-6}
    return {name: joint for name, joint in mapping.items() if name not in idle}


_NEVER_MOVED = 1e-4  # of a quaternion's vector part: below what a file with four decimals of a degree can say


def _relax_fingers(local: Tensor, source: ForeignMotion, mapping: dict[str, int]) -> Tensor:
    """The same pose with the relaxed handshape where the source has no finger, or a hand whose fingers all stay at rest."""
    for side, joints in FINGER_JOINTS.items():
        theirs = {joint: mapping.get(skeleton.JOINT_NAMES[joint]) for joint in joints}
        known = [j for j in theirs.values() if j is not None]
        still = not known or float(source.rotations[:, known, :3].abs().max()) < _NEVER_MOVED
        fingers = {joint: skeleton.JOINT_NAMES[joint][:-1] for joint in joints}
        has = {fingers[joint] for joint, j in theirs.items() if j is not None}
        lacking = [n for n, joint in enumerate(joints) if still or fingers[joint] not in has]
        local[:, [joints[n] for n in lacking]] = relaxed_fingers(side).to(local)[lacking]
    return local


def relaxed_fingers(side: str) -> Tensor:
    """Local rotations (15, 4) of the finger joints of the ``left`` or ``right`` hand at rest."""
    left = finger_rotations(finger_angles("relaxed"))
    return left if side == "left" else left * left.new_tensor([1.0, -1.0, -1.0, 1.0])


def _translation(places: Tensor, local: Tensor, source: ForeignMotion, mapping: dict[str, int]) -> Tensor:
    """Where our pelvis goes (F, 3) so that the middle between the hips is theirs, scaled by the legs, feet on the ground."""
    knee, ankle = skeleton.INDEX["left_knee"], skeleton.INDEX["left_ankle"]
    scale = _leg(skeleton.OFFSETS, knee, ankle) / _leg(source.offsets, mapping["left_knee"], mapping["left_ankle"])
    middle = places[:, [mapping["left_hip"], mapping["right_hip"]]].mean(1) * scale
    hips = skeleton.OFFSETS.to(local)[[skeleton.INDEX["left_hip"], skeleton.INDEX["right_hip"]]].mean(0)
    pelvis = middle - rotations.rotate(local[:, 0], hips)
    pelvis[:, 1] += ground_shift(skeleton.forward_kinematics(local, pelvis)[0])
    return pelvis


def _nearest_mapped(joint: int, mapping: dict[str, int]) -> str:
    while skeleton.JOINT_NAMES[joint] not in mapping:
        joint = skeleton.PARENTS[joint]
    return skeleton.JOINT_NAMES[joint]


def _is_ours(source: ForeignMotion, mapping: dict[str, int]) -> bool:
    if len(mapping) != skeleton.JOINTS or len(source.names) != skeleton.JOINTS:
        return False
    offsets = source.offsets[[mapping[name] for name in skeleton.JOINT_NAMES]]
    return bool((offsets[1:] - skeleton.OFFSETS.to(offsets)[1:]).norm(dim=-1).max() < 1e-4)


def upright(source: ForeignMotion) -> ForeignMotion:
    """The same motion of a body whose rest pose stands along +Y and faces +Z; ValueError for a rest pose that does not stand.

    The world turns with the rest pose, unless the body already moves upright along Y in it.
    """
    mapping = joint_map(source.names, source.parents)
    turn = _to_upright(source, mapping)
    if float(turn[3].abs()) > 1 - 1e-6:
        return source
    _, turned_to = world(source)
    y = turn.new_tensor([0.0, 1.0, 0.0])
    rest_up = rotations.rotate(rotations.inverse(turn), y)
    moving_up = rotations.rotate(turned_to[:, mapping["spine3"] if "spine3" in mapping else mapping["pelvis"]], rest_up).mean(0)
    turn_world = float(moving_up @ rest_up) >= float(moving_up @ y)
    turned = rotations.multiply(rotations.multiply(turn, source.rotations), rotations.inverse(turn))
    if not turn_world:
        turned[:, 0] = rotations.multiply(source.rotations[:, 0], rotations.inverse(turn))
    return replace(
        source,
        offsets=rotations.rotate(turn, source.offsets),
        tips={joint: rotations.rotate(turn, tip) for joint, tip in source.tips.items()},
        rotations=turned,
        root=rotations.rotate(turn, source.root) if turn_world else source.root,
    )


_FACES_ALONG = 0.96  # cosine, 16 degrees: hips of captured bodies are askew by a few degrees, and still face along an axis


def _to_upright(source: ForeignMotion, mapping: dict[str, int]) -> Tensor:
    """The rotation (4,) that lets the rest pose stand along +Y and face +Z. ValueError if there is none.

    It stands along the nearest axis of the world, and faces along one too unless its hips clearly do not.
    """
    rest = _rest(source.parents, source.offsets)
    hips = rest[[mapping["left_hip"], mapping["right_hip"]]].mean(0)
    trunk, legs, left = (
        torch.nn.functional.normalize(a - b, dim=-1)
        for a, b in (
            (rest[mapping["head"]], hips), (hips, rest[[mapping["left_ankle"], mapping["right_ankle"]]].mean(0)),
            (rest[mapping["left_hip"]], rest[mapping["right_hip"]]),
        )
    )  # fmt: skip
    up_axis = _nearest_axis(trunk)
    across = torch.nn.functional.normalize(left - up_axis * (up_axis @ left), dim=-1)
    left_axis = _nearest_axis(across) if float(_nearest_axis(across) @ across) > _FACES_ALONG else across
    if min(float(up_axis @ trunk), float(up_axis @ legs), float(across @ left)) < 0.7:
        raise ValueError(
            "expected a rest pose that stands, its trunk and legs along an axis of the world, its hips across, got its trunk toward "
            f"{_rounded(trunk)}, its legs toward {_rounded(-legs)} and its left toward {_rounded(left)}; export it in a T or A pose"
        )
    axes = torch.stack([left_axis, up_axis, torch.linalg.cross(left_axis, up_axis)])  # rows: their directions of our axes
    return rotations.from_matrix(axes)


def _nearest_axis(direction: Tensor) -> Tensor:
    """The signed axis of the world (3,) nearest to a direction."""
    most = int(direction.abs().argmax())
    axis = torch.zeros_like(direction)
    axis[most] = torch.sign(direction[most])
    return axis


def _rounded(direction: Tensor) -> tuple[float, ...]:
    return tuple(round(float(v), 2) for v in direction)
