"""How near phase segmentation comes to people's annotation of captured gestures: ``python -m chironomia.evals.segmentation FOLDER``.

FOLDER is as for ``train_phases``. Grouped cross-validation: every clip is segmented by networks that were trained without any take of
its gesture, by whatever performer. Coders followed different conventions; tables say whether the network was told which. Takes that
two people annotated show how far people disagree about the same movement, and how many of both any single answer could come near to.
The bundled gestures, whose times are known because they were compiled from them, are segmented by the networks that are committed.
"""
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch

from chironomia.evals.train_phases import AnnotatedClip, read_clips, train
from chironomia.motion_library.build import default_library
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.motion import FPS
from chironomia.motion_library.phase_net import POINTS, PhaseNet
from chironomia.motion_library.phases import Convention, in_order, likelihoods, segment
from chironomia.motion_library.threads import one_thread

WITHIN_S = 0.30
FOLDS = 5
_ROUNDING_S = 5e-4  # of annotated times, which are given to a ten-thousandth or a frame


@dataclass(frozen=True)
class Agreement:
    """Absolute differences of two sets of times: how many, their median in seconds, the share within 0.30 s."""

    count: int
    median_s: float
    within: float


@dataclass(frozen=True)
class Segmented:
    """An annotated clip and the times found by networks that never saw its gesture.

    ``told_s`` knows its coder's convention, ``untold_s`` averages the likelihoods of all conventions, ``parted_s`` is what ``segment``
    finds by default.
    """

    clip: AnnotatedClip
    told_s: tuple[float, ...]
    untold_s: tuple[float, ...]
    parted_s: tuple[float, ...]


def agreement(differences_s: Sequence[float]) -> Agreement:
    """Summary of absolute differences in seconds. ValueError if there is none."""
    if not differences_s:
        raise ValueError("agreement needs at least one difference, got none")
    within = sum(d <= WITHIN_S + _ROUNDING_S for d in differences_s) / len(differences_s)
    return Agreement(len(differences_s), median(differences_s), within)


def folds(clips: Sequence[AnnotatedClip], count: int = FOLDS) -> list[list[int]]:
    """Indices of the clips in ``count`` parts of about one size; no gesture's takes are in two of them."""
    families: dict[str, list[int]] = defaultdict(list)
    for i, clip in enumerate(clips):
        families[clip.family].append(i)
    parts: list[list[int]] = [[] for _ in range(count)]
    for name in sorted(families, key=lambda name: (-len(families[name]), name)):
        min(parts, key=len).extend(families[name])
    return parts


def cross_validated(clips: Sequence[AnnotatedClip]) -> list[Segmented]:
    """Every clip segmented by networks trained on the other folds."""
    found: list[Segmented] = []
    for held_out in folds(clips):
        nets = train([clip for i, clip in enumerate(clips) if i not in set(held_out)])
        found.extend(_segmented(clips[i], nets) for i in held_out)
    return found


def _segmented(clip: AnnotatedClip, nets: tuple[PhaseNet, ...]) -> Segmented:
    by = {convention: likelihoods(clip.places, convention, nets) for convention in Convention}
    chosen = (by[clip.convention], torch.stack(list(by.values())).mean(0), by[Convention.PARTED])
    return Segmented(clip, *(tuple(f / FPS for f in in_order(likelihood)) for likelihood in chosen))


def pairs(clips: Sequence[AnnotatedClip], point: str) -> list[float]:
    """How far apart, in seconds, two people put ``point`` in one take."""
    takes: dict[tuple[str, float], list[float]] = defaultdict(list)
    for clip in clips:
        takes[clip.name, clip.duration_s].append(clip.times_s[POINTS.index(point)])
    return [abs(times[0] - times[1]) for times in takes.values() if len(times) > 1]


def attainable(differences_s: Sequence[float]) -> float:
    """Largest share of two annotations a take that one answer a take can be within 0.30 s of."""
    return sum(1.0 if d <= 2 * WITHIN_S + _ROUNDING_S else 0.5 for d in differences_s) / len(differences_s)


def by_construction(clips: Sequence[Clip]) -> dict[str, list[float]]:
    """How far from its own points each clip is segmented, in seconds, by point."""
    found = [segment(clip.motion) for clip in clips]
    return {p: [abs(getattr(f, p) - getattr(clip.sync, p)) for f, clip in zip(found, clips, strict=True)] for p in POINTS}


def main() -> None:
    """Print the tables."""
    with one_thread():
        clips = [clip for clip in read_clips(Path(sys.argv[1])) if clip.is_annotated]
        found = cross_validated(clips)
        bundled = [clip for gesture in default_library().gestures for clip in gesture.clips]
        compiled = by_construction(bundled)
    seen = (Convention.PARTED, Convention.WHOLE)
    groups = {"all": found, "all points seen in the motion": [f for f in found if f.clip.convention in seen]}
    groups |= {f"  {c.name}": [f for f in found if f.clip.convention is c] for c in Convention}
    groups |= {f"  {name}": [f for f in found if f.clip.group == name] for name in sorted({clip.group for clip in clips})}
    for k, point in enumerate(POINTS):
        print(point)
        for name, chosen in groups.items():
            _print(name, [abs(f.told_s[k] - f.clip.times_s[k]) for f in chosen])
        _print("all, convention not told", [abs(f.untold_s[k] - f.clip.times_s[k]) for f in found])
        _print("all, taken for PARTED", [abs(f.parted_s[k] - f.clip.times_s[k]) for f in found])
        _print("bundled clips, by construction", compiled[point])
        _print("two annotations of a take", pairs(clips, point))
        if pairs(clips, point):
            print(f"    one answer a take is within {WITHIN_S} s of at most {100 * attainable(pairs(clips, point)):.0f} % of both")


def _print(name: str, differences_s: Sequence[float]) -> None:
    if differences_s:
        of = agreement(differences_s)
        print(f"  {name:32} {of.count:4}   median {of.median_s:.3f} s   within {WITHIN_S} s {100 * of.within:.0f} %")


if __name__ == "__main__":
    main()
