"""Pictures of a moving body: film strips (PNG) and video (MP4), drawn offscreen."""
import math
import os
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from chironomia.motion_library import skeleton
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.mannequin import Mannequin, build_mannequin, skin
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.rasterize import Camera, render


class View(StrEnum):
    """Where the viewer stands; ``three_quarter`` is on the body's left, so that both arms show."""

    FRONT = "front"
    THREE_QUARTER = "three_quarter"
    SIDE = "side"


class Framing(StrEnum):
    """How much of the body the picture holds."""

    UPPER = "upper"
    FULL = "full"


_AZIMUTH_DEG = {View.FRONT: 0.0, View.THREE_QUARTER: 42.0, View.SIDE: 90.0}
_DISTANCE_M = 4.5  # far enough that a hand stretched towards the viewer does not grow out of proportion
_MARGIN_M = 0.10  # flesh around the joints (a head reaches 0.2 above its joint, and has a place of its own below)
_CHUNK_ON = {"cpu": 1, "cuda": 32}  # frames rendered at once: what stays in a cache, and what fills a GPU
_HANDS = (skeleton.INDEX["left_middle1"], skeleton.INDEX["right_middle1"])
_TRAIL_COLORS = ((214, 96, 44), (40, 110, 190))  # left, right hand
_INK, _PALE_INK, _PAPER = (40, 44, 52), (110, 116, 126), (250, 250, 251)
_LEGS = [i for i, n in enumerate(skeleton.JOINT_NAMES) if any(k in n for k in ("knee", "ankle", "foot"))]


def camera(positions: Tensor, view: View | str, framing: Framing | str, aspect: float) -> Camera:
    """A camera that holds the body through all of ``positions`` (F, 55, 3) metres; ``aspect`` is width over height.

    The upper framing holds at least head, chest and hips, the full one also the ground; both widen to keep the hands in.
    """
    azimuth = math.radians(_AZIMUTH_DEG[View(view)])
    right = positions.new_tensor([math.cos(azimuth), 0.0, -math.sin(azimuth)])
    full = Framing(framing) is Framing.FULL
    joints = [j for j in range(skeleton.JOINTS) if full or j not in _LEGS]
    seen = positions[:, joints]
    across, up = seen @ right, seen[..., 1]
    pelvis, head = positions[:, 0], positions[:, skeleton.INDEX["head"]]
    middle = float(across.max() + across.min()) / 2
    half_width = max(float(across.max() - across.min()) / 2 + _MARGIN_M, 0.34)
    low = min(float(up.min()) - _MARGIN_M, float(pelvis[:, 1].min()) - 0.12)
    low = min(low, -0.06) if full else low
    high = max(float(up.max()) + _MARGIN_M, float(head[:, 1].max()) + 0.26)
    half_height = max((high - low) / 2, half_width / aspect)
    centre = pelvis.mean(0) + right * (middle - (pelvis @ right).mean())
    target = (float(centre[0]), (high + low) / 2, float(centre[2]))
    toward = (math.sin(azimuth), math.cos(azimuth))
    eye = (target[0] + _DISTANCE_M * toward[0], target[1] + 0.18, target[2] + _DISTANCE_M * toward[1])
    return Camera(eye, target, math.degrees(2 * math.atan(half_height / _DISTANCE_M)))


def pictures(motion: Motion, camera: Camera, mannequin: Mannequin, width: int, height: int) -> Iterator[Image.Image]:
    """Every frame of the motion as a picture, in order; a few frames are rendered at a time."""
    for posed in _posed(motion, mannequin):
        yield from posed.seen_by(camera, width, height)


@dataclass(frozen=True)
class _Posed:
    """The mannequin in a few frames: what every camera sees of it."""

    mannequin: Mannequin
    vertices: Tensor
    normals: Tensor
    feet: Tensor

    def seen_by(self, camera: Camera, width: int, height: int) -> Iterator[Image.Image]:
        shown = self.mannequin
        images = render(self.vertices, self.normals, shown.faces, shown.colors, camera, height, width, feet=self.feet)
        yield from (Image.fromarray(image.numpy()) for image in (images * 255).round().clamp(0, 255).byte().cpu())


