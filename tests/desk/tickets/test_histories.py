"""Whatever is done to tickets in whatever order: only legal moves happen, the timeline explains every state."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.core.actor import Actor
from qiao.core.errors import Problem
from qiao.desk.tickets import policy, service
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.schemas import TicketFacts, TicketPatch
from qiao.desk.tickets.types import service as types
from tests.desk.tickets.office import SYSTEM, Office

_MOVES = [way["key"] for way in dict(types.shipped())["fault"]["workflow"]["transitions"]]
STEP = st.one_of(
    st.tuples(st.just("move"), st.sampled_from(_MOVES)),
    st.tuples(st.just("to"), st.sampled_from(["open", "pending", "on_hold", "solved", "closed"])),
    st.tuples(st.just("set"), st.sampled_from(["symptom", "diagnosis", "remedy", "warranty", "serial"])),
    st.tuples(st.just("hold"), st.none()),
    st.tuples(st.just("release"), st.none()),
    st.tuples(st.just("say"), st.booleans()),
    st.tuples(st.just("customer"), st.none()),
    st.tuples(st.just("priority"), st.integers(0, 3)),
    st.tuples(st.just("assign"), st.booleans()),
    st.tuples(st.just("escalate"), st.integers(1, 3)),
    st.tuples(st.just("tag"), st.sampled_from(["a", "b"])),
)
VALUES = {
    "symptom": ["dead", "leak", "nonsense"],
    "diagnosis": ["worn out", ""],
    "remedy": ["repair", "guide", None],
    "warranty": ["in", "out"],
    "serial": ["AB-12345", "?"],
}


async def _do(office: Office, customer: Any, key: Any, step: tuple[str, Any], number: int) -> None:
    what, value = step
    match what:
        case "move":
            await office.run(service.move, office.li, key, transition=value)
        case "to":
            await office.run(service.move, office.li, key, status=value, fields={"diagnosis": "x", "remedy": "guide"})
        case "set":
            choices = VALUES[value]
            patch = TicketPatch(fields={value: choices[number % len(choices)]})
            await office.run(service.update, office.li, key, patch)
        case "hold":
            await office.run(service.hold, SYSTEM, key, waiting_on={"kind": "other"}, reason="")
        case "release":
            await office.run(service.release, SYSTEM, key, reason="")
        case "say":
            await office.say(key, f"line {number}", public=value)
        case "customer":
            await office.say(key, f"customer {number}", customer)
        case "priority":
            await office.run(service.set_priority, office.li, key, value)
        case "assign":
            await office.run(service.assign, office.li, key, user_id=office.wu.id if value else None)
        case "escalate":
            await office.run(service.escalate, office.li, key, tier=value, reason="r")
        case "tag":
            await office.run(service.set_tags, office.li, key, add=[value])


def _explained(facts: TicketFacts, lines: list[Any]) -> dict[str, Any]:
    """What the timeline says the ticket is, from its first line on."""
    first = lines[0].payload["params"]
    now: dict[str, Any] = {"state": first["state"], "status": first["status"], "waiting_on": None}
    for line in lines:
        for name, (before, after) in (line.changes or {}).items():
            if name in now:
                assert now[name] == before, f"{name}: the line before said otherwise"
            now[name] = after
    return now


def _check(definition: Definition, before: TicketFacts, after: TicketFacts, *, by_step: bool) -> None:
    states = {state.key: state.status for state in definition.workflow.states}
    assert states[after.state] == after.status, "a state means what its type says"
    if before.state != after.state and by_step:
        assert after.state in {way.to for way in policy.transitions_from(definition, before.state)}
    assert (after.closed_at is not None) == (after.status == "closed")
    assert (after.solved_at is not None) == (after.status in policy.DONE)
    assert (after.waiting_on is None) or after.status == "on_hold"
    assert after.version >= before.version


async def test_random_histories(office: Office) -> None:
    customer_id = await office.customer()
    customer = Actor(kind="customer", id=customer_id, name="Ann")
    kind = await office.read(types.get_type, "fault")
    definition = kind.definition
    loop = asyncio.get_running_loop()

    async def play(steps: list[tuple[str, Any]]) -> None:
        made = await office.make(
            type_key="fault", fields={"product": "Kettle", "symptom": "dead"}, customer_id=customer_id
        )
        facts = await office.facts(made.id)
        for number, step in enumerate(steps):
            before = facts
            try:
                await _do(office, customer, made.id, step, number)
            except Problem as problem:
                facts = await office.facts(made.id)
                assert problem.status in (403, 409, 422), problem.code
                assert facts == before, f"{step} was refused and changed something"
                continue
            facts = await office.facts(made.id)
            # Holding and a customer's words may go where no way of the workflow leads for staff.
            _check(definition, before, facts, by_step=step[0] in ("move", "to"))
        lines = await office.lines(made.id)
        assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
        said = _explained(facts, lines)
        assert (said["state"], said["status"]) == (facts.state, facts.status)
        assert said["waiting_on"] == facts.waiting_on
        for name in ("priority", "tier"):
            assert said.get(name, getattr(made, name)) == getattr(facts, name)
        for name, value in facts.fields.items():
            assert said.get(f"fields.{name}", made.fields.get(name)) == value

    @settings(max_examples=15, deadline=None, derandomize=True)
    @given(st.lists(STEP, max_size=12))
    def histories(steps: list[tuple[str, Any]]) -> None:
        asyncio.run_coroutine_threadsafe(play(steps), loop).result()

    # The examples are played in this loop, where the product runs; what chooses them waits beside it.
    await asyncio.to_thread(histories)
