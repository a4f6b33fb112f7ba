"""Canned replies over HTTP: who sees and changes them, how they are found, what rendering shows."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.canned import service
from qiao.desk.canned.schemas import CannedCreate
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerPatch
from qiao.people.orders import service as orders
from qiao.people.orders.schemas import OrderBody
from tests.conftest import SignIn
from tests.desk.routing.office import Office

URL = "/api/v1/canned"
REFUND = {"shortcut": "/Refund", "title": "Refund on its way", "body": "Hello {{customer.name}}", "locale": "en"}


async def made(browser: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    response = await browser.post(URL, json={**REFUND, **values})
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def shortcuts(browser: httpx.AsyncClient, **query: Any) -> list[str]:
    response = await browser.get(URL, params=query)
    assert response.status_code == 200, response.text
    return [item["shortcut"] for item in response.json()["items"]]


async def test_shared_replies_need_the_right_and_personal_ones_stay_with_their_owner(sign_in: SignIn) -> None:
    li, mei, boss = await sign_in("li", role="agent"), await sign_in("mei", role="agent"), await sign_in("boss")
    assert (await li.post(URL, json={**REFUND, "shared": True})).status_code == 403
    shared = await made(boss, shared=True)
    assert shared["owner_user_id"] is None and shared["shortcut"] == "refund"
    own = await made(li, shortcut="mine")
    assert own["owner_user_id"] == str(li.actor_id)
    assert await shortcuts(li) == ["mine", "refund"]
    for other in (mei, boss):
        assert await shortcuts(other) == ["refund"]
        assert await shortcuts(other, q="mine") == []
        assert (await other.get(f"{URL}/{own['id']}")).status_code == 404
        assert (await other.patch(f"{URL}/{own['id']}", json={"title": "x"})).status_code == 404
        assert (await other.delete(f"{URL}/{own['id']}")).status_code == 404
    assert (await li.patch(f"{URL}/{shared['id']}", json={"title": "x"})).status_code == 403
    assert (await li.delete(f"{URL}/{shared['id']}")).status_code == 403
    assert (await li.patch(f"{URL}/{own['id']}", json={"title": "New"})).json()["title"] == "New"
    assert (await li.delete(f"{URL}/{own['id']}")).status_code == 204
    viewer = await sign_in("vera", role="viewer")
    assert (await viewer.get(URL)).status_code == 403
    editor = await sign_in("ed", role="knowledge_editor")
    assert await shortcuts(editor) == ["refund"]
    assert (await editor.post(URL, json=REFUND)).status_code == 403  # nobody to use a personal one on
    await made(editor, shortcut="shared2", shared=True)


async def test_a_shortcut_stands_once_per_owner_and_language(sign_in: SignIn) -> None:
    boss, li = await sign_in("boss"), await sign_in("li", role="agent")
    await made(boss, shared=True)
    twice = await boss.post(URL, json={**REFUND, "shared": True})
    assert twice.status_code == 422 and twice.json()["errors"][0]["field"] == "shortcut"
    await made(boss, shared=True, locale="zh-CN")
    await made(boss)
    mine = await made(li)
    other = await made(li, shortcut="other")
    clash = await li.patch(f"{URL}/{other['id']}", json={"shortcut": "refund"})
    assert clash.status_code == 422
    assert (await li.patch(f"{URL}/{mine['id']}", json={"shortcut": "REFUND", "folder": "x"})).json()["folder"] == "x"
    assert (await li.patch(f"{URL}/{mine['id']}", json={"folder": ""})).json()["folder"] is None


async def test_an_unknown_variable_is_refused_with_its_place_in_the_readers_language(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    response = await boss.post(URL, json={**REFUND, "body": "a\n {{nobody.knows}} {{order.number"})
    assert response.status_code == 422
    assert [e["message"] for e in response.json()["errors"]] == [
        "Line 2, column 2: there is no variable nobody.knows.",
        "Line 2, column 19: the braces are not closed.",
    ]
    wang = await sign_in("wang", locale="zh-CN")
    zh = await wang.post(URL, json={**REFUND, "body": "{{x}}"}, headers={"Accept-Language": "zh-CN"})
    assert zh.json()["errors"][0]["message"] == "第 1 行第 1 列：没有变量 x。"
    for bad in ({"shortcut": " / "}, {"title": "  "}, {"body": "\n"}, {"shortcut": "x" * 41}, {"locale": "fr"}):
        assert (await boss.post(URL, json={**REFUND, **bad})).status_code == 422, bad


async def test_search_finds_by_shortcut_then_by_words_and_pages_hold_everything(
    sign_in: SignIn, runtime: Runtime
) -> None:
    boss = await sign_in("boss")
    bodies = [
        CannedCreate(shortcut=s, title=t, body=b, locale=lo, shared=True)
        for s, t, b, lo in [
            ("tui", "退款进度", "您的退款已经提交，请耐心等待。", "zh-CN"),
            ("tuihuo", "退货地址", "请寄回仓库。", "zh-CN"),
            ("hi", "Opening", "Hello, how can I help with your refund?", "en"),
        ]
    ]
    async with runtime.db.transaction() as db:
        assert len(await service.create_many(db, Actor.system(), bodies)) == 3
    async with runtime.db.transaction() as db:
        assert await service.create_many(db, Actor.system(), bodies) == []
    assert await shortcuts(boss, q="/TUI") == ["tui", "tuihuo"]
    assert await shortcuts(boss, q="退款") == ["tui"]
    assert await shortcuts(boss, q="仓库") == ["tuihuo"]
    assert await shortcuts(boss, q="refu") == ["hi"]
    assert await shortcuts(boss, q="退款", locale="en") == []
    assert await shortcuts(boss, q="' | \\ :*") in ([], ["hi", "tui", "tuihuo"])
    pages, cursor = [], None
    for _ in range(3):
        page = (await boss.get(URL, params={"limit": 1, **({"cursor": cursor} if cursor else {})})).json()
        pages += [item["shortcut"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert pages == ["hi", "tui", "tuihuo"] and cursor is None
    assert (await boss.get(URL, params={"cursor": "rubbish"})).status_code == 422


@pytest.fixture
async def office(runtime: Runtime) -> Office:
    return Office(runtime)


async def test_rendering_fills_what_is_known_and_shows_the_gaps(
    sign_in: SignIn, runtime: Runtime, office: Office
) -> None:
    li, mei = await sign_in("li", role="agent"), await sign_in("mei", role="agent")
    queue = await office.queue("q", [li.actor_id])
    await office.inbox(queue)
    conversation = await office.arrive()
    await runtime.db.run(
        lambda db: customers.update(db, Actor.system(), office.customers[0], CustomerPatch(name="王芳"))
    )
    body = "{{customer.name}}您好，我是{{agent.name}}，订单{{order.number}}共{{order.total}}，{{logistics.carrier}}"
    reply = await made(li, body=body)
    url = f"{URL}/{reply['id']}/render"
    answer = (await li.post(url, json={"conversation_id": str(conversation)})).json()
    assert answer["body"] == "王芳您好，我是Li，订单【订单号】共【订单金额】，【物流公司】"
    assert [gap["variable"] for gap in answer["missing"]] == ["order.number", "order.total", "logistics.carrier"]
    for number, day in (("KL1", 1), ("KL2", 5), ("KL3", 3)):
        order = OrderBody(
            customer_id=office.customers[0],
            status="shipped",
            placed_at=datetime(2026, 1, day, tzinfo=UTC),
            total_minor=12900,
            logistics={"carrier": "顺丰"},  # type: ignore[arg-type]  # pydantic reads it
        )
        await runtime.db.run(lambda db, n=number, o=order: orders.put(db, Actor.system(), n, o))  # type: ignore[misc]
    answer = (await li.post(url, json={"conversation_id": str(conversation)})).json()
    assert answer["body"] == "王芳您好，我是Li，订单KL2共¥129.00，顺丰" and answer["missing"] == []
    assert (await li.get(f"{URL}/{reply['id']}")).json()["usage_count"] == 2
    # Somebody who may not see the conversation learns nothing, and nothing is counted.
    shared = await made(await sign_in("boss"), shared=True, body="{{customer.name}}")
    denied = await mei.post(f"{URL}/{shared['id']}/render", json={"conversation_id": str(conversation)})
    assert denied.status_code == 404 and "王芳" not in denied.text
    assert (await mei.get(f"{URL}/{shared['id']}")).json()["usage_count"] == 0
    await runtime.db.run(lambda db: db.execute(text("UPDATE conversations SET locale = 'en'")))
    await runtime.db.run(lambda db: db.execute(text("DELETE FROM orders")))
    english = (await li.post(url, json={"conversation_id": str(conversation)})).json()
    assert "[order number]" in english["body"]


async def test_rendering_for_a_ticket(sign_in: SignIn, runtime: Runtime, office: Office) -> None:
    li = await sign_in("li", role="agent")
    queue = await office.queue("q", [li.actor_id])
    await office.inbox(queue)
    conversation = await office.arrive()
    await runtime.db.run(
        lambda db: customers.update(db, Actor.system(), office.customers[0], CustomerPatch(name="王芳"))
    )
    url = f"{URL}/{(await made(li, body='{{customer.name}}，会话 {{conversation.number}}'))['id']}/render"
    who = str(office.customers[0])
    asked = {"type_key": "suggestion", "title": "Softer soap", "customer_id": who, "locale": "zh-CN"}
    ticket = (await li.post("/api/v1/tickets", json=asked)).json()
    answer = (await li.post(url, json={"ticket_id": ticket["id"]})).json()
    assert answer["body"].startswith("王芳，会话 【") and [gap["variable"] for gap in answer["missing"]]
    both = {"ticket_id": ticket["id"], "conversation_id": str(conversation)}
    for bad in ({}, both):
        assert (await li.post(url, json=bad)).status_code == 422
    unknown = {"ticket_id": str(conversation)}
    assert (await li.post(url, json=unknown)).status_code == 404
