import json
import time
from importlib.resources import files
from pathlib import Path

import pytest
import torch

from chironomia.agent.cli import main
from chironomia.agent.schema_corpus import read_marked
from chironomia.agent.schema_net import SCHEMAS, UPPER_LAYERS, SchemaNet, batched
from chironomia.agent.schema_reader import Calibration, bundled_reader, pieces_of, read_schemas
from chironomia.agent.spoken import spoken_words
from chironomia.agent.train_reader import calibrate, examples_of, macro_f1, save, sentence_logits, train, trained_reader
from chironomia.agent.transcript import transcribe
from chironomia.motion_library.vocabulary import FAMILY_OF, ImageSchema

# Written for this test; none is in the corpus.
CLEAR = {
    "The temperature plummeted overnight.": "SPACE",
    "We climbed to the very top of the tower.": "SPACE",
    "They split the company into three parts.": "UNITY",
    "He blended the two colours into one.": "UNITY",
    "A huge wave hit the beach.": "SCALE",
    "The budget has been shrinking for years.": "SCALE",
    "The wheel goes round and round.": "PATH",
    "The negotiations ran into a brick wall.": "FORCE",
    "She was pushed into signing the contract.": "FORCE",
    "The suitcase was stuffed to the brim.": "CONTAINMENT",
    "On the one hand it is cheap, on the other hand it is slow.": "IDENTITY",
    "Weigh the benefits against the costs.": "BALANCE",
}
PLAIN = (
    "Thanks for calling, how are you?", "My name is Alice.", "I don't know what he said.", "Do you like tea?", "Of course I care.",
    "It was Tuesday, I think.", "See you tomorrow.", "Sorry, could you repeat the question?", "He is a very nice man.",
    "What time is it in London?",
)  # fmt: skip


def test_clear_sentences_are_read_in_their_family() -> None:
    best = [readings[0] if readings else None for readings in read_schemas(list(CLEAR))]
    wrong = [(text, r) for (text, family), r in zip(CLEAR.items(), best, strict=True) if r is None or FAMILY_OF[r.schema] != family]
    assert len(wrong) <= 1, wrong


def test_plain_sentences_have_no_schema() -> None:
    found = [(text, readings) for text, readings in zip(PLAIN, read_schemas(PLAIN), strict=True) if readings]
    assert len(found) <= 1, found


def test_readings_are_ranked_and_their_words_are_those_of_the_transcript() -> None:
    text = "Well, prices rose. And then, after a year — they fell again and again!"
    (readings,) = read_schemas([text])
    words = transcribe(text).words
    assert [r.probability for r in readings] == sorted((r.probability for r in readings), reverse=True)
    assert all(0 <= r.words[0] < r.words[1] <= len(words) and 0 < r.probability <= 1 for r in readings)
    said = {r.schema: " ".join(w.text for w in words[slice(*r.words)]) for r in readings}
    assert "rose" in said[ImageSchema.UP]
    assert "fell" in said[ImageSchema.DOWN]


def test_a_reading_does_not_depend_on_its_company() -> None:
    texts = ["The mood sank.", "Thank you.", "We pushed back against an enormous, endless, complicated proposal that nobody had asked for."]
    together = read_schemas(texts)
    assert together == read_schemas(texts)
    for text, readings in zip(texts, together, strict=True):
        (alone,) = read_schemas([text])
        assert [(r.schema, r.words) for r in alone] == [(r.schema, r.words) for r in readings]
        assert [r.probability for r in alone] == pytest.approx([r.probability for r in readings], abs=1e-4)


def test_threshold_zero_ranks_every_schema_and_one_abstains() -> None:
    (every,) = read_schemas(["Prices fell."], threshold=0.0)
    assert {r.schema for r in every} == set(ImageSchema)
    assert len(every) == len(SCHEMAS)
    assert every[0].schema == "DOWN"
    assert read_schemas(["Prices fell."], threshold=1.0) == [[]]
    with pytest.raises(ValueError, match="from 0 to 1"):
        read_schemas(["Prices fell."], threshold=1.5)


@pytest.mark.parametrize("text", ["", "   ", "🙂 🙂", "—", "1 2 3", "价格下跌了", "x" * 5000, "word " * 700])
def test_any_text_is_read(text: str) -> None:
    (readings,) = read_schemas([text])
    assert all(r.words[1] <= len(spoken_words(text)) for r in readings)


def test_no_texts_give_no_readings() -> None:
    assert read_schemas([]) == []


def test_an_endless_sentence_is_read_to_its_end() -> None:
    text = "and so he said that " * 100 + "prices fell"
    assert all(len(piece.words) <= 60 for piece in pieces_of(text))
    (readings,) = read_schemas([text])
    assert any(r.schema == "DOWN" and r.words[1] == 502 for r in readings)


