"""Importing motion: files of many formats and what META.jsonl says of them become the gestures of a library."""
import hashlib
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from chironomia.motion_library.build import Progress, compiler_sources
from chironomia.motion_library.clip import Gesture
from chironomia.motion_library.clip_metadata import ClipMetadata, read_metadata
from chironomia.motion_library.embed import Embedder, load_embedder
from chironomia.motion_library.import_record import NAME as RECORD_NAME
from chironomia.motion_library.import_record import ClipRecord, read_record, record_text
from chironomia.motion_library.imported import gestures_of, inferred_keys
from chironomia.motion_library.index import EXACT, texts_of
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.read_clip import SUFFIXES, ClipReader, ReadClip
from chironomia.motion_library.store import load_library, refuse_foreign, save_library
from chironomia.motion_library.threads import one_thread

_SHOWS_DEG = 5.0  # less than that is how far anatomists' norms differ from each other


@dataclass(frozen=True)
class ImportReport:
    """What an import did: clips read from files, clips mirrored, what is recorded of each clip, and files without a line."""

    clips: int
    mirrored: int
    records: dict[str, ClipRecord]
    undescribed: tuple[Path, ...]

    @property
    def unmapped(self) -> dict[str, int]:
        """The files' joints that nothing of ours follows, and in how many clips."""
        return dict(Counter(joint for record in self.records.values() for joint in record.unmapped))

    @property
    def bent(self) -> list[ClipRecord]:
        """The clips with joints so far beyond our limits that holding them there shows, the farthest first."""
        return sorted((record for record in self.records.values() if record.bent_deg > _SHOWS_DEG), key=lambda record: -record.bent_deg)


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

    Imported gestures of the library with an id that is imported again are replaced, all others stay. ``reference`` opens the library
    from whose nearest gesture a missing function and missing schemas are taken; without it they stay METAPHORIC and none. Finished clips
    lie in a folder beside ``out`` until all are done, so that an interrupted import continues. Raises ValueError, with a line a fault,
    for metadata or files that cannot be read, and for a library that cannot take them; the library is then as it was.
    """
    lines = read_metadata(metadata)
    files = _files(paths)
    chosen = [line for line in lines if files & _names(metadata.parent / line.file)]
    if not chosen:
        raise ValueError(f"no line of {metadata} describes a file in {', '.join(map(str, paths))}; 'file' is relative to {metadata.parent}")
    embedder = embedder or load_embedder()
    old = _opened(out, embedder)
    records = read_record(out)
    _refuse_taken(chosen, old, records, out)
    finished = out.parent / f".{out.name}.importing"
    with one_thread():
        read = _read_all(chosen, metadata.parent, finished, progress or (lambda what, done, total: None))
        gestures = gestures_of(chosen, [each.motion for each in read], reference)
        kept = [g for g in old.gestures if g.id not in {new.id for new in gestures}] if old else []
        _refuse_twins([*kept, *gestures])
        content = hashlib.blake2b("".join(sorted(_key(metadata.parent / line.file, line) for line in chosen)).encode(), digest_size=8)
        vectors = _vectors(kept, gestures, old, embedder)
        factory, tuning = (old.index.factory, old.index.tuning) if old else (EXACT, "")
        made = (*kept, *gestures)
        library = make_library(made, embedder, vectors=vectors, content=content.hexdigest(), factory=factory, tuning=tuning)
    new = {line.clip_id: _record(line, chosen, each) for line, each in zip(chosen, read, strict=True)}
    left = {id: record for id, record in records.items() if record.gesture in {g.id for g in kept}}
    save_library(library, out, {RECORD_NAME: record_text(left | new)})
    _clear(finished, chosen, metadata.parent)
    described = set[Path]().union(*(_names(metadata.parent / line.file) for line in lines))
    mirrored = sum(len(g.clips) for g in gestures) - len(chosen)
    return ImportReport(len(chosen), mirrored, new, tuple(sorted(files - described)))


def _clear(finished: Path, lines: Sequence[ClipMetadata], folder: Path) -> None:
    """Drop the finished clips of ``lines``, which the library has now, and half-written ones; those of another, failed import stay."""
    for path in (*(finished / f"{_key(folder / line.file, line)}.npz" for line in lines), *finished.glob("*.part.npz")):
        path.unlink(missing_ok=True)
    if not any(finished.iterdir()):
        finished.rmdir()


def _names(path: Path) -> set[Path]:
    """A file as it is called, and as what it is a link to."""
    return {Path(os.path.abspath(path)), path.resolve()}


def _files(paths: Sequence[Path]) -> set[Path]:
    """The files of ``paths`` that can be imported; folders are looked through, links to folders too, hidden ones not."""
    found: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise ValueError(f"expected a file or folder to import at {path}, found nothing")
        inside = _inside(path) if path.is_dir() else [path]
        found |= {Path(os.path.abspath(p)) for p in inside if p.suffix.lower() in SUFFIXES or p == path}
    if not found:
        raise ValueError(f"expected files of {', '.join(SUFFIXES)} to import, found none in {', '.join(map(str, paths))}")
    return found


def _inside(top: Path) -> list[Path]:
    found: list[Path] = []
    for folder, below, names in os.walk(top, followlinks=True):
        below[:] = [name for name in below if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    return found


def _opened(out: Path, embedder: Embedder) -> Library | None:
    """The library that is at ``out`` already; ValueError for something else there, or one whose vectors are another embedder's."""
    refuse_foreign(out)
    if not out.exists() or not any(out.iterdir()):
        return None
    old = load_library(out, embedder)
    if old.index.embedder != embedder.identity:
        raise ValueError(
            f"the library at {out} was made with the embedder {old.index.embedder!r}, this import would use {embedder.identity!r}; "
            "import into a new library"
        )
    return old


