"""Fits posture to captured gestures: ``python -m chironomia.evals.posture_fit FOLDER [-o posture.yaml] [--picture PNG]``.

FOLDER holds ``clips.jsonl``, with a BVH ``file`` a line. Every quantity is a quadratic of the wrist's place in the box of places that
were seen, by ridge regression with Huber's weights, each take counting the same. Errors are of takes that were left out (five
folds), and of performers that were left out, beside the rule that was used before and the mean of the others.
"""
import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import yaml
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from chironomia.evals.posture_frames import Frames, gesturing, gesturing_body, hanging, read_frames
from chironomia.motion_library import skeleton
from chironomia.motion_library.draw import save_png
from chironomia.motion_library.posture import TERMS, terms, within
from chironomia.motion_library.skeleton import ARM_LENGTH_M
from chironomia.motion_library.threads import one_thread

_RIDGE = 1e-3  # of the mean square of a term
_HUBER_DEG = {"elbow": 15.0, "shoulder": 8.0, "trunk": 5.0, "head": 5.0, "fingers": 15.0}  # beyond it an error counts linearly
_ROUNDS, _FOLDS = 8, 5


def ridge(x: Tensor, y: Tensor, weight: Tensor, huber_deg: float) -> Tensor:
    """Weights (T, D) of terms x (N, T) that predict y (N, D), by iteratively reweighted least squares."""
    x, y, weight = x.double(), y.double(), weight.double() / weight.double().sum()
    now = weight
    for _ in range(_ROUNDS):
        scaled = x * now[:, None]
        penalty = _RIDGE * torch.diag((scaled * x).sum(0))
        found: Tensor = torch.linalg.solve(x.T @ scaled + penalty, scaled.T @ y)
        off = (y - x @ found).abs().amax(-1)
        now = weight * huber_deg / off.clamp_min(huber_deg)
    return found.float()


def held_out(x: Tensor, y: Tensor, weight: Tensor, fold: Tensor, huber_deg: float) -> Tensor:
    """Predictions (N, D), each by weights that never saw its fold (N,)."""
    predicted = torch.zeros_like(y)
    for one in sorted(set(fold.tolist())):
        out = fold == one
        predicted[out] = x[out] @ ridge(x[~out], y[~out], weight[~out], huber_deg)
    return predicted


@dataclass(frozen=True)
class Question:
    """One quantity: its terms (N, T), its values (N, D) in degrees, and what the rule before says (N, D)."""

    name: str
    x: Tensor
    y: Tensor
    before: Tensor
    frames: Frames
    huber_deg: float

    def errors(self) -> dict[str, tuple[float, float]]:
        """Mean absolute errors in degrees, and 90th percentiles, by name of the predictor."""
        weight, takes, people = self.frames.weight, self.frames.take % _FOLDS, self.frames.performer
        one = torch.ones(len(self.y), 1)
        predictions = {
            "mean": held_out(one, self.y, weight, takes, self.huber_deg),
            "rule before": self.before,
            "fit, takes held out": held_out(self.x, self.y, weight, takes, self.huber_deg),
            "mean of other performers": held_out(one, self.y, weight, people, self.huber_deg),
            "fit, performers held out": held_out(self.x, self.y, weight, people, self.huber_deg),
        }
        return {name: _summary((self.y - said).abs().mean(-1), weight) for name, said in predictions.items()}


def _summary(errors: Tensor, weight: Tensor) -> tuple[float, float]:
    order = errors.argsort()
    share = (weight[order].cumsum(0) / weight.sum()).double()
    ninth = errors[order][int(torch.searchsorted(share, 0.9).clamp(max=len(errors) - 1))]
    return float((errors * weight).sum() / weight.sum()), float(ninth)


def box(places: Tensor) -> tuple[Tensor, Tensor]:
    """The places (N, 3) between the 1st and 99th percentile of each axis: low (3,), high (3,), to a hundredth of an arm's length."""
    ends = places.quantile(torch.tensor([0.01, 0.99]), dim=0)
    return (ends[0] * 100).round() / 100, (ends[1] * 100).round() / 100


