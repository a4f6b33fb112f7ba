"""Running a flow without touching anything: for the editor's test chat and for the tests a flow brings along."""

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from qiao.bot.flows.document import CallTool, Flow, FlowTest
from qiao.bot.flows.machine import Machine
from qiao.bot.flows.state import State, Turn
from qiao.bot.flows.templates import gaps, stood_for
from qiao.bot.tools.inputs import checked
from qiao.bot.tools.ports import Result, Subject, ToolFailed, ToolSpec
from qiao.core import clock

SOMEBODY = Subject(UUID(int=1))
GOOD_CODE = "1234"
"""The last four digits that fit in a rehearsal."""
VERSION = "rehearsal"
Read = Callable[[str, Mapping[str, Any]], Awaitable[Result]]


def stand_in(flow: Flow, name: str | None) -> Any:
    """An output for a tool nobody has given a sample: where a text of the flow shows a value of it, the value's own place,
    so that nothing reads as if it were empty. None where no text shows anything."""
    output: dict[str, Any] = {}
    for text in _texts(flow.model_dump(exclude={"tests", "layout"})):
        for path, _ in gaps(text):
            first, *rest = (path or "").split(".")
            if name is None or first != name:
                continue
            if not rest:
                return stood_for(name)
            held = output
            for part in rest[:-1]:
                if not isinstance(held.get(part), dict):
                    held[part] = {}
                held = held[part]
            held.setdefault(rest[-1], stood_for(str(path)))
    return output or None


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping | list):
        for part in data.values() if isinstance(data, Mapping) else data:
            yield from _texts(part)


@dataclass
class RehearsalWorld:
    """Tools answer with samples; whoever knows 1234 is who they say. `read` makes real calls for tools that only read."""

    rehearsed: Flow
    tools: Mapping[str, ToolSpec]
    locale: str = "zh-CN"
    today: date = field(default_factory=lambda: clock.now().date())
    customer_name: str = ""
    signed_in: Subject | None = SOMEBODY
    outputs: Mapping[str, Any] = field(default_factory=dict)
    read: Read | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    unsampled: set[str] = field(default_factory=set)
    """The steps whose tool had nothing to answer with."""

    def flow(self, version_id: str) -> Flow | None:
        return self.rehearsed

    async def call(self, step: CallTool, inputs: Mapping[str, Any], key: str) -> Result:
        result = await self._called(step, inputs)
        self.calls.append(
            {
                "step": step.id,
                "tool": step.tool,
                "inputs": dict(inputs),
                "output": result.output,
                "error": result.error,
                "simulated": result.simulated,
                "sampled": step.id not in self.unsampled,
            }
        )
        return result

    async def _called(self, step: CallTool, inputs: Mapping[str, Any]) -> Result:
        spec = self.tools.get(step.tool)
        if spec is None:
            return Result(error="unknown_tool", simulated=True)
        try:
            given = checked(spec, inputs)
        except ToolFailed as failure:
            return Result(error=failure.code, detail=failure.detail, simulated=True)
        if step.tool in self.outputs:
            output = self.outputs[step.tool]
            if isinstance(output, Mapping) and set(output) == {"error"}:
                return Result(error=str(output["error"]), simulated=True)
        elif spec.effect == "read" and self.read is not None:
            return await self.read(step.tool, given)
        elif step.sample is not None:
            output = step.sample
        elif spec.sample is None:
            output = stand_in(self.rehearsed, step.save_as)
            self.unsampled.add(step.id)
        else:
            output = spec.sample
            if isinstance(output, Mapping) and "number" in given and "number" in output and spec.effect == "read":
                output = {**output, "number": given["number"]}
        return Result(output=output, wrote=spec.effect == "write", simulated=True)

    async def prove(self, order_number: str, code: str) -> Subject | None:
        return Subject(SOMEBODY.customer_id, frozenset({order_number})) if code == GOOD_CODE else None


@dataclass
class Rehearsal:
    """One rehearsed conversation, from utterance to utterance."""

    world: RehearsalWorld
    state: State = field(default_factory=State)

    async def say(self, text: str, choice: str | None = None) -> Turn:
        machine = Machine(self.world, self.state)
        if self.state.active is None:
            run_id = hashlib.sha256(text.encode()).hexdigest()[:12]
            return await machine.start(self.world.rehearsed, VERSION, run_id, text)
        turn = await machine.hear(text, choice)
        return await machine.hear(text, choice, detour=False) if turn.unheard else turn

    def slots(self) -> dict[str, Any]:
        frame = self.state.active
        return dict(frame.slots) if frame else {}


@dataclass(frozen=True, slots=True)
class Miss:
    """An expectation that did not come true."""

    turn: int
    what: str
    expected: Any
    found: Any


@dataclass(frozen=True, slots=True)
class TestResult:
    name: str
    passed: bool
    misses: tuple[Miss, ...] = ()
    transcript: tuple[dict[str, str], ...] = ()

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


async def run_test(flow: Flow, test: FlowTest, tools: Mapping[str, ToolSpec]) -> TestResult:
    """Holds one test against the machine."""
    world = RehearsalWorld(
        flow,
        tools,
        locale=test.locale,
        signed_in=SOMEBODY if test.signed_in else None,
        outputs=test.tools,
        today=date.fromisoformat(test.today) if test.today else clock.now().date(),
    )
    rehearsal = Rehearsal(world)
    misses: list[Miss] = []
    said: list[dict[str, str]] = []
    for number, expected in enumerate(test.turns):
        turn = await rehearsal.say(expected.customer)
        answer = "\n".join(line.text for line in turn.lines)
        said += [{"by": "customer", "text": expected.customer}, {"by": "bot", "text": answer}]
        ended = turn.ended[0] if turn.ended else None
        frame = rehearsal.state.active
        slots = frame.slots if frame else ended.frame.slots if ended else {}
        if expected.step is not None and (frame is None or frame.step != expected.step):
            misses.append(Miss(number, "step", expected.step, frame.step if frame else None))
        for name, value in expected.slots.items():
            if slots.get(name) != value:
                misses.append(Miss(number, f"slots.{name}", value, slots.get(name)))
        if expected.says is not None and expected.says not in answer:
            misses.append(Miss(number, "says", expected.says, answer))
        outcome = ended.outcome if ended else None
        if expected.ended is not None and outcome != expected.ended:
            misses.append(Miss(number, "ended", expected.ended, outcome))
    return TestResult(test.name, not misses, tuple(misses), tuple(said))


async def run_tests(flow: Flow, tools: Mapping[str, ToolSpec]) -> list[TestResult]:
    """Every test a flow brings along."""
    return [await run_test(flow, test, tools) for test in flow.tests]
