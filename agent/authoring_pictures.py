"""The pictures of docs/authoring.md, drawn from what it says: ``python -m chironomia.agent.authoring_pictures docs``.

Every gesture that the page writes out becomes a film strip; the notation's words become charts.
"""
import math
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

from chironomia.agent.author import template
from chironomia.motion_library import skeleton
from chironomia.motion_library.build import default_cache_dir
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.compile import compile_clip
from chironomia.motion_library.draw import View, film_strip, moments, pictures, save_png
from chironomia.motion_library.handshapes import HANDSHAPES
from chironomia.motion_library.mannequin import Mannequin, load_mannequin
from chironomia.motion_library.notation import parse_notation
from chironomia.motion_library.notation_model import GestureNotation
from chironomia.motion_library.rasterize import Camera

_TILE, _HAND_TILE, _STRIP_TILE = (176, 196), (116, 132), (150, 166)  # pixels
_HAND_HEIGHT_M = 0.25  # what a picture of a hand holds
_FONT_PX, _LINE_PX = 12, 16
_COLORS = 256  # of the page's pictures: few enough to be small, enough for skin and light
_INK, _PAPER = (70, 74, 82), (250, 250, 251)

PALMS = ("up, forward", "down, forward", "in, forward", "in, up", "forward, up", "back, up-in", "down, forward-in")  # palm, fingers
PLACES = (
    "center waist near", "center chest mid", "center-center chest far", "periphery chest mid", "extreme shoulder near", "across chest near",
    "temple",
)  # fmt: skip
MOVEMENTS = (
    "{move: up 0.2 out 0.1}", "{to: periphery shoulder far}", "{arc: up out, radius: 0.12}", "{circle: out up, radius: 0.1}",
    "{zigzag: out 0.3}", "{tap: down 0.1, repeat: 2}", "{rock: sideways 25, repeat: 3}",
)  # fmt: skip
_HAND = """
id: chart
description: A hand for a chart.
function: ICONIC
meanings: [one thing, two things, three things, four things]
fits: [So it is., So it was., So it will be.]
wrong: [Never.]
hands: right
form:
  right: {shape: SHAPE, palm: PALM, fingers: FINGERS, at: PLACE}
  stroke: [MOVEMENT]
sizes: [1.0]
"""


