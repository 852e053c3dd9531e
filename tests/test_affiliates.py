"""Which words gestures belong to: what the bundled net says, how a text is cut, and that it learns."""
from pathlib import Path

import pytest
import torch

from chironomia.agent.affiliate_net import LABELS, AffiliateNet
from chironomia.agent.affiliates import FEATURES, Affiliates, affiliates_of, features_of, stretches_of
from chironomia.agent.cues import english
from chironomia.agent.marked_talk import Belongs, read_marked_talk, read_talks
from chironomia.agent.schema_reader import bundled_reader
from chironomia.agent.tokens import tokens_of
from chironomia.agent.train_affiliates import examples_of, save, train
from chironomia.agent.transcript import transcribe


def _read(text: str) -> tuple[list[str], Affiliates]:
    utterance = transcribe(text)
    tokens = tokens_of(utterance)
    return [w.text for w in utterance.words], affiliates_of(utterance, tokens, english().read(tokens))


def test_the_words_with_the_picture_are_likelier_than_those_without() -> None:
    plain, vivid = "Thanks for coming in, the appointment is at ten.", "The balloon went up and up, and then it burst into pieces."
    words, found = _read(f"{plain} {vivid}")
    up = words.index("up,")
    assert float(found.gesture[up]) > 0.1 + float(found.gesture[: words.index("ten.")].max())
    assert LABELS[int(found.labels[up].argmax())] in ("UP", "ITERATION", "GROWING", "ICONIC")


def test_a_text_without_words_has_no_affiliates() -> None:
    assert affiliates_of(transcribe("🙂"), [], None).labels.shape == (0, len(LABELS))


def test_stretches_are_whole_sentences_as_far_as_they_are_short() -> None:
    text = " ".join(["We went up the hill and down again.", "And then we slept."] * 10)
    stretches = stretches_of(text)
    ends = {span[1] for span in transcribe(text).sentences}
    assert [s.first for s in stretches] == [0, *(s.after for s in stretches[:-1])]
    assert all(s.after in ends and s.after - s.first <= 60 for s in stretches)
    assert len(stretches) == 2
    assert [s.after - s.first for s in stretches_of("so " * 130)] == [60, 60, 10]


def test_what_was_said_before_is_a_feature() -> None:
    utterance = transcribe("The roof leaks.")
    tokens = tokens_of(utterance)
    said, new = (features_of(utterance, tokens, None, previous) for previous in (["It is the roof."], []))
    assert (said != new).any(1).tolist() == [False, True, False]


def test_marks_become_spans_of_words() -> None:
    talk = read_marked_talk("{Well, hello.} It [shot up|UP GROWING], [?over there|DEICTIC].")
    assert talk.text == "Well, hello. It shot up, over there."
    assert [(s.words, s.belongs, s.labels) for s in talk.spans] == [
        ((0, 2), Belongs.WRONG, ()), ((3, 5), Belongs.CALLED_FOR, ("UP", "GROWING")), ((5, 7), Belongs.MAY, ("DEICTIC",)),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["It [rose|UPWARDS].", "It [rose|UP.", "It {rose."])
def test_marks_that_cannot_be_read_are_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_marked_talk(text)


def test_all_marked_talks_can_be_read() -> None:
    assert len(read_talks()) == len({talk.text for talk in read_talks()}) == 1240


def test_a_few_steps_learn_the_talks_they_see(tmp_path: Path) -> None:
    examples = [e for line in ("It [went up|UP] today.", "We had {some tea} at four.") * 8 for e in examples_of(read_marked_talk(line))]
    net = train(examples, epochs=6)
    again = train(examples, epochs=6)
    assert all(torch.equal(net.weights[name], again.weights[name]) for name in net.weights)
    assert net.weights["head.weight"].shape == (1 + len(LABELS), 2 * 384 + FEATURES)
    save(net, tmp_path / "net.npz")
    assert (tmp_path / "net.npz").stat().st_size < 1e6
    plain = AffiliateNet.untrained(bundled_reader().net.encoder, FEATURES, torch.Generator())
    assert any((net.weights[name] != plain.weights[name]).any() for name in net.weights if name.endswith(".up"))
