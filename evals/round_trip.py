"""Whether a library, the bundled one if none is given, comes back from its export: ``python -m chironomia.evals.round_trip [LIBRARY]``."""
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from chironomia.agent.pipeline import open_library
from chironomia.motion_library import rotations
from chironomia.motion_library.clip import Gesture
from chironomia.motion_library.exporting import export_library
from chironomia.motion_library.importing import import_library
from chironomia.motion_library.library import Library
from chironomia.motion_library.store import load_library


@dataclass(frozen=True)
class RoundTrip:
    """Clips compared, gestures of which something said differs, and the largest differences of joints: place in mm, turn in degrees."""

    clips: int
    changed: tuple[str, ...]
    place_mm: float
    turn_deg: float


def round_trip(library: Library, folder: Path) -> RoundTrip:
    """Export ``library`` as BVH and META.jsonl into ``folder``, import that, and compare."""
    export_library(library, folder / "files")
    import_library([folder / "files"], folder / "files" / "META.jsonl", folder / "again", embedder=library.embedder)
    again = load_library(folder / "again", library.embedder)
    changed = [g.id for g in library.gestures if not _same(g, again.gesture(g.id))]
    place, turn = [0.0], [0.0]
    for gesture in library.gestures:
        for clip in gesture.clips:
            a, b = clip.motion, again.clip(clip.id).motion
            place.append(1000.0 * float((a.positions() - b.positions()).norm(dim=-1).max()))
            between = rotations.multiply(rotations.inverse(a.rotations.double()), b.rotations.double())
            turn.append(float(torch.rad2deg(rotations.to_rotvec(between).norm(dim=-1).max())))
    return RoundTrip(len(place) - 1, tuple(changed), max(place), max(turn))


def _same(one: Gesture, other: Gesture) -> bool:
    """Whether two gestures and their clips agree in all but their motions, which are compared by place."""
    if replace(one, clips=()) != replace(other, clips=()) or len(one.clips) != len(other.clips):
        return False
    pairs = zip(one.clips, other.clips, strict=True)
    return all(replace(a, motion=b.motion) == b and a.motion.rotations.shape == b.motion.rotations.shape for a, b in pairs)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = round_trip(open_library(sys.argv[1] if len(sys.argv) > 1 else None), Path(folder))
    print(f"{found.clips} clips came back within {found.place_mm:.4f} mm and {found.turn_deg:.4f} degrees")
    print(f"{len(found.changed)} gestures differ in what is said of them: {', '.join(found.changed) or 'none'}")


if __name__ == "__main__":
    main()
