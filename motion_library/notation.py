"""Reading the gesture notation: one YAML file a gesture. Every error is one line: file, line, key, what came, and what is allowed."""
from pathlib import Path

from chironomia.motion_library.notation_model import GestureNotation
from chironomia.motion_library.written import read_written


class NotationError(ValueError):
    """A gesture file that cannot be read; its message has one line for each fault."""


def parse_notation(text: str, name: str = "<text>") -> GestureNotation:
    """Read one gesture from YAML text; ``name`` is what errors call the file. Raises NotationError, one line a fault."""
    try:
        return read_written(GestureNotation, text, name, "a gesture (id: …, description: …)")
    except ValueError as error:
        raise NotationError(str(error)) from None


def load_notation(path: Path | str) -> GestureNotation:
    """Read the gesture in a YAML file, whose name must be its id. Raises NotationError, one line a fault."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotationError(f"{path}:1: expected a readable UTF-8 text file, got {error.__class__.__name__}: {error}") from None
    notation = parse_notation(text, str(path))
    if notation.id != path.stem:
        raise NotationError(f"{path}:1: id: expected {path.stem!r}, the file's name, got {notation.id!r}")
    return notation


def load_folder(folder: Path | str) -> tuple[GestureNotation, ...]:
    """All gestures ``*.yaml`` of a folder in order of name. Raises NotationError with the faults of all files, or if there is none."""
    paths = sorted(Path(folder).glob("*.yaml"))
    if not paths:
        raise NotationError(f"{folder}:1: expected a folder with gestures (*.yaml), found none")
    found: list[GestureNotation] = []
    faults: list[str] = []
    for path in paths:
        try:
            found.append(load_notation(path))
        except NotationError as error:
            faults.append(str(error))
    if faults:
        raise NotationError("\n".join(faults))
    return tuple(found)
