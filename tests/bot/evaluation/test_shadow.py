"""A candidate beside the live bot: it answers a share silently, and the later course says who was right."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from qiao.bot.evaluation import shadow
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.lifecycle_schemas import FaqDraft
from tests.bot.evaluation.conftest import API, Shop, until
from tests.conftest import SignIn
from tests.desk.conversations.desk import Desk

SYSTEM = Actor.system()
POINTS = "会员积分怎么兑换礼品"


def body(**values: Any) -> dict[str, Any]:
    ends = (clock.now() + timedelta(days=1)).isoformat()
    return {"name": "更敢答", "share": 1.0, "most": 10, "ends_at": ends, "config": {"knowledge": "drafts"}} | values


async def ask(desk: Desk, question: str) -> UUID:
    key = await desk.arrive(body=question)

    async def answered() -> object:
        return next((m for m in await desk.transcript(key) if m.author.kind == "bot"), None)

    await until(answered)
    return key


async def rows(browser: httpx.AsyncClient, shadow_id: str, count: int, **query: str) -> list[dict[str, Any]]:
    async def there() -> Any:
        items = (await browser.get(f"{API}/shadows/{shadow_id}/answers", params=query)).json()["items"]
        return items if len(items) >= count else None

    found: list[dict[str, Any]] = await until(there)
    return found


async def test_the_candidate_answers_silently_and_is_judged_by_what_came_of_it(
    shop: Shop, runtime: Runtime, sign_in: SignIn
) -> None:
    async with runtime.db.transaction() as db:
        await articles.save_faq_draft(
            db, SYSTEM, shop["invoice"], FaqDraft(version=1, question=POINTS, variants=["积分换礼品"])
        )
    desk = await Desk(runtime).open()
    li = await desk.person("li", queues=[desk.queue_id])
    admin, editor = await sign_in(), await sign_in("wen", role="knowledge_editor")
    assert (await editor.post(f"{API}/shadows", json=body())).status_code == 403
    for wrong in ({"ends_at": "2020-01-01T00:00:00Z"}, {"config": {"knowledge": "at", "at": "2020-01-01T00:00:00Z"}}):
        assert (await admin.post(f"{API}/shadows", json=body(**wrong))).status_code == 422
    started = (await admin.post(f"{API}/shadows", json=body())).json()
    assert (await admin.post(f"{API}/shadows", json=body())).json()["code"] == "evaluation.shadow_running"

    same = await ask(desk, "怎么申请退货")
    other = await ask(desk, POINTS)
    masked = await ask(desk, "怎么申请退货，我的电话13812345678")
    found = {UUID(row["conversation_id"]): row for row in await rows(admin, started["id"], 3)}
    assert found[same]["agrees"] and found[same]["live"]["given"][0]["title"] == "怎么申请退货"
    assert not found[other]["agrees"] and "13812345678" not in found[masked]["question"]
    assert found[other]["live"]["decision"] == "handoff" and found[other]["candidate"]["decision"] == "answer"
    assert len([m for m in await desk.transcript(other) if m.author.kind == "bot"]) == 1, "it never speaks"

    await desk.run(conversations.assign, SYSTEM, other, li.id)
    sources = [{"type": "faq", "id": str(shop["invoice"]), "title": "x"}]
    await desk.send(li, other, "可以兑换", payload={"sources": sources})
    await shadow.look_after(runtime)
    assert {row["outcome"] for row in await rows(admin, started["id"], 3)} == {"open"}, "nothing is over yet"
    await desk.run(conversations.resolve, li, other, disposition="solved", note="", tags=[])
    await shadow.look_after(runtime)
    differ = await rows(admin, started["id"], 1, only="candidate")
    assert [(row["outcome"], row["favours"]) for row in differ] == [("agent_text", "candidate")]
    figures = (await editor.get(f"{API}/shadows/{started['id']}")).json()["figures"]
    assert (figures["questions"], figures["agree"], figures["favour_candidate"], figures["open"]) == (3, 2, 1, 0)
    assert figures["candidate_answered"] == figures["live_answered"] + 1 >= 2
    # Whoever may not see a conversation reads nothing of it.
    async with runtime.db.read() as db:
        stranger = await desk.person("zhao")
        hidden, _ = await shadow.answers(db, stranger, UUID(started["id"]), only=None, cursor=None, limit=10)
    assert {(row.question, row.conversation_id) for row in hidden} == {(None, None)}

    adopted = await admin.post(f"{API}/shadows/{started['id']}/adopt")
    assert adopted.json()["left"] == ["publish_drafts"]
    assert (await admin.post(f"{API}/shadows/{started['id']}/adopt")).json()["code"] == "evaluation.adopted_already"


async def test_it_ends_by_number_and_by_time_and_keeps_to_its_share(
    shop: Shop, runtime: Runtime, sign_in: SignIn
) -> None:
    admin = await sign_in()
    desk = await Desk(runtime).open()
    config = {"knowledge": "live", "max_error": 0.02}
    first = (await admin.post(f"{API}/shadows", json=body(config=config, per_minute=1))).json()
    await ask(desk, "怎么申请退货")
    await rows(admin, first["id"], 1)
    await ask(desk, "怎么开发票")

    async def skipped() -> object:
        return (await admin.get(f"{API}/shadows/{first['id']}")).json()["skipped"]

    assert await until(skipped) == 1, "one a minute"
    assert (await admin.post(f"{API}/shadows/{first['id']}/stop")).json()["state"] == "ended"
    assert (await admin.post(f"{API}/shadows/{first['id']}/adopt")).json()["max_error"] == 0.02
    assert (await admin.get("/api/v1/bot/settings")).json()["max_error"] == 0.02
    second = (await admin.post(f"{API}/shadows", json=body(name="第二个"))).json()
    with clock.frozen(clock.now() + timedelta(days=2)):
        await shadow.look_after(runtime)
    assert (await admin.get(f"{API}/shadows/{second['id']}")).json()["state"] == "ended"
    listed = (await admin.get(f"{API}/shadows")).json()["items"]
    assert [one["name"] for one in listed] == ["第二个", "更敢答"]
    keys = [new_id() for _ in range(2000)]
    assert 340 < sum(shadow.chosen(key, 0.2) for key in keys) < 460
    assert all(shadow.chosen(key, 1.0) for key in keys)
