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


def template_hashes() -> dict[str, str]:
    """The hash of every prompt's template, by name."""
    sources = sorted((p for p in files("chironomia.prompts").iterdir() if p.name.endswith(".md")), key=lambda p: p.name)
    return {p.name.removesuffix(".md"): _hash(p.read_text(encoding="utf-8")) for p in sources}


def load(name: str, **values: str) -> Prompt:
    """Render ``prompts/<name>.md`` with the values of its ``$fields``; a paragraph all of whose fields are empty is left out.

    Raises ValueError for a prompt that does not exist and for fields that are missing or not used.
    """
    source = files("chironomia.prompts").joinpath(f"{name}.md")
    if not source.is_file():
        raise ValueError(f"unknown prompt {name!r}; there are: {', '.join(template_hashes())}")
    text = source.read_text(encoding="utf-8")
    template = Template(text)
    fields = set(template.get_identifiers())
    if fields != set(values):
        raise ValueError(f"prompt {name!r} has the fields {sorted(fields)}, got {sorted(values)}")
    paragraphs = [Template(p) for p in text.split("\n\n")]
    told = [p.substitute(values) for p in paragraphs if not (names := p.get_identifiers()) or any(values[n] for n in names)]
    return Prompt("\n\n".join(told).strip() + "\n", _hash(text))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
