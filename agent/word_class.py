"""Word classes: the closed classes of English as lists; everything else carries content."""
from enum import StrEnum


class WordClass(StrEnum):
    """Closed classes (Quirk et al. 1985, ch. 2) as far as accent and gesture care, and CONTENT for the open ones."""

    CONTENT = "content"
    NUMBER = "number"
    NEGATION = "negation"
    QUANTIFIER = "quantifier"
    PRONOUN = "pronoun"
    QUESTION = "question"
    DETERMINER = "determiner"
    PREPOSITION = "preposition"
    CONJUNCTION = "conjunction"
    AUXILIARY = "auxiliary"
    FILLER = "filler"


# A word stands in the class that decides its accent: "that" is a determiner, "no" a negation, "one" a number.
_CLOSED: dict[WordClass, str] = {
    WordClass.NEGATION: "no not never none nothing nobody nowhere neither nor cannot ain't",
    WordClass.QUANTIFIER: "all both each every everyone everybody everything everywhere many much more most few "
    "several half enough plenty lots",
    WordClass.NUMBER: "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion first second "
    "third fourth "
    "fifth sixth seventh eighth ninth tenth",
    WordClass.PRONOUN: "i me my mine myself you your yours yourself yourselves he him his himself she her hers herself it its itself we us "
    "our ours ourselves they them their theirs themselves one's someone somebody something anyone anybody anything",
    WordClass.QUESTION: "who whom whose which what when where why how whoever whatever whichever whenever wherever however",
    WordClass.DETERMINER: "a an the this that these those some any such there",
    WordClass.PREPOSITION: "of in to for with on at from by about as into like through after over between out against during without "
    "before "
    "under around among of off up down near past than per via onto upon toward towards within across behind beyond except until till "
    "since along",
    WordClass.CONJUNCTION: "and but or so because if while although though unless whether once then plus",
    WordClass.AUXILIARY: "am is are was were be been being do does did have has had having will would shall should can could may might "
    "must "
    "ought gonna wanna gotta let's",
    WordClass.FILLER: "uh um er erm ah oh hmm mm mhm eh well",
}
_CLASS_OF = {word: kind for kind, words in reversed(_CLOSED.items()) for word in words.split()}
_ACCENTABLE = frozenset({WordClass.CONTENT, WordClass.NUMBER, WordClass.NEGATION, WordClass.QUANTIFIER})
_CLITICS = ("'m", "'re", "'ve", "'ll", "'d", "'s")
_PROCLITIC_CLASSES = frozenset({WordClass.PRONOUN, WordClass.QUESTION, WordClass.DETERMINER})


def word_class(word: str) -> WordClass:
    """The class of one spoken word (lower case, straight or curly apostrophe). Contractions count as their host: "they've" is a pronoun."""
    word = word.lower().replace("\u2019", "'")
    if word in _CLASS_OF:
        return _CLASS_OF[word]
    if word.endswith("n't"):
        return WordClass.NEGATION
    host = next((word.removesuffix(c) for c in _CLITICS if word.endswith(c)), "")
    kind = _CLASS_OF.get(host, WordClass.CONTENT)
    return kind if kind in _PROCLITIC_CLASSES else WordClass.CONTENT


def is_content_word(word: str) -> bool:
    """Whether a word takes an accent in a neutral reading: open classes, numbers, quantifiers and negations do, the others do not."""
    return word_class(word) in _ACCENTABLE
