"""Inflection: which words a form could be of. Generous on purpose: what is not a word matches nothing."""
import re
from functools import cache

# Forms that no rule gives back. Only verbs, nouns and adjectives that cues are written with.
_IRREGULAR = """
be am is are was were been being; have has had; do does did done; go goes went gone; come came; rise rose risen; fall fell fallen
grow grew grown; drive drove driven; throw threw thrown; break broke broken; take took taken; give gave given; get got gotten
bring brought; build built; hold held; keep kept; stand stood; write wrote written; speak spoke spoken; draw drew drawn
fly flew flown; blow blew blown; know knew known; see saw seen; shrink shrank shrunk; sink sank sunk; drink drank drunk
spring sprang sprung; swim swam swum; begin began begun; run ran; ring rang rung; sing sang sung; sling slung; fling flung
swing swung; cling clung; stick stuck; strike struck; dig dug; spin spun; hang hung; win won; shoot shot; lose lost; leave left
feel felt; deal dealt; mean meant; build built; send sent; spend spent; bend bent; lend lent; sweep swept; sleep slept; weep wept
creep crept; leap leapt; tear tore torn; wear wore worn; bear bore borne born; swear swore sworn; shake shook shaken
eat ate eaten; bite bit bitten; hide hid hidden; slide slid; ride rode ridden; forget forgot forgotten; forgive forgave
forbid forbade forbidden; freeze froze frozen; steal stole stolen; weave wove woven; choose chose chosen; lie lay lain; lay laid
pay paid; say said; tell told; sell sold; find found; bind bound; wind wound; grind ground; fight fought; buy bought
think thought; catch caught; teach taught; seek sought; make made; feed fed; lead led; meet met; sit sat; light lit; show shown
stride strode; arise arose arisen; become became; overcome overcame; undergo underwent; withstand withstood; foot feet
tooth teeth; man men; woman women; child children; half halves; knife knives; life lives; leaf leaves; shelf shelves
good better best; bad worse worst; far farther further farthest furthest; little less least; axis axes; criterion criteria
phenomenon phenomena; overlay overlaid; repay repaid; unwind unwound; outgrow outgrew; flee fled
"""
_SHORT = 3  # letters; what is left of such words could be of others: on of one, of of off
_LEMMA: dict[str, set[str]] = {}
for _row in _IRREGULAR.replace("\n", ";").split(";"):
    for _form in _row.split()[1:]:
        _LEMMA.setdefault(_form, set()).add(_row.split()[0])


_GRADABLE = frozenset(
    "big small high low large wide long tall deep close near far great fast slow strong weak hard soft loud tight thin thick broad narrow "
    "short heavy light full empty flat smooth rich round tiny happy easy quick".split()
)


@cache
def lemmas(form: str) -> frozenset[str]:
    """The words that ``form`` (lower case) could be an inflection of, itself among them: rising -> rise, ris, rising."""
    found = {form} | _LEMMA.get(form, set())
    if len(form) > 3 and form.endswith("s") and not form.endswith("ss"):
        found |= {form[:-1], form[:-2]} if re.search(r"(s|x|z|ch|sh|o)es$", form) else {form[:-1]}
        found |= {form[:-3] + "y"} if form.endswith("ies") else set()
    for ending in ("ed", "ing", "er", "est"):
        stem = form.removesuffix(ending)
        if stem != form and len(stem) >= 2 and any(c in "aeiouy" for c in stem):
            # A short stem would have doubled its consonant: hoping is of hope, hopping of hop.
            whole = {stem + "e"} if re.fullmatch(r"[^aeiou]+[aeiou][^aeiouwxy]", stem) else {stem, stem + "e"}
            whole |= {stem[:-1]} if len(stem) > 2 and stem[-1] == stem[-2] else set()
            whole |= {stem[:-1] + "y"} if stem.endswith("i") else set()
            found |= whole & _GRADABLE if ending in ("er", "est") else whole  # a driver does not drive now
    return frozenset(found)


@cache
def stem(form: str) -> str:
    """One key for the inflections of a word (lower case), itself perhaps no word: fall, fell and falling are ``fal``."""
    shortest = min(lemmas(form), key=lambda word: (len(word), word))
    bare = shortest.removesuffix("e") if len(shortest) > _SHORT else shortest
    return bare[:-1] if len(bare) > _SHORT and bare[-1] == bare[-2] else bare
