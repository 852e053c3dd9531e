"""Written documents: YAML (or JSON, which is YAML as well) that people write, read into a model.

Every fault is one line: file, line, key, what came, and what is allowed.
"""
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
_HINTS = {  # what is mostly behind what a YAML reader says
    "cannot start any token": "indent with spaces, not tabs; a text that begins with %, @ or ` needs quotes",
    "mapping values are not allowed": "a text with a colon and a space in it needs quotes; or the indentation is off",
}
_FASTEST: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, where it was built in


class _Loader(_FASTEST):  # type: ignore[misc]
    """YAML in which only true and false are booleans, as in YAML 1.2's core schema: yes, no, on and off are words that people say."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def read_written(model: type[M], text: str, name: str, what: str) -> M:
    """The document ``text`` as a ``model``. ``name`` is what errors call the file, ``what`` says what it should hold: 'a gesture (id: …)'.

    Raises ValueError with one line a fault. An empty text is at fault, too.
    """
    try:
        node, data = _parse(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line, text.rstrip().count("\n")) + 1 if mark else 1  # an end that comes too soon is on the last line, not after it
        problem = str(error.problem or error.context)
        hint = next((f" ({means})" for sign, means in _HINTS.items() if sign in problem), "")
        raise ValueError(f"{name}:{line}: not YAML: {problem}{hint}") from None
    except yaml.YAMLError as error:
        raise ValueError(f"{name}:1: not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(data, dict):
        raise ValueError(f"{name}:1: expected {what}, got {type(data).__name__}")
    if twice := [f"{name}:{line}: {key}: is written twice" for line, key in _duplicates(node)]:
        raise ValueError("\n".join(twice))
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [(e["loc"], _say(e, model)) for e in _causes(error.errors(include_url=False))]
        whole = what.split(" (")[0].split()[-1]
        lines = [f"{name}:{_line_of(node, loc)}: {'.'.join(str(s) for s in loc) or whole}: {fault}" for loc, fault in faults]
        raise ValueError("\n".join(lines)) from None


def _parse(text: str) -> tuple[yaml.Node | None, object]:
    """The document in a YAML text, as nodes that know their lines and as data; (None, None) for an empty one."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _line_of(node: yaml.Node | None, path: tuple[Any, ...]) -> int:
    """The line, from 1, of the deepest node that ``path`` reaches."""
    line = 1 if node is None else node.start_mark.line + 1
    for step in path:
        child: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step:
                    child, line = value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = node.value[step]
            line = child.start_mark.line + 1
        if child is None:
            break
        node = child
    return line


def _duplicates(node: yaml.Node | None) -> Iterable[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
            yield from _duplicates(value)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _duplicates(child)


def _causes(errors: list[Any]) -> list[Any]:
    """Without lists that only seem too short because their items were at fault."""
    paths = [error["loc"] for error in errors]
    return [e for e in errors if e["type"] != "too_short" or not any(p != e["loc"] and p[: len(e["loc"])] == e["loc"] for p in paths)]


def _say(error: Any, model: type[BaseModel]) -> str:
    """One fault in words: what was expected and what came."""
    message, kind, came = str(error["msg"]).removeprefix("Value error, "), error["type"], error["input"]
    if kind == "extra_forbidden":
        allowed = list(_home(model, error["loc"][:-1]).model_fields)
        return f"is not a key here; allowed: {', '.join(allowed)}{_near(error['loc'][-1], allowed)}"
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return message
    if kind == "tuple_type":
        return "expected a list, got nothing" if came is None else f"expected a list, such as [{came}], got {came!r}"
    if kind in ("too_long", "too_short"):
        of = error["ctx"]
        bound = f"at most {of['max_length']}" if kind == "too_long" else f"at least {of['min_length']}"
        return f"expected {bound} entries, got {of['actual_length']}"
    if kind == "string_pattern_mismatch" and error["loc"] == ("id",):
        return f"expected lower-case words joined by hyphens, such as open-box, got {came!r}"
    if kind in ("enum", "literal_error"):
        allowed = re.findall("'([^']*)'", error["ctx"]["expected"])
        return f"expected {', '.join(allowed[:-1])} or {allowed[-1]}, got {came!r}{_near(came, allowed)}"
    return f"{message[0].lower()}{message[1:]}, got {came!r}"


def _near(came: object, allowed: Iterable[str]) -> str:
    near = get_close_matches(str(came).upper(), {word.upper(): word for word in allowed}, n=1)
    return f"; did you mean {next(word for word in allowed if word.upper() == near[0])}?" if near else ""


def _home(model: type[BaseModel], path: tuple[Any, ...]) -> type[BaseModel]:
    """The model inside ``model`` whose keys stand at ``path``; steps that are no field are indices, free keys or branches of a union."""
    for step in path:
        if step in model.model_fields:
            model = next(_models_in(model.model_fields[step].annotation), model)
    return model


def _models_in(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from _models_in(part)
