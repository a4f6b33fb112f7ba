"""The knowledge base over HTTP: rights, versions, validity, languages, categories, and the index that follows."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.errors import NotFound
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service
from qiao.knowledge.articles.render import to_html
from qiao.knowledge.search.service import PUBLIC, STAFF, SearchService
from tests.conftest import SignIn

KB = "/api/v1/knowledge"
SYSTEM = Actor.system()


async def made(browser: httpx.AsyncClient, kind: str = "faqs", **values: Any) -> dict[str, Any]:
    texts = (
        {"question": "怎么退货", "answer": "七天内可退"} if kind == "faqs" else {"title": "退货指南", "body": "# 退货"}
    )
    response = await browser.post(f"{KB}/{kind}", json={**texts, **values})
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


Find = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def find(runtime: Runtime) -> Find:
    """The titles found for a reader, once the index has caught up with the log."""

    async def run(question: str, audience: frozenset[str] = PUBLIC, *, until: int | None = None) -> list[str]:
        search = runtime.get(SearchService)
        for _ in range(1200):
            await search.settled()
            hits = await search.search(question, audience=audience, limit=50)
            if until is None or len(hits) == until:
                return [hit.document.title for hit in hits]
            await asyncio.sleep(0.05)
        raise AssertionError(f"{len(hits)} found, {until} wanted: {[hit.document.title for hit in hits]}")

    return run


async def test_editing_is_not_publishing(sign_in: SignIn) -> None:
    boss, supervisor = await sign_in("boss"), await sign_in("sun", role="supervisor")
    agent = await sign_in("li", role="agent")
    body = {"question": "怎么退货", "answer": "七天内"}
    assert (await agent.post(f"{KB}/faqs", json=body)).status_code == 403
    assert (await agent.get(f"{KB}/faqs")).status_code == 200
    assert (await supervisor.post(f"{KB}/faqs", json={**body, "publish": True})).status_code == 403
    draft = await made(supervisor)
    assert draft["status"] == "draft" and draft["version"] == 1
    for step in ("publish", "archive", "draft"):
        assert (await supervisor.post(f"{KB}/faqs/{draft['id']}/{step}")).status_code == 403
    changed = await supervisor.patch(f"{KB}/faqs/{draft['id']}", json={"version": 1, "answer": "十天内"})
    assert changed.json()["answer"] == "十天内"
    published = await boss.post(f"{KB}/faqs/{draft['id']}/publish")
    assert published.json()["status"] == "published" and published.json()["published_at"]
    # What customers read changes at once, so changing it takes the right to publish.
    version = published.json()["version"]
    refused = await supervisor.patch(f"{KB}/faqs/{draft['id']}", json={"version": version, "answer": "x"})
    assert refused.status_code == 403
    guide = await made(supervisor, "articles")
    assert (await supervisor.post(f"{KB}/articles", json={"title": "x", "publish": True})).status_code == 403
    assert (await supervisor.post(f"{KB}/articles/{guide['id']}/publish")).status_code == 403


async def test_moves_follow_the_states(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    faq = f"{KB}/faqs/{(await made(boss))['id']}"
    assert (await boss.post(f"{faq}/draft")).status_code == 409
    for step, status in (("publish", 200), ("publish", 409), ("archive", 200), ("archive", 409), ("draft", 200)):
        assert (await boss.post(f"{faq}/{step}")).status_code == status, step
    assert (await boss.post(f"{faq}/nonsense")).status_code == 422
    assert (await boss.post(f"{KB}/faqs/{uuid4()}/publish")).status_code == 404


async def test_writing_on_an_old_version_is_refused(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    for kind, field in (("faqs", "answer"), ("articles", "body")):
        item = f"{KB}/{kind}/{(await made(boss, kind))['id']}"
        assert (await boss.patch(item, json={"version": 1, field: "first"})).json()["version"] == 2
        late = await boss.patch(item, json={"version": 1, field: "second"})
        assert late.status_code == 409 and "version 2" in late.json()["detail"]
        assert (await boss.get(item)).json()[field] == "first"
    both = await asyncio.gather(*(boss.patch(item, json={"version": 2, "body": word}) for word in ("a", "b")))
    assert sorted(response.status_code for response in both) == [200, 409]


async def test_fields_are_checked_and_cleaned(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    faq = await made(boss, question="  怎么   退货 ", variants=["怎么 退货", "退货流程", "", "退货流程"])
    assert faq["question"] == "怎么 退货" and faq["variants"] == ["退货流程"]
    long = await boss.post(f"{KB}/faqs", json={"question": "q" * 501, "answer": ""})
    assert {error["field"]: error["message"] for error in long.json()["errors"]} == {
        "question": "At most 500 characters are allowed.", "answer": "Required."
    }  # fmt: skip
    reversed_ = {"valid_from": "2026-02-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"}
    answer = await boss.post(f"{KB}/faqs", json={"question": "怎么退货", "answer": "x", **reversed_})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "valid_until"
    naive = await boss.post(
        f"{KB}/faqs", json={"question": "怎么退货", "answer": "x", "valid_from": "2026-02-01T00:00:00"}
    )
    assert naive.status_code == 422
    nul = await boss.post(f"{KB}/faqs", json={"question": "怎么\x00退货", "answer": "x"})
    assert nul.status_code == 422


async def test_translations_share_a_group_and_a_language_comes_once(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    chinese = await made(boss)
    english = await made(boss, question="How do I return it?", answer="x", locale="en", group_id=chinese["group_id"])
    assert [t["locale"] for t in english["translations"]] == ["zh-CN"]
    read = (await boss.get(f"{KB}/faqs/{chinese['id']}")).json()
    assert [(t["locale"], t["title"]) for t in read["translations"]] == [("en", "How do I return it?")]
    for body in ({"locale": "en", "group_id": chinese["group_id"]}, {"locale": "en", "group_id": str(uuid4())}):
        refused = await boss.post(f"{KB}/faqs", json={"question": "Again?", "answer": "x", **body})
        assert refused.status_code == 422, body


async def test_lists_filter_and_page(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    for number in range(5):
        await made(boss, question=f"运费问题{number}", audience="internal" if number % 2 else "public", publish=True)
    gone = await made(boss, question="旧的运费规则")
    await boss.post(f"{KB}/faqs/{gone['id']}/archive")
    page = (await boss.get(f"{KB}/faqs", params={"q": "运费", "limit": 2})).json()
    assert page["total"] == 5 and len(page["items"]) == 2
    seen = [item["question"] for item in page["items"]]
    while page["next_cursor"]:
        page = (await boss.get(f"{KB}/faqs", params={"q": "运费", "limit": 2, "cursor": page["next_cursor"]})).json()
        seen += [item["question"] for item in page["items"]]
    assert sorted(seen) == [f"运费问题{number}" for number in range(5)]
    assert (await boss.get(f"{KB}/faqs", params={"status": "archived"})).json()["total"] == 1
    assert (await boss.get(f"{KB}/faqs", params={"audience": "internal"})).json()["total"] == 2
    assert (await boss.get(f"{KB}/faqs", params={"language": "en"})).json()["total"] == 0
    for odd in ("'", "\\", "：*", "!&|()", "  "):
        assert (await boss.get(f"{KB}/faqs", params={"q": odd})).status_code == 200


async def test_categories_are_two_deep_and_only_empty_ones_go(sign_in: SignIn) -> None:
    boss, agent = await sign_in("boss"), await sign_in("li", role="agent")
    url = f"{KB}/categories"
    top = (await boss.post(url, json={"names": {"zh-CN": "售后", "en": "After sales"}})).json()
    assert top["name"] == "After sales"
    child = (await boss.post(url, json={"names": {"zh-CN": "退货"}, "parent_id": top["id"]})).json()
    assert child["name"] == "退货"  # the only name there is
    for parent in (child["id"], str(uuid4())):
        assert (await boss.post(url, json={"names": {"en": "x"}, "parent_id": parent})).status_code == 422
    own = await boss.patch(f"{url}/{top['id']}", json={"names": {"en": "x"}, "parent_id": top["id"]})
    assert own.status_code == 422
    assert (await boss.post(url, json={"names": {}})).status_code == 422
    assert (await agent.post(url, json={"names": {"en": "x"}})).status_code == 403
    faq = await made(boss, category_id=child["id"])
    assert {c["name"]: c["faqs"] for c in (await boss.get(url)).json()} == {"After sales": 0, "退货": 1}
    assert (await boss.delete(f"{url}/{top['id']}")).status_code == 409  # has a child
    assert (await boss.delete(f"{url}/{child['id']}")).status_code == 409  # holds an FAQ
    await boss.patch(f"{KB}/faqs/{faq['id']}", json={"version": 1, "category_id": None})
    for gone in (child, top):
        assert (await boss.delete(f"{url}/{gone['id']}")).status_code == 204
    assert (await boss.delete(f"{url}/{top['id']}")).status_code == 404
    lost = {"question": "怎么退货", "answer": "x", "category_id": top["id"]}
    assert (await boss.post(f"{KB}/faqs", json=lost)).status_code == 409


async def test_a_top_category_with_children_cannot_become_a_child(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    url = f"{KB}/categories"
    one, two = [(await boss.post(url, json={"names": {"en": name}})).json()["id"] for name in ("one", "two")]
    await boss.post(url, json={"names": {"en": "child"}, "parent_id": one})
    refused = await boss.patch(f"{url}/{one}", json={"names": {"en": "one"}, "parent_id": two})
    assert refused.status_code == 422


async def test_customers_read_only_what_is_published_public_and_valid(sign_in: SignIn, runtime: Runtime) -> None:
    boss = await sign_in("boss")
    ends = datetime(2026, 6, 1, tzinfo=UTC)
    good = await made(boss, "articles", publish=True, valid_until=ends.isoformat())
    internal = await made(boss, "articles", publish=True, audience="internal")
    draft = await made(boss, "articles")

    async def readable(item: dict[str, Any]) -> bool:
        try:
            async with runtime.db.read() as db:
                await service.public_article(db, item["id"])
        except NotFound:
            return False
        return True

    with clock.frozen(ends - timedelta(seconds=1)):
        assert [await readable(item) for item in (good, internal, draft)] == [True, False, False]
    with clock.frozen(ends):
        assert not await readable(good)


def test_markdown_becomes_harmless_html() -> None:
    html = to_html(
        "**b** <script>x</script> [a](javascript:alert(1)) ![p](data:image/png;base64,AA) [ok](https://x.test)"
    )
    assert (
        "<strong>b</strong>" in html and "<script" not in html and "javascript" not in html.replace("(javascript", "")
    )
    assert 'href="https://x.test"' in html and "noopener" in html and "data:image" not in html
    cell = to_html("| a |\n| --- |\n| 一<br>二 `<br>` |")
    assert cell.count("<br>") == 1 and "<code>&lt;br&gt;</code>" in cell


async def test_the_index_follows_and_never_shows_customers_what_is_internal(
    sign_in: SignIn, runtime: Runtime, find: Find
) -> None:
    boss = await sign_in("boss")
    secret = await made(boss, question="员工折扣是多少", answer="五折", audience="internal", publish=True)
    assert await find("员工折扣是多少", STAFF, until=1) == ["员工折扣是多少"]
    assert await find("员工折扣是多少") == []
    decision = await runtime.get(SearchService).ask("员工折扣是多少", audience=PUBLIC)
    assert decision.kind == "none" and "五折" not in repr(decision)
    # Made public, edited, archived: each at once.
    await boss.patch(f"{KB}/faqs/{secret['id']}", json={"version": 1, "audience": "public"})
    assert await find("员工折扣是多少", until=1) == ["员工折扣是多少"]
    await boss.patch(f"{KB}/faqs/{secret['id']}", json={"version": 2, "question": "内购折扣是多少"})
    for _ in range(1200):
        titles = await find("内购折扣是多少", until=1)
        if titles == ["内购折扣是多少"]:
            break
        await asyncio.sleep(0.05)
    assert titles == ["内购折扣是多少"]
    await boss.post(f"{KB}/faqs/{secret['id']}/archive")
    assert await find("内购折扣是多少", STAFF, until=0) == []
    # A draft is nowhere; an expired one is nowhere; both come when their time comes.
    draft = await made(boss, question="发票怎么开")
    await boss.post(f"{KB}/faqs/{draft['id']}/publish")
    await find("发票怎么开", until=1)
    soon = clock.now() + timedelta(days=1)
    await made(boss, question="春节几号发货", valid_from=soon.isoformat(), publish=True)
    await made(boss, question="中秋几号发货", valid_until=(clock.now() - timedelta(days=1)).isoformat(), publish=True)
    for _ in range(1200):
        if len(runtime.get(SearchService).engine) == 3:
            break
        await asyncio.sleep(0.05)
    assert await find("几号发货", STAFF, until=1) == ["发票怎么开"]
    with clock.frozen(soon + timedelta(seconds=1)):
        assert "春节几号发货" in await find("春节几号发货", until=2)


async def test_votes_and_uses_count(sign_in: SignIn, runtime: Runtime) -> None:
    boss = await sign_in("boss")
    faq = await made(boss, publish=True)
    for helpful, unhelpful in ((1, 0), (1, 0), (0, 1), (-5, -5), (2, 1)):
        await runtime.db.run(
            partial(service.change_votes, source="faq", item_id=faq["id"], helpful=helpful, unhelpful=unhelpful)
        )
    await runtime.db.run(lambda db: service.count_use(db, "faq", faq["id"]))
    read = (await boss.get(f"{KB}/faqs/{faq['id']}")).json()
    assert (read["helpful"], read["unhelpful"], read["used"], read["version"]) == (2, 1, 1, 1)


def test_quotations_with_a_mark_become_callouts() -> None:
    html = to_html("> [!WARNING]\n> 周末不发货\n\n> [!tip] 可以合并下单\n\n> 先看 [!NOTE]\n\n> [!EVIL]\n> x")
    assert html.count('class="callout') == 2 and '<blockquote class="callout callout-warning">' in html
    assert "周末不发货" in html and "[!WARNING]" not in html and "[!NOTE]" in html and "[!EVIL]" in html
