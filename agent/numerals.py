"""Numerals: how English says the numbers of a text: years, money, times, dates, units, fractions, ranges."""
import re
from collections.abc import Callable

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = (10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (10**2, "hundred")
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}
_CURRENCIES = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent"), "¥": ("yen", ""), "₹": ("rupee", "paisa")}
MAGNITUDES = {"k": "thousand", "m": "million", "mn": "million", "bn": "billion", "b": "billion", "tn": "trillion"} | {
    word: word for word in ("hundred", "thousand", "million", "billion", "trillion")
}
_UNITS = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "nm": "nanometer", "kg": "kilogram", "g": "gram",
    "mg": "milligram",
    "l": "liter", "ml": "milliliter", "ms": "millisecond", "s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour",
    "hrs": "hour",
    "km/h": "kilometer per hour", "kph": "kilometer per hour", "mph": "mile per hour", "m/s": "meter per second", "hz": "hertz",
    "khz": "kilohertz",
    "mhz": "megahertz", "ghz": "gigahertz", "kb": "kilobyte", "mb": "megabyte", "gb": "gigabyte", "tb": "terabyte", "w": "watt",
    "kw": "kilowatt",
    "kwh": "kilowatt hour", "mw": "megawatt", "v": "volt", "ft": "foot", "lb": "pound", "lbs": "pound", "oz": "ounce", "mi": "mile",
    "yd": "yard",
    "°c": "degree celsius", "°f": "degree fahrenheit", "°": "degree", "px": "pixel", "fps": "frame per second", "x": "time",
    "km²": "square kilometer",
    "m²": "square meter", "cm²": "square centimeter", "m³": "cubic meter", "db": "decibel", "kcal": "kilocalorie", "%": "percent",
}  # fmt: skip
_IRREGULAR_PLURALS = {"foot": "feet", "hertz": "hertz", "kilohertz": "kilohertz", "megahertz": "megahertz", "gigahertz": "gigahertz",
    "yen": "yen",
                      "percent": "percent", "penny": "pence", "paisa": "paise"}  # fmt: skip
MONTHS = "january february march april may june july august september october november december".split()
_FRACTIONS = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3), "⅛": (1, 8)}
_SIGNS = {"-": "minus ", "−": "minus ", "+": "plus ", "±": "plus or minus ", "~": "about ", "≈": "about ", "": ""}
_SIGN = r"(?P<sign>[-−+±~≈]?)"
_NUMBER = r"(?P<number>\d[\d,]*(?:\.\d+)?|\.\d+)"
_LONGEST_SAID = 15  # digits; longer numbers are read digit by digit


def say_number(written: str, *, following: str = "") -> str | None:
    """The spoken words of a written number with its signs and units ("$3.50", "10:05", "1990s"), or None if it is none.

    ``following`` is the next written word: before *million* a sum of money leaves its currency to be said after it.
    """
    if not re.search(r"[\d½¼¾⅓⅔⅛]", written):
        return None
    for pattern, say in _FORMS:
        if found := re.fullmatch(pattern, written, re.IGNORECASE):
            return say(found, following)
    return None


def say_unit(written: str) -> str | None:
    """The plural of a unit that stands alone after a number ("5 km"), or None."""
    unit = _UNITS.get(written.lower())
    return _plural(unit) if unit else None


def currency_of(written: str) -> str | None:
    """The plural currency of a sum of money that begins with its sign, or None."""
    return _plural(_CURRENCIES[written[0]][0]) if written[:1] in _CURRENCIES else None


def cardinal(number: int) -> str:
    """A whole number from 0 below 10^15 in words, without hyphens, commas or "and"."""
    if number < 20:
        return _ONES[number]
    for scale, name in _SCALES:
        if number >= scale:
            many, rest = divmod(number, scale)
            return f"{cardinal(many)} {name}" + (f" {cardinal(rest)}" if rest else "")
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f" {_ONES[ones]}" if ones else "")


