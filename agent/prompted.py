"""What a language model is told: who gestures and how, and one passage at a time; and a plan read from a model's answer in a file."""
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from chironomia import prompts
from chironomia.agent.answer import FUNCTIONS, NONE, Size, Sureness, most_calls_in, read_answer
from chironomia.agent.brief import Brief
from chironomia.agent.choose import LIVELY_PER_MIN
from chironomia.agent.direction import Direction
from chironomia.agent.passage import Passage
from chironomia.agent.plan import Plan
from chironomia.agent.transcript import Utterance
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.vocabulary import Formality, Hands

_SPEECH_PER_MIN = 150.0  # words, at which a rate a minute is told as one in words
_BEFORE_WORDS = 60  # of the utterance before the passage: half a minute
_TURNS, _TURN_WORDS = 4, 60  # of the conversation before it
SHOWN = 4  # gestures just before
_LISTENER = "the listener"


def guide(brief: Brief) -> prompts.Prompt:
    """How people gesture and what an answer holds: the same for every passage."""
    return prompts.load("plan_gestures", how=_how(brief))


def tools_guide(brief: Brief, tools: str, turns: int) -> prompts.Prompt:
    """How people gesture, and the tools with which a draft is made in so many turns: the same for every passage."""
    return prompts.load("plan_with_tools", how=_how(brief), tools=tools, turns=str(turns))


def _how(brief: Brief) -> str:
    """How people gesture; the closed vocabularies are rendered from their enums."""
    rate = brief.direction.rate_per_min or LIVELY_PER_MIN
    return prompts.load(
        "how_people_gesture",
        rate_per_min=f"{rate:g}", rate_per_100_words=f"{100 * rate / _SPEECH_PER_MIN:.0f}",
        functions=" ".join(FUNCTIONS), schemas=prompts.load("image_schemas").text.strip(),
        hands=" ".join(Hands), sizes=" ".join(Size), sureness=" ".join(Sureness),
    ).text.strip()  # fmt: skip


def passage_prompt(utterance: Utterance, passage: Passage, brief: Brief, shown: Sequence[GestureCall] = ()) -> prompts.Prompt:
    """One passage in its context; ``shown`` are the gestures before it, as far as they are decided."""
    before = [*_turns(brief), _joined(w.text for w in utterance.words[max(0, passage.first - _BEFORE_WORDS) : passage.first])]
    indices = [i for d in utterance.directives for i in range(*d.words) if passage.first <= i < passage.after]
    return prompts.load(
        "plan_passage",
        direction=_direction(brief.direction), before="\n".join(line for line in before if line),
        addressee=_joined([brief.dialogue.addressee]),
        places="; ".join(places_of(brief)), shown="; ".join(_shown(call, utterance) for call in shown[-SHOWN:]),
        taken=" ".join(str(i - passage.first) for i in indices), most=str(most_calls_in(len(passage))),
        words="\n".join(f"{i - passage.first} {utterance.words[i].text}" for i in range(passage.first, passage.after)),
    )  # fmt: skip


def repair_prompt(faults: str, passage: Passage) -> prompts.Prompt:
    """What a model is told about an answer that cannot be used."""
    words = f"0 to {len(passage) - 1}" if len(passage) > 1 else "0 alone"
    return prompts.load("repair_answer", faults=faults, words=words, most=str(most_calls_in(len(passage))))


def places_of(brief: Brief) -> dict[str, tuple[float, float, float]]:
    """What can be pointed at, by the name that a model uses for it; the listener is one where it is known where they are."""
    places = {_joined([name]): thing.at for name, thing in brief.dialogue.things.items()}
    if brief.dialogue.addressee_at is not None:
        places[_LISTENER] = brief.dialogue.addressee_at
    return {name: at for name, at in places.items() if name and name != NONE}


def plan_prompt(utterance: Utterance, rate_per_min: float | None = None) -> str:
    """What to ask a language model by hand: the whole utterance as one passage."""
    brief = Brief(Direction(rate_per_min=rate_per_min))
    whole = Passage(0, len(utterance.words), 1)
    return f"{guide(brief).text}\n{passage_prompt(utterance, whole, brief).text}"


def parse_plan(answer: str, utterance: Utterance) -> Plan:
    """The plan in a document: a plan as this project writes it ("calls"), or a model's answer on the whole text ("gestures").

    Raises ValueError, in one line that the model could act on, for anything else.
    """
    start, end = answer.find("{"), answer.rfind("}")
    try:
        document = json.loads(answer[start : end + 1]) if start >= 0 else None
    except json.JSONDecodeError:
        document = None
    if isinstance(document, dict) and isinstance(document.get("calls"), list):
        calls = [_call(i, c, utterance) for i, c in enumerate(document["calls"])]
    else:
        calls = [wish.call() for wish in read_answer(answer, len(utterance.words))]
    direction = document.get("direction") if isinstance(document, dict) else None
    return Plan(
        planner="language model", calls=tuple(sorted(calls, key=lambda c: (c.anchor, c.words))), text=utterance.text,
        direction=Direction().changed(**direction) if isinstance(direction, dict) else Direction(),
    )  # fmt: skip


def read_plan(path: Path, utterance: Utterance) -> Plan:
    """The plan in a file: plan.json as perform writes it, or a language model's answer."""
    try:
        return parse_plan(path.read_text(encoding="utf-8"), utterance)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error


def _call(index: int, call: object, utterance: Utterance) -> GestureCall:
    try:
        made = GestureCall.model_validate(call)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        raise ValueError(f"calls[{index}]{'.' + where if where else ''}: {first['msg']}, got {str(first['input'])[:80]}") from error
    if made.words[1] > len(utterance.words):
        raise ValueError(f"calls[{index}].words reaches {made.words[1]}, but there are only {len(utterance.words)} words")
    return made


def _joined(texts: Iterable[str]) -> str:
    """In one line, so that no text can end the marks about it."""
    return " ".join(" ".join(texts).split())


def _turns(brief: Brief) -> list[str]:
    return [_joined([f"{t.speaker}:", *t.text.split()[-_TURN_WORDS:]]) for t in brief.dialogue.previous[-_TURNS:]]


def _shown(call: GestureCall, utterance: Utterance) -> str:
    return f"{call.schema_ or call.function} on '{utterance.words[call.anchor].text}' ({call.show})"


def _direction(direction: Direction) -> str:
    """How the speaker gestures, in phrases; empty if nothing is wished. Size is left out: it is applied to whatever is planned."""
    hands = {Hands.EITHER: "", Hands.NONE: "at rest, the head alone speaks"}.get(direction.hands, f"mostly {direction.hands}")
    said = {
        "": _joined([direction.name, direction.manner]), "hands: ": hands, "likes: ": ", ".join(direction.favourites),
        "seldom: ": ", ".join(direction.sparing), "never: ": ", ".join(direction.forbidden),
        "company: ": "" if direction.formality == Formality.ANY else str(direction.formality), "the listener lives in: ": direction.locale,
    }  # fmt: skip
    return "; ".join(f"{what}{how}" for what, how in said.items() if how)


