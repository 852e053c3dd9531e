"""How much stress English gives each syllable of an utterance: what the rhythm needs to know of the language."""
from chironomia.agent.transcript import Utterance, Word
from chironomia.generators.rhythm import Interval, Nucleus


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that put themselves, or what follows, into focus (Quirk et al. 1985, focusing subjuncts; Rooth 1992).
_FOCUS = _set(
    "really only never always even just very too all every each both none nothing everything everyone nobody no not exactly "
    "completely absolutely totally extremely still most more much many huge tiny must"
)
_NEGATION = _set(
    "not never no isn't aren't wasn't weren't don't doesn't didn't won't can't cannot couldn't shouldn't wouldn't"
)
_FUNCTION = _set(
    "a an the and or but nor so if that than as of to in on at by for from with into onto over under about up down out off is am are "
    "was were be been being do does did have has had having will would shall should can could may might i you he she it we they me "
    "him her us them my your his its our their mine yours hers ours theirs this these those there here who whom which what when where "
    "why how some any then because while until although though whether either neither mister mr mrs ms dr st let's i'm you're he's "
    "she's it's we're they're i've you've we've they've i'll you'll he'll she'll it'll we'll they'll i'd you'd he'd she'd we'd they'd "
    "that's there's what's uh um er ah himself herself itself myself yourself themselves ourselves"
)
# Verbs that mean little by themselves and are often passed over.
_LIGHT = _set(
    "make makes made making get gets got getting go goes going went take takes took come comes came say says said know knows think "
    "thinks want wants put let lets see look give gives gave keep use thing things one people way well now had back like"
)
_CONTENT, _FOCUSED, _PASSED_OVER, _LITTLE = 0.85, 0.95, 0.55, 0.12
_REPEATED_SHARE = 0.75  # what has been said is given, and given words lose their accent (Halliday 1967)
_SECONDARY_SHARE, _UNSTRESSED = 0.4, 0.05


def nuclei(utterance: Utterance) -> list[Nucleus]:
    """The syllables of an utterance, in order, with the stress weight 0-1 that English gives them. No words: none."""
    said: set[str] = set()
    out: list[Nucleus] = []
    for i, word in enumerate(utterance.words):
        weight = _word_weight(utterance, i) * (_REPEATED_SHARE if _key(word) in said else 1.0)
        said.add(_key(word))
        share = {0: 0.0, 1: 1.0, 2: _SECONDARY_SHARE}
        out += [Nucleus(s.vowel_s, s.end_s, max(weight * share[s.stress], _UNSTRESSED), i) for s in word.syllables]
    return out


def word_intervals(utterance: Utterance) -> list[Interval]:
    """When each word is said, seconds."""
    return [Interval(w.start_s, w.end_s) for w in utterance.words]


def _key(word: Word) -> str:
    return word.spoken.lower()


def _word_weight(utterance: Utterance, i: int) -> float:
    key = _key(utterance.words[i])
    if key in _FOCUS:
        return _FOCUSED
    if key in _FUNCTION:
        return _LITTLE
    light = key in _LIGHT and not (i and _key(utterance.words[i - 1]) in _NEGATION)
    return _PASSED_OVER if light else _CONTENT