def _terms_of(places: Tensor) -> Tensor:
    return terms(within(places, *box(places)))


def elbow(frames: Frames, with_palm: bool = True) -> Question:
    """The elbow's swivel from the pole, of gesturing arms."""
    seen = frames.where(gesturing(frames))
    x = _terms_of(seen.line)
    x = torch.cat([x, seen.palm], -1) if with_palm else x
    out, up, _ = seen.line.unbind(-1)
    before = 1.0 - 40.0 * out + 60.0 * out**2 - 60.0 * torch.nn.functional.softplus(8.0 * up) / 8.0
    return Question("elbow", x, seen.swivel[:, None], before[:, None], seen, _HUBER_DEG["elbow"])


def shoulder(frames: Frames) -> Question:
    """Lift and protraction of the clavicle, of gesturing and of hanging arms."""
    seen = frames.where(gesturing(frames) | hanging(frames))
    out, up, forward = seen.wrist.unbind(-1)
    before = torch.stack([(9.5 + 16.9 * up).clamp_min(-7.5), (14.6 * forward - 8.5 * out).clamp(-20.0, 26.0)], -1)
    return Question("shoulder", _terms_of(seen.wrist), seen.clavicle, before, seen, _HUBER_DEG["shoulder"])


def body(frames: Frames, part: str, axis: str) -> Question:
    """Pitch, or yaw and roll, of trunk or head while a hand gestures, from where the take began: hands add in pitch, else subtract."""
    seen = frames.where(gesturing_body(frames))
    low, high = box(torch.cat([seen.moved, seen.other]))
    one, other = terms(within(seen.moved, low, high)), terms(within(seen.other, low, high))
    value = seen.trunk if part == "trunk" else seen.head
    columns = slice(0, 1) if axis == "pitch" else slice(1, 3)
    x = (one + other if axis == "pitch" else one - other)[:, 1:]
    before = _participation_before(seen) if part == "trunk" else torch.zeros(len(value), 3)
    return Question(f"{part} {axis}", x, value[:, columns], before[:, columns], seen, _HUBER_DEG[part])


def _participation_before(seen: Frames) -> Tensor:
    hands = [(seen.moved, 1.0), (seen.other, -1.0)]
    yaw = torch.zeros(len(seen.moved))
    for moved, sign in hands:
        share = 5.0 * (0.05 + ARM_LENGTH_M * moved[:, 0]) - 6.0 * (ARM_LENGTH_M * moved[:, 2] - 0.21)
        yaw = yaw + torch.where(moved.norm(dim=-1) > 0.25, sign * share, torch.zeros_like(share))
    return torch.stack([torch.zeros_like(yaw), yaw.clamp(-3.5, 3.5), torch.zeros_like(yaw)], -1)


def idle_fingers(frames: Frames) -> Question:
    """Flexion of the twelve joints of the four fingers of hanging hands."""
    seen = frames.where(hanging(frames))
    flexion = -seen.fingers[:, :12, 2]
    before = flexion.new_tensor([20.0, 26.0, 12.0, 27.0, 31.0, 15.0, 33.0, 36.0, 18.0, 31.0, 34.0, 17.0]).expand(len(flexion), -1)
    return Question("fingers", _terms_of(seen.wrist), flexion, before, seen, _HUBER_DEG["fingers"])


def weights(question: Question) -> Tensor:
    """The weights (T, D) of all frames, in degrees."""
    return ridge(question.x, question.y, question.frames.weight, question.huber_deg)


def _mean(values: Tensor, frames: Frames) -> list[float]:
    weight = frames.weight
    return [round(float(v), 3) for v in (values * weight[:, None]).sum(0) / weight.sum()]


