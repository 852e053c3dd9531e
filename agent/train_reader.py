"""Train the schema reader on the corpus: python -m chironomia.agent.train_reader -o agent/schema_reader.npz (``make train-reader``).

Adam over the upper layers and the head; the loss is binary cross-entropy for every word and every schema, and once more for the
sentence. The weights that are kept are a running mean over the last steps (Izmailov et al. 2018), which is steadier than the last
step. Scale and shift of the probabilities and the threshold below which the reader abstains are chosen on the dev themes.
"""
import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from chironomia.agent.schema_corpus import DEV_THEMES, FOLDER, TEST_THEMES, MarkedSentence, read_corpus
from chironomia.agent.schema_net import SCHEMAS, SchemaNet, Seen, batched
from chironomia.agent.schema_reader import Calibration, SchemaReader
from chironomia.agent.spoken import SpokenWord, spoken_words
from chironomia.motion_library.embed import load_embedder
from chironomia.motion_library.minilm import BertEncoder
from chironomia.motion_library.threads import one_thread
from chironomia.motion_library.vocabulary import ImageSchema

EPOCHS, _BATCH = 5, 32
_LAYER_RATE, _HEAD_RATE, _DECAY = 1.5e-4, 1e-3, 0.01  # the head begins from nothing and may move faster
_MEAN = 0.01  # share of each step in the running mean: about the last hundred of 150 steps an epoch
_WORD_SHARE = 3.0  # of the loss, against 1 for the sentence: where a schema lies matters as much as whether
_INDEX = {schema: i for i, schema in enumerate(SCHEMAS)}


@dataclass(frozen=True)
class Example:
    """A sentence as the frozen layers see it, and what is wanted of each word (N, 50) and of the sentence (50), as 0 or 1."""

    seen: Seen
    words: Tensor
    sentence: Tensor


def examples_of(net: SchemaNet, sentences: Sequence[MarkedSentence]) -> list[Example]:
    """Sentences with their labels; words are the project's own."""
    spoken = [spoken_words(s.text) for s in sentences]
    seen: list[Seen] = []
    for at in range(0, len(sentences), _BATCH):
        some = slice(at, at + _BATCH)
        seen += net.see([s.text for s in sentences[some]], [[w.span for w in words] for words in spoken[some]])
    return [Example(v, _wanted(s, w), _sentence(s.schemas)) for v, s, w in zip(seen, sentences, spoken, strict=True)]


def train(net: SchemaNet, examples: Sequence[Example], *, epochs: int = EPOCHS, seed: int = 0) -> SchemaNet:
    """A net of the running mean of the weights, from ``net``, which is trained in place. Equal seeds give equal nets on one machine."""
    generator = torch.manual_seed(seed)  # dropout draws from the global one
    weights = {name: weight.requires_grad_() for name, weight in net.weights.items()}
    head = [w for name, w in weights.items() if not name[0].isdigit()]
    layers = [w for name, w in weights.items() if name[0].isdigit()]
    optimizer = torch.optim.AdamW([{"params": layers, "lr": _LAYER_RATE}, {"params": head, "lr": _HEAD_RATE}], weight_decay=_DECAY)
    steps = epochs * math.ceil(len(examples) / _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [_LAYER_RATE, _HEAD_RATE], total_steps=steps, pct_start=0.1)
    mean = {name: weight.detach().clone() for name, weight in weights.items()}
    for _ in range(epochs):
        for batch in _batches(examples, generator):
            loss = _loss(net, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no type for it
            torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
            optimizer.step()
            schedule.step()
            for name, weight in weights.items():
                mean[name].lerp_(weight.detach(), _MEAN)
    return SchemaNet(net.encoder, mean)


@torch.no_grad()
def sentence_logits(net: SchemaNet, examples: Sequence[Example]) -> Tensor:
    """Each schema's logit at its likeliest word (S, 50)."""
    rows = []
    for at in range(0, len(examples), _BATCH):
        batch = batched([e.seen for e in examples[at : at + _BATCH]])
        rows.append(net.logits(batch).masked_fill(~batch.words[..., None], -math.inf).amax(1))
    return torch.cat(rows)


def calibrate(logits: Tensor, wanted: Tensor) -> Calibration:
    """Scale and shift that make the probabilities of sentences (S, 50) likeliest, and the threshold with the best macro-F1."""
    scale_shift = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([scale_shift], max_iter=50)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(scale_shift[0] * logits + scale_shift[1], wanted)
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no type for it
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]  # torch has no type for it
    scale, shift = scale_shift.tolist()
    fitted = Calibration(scale, shift, threshold=0.5)
    p = fitted(logits)
    candidates = torch.arange(0.10, 0.61, 0.02).tolist()
    return replace(fitted, threshold=max(candidates, key=lambda least: macro_f1(p >= least, wanted.bool())))


