"""Listening: what the body does in the other's turn — nods at the ends of their phrases, and answers to what is told; the hands rest.

Listeners of English answer at the ends of phrases, some 0.7 s after a stretch of low pitch and where a pause of a tenth of a second or more
follows (Ward & Tsukahara 2000, Prosodic features which cue back-channel responses), generically with nods, and specifically, with surprise
or sympathy, where the story asks for it (Bavelas, Coates & Johnson 2000, Listeners as co-narrators).
"""
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from chironomia.agent.brief import Brief
from chironomia.agent.cues import Cue, Lexicon, parse_lexicon
from chironomia.agent.norms import kinds_of
from chironomia.agent.plan import Plan
from chironomia.agent.tokens import tokens_of, tokens_of_text
from chironomia.agent.transcript import Utterance
from chironomia.agent.word_class import is_content_word
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.inflection import stem
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import GestureFunction, Hands

NAME = "listening 1"
RATE_PER_MIN = 10.0  # answers; listeners in conversation nod some 6 to 12 times a minute
_PAUSE_S = 0.11  # of silence after a phrase, at least (Ward & Tsukahara 2000)
_AFTER_S = (0.35, 0.7)  # from the end of the phrase to the lowest point of the nod, which begins 0.3 s before
_ASKED_AFTER_S = (0.45, 0.8)  # from the end of a question, which is to be heard out
_APART_S, _SPECIFIC_APART_S = 2.4, 1.6  # between two answers; between one and one to what was told
_LEEWAY_S = 3.0  # lets a turn of a few seconds have an answer
_NEWS, _MOST_NEWS, _SENTENCE = 0.07, 5, 0.15  # what each new content word, at most so many, and a sentence's end add to a phrase's claim
_LEAST = 0.2  # of claim, that a phrase is answered at all
_SMALL = 0.4  # of intensity: nods of some 6 degrees, to be seen but not watched
_DOUBLE = 4  # new content words in a phrase from which the nod is double
_VARIED = {"nod-small": "nod-double", "nod-double": "nod-backchannel", "nod-backchannel": "nod-small"}


@dataclass(frozen=True)
class _Answer:
    """An answer to the phrase of words [first, after), with the library's gesture ``gesture``; ``claim`` 0-1 says how much it is due."""

    first: int
    after: int
    gesture: str
    intensity: float
    claim: float
    specific: bool
    why: str


def listen(utterance: Utterance, library: Library, brief: Brief = Brief()) -> Plan:  # noqa: B008  # frozen
    """What a listener's head and trunk do while another says ``utterance``: calls for no hands, each after the phrase that it answers.

    The brief's rate caps the answers a minute, its previous turns count as known; its seed varies times and nods. What is forbidden
    there, and what the library does not have, is left out. A turn without phrases gets a plan without calls.
    """
    chance = random.Random(brief.seed)
    forbidden = set(brief.direction.forbidden)
    possible = [a for a in _answers(utterance, brief) if library.has(a.gesture) and not kinds_of(library.gesture(a.gesture)) & forbidden]
    rate = RATE_PER_MIN if brief.direction.rate_per_min is None else brief.direction.rate_per_min
    chosen = _varied(_chosen(possible, utterance, math.ceil(rate * (utterance.duration_s + _LEEWAY_S) / 60.0)), library)
    return Plan(
        planner=NAME, text=utterance.text, words=tuple(w.text for w in utterance.words),
        calls=tuple(_call(answer, utterance, library, chance) for answer in chosen),
    )  # fmt: skip


def _answers(utterance: Utterance, brief: Brief) -> list[_Answer]:
    """The answer that every phrase would get, in order."""
    known = {stem(t.form) for turn in brief.dialogue.previous for t in tokens_of_text(turn.text)}
    tokens = tokens_of(utterance)
    cues = sorted(_specific().read(tokens).cues, key=lambda cue: cue.after)
    told = [(cue, tokens[cue.after - 1].word) for cue in cues]
    announced: list[Cue] = []
    out, at = [], 0
    for first, after in _phrases(utterance):
        content = {stem(w.spoken.lower()) for w in utterance.words[first:after] if is_content_word(w.spoken.lower())}
        news, known = len(content - known), known | content
        inside, announced = announced, []
        while at < len(told) and told[at][1] < after:
            (announced if _announces(*told[at], after, utterance) else inside).append(told[at][0])
            at += 1
        out.append(_answer(first, after, news, inside, utterance))
    return out


