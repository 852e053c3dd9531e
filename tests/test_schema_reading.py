import math
from pathlib import Path

import pytest
import torch

from chironomia.agent.schema_corpus import DEV_THEMES, TEST_THEMES, read_corpus, read_marked
from chironomia.agent.schema_net import SCHEMAS
from chironomia.agent.schema_reader import Calibration, bundled_reader
from chironomia.evals.schema_reading import (
    CLASSIC_SENTENCES,
    PLANNER_SENTENCES,
    calibration_error,
    elsewhere,
    fold_scores,
    probe_scores,
    reader_scores,
    scores,
    similarity_scores,
)

AS_IS = Calibration(1.0, 0.0, 0.5)


def _logits(*rows: dict[str, float]) -> torch.Tensor:
    return torch.tensor([[row.get(schema, -9.0) for schema in SCHEMAS] for row in rows])


def test_scores_of_known_answers() -> None:
    wanted = (_logits({"UP": 1.0}, {"DOWN": 1.0}, {"BIG": 1.0}, {}) > 0).float()
    s = scores(_logits({"UP": 9.0}, {"UP": 9.0}, {"IN": 9.0}, {}), wanted, AS_IS)
    assert s.top1_schema == pytest.approx(1 / 3)  # one of the three labelled sentences
    assert s.top1_family == pytest.approx(2 / 3)  # UP and DOWN are of one family
    assert s.none_f1 == 1.0
    assert s.macro_f1 == pytest.approx((2 / 3) / 3)
    assert s.ece_top1 == pytest.approx(0.5, abs=0.01)  # three sure answers, one right; one sure that there is nothing
    assert math.isnan(s.span_macro_f1)


def test_calibration_error_is_zero_where_probabilities_are_frequencies() -> None:
    p = torch.tensor([0.25] * 4 + [0.75] * 4)
    assert calibration_error(p, torch.tensor([1, 0, 0, 0, 1, 1, 1, 0])) == pytest.approx(0.0)
    assert calibration_error(p, torch.ones(8)) == pytest.approx(0.5)


def test_reader_spans_are_compared_word_by_word() -> None:
    s = reader_scores(bundled_reader(), [read_marked("Prices [fell|DOWN]."), read_marked("Thank you.")])
    assert (s.top1_schema, s.macro_f1, s.span_macro_f1, s.none_f1) == (1.0, 1.0, 1.0, 1.0)


def test_the_bundled_reader_keeps_its_floor_on_the_test_theme_and_beats_likeness() -> None:
    some = [s for s in read_corpus() if s.theme in TEST_THEMES]
    read, alike = reader_scores(bundled_reader(), some), similarity_scores(some, some)
    assert read.top1_family >= 0.75
    assert read.none_f1 >= 0.70
    assert read.top1_schema > 2 * alike.top1_schema


@pytest.mark.parametrize("path", [PLANNER_SENTENCES, CLASSIC_SENTENCES])
def test_sentences_from_elsewhere_are_read(path: Path) -> None:
    read = elsewhere(bundled_reader(), path)
    assert read["top1_schema"] >= 0.75
    assert read["of those abstained"] >= 0.88


def test_no_sentence_from_elsewhere_is_in_the_corpus() -> None:
    corpus = {s.text for s in read_corpus()}
    lines = [line for path in (PLANNER_SENTENCES, CLASSIC_SENTENCES) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [line.partition("|") for line in lines]
    assert not corpus & {text.strip() for names, _, text in rows if not names.startswith("#") and text}


def test_every_theme_but_the_dev_themes_is_held_out_in_one_fold(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ("Prices [fell|DOWN].", "Thank you.")
    corpus = [read_marked(line, theme) for theme in ("a", "b", "c", "d", *DEV_THEMES) for line in lines]
    mean = fold_scores(corpus, epochs=1)
    assert 0.0 <= mean.top1_family <= 1.0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in printed] == ["a, d", "b", "c"]


def test_a_probe_learns_what_its_sentences_say() -> None:
    fit = [read_marked(line) for line in ("Prices [fell|DOWN].", "The prices [rose|UP].", "Thank you very much.")]
    assert probe_scores(fit, fit, fit).top1_schema == 1.0
