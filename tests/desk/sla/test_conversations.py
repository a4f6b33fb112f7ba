"""Promises about conversations: the same clocks as of tickets, told after commit, to the moment things happened."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing
from qiao.desk.sla import service
from qiao.desk.sla.schemas import ExplainBody, QueuePromises
from qiao.desk.sla.service import talk_sweeping
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketCreate
from tests.desk.conversations.desk import SYSTEM, Desk
from tests.desk.sla.promises import Promises
from tests.desk.sla.test_histories import START, SlowTicket, make_policies, office_hours, same_clocks
from tests.desk.sla.test_sweep import minutes, step, told

FAST: dict[str, Any] = {
    "first_response": {"business": False, "minutes": [10] * 4},
    "next_response": {"business": False, "minutes": [20] * 4},
    "resolution": {"business": False, "minutes": [120] * 4},
}


@pytest.fixture
async def desk(runtime: Runtime) -> Desk:
    return await Desk(runtime).open(bot=False)


async def _at(office: Promises, minute: float, work: Callable[[Session], Awaitable[Any]]) -> Any:
    found = await office.do(work, minutes(minute))
    await office.runtime.reactions.settled()
    return found


async def test_a_conversation_is_answered_in_time_then_late(office: Promises, desk: Desk) -> None:
    agent = await desk.person("lan", queues=[desk.queue_id])
    stranger = await desk.person("other")
    assert agent.id is not None
    ladder = [
        step("warn", "percent", 75),
        step("late", "after", 0, {"do": "notify", "whom": "department"}),
        step("up", "after", 0, {"do": "raise_priority"}),
    ]
    await office.policy("Tickets", targets=FAST)
    here = {"fact": "conversation.queue_id", "op": "is", "value": str(desk.queue_id)}
    await office.policy("Chats", subject="conversation", targets=FAST, conditions=here, ladder=ladder)
    customer = await desk.customer()
    received = await _at(office, 0, lambda db: conversations.receive(db, desk.inbound(customer)))
    talk = received.conversation_id
    await _at(office, 4, lambda db: conversations.assign(db, SYSTEM, talk, agent.id))
    promise = (await desk.view(agent, talk)).promise
    assert (promise.kind, promise.due_at, promise.breached) == ("first_response", minutes(10), False)

    async def reply(minute: float) -> None:
        await _at(office, minute, lambda db: conversations.send(db, agent, talk, _words(minute)))

    await reply(6)
    first, resolution = await office.clock(talk, "first_response"), await office.clock(talk, "resolution")
    assert (first.state, first.met_at) == ("met", minutes(6))
    assert (resolution.state, resolution.paused_why) == ("paused", "pending")
    await _at(office, 30, lambda db: conversations.receive(db, desk.inbound(customer)))
    assert (await office.clock(talk, "resolution")).due_at == minutes(30 + 114)

    swept = await talk_sweeping.sweep(office.runtime, minutes(46), 100)
    assert (swept.warned, swept.breached, swept.told) == (1, 0, 1)
    swept = await talk_sweeping.sweep(office.runtime, minutes(51), 100)
    assert (swept.warned, swept.breached, swept.told) == (0, 1, 1)
    await office.runtime.reactions.settled()
    assert [kind for kind, _ in await told(office)] == ["sla.conversation_warning", "sla.conversation_breached"]
    view = await desk.view(agent, talk)
    assert (view.promise.breached, view.priority) == (True, 2)
    assert (await office.do(service.queue_promises))[desk.queue_id] == QueuePromises(broken=1, soon=0)
    assert (await service.sweep(office.runtime, minutes(51), 100)).looked == 0  # no ticket is late

    await reply(60)
    late = await office.clock(talk, "next_response")
    assert (late.state, late.met_at, late.breached_at) == ("met", minutes(60), minutes(50))
    explained = ExplainBody(text="The line was down")
    await office.do(lambda db: service.explain(db, agent, late.id, explained))
    for work in (
        lambda db: service.of_conversation(db, stranger, talk),
        lambda db: service.explain(db, stranger, late.id, explained),
    ):
        with pytest.raises(NotFound):
            await office.do(work)
    await _at(office, 61, lambda db: conversations.resolve(db, agent, talk))
    assert (await desk.view(agent, talk)).promise is None
    shown = await office.do(lambda db: service.of_conversation(db, agent, talk))
    assert [(one.kind, one.state) for one in shown.items] == [
        ("first_response", "met"), ("resolution", "met"), ("next_response", "met"),
    ]  # fmt: skip
    report = await office.do(
        lambda db: service.breaches(db, SYSTEM, since=minutes(0), until=minutes(99), subject="conversation")
    )
    assert [(one.ref, one.reason_text) for one in report.items] == [(f"#{view.number}", "The line was down")]


def _words(key: object) -> Outgoing:
    return Outgoing(body="hello", client_id=f"at-{key}")


class SlowTalk(SlowTicket):
    """What should be of a conversation: waiting for the customer is its `pending`, snoozed its `on_hold`."""

    answered = False

    def customer(self) -> None:
        self.status, self.unanswered = "open", True
        self.posture()
        self.begin("resolution")
        if not self.open("first_response", "next_response"):
            self.begin("next_response" if self.answered else "first_response")

    def staff(self) -> None:
        super().staff()
        self.status, self.answered = "pending", True
        self.posture()


async def test_stored_clocks_of_conversations_are_what_the_rules_say(office: Promises, desk: Desk) -> None:
    agent = await desk.person("lan", queues=[desk.queue_id])
    assert agent.id is not None
    await make_policies(office, "conversation")
    for seed in range(3):
        await _play(office, desk, agent, seed)


async def _play(office: Promises, desk: Desk, agent: Actor, seed: int) -> None:
    chance = random.Random(seed)
    now = START + timedelta(minutes=chance.randrange(0, 1500))
    slow = SlowTalk(office_hours(), now)
    customer, agent_id = await desk.customer(), agent.id
    assert agent_id is not None

    async def do(verb: Any, *args: Any, **values: Any) -> Any:
        found = await office.do(lambda db: verb(db, *args, **values), now)
        await office.runtime.reactions.settled()
        return found

    slow.customer()
    talk: UUID = (await do(conversations.receive, desk.inbound(customer))).conversation_id
    await do(conversations.assign, SYSTEM, talk, agent_id)
    story = [f"began at {now}"]
    for number in range(10):
        now += timedelta(minutes=chance.choice([0, 1, 7, 20, 45, 90, 240]))
        slow.walk(now)
        what = chance.choice(["customer", "staff", "staff", "snooze", "priority", "tag", "untag", "sweep"])
        story.append(f"{what} at {now}")
        if what == "customer":
            slow.customer()
            await do(conversations.receive, desk.inbound(customer))
        elif what == "staff":
            slow.staff()
            await do(conversations.assign, SYSTEM, talk, agent_id)  # out of the snooze
            await do(conversations.send, agent, talk, _words((seed, number)))
        elif what == "snooze":
            slow.status = "on_hold"
            slow.posture()
            await do(conversations.snooze, agent, talk, now + timedelta(days=9))
        elif what == "priority":
            slow.priority = chance.randrange(4)
            slow.reconsider()
            await do(conversations.set_priority, agent, talk, slow.priority)
        elif what in ("tag", "untag"):
            tag = chance.choice(["gold", "quiet"])
            slow.tags = slow.tags | {tag} if what == "tag" else slow.tags - {tag}
            slow.reconsider()
            add, gone = ([tag], []) if what == "tag" else ([], [tag])
            await do(conversations.set_tags, agent, talk, add=add, remove=gone)
        else:
            await talk_sweeping.sweep(office.runtime, now, 1000)
        await same_clocks(office, slow, talk, now, story)
    slow.move("solved")
    await do(conversations.resolve, agent, talk)
    await same_clocks(office, slow, talk, now, story)


async def test_an_answer_in_the_conversation_keeps_the_promise_of_its_ticket(office: Promises, desk: Desk) -> None:
    agent = await desk.person("lan", queues=[desk.queue_id])
    assert agent.id is not None
    await office.policy("Tickets", targets=FAST)
    customer = await desk.customer()
    received = await _at(office, 0, lambda db: conversations.receive(db, desk.inbound(customer)))
    talk = received.conversation_id
    await _at(office, 1, lambda db: conversations.assign(db, SYSTEM, talk, agent.id))
    body = TicketCreate(type_key="anything", title="It broke", conversation_id=talk)
    ticket = await _at(office, 2, lambda db: tickets.create(db, agent, body))
    await _at(office, 5, lambda db: conversations.send(db, agent, talk, Outgoing(body="We look into it")))
    first = await office.clock(ticket.id, "first_response")
    assert (first.state, first.met_at) == ("met", minutes(5))
    await office.move(ticket.id, "pending", minutes(6))
    await _at(office, 7, lambda db: conversations.receive(db, desk.inbound(customer, "Here is a picture")))
    following = await office.clock(ticket.id, "next_response")
    assert following.state == "running"
    await _at(office, 9, lambda db: conversations.send(db, agent, talk, Outgoing(body="Thank you")))
    assert (await office.clock(ticket.id, "next_response")).state == "met"
