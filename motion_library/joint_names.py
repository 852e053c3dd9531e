"""Joint names: how Mixamo calls our joints, and which joints of a stranger's skeleton are ours, by name and by structure.

Names alone mislead (``LeftShoulder`` is a collar bone to Mixamo and a shoulder to others), so only the ends of limbs are found by name;
what lies between is counted along the chain from there.
"""
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MIXAMO_MIDLINE = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck", "head": "Head", "jaw": "Jaw",
}  # fmt: skip
_MIXAMO_SIDE = {
    "hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "foot": "ToeBase", "collar": "Shoulder", "shoulder": "Arm", "elbow": "ForeArm",
    "wrist": "Hand", "eye_smplhf": "Eye",
}  # fmt: skip


def mixamo_name(name: str) -> str:
    """Mixamo's name of one of our joints: ``LeftForeArm`` for ``left_elbow``, ``RightHandIndex1`` for ``right_index1``."""
    if name in _MIXAMO_MIDLINE:
        return _MIXAMO_MIDLINE[name]
    side, part = name.split("_", 1)
    return side.capitalize() + (_MIXAMO_SIDE.get(part) or "Hand" + part.capitalize())


_SIDES = {"left": "left", "l": "left", "lft": "left", "right": "right", "r": "right", "rgt": "right"}
_RIG = re.compile(r"def|org|bip|bip\d+|biped|bone|j|jnt|joint|character|mixamorig|b|c|f|sk")  # tokens that name the rig, not the joint
# Words of joints that none of ours follows: shares of a bone's roll, ends of bones, the palm's bones, helpers of the rig.
_PASSED = {"twist", "roll", "leaf", "end", "top", "nub", "ik", "metacarpal", "carpal", "in", "site", "helper"}
_FINGERS = {"thumb": "thumb", "index": "index", "pointer": "index", "middle": "middle", "mid": "middle", "ring": "ring",
            "pinky": "pinky", "little": "pinky"}  # fmt: skip
