"""Tools: typed functions that a language model may call, in answers that one JSON schema holds.

A function is all there is to a tool: what the model reads of it, the schema that holds its arguments and their validation are rendered
from its signature and docstring. Calls are plain JSON in the model's answer rather than the ``tools`` of a chat API. So a server needs no
parser for the way in which each model writes its calls (vLLM has to be started with the right one, small models have none), an engine in
this process and a recording answer as a server does, and what holds an answer to a schema holds calls to the signatures too.

The schema keeps to what servers constrain strictly: an object at the root, every property required and no other, closed sets spelt out,
the word NONE for null, and alternatives that differ in their first key: ``{"calls": [{"place": {…}}, {"check": {}}]}``.
"""
import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ArgsKwargs

from chironomia.agent.answer import NONE, AnswerFault, nearest, objects_in, strict_object

AT_ONCE = 8  # calls in one answer
_THOUGHT = 300  # characters that an answer may hold before its calls; thinking first makes better calls
_LISTED = 8  # a set of at most so many words is written out in the signature that the model reads
_TOLD = 2000  # characters of what a tool returns
_QUOTED = 80  # characters of something wrong

Closed = Mapping[str, Sequence[int | str]]


@dataclass(frozen=True)
class Tool:
    """One function as a tool. ``closed`` are the values of the arguments whose type says ``json_schema_extra={"closed": NAME}``.

    An argument that may only be NONE, as nothing is in its closed set, is left out and None.
    """

    function: Callable[..., str]
    closed: Closed

    @property
    def name(self) -> str:
        return self.function.__name__

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of its arguments."""
        fields = {name: _strict(node, self._drawn.get("$defs", {}), self.closed) for name, node in self._drawn["properties"].items()}
        return strict_object({name: field for name, field in fields.items() if field.get("enum") != [NONE]})

    @property
    def described(self) -> str:
        """What a model reads of it: the signature, then the docstring."""
        fields = ", ".join(f"{name}: {self._typed(name, field)}" for name, field in self.schema["properties"].items())
        lines = (inspect.getdoc(self.function) or "").splitlines()
        return "\n".join([f"{self.name}({fields})", *(f"    {line}".rstrip() for line in lines)])

    def run(self, given: object) -> str:
        """What the function returns, in 2,000 characters, for the arguments that a model gave. Raises ValueError, which it can act on."""
        if not isinstance(given, Mapping):
            raise AnswerFault(f"expected an object of arguments, got {_quoted(given)}")
        fields: dict[str, Any] = self.schema["properties"]
        spelt = {name: _spelt(value, fields[name]) for name, value in given.items() if name in fields}
        if wrong := {name: value for name, value in spelt.items() if value not in fields[name].get("enum", [value])}:
            raise AnswerFault("; ".join(f"{name}: expected {_expected(v, fields[name])}, got {_quoted(v)}" for name, v in wrong.items()))
        absent = {name: None for name in self._optional if str(spelt.get(name) or NONE).strip().upper() in (NONE, "NULL")}
        try:
            done: str = self._adapter.validate_python(ArgsKwargs((), {**spelt, **absent}))
        except ValidationError as error:
            raise AnswerFault("; ".join(f"{e['loc'][-1]}: {e['msg'].lower()}" for e in error.errors())) from error
        return done[:_TOLD]

    @cached_property
    def _adapter(self) -> TypeAdapter[str]:
        return TypeAdapter(self.function)  # type: ignore[arg-type]  # a function is what it calls

    @cached_property
    def _drawn(self) -> dict[str, Any]:
        return self._adapter.json_schema()

    @property
    def _optional(self) -> list[str]:
        return [name for name, node in self._drawn["properties"].items() if {"type": "null"} in node.get("anyOf", ())]

    def _typed(self, name: str, field: Mapping[str, Any]) -> str:
        """What the model reads of an argument's type: few words are written out, a longer set has the name of its kind."""
        values, node = field.get("enum", []), self._drawn["properties"][name]
        kind = next((n for n in node.get("anyOf", ()) if n != {"type": "null"}), node)
        title = str(kind.get("closed") or kind.get("$ref", "text").rpartition("/")[2])
        if 0 < len(values) <= _LISTED and (field["type"] == "string" or "closed" not in node):
            return "|".join(map(str, values))
        return f"{title} or {NONE}" if name in self._optional else title


@dataclass(frozen=True)
class Toolbox:
    """The tools that a model has, by name."""

    tools: Mapping[str, Tool]

    @classmethod
    def of(cls, functions: Sequence[Callable[..., str]], closed: Closed) -> "Toolbox":
        return cls({function.__name__: Tool(function, closed) for function in functions})

    @property
    def described(self) -> str:
        """What a model reads of all of them."""
        return "\n\n".join(tool.described for tool in self.tools.values())

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of an answer: a thought, then at most eight calls."""
        calls = {"type": "array", "maxItems": AT_ONCE, "items": {"anyOf": [strict_object({t.name: t.schema}) for t in self.tools.values()]}}
        return strict_object({"thought": {"type": "string", "maxLength": _THOUGHT}, "calls": calls})

    def read(self, answer: str) -> list[tuple[str, object]]:
        """The calls in an answer, each a name and what was given to it; those that name no tool are left out.

        Read are the last object with "calls", or objects that are calls themselves. Raises AnswerFault if there is no call at all.
        """
        documents = objects_in(answer)
        listed = [d["calls"] for d in documents if isinstance(d.get("calls"), list)]
        found = [call for value in (listed[-1] if listed else documents) if isinstance(value, Mapping) for call in self._calls(value)]
        if not found:
            form = '{"thought": "…", "calls": [{"NAME": {ARGUMENTS}}]} with the names ' + ", ".join(self.tools)
            raise AnswerFault(f"expected one JSON object {form}; got {_quoted(answer.strip())}")
        return found[:AT_ONCE]

    def _calls(self, value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
        """``{"place": {…}}``, or the two forms that models write from habit."""
        named = value.get("tool", value.get("name"))
        if isinstance(named, str) and named in self.tools:
            yield named, value.get("arguments", {})
            return
        yield from ((name, given if given is not None else {}) for name, given in value.items() if name in self.tools)


def _strict(node: Mapping[str, Any], definitions: Mapping[str, Any], closed: Closed) -> dict[str, Any]:
    """A node of a schema with references filled in, closed sets spelt out, null as a word, and no key that some server refuses."""
    if "closed" in node:
        values = list(closed[node["closed"]])
        return {"type": "integer" if values and isinstance(values[0], int) else "string", "enum": values}
    if "$ref" in node:
        return _strict(definitions[node["$ref"].rpartition("/")[2]], definitions, closed)
    if "anyOf" in node:
        made = _strict(next(n for n in node["anyOf"] if n != {"type": "null"}), definitions, closed)
        return {**made, "enum": [*made["enum"], NONE]} if "enum" in made else made
    return {key: node[key] for key in ("type", "enum", "maxLength") if key in node}


def _spelt(value: object, field: Mapping[str, Any]) -> object:
    """A value of a closed set as the set spells it; any other as it is."""
    said = f"{value:g}" if isinstance(value, float) else str(value).strip()
    return next((allowed for allowed in field.get("enum", ()) if str(allowed).lower() == said.lower()), value)


def _expected(value: object, field: Mapping[str, Any]) -> str:
    values = field["enum"]
    return f"the index of a word, {values[0]} to {values[-1]}" if field["type"] == "integer" else f"one of {nearest(str(value), values)}"


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:_QUOTED]
