"""Tickets and the conversation they came from."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.errors import Invalid, NotFound
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.intake import Intake
from qiao.desk.tickets import opening, service
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerPatch
from qiao.people.orders import service as orders
from qiao.people.orders.schemas import OrderBody
from tests.desk.conversations.desk import Desk
from tests.desk.tickets.office import SYSTEM, Office


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    yield await Desk(office.runtime).open(bot=False)


async def talk(office: Office, desk: Desk, *lines: str) -> tuple[Actor, UUID, UUID]:
    customer = await desk.customer()
    received = [await desk.write(customer, line) for line in lines]
    assert office.li.id is not None
    await desk.enlist(desk.queue_id, office.li.id)
    li = await desk.actor(office.li.id)
    assert li.id is not None
    await desk.run(conversations.assign, SYSTEM, received[0].conversation_id, li.id)
    return li, customer, received[0].conversation_id


async def test_a_ticket_begins_with_what_was_said(office: Office, desk: Desk) -> None:
    li, customer, conversation_id = await talk(
        office,
        desk,
        "你好",
        "我昨天收到的订单 KP-20260001 里的杯子碎了，想退货退款，一共 128.5 元",
        "电话 13912345678",
    )
    for number, total in (("KP-20260001", 12850), ("KP-20260002", 9900)):
        body = OrderBody(
            customer_id=customer,
            status="delivered",
            placed_at=clock.now() - timedelta(days=3),
            total_minor=total,
            items=[{"name": "木棉陶瓷杯", "quantity": 1}],
        )
        await office.run(orders.put, SYSTEM, number, body)
    found = await office.read(opening.prefill, li, conversation_id)
    assert found.type_key == "refund"
    assert {"退货", "退款"} <= set(found.why_type)
    assert found.fields == {
        "order": "KP-20260001",
        "kind": "return",
        "reason": "damaged",
        "product": "木棉陶瓷杯",
        "amount": {"minor": 12850, "currency": "CNY"},
        "phone": "13912345678",
    }
    assert found.found["order"] == "said"
    assert found.title.startswith("退换货：") and "杯子碎了" in found.title
    assert found.description.startswith("我昨天收到的")
    made = await office.make(
        li, type_key="refund", title=found.title, fields=found.fields, conversation_id=conversation_id, card=True,
        source="conversation",
    )  # fmt: skip
    assert made.customer is not None
    assert made.customer.id == customer
    assert (made.channel, made.locale) == ("webchat", "zh-CN")
    lines = await desk.transcript(conversation_id)
    assert lines[-2].payload["type"] == "ticket_created"
    assert lines[-1].kind == "card"
    assert lines[-1].payload["ticket"]["ref"] == made.ref
    again = await office.read(opening.prefill, li, conversation_id, "invoice")
    assert again.type_key == "invoice"
    assert [one.ref for one in again.open_tickets] == [made.ref]
    with pytest.raises(Invalid):
        await office.read(opening.prefill, li, conversation_id, "nothing")
    with pytest.raises(NotFound):
        await office.read(opening.prefill, office.wu, conversation_id)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("The kettle does not work any more, can it be repaired under warranty?", "fault"),
        ("Where is my order? The tracking has not changed, the parcel never arrived", "logistics"),
        ("帮我开一张专票，税号 91330100MA2ABCDE1X", "invoice"),
        ("你们服务态度太差了，我要投诉", "complaint"),
        ("建议你们把包装做小一点", "suggestion"),
        ("在吗", "consultation"),
    ],
)
async def test_the_type_is_guessed_by_words(office: Office, desk: Desk, said: str, key: str) -> None:
    li, _, conversation_id = await talk(office, desk, said)
    assert (await office.read(opening.prefill, li, conversation_id)).type_key == key


async def test_what_is_said_in_the_ticket_reaches_the_conversation_and_back(office: Office, desk: Desk) -> None:
    li, customer, conversation_id = await talk(office, desk, "我的杯子坏了")
    await office.run(customers.update, SYSTEM, customer, CustomerPatch(name="Ann"))
    made = await office.make(li, conversation_id=conversation_id)
    entry = await office.say(made.id, "请发一张照片", li)
    await office.say(made.id, "内部备注", li, public=False)
    await office.move(made.id, "ask", li)
    await office.runtime.reactions.settled()
    said = [one for one in await desk.transcript(conversation_id) if one.kind == "text"]
    assert [(one.body, one.author.kind, one.author.name) for one in said][1:] == [("请发一张照片", "user", "Li")]
    assert await office.run(service.pass_on, made.id, entry.id), "again does no harm"
    assert len([one for one in await desk.transcript(conversation_id) if one.kind == "text"]) == 2
    await desk.write(customer, "照片在这")
    await office.runtime.reactions.settled()
    facts = await office.facts(made.id)
    assert (facts.status, facts.customer_wrote_at is not None) == ("open", True)
    comments = [(one.body, one.author.kind) for one in await office.lines(made.id) if one.kind == "comment"]
    assert comments == [("请发一张照片", "user"), ("照片在这", "customer")]
    await desk.write(customer, "还有一句")
    await office.runtime.reactions.settled()
    assert len([one for one in await office.lines(made.id) if one.kind == "comment"]) == 2, (
        "only when it waits for them"
    )


async def test_an_answer_in_the_conversation_answers_for_the_ticket(office: Office, desk: Desk) -> None:
    li, customer, conversation_id = await talk(office, desk, "我的杯子坏了")
    await office.run(customers.update, SYSTEM, customer, CustomerPatch(name="Ann"))
    await desk.send(li, conversation_id, "您好")
    made = await office.make(li, conversation_id=conversation_id)
    await office.runtime.reactions.settled()
    assert (await office.facts(made.id)).first_response_at is None, "what was said before is no answer"
    said = await desk.send(li, conversation_id, "已经登记，马上核实")
    await office.runtime.reactions.settled()
    assert (await office.facts(made.id)).first_response_at == said.created_at
    await office.move(made.id, "ask", li)
    await desk.write(customer, "照片在这")
    await office.runtime.reactions.settled()
    assert (await office.facts(made.id)).customer_wrote_at is not None
    await desk.run(conversations.note, li, conversation_id, body="看一下照片")
    await office.runtime.reactions.settled()
    assert (await office.facts(made.id)).customer_wrote_at is not None, "a note is no answer"
    for body in ("收到照片", "马上处理"):
        await desk.send(li, conversation_id, body)
    await office.runtime.reactions.settled()
    assert (await office.facts(made.id)).customer_wrote_at is None
    told = [(one.entry_type, one.author.name) for one in await office.lines(made.id) if one.entry_type is not None]
    assert told.count(("answered_in_chat", "Li")) == 2, "once for each time the ticket owed an answer"


async def test_while_the_bot_has_the_talk_the_answer_to_a_ticket_is_for_its_people(office: Office) -> None:
    desk = await Desk(office.runtime).open(bot=True)
    customer = await desk.customer()
    await office.run(customers.update, SYSTEM, customer, CustomerPatch(name="Ann"))
    first = await desk.write(customer, "我的杯子坏了")
    made = await office.make(SYSTEM, conversation_id=first.conversation_id)
    await desk.write(customer, "在吗")
    await office.runtime.reactions.settled()
    assert (await desk.facts(first.conversation_id)).status == "bot"
    await office.say(made.id, "仓库还要两天", office.li)
    await office.runtime.reactions.settled()
    # As a visitor's browser sends it.
    await office.runtime.get(Intake).submit(desk.inbound(customer, "两天太久了"), first.conversation_id)
    await office.runtime.reactions.settled()
    talk_now = await desk.facts(first.conversation_id)
    assert (talk_now.status, talk_now.handoff_reason) == ("queued", "ticket_answered")
    comments = [(one.body, one.author.kind) for one in await office.lines(made.id) if one.kind == "comment"]
    assert comments == [("仓库还要两天", "user"), ("两天太久了", "customer")]


async def test_an_ended_conversation_takes_it_while_it_may_be_taken_up_again(office: Office, desk: Desk) -> None:
    li, _, conversation_id = await talk(office, desk, "你好")
    made = await office.make(li, conversation_id=conversation_id)
    await desk.run(conversations.resolve, SYSTEM, conversation_id)
    await office.say(made.id, "已处理", li)
    await office.runtime.reactions.settled()
    assert (await desk.transcript(conversation_id))[-1].body == "已处理"
    assert (await desk.facts(conversation_id)).status == "resolved"
    await desk.run(conversations.close, SYSTEM, conversation_id)
    late = await office.say(made.id, "再补充一句", li)
    await office.runtime.reactions.settled()
    assert await office.run(service.pass_on, made.id, late.id), "again does no harm"
    assert (await desk.transcript(conversation_id))[-1].body != "再补充一句"
    over = await desk.facts(conversation_id)
    next_one = await desk.run(conversations.latest_of_customer, over.inbox_id, over.customer_id)
    assert next_one is not None and next_one.id != conversation_id and next_one.status == "resolved"
    said = [one.body for one in await desk.transcript(next_one.id) if one.kind == "text"]
    assert said == [f"关于您的请求“{made.title}”（{made.ref}）：\n再补充一句"]


async def test_another_customers_conversation_is_refused(office: Office, desk: Desk) -> None:
    li, _, conversation_id = await talk(office, desk, "你好")
    other = await desk.customer()
    with pytest.raises(Invalid):
        await office.make(li, conversation_id=conversation_id, customer_id=other)
    with pytest.raises(Invalid):
        await office.make(office.wu, conversation_id=conversation_id)


async def test_the_answer_to_words_of_a_ticket_is_for_its_people_not_for_the_bot(office: Office) -> None:
    desk = await Desk(office.runtime).open(bot=True)
    customer = await desk.customer()
    await office.run(customers.update, SYSTEM, customer, CustomerPatch(name="Ann"))
    first = await desk.write(customer, "我的杯子坏了")
    assert office.li.id is not None
    await desk.enlist(desk.queue_id, office.li.id)
    li = await desk.actor(office.li.id)
    await desk.run(conversations.assign, SYSTEM, first.conversation_id, li.id)
    made = await office.make(li, conversation_id=first.conversation_id, assignee_id=li.id)
    await desk.run(conversations.close, SYSTEM, first.conversation_id)
    await office.say(made.id, "仓库还要两天", li)
    await office.runtime.reactions.settled()
    answer = await desk.write(customer, "两天太久了")
    assert not answer.created
    await desk.write(customer, "能快一点吗")
    await office.runtime.reactions.settled()
    talk = await desk.facts(answer.conversation_id)
    assert talk.status in ("queued", "assigned"), "not for the bot"
    lines = [one.payload for one in await desk.transcript(answer.conversation_id) if one.kind == "event"]
    (told,) = [one["params"] for one in lines if one["type"] == "ticket_answered"]
    assert told == {"ref": made.ref, "ticket_id": str(made.id)}
    comments = [(one.body, one.author.kind) for one in await office.lines(made.id) if one.kind == "comment"]
    assert comments == [("仓库还要两天", "user"), ("两天太久了", "customer"), ("能快一点吗", "customer")]


async def test_an_answer_comes_home_however_long_ago_the_talk_was_over(office: Office, desk: Desk) -> None:
    li, customer, conversation_id = await talk(office, desk, "你好")
    made = await office.make(li, conversation_id=conversation_id)
    await desk.run(conversations.resolve, SYSTEM, conversation_id)
    with clock.frozen(clock.now() + timedelta(days=30)):
        await office.say(made.id, "新杯子已寄出", li)
        await office.runtime.reactions.settled()
        answer = await desk.write(customer, "收到了，还是坏的")
        await office.runtime.reactions.settled()
    assert answer.conversation_id == conversation_id
    assert [one.body for one in await office.lines(made.id) if one.kind == "comment"][-1] == "收到了，还是坏的"


async def test_a_conversation_begun_for_a_ticket_was_not_solved_by_the_bot(office: Office) -> None:
    desk = await Desk(office.runtime).open(bot=True)
    facts = await desk.run(conversations.begin, SYSTEM, desk.inbox_id, await desk.customer())
    query = text("SELECT payload->>'by_bot' FROM events WHERE conversation_id = :id AND kind = 'conversation.resolved'")
    async with office.runtime.db.read() as db:
        assert list((await db.execute(query, {"id": facts.id})).scalars()) == ["false"]
