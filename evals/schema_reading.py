"""How well image schemas are read on themes nobody trained on, beside two simpler ways: python -m chironomia.evals.schema_reading.

Without options the bundled reader is measured on the test theme, the dev themes and the sentences from elsewhere. ``--folds`` trains a
reader without each third of the themes and measures it on that third, which takes about twice as long as training.
"""
import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from chironomia.agent.schema_corpus import DEV_THEMES, TEST_THEMES, MarkedSentence, read_corpus
from chironomia.agent.schema_net import SCHEMAS
from chironomia.agent.schema_reader import Calibration, SchemaReader, bundled_reader
from chironomia.agent.train_reader import EPOCHS, calibrate, examples_of, macro_f1, sentence_logits, trained_reader
from chironomia.motion_library.embed import load_embedder
from chironomia.motion_library.threads import one_thread
from chironomia.motion_library.vocabulary import FAMILY_OF, SchemaFamily

_TESTS = Path(__file__).resolve().parents[1] / "tests"  # in the repository; not part of the wheel
PLANNER_SENTENCES, CLASSIC_SENTENCES = _TESTS / "planner_sentences.txt", _TESTS / "classic_sentences.txt"
_BINS = 10  # of equal width, for calibration error
_PROBE_STEPS, _PROBE_RATE, _PROBE_DECAY = 300, 0.03, 1e-3  # full batches; the dev themes' macro-F1 has stopped growing by then
_FOLDS = 3
_DESCRIPTIONS = {
    "UP": "upward movement or a high place", "DOWN": "downward movement or a low place", "LEFT": "to the left side",
    "RIGHT": "to the right side", "FRONT": "ahead, before one, the future", "BACK": "behind, backwards, the past",
    "NEAR": "close by", "FAR": "distant, a long way off", "CENTER": "the middle or core", "PERIPHERY": "the edge, margin or fringe",
    "CONTACT": "touching", "CONTAINER": "being inside bounds, in a state", "IN": "entering, putting in", "OUT": "leaving, taking out",
    "FULL": "filled, packed, brimming", "EMPTY": "nothing inside, hollow", "SURFACE": "a flat face or level ground",
    "COVERING": "wrapped, veiled, buried under", "SUPPORT": "held up from below, resting on", "BIG": "huge, massive",
    "SMALL": "tiny, little", "GROWING": "getting larger", "SHRINKING": "getting smaller",
    "PATH": "moving along a way from a source to a goal", "CYCLE": "going round and round, recurring",
    "ITERATION": "the same act again and again", "COMPULSION": "driven, pushed, forced", "COUNTERFORCE": "two forces against each other",
    "BLOCKAGE": "stopped by an obstacle", "DIVERSION": "turned aside", "RESTRAINT": "held back", "REMOVAL": "taken away",
    "ENABLEMENT": "the way is open, able to", "ATTRACTION": "drawn towards", "BALANCE": "equal weights, steady, even",
    "IMBALANCE": "tipped over, lopsided", "MERGING": "becoming one, blending", "COLLECTION": "gathered together",
    "SPLITTING": "coming apart, dividing", "PART": "a piece or share", "WHOLE": "all of it, entire", "LINK": "connected, tied, bound",
    "MASS": "a crowd or a lot, as stuff", "COUNT": "distinct items one by one", "MATCHING": "the same, fitting together",
    "SUPERIMPOSITION": "one laid on the other, overlapping", "CONTRAST": "opposed alternatives, different",
    "OBJECT": "an abstract thing held or handed over", "PROCESS": "something unfolding over time", "SUBSTANCE": "stuff, fluid, material",
}  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """What one way of reading reaches, from 0 to 1; the first three count labelled sentences only.

    ``top1_family``: the likeliest schema's family is among the labelled ones. ``top1_schema``: the schema itself is. ``macro_f1`` over
    all schemas of the sets above the threshold, ``span_macro_f1`` the same word by word (NaN where words are not told apart).
    ``none_f1``: abstaining where nothing is labelled. ``ece_top1``: expected calibration error (Naeini et al. 2015) of the likeliest
    schema's probability; ``ece_all`` of every schema's, most of which are near 0.
    """

    top1_family: float
    top1_schema: float
    macro_f1: float
    span_macro_f1: float
    none_f1: float
    ece_top1: float
    ece_all: float


