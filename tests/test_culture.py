"""Notes on culture: where they hold, and that what cannot be a note is refused in words."""
import re

import pytest

from chironomia.motion_library.clip import Gesture
from chironomia.motion_library.culture import AREAS, COUNTRIES, CulturalNote, CultureKind, country_of, parse_culture
from chironomia.motion_library.vocabulary import GestureFunction, Hands

RING = {"where": ["BR", "middle-east"], "offends": "obscene"}


def test_every_area_is_made_of_countries() -> None:
    assert all(countries and countries <= COUNTRIES for countries in AREAS.values())


@pytest.mark.parametrize(
    ("locale", "country"),
    [("BR", "BR"), ("pt-BR", "BR"), ("pt_br", "BR"), ("zh-Hant-TW", "TW"), ("pt", None), ("no", None), ("NO", "NO"), ("de-DE-1996", "DE")],
)
def test_the_country_of_a_locale_is_its_region(locale: str, country: str | None) -> None:
    assert country_of(locale) == country


def test_a_note_holds_in_its_countries_and_areas_and_nowhere_else() -> None:
    (note,) = parse_culture([RING])
    assert note == CulturalNote(("BR", "middle-east"), CultureKind.OFFENDS, "obscene")
    assert [note.holds_in(locale) for locale in ("pt-BR", "ar-EG", "pt-PT", "pt")] == [True, True, False, False]
    assert CulturalNote(("world",), CultureKind.MEANS, "yes").holds_in("pt")
    assert note.as_json() == RING


def test_a_gesture_says_where_it_offends_but_not_where_it_only_means_something_else() -> None:
    notes = parse_culture([RING, {"where": ["JP"], "means": "money"}])
    gesture = Gesture("ring", "A ring.", (), (), (), GestureFunction.EMBLEM, (), Hands.RIGHT, culture=notes)
    assert gesture.offends_in("BR") == notes[0]
    assert gesture.offends_in("ja-JP") is None


def test_what_holds_of_one_hand_offends_only_with_it() -> None:
    notes = parse_culture([{"where": ["GH"], "offends": "the left hand is unclean", "hand": "left"}])
    gesture = Gesture("offer", "An offer.", (), (), (), GestureFunction.DEICTIC, (), Hands.RIGHT, culture=notes)
    assert gesture.offends_in("GH") is None
    assert gesture.offends_in("en-GH", Hands.LEFT) == notes[0]
    assert notes[0].as_json()["hand"] == "left"


@pytest.mark.parametrize(
    ("notes", "says"),
    [
        ([{**RING, "hand": "both"}], "expected hand: left or right"),
        ("obscene", "expected a list of notes"),
        ([{"where": ["BR"]}], "expected {where: [places], offends: text} or"),
        ([{**RING, "means": "money"}], "expected {where: [places], offends: text} or"),
        ([{**RING, "where": "BR"}], "expected where: a list of places"),
        ([{**RING, "where": []}], "expected country codes such as BR or areas, got none"),
        ([{**RING, "where": ["UK", "BR"]}], "got ['UK']; allowed areas: north-america"),
        ([{**RING, "offends": ""}], "expected a few words on what it offends"),
    ],
)
def test_what_cannot_be_a_note_is_refused(notes: object, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_culture(notes)
