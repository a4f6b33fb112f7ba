"""From a question to a label, a version, a threshold: on a running product."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text, update

from qiao.bot.answering import asking
from qiao.bot.answering.certainty import SHIPPED
from qiao.bot.certainty import collecting, jobs, service
from qiao.bot.certainty.models import CertaintyDecision, CertaintyEvidence
from qiao.bot.dialogue import service as bot
from qiao.bot.dialogue.schemas import AskBody
from qiao.channels.webchat.events import AnswerRated
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing
from qiao.desk.routing import service as routing
from qiao.knowledge.articles.audience import ANONYMOUS
from qiao.knowledge.search.service import SearchService
from tests.bot.shops import Shop, until
from tests.conftest import SignIn
from tests.desk.conversations.desk import Desk

API = "/api/v1/bot/certainty"


@pytest.fixture
async def desk(runtime: Runtime, shop: Shop) -> Desk:
    return await Desk(runtime).open(bot=True)


async def decisions(runtime: Runtime, key: UUID) -> list[CertaintyDecision]:
    await runtime.reactions.settled()
    async with runtime.db.read() as db:
        query = select(CertaintyDecision).where(CertaintyDecision.conversation_id == key)
        return list((await db.execute(query.order_by(CertaintyDecision.seq))).scalars())


async def evidence(runtime: Runtime, question_id: UUID) -> dict[str, tuple[bool | None, bool | None]]:
    await runtime.reactions.settled()
    async with runtime.db.read() as db:
        query = select(CertaintyEvidence).where(CertaintyEvidence.question_id == question_id)
        return {row.kind: (row.right, row.useful) for row in (await db.execute(query)).scalars()}


async def vote(runtime: Runtime, decision: CertaintyDecision, helpful: bool, previous: bool | None = None) -> None:
    assert decision.answer_id is not None
    fact = AnswerRated(message_id=decision.answer_id, helpful=helpful, previous=previous, faq_id=None)
    async with runtime.db.transaction() as db:
        await emit(db, fact, actor=Actor.system(), conversation_id=decision.conversation_id)


async def test_a_decision_is_noted_once_and_what_follows_is_evidence(desk: Desk, shop: Shop) -> None:
    runtime = desk.runtime
    customer = await desk.customer()
    first = await desk.write(customer, "如何退货")
    key = first.conversation_id
    [answer] = await until(lambda: decisions(runtime, key))
    assert (answer.kind, answer.action, answer.items[0], answer.shown) == (
        "answer", "answer", shop["return"], [shop["return"]],
    )  # fmt: skip
    assert (answer.usable, answer.reckoned, answer.version, answer.locale) == (True, False, 0, "zh-CN")
    assert answer.chances[0] == pytest.approx(answer.used), "nothing is fitted yet"
    await desk.run(bot.respond, key, first.message.seq)
    assert len(await decisions(runtime, key)) == 1

    await vote(runtime, answer, True)
    assert await evidence(runtime, answer.question_id) == {"vote": (True, None)}
    await vote(runtime, answer, False, previous=True)
    assert await evidence(runtime, answer.question_id) == {"vote": (False, None)}, "the last word counts"

    await desk.write(customer, "转人工")
    await until(lambda: _has(runtime, answer.question_id, "asked_person"))
    li = await desk.person("li", queues=[desk.queue_id])
    await desk.run(routing.set_presence, li, li.id, state="online")
    await desk.run(conversations.assign, Actor.system(), key, li.id)
    source = {"type": "faq", "id": str(shop["return"]), "title": "怎么申请退货"}
    await desk.send(li, key, "您可以在订单里申请。", payload={"sources": [source]})
    found = await evidence(runtime, answer.question_id)
    assert found["agent"] == (True, None)
    assert found["asked_person"] == (False, None)

    # Told again, nothing is counted twice.
    async with runtime.db.read() as db:
        count = await db.scalar(text("SELECT count(*) FROM certainty_evidence"))
    await runtime.db.run(lambda db: collecting.take_verdicts(db, clock.now() - timedelta(hours=2)))
    async with runtime.db.read() as db:
        assert await db.scalar(text("SELECT count(*) FROM certainty_evidence")) == count
        assert await db.scalar(text("SELECT count(*) FROM dead_letters")) == 0


async def _has(runtime: Runtime, question_id: UUID, kind: str) -> bool:
    return kind in await evidence(runtime, question_id)


async def test_answers_from_before_are_reckoned_where_the_same_text_still_comes_first(
    desk: Desk, shop: Shop
) -> None:  # fmt: skip
    runtime = desk.runtime
    key = (await desk.write(await desk.customer(), "快递费是多少")).conversation_id
    await until(lambda: decisions(runtime, key))
    async with runtime.db.transaction() as db:
        await db.execute(delete(CertaintyDecision))
    said = []
    for name in ("freight", "invoice"):
        source = {"type": "faq", "id": str(shop[name]), "title": name}
        out = Outgoing(body="满 99 元包邮", payload={"sources": [source], "feedback": True}, client_id=name)
        async with runtime.db.transaction() as db:
            said.append(await conversations.send(db, Actor.bot("小桥"), key, out))
    [noted] = await until(lambda: decisions(runtime, key))
    assert (noted.reckoned, noted.answer_id, noted.items[0]) == (True, said[0].id, shop["freight"])
    assert 0.5 < noted.chances[0] <= 1.0
    await runtime.db.run(lambda db: conversations.resolve(db, Actor.bot(), key))
    assert await evidence(runtime, noted.question_id) == {"settled": (True, None)}


async def test_what_is_taken_of_an_offer_tells_which_text_was_right(desk: Desk, shop: Shop) -> None:
    runtime = desk.runtime
    customer = await desk.customer()
    key = (await desk.write(customer, "快递费是多少")).conversation_id
    [first] = await until(lambda: decisions(runtime, key))
    async with runtime.db.transaction() as db:
        await db.execute(
            update(CertaintyDecision)
            .where(CertaintyDecision.question_id == first.question_id)
            .values(kind="choices", items=[shop["invoice"], shop["freight"]], shown=[shop["invoice"], shop["freight"]])
        )
    await desk.write(customer, "运费怎么算", payload={"choice": str(shop["freight"])})
    await until(lambda: _has(runtime, first.question_id, "chosen"))
    assert (await evidence(runtime, first.question_id))["chosen"] == (False, True)
    assert len(await decisions(runtime, key)) == 1, "an answer that was picked is no decision of the bot's"


async def seeded(runtime: Runtime, desk: Desk, right: int, wrong: int, chance: float) -> list[UUID]:
    """Decisions on questions a customer really asked, as if the engine had been this sure."""
    search = runtime.get(SearchService)
    [hit, *_] = await asking.found(search, "如何退货", audience=ANONYMOUS, locale="zh-CN")
    customer = await desk.customer()
    keys = []

    async def one(db: Session, sent: Any, is_right: bool) -> None:
        db.add(
            CertaintyDecision(
                question_id=sent.message.id, conversation_id=sent.conversation_id, seq=sent.message.seq,
                at=clock.now(), kind="answer", action="answer", items=[UUID(hit.id)], chances=[chance],
                known=chance, shown=[UUID(hit.id)], used=chance, topic=False, locale="zh-CN", channel="webchat",
                engine=asking.engine_name(search), version=0, usable=True, reckoned=False, lot=0.5, reviewed=True,
            )
        )  # fmt: skip
        await db.flush()
        for kind in ("review",):
            db.add(
                CertaintyEvidence(
                    question_id=sent.message.id, kind=kind, right=is_right, useful=None, at=clock.now(),
                    noted_at=clock.now(), user_id=None,
                )
            )  # fmt: skip

    sent = await desk.write(customer, "如何退货")
    async with runtime.db.transaction() as db:
        for n in range(right + wrong):
            message = type("Sent", (), {"conversation_id": sent.conversation_id, "message": sent.message})()
            message.message = type("M", (), {"id": new_id(), "seq": 100 + n})()
            await one(db, message, n >= wrong)
            keys.append(message.message.id)
    return keys


async def test_a_fit_applies_everywhere_and_can_be_switched_off_and_rolled_back(desk: Desk, sign_in: SignIn) -> None:
    runtime = desk.runtime
    admin = await sign_in("admin")
    before = (await admin.post("/api/v1/bot/ask", json={"text": "如何退货", "locale": "zh-CN"})).json()
    refused = await admin.post(f"{API}/fits")
    assert (refused.status_code, refused.json()["code"]) == (409, "certainty.no_examples")

    await seeded(runtime, desk, right=20, wrong=100, chance=0.9)
    await jobs.keep_fitted(runtime)
    view = (await admin.get(API)).json()
    first = view["active"]
    assert (first["state"], first["examples"], first["reviewed"]) == ("active", 120, 120)
    assert view["applies"] is True
    assert view["basis"] == "reviewed"
    assert (view["right"], view["wrong"]) == (20, 100)
    assert sum(b["count"] for b in view["bins"]) == 120
    assert [one["accepted"] for one in view["answers"]] == [n / 100 for n in range(1, 51)]
    shares = [one["answered"] for one in view["answers"]]
    assert shares == sorted(shares), "who accepts more is answered no less"
    assert first["loss_after"] < first["loss_before"]
    assert first["plain"] is False

    runtime.get(service.Keeper).forget()
    after = (await admin.post("/api/v1/bot/ask", json={"text": "如何退货", "locale": "zh-CN"})).json()
    assert after["probability"] < before["probability"]
    assert [hit["id"] for hit in after["hits"]] == [hit["id"] for hit in before["hits"]], "the order stays"
    assert after["hits"][0]["probability"] < before["hits"][0]["probability"]
    assert after["decision"] != "answer", "what was nearly always wrong is not answered outright"

    await seeded(runtime, desk, right=400, wrong=0, chance=0.9)
    second = (await admin.post(f"{API}/fits")).json()
    assert second["version"] > first["version"]
    bolder = (await admin.post("/api/v1/bot/ask", json={"text": "如何退货", "locale": "zh-CN"})).json()
    assert bolder["probability"] > after["probability"]
    used = await admin.post(f"{API}/fits/{first['version']}/use")
    assert used.status_code == 200, used.text
    again = await bot.ask(runtime, AskBody(text="如何退货", locale="zh-CN"), "zh-CN")
    assert again.probability == after["probability"]
    settings = (await admin.get(API)).json()["settings"]
    assert settings["automatic"] is False, "a version chosen by hand stays until somebody says otherwise"

    put = await admin.put(f"{API}/settings", json={**settings, "enabled": False, "max_error": 0.05})
    assert put.status_code == 200, put.text
    assert (await asking.current(runtime)) == SHIPPED
    off = (await admin.post("/api/v1/bot/ask", json={"text": "如何退货", "locale": "zh-CN"})).json()
    assert off["probability"] == before["probability"]
    assert (await admin.get("/api/v1/bot/settings")).json()["max_error"] == 0.05, "one place holds the accepted error"
    page = (await admin.get(f"{API}/fits", params={"limit": 1})).json()
    assert [one["version"] for one in page["items"]] == [second["version"]]
    rest = (await admin.get(f"{API}/fits", params={"limit": 5, "cursor": page["next_cursor"]})).json()
    assert [one["version"] for one in rest["items"]] == [first["version"]]
    log = (await admin.get("/api/v1/audit", params={"limit": 50})).json()["items"]
    assert {"certainty.fitted", "certainty.used", "certainty.settings", "bot.settings"} <= {e["action"] for e in log}

    # Another engine: its probabilities are other probabilities.
    async with runtime.db.transaction() as db:
        await db.execute(update(CertaintyDecision).values(engine="older"))
    assert (await admin.get(API)).json()["bins"] == []
    assert await collecting.renew(runtime) > 0


async def test_judging_goes_by_lot_and_only_where_one_may_look(
    desk: Desk, shop: Shop, sign_in: SignIn
) -> None:  # fmt: skip
    runtime = desk.runtime
    for question in ("如何退货", "快递费是多少", "发票在哪里下载"):
        key = (await desk.write(await desk.customer(), question)).conversation_id
        await until(lambda key=key: decisions(runtime, key))
    editor = await sign_in("wen", role="knowledge_editor")
    found = (await editor.get(f"{API}/reviews")).json()
    assert found["waiting"] == 3
    assert {one["question"] for one in found["items"]} == {"如何退货", "快递费是多少", "发票在哪里下载"}
    assert "probability" not in found["items"][0], "how sure the bot was would sway the judgement"
    assert all(one["text"] for one in found["items"])
    one = found["items"][0]
    path = f"{API}/reviews/{one['question_id']}"
    assert (await editor.put(path, json={"right": True})).json()["right"] is True
    left = (await editor.get(f"{API}/reviews")).json()
    assert [x["question_id"] for x in left["items"]] == [x["question_id"] for x in found["items"][1:]]
    assert (left["waiting"], left["judged"]) == (2, 1)
    assert (await editor.put(path, json={"right": None})).json()["right"] is None
    assert await evidence(runtime, UUID(one["question_id"])) == {"review": (None, None)}
    assert (await editor.delete(path)).status_code == 204
    assert (await editor.get(f"{API}/reviews")).json()["items"][0]["question_id"] == one["question_id"]
    assert (await editor.put(f"{API}/reviews/{new_id()}", json={"right": True})).status_code == 404
    assert (await editor.put(f"{API}/settings", json={})).status_code == 403
    agent = await sign_in("zhao", role="agent")
    assert (await agent.get(f"{API}/reviews")).status_code == 403
    assert (await agent.get(API)).status_code == 403


async def test_an_answer_an_agent_marks_comes_first_and_is_no_part_of_the_sample(
    desk: Desk, shop: Shop, sign_in: SignIn
) -> None:  # fmt: skip
    runtime = desk.runtime
    key = (await desk.write(await desk.customer(), "如何退货")).conversation_id
    noted = (await until(lambda: decisions(runtime, key)))[0]
    agent, editor = await sign_in("zhou", role="supervisor"), await sign_in("wen", role="knowledge_editor")
    viewer = await sign_in("tang", role="viewer")
    path, question = f"{API}/marks/{noted.answer_id}", noted.question_id

    for _ in range(2):
        assert (await agent.put(path)).status_code == 204
    listed = await agent.get(f"{API}/marks", params={"conversation_id": str(key)})
    assert [one["answer_id"] for one in listed.json()] == [str(noted.answer_id)]
    assert await evidence(runtime, question) == {"marked": (False, None)}
    assert (await viewer.put(path)).status_code == 403
    assert (await agent.put(f"{API}/marks/{new_id()}")).status_code == 404
    assert (await agent.get(f"{API}/marks", params={"conversation_id": str(new_id())})).status_code == 404

    queue = (await editor.get(f"{API}/reviews")).json()
    assert [(one["question_id"], one["marked"]) for one in queue["items"]] == [(str(question), True)]
    review = f"{API}/reviews/{question}"
    assert (await editor.put(review, json={"right": True, "marked": True})).status_code == 200
    assert (await evidence(runtime, question))["checked"] == (True, None)
    # The lot may still fall on it: only then it stands for all.
    queue = (await editor.get(f"{API}/reviews")).json()
    assert [(one["question_id"], one["marked"]) for one in queue["items"]] == [(str(question), False)]
    assert (queue["waiting"], queue["judged"]) == (1, 0)

    assert (await editor.delete(review, params={"marked": True})).status_code == 204
    assert (await agent.delete(path)).status_code == 204
    assert await evidence(runtime, question) == {}
    assert not (await editor.get(f"{API}/reviews")).json()["items"][0]["marked"]