def _announces(cue: Cue, last: int, after: int, utterance: Utterance) -> bool:
    """Whether a wording says that the surprise is yet to come: guess what, …"""
    return cue.group.show == "taken-aback" and last == after - 1 < len(utterance.words) - 1 and utterance.words[last].text[-1:] in ",?:"


def _answer(first: int, after: int, news: int, told: Sequence[Cue], utterance: Utterance) -> _Answer:
    if told:
        cue = max(told, key=lambda c: (c.confidence, c.after))
        why = f"listening: '{' '.join(w.text for w in utterance.words[first:after][-6:])}' asks for more than a nod"
        return _Answer(first, after, cue.group.show, cue.group.intensity, cue.confidence, True, why)
    ends = utterance.sentences[utterance.words[after - 1].sentence][1] == after
    claim = _NEWS * min(news, _MOST_NEWS) + _SENTENCE * ends
    why = f"listening: a phrase with {news} new words ends" + (", and its sentence" if ends else "")
    return _Answer(first, after, "nod-double" if news >= _DOUBLE else "nod-small", _SMALL, claim, False, why)


def _phrases(utterance: Utterance) -> list[tuple[int, int]]:
    """Stretches of words [first, after) that a pause or the end of a sentence closes."""
    words = utterance.words
    lasts = {after - 1 for _, after in utterance.sentences}
    ends = [i + 1 for i, w in enumerate(words) if i in lasts or words[i + 1].start_s - w.end_s >= _PAUSE_S - 1e-6]
    return list(zip([0, *ends], ends, strict=False))


def _chosen(answers: Sequence[_Answer], utterance: Utterance, most: int) -> list[_Answer]:
    """The answers that are most due, at most so many, none too soon after another; in order."""
    made: list[_Answer] = []
    taken: set[int] = set()  # thirds of a second in which an answer stands
    for answer in sorted(answers, key=lambda a: -a.claim):
        at = round(3 * utterance.words[answer.after - 1].end_s)
        apart = round(3 * (_SPECIFIC_APART_S if answer.specific else _APART_S))
        if answer.claim >= _LEAST and len(made) < most and taken.isdisjoint(range(at - apart + 1, at + apart)):
            made.append(answer)
            taken.add(at)
    return sorted(made, key=lambda a: a.after)


def _varied(answers: Sequence[_Answer], library: Library) -> list[_Answer]:
    """The answers with no nod given three times in a row."""
    out: list[_Answer] = []
    for answer in answers:
        other = _VARIED.get(answer.gesture, answer.gesture)
        same = len(out) > 1 and out[-1].gesture == out[-2].gesture == answer.gesture
        out.append(replace(answer, gesture=other) if same and library.has(other) else answer)
    return out


def _call(answer: _Answer, utterance: Utterance, library: Library, chance: random.Random) -> GestureCall:
    """The answer as a call: its stroke so long after the phrase's last word as listeners take."""
    last = utterance.words[answer.after - 1]
    after_s = chance.uniform(*(_ASKED_AFTER_S if "?" in last.text else _AFTER_S))
    return GestureCall(
        words=(answer.first, answer.after), anchor=answer.after - 1, function=GestureFunction.REGULATOR, hands=Hands.NONE,
        show=library.gesture(answer.gesture).description[:300], intensity=answer.intensity, confidence=round(max(answer.claim, 0.5), 3),
        gesture=answer.gesture, delay_s=round(min(last.end_s + after_s - last.stress_s, 5.0), 3), why=answer.why,
    )  # fmt: skip


@cache
def _specific() -> Lexicon:
    """What asks for more than a nod, read once a process."""
    return parse_lexicon((files("chironomia.agent") / "listening.yaml").read_text(encoding="utf-8"))
