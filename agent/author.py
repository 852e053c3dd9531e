"""What authors of gestures need: a file to begin with, and to hear whether what they wrote is right and shows what it says."""
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from chironomia.agent.gesture_schema import gesture_schema
from chironomia.agent.schemas import schema_text
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.clip import Clip, Gesture, shown_clip
from chironomia.motion_library.compile import SIZE_NAMES, compile_clip, compile_gesture
from chironomia.motion_library.culture import AREAS
from chironomia.motion_library.handshapes import HANDSHAPES
from chironomia.motion_library.invariants import Check, Fact, check_clip
from chironomia.motion_library.notation import NotationError, load_notation, parse_notation
from chironomia.motion_library.notation_model import GestureNotation
from chironomia.motion_library.pointing import point_at
from chironomia.motion_library.threads import one_thread
from chironomia.motion_library.vocabulary import GestureFunction, ImageSchema

SCHEMA_NAME = "gesture.schema.json"  # the template's first line tells editors to read it from beside the gesture
_TEMPLATE_ID = "new-gesture"
_NEXT_LINE, _COMMENT_WIDTH = f"\n#{'':33}", 80  # how a comment goes on in the next line, and its columns


@dataclass(frozen=True)
class Report:
    """What there is to say of one file: lines to print, and whether one of them is a fault."""

    lines: tuple[str, ...]
    faulty: bool


