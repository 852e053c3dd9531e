"""The cue lexicon: what a pattern means, what it must not be mistaken for."""
import pytest

from chironomia.agent.cues import english, parse_lexicon
from chironomia.agent.plan import Plan
from chironomia.agent.tokens import Token, tokens_of
from chironomia.agent.transcript import Syllable, Utterance, Word
from chironomia.motion_library.inflection import lemmas
from chironomia.motion_library.vocabulary import ImageSchema


def _utterance(text: str) -> Utterance:
    tokens = text.split()
    syllables = [Syllable(i * 0.3, i * 0.3, i * 0.3 + 0.3, 1) for i in range(len(tokens))]
    words = tuple(Word(t, t.strip(".,!?;").lower(), s.start_s, s.end_s, (s,), 0) for t, s in zip(tokens, syllables, strict=True))
    return Utterance(text, words, ((0, len(words)),), len(words) * 0.3)


def _found(cues: str, text: str, *, exceptions: str = "", idioms: str = "") -> list[str]:
    block = lambda t: "\n".join(f"      {line}" for line in t.splitlines())  # noqa: E731
    lexicon = parse_lexicon(
        f"idioms: |\n{block(idioms)}\ncues:\n  - show: it\n    function: ICONIC\n    confidence: 0.7\n    cues: |\n{block(cues)}\n"
        + (f"    not: |\n{block(exceptions)}\n" if exceptions else "")
    )
    tokens = tokens_of(_utterance(text))
    return [" ".join(t.form for t in tokens[c.first : c.after]) + "^" + tokens[c.anchor].form for c in lexicon.read(tokens).cues]


@pytest.mark.parametrize(
    ("cue", "text", "found"),
    [
        ("rise", "Prices rose and are rising.", ["rose^rose", "rising^rising"]),
        ("=rise", "Prices rose.", []),
        ("go up", "It went up, not town.", ["went up^went"]),
        ("rise|fall", "It falls.", ["falls^falls"]),
        ("a? lot", "a lot or lot", ["a lot^lot", "lot^lot"]),
        ("very _ house", "a very big house", ["very big house^house"]),
        ("hold ... up", "hold the whole roof up", ["hold the whole roof up^roof"]),
        ("hold ... up", "hold the old and heavy roof up", []),
        ("hold ... up", "hold this, then get up", []),
        ("<n> things", "three things, 12 things, some things", ["three things^things", "12 things^things"]),
        ("<s> stop <e>", "Stop! Do not stop there.", ["stop^stop"]),
        ("on the ^other hand", "But on the other hand yes", ["on the other hand^other"]),
        ("do not know", "I don't know, I dunno.", ["do not know^know"] * 2),
        ("trade-off", "a trade-off", ["trade off^trade"]),
        ("rise", "a sunrise enterprise", []),
    ],
)
def test_a_pattern_finds_what_its_notation_says(cue: str, text: str, found: list[str]) -> None:
    assert _found(cue, text) == found


def test_exceptions_and_idioms_bar_a_cue_but_a_longer_cue_outranks_an_idiom() -> None:
    assert _found("rise", "Give rise to doubt.", exceptions="give rise") == []
    assert _found("kind", "a kind of magic", idioms="kind of") == []
    assert _found("not at all", "not at all", idioms="at all") == ["not at all^all"]


def test_a_longer_cue_explains_a_shorter_one_inside_it() -> None:
    assert _found("over\nover and over", "over and over") == ["over and over^over"]


@pytest.mark.parametrize(
    ("form", "word"),
    [("rising", "rise"), ("stopped", "stop"), ("bigger", "big"), ("carries", "carry"), ("fell", "fall"), ("happiest", "happy")],
)
def test_inflected_forms_lead_back_to_their_word(form: str, word: str) -> None:
    assert word in lemmas(form)


def test_tokens_take_contractions_apart_and_mark_clauses() -> None:
    tokens = tokens_of(_utterance("Well, it's what they didn't say."))
    assert [t.form for t in tokens] == ["well", "it", "is", "what", "they", "did", "not", "say"]
    assert [t.form for t in tokens if t.begins] == ["well", "it"]
    assert [t.form for t in tokens if t.ends] == ["well", "say"]
    assert tokens[6] == Token("not", 4, False, False)


def test_a_pattern_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ValueError, match="cannot read 'a\\|'"):
        _found("a| house", "a house")


def test_the_english_lexicon_has_cues_for_every_schema() -> None:
    groups = english().groups
    assert {g.schema for g in groups if g.schema} == set(ImageSchema)
    assert sum(len(g.patterns) for g in groups) > 2000
    assert all(0.3 <= (p.confidence or g.confidence) <= 0.9 for g in groups for p in g.patterns)


def test_a_plan_refuses_calls_beyond_its_words() -> None:
    call = {"words": [0, 3], "anchor": 2, "function": "DEICTIC", "show": "there"}
    assert Plan.model_validate({"planner": "p", "words": ["over", "there", "now"], "calls": [call]}).calls[0].anchor == 2
    with pytest.raises(ValueError, match="reaches 3"):
        Plan.model_validate({"planner": "p", "words": ["there"], "calls": [call]})
    with pytest.raises(ValueError, match="version 1, got 9"):
        Plan.model_validate({"version": "9", "planner": "p", "calls": []})
