"""How much stress English gives each syllable of an utterance: what the rhythm needs to know of the language."""
from chironomia.agent.transcript import Utterance, Word
from chironomia.agent.word_class import WordClass, is_content_word, word_class
from chironomia.generators.rhythm import Interval, Nucleus

# Words that put themselves, or what follows, into focus (Quirk et al. 1985, focusing subjuncts; Rooth 1992).
_FOCUS = frozenset(
    ("really", "only", "always", "even", "just", "very", "too", "still", "exactly", "completely", "absolutely", "extremely", "huge", "tiny")
)
_FOCUSED_CLASSES = frozenset((WordClass.NEGATION, WordClass.QUANTIFIER))
# Verbs that mean little by themselves and are often passed over.
_LIGHT = frozenset(
    (
        *("make", "makes", "made", "making", "get", "gets", "got", "getting", "go", "goes", "going", "went", "take", "takes", "took"),
        *("come", "comes", "came", "say", "says", "said", "know", "knows", "think", "thinks", "want", "wants", "put", "let", "see", "look"),
        *("give", "gives", "gave", "keep", "use", "thing", "things", "one", "people", "way", "now", "back", "then", "mister", "here"),
    )
)
_CONTENT, _FOCUSED, _PASSED_OVER, _SELF, _LITTLE = 0.76, 0.95, 0.5, 0.4, 0.12
_PER_SYLLABLE = 0.035  # longer words say more (Piantadosi et al. 2011), up to four syllables
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
    kind = word_class(key)
    if key in _FOCUS or kind in _FOCUSED_CLASSES:
        return _FOCUSED
    if not is_content_word(key):
        return _SELF if key.endswith(("self", "selves")) else _LITTLE
    contrasted = i > 0 and word_class(_key(utterance.words[i - 1])) is WordClass.NEGATION
    if key in _LIGHT and not contrasted:
        return _PASSED_OVER
    return _CONTENT + _PER_SYLLABLE * min(len(utterance.words[i].syllables), 4)
