"""The catalogue: a library as a page to look through, with every gesture's film strip, loop, meanings and measured facts.

The page is one HTML file beside a folder of pictures. It opens from a disk, loads nothing from anywhere else, and shows all text as
text: what a library says cannot become part of the page.
"""
import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from chironomia.motion_library.build import default_cache_dir
from chironomia.motion_library.clip import Clip, Gesture, shown_clip
from chironomia.motion_library.draw import Framing, View, camera, film_strip, moments, pictures
from chironomia.motion_library.invariants import check_clip
from chironomia.motion_library.library import Library
from chironomia.motion_library.mannequin import Mannequin, load_mannequin
from chironomia.motion_library.store import beside, replace_folder
from chironomia.motion_library.threads import one_thread
from chironomia.motion_library.vocabulary import FAMILY_OF, BodyPart, GestureFunction

Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all
PAGE, PICTURES = "index.html", "pictures"
_MARK = '<meta name="generator" content="chironomia catalogue">'  # by which an older catalogue is known again
_PLACE = "<!--chironomia:library-->"  # where the page awaits its library
_LOOP, _LOOP_FRAMES = (234, 270), 16  # pixels of a frame; about eight frames a second of a usual clip
_TILE = (180, 208)  # pixels of a picture in a film strip
_QUALITY = 82  # of WebP: where fingers stay sharp
_DRAWN_AS = (_LOOP, _LOOP_FRAMES, _TILE, _QUALITY, 1)  # count the last one up when drawing changes, so that old pictures are not kept


def write_catalogue(library: Library, out: Path, progress: Progress | None = None) -> Path:
    """Write the catalogue of a library into the folder ``out`` and return its page.

    It is made beside ``out`` and renamed. Pictures of clips that an older catalogue there already shows are taken from it. Raises
    ValueError for an ``out`` that is something else than a catalogue.
    """
    if out.exists() and not _is_catalogue(out) and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out} exists and is not a catalogue; choose an empty folder or a new name")
    report = progress or (lambda what, done, total: None)
    out.parent.mkdir(parents=True, exist_ok=True)
    with beside(out) as partial, one_thread():
        (partial / PICTURES).mkdir()
        mannequin = load_mannequin(default_cache_dir())
        entries = []
        for done, gesture in enumerate(library.gestures):
            report("drawing gestures", done, len(library.gestures))
            entries.append(_entry(gesture, _Pictures(partial / PICTURES, out / PICTURES, mannequin)))
        report("drawing gestures", len(library.gestures), len(library.gestures))
        (partial / PAGE).write_text(page({"gestures": entries, **_vocabulary(), "content": library.content}), encoding="utf-8")
        replace_folder(partial, out)
    return out / PAGE


def page(document: dict[str, Any]) -> str:
    """The page with a document in it, and a policy that lets it run no other script and load nothing but its pictures."""
    text = files("chironomia.motion_library").joinpath("catalogue.html").read_text(encoding="utf-8")
    script, style = (_between(text, f"<{name}>", f"</{name}>") for name in ("script", "style"))
    policy = f"default-src 'none'; img-src 'self' file: data:; script-src {_hash(script)}; style-src {_hash(style)}"
    safe = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    block = f'<script id="library" type="text/plain">{safe}</script>'
    return text.replace("%POLICY%", policy).replace(_PLACE, block)


class _Pictures:
    """The pictures of a new catalogue, drawn into ``folder`` or taken from the ``old`` one; named after what they show."""

    def __init__(self, folder: Path, old: Path, mannequin: Mannequin) -> None:
        self.folder, self.old, self.mannequin = folder, old, mannequin

    def keep(self, kind: str, clip: Clip, draw: Callable[[Clip, Mannequin], Image.Image]) -> str:
        """The path of a picture from the page; it is drawn only if the old catalogue does not have it."""
        name = f"{re.sub(r'[^A-Za-z0-9-]+', '-', clip.gesture)[:60]}-{_digest(clip)}-{kind}.webp"
        if (self.old / name).is_file():
            shutil.copyfile(self.old / name, self.folder / name)
        else:
            draw(clip, self.mannequin).save(self.folder / name, format="WEBP", quality=_QUALITY, method=4)
        return f"{PICTURES}/{name}"