def new_gesture(id: str, out: Path | None = None) -> tuple[Path, Path]:
    """Write a commented gesture to change, and the schema that editors check it with; the paths of both.

    ``out`` is the file or its folder (default: ID.yaml here). Raises ValueError for an id that cannot be one, a file that exists
    already, or a file that is not named after its gesture.
    """
    out = out or Path(f"{id}.yaml")
    out = out / f"{id}.yaml" if out.is_dir() else out
    text = template(id)
    if out.name != f"{id}.yaml":
        raise ValueError(f"expected a file with the gesture's name, {id}.yaml, or a folder, got {out}")
    if out.exists():
        raise ValueError(f"{out} exists already; choose another id or folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    schema = out.with_name(SCHEMA_NAME)
    schema.write_text(schema_text(gesture_schema), encoding="utf-8")
    return out, schema


def template(id: str) -> str:
    """The text of a new gesture, which compiles as it is. Raises ValueError for an id that cannot be one."""
    text = files("chironomia.motion_library").joinpath("gesture_template.yaml").read_text(encoding="utf-8")
    lists = {"%FUNCTIONS%": [*GestureFunction], "%SCHEMAS%": [*ImageSchema], "%SHAPES%": [*HANDSHAPES], "%AREAS%": [*AREAS]}
    for mark, words in lists.items():
        text = text.replace(mark, _NEXT_LINE.join(textwrap.wrap(" ".join(words), _COMMENT_WIDTH, break_on_hyphens=False)))
    text = text.replace(_TEMPLATE_ID, id)
    try:
        parse_notation(text)
    except NotationError:
        expected = "an id of at most 48 lower-case letters, digits and single hyphens, such as open-box"
        raise ValueError(f"expected {expected}, got {id!r}") from None
    return text


def gesture_files(paths: Sequence[Path]) -> list[Path]:
    """The files to check: folders stand for their ``*.yaml``, a folder without any for itself."""
    return [file for path in paths for file in (sorted(path.glob("*.yaml")) or [path] if path.is_dir() else [path])]


def check(paths: Sequence[Path], progress: Callable[[str, int, int], None]) -> Iterator[Report]:
    """Read, compile and measure every gesture; a report a file, in order. A gesture that does not show its first schema is faulty."""
    found = gesture_files(paths)
    with one_thread():
        for done, path in enumerate(found):
            progress("checking gestures", done, len(found))
            yield _check_file(path)
        progress("checking gestures", len(found), len(found))


def _check_file(path: Path) -> Report:
    if path.is_dir():
        return Report((f"{path}:1: gesture: expected gestures (*.yaml) in this folder, found none",), True)
    try:
        gesture = compile_gesture(load_notation(path))
    except NotationError as error:
        return Report(tuple(str(error).splitlines()), True)
    except ValueError as error:
        return Report((f"{path}:1: gesture: {' '.join(str(error).split())}",), True)
    checks = [row for clip in gesture.clips for row in check_clip(clip, gesture.schemas)]
    head = f"{path}: {gesture.id}: {len(gesture.clips)} clips" + ("" if gesture.schemas else ", no schema to measure")
    return Report((head, *_measured(gesture, checks)), any(row.primary and not row.satisfied for row in checks))


def _measured(gesture: Gesture, checks: Sequence[Check]) -> Iterator[str]:
    """A line for every schema of the clip that stands for the gesture, and for every schema that clips of some hands do not show."""
    main, hands = shown_clip(gesture), {clip.id: clip.hands for clip in gesture.clips}
    yield from (_say(row, 0) for row in checks if main and row.clip == main.id and row.satisfied)
    failing: dict[tuple[str, str], list[Check]] = {}
    for row in checks:
        if not row.satisfied:
            failing.setdefault((row.schema, hands[row.clip]), []).append(row)
    for rows in failing.values():
        said = next((row for row in rows if main and row.clip == main.id), rows[0])
        yield _say(said, len(rows) - 1)


def _say(row: Check, more: int) -> str:
    verdict = "shown" if row.satisfied else "NOT SHOWN" if row.primary else "not shown"
    others = f" and {more} more" if more else ""
    return f"  {row.schema} {verdict} by {row.clip}{others}: {'; '.join(_say_fact(fact) for fact in row.facts)}"


def _say_fact(fact: Fact) -> str:
    at_least = (fact.value >= fact.bound) == fact.satisfied
    missing = "" if fact.satisfied else f", {abs(fact.margin):.2g} {'short' if at_least else 'too much'}"
    return f"{fact.name} {fact.value:.2f} ({'≥' if at_least else '≤'} {fact.bound:g} {fact.unit}{missing})"


def clip_of_file(path: Path, clip: str | None = None) -> tuple[Clip, str]:
    """A clip of the gesture in a file, and its description; without an id the one that stands for it, which alone is compiled.

    Raises NotationError, or ValueError for a clip that the gesture does not have.
    """
    notation = load_notation(path)
    with one_thread():
        if clip is None:
            return _compile_shown(notation), notation.description
        clips = {made.id: made for made in compile_gesture(notation).clips}
    if clip not in clips:
        raise ValueError(f"unknown clip {clip!r} of {path}; there are {', '.join(clips)}")
    return clips[clip], notation.description


def pointing_clip(gesture: str, target: str) -> tuple[Clip, str]:
    """A gesture, of the bundled ones or in a FILE.yaml, aimed at ``X,Y,Z`` (metres), and what it does.

    Raises NotationError, or ValueError for what is not a place or cannot point there.
    """
    path = Path(gesture) if Path(gesture).suffix in (".yaml", ".yml") else bundled_gestures() / f"{gesture}.yaml"
    if not path.is_file():
        raise ValueError(f"unknown gesture {gesture!r} to point with; use point-at (finger) or point-you (open hand), or a FILE.yaml")
    try:
        x, y, z = (float(part) for part in target.split(","))
    except ValueError:
        raise ValueError(f"expected a target X,Y,Z in metres, such as 1.5,0.8,2, got {target!r}") from None
    notation = load_notation(path)
    with one_thread():
        clip = point_at((x, y, z), notation)
    return clip, f"{notation.description} Aimed at {x:g} m left, {y:g} m up, {z:g} m ahead."


def _compile_shown(notation: GestureNotation) -> Clip:
    named = zip(SIZE_NAMES[len(notation.sizes)], notation.sizes, strict=True)
    name, size = min(named, key=lambda pair: abs(pair[1] - 1.0))
    return compile_clip(notation, notation.hands, name, size)