def _posed(motion: Motion, mannequin: Mannequin) -> Iterator[_Posed]:
    mannequin = mannequin.to(motion.rotations.device)
    chunk = _CHUNK_ON.get(motion.rotations.device.type, 1)
    positions = motion.positions()
    feet = torch.stack([positions[:, [7, 10]].mean(1), positions[:, [8, 11]].mean(1)], 1) - positions.new_tensor([0.0, 0.05, 0.0])
    for start in range(0, motion.frames, chunk):
        part = slice(start, start + chunk)
        yield _Posed(mannequin, *skin(mannequin, motion.rotations[part], motion.translation[part]), feet[part])


def film_strip(
    motion: Motion,
    times_s: Sequence[float],
    *,
    views: Sequence[View | str] = (View.FRONT, View.THREE_QUARTER),
    labels: Sequence[str] | None = None,
    title: str | None = None,
    framing: Framing | str = Framing.UPPER,
    tile: tuple[int, int] = (280, 320),
    trail_s: float = 0.4,
    mannequin: Mannequin | None = None,
) -> Image.Image:
    """A picture with a row for each view and a column for each moment, with captions and the hands' recent paths.

    ``times_s`` seconds in the motion; ``labels`` one for each (default: the time); ``tile`` width and height of one
    picture in pixels; ``trail_s`` how far back the paths reach (0: none; left hand orange, right blue). Raises ValueError
    when there is no moment or the labels do not match.
    """
    labels = [f"{t:.2f} s" for t in times_s] if labels is None else labels
    if not times_s or len(labels) != len(times_s):
        raise ValueError(f"a film strip needs one label for each of its moments, got {len(times_s)} moments and {len(labels)} labels")
    mannequin = mannequin or build_mannequin()
    width, height = tile
    sampled = motion.sample(torch.tensor(list(times_s)))
    all_positions, trails = motion.positions(), _trails(motion, times_s, trail_s)
    head_px, foot_px = _title_height(title, width * len(times_s)), _caption_height(labels, width)
    strip = Image.new("RGB", (width * len(times_s), head_px + height * len(views) + foot_px), _PAPER)
    cameras = [camera(all_positions, view, framing, width / height) for view in views]
    column = 0
    for posed in _posed(sampled, mannequin):
        for row, seen in enumerate(cameras):
            for i, image in enumerate(posed.seen_by(seen, width, height), column):
                strip.paste(_with_trail(image, trails[i], seen), (i * width, head_px + row * height))
        column += len(posed.vertices)
    _write(strip, title, labels, width, head_px + height * len(views))
    return strip


def strip_of_clip(clip: Clip, *, description: str = "", mannequin: Mannequin | None = None, **options: object) -> Image.Image:
    """The film strip of a clip at its :func:`moments`."""
    shown = moments(clip)
    title = f"{clip.id}  ({clip.hands.value}, x{clip.amplitude:g})" + (f": {description}" if description else "")
    labels = [f"{', '.join(names)} {time_s:.2f} s" for time_s, names in shown]
    return film_strip(clip.motion, [t for t, _ in shown], labels=labels, title=title, mannequin=mannequin, **options)  # type: ignore[arg-type]


def moments(clip: Clip) -> list[tuple[float, list[str]]]:
    """When a clip is looked at, seconds, with the names of the sync points there; those within 60 ms of each other share a moment."""
    found: list[tuple[float, list[str]]] = []
    for name, time_s in zip(("start", "ready", "stroke start", "stroke", "stroke end", "relax", "end"), clip.sync.times(), strict=True):
        if found and time_s - found[-1][0] < 0.06:
            found[-1][1].append(name)
        else:
            found.append((time_s, [name]))
    return found


