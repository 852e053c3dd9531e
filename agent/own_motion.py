"""The verbs ``library import`` and ``library export``: a user's own motion into a library, and a library out into files."""
from pathlib import Path

from chironomia.agent.pipeline import open_library
from chironomia.agent.progress import building
from chironomia.motion_library.exporting import export_library
from chironomia.motion_library.importing import import_library

_NAMED = 5  # files without a line; a folder may hold hundreds


def import_motion(paths: list[Path], metadata: Path, out: Path) -> None:
    """Import, and say what was left aside: joints without a counterpart, files without a line."""
    with building() as report:
        try:
            done = import_library(paths, metadata, out, reference=lambda: open_library(None, report), progress=report)
        except OSError as error:  # a full disk does not say where it is
            raise error if error.filename or error.errno is None else OSError(error.errno, error.strerror, str(out)) from error
    if done.bent:
        worst = done.bent[0]
        print(
            f"{len(done.bent)} of {done.clips} clips turned joints more than 5 degrees beyond human limits, where they are held now; "
            f"the farthest was {worst.file}, by {worst.bent_deg:.0f} degrees"
        )
    if done.unmapped:
        joints = ", ".join(f"{joint} ({clips})" for joint, clips in done.unmapped.items())
        print(f"joints without a counterpart (and in how many clips), whose turns are passed on to their children: {joints}")
    if done.undescribed:
        files = ", ".join(map(str, done.undescribed[:_NAMED])) + (", …" if len(done.undescribed) > _NAMED else "")
        print(f"{len(done.undescribed)} files have no line in {metadata} and were left out: {files}")
    print(f"what was found rather than said, and what was changed, is kept clip by clip in {out / 'imported.json'}")
    print(f"{done.clips} clips imported, and {done.mirrored} made of them for the other hand; list them with --library {out}")


def export_motion(library: str | None, out: Path) -> None:
    """Export, and say how much."""
    with building() as report:
        clips = export_library(open_library(library, report), out, report)
    print(f"wrote {clips} clips and META.jsonl to {out}")
