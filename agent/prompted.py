"""A plan from any language model: the prompt to give it, and its answer read back.

The model is the caller's: print the prompt, hand it to whichever model there is, perform its answer.
"""
import json
from pathlib import Path

from pydantic import ValidationError

from chironomia import prompts
from chironomia.agent.plan import Plan
from chironomia.agent.transcript import Utterance
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

LIVELY_PER_MIN = 14.0  # between the 12 and 16 representational gestures a minute of lively narration


def plan_prompt(utterance: Utterance, rate_per_min: float | None = None) -> prompts.Prompt:
    """What to ask a language model for this utterance's plan; the closed vocabularies are rendered from their enums."""
    return prompts.load(
        "plan_gestures",
        rate_per_min=f"{rate_per_min or LIVELY_PER_MIN:g}",
        functions=" ".join(f for f in GestureFunction if f not in (GestureFunction.BEAT, GestureFunction.ADAPTOR)),
        schemas=" ".join(ImageSchema),
        hands=" ".join(h for h in Hands if h != Hands.NONE),
        words="\n".join(f"{i} {w.text}" for i, w in enumerate(utterance.words)),
    )


def parse_plan(answer: str, utterance: Utterance) -> Plan:
    """The plan in a model's answer (JSON, alone or inside a code fence), checked against the utterance's words.

    Raises ValueError, in one line that the model could act on, for anything else.
    """
    start, end = answer.find("{"), answer.rfind("}")
    try:
        document = json.loads(answer[start : end + 1]) if start >= 0 else None
    except json.JSONDecodeError as error:
        raise ValueError(f"expected one JSON object with 'calls', but it does not parse: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("calls"), list):
        raise ValueError('expected a JSON object {"calls": [...]}')
    return Plan(planner="language model", calls=tuple(_call(i, c, utterance) for i, c in enumerate(document["calls"])), text=utterance.text)


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


def read_plan(path: Path, utterance: Utterance) -> Plan:
    """The plan in a file: plan.json as perform writes it, or a language model's answer."""
    try:
        return parse_plan(path.read_text(encoding="utf-8"), utterance)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error
