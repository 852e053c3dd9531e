"""Importing motion: files of many formats and what META.jsonl says of them become the gestures of a library."""
import hashlib
import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from chironomia.motion_library import rotations
from chironomia.motion_library.build import Progress, compiler_sources
from chironomia.motion_library.bvh import parse_bvh
from chironomia.motion_library.clip_metadata import ClipMetadata, read_metadata
from chironomia.motion_library.embed import Embedder, load_embedder
from chironomia.motion_library.gltf import parse_gltf
from chironomia.motion_library.imported import gestures_of
from chironomia.motion_library.joint_names import unmapped_names
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.motion import FPS, Motion
from chironomia.motion_library.npz import read_npz
from chironomia.motion_library.rest import rest_pose
from chironomia.motion_library.retarget import ForeignMotion, retarget
from chironomia.motion_library.store import load_library, save_library
from chironomia.motion_library.threads import one_thread

SUFFIXES = (".bvh", ".glb", ".gltf", ".npz")
LONGEST_S = 60.0  # a clip is one gesture: strokes last some 0.4 s, and the longest of 259 captured clips lasts 16 s
_FEWEST_FRAMES = 3  # a speed curve with a peak needs three


@dataclass(frozen=True)
class ImportReport:
    """What an import did: clips read from files, clips mirrored, joints that nothing follows (name: clips), files without a line."""

    clips: int
    mirrored: int
    unmapped: dict[str, int]
    undescribed: tuple[Path, ...]


