"""Whether clips move as people do, ours beside captured ones: ``python -m chironomia.evals.looks_human [LIBRARY] FOLDER``.

FOLDER holds ``clips.jsonl``, a line a clip: ``file`` (BVH), ``name`` and ``sync`` with annotated times in seconds. Captured paths are
seen through a Gaussian of 30 ms, ours as they are. LIBRARY is a built library, the bundled one if not given.
"""
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from chironomia.motion_library import kinematics, rotations, skeleton
from chironomia.motion_library.build import default_library
from chironomia.motion_library.bvh import read_bvh
from chironomia.motion_library.clip import Gesture
from chironomia.motion_library.kinematics import SEGMENTS
from chironomia.motion_library.library import Library
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.store import load_library
from chironomia.motion_library.vocabulary import Hands

LAW = (0.25, 0.42)  # where the exponent of the two-thirds power law is to lie
_SLOWEST_M_PER_S = 0.3  # a hand whose top speed is below does not gesture
_CURVED = math.radians(150.0)  # by how much a movement turns to be called curved
_HELD_S, _AWAY_M = 0.25, 0.12  # a standstill so long, and so far from where the clip ends, is a hold
_TURNING = 0.5  # rad/s: a joint that stays slower takes no part in a movement
_FINE_S = 0.005  # step of the search for the lag between the hands
_AFTER_S = 0.3  # how long after the wrist stands still a joint may arrive

Named = tuple[str, Motion, tuple[str, ...]]  # a clip's name, its motion, the sides of the hands that gesture


@dataclass
class Dynamics:
    """Everything that was measured of a set of clips; a number a movement, hold or pair of hands. Seconds, metres, degrees."""

    peaks: list[int] = field(default_factory=list)
    peak_to_mean: list[float] = field(default_factory=list)
    lengths_m: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    exponents: list[float] = field(default_factory=list)
    onset_lags_ms: dict[str, list[float]] = field(default_factory=dict)
    arrival_lags_ms: dict[str, list[float]] = field(default_factory=dict)
    arrival_spread_ms: list[float] = field(default_factory=list)
    hold_mm_per_s: list[float] = field(default_factory=list)
    hold_sinks_mm_per_s: list[float] = field(default_factory=list)
    hold_wrist_deg_per_s: list[float] = field(default_factory=list)
    hold_fingers_deg_per_s: list[float] = field(default_factory=list)
    hands_apart_mm: list[float] = field(default_factory=list)
    hands_correlation: list[float] = field(default_factory=list)
    hands_lag_ms: list[float] = field(default_factory=list)
    hands_size_ratio: list[float] = field(default_factory=list)

    @property
    def isochrony(self) -> float:
        """The exponent p of duration ~ length^p over movements of one peak, by least squares of logarithms."""
        x, y = torch.tensor(self.lengths_m).log(), torch.tensor(self.seconds).log()
        x = x - x.mean()
        return float(x @ y / (x @ x))


def of_library(library: Library) -> Iterator[Named]:
    """The clips of a library; those of the left hand alone are left out, being mirror images."""
    sides: Mapping[Hands, tuple[str, ...]] = {Hands.RIGHT: ("right",), Hands.BOTH: ("left", "right")}
    return ((clip.id, clip.motion, sides[clip.hands]) for g in library.gestures for clip in g.clips if clip.hands in sides)


