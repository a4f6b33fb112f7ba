"""Beside a conversation: what this person may read, for a conversation they may see, and what became of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from qiao.bot.copilot import cases, service
from qiao.bot.copilot.cases import Cases
from qiao.bot.copilot.models import AssistCase, AssistFeedback
from qiao.bot.copilot.reactions import backfill
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.errors import NotFound
from qiao.desk.conversations import service as conversations
from qiao.knowledge.search.document import Hit
from tests.bot.copilot.conftest import RETURNS
from tests.bot.llm.conftest import configure
from tests.bot.llm.server import fails, model, says
from tests.conftest import SignIn
from tests.desk.conversations.desk import SYSTEM, Desk


async def test_suggestions_are_for_those_who_may_see_the_conversation(desk: Desk, sign_in: SignIn) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    other = await sign_in("zhao", role="agent")
    key = await desk.arrive(assigned_to=li, body="我想问一下怎么申请退货")
    browser = await sign_in("li", role="agent")
    base = f"/api/v1/conversations/{key}/assist"
    view = (await browser.get(base)).json()
    assert view["question"] == "我想问一下怎么申请退货" and view["seq"] >= 1
    best = view["suggestions"][0]
    assert (best["title"], best["text"], best["internal"], best["rank"]) == ("怎么申请退货", RETURNS, False, 1)
    assert 0.5 < best["probability"] <= 1
    typed = (await browser.post(f"{base}/preview", json={"text": "投诉升级怎么补偿"})).json()
    assert typed["suggestions"][0]["internal"] is True, "staff read it, and are told that customers do not"
    for path in ("", "/summary", "/wrap-up", "/similar"):
        assert (await other.get(base + path)).status_code == 404
        assert (await browser.get(base + path)).status_code == 200
    refused = {"seq": 1, "source_id": best["id"], "outcome": "inserted"}
    assert (await other.post(f"{base}/feedback", json=refused)).status_code == 404
    assert (await other.post(f"{base}/preview", json={"text": "怎么申请退货"})).status_code == 404
    assert (await browser.get("/api/v1/assist/feedback")).status_code == 403


async def test_what_hardly_helps_is_not_suggested_but_found_by_hand(
    desk: Desk, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure = service.asking.sure

    async def doubtful(*args: object) -> list[Hit]:
        hits = await sure(*args)  # type: ignore[arg-type]  # handed on as it came
        return [replace(hit, probability=probability) for hit, probability in zip(hits, (0.21, 0.19), strict=False)]

    monkeypatch.setattr(service.asking, "sure", doubtful)
    li = await desk.person("li", queues=[desk.queue_id])
    key = await desk.arrive(assigned_to=li, body="退货怎么补偿")
    browser = await sign_in("li", role="agent")
    view = (await browser.get(f"/api/v1/conversations/{key}/assist")).json()
    assert [one["probability"] for one in view["suggestions"]] == [0.21] and view["articles"] == []
    found = (await browser.get("/api/v1/knowledge/search", params={"q": "退货怎么补偿"})).json()
    assert len(found) == 2


async def test_who_only_says_they_have_heard_asks_nothing(desk: Desk, sign_in: SignIn) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    browser = await sign_in("li", role="agent")
    key = await desk.arrive(assigned_to=li, body="哈哈好的，明白了")
    assert (await browser.get(f"/api/v1/conversations/{key}/assist")).json()["question"] is None


async def test_what_is_sent_settles_what_was_inserted(desk: Desk, sign_in: SignIn) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    browser = await sign_in("li", role="agent")
    key = await desk.arrive(assigned_to=li, body="怎么申请退货")
    base = f"/api/v1/conversations/{key}/assist"
    view = (await browser.get(base)).json()
    body = {"seq": view["seq"], "source_id": view["suggestions"][0]["id"], "outcome": "inserted"}
    customer = (await desk.facts(key)).customer_id
    await desk.write(customer, "在吗，我比较着急")  # the screen still shows what it showed
    made = await browser.post(f"{base}/feedback", json=body)
    assert made.status_code == 201 and made.json()["outcome"] == "inserted"
    gone = {**body, "source_id": str(key)}
    assert (await browser.post(f"{base}/feedback", json=gone)).json()["code"] == "assist.suggestion_gone"
    await desk.send(li, key, "您好，" + RETURNS)
    row = await settled(desk, UUID(made.json()["id"]))
    assert row.outcome == "edited" and row.distance is not None and 0 < row.distance < 0.3
    assert row.suggested is None and row.message_id is not None
    await browser.post(f"{base}/feedback", json={**body, "outcome": "rejected"})
    editor = await sign_in("wen", role="knowledge_editor")
    items = (await editor.get("/api/v1/assist/feedback")).json()["items"]
    assert [item["outcome"] for item in items] == ["rejected", "edited"]
    assert (await editor.get("/api/v1/assist/figures")).json() == {"edited": 1, "rejected": 1}
    async with desk.runtime.db.read() as db:
        verdicts = await service.verdicts(db)
        assert [(v.right, v.question) for v in verdicts] == [(True, "怎么申请退货"), (False, "怎么申请退货")]
        assert await service.verdicts(db, since=row.id) == verdicts[1:]


async def settled(desk: Desk, key: UUID) -> AssistFeedback:
    async with asyncio.timeout(60):
        while True:
            async with desk.runtime.db.read() as db:
                row = (await db.execute(select(AssistFeedback).where(AssistFeedback.id == key))).scalar_one()
            if row.outcome != "inserted":
                return row
            await asyncio.sleep(0.05)


async def solved(desk: Desk, agent: Actor, question: str, answer: str, disposition: str, tags: list[str]) -> UUID:
    key = await desk.arrive(assigned_to=agent, body=question)
    await desk.send(agent, key, answer)
    await desk.run(conversations.resolve, agent, key, disposition=disposition, note="", tags=tags)
    return key


async def test_similar_conversations_tell_how_they_were_solved_to_who_may_see_them(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    zhao = await desk.person("zhao")
    done = [
        await solved(
            desk, li, "我买的鞋子不合适，想退货", "可以的，请在我的订单里点申请退货，我们上门取件。", "solved", ["退货"]
        ),
        await solved(desk, li, "衣服不合适怎么退货", "请在我的订单里申请退货，七天内都可以。", "solved", ["退货"]),
    ]
    ours, elsewhere = desk.inbox_id, await desk.queue("elsewhere", [zhao.id] if zhao.id else [])
    desk.inbox_id = await desk.inbox(elsewhere, bot=False)
    await solved(desk, zhao, "裤子不合适能退货吗", "这是别组的会话，不应该被看到。", "spam", ["秘密"])
    desk.inbox_id = ours
    async with asyncio.timeout(60):
        while True:
            async with desk.runtime.db.read() as db:
                if len((await db.execute(select(AssistCase.conversation_id))).all()) >= 3:
                    break
            await asyncio.sleep(0.05)
    key = await desk.arrive(assigned_to=li, body="外套尺码不合适，我要退货")
    found = await service.similar(desk.runtime, li, key)
    assert {item.conversation_id for item in found} == set(done)
    assert all("我的订单" in (item.answer or "") and item.disposition == "solved" for item in found)
    wrap_up = await service.wrap_up(desk.runtime, li, key, "zh-CN", write=False)
    assert (wrap_up.disposition, wrap_up.tags, len(wrap_up.based_on)) == ("solved", ["退货"], 2)
    assert "外套尺码不合适" in wrap_up.note and not wrap_up.can_write
    async with desk.runtime.db.transaction() as db:
        for row in (await db.execute(select(AssistCase))).scalars():
            await db.delete(row)
    await backfill(desk.runtime)
    assert len(await cases.missing(desk.runtime, done)) == 0
    with pytest.raises(NotFound):
        await service.similar(desk.runtime, zhao, key)
    assert desk.runtime.get(Cases) is not None


async def test_a_summary_without_a_model_and_with_one_that_must_not_invent(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    customer = await desk.customer()
    key = (await desk.write(customer, "订单 QS-20240001 还没收到，怎么申请退货")).conversation_id
    await desk.run(conversations.assign, SYSTEM, key, li.id)
    await desk.send(li, key, "我帮您查一下物流，请稍等。")
    await desk.write(customer, "好的，尽快吧，我的电话13812345678")
    plain = await service.summary(desk.runtime, li, key, "zh-CN", write=True)
    assert plain.question is not None and plain.question.startswith("订单 QS-20240001")
    assert [(fact.kind, fact.value) for fact in plain.facts] == [("order", "QS-20240001")]
    assert (plain.waiting_for, plain.text, plain.can_write) == ("agent", None, False)
    async with model() as endpoint:
        llm = await configure(desk.runtime, endpoint.address)
        endpoint.then(says("客户询问订单 QS-20240001 的退货，客服答应补偿 500 元。"))
        assert (await service.summary(desk.runtime, li, key, "zh-CN", write=True)).text is None, "nobody said 500"
        endpoint.then(says("客户的订单 QS-20240001 还没收到，想退货；客服正在查物流。"))
        written = await service.summary(desk.runtime, li, key, "zh-CN", write=True)
        assert written.text is not None and written.can_write
        assert "13812345678" not in endpoint.asked[-1].text and "QS-20240001" in endpoint.asked[-1].text
        asked = len(endpoint.asked)
        again = await service.summary(desk.runtime, li, key, "zh-CN", write=True)
        assert again.text == written.text and len(endpoint.asked) == asked, "kept while nothing is said"
        endpoint.then(fails(500), fails(500), fails(500))
        note = await service.wrap_up(desk.runtime, li, key, "zh-CN", write=True)
        assert not note.written and note.note
        endpoint.then(says("客户询问 QS-20240001 退货，客服在查物流。"))
        note = await service.wrap_up(desk.runtime, li, key, "zh-CN", write=True)
        assert note.written and note.note.startswith("客户询问")
        await llm.stop()


async def test_a_suggestion_sent_much_later_was_not_what_was_sent(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    key = await desk.arrive(assigned_to=li, body="怎么申请退货")
    view = await service.suggest(desk.runtime, li, key)
    body = service.FeedbackBody(seq=view.seq, source_id=view.suggestions[0].id, outcome="inserted")
    with clock.frozen(clock.now() - timedelta(hours=1)):
        made = await service.give_feedback(desk.runtime, li, key, body)
    await desk.send(li, key, RETURNS)
    assert (await settled(desk, made.id)).outcome == "rejected"
