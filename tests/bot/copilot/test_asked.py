"""Automation asks the bot: colleagues are told what it finds, the customer only what they may read and it is sure of."""

from typing import Any
from uuid import UUID

import pytest

from qiao.core.actor import Actor
from qiao.desk.automation import service as automation
from qiao.desk.automation.schemas import RuleBody
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import MessageView
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import EntryView, TicketCreate
from tests.bot.copilot.conftest import RETURNS, SECRET
from tests.desk.conversations.desk import SYSTEM, Desk


async def rule(desk: Desk, subject: str, event: str, *, reply: bool) -> None:
    boss = await desk.person("boss", role="admin")
    body = {
        "name": "Ask",
        "subject": subject,
        "trigger": {"kind": "event", "event": event},
        "actions": [{"do": "ask_bot", "reply": reply}],
        "enabled": True,
    }
    await desk.run(automation.create, boss, RuleBody.model_validate(body), "en")


async def tagged(desk: Desk, actor: Actor, conversation_id: UUID, tag: str) -> list[MessageView]:
    """What was said after the rule has run."""
    await desk.run(conversations.set_tags, actor, conversation_id, add=[tag], remove=[])
    await desk.runtime.reactions.settled()
    return [m for m in await desk.transcript(conversation_id) if m.kind in ("text", "note")]


async def test_colleagues_get_what_the_bot_finds_and_the_customer_nothing(desk: Desk) -> None:
    await rule(desk, "conversation", "conversation.tagged", reply=False)
    li = await desk.person("li", queues=[desk.queue_id])
    asked = await desk.arrive(assigned_to=li, body="投诉升级怎么补偿")
    _, note = await tagged(desk, li, asked, "a")
    assert (note.kind, note.author.kind) == ("note", "system")
    assert all(words in note.body for words in ("投诉升级怎么补偿", SECRET, "内部资料"))


async def test_a_sure_answer_goes_to_the_customer_once(desk: Desk) -> None:
    await rule(desk, "conversation", "conversation.tagged", reply=True)
    li = await desk.person("li", queues=[desk.queue_id])
    asked = await desk.arrive(assigned_to=li, body="怎么申请退货")
    _, answer = await tagged(desk, li, asked, "a")
    assert (answer.kind, answer.author.kind, answer.body) == ("text", "bot", RETURNS)
    assert answer.payload["sources"][0]["title"] == "怎么申请退货"
    assert len(await tagged(desk, li, asked, "b")) == 2, "what is answered is not asked again"
    secret = await desk.arrive(assigned_to=li, body="投诉升级怎么补偿")
    _, note = await tagged(desk, li, secret, "a")
    assert note.kind == "note", "what only staff may read never goes out"


@pytest.mark.parametrize(
    ("title", "kind", "said"), [("怎么申请退货", "comment", RETURNS), ("投诉升级怎么补偿", "note", SECRET)]
)
async def test_a_ticket_is_answered_or_noted(desk: Desk, title: str, kind: str, said: str) -> None:
    await rule(desk, "ticket", "ticket.created", reply=True)
    body = TicketCreate(type_key="consultation", title=title, customer_id=await desk.customer())
    made: Any = await desk.run(tickets.create, SYSTEM, body)
    await desk.runtime.reactions.settled()
    async with desk.runtime.db.read() as db:
        lines: list[EntryView] = (await tickets.timeline(db, SYSTEM, made.id, kinds=("comment", "note"))).items
    assert [(line.kind, said in line.body, line.author.kind) for line in lines] == [(kind, True, "system")]
