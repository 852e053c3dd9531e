"""``imported.json``: where each imported clip of a library came from, and what was found or changed on the way."""
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "imported.json"


@dataclass(frozen=True)
class ClipRecord:
    """Of one imported clip. ``unmapped``: the file's joints that nothing of ours follows; ``bent_deg``: how far its worst joint was beyond
    our limits; ``inferred``: what its line did not say and was found (hands, function, schemas, sync points)."""

    gesture: str
    file: str
    unmapped: tuple[str, ...]
    bent_deg: float
    inferred: tuple[str, ...]


def read_record(library: Path) -> dict[str, ClipRecord]:
    """The records by clip id; none for a library that nothing was imported into. ValueError for a file that does not hold them."""
    path = library / NAME
    if not path.exists():
        return {}
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return {
            id: ClipRecord(of["gesture"], of["file"], tuple(of["unmapped"]), float(of["bent_deg"]), tuple(of["inferred"]))
            for id, of in said.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged ({type(error).__name__}: {error}); import into a new library") from error


def record_text(records: Mapping[str, ClipRecord]) -> str:
    """The records as the text of ``imported.json``."""
    return json.dumps({id: asdict(record) for id, record in records.items()}, indent=1, ensure_ascii=False) + "\n"
