"""Sentences: where they end, and what pause a word's punctuation asks for."""
import re
from enum import IntEnum

from chironomia.agent.abbreviations import ABBREVIATIONS, NEVER_LAST
from chironomia.agent.word_class import WordClass, word_class


class Pause(IntEnum):
    """What punctuation asks for after a word, from nothing to the end of a paragraph."""

    NONE = 0
    COMMA = 1
    CLAUSE = 2
    SENTENCE = 3
    PARAGRAPH = 4


_CLOSERS = "\"'”’»)]}*_」』）"
_OPENERS = "([{（“"


def pause_after(written: str, following: str) -> Pause:
    """The pause within a sentence after a written word, by its punctuation and by a bracket or quotation that opens next."""
    tail = written.rstrip(_CLOSERS)
    if tail.endswith((";", ":", "—", "–", "―", "…", "...", "；", "：", "--")) or re.fullmatch(r"-+", written):
        return Pause.CLAUSE
    if tail.endswith((",", "，", "、")) or written.endswith((")", "]")) or following.startswith(("(", "[", "（")):
        return Pause.COMMA
    return Pause.NONE


def ends_sentence(written: str, core: str, following: str, *, first_in_line: bool = False) -> bool:
    """Whether a sentence ends with this written word (punctuation included), given the written word that follows ("" at the end).

    Abbreviations, initials, decimals, list numbers and dots of hesitation before a small letter do not end one.
    """
    tail = written.rstrip(_CLOSERS + "".join(c for c in written[-2:] if ord(c) > 0x2FFF and c not in "。！？"))
    following = following.lstrip(_OPENERS + _CLOSERS + "¿¡‘«")
    small = following[:1].islower()
    if tail.endswith(("。", "！", "？")):
        return True
    if tail.endswith(("!", "?", "‽")):
        return not (small and tail != written)  # "What?" he said
    if tail.endswith(("...", "…")):
        return not small and bool(following)
    if not tail.endswith(".") or (first_in_line and re.fullmatch(r"\(?(\d{1,3}|[a-zA-Z])\.", written)):
        return False
    return not following or _full_stop_ends(core, following, small)


def _full_stop_ends(core: str, following: str, small: bool) -> bool:
    if core.lower() in NEVER_LAST or (len(core) == 1 and core.isupper() and core != "I"):
        return False
    if core.lower() in ABBREVIATIONS or re.fullmatch(r"(\w\.)+\w", core):
        return not small and word_class(re.sub(r"\W+$", "", following)) is not WordClass.CONTENT
    return True
