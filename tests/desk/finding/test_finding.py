"""The one search: finds words people wrote, in Chinese too, and never what somebody may not see."""

import asyncio
from typing import Any
from uuid import UUID

import httpx

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.knowledge.search.service import SearchService
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerPatch
from tests.conftest import SignIn
from tests.desk.conversations.desk import Desk

KINDS = {"conversations", "tickets", "customers", "faqs", "articles"}


async def find(browser: httpx.AsyncClient, q: str, **more: Any) -> dict[str, list[dict[str, Any]]]:
    response = await browser.get("/api/v1/search", params={"q": q, **more})
    assert response.status_code == 200, response.text
    found: dict[str, list[dict[str, Any]]] = response.json()
    assert found.keys() == KINDS
    return found


async def test_everybody_finds_what_is_theirs(runtime: Runtime, sign_in: SignIn, client: httpx.AsyncClient) -> None:
    desk = await Desk(runtime).open(bot=False)
    li = await sign_in("li", role="agent")
    mei = await sign_in("mei", role="agent")
    boss = await sign_in("boss", role="supervisor")
    editor = await sign_in("ed", role="knowledge_editor")
    li_id: UUID = li.actor_id
    await desk.enlist(desk.queue_id, li_id)
    wang, zhao = await desk.customer(), await desk.customer()
    first = await desk.write(wang, "我买的四件套想退货，多久能退款？")
    await desk.write(wang, "Order KL20260314 arrived broken")
    await desk.run(conversations.note, await desk.actor(li_id), first.conversation_id, body="疑似羽绒过敏")
    hidden = await desk.queue("hidden")
    other_inbox = await desk.inbox(hidden, bot=False)
    desk.inbox_id = other_inbox
    second = await desk.write(zhao, "退货地址在哪里")
    async with runtime.db.transaction() as db:
        patch = CustomerPatch(name="王秀英", phone="13912345678")
        await customers.update(db, Actor.system(), wang, patch)
    faq = {"question": "怎么申请退货", "answer": "在订单页点“申请退货”。", "locale": "zh-CN"}
    made = await editor.post("/api/v1/knowledge/faqs", json=faq)
    assert made.status_code == 201, made.text
    published = await editor.post(f"/api/v1/knowledge/faqs/{made.json()['id']}/publish")
    assert published.status_code == 200, published.text
    search = runtime.get(SearchService)
    for _ in range(1200):
        await search.settled()
        if len(search.engine) == 1:
            break
        await asyncio.sleep(0.05)
    await runtime.reactions.settled()  # the words of conversations are indexed

    def numbers(found: dict[str, list[dict[str, Any]]]) -> set[str]:
        return {hit["conversation"]["id"] if "conversation" in hit else hit["id"] for hit in found["conversations"]}

    mine, theirs = str(first.conversation_id), str(second.conversation_id)
    # Two characters are a word; a note is found by staff; so is a number in the middle of a sentence.
    for word in ("退货", "四件", "过敏", "broken", "KL20260314"):
        assert numbers(await find(li, word)) == {mine}, word
    assert numbers(await find(boss, "退货")) == {mine, theirs}
    # Another queue's conversation does not exist, by words or by number.
    number = (await desk.facts(second.conversation_id)).number
    assert theirs in numbers(await find(boss, f"#{number}")) | numbers(await find(boss, str(number)))
    for word in (str(number), f"#{number}", "地址", theirs):
        assert theirs not in numbers(await find(li, word)), word
    assert (await find(mei, "退货"))["conversations"] == []
    # What nobody wrote is not found, and neither is everything.
    for word in ("海豚", "%", "_", "' OR 1=1 --", "\\", "🙂"):
        assert numbers(await find(boss, word)) == set(), word

    # Customers, by name and phone.
    assert [c["id"] for c in (await find(li, "秀英"))["customers"]] == [str(wang)]
    assert [c["id"] for c in (await find(boss, "13912345678"))["customers"]] == [str(wang)]
    # Knowledge, by meaning; and only what one asked for.
    assert [f["title"] for f in (await find(li, "退货"))["faqs"]] == ["怎么申请退货"]
    only = await find(boss, "退货", types="faqs")
    assert only["faqs"] and not only["conversations"] and not only["customers"]
    # A type one has no right to is not searched, however well one searches.
    made = await li.post("/api/v1/auth/tokens", json={"name": "reader", "scopes": ["knowledge.view"]})
    assert made.status_code == 201, made.text
    response = await client.get(
        "/api/v1/search", params={"q": "退货"}, headers={"Authorization": f"Bearer {made.json()['token']}"}
    )
    found = response.json()
    assert found["faqs"] and found["conversations"] == [] and found["customers"] == []
    assert (await client.get("/api/v1/search", params={"q": "退货"})).status_code == 401
    for wrong in ({"q": ""}, {"q": "x" * 201}, {"q": "x", "limit": 0}, {"q": "x", "limit": 1000}):
        assert (await li.get("/api/v1/search", params=wrong)).status_code == 422


async def test_a_word_that_no_text_has_finds_a_few_neighbours_at_most(runtime: Runtime, sign_in: SignIn) -> None:
    editor = await sign_in("ed", role="knowledge_editor")
    questions = (
        "客服电话是多少", "羽绒被有味道或者跑毛怎么办", "你们的商品是正品吗，有质检报告吗", "可以定制公司logo吗",
        "怎么开发票", "蚕丝被可以洗可以晒吗", "四件套怎么洗，会缩水掉色吗",
        "砧板和竹制品发霉开裂怎么保养", "会员等级怎么划分，有什么权益",
    )  # fmt: skip
    for question in questions:
        faq = {"question": question, "answer": "请看说明。", "locale": "zh-CN", "publish": True}
        assert (await editor.post("/api/v1/knowledge/faqs", json=faq)).status_code == 201
    search = runtime.get(SearchService)
    for _ in range(1200):
        await search.settled()
        if len(search.engine) == len(questions):
            break
        await asyncio.sleep(0.05)
    assert len((await find(editor, "毛巾"))["faqs"]) <= 3
    assert [faq["title"] for faq in (await find(editor, "开发票"))["faqs"]] == ["怎么开发票"]