def of_captured(folder: Path) -> Iterator[Named]:
    """The captured clips of a folder; which hands gesture, their names say (Rt, Lt or Lf, else both)."""
    for line in (folder / "clips.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        end = row["name"].rstrip("0123456789")[-2:]
        yield row["name"], read_bvh(folder / row["file"]), {"Rt": ("right",), "Lt": ("left",), "Lf": ("left",)}.get(end, ("left", "right"))


def measure(clips: Iterable[Named], sigma_s: float = 0.0) -> Dynamics:
    """Measure clips whose paths are first smoothed by a Gaussian of ``sigma_s``."""
    found = Dynamics()
    for _, motion, sides in clips:
        places, world = skeleton.forward_kinematics(motion.rotations, motion.translation)
        chest = skeleton.INDEX["spine3"]
        moved = {}
        for side in sides:
            wrist = places[:, skeleton.INDEX[f"{side}_wrist"]]
            if _hand(found, motion, side, kinematics.smoothed(wrist, motion.fps, sigma_s), sigma_s):
                seen = rotations.rotate(rotations.inverse(world[:, chest]), wrist - places[:, chest])
                moved[side] = kinematics.smoothed(seen, motion.fps, sigma_s)
        if len(moved) == 2:
            _both(found, moved["left"], moved["right"] * moved["right"].new_tensor([-1.0, 1.0, 1.0]), motion.fps)
    return found


def _hand(found: Dynamics, motion: Motion, side: str, wrist: Tensor, sigma_s: float) -> bool:
    """Measure the movements and holds of one hand; false if it does not gesture."""
    fps, speed = motion.fps, kinematics.tangential_speed(wrist, motion.fps)
    if float(speed.max()) < _SLOWEST_M_PER_S:
        return False
    runs, bend = kinematics.movements(speed, fps), kinematics.curvature(wrist, fps)
    turned = kinematics.smoothed(kinematics.segment_speeds(motion, side), fps, sigma_s)
    for i, (first, last) in enumerate(runs):
        following = runs[i + 1][0] if i + 1 < len(runs) else len(speed)
        _movement(found, speed[first : last + 1], fps)
        quarter = (last - first) // 4
        if kinematics.turning(wrist[first : last + 1]) > _CURVED:
            middle = slice(first + quarter, last + 1 - quarter)
            exponent = kinematics.power_law_exponent(speed[middle], bend[middle])
            found.exponents += [] if exponent is None else [exponent]
        before = max(0, first - 4)
        _lags(found, turned[before : min(last + round(_AFTER_S * fps), (last + following) // 2 + 1)], fps)
        if i + 1 < len(runs) and (following - last) / fps >= _HELD_S and (wrist[last] - wrist[-1]).norm() > _AWAY_M:
            _hold(found, wrist[last + 2 : following - 1], turned[last + 2 : following - 1], fps)
    return True


def _movement(found: Dynamics, speed: Tensor, fps: float) -> None:
    peaks = len(kinematics.speed_peaks(speed))
    found.peaks.append(peaks)
    if peaks == 1:
        found.peak_to_mean.append(float(speed.max() / speed.mean()))
        found.lengths_m.append(float(speed.sum()) / fps)
        found.seconds.append(len(speed) / fps)


def _lags(found: Dynamics, turned: Tensor, fps: float) -> None:
    times = [kinematics.onset_and_arrival(t, fps) if float(t.max()) > _TURNING else (math.nan, math.nan) for t in turned.unbind(-1)]
    for name, index in (("onset", 0), ("arrival", 1)):
        lags = found.onset_lags_ms if name == "onset" else found.arrival_lags_ms
        for i, j in ((0, 1), (1, 2), (2, 3), (0, 3)):
            lag = 1000.0 * (times[j][index] - times[i][index])
            if not math.isnan(lag):
                lags.setdefault(f"{SEGMENTS[i]} to {SEGMENTS[j]}", []).append(lag)
    arrivals = [t[1] for t in times if not math.isnan(t[1])]
    if len(arrivals) > 1:
        found.arrival_spread_ms.append(1000.0 * (max(arrivals) - min(arrivals)))


def _hold(found: Dynamics, wrist: Tensor, turned: Tensor, fps: float) -> None:
    seconds = (len(wrist) - 1) / fps
    found.hold_mm_per_s.append(1000.0 * float(wrist.diff(dim=0).norm(dim=-1).sum()) / seconds)
    found.hold_sinks_mm_per_s.append(1000.0 * float(wrist[0, 1] - wrist[-1, 1]) / seconds)
    found.hold_wrist_deg_per_s.append(math.degrees(float(turned[:, 2].mean())))
    found.hold_fingers_deg_per_s.append(math.degrees(float(turned[:, 3].mean())))


def _both(found: Dynamics, left: Tensor, right: Tensor, fps: float) -> None:
    """Compare the left hand's path with the mirrored right hand's (F, 3), both seen from the chest."""
    a, b = kinematics.velocity(left, fps), kinematics.velocity(right, fps)
    correlation = float((a * b).sum() / (a.norm() * b.norm()))
    found.hands_correlation.append(correlation)
    away = (right - right[-1]).norm(dim=-1)
    found.hands_apart_mm.append(1000.0 * float((left - right)[int(away.argmax())].norm()))
    extents = [float((path.amax(0) - path.amin(0)).norm()) for path in (left, right)]
    found.hands_size_ratio.append(min(extents) / max(extents))
    if correlation > 0.7:  # hands that do the same
        found.hands_lag_ms.append(1000.0 * abs(_lag(a, b, fps)))


def _lag(a: Tensor, b: Tensor, fps: float, most_s: float = 0.15) -> float:
    """By how many seconds (at most ``most_s``) curves ``a`` (F, 3) come after ``b``, where they correlate best."""
    at = torch.arange(0.0, (len(a) - 1) / fps, _FINE_S) * fps
    low = at.long().clamp_max(len(a) - 2)
    fine_a, fine_b = (torch.lerp(c[low], c[low + 1], (at - low)[:, None]) for c in (a, b))
    steps = round(most_s / _FINE_S)
    inner = fine_b[steps:-steps]
    shifted = [fine_a[steps + k : len(fine_a) - steps + k] for k in range(-steps, steps + 1)]
    likeness = [float((part * inner).sum() / part.norm().clamp_min(1e-9)) for part in shifted]
    return (max(range(len(likeness)), key=likeness.__getitem__) - steps) * _FINE_S


@dataclass(frozen=True)
class Variants:
    """The largest variant of a gesture against its smallest, done with the same hands."""

    size: float  # ratio of the strokes' lengths
    duration: float  # ratio of the strokes' durations
    speed: float  # ratio of the top speeds
    path: float  # mean distance between the two paths, laid over each other at one length, as a share of that length


def variants(gestures: Iterable[Gesture]) -> list[Variants]:
    """Compare the largest with the smallest clip of every gesture that has several sizes and moves a hand in its stroke."""
    found = []
    for gesture in gestures:
        clips = [clip for clip in gesture.clips if clip.hands is gesture.hands and clip.hands is not Hands.NONE]
        small, large = min(clips, key=lambda c: c.amplitude, default=None), max(clips, key=lambda c: c.amplitude, default=None)
        if small is None or large is None or small.amplitude == large.amplitude:
            continue
        side = "left" if gesture.hands is Hands.LEFT else "right"
        paths, spans = [], []
        for clip in (small, large):
            times = torch.linspace(clip.sync.stroke_start, clip.sync.stroke_end, 100)
            paths.append(clip.motion.sample(times).positions()[:, skeleton.INDEX[f"{side}_wrist"]])
            spans.append(clip.sync.stroke_end - clip.sync.stroke_start)
        lengths = [float(path.diff(dim=0).norm(dim=-1).sum()) for path in paths]
        if min(lengths) > 0.05:  # metres: below, the hand turns or shapes in place
            tops = [float(path.diff(dim=0).norm(dim=-1).max()) / span for path, span in zip(paths, spans, strict=True)]
            laid = [(path - path.mean(0)) / length for path, length in zip(paths, lengths, strict=True)]
            apart = float((laid[0] - laid[1]).norm(dim=-1).mean())
            found.append(Variants(lengths[1] / lengths[0], spans[1] / spans[0], tops[1] / tops[0], apart))
    return found


def within(values: list[float], low: float, high: float) -> float:
    """The share of values in [low, high]; NaN of none."""
    return sum(low <= v <= high for v in values) / len(values) if values else math.nan


def _quartiles(values: list[float], digits: int = 0) -> str:
    if not values:
        return "–"
    low, middle, high = torch.tensor(values, dtype=torch.float64).quantile(torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)).tolist()
    return f"{middle:.{digits}f} ({low:.{digits}f} … {high:.{digits}f})"


def rows(found: Dynamics) -> dict[str, str]:
    """The table's lines: medians with quartiles."""
    lags = {f"{what}, {pair}, ms": _quartiles(values) for what, by in (("onset", found.onset_lags_ms), ("arrival", found.arrival_lags_ms))
            for pair, values in by.items()}  # fmt: skip
    return {
        "movements between standstills": f"{len(found.peaks)}",
        "of them with one peak": f"{100 * sum(p == 1 for p in found.peaks) / len(found.peaks):.0f} %",
        "top over mean speed": _quartiles(found.peak_to_mean, 2),
        "duration grows with length to the power": f"{found.isochrony:.2f}",
        "curved movements": f"{len(found.exponents)}",
        "power law exponent": _quartiles(found.exponents, 2),
        f"in {LAW[0]} to {LAW[1]}": f"{100 * within(found.exponents, *LAW):.0f} %",
        **lags,
        "last joint after first, ms": _quartiles(found.arrival_spread_ms),
        "holds": f"{len(found.hold_mm_per_s)}",
        "wrist in holds, mm/s": _quartiles(found.hold_mm_per_s),
        "sinking, mm/s": _quartiles(found.hold_sinks_mm_per_s),
        "wrist joint, deg/s": _quartiles(found.hold_wrist_deg_per_s, 1),
        "finger joints, deg/s": _quartiles(found.hold_fingers_deg_per_s, 1),
        "two-handed": f"{len(found.hands_correlation)}",
        "correlation of the hands": _quartiles(found.hands_correlation, 2),
        "one after the other, ms": _quartiles(found.hands_lag_ms),
        "smaller over larger": _quartiles(found.hands_size_ratio, 2),
        "apart in the mirror, mm": _quartiles(found.hands_apart_mm),
    }


def main() -> None:
    """Print the table as Markdown."""
    *library_at, folder = sys.argv[1:]
    library = load_library(Path(library_at[0])) if library_at else default_library()
    ours, real = rows(measure(of_library(library))), rows(measure(of_captured(Path(folder)), kinematics.SMOOTHING_S))
    print("| median (quartiles) | ours | captured |\n|---|---|---|")
    for name, value in ours.items():
        print(f"| {name} | {value} | {real.get(name, '–')} |")
    found = variants(library.gestures)
    pairs = ", ".join(f"{name} × {median(getattr(v, name) for v in found):.2f}" for name in ("size", "duration", "speed"))
    paths = 100 * median(v.path for v in found)
    print(f"\nLargest against smallest of {len(found)} gestures: {pairs}, paths {paths:.1f} % of their length apart.")


if __name__ == "__main__":
    main()
