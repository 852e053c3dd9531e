"""How near phase segmentation comes to people's annotation of captured gestures: ``python -m chironomia.evals.segmentation FOLDER``.

FOLDER is as for ``train_phases``. Grouped cross-validation: every clip is segmented by networks that were trained without any take of
its gesture, by whatever performer. Coders followed different conventions; tables say whether the network was told which. Takes that
two people annotated show how far people disagree about the same movement, and how many of both any single answer could come near to.
"""
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from chironomia.evals.train_phases import AnnotatedClip, read_clips, train
from chironomia.motion_library.motion import FPS
from chironomia.motion_library.phase_net import POINTS
from chironomia.motion_library.phases import Convention, in_order, likelihoods
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
    """An annotated clip and the times found by networks that never saw its gesture, with and without its coder's convention."""

    clip: AnnotatedClip
    told_s: tuple[float, ...]
    untold_s: tuple[float, ...]


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
        for clip in (clips[i] for i in held_out):
            told, untold = (in_order(likelihoods(clip.places, c, nets)) for c in (clip.convention, Convention.PARTED))
            found.append(Segmented(clip, tuple(f / FPS for f in told), tuple(f / FPS for f in untold)))
    return found


def pairs(clips: Sequence[AnnotatedClip], point: str) -> list[float]:
    """How far apart, in seconds, two people put ``point`` in one take."""
    takes: dict[tuple[str, float], list[float]] = defaultdict(list)
    for clip in clips:
        takes[clip.name, clip.duration_s].append(clip.times_s[POINTS.index(point)])
    return [abs(times[0] - times[1]) for times in takes.values() if len(times) > 1]


def attainable(differences_s: Sequence[float]) -> float:
    """Largest share of two annotations a take that one answer a take can be within 0.30 s of."""
    return sum(1.0 if d <= 2 * WITHIN_S + _ROUNDING_S else 0.5 for d in differences_s) / len(differences_s)


def main() -> None:
    """Print the tables."""
    with one_thread():
        clips = [clip for clip in read_clips(Path(sys.argv[1])) if clip.is_annotated]
        found = cross_validated(clips)
    seen = (Convention.PARTED, Convention.WHOLE)
    groups = {"all": found, "all points seen in the motion": [f for f in found if f.clip.convention in seen]}
    groups |= {f"  {c.name}": [f for f in found if f.clip.convention is c] for c in Convention}
    groups |= {f"  {name}": [f for f in found if f.clip.group == name] for name in sorted({clip.group for clip in clips})}
    for k, point in enumerate(POINTS):
        print(point)
        for name, chosen in groups.items():
            _print(name, [abs(f.told_s[k] - f.clip.times_s[k]) for f in chosen])
        _print("all, convention not told", [abs(f.untold_s[k] - f.clip.times_s[k]) for f in found])
        _print("two annotations of a take", pairs(clips, point))
        if pairs(clips, point):
            print(f"    one answer a take is within {WITHIN_S} s of at most {100 * attainable(pairs(clips, point)):.0f} % of both")


def _print(name: str, differences_s: Sequence[float]) -> None:
    if differences_s:
        of = agreement(differences_s)
        print(f"  {name:32} {of.count:4}   median {of.median_s:.3f} s   within {WITHIN_S} s {100 * of.within:.0f} %")


if __name__ == "__main__":
    main()
