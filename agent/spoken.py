"""Spoken form: what is said for what is written, word by word, with the sentences and the pauses the punctuation asks for."""
import re
import unicodedata
from dataclasses import dataclass, replace

from chironomia.agent.abbreviations import ABBREVIATIONS, say_acronym, say_roman
from chironomia.agent.numerals import MAGNITUDES, MONTHS, currency_of, digits, ordinal, say_number, say_unit
from chironomia.agent.sentences import Pause, ends_sentence, pause_after

_DASHES = "—–―"
_CJK = r"\u2e80-\u9fff\uf900-\ufaff\u3000-\u30ff\uff00-\uffef"
_PIECE = re.compile(  # a word up to a dash inside it, a word up to a blank, or one Chinese or Japanese character
    rf"[^\s{_CJK}{_DASHES}…]*[^\s{_CJK}{_DASHES}…\d](?:[{_DASHES}…]+|\.\.+)(?=[^\s{_DASHES}….])|[^\s{_CJK}]+|[{_CJK}][^\w\s]*"
)
_SYMBOLS = {"&": "and", "+": "plus", "=": "equals", "@": "at", "<": "less than", ">": "greater than", "×": "times", "÷": "divided by",
    "±": "plus or minus",
            "→": "to", "≈": "about", "§": "section", "©": "copyright", "°": "degrees"}  # fmt: skip