def test_a_sentence_is_read_within_30_milliseconds() -> None:
    read_schemas(["Warm up."])
    took_s = []
    for text in CLEAR:
        began_s = time.process_time()  # of one core: what else runs on the machine does not count
        read_schemas([text])
        took_s.append(time.process_time() - began_s)
    assert sorted(took_s)[len(took_s) // 2] < 0.030


def test_the_weights_come_with_the_project_and_are_small() -> None:
    file = files("chironomia.agent").joinpath("schema_reader.npz")
    assert file.is_file()
    assert Path(str(file)).stat().st_size < 20e6
    assert 0 < bundled_reader().calibration.threshold < 1


def test_upper_layers_continue_where_the_lower_ones_end() -> None:
    encoder = bundled_reader().net.encoder
    net = SchemaNet.untrained(encoder, torch.Generator().manual_seed(0))
    ids = torch.tensor([encoder.tokenize(["They fell."])[0][0]])
    real = torch.ones_like(ids, dtype=torch.bool)
    lower = encoder.hidden(ids, real, encoder.layers - UPPER_LAYERS)
    (seen,) = net.see(["They fell."], [[(0, 4), (5, 10)]])
    assert torch.allclose(seen.context, lower[0], atol=1e-5)
    assert torch.allclose(seen.share.sum(1), torch.ones(2))
    assert torch.allclose(seen.form[1], encoder.embedded(ids)[0, 2:4].mean(0), atol=1e-6)
    assert net.logits(batched([seen])).shape == (1, 2, len(SCHEMAS))


def test_training_learns_is_repeatable_and_is_saved_whole(tmp_path: Path) -> None:
    lines = ["Prices [fell|DOWN] today.", "Thank you.", "They [rose|UP] again.", "Hello there.", "It [sank|DOWN].", "He [climbed|UP]."]
    sentences = [read_marked(line) for line in lines]
    readers = [trained_reader(sentences, sentences, epochs=12) for _ in range(2)]
    nets = [reader.net for reader in readers]
    assert all(torch.equal(nets[0].weights[name], nets[1].weights[name]) for name in nets[0].weights)
    examples = examples_of(nets[0], sentences)
    wanted = torch.stack([e.sentence for e in examples])
    untrained = SchemaNet.untrained(nets[0].encoder, torch.Generator().manual_seed(0))
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    assert loss(sentence_logits(train(untrained, examples, epochs=12), examples), wanted) < 0.9 * loss(
        sentence_logits(SchemaNet.untrained(nets[0].encoder, torch.Generator().manual_seed(0)), examples), wanted
    )
    save(readers[0], tmp_path / "reader.npz")
    assert (tmp_path / "reader.npz").stat().st_size < 20e6


def test_labels_stand_on_the_marked_words() -> None:
    (example,) = examples_of(bundled_reader().net, [read_marked("Well, prices [fell into|DOWN,IN] a hole.")])
    assert example.words.sum() == 4
    assert example.words[2:4, [SCHEMAS.index(ImageSchema.DOWN), SCHEMAS.index(ImageSchema.IN)]].eq(1).all()
    assert example.sentence.sum() == 2


def test_calibration_finds_the_frequencies() -> None:
    torch.manual_seed(0)
    logits = 3 * torch.randn(4000, 2)
    wanted = torch.bernoulli(torch.sigmoid(0.5 * logits - 1))
    fitted = calibrate(logits, wanted)
    assert fitted.scale == pytest.approx(0.5, abs=0.05)
    assert fitted.shift == pytest.approx(-1, abs=0.1)
    assert Calibration(1.0, 0.0, 0.5)(torch.tensor(0.0)) == 0.5


def test_macro_f1_is_the_mean_over_what_is_wanted() -> None:
    found = torch.tensor([[1, 0, 1], [1, 1, 0]]).bool()
    wanted = torch.tensor([[1, 0, 0], [0, 1, 0]]).bool()
    assert macro_f1(found, wanted) == pytest.approx((2 / 3 + 1) / 2)


def test_the_command_prints_words_and_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["schemas", "Prices fell."]) == 0
    assert "DOWN on 'fell.'" in capsys.readouterr().out
    assert main(["schemas", "Prices fell.", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["schemas"][0]["schema"] == "DOWN"
    assert row["schemas"][0]["words"] == [1, 2]
    assert 0 < row["schemas"][0]["probability"] <= 1
    lines = tmp_path / "lines.txt"
    lines.write_text("The box is huge.\n\nThank you.\n")
    assert main(["schemas", "--file", str(lines), "--per-line", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [bool(r["schemas"]) for r in rows] == [True, False, False]
    assert main(["schemas", "Thank you."]) == 0
    assert "no schema" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["schemas"], ["schemas", "a", "--threshold", "2"], ["schemas", "--file", "nowhere.txt"]])
def test_the_command_says_in_one_line_what_is_wrong(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
