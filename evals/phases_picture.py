"""Hand speed with annotated and found sync points of clips: ``python -m chironomia.evals.phases_picture FOLDER NAME … -o OUT.png``.

The networks that find the points are trained here without the clips shown and all takes of their gestures. NAME is a clip's name, of
any set; the first clip of that name is drawn.
"""
import argparse
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from chironomia.evals.train_phases import AnnotatedClip, read_clips, train
from chironomia.motion_library import phase_net
from chironomia.motion_library.motion import FPS
from chironomia.motion_library.phases import in_order, likelihoods
from chironomia.motion_library.threads import one_thread

_WIDTH_PX, _HEIGHT_PX, _LEFT_PX, _RIGHT_PX, _BAND_PX, _FONT_PX = 1200, 250, 100, 20, 28, 17
_INK, _PALE, _GROUND = (34, 34, 38), (150, 150, 156), (255, 255, 255)
_LEFT, _RIGHT = (0, 114, 178), (213, 94, 0)  # a pair of colours that people who confuse red and green can tell apart
_PHASES = ("preparation", "ready", "stroke", "stroke", "hold", "retraction")  # "stroke" twice: before and after its apex
_FILLS = ((232, 238, 244), (210, 224, 236), (250, 214, 165), (250, 214, 165), (224, 230, 208), (238, 238, 240))


def draw(clips: Sequence[AnnotatedClip], found_s: Sequence[Sequence[float]]) -> Image.Image:
    """A row a clip: speed of both hands over bands of the phases, annotated above and found below; the dark tick is the apex."""
    page = Image.new("RGB", (_WIDTH_PX, len(clips) * _HEIGHT_PX), _GROUND)
    for i, (clip, found) in enumerate(zip(clips, found_s, strict=True)):
        _row(ImageDraw.Draw(page), i * _HEIGHT_PX, clip, found)
    return page


def _row(pen: ImageDraw.ImageDraw, top: int, clip: AnnotatedClip, found: Sequence[float]) -> None:
    per_s = (_WIDTH_PX - _LEFT_PX - _RIGHT_PX) / max(clip.duration_s, 1e-3)
    speeds = phase_net.hand_speeds(clip.places)
    fastest = max(float(speeds.max()), 1e-3)
    title = f"{clip.name.split('@')[-1]}   convention {clip.convention.name}   {clip.duration_s:.2f} s, fastest {fastest:.1f} m/s"
    pen.text((_LEFT_PX, top + 6), title, _INK, ImageFont.load_default(_FONT_PX))
    first = top + 6 + _FONT_PX + 8
    base = top + _HEIGHT_PX - _BAND_PX - 12
    _band(pen, first, "annotated", clip.times_s, clip.duration_s, per_s)
    _band(pen, base + 4, "found", found, clip.duration_s, per_s)
    tall = base - 4 - first - _BAND_PX
    for hand, colour in ((0, _LEFT), (1, _RIGHT)):
        heights = (speeds[:, hand] / fastest * tall).tolist()
        pen.line([(_LEFT_PX + k / FPS * per_s, base - h) for k, h in enumerate(heights)], colour, 3)
    for times, y in ((clip.times_s, first + _BAND_PX), (found, base + 4)):
        for at in times[1:4]:
            x = _LEFT_PX + at * per_s
            pen.line([(x, y), (x, y + tall / 2 if y < base else y - tall / 2)], _PALE, 1)


def _band(pen: ImageDraw.ImageDraw, y: float, label: str, times: Sequence[float], whole_s: float, per_s: float) -> None:
    edges = [0.0, *times, whole_s]
    for begin, end, name, fill in zip(edges[:-1], edges[1:], _PHASES, _FILLS, strict=True):
        a, b = (_LEFT_PX + min(max(t, 0.0), whole_s) * per_s for t in (begin, end))
        if b > a:
            pen.rectangle((a, y, b, y + _BAND_PX), fill)
        if b - a > _FONT_PX * len(name) * 0.55:
            pen.text(((a + b) / 2, y + _BAND_PX / 2), name, _INK, ImageFont.load_default(_FONT_PX - 2), anchor="mm")
    apex = _LEFT_PX + times[2] * per_s
    pen.line([(apex, y), (apex, y + _BAND_PX)], _INK, 3)
    pen.text((_LEFT_PX - 8, y + _BAND_PX / 2), label, _PALE, ImageFont.load_default(_FONT_PX - 2), anchor="rm")


def main() -> None:
    """Train without the clips' gestures, segment them, draw them."""
    parser = argparse.ArgumentParser(description="Draw annotated and found phases.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    clips = read_clips(arguments.folder)
    missing = set(arguments.names) - {clip.name for clip in clips}
    if missing:
        raise ValueError(f"expected names of clips.jsonl, got {sorted(missing)}")
    shown = [next(clip for clip in clips if clip.name == name) for name in arguments.names]
    families = {clip.family for clip in shown}
    with one_thread():
        nets = train([clip for clip in clips if clip.family not in families])
        found = [[f / FPS for f in in_order(likelihoods(clip.places, clip.convention, nets))] for clip in shown]
    draw(shown, found).save(arguments.output)


if __name__ == "__main__":
    main()
