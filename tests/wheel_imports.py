"""Run in a clean environment that holds only the built wheel: every module imports, and the data files came along."""
import importlib
import pkgutil
from importlib.resources import files

import chironomia

PACKAGES = ("agent", "motion_library", "generators", "prompts", "evals")

names = [m.name for p in PACKAGES for m in pkgutil.walk_packages(importlib.import_module(f"chironomia.{p}").__path__, f"chironomia.{p}.")]
for name in names:
    importlib.import_module(name)
assert files("chironomia.agent").joinpath("viewer.html").is_file(), "the wheel lacks the built viewer"
for name in ("schema_reader.npz", "affiliates.npz"):
    assert files("chironomia.agent").joinpath(name).is_file(), f"the wheel lacks the weights {name}"
gestures = [p for p in files("chironomia.motion_library").joinpath("gestures").iterdir() if p.name.endswith(".yaml")]
assert gestures, "the wheel lacks the gestures"
print(f"the wheel holds {len(names)} modules that import and {len(gestures)} gestures ({next(iter(chironomia.__path__))})")
