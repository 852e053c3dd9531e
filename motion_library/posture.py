"""Where people's elbows, shoulders, trunk and head are when their hands are somewhere, fitted to captured gestures.

The coefficients stand in ``posture.yaml`` with the card that says what they were fitted to and how well they predict takes that they
had not seen (``evals/posture_fit.py`` makes it). Places are (out, up, forward) in arm lengths: of a left arm the left, up and forward.
"""
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import torch
import yaml
from torch import Tensor

from chironomia.motion_library.skeleton import ARM_LENGTH_M

TERMS = ("1", "out", "up", "forward", "out out", "up up", "forward forward", "out up", "out forward", "up forward")
_SOFT = 0.06  # arm lengths over which a place passes into the border of what was seen


@dataclass(frozen=True)
class Fit:
    """A quadratic of a place: ``weights`` (T, D) in degrees, inside the box ``low`` to ``high`` (3,) of the places that were seen."""

    low: Tensor
    high: Tensor
    weights: Tensor

    def at(self, place: Tensor) -> Tensor:
        """Radians (..., D) at places (..., 3) in arm lengths; a place outside the box counts as the nearest in it, smoothly."""
        # Products are summed one by one: a matrix product rounds otherwise for a pose alone than among many.
        return torch.deg2rad((terms(within(place, self.low, self.high))[..., None] * self.weights.to(place)).sum(-2))


def within(place: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Places (..., 3) drawn smoothly into the box from ``low`` to ``high`` (3,)."""
    low, high = low.to(place), high.to(place)
    above, beyond = (torch.nn.functional.softplus((place - edge) / _SOFT) * _SOFT for edge in (low, high))
    return low + above - beyond


def terms(place: Tensor) -> Tensor:
    """The values (..., 10) of TERMS at places (..., 3)."""
    out, up, forward = place.unbind(-1)
    one = torch.ones_like(out)
    return torch.stack([one, out, up, forward, out * out, up * up, forward * forward, out * up, out * forward, up * forward], -1)


@dataclass(frozen=True)
class Posture:
    """What was fitted. ``elbow``: swivel from the pole; ``palm`` (3,) what the palm's direction adds to it, in radians. ``shoulder``:
    lift and protraction of the clavicle. ``trunk`` and ``head``: the yaw and roll that come with the displacement of one hand from
    where it hangs. ``dip_deg``: how far the head is lowered while a hand gestures. ``wrist_m`` (out, up, forward,
    from the floor below the pelvis), ``swivel_deg`` and ``forearm_deg`` (twist, flexion, deviation): the hanging arm.
    ``bent`` (3,) and ``ease`` (3, 3): the mean of gesturing hands' twist, flexion and deviation in radians, and the triangular
    matrix that makes what is off it standard normal."""

    elbow: Fit
    palm: Tensor
    shoulder: Fit
    trunk: Fit
    head: Fit
    dip_deg: float
    wrist_m: tuple[float, float, float]
    swivel_deg: float
    forearm_deg: tuple[float, float, float]
    bent: Tensor
    ease: Tensor


@cache
def fitted() -> Posture:
    """The posture that comes with the package."""
    said = yaml.safe_load(files("chironomia.motion_library").joinpath("posture.yaml").read_text(encoding="utf-8"))
    fits = {name: _fit(said[name]) for name in ("elbow", "shoulder", "trunk", "head")}
    palm = torch.deg2rad(torch.tensor([said["elbow"]["palm"][axis] for axis in ("out", "up", "forward")]))
    arm, wrist = said["hanging"], said["wrist"]
    spread = torch.linalg.cholesky(torch.tensor(wrist["covariance"], dtype=torch.float64)).to(torch.float32)  # degrees
    return Posture(
        palm=palm, dip_deg=said["dip_deg"], **fits,
        wrist_m=tuple(arm["wrist_m"]), swivel_deg=arm["swivel_deg"][0], forearm_deg=tuple(arm["forearm_deg"]),
        bent=torch.deg2rad(torch.tensor(wrist["mean"])), ease=torch.linalg.inv(torch.deg2rad(spread)),
    )  # fmt: skip


def _fit(said: dict[str, dict[str, list[float]]]) -> Fit:
    weights = torch.tensor([said["degrees"][term] for term in TERMS])
    return Fit(torch.tensor(said["seen"]["low"]), torch.tensor(said["seen"]["high"]), weights)


def natural_swivel(wrist: Tensor) -> Tensor:
    """How far (...,) radians people's elbow turns up and out from the pole of ``ik``, for a wrist (..., 3) metres from the shoulder."""
    return fitted().elbow.at(wrist / ARM_LENGTH_M)[..., 0]


def palm_swivel(palm: Tensor) -> Tensor:
    """How much farther (...,) radians it turns when the palm faces ``palm`` (..., 3): out, up, forward."""
    return (palm * fitted().palm.to(palm)).sum(-1)


def clavicle(wrist: Tensor) -> tuple[Tensor, Tensor]:
    """Lift and protraction (...,) radians of the clavicle for a wrist (..., 3) metres from where its shoulder rests."""
    lift, protraction = fitted().shoulder.at(wrist / ARM_LENGTH_M).unbind(-1)
    return lift, protraction


def body_share(left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Pitch, yaw and roll (..., 3) in degrees of the trunk upon the pelvis, and of the head upon the trunk, while hands gesture.

    ``left`` and ``right`` (..., 3) metres out, up, forward from where the hands hang; two that do the same cancel. People's trunks do
    not lean with their hands in any way that a place predicts, and their heads are lowered a little whatever the place.
    """
    trunk, head = (_turned(fit, left / ARM_LENGTH_M) - _turned(fit, right / ARM_LENGTH_M) for fit in (fitted().trunk, fitted().head))
    still = torch.zeros_like(trunk[..., :1])
    return torch.cat([still, trunk], -1), torch.cat([still + fitted().dip_deg, head], -1)


def _turned(fit: Fit, moved: Tensor) -> Tensor:
    return torch.rad2deg(fit.at(moved) - fit.at(torch.zeros_like(moved)))
