"""A library on disk: a folder of ``library.json`` and three arrays that are mapped into memory.

``rotations.npy`` (N, 55, 4) XYZW and ``translations.npy`` (N, 3) hold the frames of all clips one after another, ``embeddings.npy`` (T, d)
the vectors of all texts; ``texts.faiss`` is their index, if it is not exact. The JSON describes gestures and clips in the same order and
holds a checksum of every array.
"""
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from chironomia.motion_library.clip import Clip, Gesture
from chironomia.motion_library.culture import parse_culture
from chironomia.motion_library.embed import Embedder, load_embedder
from chironomia.motion_library.index import EXACT, TextIndex
from chironomia.motion_library.library import Library
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import Articulator, BodyPart, Formality, GestureFunction, Hands, ImageSchema

FORMAT, VERSION = "chironomia-library", 2
_JSON = "library.json"
_ARRAYS = ("rotations.npy", "translations.npy", "embeddings.npy")
_INDEX = "texts.faiss"  # only of an index that is not exact
_REBUILD = "build it again with: chironomia library build (motion of your own: chironomia library import)"


def save_library(library: Library, out: Path, papers: Mapping[str, str] | None = None) -> None:
    """Write ``library`` to the folder ``out``: beside it first, then renamed, so that no reader sees half a library.

    An older library at ``out`` is replaced; anything else there raises ValueError. ``papers`` are further files of text, by name.
    """
    refuse_foreign(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with beside(out) as partial:
        _write_arrays(library, partial)
        if not library.index.exact:
            library.index.save(partial / _INDEX)
        document = {
            "format": FORMAT, "version": VERSION, "content": library.content, "embedder": library.index.embedder,
            "factory": library.index.factory, "tuning": library.index.tuning,
            "arrays": {name: _checksum(partial / name) for name in _files(library.index.factory)},
            "gestures": [_gesture_to_json(gesture) for gesture in library.gestures],
        }  # fmt: skip
        (partial / _JSON).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        for name, text in (papers or {}).items():
            (partial / name).write_text(text, encoding="utf-8")
        replace_folder(partial, out)


def refuse_foreign(out: Path) -> None:
    """ValueError if something else than a library or an empty folder is at ``out``."""
    if out.exists() and not (out / _JSON).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out} exists and is not a motion library; choose an empty folder or a new name")