def import_library(
    paths: Sequence[Path],
    metadata: Path,
    out: Path,
    *,
    embedder: Embedder | None = None,
    reference: Callable[[], Library] | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import the files of ``paths`` (files or folders) that ``metadata`` describes into the library at ``out``.

    Gestures of the library with an id that is imported are replaced, all others stay. ``reference`` opens the library from whose nearest
    gesture a missing function and missing schemas are taken; without it they stay METAPHORIC and none. Finished clips lie in a folder
    beside ``out`` until all are done, so that an interrupted import continues. Raises ValueError, with a line a fault, for metadata or
    files that cannot be read; the library is then as it was.
    """
    lines = read_metadata(metadata)
    files = _files(paths)
    chosen = [line for line in lines if (metadata.parent / line.file).resolve() in files]
    if not chosen:
        raise ValueError(f"no line of {metadata} describes a file in {', '.join(map(str, paths))}; 'file' is relative to {metadata.parent}")
    old = load_library(out, embedder) if (out / "library.json").exists() else None
    cache = out.parent / f".{out.name}.importing"
    unmapped: Counter[str] = Counter()
    with one_thread():
        read = _read_all(chosen, metadata.parent, cache, unmapped, progress or (lambda what, done, total: None))
    gestures = gestures_of(chosen, read, reference)
    kept = [g for g in old.gestures if g.id not in {new.id for new in gestures}] if old else []
    content = hashlib.blake2b("".join(sorted(_key(metadata.parent / line.file, line) for line in chosen)).encode(), digest_size=8)
    save_library(make_library((*kept, *gestures), embedder or load_embedder(), content=content.hexdigest()), out)
    shutil.rmtree(cache, ignore_errors=True)
    described = {(metadata.parent / line.file).resolve() for line in lines}
    mirrored = sum(len(g.clips) for g in gestures) - len(chosen)
    return ImportReport(len(chosen), mirrored, dict(unmapped), tuple(sorted(files - described)))


def _files(paths: Sequence[Path]) -> set[Path]:
    found: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise ValueError(f"expected a file or folder to import at {path}, found nothing")
        inside = [p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES] if path.is_dir() else [path]
        found |= {p.resolve() for p in inside}
    return found


def _read_all(lines: Sequence[ClipMetadata], folder: Path, cache: Path, unmapped: Counter[str], report: Progress) -> list[Motion]:
    """The motion of every line, from the cache where it is; all faults together in one ValueError."""
    cache.mkdir(parents=True, exist_ok=True)
    motions, faults = [], []
    read = _Reader()
    for done, line in enumerate(lines):
        report("importing clips", done, len(lines))
        try:
            kept = cache / f"{_key(folder / line.file, line)}.npz"
            motion, names = _load(kept) or _keep(kept, *read(folder / line.file, line.animation))
            unmapped.update(names)
            motions.append(motion)
        except ValueError as error:
            faults.append(str(error))
    report("importing clips", len(lines), len(lines))
    if faults:
        left = "; the library is as it was, and the clips that could be read are kept for the next run"
        raise ValueError(f"{len(faults)} of {len(lines)} clips cannot be imported: " + "\n".join(faults) + left)
    return motions


def _key(path: Path, line: ClipMetadata) -> str:
    """Hash of all that decides what is read: the file, the animation, and the source of the readers."""
    digest = hashlib.blake2b(path.read_bytes(), digest_size=16)
    digest.update((line.animation or "").encode())
    for source in compiler_sources("bvh", "gltf", "npz"):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _load(kept: Path) -> tuple[Motion, list[str]] | None:
    try:
        with np.load(kept, allow_pickle=False) as file:
            turned, moved = torch.from_numpy(file["rotations"]), torch.from_numpy(file["translation"])
            return Motion(turned, moved, float(file["fps"])), file["unmapped"].tolist()
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None  # not there, or half written: read it again


def _keep(kept: Path, motion: Motion, unmapped: list[str]) -> tuple[Motion, list[str]]:
    beside = kept.with_suffix(".part.npz")
    try:
        names = np.array(unmapped, dtype=np.str_)
        np.savez(beside, rotations=motion.rotations.numpy(), translation=motion.translation.numpy(), fps=motion.fps, unmapped=names)
        os.replace(beside, kept)
    finally:
        beside.unlink(missing_ok=True)
    return motion, unmapped


class _Reader:
    """Reads motions, and remembers the last glTF file, which may hold many."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._animations: dict[str, ForeignMotion] = {}

    def __call__(self, path: Path, animation: str | None) -> tuple[Motion, list[str]]:
        """The motion in a file at 30 frames a second, facing forward, and its joints that nothing follows. ValueError names the file."""
        try:
            if path.suffix.lower() == ".npz":
                return _settled(read_npz(path)), []
            source = parse_bvh(path) if path.suffix.lower() == ".bvh" else self._animation(path, animation)
            return _settled(retarget(source)), list(unmapped_names(source.names, source.parents))
        except ValueError as error:
            raise ValueError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from error

    def _animation(self, path: Path, name: str | None) -> ForeignMotion:
        if path.suffix.lower() not in SUFFIXES:
            raise ValueError(f"expected a file of {', '.join(SUFFIXES)}")
        if path != self._path:
            self._path, self._animations = path, parse_gltf(path)
        if name is None and len(self._animations) == 1:
            return next(iter(self._animations.values()))
        if name not in self._animations:
            raise ValueError(f"expected 'animation' to be one of {', '.join(self._animations)}, got {name!r}")
        return self._animations[name]


def _settled(motion: Motion) -> Motion:
    """The motion at our frame rate; its first frame faces +Z and stands where the rest pose does."""
    if motion.frames < _FEWEST_FRAMES:
        raise ValueError(f"expected a motion of at least {_FEWEST_FRAMES} frames, got {motion.frames}")
    if motion.duration_s > LONGEST_S:
        raise ValueError(f"expected a clip of one gesture, at most {LONGEST_S:.0f} s, got {motion.duration_s:.0f} s; cut it into clips")
    motion = motion if abs(motion.fps - FPS) < 1e-6 else motion.resampled(FPS)
    forward = rotations.rotate(motion.rotations[0, 0], motion.rotations.new_tensor([0.0, 0.0, 1.0]))
    half = -0.5 * torch.atan2(forward[0], forward[2])
    turn = torch.stack([half.new_zeros(()), torch.sin(half), half.new_zeros(()), torch.cos(half)])
    turned = motion.rotations.clone()
    turned[:, 0] = rotations.multiply(turn, motion.rotations[:, 0])
    level = motion.translation.new_tensor([1.0, 0.0, 1.0])
    moved = rotations.rotate(turn, motion.translation - motion.translation[0] * level) + rest_pose()[1].to(motion.translation) * level
    return replace(motion, rotations=rotations.continuous(turned), translation=moved)
