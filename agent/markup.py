"""Markup: what an author wrote into a transcript about its gestures, and the tags of SSML, which are passed over.

    <gesture schema="UP" hands="both" intensity="0.8">prices are rising</gesture>
    <gesture id="shrug"/>  <gesture none="true">be still here</gesture>
    <mark name="gesture:shrug"/>  <bookmark mark="gesture.shrug"/>
"""
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chironomia.agent.spoken import spoken_words
from chironomia.agent.transcript import Directive
from chironomia.motion_library.vocabulary import Hands, ImageSchema

_ATTRIBUTES = ("id", "schema", "hands", "intensity", "none")
_SSML = frozenset(
    "speak voice prosody emphasis break p s sub say-as phoneme audio lang w token lexicon desc mark bookmark gesture "
    "express-as silence viseme effect mstts:express-as mstts:silence mstts:viseme mstts:backgroundaudio mstts:audioduration "
    "amazon:effect amazon:domain amazon:auto-breaths google:style".split()
)
_TAG = re.compile(
    r"<!--.*?-->|<\?.*?\?>"
    r"|<(/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>/]+))?)*)\s*(/?)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([\w:.-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>/]+)))?")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|amp|lt|gt|quot|apos|nbsp);")
_BREAK_S = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.0}  # SSML 1.1 leaves these to the engine
_LONGEST_BREAK_S = 60.0
_BLOCKS = frozenset({"p", "s"})


@dataclass(frozen=True)
class MarkedText:
    """The text without its tags, the directives over its words, and silences asked for: (index of the word before, seconds).

    A silence before the first word has no word before it and is dropped.
    """

    text: str
    directives: tuple[Directive, ...] = ()
    breaks: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class _Mark:
    """A directive over characters [first, after) of the plain text; a point mark has first == after. ``at`` is its place in the source."""

    first: int
    after: int
    directive: Directive
    at: str


@dataclass
class _Reading:
    """What has been read so far."""

    plain: list[str] = field(default_factory=list)
    length: int = 0
    marks: list[_Mark] = field(default_factory=list)
    breaks: list[tuple[int, float]] = field(default_factory=list)
    open: list[_Mark] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.plain.append(text)
        self.length += len(text)


def read_markup(text: str) -> MarkedText:
    """Take the markup out of a transcript.

    A point mark belongs to the next word (at the end to the last one). A lone < or & stays text. Raises ValueError with the line
    and column for an unknown attribute or value, and for a gesture that is not closed. Whether a gesture's id exists is not
    asked here. Text without markup comes back as it is.
    """
    if "<" not in text and "&" not in text:
        return MarkedText(text)
    reading, position = _Reading(), 0
    for found in _TAG.finditer(text):
        reading.add(_unescape(text[position : found.start()]))
        _read_tag(found, reading, _place(text, found.start()))
        position = found.end()
    reading.add(_unescape(text[position:]))
    if reading.open:
        at = reading.open[-1].at
        raise ValueError(f"markup, {at}: <gesture> is not closed; end it with </gesture>, or write <gesture …/> for the next word")
    return _over_words("".join(reading.plain), reading)


def _read_tag(found: re.Match[str], reading: _Reading, at: str) -> None:
    closing, name, attributes, alone = found[1], (found[2] or "").lower(), _attributes(found[3] or ""), bool(found[4])
    if found[2] and name not in _SSML:
        reading.add(found[0])  # not our markup: text
    elif name == "gesture":
        _read_gesture(bool(closing), attributes, alone, reading, at)
    elif name in ("mark", "bookmark") and not closing:
        named = attributes.get("name") or attributes.get("mark") or ""
        if asked := re.fullmatch(r"gesture[:.](.+)", named):
            reading.marks.append(_Mark(reading.length, reading.length, Directive((0, 0), gesture=asked[1]), at))
    elif name in ("break", "silence", "mstts:silence") and not closing:
        reading.breaks.append((reading.length, _break_s(attributes, at)))
        reading.add(" ")
    elif name in _BLOCKS:
        reading.add("\n\n")


