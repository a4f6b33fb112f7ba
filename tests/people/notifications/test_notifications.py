"""Telling people: who hears, how it is counted, what they choose, what goes out by mail."""

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from qiao.core import clock, i18n, mail
from qiao.core.actor import Actor
from qiao.core.ids import new_id
from qiao.core.realtime import Connection, Hub
from qiao.core.runtime import Runtime
from qiao.people.accounts.identity import actor_for
from qiao.people.notifications import jobs, policy, service
from tests.conftest import SignIn

URL = "/api/v1/notifications"
WORDS = {"number": "R-10001", "title": "Kettle {broken}", "task": "Check", "department": "Warehouse", "reason": "lost"}


async def tell(
    runtime: Runtime, users: list[Any], kind: str = "task.handed_back", link: str = "/tickets/1", **more: Any
) -> int:
    async with runtime.db.transaction() as db:
        actor = await actor_for(db, more["by"]) if "by" in more else None
        return await service.tell(db, users, kind, params=WORDS, link=link, actor=actor)


async def lines(browser: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    response = await browser.get(URL, params=query)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


async def test_who_is_told_reads_it_in_their_language_and_the_actor_does_not(runtime: Runtime, sign_in: SignIn) -> None:
    li, mei = await sign_in("li", role="agent"), await sign_in("mei", role="agent", locale="zh-CN")
    assert await tell(runtime, [li.actor_id, mei.actor_id, mei.actor_id], by=li.actor_id) == 1
    assert await lines(li) == []
    (line,) = await lines(mei)
    assert line["text"] == "Warehouse退回了任务“Check”（R-10001）：lost" and line["actor_name"] == "Li"
    assert await tell(runtime, [li.actor_id], kind="ticket.commented") == 1
    assert (await lines(li))[0]["text"] == "The system commented on R-10001 “Kettle {broken}”"
    with pytest.raises(LookupError):
        await tell(runtime, [li.actor_id], kind="ticket.unheard_of")


async def test_the_same_within_an_hour_is_one_line_with_a_count(runtime: Runtime, sign_in: SignIn) -> None:
    li = await sign_in("li", role="agent")
    me = [li.actor_id]
    now = clock.now()
    with clock.frozen(now - timedelta(hours=2)):
        await tell(runtime, me)
    await tell(runtime, me)
    await tell(runtime, me)
    await tell(runtime, me, link="/tickets/2")
    await tell(runtime, me, kind="task.reminder")
    assert sorted(line["count"] for line in await lines(li)) == [1, 1, 1, 2]
    assert (await li.get(f"{URL}/unread")).json() == {"unread": 4}
    twice = next(line for line in await lines(li) if line["count"] == 2)
    assert (await li.post(f"{URL}/read", json={"ids": [twice["id"]]})).json() == {"unread": 3}
    await tell(runtime, me)  # what was read is not counted on
    assert [line["count"] for line in await lines(li, unread=True)] == [1, 1, 1, 1]
    assert (await li.post(f"{URL}/read", json={})).json() == {"unread": 0}
    assert await lines(li, unread=True) == []


async def test_nobody_reads_or_marks_anothers(runtime: Runtime, sign_in: SignIn) -> None:
    li, mei = await sign_in("li", role="agent"), await sign_in("mei", role="agent")
    await tell(runtime, [li.actor_id])
    (line,) = await lines(li)
    assert await lines(mei) == []
    assert (await mei.post(f"{URL}/read", json={"ids": [line["id"]]})).json() == {"unread": 0}
    assert (await li.get(f"{URL}/unread")).json() == {"unread": 1}


async def test_ten_thousand_are_told_in_one_statement_and_paged_in_order(runtime: Runtime, sign_in: SignIn) -> None:
    li = await sign_in("li", role="agent")
    many = [new_id() for _ in range(10_000)]
    async with runtime.db.transaction() as db:
        await db.execute(
            text(
                "INSERT INTO users (id, email, name, password_hash) SELECT u, u::text, 'n', 'x'"
                " FROM unnest(CAST(:ids AS uuid[])) u"
            ),
            {"ids": many},
        )
    assert await tell(runtime, [*many, new_id(), li.actor_id]) == 10_001
    for number in range(5):
        await tell(runtime, [li.actor_id], link=f"/tickets/{number + 10}")
    seen, cursor = [], None
    while True:
        page = (await li.get(URL, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [item["link"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"/tickets/{n}" for n in (14, 13, 12, 11, 10, 1)]


async def test_people_choose_per_kind_and_unknown_kinds_are_refused(runtime: Runtime, sign_in: SignIn) -> None:
    li = await sign_in("li", role="agent")
    found = (await li.get(f"{URL}/choices")).json()
    assert found["mail_possible"] is False
    assert {k["kind"] for k in found["kinds"]} == set(policy.kinds()) and all(k["console"] for k in found["kinds"])
    body = {"kinds": [{"kind": "task.handed_back", "console": False, "mail": False}]}
    changed = (await li.put(f"{URL}/choices", json=body)).json()["kinds"]
    assert [k["kind"] for k in changed if not k["console"]] == ["task.handed_back"]
    assert await tell(runtime, [li.actor_id]) == 0
    assert await tell(runtime, [li.actor_id], kind="task.reminder") == 1
    wrong = await li.put(f"{URL}/choices", json={"kinds": [{"kind": "nothing", "console": True, "mail": True}]})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["code"] == "notification.kind_unknown"


async def test_mail_waits_goes_in_one_letter_and_not_for_what_was_read(
    runtime: Runtime, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.settings.smtp_url, runtime.settings.mail_from = "smtp://localhost:1", "help@shop.test"
    sent: list[EmailMessage] = []
    down = [True]

    async def send(_: object, message: EmailMessage) -> None:
        if down[0]:
            raise OSError("nobody there")
        sent.append(message)

    monkeypatch.setattr(mail, "send", send)
    li, mei = await sign_in("li", role="agent"), await sign_in("mei", role="agent", locale="zh-CN")
    both = [li.actor_id, mei.actor_id]
    await tell(runtime, both)
    await tell(runtime, both, kind="task.overdue", link="/tickets/2")
    await tell(runtime, both, kind="ticket.commented")  # not mailed unless chosen
    await mei.post(f"{URL}/read", json={})
    await jobs.send_mail(runtime)
    assert sent == []  # too early
    with clock.frozen(clock.now() + timedelta(minutes=3)):
        await jobs.send_mail(runtime)
        down[0] = False
        await jobs.send_mail(runtime)
    assert sent == []  # the server was down: later
    with clock.frozen(clock.now() + timedelta(minutes=9)):
        await jobs.send_mail(runtime)
        await jobs.send_mail(runtime)
    (letter,) = sent
    assert letter["To"] == "li@qiao.test" and letter["Subject"] == "2 new notifications"
    plain = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Warehouse handed back" in plain and "/console/tickets/2" in plain and "commented" not in plain


async def test_open_consoles_hear_of_it_and_only_those_told(runtime: Runtime, sign_in: SignIn) -> None:
    li, mei = await sign_in("li", role="agent"), await sign_in("mei", role="agent")
    hub = runtime.get(Hub)
    heard: dict[UUID, list[str]] = {}

    class Ear:
        def __init__(self, user_id: UUID):
            self.said = heard.setdefault(user_id, [])

        def offer(self, frame: str) -> bool:
            self.said.append(frame)
            return True

    for browser in (li, mei):
        user_id = browser.actor_id
        hub.join_staff(Connection(Ear(user_id), actor=Actor("user", user_id)))
    await tell(runtime, [li.actor_id])
    await li.post(f"{URL}/read", json={})
    async with runtime.db.read() as db:
        rows = (
            await db.execute(text("SELECT kind FROM events WHERE kind LIKE 'notification.%' ORDER BY xid, id"))
        ).scalars()
        assert list(rows) == ["notification.told", "notification.read"]
    for _ in range(6000):
        if len(heard[li.actor_id]) >= 2:
            break
        await asyncio.sleep(0.01)
    kinds = [frame for frame in heard[li.actor_id] if "notification." in frame]
    assert len(kinds) == 2 and heard[mei.actor_id] == []


async def test_what_is_old_is_forgotten(runtime: Runtime, sign_in: SignIn) -> None:
    li = await sign_in("li", role="agent")
    me = [li.actor_id]
    now = clock.now()
    with clock.frozen(now - timedelta(days=91)):
        await tell(runtime, me, link="/tickets/1")
    with clock.frozen(now - timedelta(days=31)):
        await tell(runtime, me, link="/tickets/2")
        await tell(runtime, me, link="/tickets/3")
    second = next(line for line in await lines(li) if line["link"] == "/tickets/2")
    await li.post(f"{URL}/read", json={"ids": [second["id"]]})
    await jobs.forget(runtime)
    assert [line["link"] for line in await lines(li)] == ["/tickets/3"]


def test_every_kind_is_named_and_said_in_both_languages() -> None:
    for locale in i18n.LOCALES:
        catalogue = i18n.catalogues()[locale]
        assert policy.kinds() and {f"notifications.kind.{kind}" for kind in policy.kinds()} <= set(catalogue)
        assert {f"notifications.text.{kind}" for kind in policy.kinds()} <= set(catalogue)
    assert set(policy.kinds()) >= policy.MAILED >= policy.OWN_MAIL
    assert policy.text("ticket.moved", {"state": {"zh-CN": "已退款", "en": "refunded"}}, None, "en").endswith(
        "refunded"
    )