def scores(logits: Tensor, wanted: Tensor, calibration: Calibration, span_macro_f1: float = float("nan")) -> Scores:
    """Scores of sentences from their logits (S, C) and labels (S, C) as 0 or 1."""
    p, wanted = calibration(logits), wanted.bool()
    top, labelled, rows = p.argmax(1), wanted.any(1), torch.arange(len(p))
    family = torch.tensor([list(SchemaFamily).index(FAMILY_OF[s]) for s in SCHEMAS])
    same = family[top][:, None] == family
    found = p >= calibration.threshold
    abstains = ~found.any(1)
    none_f1 = 2 * (abstains & ~labelled).sum() / (abstains.sum() + (~labelled).sum()).clamp(min=1)
    return Scores(
        top1_family=float((same & wanted).any(1)[labelled].float().mean()), top1_schema=float(wanted[rows, top][labelled].float().mean()),
        macro_f1=macro_f1(found, wanted), span_macro_f1=span_macro_f1, none_f1=float(none_f1),
        ece_top1=calibration_error(p[rows, top], wanted[rows, top]), ece_all=calibration_error(p.flatten(), wanted.flatten()),
    )  # fmt: skip


def calibration_error(p: Tensor, true: Tensor) -> float:
    """Mean distance between probability and frequency over bins of probability, each weighted by what falls into it."""
    bins = (p * _BINS).long().clamp(max=_BINS - 1)
    return sum(float(in_bin.float().mean() * (p[in_bin].mean() - true[in_bin].float().mean()).abs())
               for b in range(_BINS) if (in_bin := bins == b).any())  # fmt: skip


def reader_scores(reader: SchemaReader, sentences: Sequence[MarkedSentence]) -> Scores:
    """Scores of a reader; its spans are those that :func:`read_schemas` gives."""
    examples = examples_of(reader.net, sentences)
    wanted = torch.cat([e.words for e in examples])
    found = torch.zeros_like(wanted, dtype=torch.bool)
    starts = torch.tensor([0, *(len(e.words) for e in examples)]).cumsum(0).tolist()
    for start, readings in zip(starts, reader.read([s.text for s in sentences]), strict=False):
        for r in readings:
            found[start + r.words[0] : start + r.words[1], SCHEMAS.index(r.schema)] = True
    logits, labels = sentence_logits(reader.net, examples), torch.stack([e.sentence for e in examples])
    return scores(logits, labels, reader.calibration, macro_f1(found, wanted.bool()))


def similarity_scores(dev: Sequence[MarkedSentence], test: Sequence[MarkedSentence]) -> Scores:
    """Likeness of the sentence's vector to that of each schema's description, calibrated as the reader is."""
    described = load_embedder().encode([f"{s.lower()}: {_DESCRIPTIONS[s]}" for s in SCHEMAS])
    like = [load_embedder().encode([s.text for s in some]) @ described.T for some in (dev, test)]
    return scores(like[1], _labels(test), calibrate(like[0], _labels(dev)))


