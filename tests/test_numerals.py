import pytest

from chironomia.agent.numerals import cardinal, say_number


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0", "zero"), ("21", "twenty one"),
        ("1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"),
        ("3.14", "three point one four"), (".5", "point five"), ("-3", "minus three"), ("45%", "forty five percent"),
        ("007", "zero zero seven"),
        ("1905", "nineteen oh five"), ("2006", "two thousand six"), ("2026", "twenty twenty six"), ("1900", "nineteen hundred"),
        ("1990s", "nineteen nineties"), ("'90s", "nineties"), ("1st", "first"), ("22nd", "twenty second"), ("103rd", "one hundred third"),
        ("$3.50", "three dollars and fifty cents"), ("$1", "one dollar"), ("$0.99", "ninety nine cents"), ("€5bn", "five billion euros"),
        ("10:05", "ten oh five"), ("3:30pm", "three thirty p m"), ("9:00", "nine o'clock"), ("3pm", "three p m"),
        ("2026-11-22", "november twenty second twenty twenty six"), ("22/11/2026", "november twenty second twenty twenty six"),
        ("1/2", "one half"), ("3/4", "three quarters"), ("24/7", "twenty four seven"), ("2½", "two and a half"), ("10-20", "ten to twenty"),
        ("2019–2021", "twenty nineteen to twenty twenty one"), ("9am-5pm", "nine a m to five p m"),
        ("555-1234", "five five five one two three four"),
        ("3.11.2", "three point eleven point two"), ("5km", "five kilometers"), ("1kg", "one kilogram"),
        ("-5°C", "minus five degrees celsius"),
    ],
)  # fmt: skip
def test_numbers_are_said_as_people_say_them(written: str, said: str) -> None:
    assert say_number(written) == said


def test_what_is_no_number_is_none() -> None:
    assert say_number("house") is None


def test_a_sum_before_its_magnitude_leaves_the_currency_for_later() -> None:
    assert say_number("$3.5", following="million") == "three point five"


def test_a_very_long_number_is_read_digit_by_digit() -> None:
    assert say_number("1" * 50) == " ".join(["one"] * 50)


def test_cardinals_have_no_hyphen_or_comma() -> None:
    assert cardinal(999_999_999_999) == (
        "nine hundred ninety nine billion nine hundred ninety nine million nine hundred ninety nine thousand nine hundred ninety nine"
    )
