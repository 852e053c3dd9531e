"""Prompts: one Markdown file, one job. A leaf package: it knows nothing of the rest."""
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from string import Template


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt, and the hash of its template by which runs can be compared."""

    text: str
    template_hash: str


def load(name: str, **values: str) -> Prompt:
    """Render ``prompts/<name>.md`` with the values of its ``$fields``.

    Raises ValueError for a prompt that does not exist and for fields that are missing or not used.
    """
    source = files("chironomia.prompts").joinpath(f"{name}.md")
    if not source.is_file():
        known = sorted(p.name.removesuffix(".md") for p in files("chironomia.prompts").iterdir() if p.name.endswith(".md"))
        raise ValueError(f"unknown prompt {name!r}; there are: {', '.join(known)}")
    text = source.read_text(encoding="utf-8")
    template = Template(text)
    fields = set(template.get_identifiers())
    if fields != set(values):
        raise ValueError(f"prompt {name!r} has the fields {sorted(fields)}, got {sorted(values)}")
    return Prompt(template.substitute(values), hashlib.sha256(text.encode()).hexdigest()[:16])