def probe_scores(fit: Sequence[MarkedSentence], dev: Sequence[MarkedSentence], test: Sequence[MarkedSentence]) -> Scores:
    """A linear classifier trained on frozen sentence vectors with the same sentences, calibrated as the reader is."""
    vectors = [load_embedder().encode([s.text for s in some]).clone() for some in (fit, dev, test)]  # clones may be trained on
    torch.manual_seed(0)
    probe = torch.nn.Linear(vectors[0].shape[1], len(SCHEMAS))
    optimizer = torch.optim.AdamW(probe.parameters(), lr=_PROBE_RATE, weight_decay=_PROBE_DECAY)
    for _ in range(_PROBE_STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(probe(vectors[0]), _labels(fit))
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no type for it
        optimizer.step()
    with torch.no_grad():
        return scores(probe(vectors[2]), _labels(test), calibrate(probe(vectors[1]), _labels(dev)))


def fold_scores(corpus: Sequence[MarkedSentence], *, folds: int = _FOLDS, epochs: int = EPOCHS) -> Scores:
    """Scores on all themes but the dev themes, each read by a reader that was trained without it and calibrated on the dev themes.

    The scores of a fold are printed as it is done; the mean of the folds is weighted by their sentences.
    """
    themes = sorted({s.theme for s in corpus} - DEV_THEMES)
    dev = [s for s in corpus if s.theme in DEV_THEMES]
    total, count = torch.zeros(len(Scores.__dataclass_fields__)), 0
    for held_out in (themes[k::folds] for k in range(folds)):
        fit, test = ([s for s in corpus if s.theme in some] for some in (set(themes) - set(held_out), held_out))
        reached = reader_scores(trained_reader(fit, dev, epochs=epochs), test)
        print(_row(", ".join(held_out), reached), flush=True)
        total, count = total + len(test) * torch.tensor(list(asdict(reached).values())), count + len(test)
    return Scores(*(total / count).tolist())


def elsewhere(reader: SchemaReader, path: Path) -> dict[str, float]:
    """Shares on sentences that nobody trained on, each with the schemas that are acceptable for it, or ``none`` (both kinds occur)."""
    rows = [line.split("|", 1) for line in path.read_text(encoding="utf-8").splitlines() if "|" in line and not line.startswith("#")]
    labelled = [(set(names.split()), text.strip()) for names, text in rows if set(names.split()) <= set(SCHEMAS)]
    plain = [text.strip() for names, text in rows if names.split() == ["none"]]
    top = [readings[0].schema for readings in reader.read([text for _, text in labelled], threshold=0.0)]
    families = [{FAMILY_OF[name] for name in names} for names, _ in labelled]
    return {
        "sentences with a schema": len(labelled),
        "top1_family": sum(FAMILY_OF[s] in f for s, f in zip(top, families, strict=True)) / len(top),
        "top1_schema": sum(s in names for s, (names, _) in zip(top, labelled, strict=True)) / len(top),
        "of them abstained": sum(not r for r in reader.read([text for _, text in labelled])) / len(labelled),
        "sentences without": len(plain),
        "of those abstained": sum(not r for r in reader.read(plain)) / len(plain),
    }


def _labels(sentences: Sequence[MarkedSentence]) -> Tensor:
    return torch.tensor([[float(schema in s.schemas) for schema in SCHEMAS] for s in sentences])


def _row(name: str, s: Scores) -> str:
    return f"| {name} | " + " | ".join(f"{value:.3f}" for value in asdict(s).values()) + " |"


def main() -> None:
    """Print the scores as a table in Markdown."""
    parser = argparse.ArgumentParser(description="Measure the schema reader.")
    parser.add_argument("--folds", action="store_true", help="train without each third of the themes and measure on it instead")
    arguments = parser.parse_args()
    corpus = read_corpus()
    fit = [s for s in corpus if s.theme not in DEV_THEMES | TEST_THEMES]
    dev, test = ([s for s in corpus if s.theme in themes] for themes in (DEV_THEMES, TEST_THEMES))
    print("| | " + " | ".join(Scores.__dataclass_fields__) + " |\n" + "|---" * (1 + len(Scores.__dataclass_fields__)) + "|")
    with one_thread():
        if arguments.folds:
            print(_row("mean by sentence", fold_scores(corpus)))
            return
        print(_row("likeness to descriptions", similarity_scores(dev, test)))
        print(_row("linear probe on sentence vectors", probe_scores(fit, dev, test)))
        print(_row("schema reader", reader_scores(bundled_reader(), test)))
        print(_row("schema reader, dev themes", reader_scores(bundled_reader(), dev)))
        for path in (PLANNER_SENTENCES, CLASSIC_SENTENCES):
            print(f"\n{path.name}: " + ", ".join(f"{name} {value:.3g}" for name, value in elsewhere(bundled_reader(), path).items()))


if __name__ == "__main__":
    main()