def gestures_of(page: str) -> list[GestureNotation]:
    """The gestures that a page of Markdown writes out in full, in its YAML blocks."""
    return [parse_notation(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if re.match(r"(#.*\n)*id: ", block)]


def draw_page(docs: Path) -> list[Path]:
    """Draw the pictures of ``docs/authoring.md`` into ``docs/images``; their paths."""
    mannequin = load_mannequin(default_cache_dir())
    made = [_save(docs, name, image) for name, image in _charts(mannequin)]
    page = (docs / "authoring.md").read_text(encoding="utf-8")
    shown = [parse_notation(template("new-gesture")), *gestures_of(page)]
    return made + [_save(docs, notation.id, _strip(notation, mannequin)) for notation in shown]


def _charts(mannequin: Mannequin) -> Iterator[tuple[str, Image.Image]]:
    pairs = [pair.split(", ") for pair in PALMS]
    palms = (_posed(_hand(palm=palm, fingers=fingers), f"palm: {palm}\nfingers: {fingers}", mannequin) for palm, fingers in pairs)
    yield "palms", _grid(palms, len(PALMS))
    yield "places", _grid((_posed(_hand(place=place), place, mannequin) for place in PLACES), len(PLACES))
    raised = {"palm": "forward", "fingers": "up"}
    moves = (_moved(_hand(movement=movement, **raised), movement.strip("{}"), mannequin) for movement in MOVEMENTS)
    yield "movements", _grid(moves, len(MOVEMENTS))
    shapes = (_close_up(_hand(shape, place="[0.44, 1.45, 0.35]", **raised), shape, mannequin) for shape in HANDSHAPES)
    yield "handshapes", _grid(shapes, 9)


def _hand(
    shape: str = "open-relaxed", palm: str = "in", fingers: str = "forward", place: str = "center chest mid", movement: str = "{wait: 0.3}"
) -> Clip:
    values = {"SHAPE": shape, "PALM": palm, "FINGERS": fingers, "PLACE": place, "MOVEMENT": movement}
    notation = parse_notation(re.sub("|".join(values), lambda found: values[found[0]], _HAND))
    return compile_clip(notation, notation.hands, "m", 1.0)


def _posed(clip: Clip, caption: str, mannequin: Mannequin) -> Image.Image:
    views = (View.THREE_QUARTER,)
    strip = film_strip(clip.motion, [clip.sync.stroke], views=views, labels=[""], tile=_TILE, trail_s=0.0, mannequin=mannequin)
    return _captioned(strip.crop((0, 0, *_TILE)), caption)


def _moved(clip: Clip, caption: str, mannequin: Mannequin) -> Image.Image:
    """The end of the stroke with the whole way of the hand."""
    end, way = clip.sync.stroke_end, clip.sync.stroke_end - clip.sync.stroke_start
    strip = film_strip(clip.motion, [end], views=(View.FRONT,), labels=[""], tile=_TILE, trail_s=way, mannequin=mannequin)
    return _captioned(strip.crop((0, 0, *_TILE)), caption.replace(", ", "\n", 1))


def _close_up(clip: Clip, caption: str, mannequin: Mannequin) -> Image.Image:
    at = clip.motion.sample(torch.tensor([clip.sync.stroke]))
    fingers = [i for i, name in enumerate(skeleton.JOINT_NAMES) if re.match(r"right_(wrist|index|middle|ring|pinky|thumb)", name)]
    x, y, z = at.positions()[0, fingers].mean(0).tolist()
    distance_m = 4.5
    fov_deg = math.degrees(2 * math.atan(_HAND_HEIGHT_M / 2 / distance_m))
    camera = Camera((x + 0.025, y + 0.2, z + distance_m), (x + 0.025, y + 0.015, z), fov_deg)
    width, height = _HAND_TILE
    image = next(iter(pictures(at, camera, mannequin, 2 * width, 2 * height)))  # drawn large, so that fingers have smooth edges
    return _captioned(image.resize(_HAND_TILE, Image.Resampling.LANCZOS), caption)


def _strip(notation: GestureNotation, mannequin: Mannequin) -> Image.Image:
    clip = compile_clip(notation, notation.hands, "m", 1.0)
    shown = moments(clip)
    strip = film_strip(clip.motion, [t for t, _ in shown], labels=[""] * len(shown), tile=_STRIP_TILE, mannequin=mannequin)
    cells = [strip.crop((i * _STRIP_TILE[0], 0, (i + 1) * _STRIP_TILE[0], 2 * _STRIP_TILE[1])) for i in range(len(shown))]
    captions = [f"{', '.join(names)}\n{time_s:.2f} s" for time_s, names in shown]
    return _grid(map(_captioned, cells, captions), len(cells))


def _captioned(image: Image.Image, caption: str) -> Image.Image:
    lines = caption.split("\n")
    whole = Image.new("RGB", (image.width, image.height + 2 * _LINE_PX + 8), _PAPER)
    whole.paste(image, (0, 0))
    for i, line in enumerate(lines):
        at = (image.width / 2, image.height + 4 + i * _LINE_PX)
        ImageDraw.Draw(whole).text(at, line, _INK, ImageFont.load_default(_FONT_PX), anchor="ma")
    return whole


def _grid(cells: Iterable[Image.Image], columns: int) -> Image.Image:
    cells = list(cells)
    width, height = cells[0].size
    whole = Image.new("RGB", (columns * width, -(-len(cells) // columns) * height), _PAPER)
    for i, cell in enumerate(cells):
        whole.paste(cell, (i % columns * width, i // columns * height))
    return whole


def _save(docs: Path, name: str, image: Image.Image) -> Path:
    path = docs / "images" / f"authoring-{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_png(image.quantize(_COLORS, dither=Image.Dither.NONE), path)
    return path


if __name__ == "__main__":
    for drawn in draw_page(Path(sys.argv[1] if len(sys.argv) > 1 else "docs")):
        print(drawn)
