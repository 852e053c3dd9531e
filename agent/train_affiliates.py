"""Learn to which words gestures belong: python -m chironomia.agent.train_affiliates -o agent/affiliates.npz (``make train-affiliates``).

Adam over the low-rank changes and the head; the loss is cross-entropy of whether a gesture belongs to a word and, where it does, of what
it may show. Half the time a talk's cues are hidden, so that the net can do without them. The weights that are kept are a running mean.
"""
import argparse
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from chironomia.agent.affiliate_net import LABELS, AffiliateNet, padded
from chironomia.agent.affiliates import CUED_COLUMNS, FEATURES, Stretch, features_of, stretches_of
from chironomia.agent.cues import english
from chironomia.agent.marked_talk import FOLDER, Belongs, MarkedTalk, read_talks
from chironomia.agent.schema_net import batched
from chironomia.agent.schema_reader import bundled_reader
from chironomia.agent.tokens import tokens_of
from chironomia.agent.transcript import transcribe
from chironomia.motion_library.threads import one_thread

EPOCHS, _BATCH = 4, 8
_RATE, _DECAY = 1.5e-3, 0.02
_MEAN = 0.03  # share of each step in the running mean: about the last thirty
_LABEL_SHARE = 0.3  # of the loss: there are 54 labels to one question whether
_MAY = 0.5  # weight of a word where a gesture may be made but nobody would miss it
_HIDDEN = 0.5  # of the talks go without their cues
_INDEX = {label: i for i, label in enumerate(LABELS)}


@dataclass(frozen=True)
class Example:
    """A stretch of a talk; features (N, F) with and without cues; per word: whether a gesture belongs, how much that counts, labels."""

    stretch: Stretch
    features: tuple[Tensor, Tensor]
    belongs: Tensor  # (N,) 0 or 1
    weight: Tensor  # (N,)
    labels: Tensor  # (N, 54) 0 or 1


def examples_of(talk: MarkedTalk) -> list[Example]:
    """A talk as the net sees it."""
    utterance = transcribe(talk.text)
    tokens = tokens_of(utterance)
    cued = features_of(utterance, tokens, english().read(tokens))
    bare = cued.clone()
    bare[:, CUED_COLUMNS] = 0.0
    n = len(utterance.words)
    belongs, weight, labels = torch.zeros(n), torch.ones(n), torch.zeros(n, len(LABELS))
    for span in talk.spans:
        if span.belongs != Belongs.WRONG:
            words = slice(*span.words)
            belongs[words], weight[words] = 1.0, _MAY if span.belongs == Belongs.MAY else 1.0
            labels[words, [_INDEX[label] for label in span.labels]] = 1.0
    out = []
    for s in stretches_of(utterance.text):
        words = slice(s.first, s.after)
        out.append(Example(s, (cued[words], bare[words]), belongs[words], weight[words], labels[words]))
    return out


def train(examples: Sequence[Example], *, epochs: int = EPOCHS, seed: int = 0) -> AffiliateNet:
    """A net of the running mean of the weights. Equal seeds give equal nets on one machine."""
    generator = torch.manual_seed(seed)  # dropout draws from the global one
    chance = random.Random(seed)
    net = AffiliateNet.untrained(bundled_reader().net.encoder, FEATURES, generator)
    weights = {name: weight.requires_grad_() for name, weight in net.weights.items()}
    optimizer = torch.optim.AdamW(weights.values(), lr=_RATE, weight_decay=_DECAY)
    steps = epochs * math.ceil(len(examples) / _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps, pct_start=0.1)
    mean = {name: weight.detach().clone() for name, weight in weights.items()}
    for _ in range(epochs):
        order = chance.sample(range(len(examples)), len(examples))
        for at in range(0, len(order), _BATCH):
            loss = _loss(net, [examples[i] for i in order[at : at + _BATCH]], chance)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no type for it
            torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
            optimizer.step()
            schedule.step()
            for name, weight in weights.items():
                mean[name].lerp_(weight.detach(), _MEAN)
    return AffiliateNet(net.encoder, mean)


def _loss(net: AffiliateNet, examples: Sequence[Example], chance: random.Random) -> Tensor:
    batch = batched([e.stretch.seen for e in examples])
    features = padded([e.features[chance.random() < _HIDDEN] for e in examples])
    out = net.logits(batch, features, train=True)
    belongs, weight, labels = (torch.cat([getattr(e, name) for e in examples]) for name in ("belongs", "weight", "labels"))
    whether = F.binary_cross_entropy_with_logits(out.gesture[batch.words], belongs, weight)
    what = F.binary_cross_entropy_with_logits(out.labels[batch.words], labels, reduction="none").sum(-1)
    return whether + _LABEL_SHARE * (what * belongs).mean()


def save(net: AffiliateNet, path: Path) -> None:
    """Weights in half precision, and the identity of the encoder, as npz."""
    np.savez_compressed(path, **net.to_arrays(), encoder=np.array(net.encoder.identity))  # type: ignore[arg-type]  # names are no flags


def main() -> None:
    """Train on all marked talks and write the weights."""
    parser = argparse.ArgumentParser(description="Learn to which words gestures belong.")
    parser.add_argument("--talks", type=Path, default=FOLDER, help="a folder of *.txt (default: the project's)")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the weights, an npz of half-precision arrays")
    arguments = parser.parse_args()
    with one_thread():
        examples = [example for talk in read_talks(arguments.talks) for example in examples_of(talk)]
        save(train(examples, epochs=arguments.epochs, seed=arguments.seed), arguments.output)
    print(f"{len(examples)} stretches -> {arguments.output} ({arguments.output.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
