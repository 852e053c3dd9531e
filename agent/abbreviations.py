"""Abbreviations, acronyms and Roman numerals: short forms of writing and their long forms of speech."""
import re

from chironomia.agent.numerals import cardinal, ordinal
from chironomia.agent.pronunciation import is_listed
from chironomia.agent.word_class import WordClass, word_class

# Said in full when written with a full stop; those marked "!" also without one.
_SHORT = """
mr!=mister mrs!=missus ms!=miz dr!=doctor prof!=professor st=saint jr!=junior sr!=senior rev=reverend hon=honorable gov=governor sen=senator
rep=representative pres=president gen=general col=colonel capt=captain lt=lieutenant sgt=sergeant messrs=messers mt=mount ft=fort
e.g!=for_example eg=for_example i.e!=that_is ie=that_is etc!=et_cetera vs!=versus cf!=compare al=al approx!=approximately ca=circa
dept!=department est=established fig=figure figs=figures no=number nos=numbers vol=volume ch=chapter sec=section p=page pp=pages ed=edition
inc!=incorporated ltd!=limited co=company corp!=corporation bros=brothers ave=avenue blvd!=boulevard rd=road apt=apartment univ=university
jan=january feb=february mar=march apr=april jun=june jul=july aug=august sep=september sept=september oct=october nov=november dec=december
mon=monday tue=tuesday tues=tuesday wed=wednesday thu=thursday thur=thursday thurs=thursday fri=friday sat=saturday sun=sunday
a.m!=a_m p.m!=p_m ph.d!=p_h_d phd!=p_h_d phds!=p_h_d's u.s!=u_s u.k!=u_k d.c!=d_c w/!=with w/o!=without b/c!=because
min=minutes max=maximum avg=average ex=example
misc!=miscellaneous temp=temperature tel=telephone intl!=international govt!=government asap!=a_s_a_p
"""
_NEVER_LAST = (
    "mr mrs ms dr prof st rev hon gov sen rep pres gen col capt lt sgt messrs mt ft e.g eg i.e ie vs cf approx ca fig figs no nos vol "
    "pp jan feb mar apr "
    "jun jul aug sep sept oct nov dec"
)
ABBREVIATIONS = {
    short.rstrip("!"): (said.replace("_", " "), short.endswith("!"))
    for short, _, said in (entry.partition("=") for entry in _SHORT.split())
}
NEVER_LAST = frozenset(_NEVER_LAST.split())

# Said as words although the dictionary may not have them, or spelled although it would read as a word.
_SAID = frozenset("nasa nato unesco unicef opec scuba radar laser ram rom pin gif covid aids fifa asean nasdaq swat".split())
_SPELLED = frozenset("us it ai un eu tv id ip pc dj vr ar hr pr ui ux ok am pm cia usa irs aka".split())
_EMPHASISED = frozenset(
    "yes not now all any big bad new old top hot far way day man men god oh wow hey stop wait huge love hate just very real want need "
    "know think good "
    "best only must more much most same full free fast slow help life time work make take give look sure true false fact sale end "
    "run win war dog cat fun boy".split()
)
_ROMAN = re.compile(r"(?=[IVXL]{2,})(X{0,3}|XL|LX{0,3})(IX|IV|V?I{0,3})")
_NUMBERED = frozenset(
    "chapter part volume war act scene section phase type level book title article appendix figure table round grade class stage "
    "step".split()
)
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}


def say_acronym(run: str, shouted: bool) -> str | None:
    """The letters of an acronym one by one ("u s a"), its word ("nasa"), or None when the run of letters is no acronym."""
    plural = re.fullmatch(r"([A-Z]{2,6})('?s)", run)
    letters = plural[1] if plural else run
    lower = letters.lower()
    if not (letters.isascii() and letters.isupper() and len(letters) > 1):
        return None
    if _is_said(lower, shouted):
        return f"{lower}{plural[2]}" if plural else lower
    return " ".join(lower) + ("'s" if plural else "")


def _is_said(lower: str, shouted: bool) -> bool:
    if lower in _SAID:
        return True
    vowels = re.search(r"[aeiouy]", lower)
    if not vowels or (lower in _SPELLED and not shouted):
        return False
    if shouted or lower in _EMPHASISED or word_class(lower) is not WordClass.CONTENT:
        return is_listed(lower) or len(lower) > 4
    return len(lower) > 5 or (len(lower) > 3 and is_listed(lower))


def say_roman(core: str, before: str) -> str | None:
    """A Roman numeral of two letters or more after a capitalised word: "chapter four", "Henry the eighth"; None otherwise."""
    if not _ROMAN.fullmatch(core) or not before[:1].isupper():
        return None
    values = [_ROMAN_VALUES[c] for c in core]
    number = sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
    return cardinal(number) if before.lower() in _NUMBERED else f"the {ordinal(number)}"