_SIDE_ENDS = {"ankle": ("ankle", "foot"), "wrist": ("wrist", "hand")}
_TOES = ("toe", "toebase", "toes", "ball", "foot", "ankle")
_LIMBS = {"ankle": ("knee", "hip"), "wrist": ("elbow", "shoulder", "collar")}
_REQUIRED = (
    "pelvis", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "head",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip


@dataclass(frozen=True)
class _Joint:
    """What a name says: its side, its part without rig and side in lower case, its numbers, and whether it is passed over."""

    side: str | None
    part: str
    numbers: tuple[int, ...]
    passed: bool


def _read(name: str) -> _Joint:
    bare = re.sub(r"^(mixamorig\d*|Character\d+|Bip\d+)", "", name.rsplit(":", 1)[-1], flags=re.IGNORECASE)
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", bare)
    sides = [_SIDES[w.lower()] for w in words if w.lower() in _SIDES]
    parts = [w.lower() for w in words if not w.isdigit() and w.lower() not in _SIDES]
    named = [w for w in parts if not _RIG.fullmatch(w)]
    passed = bool(_PASSED & set(parts)) or any("twist" in w for w in parts)
    passed = passed and not {"thumb", "metacarpal"} <= set(parts)  # the thumb's metacarpal is its first joint that moves by itself
    return _Joint(sides[0] if sides else None, "".join(named), tuple(int(w) for w in words if w.isdigit()), passed)


@dataclass(frozen=True)
class _Tree:
    """A skeleton that can be asked for its parts."""

    names: Sequence[str]
    parents: Sequence[int]
    joints: tuple[_Joint, ...]

    def above(self, joint: int) -> Iterator[int]:
        """The joints over ``joint`` that carry a name of the body, nearest first."""
        while (joint := self.parents[joint]) >= 0:
            if not self.joints[joint].passed:
                yield joint

    def below(self, joint: int) -> list[int]:
        return [child for child, parent in enumerate(self.parents) if parent == joint]

    def called(self, parts: Sequence[str], side: str | None) -> int | None:
        """The first joint named by the first of ``parts`` that is found at all on ``side``."""
        for part in parts:
            for joint, said in enumerate(self.joints):
                if said.part == part and said.side == side:
                    return joint
        return None


def joint_map(names: Sequence[str], parents: Sequence[int]) -> dict[str, int]:
    """Which of their joints (an index into ``names``) each of our joints follows; ``parents`` (J) has -1 at the root.

    Understood are Mixamo, SMPL-X, CMU (cgspeed), Perception Neuron, Unreal, Blender's Rigify, 3ds Max Biped, Daz and others whose head,
    feet and hands (or ankles and wrists) are called so in English. Prefixes, twist joints, finger ends and metacarpals are passed over.
    A hand is mapped if at least three of its fingers have two joints. Raises ValueError, with the missing names, where torso, arms or
    legs cannot be found.
    """
    tree = _Tree(names, parents, tuple(_read(name) for name in names))
    found = {**_limbs(tree, "left"), **_limbs(tree, "right")}
    if (head := tree.called(("head",), None)) is not None:
        found["head"] = head
    if {"left_hip", "right_hip", "head"} <= found.keys() and (pelvis := _pelvis(tree, found)) is not None:
        found["pelvis"] = pelvis
    missing = [f"{mixamo_name(name)} (or {name})" for name in _REQUIRED if name not in found]
    if missing:
        raise ValueError(
            f"expected a body with joints named as Mixamo, SMPL-X, CMU, Unreal or others do; not found: {', '.join(missing)}; "
            f"the file has: {', '.join(names[:12])}, …"
        )
    found |= _trunk(tree, found)
    for side in ("left", "right"):
        found |= _fingers(tree, side, found[f"{side}_wrist"])
        eye = tree.called(("eye", "eyesmplhf"), side)
        found |= {f"{side}_eye_smplhf": eye} if eye is not None else {}
    jaw = tree.called(("jaw",), None)
    return found | ({"jaw": jaw} if jaw is not None else {})


def unmapped_names(names: Sequence[str], parents: Sequence[int]) -> tuple[str, ...]:
    """Those of their joints that no joint of ours follows by itself; what they turn is passed on to their children."""
    used = set(joint_map(names, parents).values())
    return tuple(name for i, name in enumerate(names) if i not in used)


def _limbs(tree: _Tree, side: str) -> dict[str, int]:
    """Arm and leg of a side, counted up from wrist and ankle, and the toes below the ankle."""
    found: dict[str, int] = {}
    for end, parts in _SIDE_ENDS.items():
        joint = tree.called(parts, side)
        if joint is None:
            continue
        found[f"{side}_{end}"] = joint
        chain = [above for above in tree.above(joint) if tree.joints[above].side == side and tree.joints[above].part != "hipjoint"]
        found |= {f"{side}_{name}": above for name, above in zip(_LIMBS[end], chain, strict=False)}
    ankle = found.get(f"{side}_ankle")
    toes = [joint for joint in tree.below(ankle) if tree.joints[joint].part in _TOES] if ankle is not None else []
    return found | ({f"{side}_foot": toes[0]} if toes else {})


def _pelvis(tree: _Tree, found: dict[str, int]) -> int | None:
    """The joint from which both legs and the trunk go out, whatever it is called."""
    left, right = (set(tree.above(found[f"{side}_hip"])) for side in ("left", "right"))
    return next((joint for joint in tree.above(found["head"]) if joint in left & right), None)


def _trunk(tree: _Tree, found: dict[str, int]) -> dict[str, int]:
    """Spine and neck: the spine ends where the arms leave it; its joints are spread over our three, the last is our last."""
    arms = [set(tree.above(found.get(f"{side}_collar", found[f"{side}_shoulder"]))) for side in ("left", "right")]
    trunk = [joint for joint in tree.above(found["head"]) if found["pelvis"] in set(tree.above(joint))][::-1]  # from the pelvis up
    spine = [joint for joint in trunk if joint in arms[0] & arms[1]]
    neck = [joint for joint in trunk if joint not in arms[0] & arms[1]]
    count = len(spine)
    ours = {1: {"spine3": 0}, 2: {"spine1": 0, "spine3": 1}}.get(count)
    if ours is None:
        ours = {"spine1": 0, "spine2": count // 2, "spine3": count - 1} if count else {}
    return {name: spine[at] for name, at in ours.items()} | ({"neck": neck[0]} if neck else {})


def _fingers(tree: _Tree, side: str, wrist: int) -> dict[str, int]:
    """Our finger joints of a hand; none if fewer than three of its fingers have two joints."""
    chains: dict[str, list[int]] = {}
    numbered: list[tuple[tuple[int, ...], list[int]]] = []
    for joint in _first_of_fingers(tree, wrist):
        chain = _chain(tree, joint)
        finger = _finger(tree.joints[joint].part)
        if len(chain) > 1 and finger == "finger":
            numbered.append((tree.joints[joint].numbers, chain))
        elif len(chain) > 1 and finger:
            chains[finger] = chain
    unnamed = [finger for finger in ("thumb", "index", "middle", "ring", "pinky") if finger not in chains]
    if len(numbered) == len(unnamed):  # Finger0 (the thumb) to Finger4, as 3ds Max counts them, or a thumb by name and four by number
        chains |= dict(zip(unnamed, (chain for _, chain in sorted(numbered)), strict=True))
    if len(chains) < 3:
        return {}
    return {f"{side}_{finger}{i}": joint for finger, chain in chains.items() for i, joint in enumerate(chain[:3], 1)}


def _finger(part: str) -> str | None:
    """Which finger a part is of; ``finger`` if it does not say which."""
    rest = part.removeprefix("hand")
    unnamed = "finger" if rest.startswith(("finger", "digit")) else None
    return next((ours for word, ours in _FINGERS.items() if rest.startswith(word)), unnamed)


def _first_of_fingers(tree: _Tree, joint: int) -> list[int]:
    """The first joint of every finger below ``joint``; metacarpals and palms are passed over."""
    firsts = []
    for child in tree.below(joint):
        is_finger = _finger(tree.joints[child].part) is not None and not tree.joints[child].passed
        firsts += [child] if is_finger else _first_of_fingers(tree, child)
    return firsts


def _chain(tree: _Tree, joint: int) -> list[int]:
    chain = [joint]
    while below := [child for child in tree.below(chain[-1]) if not tree.joints[child].passed]:
        chain.append(below[0])
    return chain
