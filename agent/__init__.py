"""From what an agent says to how its body says it. Read ``pipeline.py`` first."""
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chironomia.agent.pipeline import Performance, perform

__all__ = ["Performance", "perform"]


def __getattr__(name: str) -> Any:
    """Load the pipeline (and torch) only when it is asked for, so that ``chironomia --help`` stays fast."""
    if name in __all__:
        from chironomia.agent import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module 'chironomia.agent' has no attribute {name!r}")
