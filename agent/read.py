"""Reading the project's own documents back, with errors that name the place in the file."""
import json
from pathlib import Path

from pydantic import ValidationError

from chironomia.generators.score import VERSION, Score


def read_score(path: Path) -> Score:
    """The score in a JSON file. Raises ValueError, in one line, for what is not a score of this version."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"expected a score as JSON in {path}, but it does not parse: {error}") from error
    if not isinstance(document, dict) or "placements" not in document:
        raise ValueError(f"expected a score (an object with words, rhythm and placements) in {path}; perform writes one as score.json")
    if document.get("version") != VERSION:
        raise ValueError(f"{path} is a score of version {document.get('version')!r}, expected {VERSION!r}; perform the text again")
    try:
        return Score.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ValueError(f"{path}: {where or 'the score'}: {first['msg']}{more}") from error
