"""Exporting a library: a BVH file a clip, and the META.jsonl from which importing makes the same library again."""
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from chironomia.motion_library.build import Progress
from chironomia.motion_library.bvh import write_bvh
from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.clip_metadata import POINTS
from chironomia.motion_library.library import Library


def export_library(library: Library, out: Path, progress: Progress | None = None) -> int:
    """Write all clips of ``library`` to the new or empty folder ``out``; how many. Nothing is left there if it fails.

    Raises ValueError if ``out`` holds anything.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"expected a new or empty folder to export to, {out} is not; choose another name")
    out.parent.mkdir(parents=True, exist_ok=True)
    clips = [(gesture, clip) for gesture in library.gestures for clip in gesture.clips]
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        lines = []
        for done, (gesture, clip) in enumerate(clips):
            if progress:
                progress("exporting clips", done, len(clips))
            name = f"{clip.id.replace('/', '-')}.bvh"
            write_bvh(clip.motion, partial / name)
            lines.append(json.dumps(_line(gesture, clip, name), ensure_ascii=False))
        (partial / "META.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        partial.chmod(0o755)
        os.replace(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return len(clips)


def _line(gesture: Gesture, clip: Clip, file: str) -> dict[str, Any]:
    return {
        "file": file, "gesture": gesture.id, "id": clip.id, "description": gesture.description, "meanings": gesture.meanings,
        "examples": gesture.fits, "wrong": gesture.wrong, "function": gesture.function, "schemas": gesture.schemas,
        "gesture_hands": gesture.hands, "hands": clip.hands, "sync": dict(zip(POINTS, clip.sync.times(), strict=True)), "mirror": False,
        "amplitude": clip.amplitude, "mask": sorted(clip.mask), "notes": gesture.notes,
        "articulators": gesture.articulators, "formality": gesture.formality, "culture": [note.as_json() for note in gesture.culture],
        "license": clip.license, "source": clip.source,
    }  # fmt: skip
