"""Personas: directions with a name, bundled with the package or in a file of one's own."""
from collections.abc import Collection
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from chironomia.agent.direction import Direction, check_names
from chironomia.agent.manner import Reading, read_manner
from chironomia.motion_library.written import read_written

_SUFFIXES = (".yaml", ".yml", ".json")
_WHAT = "a persona (rate_per_min: 12, size: 0.8 …)"


def bundled_personas() -> dict[str, Direction]:
    """The personas that come with the package, by name, in the order of their names."""
    return {path.stem: load_persona(path) for path in _files()}


def persona(name_or_file: str | Path) -> Direction:
    """The bundled persona of a name, or the one in a YAML file.

    Raises ValueError, in one line, with all names for one that is not known, and with file and line for a file that cannot be read.
    """
    if isinstance(name_or_file, Path) or Path(name_or_file).suffix in _SUFFIXES:
        return load_persona(Path(name_or_file))
    return load_persona(_bundled(name_or_file))


def persona_text(name: str) -> str:
    """The YAML of a bundled persona, to begin one's own with. Raises ValueError with all names for one that is not known."""
    return _bundled(name).read_text(encoding="utf-8")


def _bundled(name: str) -> Path:
    known = {path.stem: path for path in _files()}
    wanted = "-".join(name.lower().split())
    if wanted not in known:
        near = get_close_matches(wanted, known, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ValueError(f"unknown persona {name!r}{hint}; there are {', '.join(known)}, and any FILE.yaml of your own")
    return known[wanted]


def _files() -> list[Path]:
    return sorted(Path(str(files("chironomia.agent") / "personas")).glob("*.yaml"))


def load_persona(path: Path) -> Direction:
    """The persona in a YAML file; its name is the file's unless it says another. Raises ValueError: file, line, key and what is allowed."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8 text, but byte {error.start} is not; save it as UTF-8 text") from None
    read = read_written(Direction, text, str(path), _WHAT)
    return read if read.name else read.model_copy(update={"name": path.stem})


def asked_direction(
    gestures: Collection[str],
    direction: Direction | str | Path | None = None,
    direct: str = "",
    locale: str = "",
    rate: float | None = None,
) -> Reading:
    """How to gesture: a direction or a persona, refined by the words of ``direct``, then by locale and rate; and what was not understood.

    ``gestures`` are the ids of the library. Raises ValueError, in one line, for an unknown persona, a file that cannot be read, and a
    place, a rate or a gesture that does not exist.
    """
    start = direction if isinstance(direction, Direction) else Direction() if direction is None else persona(direction)
    check_names(start, gestures)
    reading = read_manner(direct, start, gestures)
    fields = {"locale": locale, "rate_per_min": rate}
    return Reading(reading.direction.changed(**{k: v for k, v in fields.items() if v not in (None, "")}), reading.remarks)