def ordinal(number: int) -> str:
    """The ordinal of a whole number: twenty second."""
    *before, last = cardinal(number).split()
    return " ".join([*before, _ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")])


def year(number: int) -> str:
    """A year as it is said: nineteen oh five, two thousand six, twenty twenty six."""
    century, rest = divmod(number, 100)
    if number % 1000 < 10:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def digits(written: str) -> str:
    """Digit by digit; whatever is not a digit is passed over."""
    return " ".join(cardinal(int(c)) for c in written if c.isdecimal())


def _plural(unit: str) -> str:
    head, _, rest = unit.partition(" ")
    if head in ("square", "cubic", "kilowatt"):
        return f"{head} {_plural(rest)}"
    return f"{_IRREGULAR_PLURALS.get(head, head + 's')} {rest}".strip()


def _amount(written: str) -> str:
    """A plain decimal or whole number with or without commas."""
    whole, point, decimals = written.replace(",", "").partition(".")
    by_digits = len(whole) > _LONGEST_SAID or (len(whole) > 1 and whole[0] == "0")
    said = (digits(whole) if by_digits else cardinal(int(whole))) if whole else ""
    return f"{said} point {digits(decimals)}".strip() if point else said


def _number(found: re.Match[str], following: str) -> str:
    sign, number = found["sign"], found["number"]
    is_year = re.fullmatch(r"1[1-9]\d\d|20\d\d", number) and not sign and following.lower() not in _UNITS
    return year(int(number)) if is_year else _SIGNS[sign] + _amount(number)


def _with_unit(found: re.Match[str], following: str) -> str:
    unit = _UNITS[found["unit"].lower()]
    return f"{_SIGNS[found['sign']]}{_amount(found['number'])} {unit if found['number'] == '1' else _plural(unit)}"


def _money(found: re.Match[str], following: str) -> str:
    unit, small = _CURRENCIES[found["currency"]]
    whole, _, decimals = found["number"].replace(",", "").partition(".")
    magnitude = MAGNITUDES.get((found["magnitude"] or "").lower())
    sign = _SIGNS[found["sign"]]
    if magnitude:
        return f"{sign}{_amount(found['number'])} {magnitude} {_plural(unit)}"
    if following.lower() in MAGNITUDES:
        return sign + _amount(found["number"])
    named = unit if int(whole or 0) == 1 else _plural(unit)
    if len(decimals) != 2 or int(decimals) == 0 or not small:
        return f"{sign}{_amount(found['number'] if decimals.strip('0') else whole)} {named}"
    cents = f"{cardinal(int(decimals))} {small if int(decimals) == 1 else _plural(small)}"
    return sign + (f"{cardinal(int(whole))} {named} and {cents}" if int(whole or 0) else cents)


def _clock(found: re.Match[str], following: str) -> str:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = (found["half"] or "").lower().replace(".", "")
    said = f"{'oh ' if 0 < minute < 10 else ''}{cardinal(minute)}" if minute else "" if half else "o'clock" if hour <= 12 else "hundred"
    return " ".join([cardinal(hour), *said.split(), *half])


def _iso_date(found: re.Match[str], following: str) -> str:
    return _date(int(found[1]), int(found[2]), int(found[3]))


def _slashed_date(found: re.Match[str], following: str) -> str:
    """American order, unless the first number cannot be a month."""
    first, second = int(found[1]), int(found[2])
    return _date(int(found[3]), second, first) if first > 12 else _date(int(found[3]), first, second)


def _date(the_year: int, month: int, day: int) -> str:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return " ".join(cardinal(n) for n in (the_year, month, day))
    return f"{MONTHS[month - 1]} {ordinal(day)} {year(the_year) if the_year >= 1000 else cardinal(the_year)}"


def _fraction(found: re.Match[str], following: str) -> str:
    above, below = int(found[1]), int(found[2])
    if above >= below or below == 0 or below > 100 or (above, below) == (9, 11):
        return f"{cardinal(above)} {cardinal(below)}"
    return _parts(above, below)


def _parts(above: int, below: int) -> str:
    named = {2: "half", 4: "quarter"}.get(below) or ordinal(below)
    return f"{cardinal(above)} {named if above == 1 else {'half': 'halves'}.get(named, named + 's')}"


def _vulgar(found: re.Match[str], following: str) -> str:
    above, below = _FRACTIONS[found[2]]
    if not found[1]:
        return "half" if below == 2 else _parts(above, below)
    return f"{cardinal(int(found[1]))} and {'a half' if below == 2 else _parts(above, below)}"


def _decade(found: re.Match[str], following: str) -> str:
    written = found[1]
    words = (year(int(written)) if len(written) == 4 else cardinal(int(written))).split()
    last = words.pop()
    return " ".join([*words, last[:-1] + "ies" if last.endswith("y") else last + "s"])


def _range(found: re.Match[str], following: str) -> str:
    ends = [say_number(found[i], following=following) or "" for i in (1, 2)]
    return f"{ends[0]} to {ends[1]}"


def _version(found: re.Match[str], following: str) -> str:
    return " point ".join(cardinal(int(part)) for part in found[0].split("."))


_Say = Callable[[re.Match[str], str], str]
_UNIT_NAMES = "|".join(re.escape(u) for u in sorted(_UNITS, key=len, reverse=True))
_FORMS: tuple[tuple[str, _Say], ...] = (
    (r"(?:\+\d{1,3}[-. ]?)?\(?\d{3}\)?[-.]\d{3}[-.]\d{4}|\d{3}-\d{4}|\+\d{7,15}", lambda m, _: digits(m[0])),
    (r"(\d{4})-(\d{1,2})-(\d{1,2})", _iso_date),
    (r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", _slashed_date),
    (r"(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::\d\d)?(?P<half>[ap]\.?m\.?)?", _clock),
    (r"(?P<hour>1?\d)(?P<minute>)(?P<half>[ap]\.?m\.?)", _clock),
    (rf"{_SIGN}(?P<currency>[$£€¥₹]){_NUMBER}(?P<magnitude>k|m|mn|bn|b|tn)?", _money),
    (rf"{_SIGN}{_NUMBER}(?P<magnitude>)(?P<currency>[£€¥₹])", _money),
    (r"['’]?(\d\d|[12]\d\d\d)['’]?s", _decade),
    (r"(\d[\d,]{0,14})(?:st|nd|rd|th)", lambda m, _: ordinal(int(m[1].replace(",", "")))),
    (_SIGN + _NUMBER, _number),
    (rf"{_SIGN}{_NUMBER}(?P<unit>{_UNIT_NAMES})", _with_unit),
    (r"(\d{1,3})[/⁄](\d{1,3})", _fraction),
    (r"(\d*)([½¼¾⅓⅔⅛])", _vulgar),
    (r"\d+(?:\.\d+){2,}", _version),
    (r"([$£€]?\d[\d,.:]*)[-–—](\$?\d[\d,.:]*(?:%|[ap]m|[a-z]{1,3})?)", _range),
    (r"(1?\d(?::\d\d)?(?:[ap]m)?)[-–—](1?\d(?::\d\d)?[ap]m)", _range),
    (rf"{_SIGN}{_NUMBER}(k|bn|tn)", lambda m, _: f"{_SIGNS[m['sign']]}{_amount(m['number'])} {MAGNITUDES[m[3].lower()]}"),
)
