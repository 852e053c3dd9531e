
import pytest

from chironomia.agent.sentences import Pause
from chironomia.agent.spoken import spoken_words


def _said(text: str) -> str:
    return " | ".join(word.spoken for word in spoken_words(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mr. Smith, e.g. the Dr., etc.", "mister | smith | for example | the | doctor | et cetera"),
        ("$3.5 million on Nov. 22, 2026.", "three point five | million dollars | on | november | twenty second | twenty twenty six"),
        ("a 5 km run in 50 ms at 10°C", "a | five | kilometers | run | in | fifty | milliseconds | at | ten degrees celsius"),
        ("NASA and the USA use APIs", "nasa | and | the | u s a | use | a p i's"),
        ("This is NOT it; IT works with AI.", "this | is | not | it | i t | works | with | a i"),
        ("STOP SHOUTING AT US NOW", "stop | shouting | at | us | now"),
        ("GPT-4, COVID-19 and H2O", "g p t four | covid nineteen | and | h two o"),
        ("see https://www.example.com/a?b=1 or mail a.b@x.org!", "see | example dot com slash a | or | mail | a dot b at x dot org"),
        ("don’t “quote” ‘me’", "don't | quote | me"),
        ("well-known and/or word—word wait...what", "well known | and or | word | word | wait | what"),
        ("Hello 😀 world👋 — bye", "hello | world | bye"),
        ("R&D at AT&T; 5 < 6 & 7", "r and d | at | a t and t | five | less than | six | and | seven"),
        ("Chapter IV: Henry VIII", "chapter | four | henry | the eighth"),
        ("St. John St. and No. 5", "saint | john | street | and | number | five"),
        ("$5/month for #1 @user", "five dollars per month | for | number one | at user"),
        ("v2.0 of it", "version two point zero | of | it"),
        ("naïve café", "naïve | café"),
        ("你好，世界。", "你 | 好 | 世 | 界"),
        ("**bold** _it_ `code`", "bold | it | code"),
    ],
)  # fmt: skip
def test_written_words_become_spoken_ones(text: str, said: str) -> None:
    assert _said(text) == said


@pytest.mark.parametrize("text", ["", "   \n", "😀🎉", "— … !!! :)", "- \n* "])
def test_what_is_not_said_is_no_word(text: str) -> None:
    assert spoken_words(text) == ()


def test_a_word_keeps_its_punctuation_and_its_place() -> None:
    text = '  He said, "Hello!"'
    words = spoken_words(text)
    assert [w.text for w in words] == ["He", "said,", '"Hello!"']
    assert all(text[slice(*w.span)] == w.text for w in words)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Mr. Smith paid 3.5 dollars. He left.", 2),
        ("He lives in the U.S. The end.", 2),
        ("The U.S. Senate met at 3 p.m. in D.C. and left.", 1),
        ("Wait... what? Yes!", 2),
        ('"What?" he said. "Go!" Then he left.', 3),
        ("J. K. Rowling wrote it, e.g. for children, vs. adults.", 1),
        ("No. 5 is alive. I am. You are.", 3),
        ("- first item\n- second item", 2),
        ("A heading\n\nand a paragraph", 2),
        ("1. one thing\n2. another thing", 2),
        ("你好。再见！", 2),
        ("one line\nthat goes on", 1),
    ],
)
def test_sentences_survive_abbreviations_and_decimals(text: str, sentences: int) -> None:
    words = spoken_words(text)
    assert words[-1].sentence + 1 == sentences
    assert [w.sentence for w in words] == sorted(w.sentence for w in words)


def test_punctuation_asks_for_pauses() -> None:
    pauses = [w.pause for w in spoken_words("One, two; three — four. Five\n\nsix")]
    assert pauses == [Pause.COMMA, Pause.CLAUSE, Pause.CLAUSE, Pause.SENTENCE, Pause.PARAGRAPH, Pause.NONE]


@pytest.mark.parametrize(
    "noise",
    ["a" * 50_000, "😀" * 20_000, "—" * 20_000 + "x", "a.b" * 15_000, "a" * 20_000 + "!" * 20_000 + "a", "1" * 40_000, "<" * 9_000],
    ids=["letters", "emoji", "dashes", "dots", "bangs", "digits", "angles"],
)
def test_noise_is_read_to_its_end(noise: str) -> None:
    assert len(spoken_words(noise)) <= len(noise)  # a quadratic pattern would take minutes here, and be noticed
