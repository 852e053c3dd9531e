"""How near phase segmentation comes to people's annotation of captured gestures: ``python -m chironomia.evals.segmentation FOLDER``.

The folder holds ``clips.jsonl``, a line a clip: ``file`` (BVH), ``name``, ``set`` and ``sync`` with times in seconds. Clips of one
name and length that were annotated twice show how far people disagree about the same movement: no reader of the motion can come
nearer than half of that to both.
"""
import hashlib
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from chironomia.motion_library.bvh import read_bvh
from chironomia.motion_library.phases import segment

POINTS = ("stroke_start", "stroke", "stroke_end")
WITHIN_S = 0.30


@dataclass(frozen=True)
class Annotated:
    """A clip with its times in seconds, found and annotated."""

    name: str
    group: str
    duration_s: float
    found: dict[str, float]
    annotated: dict[str, float]

    @property
    def tuned_on(self) -> bool:
        """Whether the clip is of the half that the method's constants were fitted to."""
        return hashlib.blake2b(self.name.encode()).digest()[0] % 2 == 0


@dataclass(frozen=True)
class Agreement:
    """Absolute differences of two sets of times: how many, their median in seconds, the share within 0.30 s."""

    count: int
    median_s: float
    within: float


def agreement(differences_s: list[float]) -> Agreement:
    """Summary of absolute differences in seconds. ValueError if there is none."""
    if not differences_s:
        raise ValueError("agreement needs at least one difference, got none")
    return Agreement(len(differences_s), median(differences_s), sum(d <= WITHIN_S for d in differences_s) / len(differences_s))


def read_annotated(folder: Path) -> list[Annotated]:
    """Every clip of ``clips.jsonl`` whose times are all given, segmented."""
    clips = []
    for line in (folder / "clips.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if all(row["sync"][point] is not None for point in POINTS):
            sync = segment(read_bvh(folder / row["file"]))
            clips.append(Annotated(row["name"], row["set"], row["duration_s"], {p: getattr(sync, p) for p in POINTS}, row["sync"]))
    return clips


def errors(clips: list[Annotated], point: str) -> Agreement:
    """How far the found times of ``point`` lie from the annotated ones."""
    return agreement([abs(c.found[point] - c.annotated[point]) for c in clips])


def disagreement(clips: list[Annotated], point: str) -> Agreement | None:
    """How far apart people put ``point`` in clips that were annotated twice; None if no clip was."""
    by_clip: dict[tuple[str, float], list[float]] = defaultdict(list)
    for clip in clips:
        by_clip[clip.name, clip.duration_s].append(clip.annotated[point])
    pairs = [abs(times[0] - times[1]) for times in by_clip.values() if len(times) > 1]
    return agreement(pairs) if pairs else None


def main() -> None:
    """Print the table."""
    clips = read_annotated(Path(sys.argv[1]))
    groups = {"held out": [c for c in clips if not c.tuned_on], "tuned on": [c for c in clips if c.tuned_on], "all": clips}
    groups |= {name: [c for c in clips if c.group == name] for name in sorted({c.group for c in clips})}
    for point in POINTS:
        print(point)
        for name, chosen in groups.items():
            _print(name, errors(chosen, point) if chosen else None)
        _print("two annotations of one clip", disagreement(clips, point))


def _print(name: str, found: Agreement | None) -> None:
    if found:
        print(f"  {name:28} {found.count:4} clips   median {found.median_s:.3f} s   within {WITHIN_S} s {100 * found.within:.0f} %")


if __name__ == "__main__":
    main()
