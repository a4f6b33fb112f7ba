"""Who sees what, in lists, counts, search and on every route; pages that neither skip nor repeat."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from qiao.core import clock
from qiao.core.ids import new_id
from qiao.desk.conversations import service
from tests.conftest import SignIn
from tests.desk.conversations.desk import SYSTEM, Desk

BODIES: dict[str, dict[str, Any]] = {
    "messages": {"client_id": "x", "body": "x"},
    "notes": {"client_id": "x", "body": "x"},
    "transfer": {"to": {"type": "bot"}},
    "snooze": {"until": "2099-01-01T00:00:00Z"},
    "unsnooze": {},
    "resolve": {},
    "reopen": {},
    "close": {},
    "tags": {"add": ["x"]},
    "priority": {"priority": 3},
    "read": {"seq": 1},
    "leave": {},
}


async def test_what_somebody_may_not_see_does_not_exist_for_them(desk: Desk, sign_in: SignIn) -> None:
    """The same requests succeed (or are refused for what they ask) for its agent: the 404 is about visibility alone."""
    await desk.person("li", queues=[desk.queue_id])
    li, stranger = await sign_in("li", role="agent"), await sign_in("chen", role="agent")
    actor = await desk.actor(li.actor_id)
    key = await desk.arrive(assigned_to=actor)
    message = (await desk.transcript(key))[0]
    base = f"/api/v1/conversations/{key}"

    async def status(browser: httpx.AsyncClient, method: str, path: str, body: Any = None) -> int:
        return (await browser.request(method, base + path, json=body)).status_code

    for path in ("", "/messages", "/transcript.txt", "/routing-log"):
        assert await status(li, "GET", path) == 200, path
        assert await status(stranger, "GET", path) == 404, path
    bodies = BODIES | {"assign": {"user_id": str(actor.id)}, f"messages/{message.id}/recall": {}}
    for verb, body in bodies.items():
        assert await status(stranger, "POST", f"/{verb}", body) == 404, verb
    for verb, body in bodies.items():
        assert await status(li, "POST", f"/{verb}", body) != 404, verb
    before = (await li.get("/api/v1/conversations")).json()["items"]
    assert [c["id"] for c in before] == [str(key)]
    assert (await stranger.get("/api/v1/conversations")).json()["items"] == []


@pytest.mark.parametrize("sort", ["recent", "oldest", "waiting", "priority"])
async def test_pages_neither_skip_nor_repeat(desk: Desk, sort: str) -> None:
    boss = await desk.person("boss", role="supervisor")
    keys = [await desk.arrive() for _ in range(11)]
    await desk.runtime.reactions.settled()  # the bot answers, which moves what the lists are sorted by
    async with desk.runtime.db.transaction() as db:
        # Some alike in everything but their id, some that nobody waits in.
        await db.execute(text("UPDATE conversations SET last_message_at = now(), priority = number % 3"))
        await db.execute(text("UPDATE conversations SET waiting_since = now() WHERE number % 2 = 0"))
    async with desk.runtime.db.read() as db:
        whole, end = await service.listing(db, boss, sort=sort, limit=100)
        assert end is None
        seen: list[Any] = []
        cursor = None
        while True:
            page, cursor = await service.listing(db, boss, sort=sort, limit=3, cursor=cursor)
            seen += [c.id for c in page]
            if cursor is None:
                break
    assert seen == [c.id for c in whole]
    assert set(seen) == set(keys)


async def test_broken_cursors_are_a_clear_error(desk: Desk, sign_in: SignIn) -> None:
    admin = await sign_in()
    await desk.arrive()
    for cursor in ("x", "%00", "W10", "bnVsbA", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwieCJd", "é"):
        response = await admin.get("/api/v1/conversations", params={"cursor": cursor})
        assert response.status_code == 422, cursor
        assert response.json()["errors"][0]["field"] == "cursor"


async def test_views_and_counts_agree(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    boss = await desk.person("boss", role="supervisor")
    await desk.arrive()
    mine, snoozed, queued = [await desk.arrive(assigned_to=li) for _ in range(3)]
    await desk.run(service.snooze, li, snoozed, clock.now() + timedelta(hours=1))
    await desk.run(service.requeue, SYSTEM, queued, reason="test")
    await desk.run(service.note, boss, mine, body="@li", mentions=[li.id])
    for actor in (li, boss):
        async with desk.runtime.db.read() as db:
            counts = await service.counts(db, actor)
            for view in ("mine", "bot", "queue", "snoozed", "mentions"):
                page, _ = await service.listing(db, actor, view=view)
                assert len(page) == counts[view], (actor.name, view)
            assert counts["queues"] == {str(desk.queue_id): counts["queue"]}
    await desk.run(service.mark_read, li, mine, 0)
    async with desk.runtime.db.read() as db:
        assert (await service.counts(db, li))["mentions"] == 0


async def test_lists_can_be_narrowed(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    tagged, other = await desk.arrive(assigned_to=li), await desk.arrive()
    await desk.run(service.set_tags, li, tagged, add=["退款", "a'b"])
    facts = await desk.facts(tagged)
    boss = await desk.person("boss", role="supervisor")
    for narrowed in (
        {"tag": "退款"},
        {"tag": "a'b"},
        {"assignee_id": li.id},
        {"customer_id": facts.customer_id},
        {"tag": "退款", "queue_id": desk.queue_id, "inbox_id": desk.inbox_id, "view": "live"},
    ):
        async with desk.runtime.db.read() as db:
            page, _ = await service.listing(db, boss, **narrowed)  # type: ignore[arg-type]  # one filter each
        assert [c.id for c in page] == [tagged], narrowed
    async with desk.runtime.db.read() as db:
        assert {c.id for c in (await service.listing(db, boss))[0]} == {tagged, other}
        assert (await service.listing(db, boss, tag="退"))[0] == []


async def test_search_finds_words_and_only_where_one_may_look(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    stranger = await desk.person("chen")
    key = await desk.arrive(assigned_to=li, body="我想问退货流程，订单 AB-1234 is damaged 100%")
    await desk.run(service.note, li, key, body="内部备注：破损")
    await desk.runtime.reactions.settled()

    async def hits(actor: Any, query: str) -> list[Any]:
        async with desk.runtime.db.read() as db:
            return [f.conversation.id for f in await service.search(db, actor, query, 10)]

    number = str((await desk.facts(key)).number)
    for query in ("退货", "流程", "退货流程", "ab-1234", "AB1234", "Damaged", "破损", "100%", number, f"#{number}"):
        assert await hits(li, query) == [key], query
        assert await hits(stranger, query) == [], query
    for query in ("物流", "''", "'", "\\", "a'b\\c", "& | !", ":*", "%", "_", "²", "٣", "(", "<->", "x" * 200, "😀"):
        assert await hits(li, query) == [], query


async def test_an_unknown_conversation_is_not_found(desk: Desk, sign_in: SignIn) -> None:
    admin = await sign_in()
    for key in (new_id(), "x"):
        assert (await admin.get(f"/api/v1/conversations/{key}")).status_code in (404, 422)