def _read_gesture(closing: bool, attributes: Mapping[str, str], alone: bool, reading: _Reading, at: str) -> None:
    if not closing:
        mark = _Mark(reading.length, reading.length, _directive(attributes, at), at)
        (reading.marks if alone else reading.open).append(mark)
    elif not reading.open:
        raise ValueError(f"markup, {at}: </gesture> closes nothing; open it with <gesture …>")
    else:
        mark = reading.open.pop()
        if mark.first == reading.length:
            raise ValueError(f"markup, {mark.at}: <gesture> holds no words; put some in, or write <gesture …/> for the next word")
        reading.marks.append(replace(mark, after=reading.length))


def _directive(attributes: Mapping[str, str], at: str) -> Directive:
    for name in attributes:
        if name not in _ATTRIBUTES:
            raise ValueError(f"markup, {at}: <gesture> knows the attributes {', '.join(_ATTRIBUTES)}, got {name!r}")
    none = _choice("none", attributes.get("none", "false").lower(), ("true", "false"), at) == "true"
    if not none and not attributes.get("id") and not attributes.get("schema"):
        raise ValueError(f'markup, {at}: <gesture> needs an id, a schema or none="true", got {", ".join(attributes) or "no attributes"}')
    schema, hands = attributes.get("schema"), attributes.get("hands", Hands.EITHER.value)
    return Directive(
        (0, 0),
        gesture=attributes.get("id"),
        schema=ImageSchema(_choice("schema", schema.upper(), [s.value for s in ImageSchema], at)) if schema is not None else None,
        hands=Hands(_choice("hands", hands.lower(), [h.value for h in Hands], at)),
        intensity=_share(attributes.get("intensity"), at),
        none=none,
    )


def _choice(name: str, value: str, allowed: Sequence[str], at: str) -> str:
    if value not in allowed:
        raise ValueError(f"markup, {at}: {name} is one of {', '.join(allowed)}, got {value!r}")
    return value


def _share(value: str | None, at: str) -> float:
    if value is None:
        return Directive((0, 0)).intensity
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"markup, {at}: intensity is a number from 0 to 1, got {value!r}")
    return share


def _break_s(attributes: Mapping[str, str], at: str) -> float:
    written = attributes.get("time") or attributes.get("value")
    if written is None:
        return _BREAK_S[_choice("strength", attributes.get("strength", "medium"), list(_BREAK_S), at)]
    found = re.fullmatch(r"\+?(\d+(?:\.\d+)?|\.\d+)\s*(ms|s)", written.strip())
    if not found or (seconds := float(found[1]) * (0.001 if found[2] == "ms" else 1.0)) > _LONGEST_BREAK_S:
        raise ValueError(f'markup, {at}: the time of a break is like "500ms" or "1.5s", at most {_LONGEST_BREAK_S:.0f} s, got {written!r}')
    return seconds


def _attributes(written: str) -> dict[str, str]:
    return {m[1].lower(): html.unescape(next((g for g in m.groups()[1:] if g is not None), "")) for m in _ATTRIBUTE.finditer(written)}


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda m: html.unescape(m[0]), text)


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - (text.rfind(chr(10), 0, position) + 1) + 1}"


def _over_words(plain: str, reading: _Reading) -> MarkedText:
    """Characters to word indices."""
    spans = [word.span for word in spoken_words(plain)]
    directives: list[tuple[int, Any]] = []
    for mark in reading.marks:
        words = _words_of(mark, spans)
        if words is None:
            raise ValueError(f"markup, {mark.at}: <gesture> holds no spoken word; put it before or around words")
        directives.append((mark.first, replace(mark.directive, words=words)))
    breaks = [(max(i for i, (first, _) in enumerate(spans) if first < at), s) for at, s in reading.breaks if spans and spans[0][0] < at]
    return MarkedText(plain, tuple(d for _, d in sorted(directives, key=lambda d: d[0])), tuple(breaks))


def _words_of(mark: _Mark, spans: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    if not spans:
        return None
    if mark.first == mark.after:
        index = next((i for i, (_, end) in enumerate(spans) if end > mark.first), len(spans) - 1)
        return index, index + 1
    inside = [i for i, (first, end) in enumerate(spans) if first < mark.after and end > mark.first]
    return (inside[0], inside[-1] + 1) if inside else None
