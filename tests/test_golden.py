"""Golden files: what a fixed text looks like. On failure the wrong picture and the difference are kept; ``make golden`` renews."""
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

from chironomia.agent.pictures import moments_of_score
from chironomia.agent.pipeline import open_library, perform
from chironomia.motion_library.build import default_cache_dir
from chironomia.motion_library.draw import film_strip, save_png
from chironomia.motion_library.mannequin import load_mannequin

GOLDEN = Path(__file__).parent / "golden"
TEXT = "Prices rose and rose. On the one hand that is good; on the other hand, who knows?"


def test_a_short_performance_looks_as_it_did(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    made = perform(TEXT, library=open_library(None), seed=3)
    times, labels = moments_of_score(made.score, 4)
    strip = film_strip(made.motion, times, labels=labels, tile=(120, 160), mannequin=load_mannequin(default_cache_dir()))
    path = GOLDEN / "short_performance.png"
    if request.config.getoption("--update-golden"):
        GOLDEN.mkdir(exist_ok=True)
        save_png(strip, path)
    expected = Image.open(path).convert("RGB")
    assert strip.size == expected.size, f"the strip is {strip.size}, the golden one {expected.size}: other gestures were placed?"
    difference = ImageChops.difference(strip, expected)
    share = float((np.asarray(difference).max(-1) > 40).mean())
    if share > 0.005:  # rounding moves edges by a pixel here and there; another pose moves whole arms
        save_png(strip, tmp_path / "wrong.png")
        save_png(difference, tmp_path / "difference.png")
    assert share <= 0.005, f"{share:.1%} of the pixels differ; look at {tmp_path}, then run make golden if it is meant"
