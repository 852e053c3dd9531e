"""The blind test of recognition: the judge sees no key, and the score counts what it says."""
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from chironomia.evals.recognition import OPTIONS, make, performed, score
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.clip import Gesture
from chironomia.motion_library.compile import compile_gesture
from chironomia.motion_library.index import texts_of
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.notation import load_notation


class NoEmbedder:
    identity, dimension = "none", 2

    def encode(self, texts: object) -> torch.Tensor:
        raise AssertionError("nothing is searched here")


def _library(gestures: tuple[Gesture, ...]) -> Library:
    return make_library(gestures, NoEmbedder(), vectors=torch.ones(len(texts_of(gestures)), 2))


@pytest.fixture(scope="module")
def quiz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wave = compile_gesture(load_notation(bundled_gestures() / "nod-yes.yaml"))
    named = tuple(replace(wave, id=f"g{i}", meanings=(f"meaning {i}",) * 4) for i in range(OPTIONS + 2))
    folder = tmp_path_factory.mktemp("blind") / "quiz"
    make(_library(named), folder, count=3, seed=1, beside=_library((replace(wave, id="real", meanings=("a secret",)),)))
    return folder


def test_the_folder_for_the_judge_says_nothing_of_the_key(quiz: Path) -> None:
    assert sorted(p.name for p in quiz.iterdir()) == ["01.png", "02.png", "03.png", "04.png", "quiz.md"]
    text = (quiz / "quiz.md").read_text(encoding="utf-8")
    assert text.count(". meaning ") == 4 * OPTIONS
    assert not [told for told in ("real", "a secret", "g1") if told in text.partition("##")[2]]


def test_every_gesture_has_its_own_meaning_among_the_options_and_a_reference_has_none(quiz: Path) -> None:
    key = json.loads(quiz.with_name("quiz.key.json").read_text(encoding="utf-8"))
    assert [k["right"] is None for k in key.values()].count(True) == 1
    for k in key.values():
        assert (k["right"] is None) == (k["gesture"] == "real")
        assert k["right"] is None or k["options"][k["right"]] == k["gesture"]
        assert len(k["options"]) == len(set(k["options"].values())) == OPTIONS


def test_the_score_counts_first_and_second_choices_and_keeps_references_apart(quiz: Path) -> None:
    key = json.loads(quiz.with_name("quiz.key.json").read_text(encoding="utf-8"))
    wrong = {n: next(x for x in "abc" if x != k["right"]) for n, k in key.items()}
    ours = [n for n, k in key.items() if k["right"]]
    answers = {n: {"first": wrong[n], "second": wrong[n], "natural": 5 if k["right"] is None else 3} for n, k in key.items()}
    answers[ours[0]]["first"] = key[ours[0]]["right"]
    answers[ours[1]]["second"] = key[ours[1]]["right"]
    (quiz / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    found = score(quiz)
    assert (found["pictures"], found["first"], found["first_or_second"]) == (3, pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert (found["natural"], found["natural_reference"]) == ((3, 3, 3), (5, 5, 5))
    assert set(found["misses"]) == {key[n]["gesture"] for n in ours[1:]}
    del answers["02"]
    (quiz / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    with pytest.raises(ValueError, match="missing: 02"):
        score(quiz)


def test_a_gesture_is_drawn_as_a_standing_body_performs_it() -> None:
    gesture = compile_gesture(load_notation(bundled_gestures() / "rise-up.yaml"))
    library, clip = _library((gesture,)), gesture.clips[0]
    (first, sync), (again, _), (other, _) = (performed(clip, library, seed) for seed in (1, 1, 2))
    assert torch.equal(first.rotations, again.rotations)
    assert not torch.allclose(first.rotations, other.rotations)
    assert sync.end < first.duration_s
    still, side = clip.motion.translation, first.translation
    assert (still - still[0]).abs().max() < 0.01 < (side[:, 0] - still[0, 0]).abs().max(), "the weight is on one leg"
