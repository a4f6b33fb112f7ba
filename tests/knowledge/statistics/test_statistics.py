"""What becomes of texts: counted once, told truly, led back to the cases, and kept from those who may not read them."""

import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from openpyxl import load_workbook

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import FaqCreate
from qiao.knowledge.helpcenter.usage import Usage
from qiao.knowledge.statistics import service
from qiao.knowledge.statistics.schemas import Use
from tests.conftest import SignIn

STATISTICS = "/api/v1/knowledge/statistics"
Make = Callable[..., Awaitable[UUID]]


@pytest.fixture
def faq(runtime: Runtime) -> Make:
    async def make(question: str, **values: Any) -> UUID:
        async with runtime.db.transaction() as db:
            body = FaqCreate.model_validate({"question": question, "answer": "可以。", "publish": True, **values})
            return (await articles.create_faq(db, Actor.system(), body)).id

    return make


async def counted(runtime: Runtime) -> None:
    await runtime.get(Usage).flush()
    await runtime.reactions.settled()


def row(page: dict[str, Any], item: UUID) -> dict[str, Any]:
    return next(text for text in page["items"] if text["id"] == str(item))


async def test_reading_searching_and_voting_arrive_in_the_figures(
    runtime: Runtime, faq: Make, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    read, unread = await faq("怎么申请退货"), await faq("怎么开发票")
    client.headers["User-Agent"] = "Mozilla/5.0 Firefox"
    page = "/help/zh-CN/questions/zenme-shenqing-tuihuo"
    for _ in range(3):
        await client.get(page)  # the same reader within half an hour: one view
    client.cookies.clear()
    await client.get(page, headers={"User-Agent": "Mozilla/5.0 Chrome"})
    client.cookies.clear()
    await client.get(f"{page}?from=chat", headers={"User-Agent": "Mozilla/5.0 Safari"})
    await client.get(page, headers={"User-Agent": "Googlebot/2.1"})
    for words in ("zzzz 13800138000 qqqq", "zzzz 13800138000 QQQQ"):
        await client.get("/help/zh-CN/search", params={"q": words})
    await client.post("/help/zh-CN/feedback", data={"id": str(read), "helpful": "yes"})
    await client.post("/help/zh-CN/feedback", data={"id": str(read), "helpful": "no", "reason": "wrong"})
    await counted(runtime)
    boss = await sign_in("boss")
    texts = (await boss.get(f"{STATISTICS}/texts")).json()
    figures = row(texts, read)
    assert (figures["views"], figures["cards"], figures["reads"]) == (2, 1, 3)
    assert (figures["useful"], figures["useless"], figures["useful_rate"]) == (0, 1, 0.0)
    assert figures["trend"][-1] == 3 and len(figures["trend"]) == 30
    assert row(texts, unread)["reads"] == 0 and row(texts, unread)["useful_rate"] is None
    never = (await boss.get(f"{STATISTICS}/texts", params={"only": "unread"})).json()
    assert [text["title"] for text in never["items"]] == ["怎么开发票"]
    misses = (await boss.get(f"{STATISTICS}/misses")).json()["items"]
    assert [(miss["words"], miss["count"]) for miss in misses] == [("zzzz ••• qqqq", 2)]
    summary = (await boss.get(STATISTICS)).json()
    assert (summary["published"], summary["unread"], summary["searches"], summary["misses"]) == (2, 1, 2, 2)
    assert summary["total"]["reads"] == 3 and summary["days"][-1]["views"] == 2 and len(summary["days"]) == 30
    detail = (await boss.get(f"{STATISTICS}/texts/{read}")).json()
    assert detail["days"][-1]["cards"] == 1


async def test_a_use_counts_once_however_often_it_is_told(runtime: Runtime, faq: Make, sign_in: SignIn) -> None:
    item, talk, now = await faq("怎么申请退货"), new_id(), clock.now()
    uses = [Use(item, talk, "answered", 4, now), Use(item, talk, "offered", 2, now), Use(item, talk, "chosen", 3, now)]
    for _ in range(2):
        async with runtime.db.transaction() as db:
            await service.note_uses(db, uses)
            await service.note_handovers(db, {talk: now + timedelta(minutes=1), new_id(): now})
    async with runtime.db.transaction() as db:
        await service.note_uses(db, [Use(item, new_id(), "answered", 1, now)])
        late = new_id()
        await service.note_uses(db, [Use(item, late, "answered", 9, now)])
        await service.note_handovers(db, {late: now - timedelta(hours=1)})  # people had it before the text answered
    figures = row((await (await sign_in("boss")).get(f"{STATISTICS}/texts")).json(), item)
    assert [figures[name] for name in ("answered", "offered", "chosen", "handed_over")] == [3, 1, 1, 1]
    assert figures["handover_rate"] == pytest.approx(1 / 3)


async def test_pages_follow_one_another_in_every_order(runtime: Runtime, faq: Make, sign_in: SignIn) -> None:
    items = [await faq(f"问题 {number}") for number in range(7)]
    async with runtime.db.transaction() as db:
        await service.count(
            db, [(clock.now(), item, "answered", number // 2) for number, item in enumerate(items) if number > 1]
        )
    boss = await sign_in("boss")
    for sort in ("reads", "title", "handover_rate", "useful_rate", "answered"):
        for order in ("asc", "desc"):
            asked = {"sort": sort, "order": order, "limit": 3}
            whole = (await boss.get(f"{STATISTICS}/texts", params={**asked, "limit": 100})).json()["items"]
            seen: list[str] = []
            cursor = None
            while True:
                params = {**asked, **({"cursor": cursor} if cursor else {})}
                page = (await boss.get(f"{STATISTICS}/texts", params=params)).json()
                seen += [text["id"] for text in page["items"]]
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            assert seen == [text["id"] for text in whole] and len(seen) == 7, (sort, order)
    by_title = await boss.get(f"{STATISTICS}/texts", params={"q": "问题 3"})
    assert [text["title"] for text in by_title.json()["items"]] == ["问题 3"]
    for wrong in (
        {"cursor": "%%%"},
        {"since": "2026-02-01", "until": "2026-01-01"},
        {"since": "2020-01-01"},
        {"sort": "x"},
    ):
        assert (await boss.get(f"{STATISTICS}/texts", params=wrong)).status_code == 422, wrong


async def test_export_is_the_list_and_runs_nothing(runtime: Runtime, faq: Make, sign_in: SignIn) -> None:
    item = await faq("=HYPERLINK(1)")
    async with runtime.db.transaction() as db:
        await service.count(db, [(clock.now(), item, "answered", 5), (clock.now(), item, "handed_over", 1)])
    boss = await sign_in("boss")
    csv = (await boss.get(f"{STATISTICS}/texts.csv")).content.decode("utf-8-sig")
    assert csv.splitlines()[0].startswith("Title,Type") and "'=HYPERLINK(1),FAQ" in csv and ",0.2," in csv
    book = load_workbook(io.BytesIO((await boss.get(f"{STATISTICS}/texts.xlsx")).content))
    cell = book.active.cell(2, 1)
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s") and book.active.cell(2, 9).value == 5


async def test_titles_stay_with_those_who_may_read_them(runtime: Runtime, faq: Make, sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    department = (await boss.post("/api/v1/departments", json={"name": "HR"})).json()["id"]
    secret = await faq("裁员计划", audience="departments", department_ids=[department])
    await faq("怎么退货")
    viewer = await sign_in("watcher", role="viewer")
    titles = [text["title"] for text in (await viewer.get(f"{STATISTICS}/texts")).json()["items"]]
    assert titles == ["怎么退货"]
    assert (await viewer.get(f"{STATISTICS}/texts/{secret}")).status_code == 404
    assert (await viewer.get(f"{STATISTICS}/texts/{secret}/opinions")).status_code == 404
    assert (await viewer.get(f"{STATISTICS}/texts/{secret}/conversations?kind=answered")).status_code == 404
    assert "裁员" not in (await viewer.get(f"{STATISTICS}/texts.csv")).text
    assert (await viewer.get(STATISTICS)).json()["published"] == 1
    assert "裁员计划" in (await boss.get(f"{STATISTICS}/texts.csv")).text
    agent = await sign_in("li", role="agent")
    assert (await agent.get(f"{STATISTICS}/texts")).status_code == 403


async def test_old_searches_go(runtime: Runtime, sign_in: SignIn) -> None:
    async with runtime.db.transaction() as db:
        now = clock.now()
        await service.note_searches(db, [(now, "en", "new", 0, 1), (now - timedelta(days=420), "en", "old", 0, 1)])
        await service.forget_old(db)
        until = (now + timedelta(days=1)).date()  # days are the company's: it may be tomorrow there
        found = await service.misses(db, (now - timedelta(days=600)).date(), until, after=None, limit=10)
    assert [miss.words for miss in found] == ["new"]
