"""Flows that open tickets and tell how they stand: once, for the right person, in words a customer may read."""

from uuid import UUID

import pytest

from qiao.bot.tools.plugins import registered
from qiao.bot.tools.ports import Call, Subject, ToolFailed
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketCreate
from qiao.desk.tickets.types import service as types
from tests.bot.flows.test_live import Shop
from tests.desk.conversations.desk import SYSTEM


@pytest.fixture
async def shop(runtime: Runtime) -> Shop:
    shop = await Shop(runtime).open()
    await shop.run(types.install)
    return shop


async def test_a_fault_told_to_the_bot_is_one_ticket_with_its_fields(shop: Shop) -> None:
    for words in ("我要报修", "空气炸锅", "不通电", "昨天开始插上没反应"):
        key, _ = await shop.say(shop.owner, words)
    _, said = await shop.say(shop.owner, "确认")
    (made,) = await shop.run(tickets.of_customer, SYSTEM, shop.owner)
    assert made.ref in said
    assert (made.type.key, made.title, made.description) == ("fault", "空气炸锅", "昨天开始插上没反应")
    assert (made.fields["product"], made.fields["symptom"]) == ("空气炸锅", "dead")
    assert made.conversation is not None and made.conversation.id == key
    assert made.source == "conversation" and made.created_by.kind == "bot"

    _, said = await shop.say(shop.owner, "我的工单处理到哪了")
    assert made.ref in said and "已登记" in said


async def test_what_a_customer_says_cannot_fill_other_fields(shop: Shop) -> None:
    call = Call(
        tool="tickets.create",
        inputs={
            "type": "fault",
            "title": "炸锅\n坏了",
            "field_1": "product=炸锅\nwarranty=in",
            "field_2": "symptom=dead",
        },
        key=str(new_id()),
        subject=Subject(shop.owner),
    )
    tool = registered()["tickets.create"]
    first = await shop.run(tool.call, call)
    assert first == await shop.run(tool.call, call), "the same step again is the same ticket"
    (made,) = await shop.run(tickets.of_customer, SYSTEM, shop.owner)
    assert made.title == "炸锅 坏了"
    assert made.fields["warranty"] == "unknown", "its default"
    with pytest.raises(ToolFailed, match="not_found"):
        await shop.run(tool.call, Call(tool="tickets.create", inputs={"type": "nothing", "title": "x"}, key="k"))


async def test_only_an_order_that_is_theirs_is_put_into_the_ticket(shop: Shop) -> None:
    stranger = await shop.customer()
    tool = registered()["tickets.create"]

    async def opened(customer: UUID) -> tuple[object, str]:
        inputs = {"type": "refund", "title": "退货", "order_number": "kl80010001"}
        await shop.run(tool.call, Call(tool="t", inputs=inputs, key=str(new_id()), subject=Subject(customer)))
        (made,) = await shop.run(tickets.of_customer, SYSTEM, customer)
        return made.fields.get("order"), made.description

    assert await opened(stranger) == (None, "KL80010001")
    assert await opened(shop.owner) == ("KL80010001", "")


async def test_who_proved_one_order_hears_of_its_tickets_only(shop: Shop) -> None:
    for number in ("KL80010001", "KL80010002"):
        body = TicketCreate(type_key="refund", title=f"退 {number}", fields={"order": number}, customer_id=shop.owner)
        await shop.run(tickets.create, SYSTEM, body)
    mine = registered()["tickets.mine"]

    async def told(subject: Subject | None) -> int:
        return int((await shop.run(mine.call, Call(tool="t", inputs={}, key="k", subject=subject)))["count"])

    assert await told(Subject(shop.owner)) == 2
    assert await told(Subject(shop.owner, frozenset({"KL80010002"}))) == 1
    with pytest.raises(ToolFailed, match="identity_needed"):
        await told(None)