def _entry(gesture: Gesture, kept: _Pictures) -> dict[str, Any]:
    """What the page knows of a gesture."""
    entry: dict[str, Any] = {
        "id": gesture.id, "description": gesture.description, "meanings": gesture.meanings, "fits": gesture.fits, "wrong": gesture.wrong,
        "notes": gesture.notes, "function": gesture.function, "schemas": gesture.schemas, "hands": gesture.hands,
        "articulators": gesture.articulators, "formality": gesture.formality, "culture": [note.as_json() for note in gesture.culture],
        "clips": [_clip_facts(clip) for clip in gesture.clips],
    }  # fmt: skip
    clip = shown_clip(gesture)
    if clip is None:
        return entry
    loop = {
        "picture": kept.keep("loop", clip, _loop), "frames": _LOOP_FRAMES, "still": _loop_times(clip)[1], "seconds": clip.motion.duration_s,
        "width": _LOOP[0], "height": _LOOP[1],
    }  # fmt: skip
    strip = {"picture": kept.keep("strip", clip, _strip), "moments": [{"names": names, "time": t} for t, names in moments(clip)]}
    return {**entry, "shown": clip.id, "loop": loop, "strip": strip, "checks": [c.as_json() for c in check_clip(clip, gesture.schemas)]}


def _clip_facts(clip: Clip) -> dict[str, Any]:
    return {
        "id": clip.id, "hands": clip.hands, "amplitude": clip.amplitude, "seconds": round(clip.motion.duration_s, 2),
        "mask": sorted(clip.mask), "license": clip.license, "source": clip.source,
    }  # fmt: skip


def _vocabulary() -> dict[str, Any]:
    families: dict[str, list[str]] = {}
    for schema, family in FAMILY_OF.items():
        families.setdefault(family, []).append(schema)
    return {"functions": list(GestureFunction), "families": families}


def _loop_times(clip: Clip) -> tuple[list[float], int]:
    """Evenly spaced seconds that go around the clip, one of them its apex, and the apex's number."""
    step = clip.motion.duration_s / _LOOP_FRAMES
    apex = min(int(clip.sync.stroke / step), _LOOP_FRAMES - 1) if step > 0 else 0
    return [(clip.sync.stroke + (i - apex) * step) for i in range(_LOOP_FRAMES)], apex


def _loop(clip: Clip, mannequin: Mannequin) -> Image.Image:
    """The frames of the loop side by side: the page moves one after the other through a window."""
    width, height = _LOOP
    seen = camera(clip.motion.positions(), View.THREE_QUARTER, _framing(clip), width / height)
    sheet = Image.new("RGB", (width * _LOOP_FRAMES, height))
    for i, image in enumerate(pictures(clip.motion.sample(torch.tensor(_loop_times(clip)[0])), seen, mannequin, width, height)):
        sheet.paste(image, (i * width, 0))
    return sheet


def _strip(clip: Clip, mannequin: Mannequin) -> Image.Image:
    """The film strip from two sides, without the captions, which the page sets itself."""
    times = [time_s for time_s, _ in moments(clip)]
    views = (View.FRONT, View.THREE_QUARTER)
    captions = [""] * len(times)
    strip = film_strip(clip.motion, times, views=views, labels=captions, tile=_TILE, framing=_framing(clip), mannequin=mannequin)
    return strip.crop((0, 0, strip.width, _TILE[1] * len(views)))


def _framing(clip: Clip) -> Framing:
    return Framing.FULL if BodyPart.LEGS in clip.mask else Framing.UPPER


def _digest(clip: Clip) -> str:
    """Hash of all that decides a clip's pictures."""
    digest = hashlib.blake2b(repr((_DRAWN_AS, clip.sync.times(), clip.motion.fps, sorted(clip.mask))).encode(), digest_size=6)
    for values in (clip.motion.rotations, clip.motion.translation):
        digest.update(values.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _is_catalogue(folder: Path) -> bool:
    index = folder / PAGE
    return index.is_file() and _MARK in index.read_text(encoding="utf-8", errors="replace")


def _between(text: str, before: str, after: str) -> str:
    return text.split(before, 1)[1].split(after, 1)[0]


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
