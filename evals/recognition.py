"""Blind recognition: can a person who sees only a film strip tell what a gesture means?

``python -m chironomia.evals.recognition make DIR --count 48 --seed 1`` draws gestures by chance and writes one picture each, without
a caption, a quiz (quiz.md: ten meanings for each picture) and, beside the folder, the key. Whoever judges sees DIR alone and writes
answers.json: {"01": {"first": "c", "second": "h", "natural": 4}, …}. ``… score DIR`` compares with the key.
"""
import argparse
import json
import random
import statistics
from pathlib import Path
from typing import Any

import torch

from chironomia.agent.pipeline import open_library
from chironomia.motion_library.build import default_cache_dir
from chironomia.motion_library.clip import Gesture
from chironomia.motion_library.draw import film_strip, save_png
from chironomia.motion_library.library import Library
from chironomia.motion_library.mannequin import load_mannequin
from chironomia.motion_library.vocabulary import GestureFunction

OPTIONS = 10
MOMENTS = 6  # from the moment the hands are ready to the stroke's end
TASK = """# What does each gesture mean?

Each picture shows one gesture from the front (above) and from three quarters (below), moments from left to right, with the hands' recent
paths as faint trails. For every picture choose the meaning that fits best ("first"), the next best ("second"), and say how natural the
movement and the poses look from 1 (broken) to 5 (like a person) ("natural").
"""


def make(library: Library, folder: Path, count: int, seed: int) -> None:
    """Draw ``count`` gestures without beats into ``folder``; the key goes beside it as <folder>.key.json."""
    chance = random.Random(seed)
    meant = [g for g in library.gestures if g.function != GestureFunction.BEAT and g.clips]
    drawn = chance.sample(meant, min(count, len(meant)))
    folder.mkdir(parents=True, exist_ok=True)
    mannequin = load_mannequin(default_cache_dir())
    quiz, key = [TASK], {}
    for number, gesture in enumerate(drawn, 1):
        name = f"{number:02d}"
        clip = min(gesture.clips, key=lambda c: (c.hands != gesture.hands, abs(c.amplitude - 1.0), c.id))
        times = torch.linspace(clip.sync.ready, clip.sync.stroke_end, MOMENTS).tolist()
        strip = film_strip(clip.motion, times, labels=[f"{t - times[0]:.1f} s" for t in times], mannequin=mannequin, tile=(210, 270))
        save_png(strip, folder / f"{name}.png")
        options = _options(gesture, meant, chance)
        quiz.append(f"\n## {name}.png\n" + "\n".join(f"{letter}. {text}" for letter, (text, _) in zip("abcdefghij", options, strict=False)))
        right = next(letter for letter, (_, owner) in zip("abcdefghij", options, strict=False) if owner == gesture.id)
        key[name] = {"gesture": gesture.id, "right": right, "options": {x: o for x, (_, o) in zip("abcdefghij", options, strict=False)}}
    (folder / "quiz.md").write_text("\n".join(quiz) + "\n", encoding="utf-8")
    _key(folder).write_text(json.dumps(key, indent=1), encoding="utf-8")


def _options(gesture: Gesture, pool: list[Gesture], chance: random.Random) -> list[tuple[str, str]]:
    """Ten meanings with their owners: one of the gesture's own, nine of others that share no schema with it."""
    others = [g for g in pool if g.id != gesture.id and not set(g.schemas) & set(gesture.schemas)]
    options = [(chance.choice(g.meanings[:3]), g.id) for g in [gesture, *chance.sample(others, OPTIONS - 1)]]
    chance.shuffle(options)
    return options


def score(folder: Path) -> dict[str, Any]:
    """Shares of right first and first-or-second choices, mean naturalness, and the misses. ValueError for missing answers."""
    key = json.loads(_key(folder).read_text(encoding="utf-8"))
    answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    if missing := sorted(set(key) - set(answers)):
        raise ValueError(f"expected an answer for each picture in {folder / 'answers.json'}, missing: {', '.join(missing)}")
    first = {n: answers[n]["first"] == k["right"] for n, k in key.items()}
    second = {n: k["right"] in (answers[n]["first"], answers[n]["second"]) for n, k in key.items()}
    return {
        "pictures": len(key),
        "first": statistics.mean(first.values()),
        "first_or_second": statistics.mean(second.values()),
        "natural": statistics.mean(answers[n]["natural"] for n in key),
        "misses": {k["gesture"]: k["options"].get(answers[n]["first"]) for n, k in key.items() if not first[n]},
        "unnatural": {k["gesture"]: answers[n]["natural"] for n, k in key.items() if answers[n]["natural"] <= 3},
    }


def _key(folder: Path) -> Path:
    return folder.with_name(folder.name + ".key.json")


def main() -> None:
    parser = argparse.ArgumentParser(description="Blind recognition of the library's gestures.")
    parser.add_argument("what", choices=("make", "score"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=48, help="pictures to draw (default 48)")
    parser.add_argument("--seed", type=int, default=0, help="draw fresh ones with a fresh seed")
    parser.add_argument("--library", help="library folder (default: the bundled gestures)")
    arguments = parser.parse_args()
    if arguments.what == "make":
        make(open_library(arguments.library), arguments.folder, arguments.count, arguments.seed)
    else:
        print(json.dumps(score(arguments.folder), indent=1))


if __name__ == "__main__":
    main()
