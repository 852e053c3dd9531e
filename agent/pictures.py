"""Film strips and videos of what the project makes: scores, motions, gestures."""
from pathlib import Path

from chironomia.agent.read import read_score
from chironomia.generators.render import render
from chironomia.generators.score import Score
from chironomia.motion_library.build import default_cache_dir
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.draw import film_strip, save_png, strip_of_clip, video
from chironomia.motion_library.library import Library
from chironomia.motion_library.mannequin import load_mannequin
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.npz import read_npz
from chironomia.motion_library.vocabulary import GestureFunction

_TILE = (210, 270)  # pixels a moment in the strip of a performance: eight of them fit across a page


def picture_of_gesture(library: Library, gesture: str, clip: str | None, out: Path) -> None:
    """Draw a gesture's clip (its first if ``clip`` is None) at its sync points, or as a video."""
    entry = library.gesture(gesture)
    picture_of_clip(library.clip(clip) if clip else entry.clips[0], entry.description, out)


def picture_of_clip(clip: Clip, description: str, out: Path) -> None:
    """Draw a clip at its sync points, or as a video."""
    mannequin = load_mannequin(default_cache_dir())
    if _is_video(out):
        video(clip.motion, out, mannequin=mannequin)
    else:
        save_png(strip_of_clip(clip, description=description, mannequin=mannequin), out)


def picture_of_source(library: Library, source: Path, out: Path, moments: int, audio: Path | None) -> None:
    """Draw a score (its strongest strokes) or a motion file (evenly spaced moments) as a strip, or all of it as a video."""
    if not source.exists():
        raise ValueError(f"expected a score.json, .npz or .bvh to draw, but {source} does not exist")
    score = read_score(source) if source.suffix == ".json" else None
    motion = render(score, library) if score else _read_motion(source)
    mannequin = load_mannequin(default_cache_dir())
    if _is_video(out):
        from chironomia.agent.progress import building

        with building() as report:
            video(motion, out, audio=audio, mannequin=mannequin, progress=lambda done, total: report("drawing", done, total))
        return
    times, labels = moments_of_score(score, moments) if score and score.placements else _even_moments(motion, moments)
    save_png(film_strip(motion, times, labels=labels, mannequin=mannequin, tile=_TILE), out)


def _is_video(out: Path) -> bool:
    if out.suffix.lower() not in (".png", ".mp4"):
        raise ValueError(f"expected an output named .png (film strip) or .mp4 (video), got {out.name}")
    return out.suffix.lower() == ".mp4"


def _read_motion(source: Path) -> Motion:
    from chironomia.motion_library.bvh import read_bvh

    readers = {".npz": read_npz, ".bvh": read_bvh}
    if source.suffix.lower() not in readers:
        raise ValueError(f"expected a score.json or a motion as .npz or .bvh, got {source.name}")
    return readers[source.suffix.lower()](source)


def moments_of_score(score: Score, count: int) -> tuple[list[float], list[str]]:
    """The apexes of the ``count`` gestures the planner was surest of, beats last, in order of time, with gesture and word."""
    surest = sorted(score.placements, key=lambda p: (p.call.function == GestureFunction.BEAT, -p.call.confidence, p.sync.stroke))[:count]
    shown = sorted(surest, key=lambda p: p.sync.stroke)
    return [p.sync.stroke for p in shown], [f"“{score.words[p.call.anchor].word}” {p.gesture} {p.sync.stroke:.2f} s" for p in shown]


def _even_moments(motion: Motion, count: int) -> tuple[list[float], list[str]]:
    times = [motion.duration_s * (i + 0.5) / count for i in range(count)]
    return times, [f"{t:.2f} s" for t in times]
