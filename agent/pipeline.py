"""The whole road, from what an agent says to how its body says it. Read this first.

    text | audio | word times -> Utterance -> Plan -> Score -> Motion -> files
                                 Utterance -> Rhythm ^
"""
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from chironomia.agent.brief import Brief
from chironomia.agent.compose import compose
from chironomia.agent.dialogue import Dialogue
from chironomia.agent.direction import Direction
from chironomia.agent.language_model import LanguageModel, make_model
from chironomia.agent.listening import listen as plan_listening
from chironomia.agent.llm_planner import plan as plan_by_model
from chironomia.agent.persona import asked_direction
from chironomia.agent.plan import Plan
from chironomia.agent.planner import plan as plan_utterance
from chironomia.agent.prompted import read_plan
from chironomia.agent.rhythm_of_words import nuclei, word_intervals
from chironomia.agent.save import save_performance
from chironomia.agent.trace import Traced
from chironomia.agent.transcript import Utterance, WordTimes, transcribe
from chironomia.agent.under_direction import under_direction
from chironomia.generators.align import Outcome
from chironomia.generators.audio import load_audio
from chironomia.generators.render import render
from chironomia.generators.rhythm import Rhythm
from chironomia.generators.score import Score
from chironomia.generators.shown import Shown, placement_facts
from chironomia.generators.speech_rhythm import rhythm_from_audio, rhythm_from_nuclei
from chironomia.motion_library.build import Progress, default_library
from chironomia.motion_library.library import Library
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.store import load_library
from chironomia.motion_library.threads import one_thread

Report = Callable[[str], None]


@dataclass(frozen=True)
class Performance:
    """What was planned, what was placed and how it moves.

    ``shown`` says of every placement whether the final motion shows its image schema, ``outcomes`` of every call what
    became of it and why, ``trace`` what a language model was asked and answered, if one planned.
    """

    score: Score
    motion: Motion
    shown: tuple[Shown, ...] = ()
    plan: Plan | None = None
    outcomes: tuple[Outcome, ...] = ()
    audio: Path | None = None
    stages_s: dict[str, float] = field(default_factory=dict)
    trace: dict[str, Any] | None = None

    def save(self, out: str | Path) -> Path:
        """Write plan, score, motion (npz, BVH, GLB), viewer, run record and trace into the folder ``out``; all or nothing.

        Raises OSError when the folder cannot be written; what was there before is then still there.
        """
        return save_performance(self, Path(out))