def load_library(path: Path, embedder: Embedder | None = None) -> Library:
    """The library in the folder ``path``, its motions mapped from disk.

    ``embedder`` embeds queries, the bundled one if not given; it must be the one that built the library, which is checked at the
    first search. Raises ValueError, in one line that says how to repair it, for a folder that is missing, foreign, of another
    version, or damaged.
    """
    document = _read_json(path)
    for name, expected in document["arrays"].items():
        if not (path / name).is_file() or _checksum(path / name) != expected:
            raise ValueError(f"the motion library at {path} is damaged: {name} is missing or does not match its checksum; {_REBUILD}")
    try:
        turned, moved, vectors = (torch.from_numpy(np.load(path / name, mmap_mode="c")) for name in _ARRAYS)
        gestures, at = [], 0
        for entry in document["gestures"]:
            clips = []
            for clip in entry["clips"]:
                frames = slice(at, at := at + clip["frames"])
                clips.append(_clip_from_json(clip, entry["id"], Motion(turned[frames], moved[frames], clip["fps"])))
            gestures.append(_gesture_from_json(entry, tuple(clips)))
        file = None if document["factory"] == EXACT else path / _INDEX
        index = TextIndex(vectors, document["embedder"], document["factory"], tuning=document.get("tuning", ""), path=file)
        return Library(tuple(gestures), index, embedder or load_embedder(), document["content"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"the motion library at {path} is damaged ({type(error).__name__}: {error}); {_REBUILD}") from error


def _read_json(path: Path) -> dict[str, Any]:
    if not (path / _JSON).is_file():
        raise ValueError(f"expected a motion library (a folder with {_JSON}) at {path}, found none; {_REBUILD}")
    try:
        document = json.loads((path / _JSON).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"the motion library at {path} is damaged: {_JSON} is not JSON ({error}); {_REBUILD}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{path / _JSON} does not describe a motion library of this project; {_REBUILD}")
    if document.get("version") != VERSION:
        raise ValueError(f"the motion library at {path} has format version {document.get('version')}, expected {VERSION}; {_REBUILD}")
    if set(document.get("arrays", ())) != set(expected := _files(document.get("factory"))):
        raise ValueError(f"the motion library at {path} is damaged: it should list the arrays {', '.join(expected)}; {_REBUILD}")
    return document


def _files(factory: str | None) -> tuple[str, ...]:
    """The files of a library besides its JSON."""
    return _ARRAYS if factory in (None, EXACT) else (*_ARRAYS, _INDEX)


def _write_arrays(library: Library, folder: Path) -> None:
    motions = [clip.motion for gesture in library.gestures for clip in gesture.clips]
    _write_array(folder / "rotations.npy", (motion.rotations for motion in motions), sum(motion.frames for motion in motions), (55, 4))
    _write_array(folder / "translations.npy", (motion.translation for motion in motions), sum(motion.frames for motion in motions), (3,))
    np.save(folder / "embeddings.npy", library.index.vectors.numpy())


def _write_array(path: Path, parts: Iterable[torch.Tensor], rows: int, shape: tuple[int, ...]) -> None:
    """An array (rows, *shape) of 32-bit floats, part after part.

    Not through a memory map: writing to one on a full disk kills the process.
    """
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, *shape)}
        np.lib.format.write_array_header_1_0(file, header)
        for part in parts:
            file.write(part.detach().cpu().numpy().astype("<f4").tobytes())


def _gesture_to_json(gesture: Gesture) -> dict[str, Any]:
    return {
        "id": gesture.id, "description": gesture.description, "meanings": gesture.meanings, "fits": gesture.fits, "wrong": gesture.wrong,
        "function": gesture.function, "schemas": gesture.schemas, "hands": gesture.hands, "notes": gesture.notes,
        "articulators": gesture.articulators, "formality": gesture.formality, "culture": [note.as_json() for note in gesture.culture],
        "clips": [
            {
                "id": clip.id, "hands": clip.hands, "amplitude": clip.amplitude, "mask": sorted(clip.mask), "source": clip.source,
                "license": clip.license, "fps": clip.motion.fps, "frames": clip.motion.frames, "sync": clip.sync.times(),
            }
            for clip in gesture.clips
        ],
    }  # fmt: skip


def _gesture_from_json(entry: dict[str, Any], clips: tuple[Clip, ...]) -> Gesture:
    return Gesture(
        entry["id"], entry["description"], tuple(entry["meanings"]), tuple(entry["fits"]), tuple(entry["wrong"]),
        GestureFunction(entry["function"]), tuple(ImageSchema(s) for s in entry["schemas"]), Hands(entry["hands"]), entry["notes"], clips,
        tuple(Articulator(part) for part in entry["articulators"]), Formality(entry["formality"]), parse_culture(entry["culture"]),
    )  # fmt: skip


def _clip_from_json(entry: dict[str, Any], gesture: str, motion: Motion) -> Clip:
    return Clip(
        entry["id"], gesture, motion, SyncPoints(*entry["sync"]), Hands(entry["hands"]), entry["amplitude"],
        frozenset(BodyPart(part) for part in entry["mask"]), entry["source"], entry["license"],
    )  # fmt: skip


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


@contextmanager
def beside(out: Path) -> Iterator[Path]:
    """A new folder next to ``out`` that is gone afterwards, unless it was renamed."""
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def replace_folder(partial: Path, out: Path) -> None:
    """Put the folder ``partial`` in the place of ``out``: a folder that is not empty can only be moved away, not overwritten."""
    partial.chmod(0o755)
    if not out.exists():
        os.rename(partial, out)
        return
    with beside(out) as away:
        os.rename(out, away / "old")
        os.rename(partial, out)
