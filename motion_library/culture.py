"""What a gesture means or does to people elsewhere: notes on culture that a program can filter by.

Places are ISO 3166-1 alpha-2 codes of countries, which are also the regions of language tags (the BR of pt-BR), or areas: short names
for lists of them. An area says that a use is widespread there, not that everybody in it shares it.
"""
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chironomia.motion_library.vocabulary import Hands


class CultureKind(StrEnum):
    """What a note tells: the gesture gives offence there, or is understood as something else."""

    OFFENDS = "offends"
    MEANS = "means"


COUNTRIES = frozenset(  # with XK, Kosovo, which is in use though not assigned
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI
    CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR
    GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU
    LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL
    PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW""".split()
)
_AREAS = {
    "north-america": "US CA",
    "latin-america": "MX GT HN SV NI CR PA CU DO PR CO VE EC PE BO PY CL AR UY BR",
    "northern-europe": "DK NO SE FI IS EE LV LT GB IE",
    "western-europe": "FR BE NL LU DE AT CH",
    "eastern-europe": "PL CZ SK HU UA BY RU MD RO BG",
    "southern-europe": "PT ES IT GR MT CY",
    "balkans": "AL BA BG GR HR ME MK RS SI XK",
    "arab-world": "MA DZ TN LY EG SD PS JO LB SY IQ SA KW BH QA AE OM YE",
    "middle-east": "TR IR IL PS JO LB SY IQ SA KW BH QA AE OM YE EG",
    "west-africa": "SN GM GN SL LR CI GH TG BJ NG NE ML BF",
    "east-africa": "KE TZ UG RW ET",
    "south-asia": "IN PK BD NP LK",
    "south-east-asia": "TH VN LA KH MM MY SG ID PH BN",
    "east-asia": "CN TW HK MO JP KR",
    "central-asia": "KZ KG TJ TM UZ",
}
AREAS: dict[str, frozenset[str]] = {name: frozenset(codes.split()) for name, codes in _AREAS.items()} | {"world": COUNTRIES}


@dataclass(frozen=True)
class CulturalNote:
    """What a gesture is in some places: ``where`` are country codes and names of areas, ``text`` says it in a few words.

    ``hand`` is the one hand of which it holds, as offering with the left hand does in much of Africa and Asia (Kita & Essegbey 2001,
    Pointing left in Ghana); None: whichever hand.
    """

    where: tuple[str, ...]
    kind: CultureKind
    text: str
    hand: Hands | None = None

    def __post_init__(self) -> None:
        unknown = [place for place in self.where if place not in COUNTRIES and place not in AREAS]
        if unknown or not self.where:
            raise ValueError(f"expected country codes such as BR or areas, got {unknown or 'none'}; allowed areas: {', '.join(AREAS)}")
        if self.hand not in (None, Hands.LEFT, Hands.RIGHT):
            raise ValueError(f"expected hand: left or right, or none for both, got {self.hand!r}")
        if len(self.text) < 2:
            raise ValueError(f"expected a few words on what it {self.kind}, got {self.text!r}")

    def holds_in(self, locale: str) -> bool:
        """Whether it holds in the place of a locale: a country code (``BR``) or a language tag with one (``pt-BR``).

        A tag without a country (``pt``) is of no place, and nothing holds there but what holds in the world.
        """
        country = country_of(locale)
        return "world" in self.where or any(country == place or country in AREAS.get(place, ()) for place in self.where)

    def as_json(self) -> dict[str, object]:
        """As in the notation: ``{"where": ["BR"], "offends": "…"}``."""
        return {"where": list(self.where), self.kind.value: self.text, **({"hand": self.hand.value} if self.hand else {})}


def country_of(locale: str) -> str | None:
    """The country in a locale: BR of ``BR``, ``pt-BR`` and ``pt_BR``, TW of ``zh-Hant-TW``; None for ``pt``."""
    parts = locale.replace("_", "-").split("-")
    codes = [part.upper() for part in (parts[1:] or parts) if part.upper() in COUNTRIES and (len(parts) > 1 or part.isupper())]
    return codes[0] if codes else None


def parse_culture(notes: object) -> tuple[CulturalNote, ...]:
    """A list of ``{where: [BR, balkans], offends: …}`` or ``{where: […], means: …}``. Raises ValueError."""
    if not isinstance(notes, Iterable) or isinstance(notes, str | dict):
        raise ValueError(f"expected a list of notes such as {{where: [BR], offends: obscene}}, got {notes!r}")
    return tuple(note if isinstance(note, CulturalNote) else _note(note) for note in notes)


def _note(value: object) -> CulturalNote:
    kinds = [kind for kind in CultureKind if isinstance(value, dict) and kind in value]
    if not isinstance(value, dict) or len(kinds) != 1 or set(value) - {"hand"} != {"where", kinds[0]}:
        raise ValueError(f"expected {{where: [places], offends: text}} or {{where: [places], means: text}}, got {value!r}")
    where, text = value["where"], value[kinds[0]]
    if not isinstance(where, list | tuple) or not all(isinstance(place, str) for place in where) or not isinstance(text, str):
        raise ValueError(f"expected where: a list of places, and a text, got {value!r}")
    hand = value.get("hand")
    return CulturalNote(tuple(where), kinds[0], text, Hands(hand) if hand in ("left", "right") else hand)