def perform(
    text: str,
    *,
    audio: str | Path | None = None,
    words: WordTimes | None = None,
    seed: int = 0,
    rate: float | None = None,
    direction: Direction | str | Path | None = None,
    direct: str = "",
    locale: str = "",
    context: Dialogue = Dialogue(),  # noqa: B008  # frozen
    plan: Plan | str | Path | None = None,
    llm: LanguageModel | str | None = None,
    tools: bool = False,
    listen: bool = False,
    library: Library | str | Path | None = None,
    device: str = "cpu",
    report: Report = lambda stage: None,
) -> Performance:
    """Perform ``text`` with the body; with ``audio`` in the rhythm of that recording, with ``words`` at those times.

    ``words`` is a file of word times or (word, start, end) in seconds; ``rate`` is semantic gestures a minute at most, and beats too;
    ``direction`` says how the speaker gestures (a Direction, or a persona by its name or file), ``direct`` refines it in ordinary words,
    ``locale`` is where the listener lives (``BR``, ``pt-BR``); ``context`` is what was said before, to whom, and what stands around;
    ``plan`` is performed instead of planning (a Plan, or the file of one or of a language model's answer); ``llm`` is a language model
    that plans (or what names one: a server's URL, ``vllm:MODEL``, ``replay:RUN_FOLDER``), without it the embedded planner does; with
    ``tools`` it may search the library and check its draft;
    with ``listen`` the text is another's turn, and the body listens to it: no beats, and hands at rest;
    ``library`` a Library or the folder of one, the bundled one by default; ``report`` is told each stage as it begins.
    The same input, seed and versions give the same score and motion. Raises ValueError, in one line that says what was
    expected, for text, audio, times or a library that cannot be used.
    """
    check_device(device)
    model = None if llm is None else Traced(make_model(llm) if isinstance(llm, str) else llm)
    if model is not None and plan is not None:
        raise ValueError("expected either a plan to perform or a language model that makes one, got both")
    if model is None and tools:
        raise ValueError("tools are for a language model; say which plans with llm")
    if model is not None and listen:
        raise ValueError("listening is planned without a language model; expected either listen or llm, got both")
    clock = _Clock(report)
    with clock("library"):
        library = open_library(library)
        asked = asked_direction({g.id for g in library.gestures}, direction, direct, locale, rate)
    with clock("transcript"):
        utterance = transcribe(text, audio=audio, words=words)
    with clock("plan"):
        brief = Brief(asked.direction, context, seed)
        if plan is None and listen:
            plan = plan_listening(utterance, library, brief)
        elif plan is None and model is not None:
            plan = plan_by_model(utterance, library, brief, model=model, tools=tools)
        elif plan is None:
            plan = plan_utterance(utterance, library, brief)
        elif not isinstance(plan, Plan):
            plan = read_plan(Path(plan), utterance)
        if asked.direction != Direction():  # a plan that was made under a direction keeps it, unless there is another
            plan = under_direction(plan, utterance, asked.direction, seed, asked.remarks)
    with clock("rhythm"):
        # Who listens is silent: another's accents move neither their jaw nor their head.
        rhythm = rhythm_from_nuclei((), (), utterance.duration_s) if listen else rhythm_of(utterance, Path(audio) if audio else None)
    with clock("align"):
        score, outcomes = compose(utterance, plan, rhythm, library, seed)
    plan = plan.model_copy(update={"remarks": (*plan.remarks, *(o.note for o in outcomes if o.note))})
    with clock("motion"):
        motion = render(score, library, device=device)
    with clock("check"):
        shown = placement_facts(score, motion, library)
    trace = model.as_json() if model is not None else None
    return Performance(score, motion, shown, plan, tuple(outcomes), Path(audio) if audio else None, clock.stages_s, trace)


def rhythm_of(utterance: Utterance, audio: Path | None) -> Rhythm:
    """The rhythm of an utterance: heard in ``audio`` at the syllables of its words, or expected from the words alone."""
    if audio is None:
        return rhythm_from_nuclei(nuclei(utterance), word_intervals(utterance), utterance.duration_s)
    samples, rate = load_audio(audio)
    return rhythm_from_audio(samples, rate, nuclei=nuclei(utterance))


def replay(
    score: Score,
    *,
    library: Library | str | Path | None = None,
    audio: str | Path | None = None,
    device: str = "cpu",
    report: Report = lambda stage: None,
) -> Performance:
    """Render a score that was edited or stored, without the planner; an edited clip brings its gesture's name with it.

    Raises ValueError for clips the library does not have and for a device that is not there.
    """
    check_device(device)
    clock = _Clock(report)
    with clock("library"):
        library = open_library(library)
    named = [p.model_copy(update={"gesture": library.clip(p.clip).gesture}) for p in score.placements]
    score = score.model_copy(update={"placements": tuple(named)})
    with clock("motion"):
        motion = render(score, library, device=device)
    with clock("check"):
        shown = placement_facts(score, motion, library)
    return Performance(score, motion, shown, audio=Path(audio) if audio else None, stages_s=clock.stages_s)


def check_device(device: str) -> None:
    """Raise ValueError, in one line, for a torch device that does not exist on this machine."""
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        why = str(error).splitlines()[0]
        raise ValueError(f"expected a torch device of this machine such as cpu or cuda, got {device!r}: {why}") from error


def open_library(library: Library | str | Path | None, progress: Progress | None = None) -> Library:
    """The library itself, the one in a folder, or the bundled one (built at first use, with ``progress``)."""
    if isinstance(library, Library):
        return library
    return load_library(Path(library)) if library is not None else default_library(progress)


class _Clock:
    """Tells the caller each stage as it begins, and remembers how long it took."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.stages_s: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        self.report(stage)
        started = time.perf_counter()
        with one_thread():
            yield
        self.stages_s[stage] = time.perf_counter() - started