def hanging_arm(frames: Frames) -> dict[str, list[float]]:
    """The mean hanging arm: wrist from the floor below the pelvis in metres; swivel, forearm and fingers' flexion in degrees."""
    seen = frames.where(hanging(frames))
    return {
        "wrist_m": _mean(seen.from_pelvis * ARM_LENGTH_M + torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0]), seen),
        "swivel_deg": _mean(seen.swivel[:, None], seen),
        "forearm_deg": _mean(seen.forearm, seen),
        "fingers_deg": _mean(-seen.fingers[:, :12, 2], seen),
    }


def wrist_angles(frames: Frames) -> dict[str, list[float] | list[list[float]]]:
    """Mean and covariance of gesturing hands' forearm twist, wrist flexion and deviation in degrees, each take counting the same."""
    seen = frames.where(gesturing(frames))
    share = seen.weight / seen.weight.sum()
    mean = (seen.forearm * share[:, None]).sum(0)
    off = seen.forearm - mean
    covariance = (off * share[:, None]).T @ off
    return {"mean": [round(v, 2) for v in mean.tolist()], "covariance": [[round(v, 1) for v in row] for row in covariance.tolist()]}


def _written(places: Tensor, found: Tensor, names: tuple[str, ...] = TERMS) -> dict[str, object]:
    low, high = (edge.round(decimals=2).tolist() for edge in box(places))
    rows = {name: [round(v, 2) for v in row] for name, row in zip(names, found.tolist(), strict=True)}
    return {"seen": {"low": [round(v, 2) for v in low], "high": [round(v, 2) for v in high]}, "degrees": rows}


def coefficients(frames: Frames) -> dict[str, object]:
    """What ``posture.yaml`` holds, but for its card."""
    elbows, shoulders = elbow(frames), shoulder(frames)
    found = weights(elbows)
    said: dict[str, object] = {
        "elbow": _written(elbows.frames.line, found[: len(TERMS)])
        | {"palm": dict(zip(("out", "up", "forward"), [round(float(v), 2) for v in found[len(TERMS) :, 0]], strict=True))},
        "shoulder": _written(shoulders.frames.wrist, weights(shoulders)),
    }
    for part in ("trunk", "head"):
        turns = body(frames, part, "yaw and roll")
        rows = torch.cat([torch.zeros(1, 2), weights(turns)])  # nothing moves, nothing turns
        said[part] = _written(torch.cat([turns.frames.moved, turns.frames.other]), rows)
    dip = body(frames, "head", "pitch")
    one = torch.ones(len(dip.y), 1)
    said["dip_deg"] = round(float(ridge(one, dip.y, dip.frames.weight, dip.huber_deg)), 2)
    return said | {"hanging": hanging_arm(frames), "wrist": wrist_angles(frames)}


CARD = """# People's posture for a place of the wrist: the coefficients of motion_library/posture.py, made by evals/posture_fit.py.
# Fitted to: the 259 gesture clips of SmartBody (USC Institute for Creative Technologies), read from BVH onto our skeleton; {frames}
# frames of {takes} takes by {people} performers, both arms. Licence of those motions: LGPL-2.1. No motion is in here, only averages.
# Quadratics in (out, up, forward), arm lengths, clamped to the box that was seen; degrees. Mean absolute error in degrees:
{errors}
# Good for standing people who talk with their hands in front; not for lifting, sport or sitting.
"""


def questions(frames: Frames) -> list[Question]:
    """Everything that is fitted, or was tried."""
    turns = [body(frames, part, axis) for part in ("trunk", "head") for axis in ("pitch", "yaw and roll")]
    return [elbow(frames), replace(elbow(frames, False), name="elbow without palm"), shoulder(frames), *turns, idle_fingers(frames)]


def report(frames: Frames) -> str:
    """A line for each question: mean absolute error and 90th percentile, of each predictor, in degrees."""
    lines = []
    for question in questions(frames):
        found = ", ".join(f"{name} {mean:.1f} (90 %: {most:.1f})" for name, (mean, most) in question.errors().items())
        lines.append(f"{question.name}: {found}")
    return "\n".join(lines)


