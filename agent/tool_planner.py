"""The planner for harder work: a language model makes a draft with tools, some sentences at a time, in a conversation of bounded length."""
from collections.abc import Iterator, Sequence

from chironomia.agent.answer import AnswerFault
from chironomia.agent.language_model import Answer, Finish, Message, Request, Role
from chironomia.agent.llm_planner import NAME, Answered, Planning, Unusable, declined
from chironomia.agent.passage import LONGEST, Passage, passages_of
from chironomia.agent.prompted import passage_prompt, tools_guide
from chironomia.agent.tools import Toolbox
from chironomia.agent.transcript import Utterance
from chironomia.agent.workbench import Workbench
from chironomia.motion_library.call import GestureCall

TURNS = 8  # answers of the model to a chunk; placing, checking, mending and ending take four
_NONSENSE = 3  # answers without a call that can be run, after which no more are asked for
_TOKENS = 1024  # of one answer: eight calls take about 800
_SENTENCES = 4  # in a chunk, and no more words than in a passage: the model sees a thought with its neighbours
_REMEMBERED = 8000  # characters of the conversation that are told again; about 2,000 tokens
_QUOTED = 2000  # characters of an answer that is no call


def chunks_of(utterance: Utterance) -> Iterator[Passage]:
    """The passages of an utterance, short neighbours joined: at most four sentences and 60 words each."""
    joined: Passage | None = None
    for passage in passages_of(utterance):
        if joined and (passage.after - joined.first > LONGEST or passage.sentence - joined.sentence >= _SENTENCES):
            yield joined
            joined = None
        joined = Passage(joined.first, passage.after, joined.sentence) if joined else passage
    if joined:
        yield joined


class ToolPlanning(Planning):
    """One utterance on its way through a model with tools. One chunk after another: each is told what was decided before it."""

    kind = f"{NAME} with tools"

    @property
    def at_once(self) -> int:
        return 1

    def pieces(self) -> Iterator[Passage]:
        return chunks_of(self.utterance)

    async def converse(self, passage: Passage, shown: Sequence[GestureCall]) -> Answered:
        bench = Workbench(self.utterance, self.library, self.brief, passage, self.chooser, self.model.name)
        talk = _Talk(bench, f"{passage_prompt(self.utterance, passage, self.brief, shown).text}\n{bench.room}\n")
        nonsense = 0
        for turn in range(1, TURNS + 1):
            answer = await self.model.answer(talk.request(f"sentence {passage.sentence}, turn {turn}"))
            if answer.finish == Finish.REFUSAL:
                raise declined(answer)
            made_sense, last = talk.take(answer, TURNS - turn)
            nonsense += not made_sense
            if bench.ended:
                return Answered(tuple(bench.draft))
            if nonsense == _NONSENSE:
                raise Unusable(f"after {_NONSENSE} answers with no call that could be run: {last}")
        if not bench.draft:
            raise Unusable(f"as there was nothing in the draft after {TURNS} turns")
        return Answered(tuple(bench.draft), f"the model had not ended after {TURNS} turns; its draft as it stood is the plan")


class _Talk:
    """The conversation on one chunk: what is asked next, and what becomes of an answer."""

    def __init__(self, bench: Workbench, told: str) -> None:
        self.bench, self.told = bench, told
        self.box = Toolbox.of(bench.tools, bench.closed)
        self.guide = tools_guide(bench.brief, self.box.described, TURNS).text
        self.exchanges: list[tuple[str, str]] = []

    def request(self, about: str) -> Request:
        """The guide, the passage, and the last exchanges that the model is told again; what the earlier ones led to is in the draft."""
        kept = list(self.exchanges)
        while len(kept) > 1 and sum(len(said) + len(back) for said, back in kept) > _REMEMBERED:
            del kept[0]
        left_out = len(self.exchanges) - len(kept)
        draft = f"\nYour first {left_out} turns are left out here. The draft:\n{self.bench.drafted()}" if left_out else ""
        messages = [Message(Role.SYSTEM, self.guide), Message(Role.USER, self.told + draft)]
        for said, back in kept:
            messages += [Message(Role.ASSISTANT, said), Message(Role.USER, back)]
        return Request(tuple(messages), self.box.schema, _TOKENS, about)

    def take(self, answer: Answer, turns_left: int) -> tuple[bool, str]:
        """Run the calls of an answer. Whether any could be run, and what the model is told."""
        try:
            if answer.finish == Finish.LENGTH:
                raise AnswerFault(f"the answer was cut off after {_TOKENS} tokens; make fewer calls at a time")
            results = list(self._results(self.box.read(answer.text)))
        except AnswerFault as fault:
            results = [(False, f"error: {fault}")]
        back = "\n".join(said for _, said in results)
        self.exchanges.append((answer.text[:_QUOTED], f"{back}\n\n{_left(turns_left)}"))
        return any(ran for ran, _ in results), back

    def _results(self, calls: Sequence[tuple[str, object]]) -> Iterator[tuple[bool, str]]:
        for number, (name, given) in enumerate(calls, 1):
            try:
                yield True, f"{number} {name}: {self.box.tools[name].run(given)}"
            except ValueError as error:
                yield False, f"{number} {name}: error: {error}"
            if self.bench.ended:
                return


def _left(turns: int) -> str:
    return f"{turns} turns left." if turns > 1 else "This is your last turn: mend what you must and end with done."
