"""The roll of an arm, moved between shoulder, elbow and wrist without moving a bone."""
import torch
from torch import Tensor

from chironomia.motion_library import rotations, skeleton

_ARMS = {part: [skeleton.INDEX[f"{side}_{part}"] for side in ("left", "right")] for part in ("shoulder", "elbow", "wrist")}
_STRAIGHT, _BENT = 0.15, 0.5  # sine of the elbow's bend: from where on, and from where on fully, it shows the arm's roll
_ROLLED, _OVERSTRETCHED = 1.9, 2.8  # radians off its hinge: up to where roll explains a bend, and from where it is an elbow bent backward


def _roll(angle: Tensor) -> Tensor:
    """Turns (..., 4) about the bone of an arm in the T pose, the X axis, by angles (...) in radians."""
    half = 0.5 * angle
    return torch.stack([torch.sin(half), torch.zeros_like(half), torch.zeros_like(half), torch.cos(half)], -1)


def _roll_angle(turns: Tensor) -> Tensor:
    """The twist (...) of turns (..., 4) about the X axis, in radians, within half a circle of zero."""
    turns = torch.where(turns[..., 3:] < 0, -turns, turns)
    return 2.0 * torch.atan2(turns[..., 0], turns[..., 3])


def _pass_on(local: Tensor, above: list[int], below: list[int], angle: Tensor) -> Tensor:
    """Turn the joints ``above`` by ``angle`` (F, 2) about their bones, and ``below`` back: all that hangs there stays."""
    turn = _roll(angle)
    local = local.clone()
    local[:, above] = rotations.multiply(local[:, above], turn)
    local[:, below] = rotations.multiply(rotations.inverse(turn), local[:, below])
    return local


def _ramp(part: Tensor) -> Tensor:
    """From 0 below 0 to 1 above 1, with level ends."""
    part = part.clamp(0.0, 1.0)
    return part * part * (3.0 - 2.0 * part)


def settle_arm_roll(local: Tensor) -> Tensor:
    """The same pose (F, 55, 4) with the roll of each arm where anatomy has it; every bone keeps its direction.

    Sources split roll between shoulder, elbow and wrist as they like. Here an elbow that is bent bends about its hinge,
    which the shoulder's roll brings into place, and pronation is shared by elbow and wrist, as our limits expect. An elbow
    that captured data bends backward is not rolled about, or the arm would flip over where it passes through straight.
    """
    bones = skeleton.OFFSETS.to(local)[_ARMS["wrist"]]
    fore = torch.nn.functional.normalize(rotations.rotate(local[:, _ARMS["elbow"]], bones), dim=-1)  # (F, 2, 3) seen from the upper arm
    off_hinge = torch.atan2(-fore[..., 1], fore[..., 2])  # 0 where the forearm comes forward
    shows = _ramp((fore[..., 1:].norm(dim=-1) - _STRAIGHT) / (_BENT - _STRAIGHT))
    shows = shows * _ramp((_OVERSTRETCHED - off_hinge.abs()) / (_OVERSTRETCHED - _ROLLED))
    local = _pass_on(local, _ARMS["shoulder"], _ARMS["elbow"], off_hinge * shows)
    elbow, wrist = _roll_angle(local[:, _ARMS["elbow"]]), _roll_angle(local[:, _ARMS["wrist"]])
    return _pass_on(local, _ARMS["elbow"], _ARMS["wrist"], 0.5 * (wrist - elbow))