_CELL, _CELL_PX, _GAP_PX = 0.1, 34, 24  # arm lengths; pixels


def elbow_map(frames: Frames) -> Image.Image:
    """Elbow swivel over out (right) and up, of hands 0.3 to 0.8 arm lengths forward: captured, fitted, and by the rule before.

    Red is raised and out, blue is low and in, white the pole; a cell of a tenth of an arm's length holds ten frames at least.
    """
    asked = elbow(frames)
    fitted = asked.x @ weights(asked)
    near = (asked.frames.line[:, 2] > 0.3) & (asked.frames.line[:, 2] < 0.8)
    cells = (asked.frames.line[:, :2] / _CELL).floor().long()
    low, high = torch.tensor([-6, -9]), torch.tensor([8, 5])
    near &= ((cells >= low) & (cells < high)).all(-1)
    width, height = ((high - low) * _CELL_PX).tolist()
    picture = Image.new("RGB", (3 * width + 4 * _GAP_PX, height + 3 * _GAP_PX), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    for panel, (name, values) in enumerate((("captured", asked.y), ("fitted", fitted), ("rule before", asked.before))):
        left = _GAP_PX + panel * (width + _GAP_PX)
        pen.text((left, 4), f"elbow swivel, {name}", (40, 44, 52), ImageFont.load_default(15))
        pen.rectangle((left, 2 * _GAP_PX, left + width, 2 * _GAP_PX + height), fill=(240, 240, 242))
        for column, row in sorted(set(map(tuple, cells[near].tolist()))):
            inside = near & (cells == torch.tensor([column, row])).all(-1)
            if int(inside.sum()) < 10:
                continue
            mean = float(values[inside].mean())
            x, y = left + (column - int(low[0])) * _CELL_PX, 2 * _GAP_PX + (int(high[1]) - 1 - row) * _CELL_PX
            pen.rectangle((x, y, x + _CELL_PX - 1, y + _CELL_PX - 1), fill=_color(mean))
            pen.text((x + _CELL_PX / 2, y + _CELL_PX / 2), f"{mean:.0f}", (40, 44, 52), ImageFont.load_default(11), anchor="mm")
        shoulder_x, shoulder_y = left - int(low[0]) * _CELL_PX, 2 * _GAP_PX + int(high[1]) * _CELL_PX
        pen.ellipse((shoulder_x - 5, shoulder_y - 5, shoulder_x + 5, shoulder_y + 5), outline=(0, 0, 0), width=2)
    return picture


def _color(degrees: float) -> tuple[int, int, int]:
    fade = int(255 - 150 * min(abs(degrees) / 40.0, 1.0))
    return (255, fade, fade) if degrees > 0 else (fade, fade, 255)


def main() -> None:
    """Fit, print the errors, and write the coefficients and the picture where asked."""
    parser = argparse.ArgumentParser(description="Fit posture to captured gestures.")
    parser.add_argument("folder", type=Path, help="holds clips.jsonl and the BVH files it names")
    parser.add_argument("-o", "--output", type=Path, help="write the coefficients there (YAML)")
    parser.add_argument("--picture", type=Path, help="write a map of elbow swivels there (PNG)")
    asked = parser.parse_args()
    with one_thread():
        frames = read_frames(asked.folder)
        errors = report(frames)
        print(errors)
        if asked.output:
            takes, people = len(set(frames.take.tolist())), len(set(frames.performer.tolist()))
            lines = "\n".join(f"#   {line}" for line in errors.splitlines())
            card = CARD.format(frames=len(frames.take), takes=takes, people=people, errors=lines)
            text = yaml.safe_dump(coefficients(frames), sort_keys=False, default_flow_style=None, width=130)
            asked.output.write_text(card + text, encoding="utf-8")
        if asked.picture:
            save_png(elbow_map(frames), asked.picture)


if __name__ == "__main__":
    main()
