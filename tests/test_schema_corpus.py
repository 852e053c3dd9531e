from collections import Counter

import pytest

from chironomia.agent.schema_corpus import DEV_THEMES, TEST_THEMES, MarkedSpan, read_corpus, read_marked
from chironomia.motion_library.vocabulary import ImageSchema


def test_a_marked_line_is_its_text_and_its_spans() -> None:
    read = read_marked("Prices [fell|DOWN], and we [huddled up|NEAR,COLLECTION].", "markets")
    assert read.text == "Prices fell, and we huddled up."
    assert read.spans == (
        MarkedSpan(7, 11, (ImageSchema.DOWN,)),
        MarkedSpan(20, 30, (ImageSchema.NEAR, ImageSchema.COLLECTION)),
    )
    assert read.schemas == {"DOWN", "NEAR", "COLLECTION"}
    assert read_marked("Thank you.").spans == ()


@pytest.mark.parametrize(("line", "said"), [("[fell|DROP] off", "DROP"), ("[fell|DOWN off", "marked"), ("fell]", "marked"), (" ", "words")])
def test_a_wrong_line_is_refused_with_what_is_wrong(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_marked(line)


def test_every_line_of_the_corpus_is_well_formed_and_no_sentence_stands_twice() -> None:
    corpus = read_corpus()
    assert len(corpus) >= 6000
    assert len({s.text for s in corpus}) == len(corpus)
    assert all(1 <= len(span.schemas) <= 2 for s in corpus for span in s.spans)
    assert all(1 <= len(s.text[span.first : span.after].split()) <= 6 for s in corpus for span in s.spans)


def test_no_span_cuts_a_word() -> None:
    cut = [
        s.text for s in read_corpus() for span in s.spans
        if s.text[span.first - 1 : span.first].isalnum() or s.text[span.after : span.after + 1].isalnum()
    ]  # fmt: skip
    assert not cut


def test_a_third_of_the_corpus_has_no_schema_and_every_schema_has_examples() -> None:
    corpus = read_corpus()
    assert sum(not s.spans for s in corpus) / len(corpus) > 1 / 3
    count = Counter(schema for s in corpus for schema in s.schemas)
    assert min(count[schema] for schema in ImageSchema) >= 80


def test_the_held_out_themes_exist_and_are_apart() -> None:
    themes = {s.theme for s in read_corpus()}
    assert themes > DEV_THEMES | TEST_THEMES
    assert not DEV_THEMES & TEST_THEMES


def test_a_folder_without_themes_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="schema corpus"):
        read_corpus(tmp_path)