_BETWEEN_WORDS = {"&": " and ", "+": " plus ", "@": " at ", "=": " equals ", "%": " percent ", "#": " number ", "°": " degrees "}
_URL = re.compile(
    r"(?:https?://(?:www\.)?|www\.)(\S+)|((?:[\w-]+\.)+(?:com|org|net|io|ai|edu|gov|co|uk|de|fr|eu|dev|app|info)(?:/\S*)?)", re.IGNORECASE
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LEADING = re.compile(r"^[^\w$£€¥₹+\-−±~≈#@&=<>×÷→§°.'’½¼¾⅓⅔⅛]+")
_TRAILING = re.compile(r"[^\w%+#&=<>×÷→§°½¼¾⅓⅔⅛$£€¥₹'’²³]+$")
_LONGEST_ADDRESS = 12  # words of a web address that are worth saying
_LONGEST_WORD = 200  # characters; nobody says more of a word, and patterns stay fast on noise


@dataclass(frozen=True)
class SpokenWord:
    """A written word with its touching punctuation, what is said for it (lower-case words), and where it stands.

    ``span`` is its half-open range of characters in the text, ``sentence`` the index of its sentence, ``pause`` what its
    punctuation asks for after it.
    """

    text: str
    spoken: str
    span: tuple[int, int]
    sentence: int
    pause: Pause


@dataclass(frozen=True)
class _Piece:
    text: str
    span: tuple[int, int]
    lines_before: int  # newlines since the piece before


def spoken_words(text: str) -> tuple[SpokenWord, ...]:
    """The words of a text as they are said, in order; what is not said (dashes, emoji, bullets) becomes no word. Linear in the length."""
    pieces = _pieces(text)
    cores = [_core(piece.text) for piece in pieces]
    shouted = _is_shouted(cores)
    words: list[SpokenWord] = []
    sentence, ended = 0, False
    for i, piece in enumerate(pieces):
        before, after = (cores[i - 1] if i else ""), (cores[i + 1] if i + 1 < len(cores) else "")
        spoken = _spoken(piece, cores[i], before, after, shouted)
        if piece.lines_before > 1 and words:
            words[-1], ended = replace(words[-1], pause=Pause.PARAGRAPH), True
        elif words and _opens_item(piece):
            words[-1], ended = replace(words[-1], pause=max(words[-1].pause, Pause.SENTENCE)), True
        following = pieces[i + 1].text if i + 1 < len(pieces) else ""
        ends = ends_sentence(piece.text, cores[i], following, first_in_line=piece.lines_before > 0 or i == 0)
        pause = Pause.SENTENCE if ends else pause_after(piece.text, following)
        if spoken:
            sentence += ended and bool(words)
            words.append(SpokenWord(piece.text, spoken, piece.span, sentence, pause))
            ended = ends
        elif words:
            words[-1] = replace(words[-1], pause=max(words[-1].pause, pause))
            ended = ended or ends
    return tuple(words)


def _pieces(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    position = 0
    for found in _PIECE.finditer(text):
        pieces.append(_Piece(found[0], found.span(), text.count("\n", position, found.start())))
        position = found.end()
    return pieces


def _core(written: str) -> str:
    """The written word without the punctuation around it; the full stop of an abbreviation stays out."""
    core = _TRAILING.sub("", _LEADING.sub("", written[:_LONGEST_WORD]))
    if not core.startswith(("'", "’")) or not core[1:3].isdigit():
        core = core.lstrip("'’")
    core = core.strip(".") if not re.match(r"\.\d", core) else core
    return core.rstrip("'’") if not re.search(r"s['’]$", core) else core


def _is_shouted(cores: list[str]) -> bool:
    """Whether the text is mostly in capitals, so that capitals do not mark acronyms."""
    words = [c for c in cores if c.isalpha() and len(c) > 1]
    return len(words) > 1 and sum(c.isupper() for c in words) > 0.6 * len(words)


def _opens_item(piece: _Piece) -> bool:
    return piece.lines_before > 0 and bool(re.match(r"[-*•–—#>]+$|\d+[.)]$|•", piece.text))


def _spoken(piece: _Piece, core: str, before: str, after: str, shouted: bool) -> str:
    written = piece.text
    if piece.lines_before and re.fullmatch(r"[#>*+\-•]+", written):
        return ""  # marks of a heading, a quotation or a list
    said = _address(written[:_LONGEST_WORD]) or _numeric(core, before, after) or _abbreviated(written, core, after)
    if said is None and core in _SYMBOLS:
        said = _SYMBOLS[core]
    if said is None:
        said = _wordlike(core, before, shouted)
    if core.lower() in MAGNITUDES.values() and (currency := currency_of(before)):
        said = f"{core.lower()} {currency}"
    return " ".join(said.split())


def _address(written: str) -> str | None:
    """E-mail and web addresses, said without scheme and query."""
    if "@" in written and (mail := _EMAIL.search(written)):
        parts = re.split(r"([@.])", mail[0])
    elif url := _URL.fullmatch(written.strip("()<>[]\"'“”,;:!?.")):
        parts = re.split(r"([./])", re.split(r"[?#]", url[1] or url[2])[0].rstrip("/"))
    else:
        return None
    named = {"@": "at", ".": "dot", "/": "slash"}
    return " ".join(" ".join(named.get(part) or _wordlike(part, "", False) for part in parts).split()[:_LONGEST_ADDRESS])


def _abbreviated(written: str, core: str, after: str) -> str | None:
    """Abbreviations that are written with a full stop, and a few that may go without."""
    full, always = ABBREVIATIONS.get(core.lower(), ("", False))
    if not full or not (always or f"{core}." in written):
        return None
    if core.lower() == "st":
        return "saint" if after[:1].isupper() else "street"
    if core.lower() == "no" and not after[:1].isdigit():
        return None
    return full


def _numeric(core: str, before: str, after: str) -> str | None:
    if core.isdecimal() and len(core) < 3 and before.lower()[:3] in {m[:3] for m in MONTHS} and before[:1].isupper() and 0 < int(core) < 32:
        return ordinal(int(core))
    if before[-1:].isdigit() and core and (unit := say_unit(core)) and core not in ("x", "s", "v", "w"):
        return unit
    if core.startswith("#") and core[1:].isdigit():
        return f"number {say_number(core[1:])}"
    if re.fullmatch(r"[vV]\d+(\.\d+)*", core):
        return f"version {say_number(core[1:])}"
    if (per := re.fullmatch(r"(.*\d.*)/([a-z]{3,})", core)) and (amount := say_number(per[1])):
        return f"{amount} per {per[2]}"
    return say_number(core, following=after)


def _wordlike(core: str, before: str, shouted: bool) -> str:
    """Words by their letters: parts at hyphens and slashes, acronyms, letters and digits mixed; a social tag by its words."""
    if re.fullmatch(r"[A-Z]{1,3}&[A-Z]{1,3}", core):
        return " ".join(core.lower()).replace("&", "and")
    core = re.sub(r"^#(?=\w)", "hashtag ", re.sub(r"^@(?=\w)", "at ", core))
    for symbol, said in _BETWEEN_WORDS.items():
        core = core.replace(symbol, said)
    parts = [part for part in re.split(r"[^\w'’.]+|_|(?<=[^\d\W])\.|\.(?=[^\d\W])", core) if part]
    dotted = len(parts) > 1 and all(len(part) == 1 for part in parts)
    roman = say_roman(core, before)
    return roman or " ".join(_part(part, shouted and not dotted) for part in parts)


def _part(part: str, shouted: bool) -> str:
    part = part.replace("’", "'").strip("'.")
    if number := say_number(part):
        return number
    runs = re.findall(r"\d+|[^\W\d]+(?:'[^\W\d]+)*", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", part))
    return " ".join(_digits(run) if run.isdecimal() else _letters(run, shouted) for run in runs)


def _digits(run: str) -> str:
    return digits(run) if run.startswith("0") else say_number(run) or ""


def _letters(run: str, shouted: bool) -> str:
    acronym = say_acronym(run, shouted)
    if acronym:
        return acronym
    return "".join(c for c in unicodedata.normalize("NFC", run.lower()) if c.isalpha() or c == "'")