def save_png(image: Image.Image, path: Path | str) -> None:
    """Write a PNG beside its place and rename it there, so that no half-written picture is ever seen."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        image.save(beside, format="PNG")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def video(
    motion: Motion,
    path: Path | str,
    *,
    audio: Path | str | None = None,
    view: View | str = View.THREE_QUARTER,
    framing: Framing | str = Framing.FULL,
    size: tuple[int, int] = (480, 640),
    mannequin: Mannequin | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the motion as an MP4 (H.264, AAC), with the sound of the file ``audio`` from the first frame on.

    ``size`` width and height in pixels, both even. ``progress`` is told (frames done, frames in all). Needs the extra
    ``video``; raises ModuleNotFoundError that says so when it is missing.
    """
    try:
        import imageio_ffmpeg
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("video needs imageio-ffmpeg; install it with: pip install 'chironomia[video]'") from error
    path = Path(path)
    width, height = size
    beside = path.with_name(f".{path.stem}.{os.getpid()}.mp4")
    seen = camera(motion.positions(), view, framing, width / height)
    sound = {"audio_path": str(audio), "audio_codec": "aac"} if audio else {}
    try:
        writer = imageio_ffmpeg.write_frames(str(beside), size, fps=motion.fps, quality=7, macro_block_size=2, **sound)
        writer.send(None)
        for done, image in enumerate(pictures(motion, seen, mannequin or build_mannequin(), width, height), 1):
            writer.send(image.tobytes())
            if progress:
                progress(done, motion.frames)
        writer.close()
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _trails(motion: Motion, times_s: Sequence[float], trail_s: float) -> Tensor:
    """Where both hands were over the last ``trail_s`` seconds before each time: (N, 24, 2, 3) metres."""
    back = torch.linspace(-trail_s, 0.0, 24)
    points = motion.sample((torch.tensor(list(times_s))[:, None] + back).flatten()).positions()[:, list(_HANDS)]
    return points.view(len(times_s), len(back), 2, 3)


def _with_trail(image: Image.Image, points: Tensor, seen: Camera) -> Image.Image:
    """The picture with the paths (24, 2, 3) of both hands, thicker and darker towards now; as it is if no hand moved by a pixel."""
    scale, steps = 2, len(points)  # drawn at twice the size for smooth lines
    at = seen.project(points, image.height, image.width)[..., :2]
    if float((at.amax(0) - at.amin(0)).amax()) < 1.0:
        return image
    (left, top), (right, bottom) = (at.amin((0, 1)) - 4).floor().int().tolist(), (at.amax((0, 1)) + 4).ceil().int().tolist()
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height)
    if left >= right or top >= bottom:
        return image
    on_layer = ((at - at.new_tensor([left, top])) * scale).tolist()
    layer = Image.new("RGBA", ((right - left) * scale, (bottom - top) * scale), (255, 255, 255, 0))
    pen = ImageDraw.Draw(layer)
    for hand, color in enumerate(_TRAIL_COLORS):
        for i in range(steps - 1):
            ends = [tuple(on_layer[i][hand]), tuple(on_layer[i + 1][hand])]
            pen.line(ends, fill=(*color, int(30 + 190 * (i / steps) ** 1.5)), width=1 + int(3 * scale * i / steps))
    layer = layer.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    image.paste(layer, (left, top), layer)
    return image


_ASCII = str.maketrans({"\u2013": "-", "\u2014": "-", "\u2212": "-", "\u00d7": "x"})
_TITLE_PX, _CAPTION_PX, _LINE_PX, _PAD_PX = 16, 13, 5, 8  # text sizes, space between lines, margins


def _wrapped(text: str, width_px: int, size_px: int) -> list[str]:
    # PIL's own font has no letters with accents, nor dashes: they lose the accent, or become a hyphen.
    text = "".join(c for c in unicodedata.normalize("NFKD", text.translate(_ASCII)) if not unicodedata.combining(c))
    return textwrap.wrap(text, max(8, int(width_px / (0.52 * size_px)))) or [""]  # 0.52 em: mean width of a letter


def _title_height(title: str | None, width_px: int) -> int:
    return len(_wrapped(title, width_px, _TITLE_PX)) * (_TITLE_PX + _LINE_PX) + 2 * _PAD_PX if title else 0


def _caption_height(labels: Sequence[str], width_px: int) -> int:
    return max(len(_wrapped(label, width_px, _CAPTION_PX)) for label in labels) * (_CAPTION_PX + _LINE_PX) + 2 * _PAD_PX


def _write(strip: Image.Image, title: str | None, labels: Sequence[str], width: int, captions_y: int) -> None:
    pen = ImageDraw.Draw(strip)
    if title:
        for i, line in enumerate(_wrapped(title, strip.width, _TITLE_PX)):
            pen.text((_PAD_PX, _PAD_PX + i * (_TITLE_PX + _LINE_PX)), line, _INK, ImageFont.load_default(_TITLE_PX))
    for column, label in enumerate(labels):
        for i, line in enumerate(_wrapped(label, width, _CAPTION_PX)):
            at = (column * width + width / 2, captions_y + _PAD_PX + i * (_CAPTION_PX + _LINE_PX))
            pen.text(at, line, _PALE_INK, ImageFont.load_default(_CAPTION_PX), anchor="ma")
