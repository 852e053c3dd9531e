"""Affiliates: how probable it is of each word that a gesture belongs to it, and of each schema and function that it may show that there.

``affiliates_of`` reads an utterance in stretches of a few sentences. A word's features are what the schema reader says of it, which cues
cover it, whether it was said before, and where it stands.
"""
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import torch
from torch import Tensor

from chironomia.agent.affiliate_net import LABELS, AffiliateNet, padded
from chironomia.agent.cues import Cue, Reading
from chironomia.agent.schema_net import SCHEMAS, Seen, batched
from chironomia.agent.schema_reader import bundled_reader, pieces_of
from chironomia.agent.spoken import SpokenWord, spoken_words
from chironomia.agent.tokens import Token
from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import given_words
from chironomia.agent.word_class import WordClass, is_content_word, word_class
from chironomia.motion_library.threads import one_thread
from chironomia.motion_library.vocabulary import GestureFunction

WEIGHTS = "affiliates.npz"
_LONGEST = 60  # words read at once; the encoder cuts off after 256 tokens
_BATCH = 16  # stretches; bounds memory
_CUED = (GestureFunction.METAPHORIC, GestureFunction.ICONIC, GestureFunction.DEICTIC, GestureFunction.EMBLEM)
_PLACE = 12  # features of a word's kind and place
CUED_COLUMNS = slice(len(SCHEMAS), len(SCHEMAS) + 2 * len(_CUED) + 1)  # of the features: what the cues say
FEATURES = CUED_COLUMNS.stop + _PLACE
_SCALE = 0.25  # of the reader's log-odds, which so are of the size of the other features


@dataclass(frozen=True)
class Affiliates:
    """Of each of N words: ``gesture`` (N), the probability that a gesture belongs there; ``labels`` (N, 54), that it may show that then."""

    gesture: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Stretch:
    """A few sentences: the words [first, after) of the utterance, as the frozen layers see them."""

    first: int
    after: int
    seen: Seen


@torch.no_grad()  # not inference mode: what is loaded here may be trained elsewhere
def affiliates_of(utterance: Utterance, tokens: Sequence[Token], reading: Reading | None, previous: Sequence[str] = ()) -> Affiliates:
    """What the bundled net says of an utterance; ``reading`` are its cues (None: as if there were none), ``previous`` the turns before."""
    net = bundled_net()
    features, stretches = features_of(utterance, tokens, reading, previous), stretches_of(utterance.text)
    gesture, labels = torch.zeros(len(features)), torch.zeros(len(features), len(LABELS))
    with one_thread():
        for at in range(0, len(stretches), _BATCH):
            some = stretches[at : at + _BATCH]
            out = net.logits(batched([s.seen for s in some]), padded([features[s.first : s.after] for s in some]))
            for row, s in enumerate(some):
                gesture[s.first : s.after] = out.gesture[row, : s.after - s.first].sigmoid()
                labels[s.first : s.after] = out.labels[row, : s.after - s.first].sigmoid()
    return Affiliates(gesture, labels)


@cache
def bundled_net() -> AffiliateNet:
    """The net that comes with the project, loaded once a process. ValueError if the encoder is not the one it was trained on."""
    encoder = bundled_reader().net.encoder
    with files("chironomia.agent").joinpath(WEIGHTS).open("rb") as file, np.load(file) as stored:
        arrays = dict(stored)
    trained_on = str(arrays.pop("encoder"))
    if trained_on != encoder.identity:
        raise ValueError(f"expected the encoder {trained_on}, on which the affiliates were learnt, got {encoder.identity}; reinstall")
    return AffiliateNet.from_arrays(encoder, arrays)


def stretches_of(text: str) -> list[Stretch]:
    """A text in stretches of whole sentences with at most 60 words; a longer sentence is cut."""
    words = spoken_words(text)
    ends = [i + 1 for i in range(len(words)) if i + 1 == len(words) or words[i + 1].sentence != words[i].sentence]
    cuts = [0]
    for k, end in enumerate(ends):
        if k + 1 < len(ends) and ends[k + 1] - cuts[-1] <= _LONGEST:
            continue  # the next sentence still fits in
        cuts += [*range(cuts[-1] + _LONGEST, end, _LONGEST), end]
    spans = list(itertools.pairwise(cuts))
    out: list[Stretch] = []
    for at in range(0, len(spans), _BATCH):
        some = spans[at : at + _BATCH]
        texts, places = zip(*(_placed(text, words[a:b]) for a, b in some), strict=True)
        out += [Stretch(a, b, seen) for (a, b), seen in zip(some, bundled_reader().net.see(texts, places), strict=True)]
    return out


def _placed(text: str, words: Sequence[SpokenWord]) -> tuple[str, list[tuple[int, int]]]:
    start = words[0].span[0]
    return text[start : words[-1].span[1]], [(w.span[0] - start, w.span[1] - start) for w in words]


def features_of(utterance: Utterance, tokens: Sequence[Token], reading: Reading | None, previous: Sequence[str] = ()) -> Tensor:
    """Features (N, F) of each word."""
    if not utterance.words:
        return torch.zeros(0, FEATURES)
    evoked = torch.cat(list(bundled_reader().probabilities(pieces_of(utterance.text))))  # (N, 50)
    cued = _cued(len(utterance.words), tokens, reading)
    return torch.cat([_SCALE * evoked.logit(1e-4), cued, _placed_features(utterance, previous)], dim=1)


def _cued(words: int, tokens: Sequence[Token], reading: Reading | None) -> Tensor:
    """How sure the cues are that cover a word and those that rest on it, by function, and whether it only makes up an idiom."""
    out = torch.zeros(words, 2 * len(_CUED) + 1)
    for cue in reading.cues if reading else ():
        for column, span in _rests(cue, tokens):
            out[span, column] = out[span, column].clamp(min=cue.confidence)
    out[sorted(reading.idiomatic) if reading else [], -1] = 1.0
    return out


def _rests(cue: Cue, tokens: Sequence[Token]) -> list[tuple[int, slice]]:
    column = _CUED.index(cue.group.function)
    anchor = tokens[cue.anchor].word
    return [(column, slice(tokens[cue.first].word, tokens[cue.after - 1].word + 1)), (len(_CUED) + column, slice(anchor, anchor + 1))]


def _placed_features(utterance: Utterance, previous: Sequence[str]) -> Tensor:
    given = given_words(utterance, previous)
    rows = []
    for number, (first, after) in enumerate(utterance.sentences):
        length = after - first
        asked = utterance.words[after - 1].text.rstrip("\"'”’)").endswith("?")
        for i in range(first, after):
            form = utterance.words[i].spoken.lower()
            kind = word_class(form)
            pause = utterance.words[i].text[-1:] in ",;:—–…"
            rows.append([
                is_content_word(form), kind == WordClass.NUMBER, kind == WordClass.NEGATION, kind == WordClass.QUANTIFIER, i in given,
                (i - first) / length, i == after - 1, pause, asked, min(length, 20) / 20, number == 0,
                1 / len(utterance.sentences),  # what is said alone is a point of its own
            ])  # fmt: skip
    return torch.tensor(rows, dtype=torch.float32)