def _refuse_taken(lines: Sequence[ClipMetadata], old: Library | None, records: Mapping[str, ClipRecord], out: Path) -> None:
    """What people wrote as notation is not replaced by what was captured."""
    own = {g.id for g in old.gestures} - {record.gesture for record in records.values()} if old else set()
    if taken := sorted(own & {line.gesture for line in lines}):
        raise ValueError(
            f"{out} has gestures of its own, not imported, with the id {', '.join(taken)}; "
            "give yours another id, or import into a new library"
        )


def _refuse_twins(gestures: Sequence[Gesture]) -> None:
    ids = Counter(clip.id for gesture in gestures for clip in gesture.clips)
    if twins := [id for id, count in ids.items() if count > 1]:
        raise ValueError(f"clip ids must be unique in a library, but these would come twice: {', '.join(twins)}; give their lines an 'id'")


def _vectors(kept: Sequence[Gesture], new: Sequence[Gesture], old: Library | None, embedder: Embedder) -> Tensor:
    """The vectors of all texts: those of gestures that stay are there already."""
    ids = {gesture.id for gesture in kept}
    rows = [row for row, text in enumerate(old.texts) if old.gestures[text.gesture].id in ids] if old else []
    made = embedder.encode([text.text for text in texts_of(new)])
    return torch.cat([old.index.vectors[rows].to(made), made]) if old else made


def _record(line: ClipMetadata, lines: Sequence[ClipMetadata], read: ReadClip) -> ClipRecord:
    return ClipRecord(line.gesture, line.file, read.unmapped, round(read.bent_deg, 1), inferred_keys(line, lines))


def _read_all(lines: Sequence[ClipMetadata], folder: Path, finished: Path, report: Progress) -> list[ReadClip]:
    """What every line's file holds, from the cache where it is; all faults together in one ValueError."""
    finished.mkdir(parents=True, exist_ok=True)
    found, faults = [], []
    reader = ClipReader()
    for done, line in enumerate(lines):
        report("importing clips", done, len(lines))
        try:
            kept = finished / f"{_key(folder / line.file, line)}.npz"
            found.append(_load(kept) or _keep(kept, reader(folder / line.file, line)))
        except ValueError as error:
            faults.append(str(error))
    report("importing clips", len(lines), len(lines))
    if faults:
        left = "; the library is as it was, and the clips that could be read are kept for the next run"
        raise ValueError(f"{len(faults)} of {len(lines)} clips cannot be imported: " + "\n".join(faults) + left)
    return found


def _key(path: Path, line: ClipMetadata) -> str:
    """Hash of all that decides what is read: the file, animation and cut, and the source of the readers."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
    digest.update(f"{line.animation or ''}\0{line.cut}\0{_readers()}".encode())
    return digest.hexdigest()


@cache
def _readers() -> str:
    """Hash of the source of all that reads and retargets."""
    return hashlib.blake2b(b"".join(source.read_bytes() for source in compiler_sources("read_clip")), digest_size=16).hexdigest()


def _load(kept: Path) -> ReadClip | None:
    try:
        with np.load(kept, allow_pickle=False) as file:
            turned, moved = torch.from_numpy(file["rotations"]), torch.from_numpy(file["translation"])
            return ReadClip(Motion(turned, moved, float(file["fps"])), tuple(file["unmapped"].tolist()), float(file["bent_deg"]))
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None  # not there, or half written: read it again


def _keep(kept: Path, read: ReadClip) -> ReadClip:
    beside = kept.with_suffix(".part.npz")
    try:
        np.savez(
            beside,
            rotations=read.motion.rotations.numpy(),
            translation=read.motion.translation.numpy(),
            fps=read.motion.fps,
            unmapped=np.array(read.unmapped, dtype=np.str_),
            bent_deg=read.bent_deg,
        )
        os.replace(beside, kept)
    finally:
        beside.unlink(missing_ok=True)
    return read
