"""Manner: what a director says in ordinary words, read into a direction by a small lexicon (manner.yaml).

"hesitant, small, mostly left hand, no pointing" sets how often, how large, with which hand and what never. Words that the lexicon does not
have are told, never swallowed.
"""
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from chironomia.agent.choose import LIVELY_PER_MIN
from chironomia.agent.direction import HEAD, Direction
from chironomia.agent.manner_words import BREAKS, Entry, Lexicon, Role, lexicon, tokens_of
from chironomia.motion_library.vocabulary import GestureFunction, Hands

_USUAL = {"rate": LIVELY_PER_MIN, "beats": 10.0, "size": 1.0}  # a minute, a minute, a factor: from where "very" goes further
_RANGES = {"rate": (0.0, 60.0), "beats": (0.0, 60.0), "size": (0.5, 1.5)}
_FIELDS = {"rate": "rate_per_min", "beats": "beats_per_min"}
_MANY_BEATS, _FEW_BEATS = 24.0, 4.0  # a minute
_LESS = 0.6  # "less wide" goes this far to the opposite
_DENIED = frozenset({"forbidden", "sparing"})
_LISTS = ("favourites", "sparing", "forbidden")


@dataclass(frozen=True)
class Reading:
    """What was understood of a text: the direction, and a sentence for each wording that was not."""

    direction: Direction
    remarks: tuple[str, ...]


def read_manner(text: str, base: Direction, gestures: Collection[str]) -> Reading:
    """``base``, as the words of ``text`` change it; the later of two that contradict each other wins.

    ``gestures`` are the ids of the library, each of which may be named in words ("no thumbs up"). The text itself is added to the manner,
    which a language model reads. An empty text changes nothing.
    """
    words = lexicon()
    reader = _Reader(base, words, words.with_gestures(gestures))
    reader.read(tokens_of(text))
    manner = "; ".join(part for part in (base.manner.strip(), " ".join(text.split())) if part)
    return Reading(reader.direction.changed(manner=manner), tuple(_remark(said, words) for said in reader.unknown))


def _remark(said: str, words: Lexicon) -> str:
    near = get_close_matches(said.lower(), words.wordings, n=3, cutoff=0.7)
    hint = f"; words near it: {', '.join(near)}" if near else ""
    return f"direction: '{said}' is not understood, and left to a language model if one plans{hint}"


@dataclass
class _Reader:
    """Goes through the tokens once, from left to right, and keeps what they wish for so far."""

    direction: Direction
    words: Lexicon
    entries: Mapping[str, Sequence[Entry]]
    unknown: list[str] = field(default_factory=list)
    wish: str = ""  # how the things that follow are wished: forbidden, favourites, sparing, only
    fresh: bool = False  # whether that was said just before, so that it may deny a manner
    degree: float = 1.0

    def read(self, tokens: Sequence[str]) -> None:
        at, strange = 0, -1  # strange: the place after the last word that was not understood
        while at < len(tokens):
            length, entry = self.words.longest(tokens, at, self.entries)
            if entry is not None:
                self._apply(entry, " ".join(tokens[at : at + length]))
            elif tokens[at] in BREAKS:
                self.fresh, self.degree = False, 1.0
            elif tokens[at].lower() not in self.words.fillers:
                self.unknown.append(f"{self.unknown.pop()} {tokens[at]}" if strange == at else tokens[at])
                strange = at + 1
            at += max(length, 1)

    def _apply(self, entry: Entry, said: str) -> None:
        if entry.role is Role.WISH:
            self.wish, self.fresh = entry.value, True
            return
        if entry.role is Role.DEGREE:
            self.degree = entry.value
            return
        if entry.role is Role.THING:
            self._wish_for(entry.value, said)
        elif entry.role is Role.PLACE:
            self._change(locale=entry.value)
            self.wish = ""
        else:
            self._set(entry, said)
            self.wish = ""
        self.fresh, self.degree = False, 1.0

    def _change(self, **fields: object) -> None:
        self.direction = self.direction.changed(**fields)

    def _set(self, entry: Entry, said: str) -> None:
        """What a manner sets, or its opposite where it is denied."""
        degree = self.degree
        if self.fresh and self.wish in _DENIED:
            if entry.opposite is None:
                self.unknown.append(f"{self.wish} {said}".replace("forbidden", "not").replace("sparing", "less"))
                return
            entry, degree = self.words.manner(entry.opposite), _LESS if self.wish == "sparing" else 1.0
        for name, value in entry.value.items():
            kind, by = name.removesuffix("_by"), name.endswith("_by")
            if kind not in _USUAL:
                self._change(**{kind: value})
                continue
            key = _FIELDS.get(kind, kind)
            before = getattr(self.direction, key)
            start = (_USUAL[kind] if before is None else before) if by else _USUAL[kind]
            far = (value if by else value / start) ** degree
            low, high = _RANGES[kind]
            self._change(**{key: round(min(max(start * far, low), high), 2)})
        if entry.value.get("beats"):
            self._change(forbidden=[name for name in self.direction.forbidden if name != GestureFunction.BEAT])

    def _wish_for(self, names: tuple[str, ...], said: str) -> None:
        """What is wished of a kind of gesture, or of single ones; nothing said before it: that it is liked."""
        wish = self.wish or "favourites"
        if wish == "only":
            self._only(names, said)
        elif names == (GestureFunction.BEAT,) and wish != "forbidden":
            self._change(beats_per_min=_MANY_BEATS if wish == "favourites" else _FEW_BEATS)
            self._change(forbidden=[name for name in self.direction.forbidden if name not in names])
        else:
            lists = {name: [n for n in getattr(self.direction, name) if n not in names] for name in _LISTS}
            lists[wish] += names
            self._change(**lists)

    def _only(self, names: tuple[str, ...], said: str) -> None:
        if names == (HEAD,):
            self._change(hands=Hands.NONE, hands_share=1.0)
        elif set(names) <= set(GestureFunction):
            others = self.direction.forbidden if not self.fresh else tuple(GestureFunction)
            self._change(forbidden=[name for name in others if name not in names])
        else:
            self.unknown.append(f"only {said}")
