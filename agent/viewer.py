"""viewer.html: a performance as one page that plays itself, with nothing to load from anywhere."""
import base64
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

_PLACE = "<!--chironomia:performance-->"  # where the built page awaits its performance
_AUDIO_TYPES = {
    ".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".flac": "audio/flac",
    ".m4a": "audio/mp4", ".mp4": "audio/mp4", ".aac": "audio/aac", ".webm": "audio/webm",
}  # fmt: skip


def write_viewer(path: str | Path, glb: bytes, score: Mapping[str, Any], audio: str | Path | None = None) -> None:
    """Write the page that plays ``glb`` with the words and gestures of ``score`` (a Score as JSON) and the recording.

    Raises ValueError for bytes that are not GLB, a recording of a kind that no browser plays, and when the page was not
    built yet; FileNotFoundError for a recording that is not there.
    """
    if glb[:4] != b"glTF":
        raise ValueError(f"expected the bytes of a GLB file, which begin with 'glTF', got {glb[:4]!r}")
    blocks = [_block("score", "application/json", _json(score)), _block("glb", "model/gltf-binary", _base64(glb))]
    if audio is not None:
        blocks.append(_block("audio", _audio_type(Path(audio)), _base64(Path(audio).read_bytes())))
    before, after = _template()
    Path(path).write_text(before + "\n".join(blocks) + after, encoding="utf-8")


def _template() -> tuple[str, str]:
    page = files("chironomia.agent").joinpath("viewer.html")
    if not page.is_file():
        raise ValueError("the viewer page is not built; run `make setup` (or `python studio/build.py`) once")
    before, found, after = page.read_text(encoding="utf-8").partition(_PLACE)
    if not found:
        raise ValueError(f"the viewer page was built from other sources: it lacks {_PLACE}; run `python studio/build.py`")
    return before, after


def _block(name: str, kind: str, text: str) -> str:
    """A script element that is not run: its type is unknown to browsers, its content plain text to the page."""
    return f'<script id="{name}" type="text/plain" data-type="{kind}">{text}</script>'


def _json(score: Mapping[str, Any]) -> str:
    """JSON in which nothing can end the script element or begin a comment: every < is written as its code."""
    return json.dumps(score, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _audio_type(path: Path) -> str:
    kind = _AUDIO_TYPES.get(path.suffix.lower())
    if kind is None:
        playable = ", ".join(_AUDIO_TYPES)
        raise ValueError(f"expected a recording that browsers play ({playable}), got {path.name}; convert it, for example to .mp3")
    return kind
