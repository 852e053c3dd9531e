"""One gesture's leaf in a catalogue: its film strip, its still, and a script with the motions, sync points and measured facts of its clips.

Files are named after the hash of all that decides them, and written whole or not at all. So what is there can be used as it is.
"""
import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from chironomia.motion_library.build import compiler_sources
from chironomia.motion_library.clip import Clip, Gesture, shown_clip
from chironomia.motion_library.draw import Framing, View, camera, film_strip, moments, pictures
from chironomia.motion_library.invariants import check_clip
from chironomia.motion_library.mannequin import Mannequin
from chironomia.motion_library.packed import packed_motion
from chironomia.motion_library.vocabulary import BodyPart

STILL = (260, 300)  # pixels of the picture on a gesture's card; the 3D preview has the same shape
_TILE = (180, 208)  # pixels of a picture in a film strip
_QUALITY = 82  # of WebP: where fingers stay sharp
_SEEN_EVERY = 3  # frames: where a body goes is seen well enough ten times a second


def drawing_code() -> bytes:
    """The source of all that decides how a leaf looks."""
    sources = compiler_sources("catalogue_leaf", "draw", "packed", "invariants")
    return b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in sources)


def leaf_name(gesture: Gesture, code: bytes) -> str:
    """What the leaf's files begin with: the gesture's name, made harmless, and the hash of its clips, its schemas and ``code``."""
    digest = hashlib.blake2b(code, digest_size=6)
    for clip in gesture.clips:
        digest.update(repr((clip.id, clip.hands, clip.amplitude, clip.sync.times(), clip.motion.fps, sorted(clip.mask))).encode())
        for values in (clip.motion.rotations, clip.motion.translation):
            digest.update(values.detach().cpu().contiguous().numpy().data)
    digest.update(repr((gesture.schemas, gesture.hands)).encode())
    return f"{re.sub(r'[^A-Za-z0-9-]+', '-', gesture.id)[:60]}-{digest.hexdigest()}"


def leaf_files(name: str) -> dict[str, str]:
    """The names of a leaf's files: ``script``, ``strip`` and ``still``."""
    return {"script": f"{name}.js", "strip": f"{name}-strip.webp", "still": f"{name}-still.webp"}


def strip_moments(clip: Clip) -> list[tuple[float, list[str]]]:
    """The moments of a clip's film strip; the last one is left out where the body is back where it began, within a centimetre."""
    found = moments(clip)
    first, last = clip.motion.sample(torch.tensor([found[0][0], found[-1][0]])).positions()
    return found[:-1] if len(found) > 2 and float((first - last).norm(dim=-1).max()) < 0.01 else found


def write_leaf(gesture: Gesture, folder: Path, name: str, mannequin: Mannequin) -> None:
    """Write the files of a gesture that has clips, unless they are there; the script refers to itself as ``FOLDER/NAME.js``."""
    of = leaf_files(name)
    if all((folder / file).is_file() for file in of.values()):
        return
    clip = shown_clip(gesture)
    assert clip is not None
    write_whole(folder / of["strip"], lambda path: _save(_strip(clip, mannequin), path))
    write_whole(folder / of["still"], lambda path: _save(_still(clip, mannequin), path))
    write_script(folder / of["script"], f"{folder.name}/{of['script']}", {"clips": [_played(one, gesture) for one in gesture.clips]})


def write_script(path: Path, name: str, content: dict[str, Any]) -> None:
    """A script that gives the page ``content`` under ``name``."""
    text = f"chironomia({json.dumps(name)},{json.dumps(content, separators=(',', ':'), allow_nan=False)});\n"
    write_whole(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file beside ``path``, then give it its name."""
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        write(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _played(clip: Clip, gesture: Gesture) -> dict[str, Any]:
    """What the player needs of a clip, and what was measured on it."""
    seen = camera(clip.motion.positions()[::_SEEN_EVERY], View.THREE_QUARTER, _framing(clip), STILL[0] / STILL[1])
    return {
        "id": clip.id, "sync": [round(t, 4) for t in clip.sync.times()], "motion": packed_motion(clip.motion),
        "camera": {"eye": seen.eye, "target": seen.target, "fov_deg": seen.fov_deg},
        "checks": [check.as_json() for check in check_clip(clip, gesture.schemas)],
    }  # fmt: skip


def _still(clip: Clip, mannequin: Mannequin) -> Image.Image:
    """The clip at its apex, as the player shows it before it moves."""
    seen = camera(clip.motion.positions()[::_SEEN_EVERY], View.THREE_QUARTER, _framing(clip), STILL[0] / STILL[1])
    (image,) = pictures(clip.motion.sample(torch.tensor([clip.sync.stroke])), seen, mannequin, *STILL)
    return image


def _strip(clip: Clip, mannequin: Mannequin) -> Image.Image:
    """The film strip from two sides, without the captions, which the page sets itself."""
    times = [time_s for time_s, _ in strip_moments(clip)]
    views = (View.FRONT, View.THREE_QUARTER)
    captions = [""] * len(times)
    strip = film_strip(clip.motion, times, views=views, labels=captions, tile=_TILE, framing=_framing(clip), mannequin=mannequin)
    return strip.crop((0, 0, strip.width, _TILE[1] * len(views)))


def _save(image: Image.Image, path: Path) -> None:
    image.save(path, format="WEBP", quality=_QUALITY, method=2)


def _framing(clip: Clip) -> Framing:
    return Framing.FULL if BodyPart.LEGS in clip.mask else Framing.UPPER