def macro_f1(found: Tensor, wanted: Tensor) -> float:
    """Mean over the columns that are wanted at all of 2 hits / (found + wanted); booleans (S, C)."""
    hits, both = (found & wanted).sum(0), found.sum(0) + wanted.sum(0)
    return float((2 * hits / both.clamp(min=1))[wanted.any(0)].mean())


def trained_reader(fit: Sequence[MarkedSentence], dev: Sequence[MarkedSentence], *, epochs: int = EPOCHS, seed: int = 0) -> SchemaReader:
    """A reader trained on some sentences and calibrated on others."""
    encoder = load_embedder()
    assert isinstance(encoder, BertEncoder)
    net = SchemaNet.untrained(encoder, torch.Generator().manual_seed(seed))
    trained = train(net, examples_of(net, fit), epochs=epochs, seed=seed)
    held_out = examples_of(trained, dev)
    return SchemaReader(trained, calibrate(sentence_logits(trained, held_out), torch.stack([e.sentence for e in held_out])))


def save(reader: SchemaReader, path: Path) -> None:
    """Weights in half precision, calibration, and the identity of the encoder, as npz."""
    c = reader.calibration
    extra = {"calibration": np.array([c.scale, c.shift, c.threshold]), "encoder": np.array(reader.net.encoder.identity)}
    np.savez_compressed(path, **reader.net.to_arrays(), **extra)  # type: ignore[arg-type]  # numpy's stub takes the names for flags


def _wanted(sentence: MarkedSentence, words: Sequence[SpokenWord]) -> Tensor:
    wanted = torch.zeros(len(words), len(SCHEMAS))
    for span in sentence.spans:
        for i, word in enumerate(words):
            if word.span[0] < span.after and span.first < word.span[1]:
                wanted[i, [_INDEX[schema] for schema in span.schemas]] = 1.0
    return wanted


def _sentence(schemas: frozenset[ImageSchema]) -> Tensor:
    return torch.tensor([float(schema in schemas) for schema in SCHEMAS])


def _batches(examples: Sequence[Example], generator: torch.Generator) -> Iterator[list[Example]]:
    """Batches of like length in random order; lengths within six tokens count as alike."""
    lengths = torch.tensor([len(e.seen.context) for e in examples])
    order = (lengths + 6 * torch.rand(len(examples), generator=generator)).argsort().tolist()
    starts = torch.arange(0, len(order), _BATCH)
    for at in starts[torch.randperm(len(starts), generator=generator)].tolist():
        yield [examples[i] for i in order[at : at + _BATCH]]


def _loss(net: SchemaNet, examples: Sequence[Example]) -> Tensor:
    """Cross-entropy summed over schemas, mean over words, plus the same of sentences, whose logit is the words' log-sum-exp."""
    batch = batched([e.seen for e in examples])
    logits = net.logits(batch, train=True)
    words = torch.cat([e.words for e in examples])
    of_words = F.binary_cross_entropy_with_logits(logits[batch.words], words, reduction="none").sum(-1).mean()
    pooled = logits.masked_fill(~batch.words[..., None], -30.0).logsumexp(1)
    sentence = torch.stack([e.sentence for e in examples])
    return _WORD_SHARE * of_words + F.binary_cross_entropy_with_logits(pooled, sentence, reduction="none").sum(-1).mean()


def main() -> None:
    """Train on the train themes, calibrate on the dev themes, and write the weights; the test themes are not read."""
    parser = argparse.ArgumentParser(description="Train the schema reader.")
    parser.add_argument("--corpus", type=Path, default=FOLDER, help="a folder of THEME.txt (default: the project's)")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the weights, an npz of half-precision arrays")
    arguments = parser.parse_args()
    corpus = read_corpus(arguments.corpus)
    fit = [s for s in corpus if s.theme not in DEV_THEMES | TEST_THEMES]
    dev = [s for s in corpus if s.theme in DEV_THEMES]
    with one_thread():
        reader = trained_reader(fit, dev, epochs=arguments.epochs, seed=arguments.seed)
    save(reader, arguments.output)
    size_mb = arguments.output.stat().st_size / 1e6
    print(f"{len(fit)} sentences, {len(dev)} for {reader.calibration} -> {arguments.output} ({size_mb:.1f} MB)")


if __name__ == "__main__":
    main()
