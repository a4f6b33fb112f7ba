"""Approvals: who must agree, who may, what happens to the ticket, deciding by mail."""

import asyncio
import re
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from qiao.core import clock, mail
from qiao.core.actor import Actor
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Refused
from qiao.core.runtime import Runtime
from qiao.desk.approvals import deputies, jobs, service
from qiao.desk.approvals.schemas import ApprovalView, AskBody, DecideBody, DeputyBody, RequestBody
from qiao.desk.tasks import service as tasks
from qiao.desk.tasks.schemas import FinishBody, TaskCreate
from qiao.desk.tickets import service as tickets
from tests.conftest import SignIn
from tests.desk.tasks.shop import SYSTEM, Shop, money, words

YES, NO = DecideBody(verdict="approve"), DecideBody(verdict="reject", comment="too much")
BIG = 300_000


def rule(**more: Any) -> dict[str, Any]:
    return {
        "amount_field": "amount",
        "steps": [
            {"label": words("Supervisor"), "roles": ["supervisor"], "above_minor": 20_000},
            {"label": words("Director"), "roles": ["knowledge_editor"], "above_minor": 200_000},
        ],
        **more,
    }


@pytest.fixture
async def shop(runtime: Runtime) -> Shop:
    shop = Shop(runtime)
    await shop.type(approval=rule())
    await shop.person("sun", "supervisor")
    await shop.person("dong", "knowledge_editor")  # stands for the director
    return shop


async def waiting_ticket(shop: Shop, minor: int = BIG, **values: Any) -> tuple[Actor, UUID]:
    li = await shop.person("li")
    ticket = await shop.ticket(li, fields={"amount": money(minor)}, assignee_id=li.id, **values)
    await shop.move(li, ticket, "begin")
    return li, ticket


async def request(shop: Shop, actor: Actor, ticket: UUID, transition: str | None = "refund") -> ApprovalView:
    async with shop.runtime.db.transaction() as db:
        return await service.request(db, actor, ticket, RequestBody(reason="kettle broke", transition=transition))


async def decide(shop: Shop, actor: Actor, approval: ApprovalView, body: DecideBody = YES) -> ApprovalView:
    async with shop.runtime.db.transaction() as db:
        return await service.decide(db, actor, approval.id, body)


async def test_two_steps_in_order_then_the_ticket_moves_by_itself(shop: Shop) -> None:
    li, ticket = await waiting_ticket(shop)
    sun, dong = await shop.person("sun"), await shop.person("dong")
    with pytest.raises(Refused):
        await shop.move(li, ticket, "refund")
    made = await request(shop, li, ticket)
    assert [step.state for step in made.steps] == ["active", "waiting"] and not made.may["decide"]
    held = await shop.facts(ticket)
    assert held.status == "on_hold" and held.waiting_on is not None and held.waiting_on["name"] == "Supervisor"
    with pytest.raises(Conflict):
        await request(shop, li, ticket)
    with pytest.raises(NotFound):
        await decide(shop, dong, made)  # not yet: they hear of it when it is their turn
    half = await decide(shop, sun, made)
    assert half.state == "open" and [step.state for step in half.steps] == ["approved", "active"]
    assert (await shop.facts(ticket)).waiting_on["name"] == "Director"  # type: ignore[index]
    with pytest.raises(Forbidden):
        await decide(shop, sun, made)  # once is enough
    whole = await decide(shop, dong, made)
    assert whole.state == "granted" and whole.used_at is not None
    assert (await shop.facts(ticket)).state == "refunded"
    assert [line for line in await shop.lines(ticket) if line.startswith("approval.")] == [
        "approval.requested",
        "approval.approved",
        "approval.approved",
        "approval.granted",
    ]
    assert await shop.told("sun") == ["approval.asked"] and "approval.granted" in await shop.told("li")
    # What was granted is good for one transition.
    async with shop.runtime.db.transaction() as db:
        await tickets.move(db, SYSTEM, ticket, transition="carry_on")
    with pytest.raises(Refused):
        await shop.move(li, ticket, "refund")


async def test_small_amounts_need_nobody(shop: Shop) -> None:
    li, ticket = await waiting_ticket(shop, 20_000)
    with pytest.raises(Refused) as refused:
        await request(shop, li, ticket)
    assert refused.value.code == "approval.not_needed"
    await shop.move(li, ticket, "refund")
    assert (await shop.facts(ticket)).state == "refunded"


async def test_a_refusal_needs_a_reason_and_lets_the_ticket_go_on(shop: Shop) -> None:
    li, ticket = await waiting_ticket(shop)
    sun = await shop.person("sun")
    made = await request(shop, li, ticket)
    with pytest.raises(Invalid):
        await decide(shop, sun, made, DecideBody(verdict="reject", comment="  "))
    over = await decide(shop, sun, made, NO)
    assert over.state == "rejected" and [step.state for step in over.steps] == ["rejected", "skipped"]
    assert (await shop.facts(ticket)).state == "checking"
    assert "approval.rejected" in await shop.told("li") and await shop.told("dong") == []
    with pytest.raises(Refused):
        await decide(shop, sun, made)
    await request(shop, li, ticket)  # may be asked again


async def test_nobody_approves_their_own_request_unless_nobody_else_may(shop: Shop) -> None:
    sun = await shop.person("sun")
    ticket = await shop.ticket(sun, fields={"amount": money(30_000)})
    alone = await request(shop, sun, ticket)
    assert alone.may["decide"]
    async with shop.runtime.db.transaction() as db:
        await service.cancel(db, sun, alone.id)
    other = await shop.person("zhou", "supervisor")
    again = await request(shop, sun, ticket)
    assert not again.may["decide"]
    with pytest.raises(Forbidden) as refused:
        await decide(shop, sun, again)
    assert refused.value.code == "approval.own_request"
    assert (await decide(shop, other, again)).state == "granted"


async def test_another_amount_makes_it_void_and_a_grant_is_good_for_its_amount_only(shop: Shop) -> None:
    li, ticket = await waiting_ticket(shop, 30_000)
    sun = await shop.person("sun")
    made = await request(shop, li, ticket, transition=None)
    await shop.set_amount(ticket, 40_000)
    async with shop.runtime.db.read() as db:
        assert (await service.get(db, li, made.id)).state == "void"
    assert (await shop.facts(ticket)).state == "checking" and "approval.void" in await shop.told("li")
    with pytest.raises(Refused):
        await decide(shop, sun, made)
    assert (await decide(shop, sun, await request(shop, li, ticket, transition=None))).state == "granted"
    await shop.set_amount(ticket, 50_000)
    with pytest.raises(Refused):
        await shop.move(li, ticket, "refund")
    await shop.set_amount(ticket, 40_000)
    await shop.move(li, ticket, "refund")
    assert (await shop.facts(ticket)).state == "refunded"


async def test_all_of_a_role_in_parallel_and_who_leaves_is_not_waited_for(shop: Shop) -> None:
    both = rule(order="parallel")
    both["steps"][0]["needs"] = "all"
    await shop.type("parallel", approval=both)
    zhou = await shop.person("zhou", "supervisor")
    await shop.person("qian", "supervisor")
    sun, dong = await shop.person("sun"), await shop.person("dong")
    li, ticket = await waiting_ticket(shop, type_key="parallel")
    made = await request(shop, li, ticket)
    assert [step.state for step in made.steps] == ["active", "active"]
    for one in (dong, sun, zhou):
        made = await decide(shop, one, made)
    assert made.state == "open" and [step.state for step in made.steps] == ["active", "approved"]
    await shop.leaves("qian")
    await jobs.pass_time(shop.runtime)
    async with shop.runtime.db.read() as db:
        assert (await service.get(db, li, made.id)).state == "granted"
    assert (await shop.facts(ticket)).state == "refunded"


async def test_a_deputy_decides_for_who_is_away_and_it_is_recorded(shop: Shop) -> None:
    sun, chen = await shop.person("sun"), await shop.person("chen", "viewer")
    li, ticket = await waiting_ticket(shop, 30_000)
    now = clock.now()
    body = DeputyBody(deputy_id=chen.id, until_at=now + timedelta(days=2))
    async with shop.runtime.db.transaction() as db:
        with pytest.raises(Invalid):
            await deputies.name(db, sun, DeputyBody(deputy_id=sun.id, until_at=body.until_at))
        with pytest.raises(Invalid):
            await deputies.name(db, sun, DeputyBody(deputy_id=chen.id, until_at=now - timedelta(days=1)))
        with pytest.raises(Forbidden):
            await deputies.name(db, li, body.model_copy(update={"user_id": sun.id}))
        named = await deputies.name(db, sun, body)
        with pytest.raises(NotFound):
            await deputies.dismiss(db, chen, named.id)
    made = await request(shop, li, ticket)
    assert "approval.asked" in await shop.told("chen")
    async with shop.runtime.db.read() as db:
        (shown,), _ = await service.listing(db, chen)
        assert [one.id for one in shown.deciding_for] == [sun.id]
        assert (await service.counts(db, chen)).waiting == 1
    with clock.frozen(now + timedelta(days=2, minutes=1)), pytest.raises(Forbidden):
        await decide(shop, chen, made)  # not any more
    over = await decide(shop, chen, made)
    (decision,) = over.steps[0].decisions
    assert decision.by.id == chen.id and decision.on_behalf_of is not None and decision.on_behalf_of.id == sun.id
    assert "approval.approved_for" in await shop.lines(ticket)
    async with shop.runtime.db.read() as db:
        assert (await service.listing(db, sun))[0] == []
        assert [one.id for one in (await service.listing(db, chen, view="decided"))[0]] == [made.id]


async def test_nobody_decides_two_steps_of_a_request_be_it_as_a_deputy(shop: Shop) -> None:
    sun, dong = await shop.person("sun"), await shop.person("dong")
    li, ticket = await waiting_ticket(shop)
    away = DeputyBody(deputy_id=sun.id, until_at=clock.now() + timedelta(days=2))
    async with shop.runtime.db.transaction() as db:
        await deputies.name(db, dong, away)
    made = await decide(shop, sun, await request(shop, li, ticket))
    assert [step.state for step in made.steps] == ["approved", "active"] and not made.may["decide"]
    assert await shop.told("sun") == ["approval.deputy", "approval.asked"], "not asked for the second step"
    with pytest.raises(Forbidden) as refused:
        await decide(shop, sun, made)
    assert refused.value.code == "approval.step_of_another"
    async with shop.runtime.db.read() as db:
        assert (await service.counts(db, sun)).waiting == 0
    assert (await decide(shop, dong, made)).state == "granted"


async def test_of_two_steps_at_once_a_deputy_decides_the_one_that_is_their_own(shop: Shop) -> None:
    await shop.type("parallel", approval=rule(order="parallel"))
    sun, dong = await shop.person("sun"), await shop.person("dong")
    li, ticket = await waiting_ticket(shop, type_key="parallel")
    async with shop.runtime.db.transaction() as db:
        await deputies.name(db, dong, DeputyBody(deputy_id=sun.id, until_at=clock.now() + timedelta(days=2)))
        await deputies.name(db, sun, DeputyBody(deputy_id=dong.id, until_at=clock.now() + timedelta(days=2)))
    made = await decide(shop, dong, await request(shop, li, ticket))
    assert [step.state for step in made.steps] == ["active", "approved"]
    assert (await decide(shop, sun, made)).state == "granted"


async def test_where_nobody_else_may_one_person_decides_both_steps(shop: Shop) -> None:
    both = rule()
    both["steps"][1]["roles"] = ["supervisor"]
    await shop.type("small", approval=both)
    sun = await shop.person("sun")
    li, ticket = await waiting_ticket(shop, type_key="small")
    made = await decide(shop, sun, await request(shop, li, ticket))
    assert made.may["decide"]
    assert (await decide(shop, sun, made)).state == "granted"


async def test_people_are_asked_by_name_one_after_the_other(shop: Shop) -> None:
    li, ticket = await waiting_ticket(shop, 0)
    mei, zhao = await shop.person("mei"), await shop.person("zhao", "back_office")
    async with shop.runtime.db.transaction() as db:
        with pytest.raises(Invalid):
            await service.ask(db, li, ticket, AskBody(users=[li.id], reason="x"))
        body = AskBody(users=[zhao.id, mei.id], order="sequence", reason="may we?")
        made = await service.ask(db, li, ticket, body)
    with pytest.raises(Forbidden):
        await decide(shop, mei, made)
    made = await decide(shop, zhao, made)
    made = await decide(shop, mei, made)
    assert made.state == "granted" and (await shop.facts(ticket)).state == "checking"


async def test_reminded_then_expired_then_asked_again(shop: Shop) -> None:
    li, ticket = await waiting_ticket(shop, 30_000)
    made = await request(shop, li, ticket)
    with clock.frozen(made.created_at + timedelta(hours=49)):
        await jobs.pass_time(shop.runtime)
        await jobs.pass_time(shop.runtime)
    assert await shop.told("sun") == ["approval.asked", "approval.reminder"]
    with clock.frozen(made.expires_at + timedelta(seconds=1)):
        await jobs.pass_time(shop.runtime)
        async with shop.runtime.db.read() as db:
            assert (await service.get(db, li, made.id)).state == "expired"
        assert (await shop.facts(ticket)).status == "open" and "approval.expired" in await shop.told("li")
        assert (await request(shop, li, ticket)).state == "open"


async def test_a_ticket_with_task_and_approval_waits_for_both(shop: Shop) -> None:
    li, ticket = await waiting_ticket(shop, 30_000)
    place, sun = await shop.department("Warehouse"), await shop.person("sun")
    async with shop.runtime.db.transaction() as db:
        task = await tasks.create(db, li, ticket, TaskCreate(title="Check", department_id=place))
    made = await request(shop, li, ticket, transition=None)
    await decide(shop, sun, made)
    held = await shop.facts(ticket)
    assert held.status == "on_hold" and held.waiting_on is not None and held.waiting_on["kind"] == "department"
    made = await request(shop, li, await _use(shop, ticket), transition=None)
    async with shop.runtime.db.transaction() as db:
        await tasks.finish(db, sun, task.id, FinishBody())
    held = await shop.facts(ticket)
    assert held.status == "on_hold" and held.waiting_on is not None and held.waiting_on["kind"] == "approval"
    with pytest.raises(Refused):
        await shop.move(li, ticket, "carry_on")
    await decide(shop, sun, made)
    assert (await shop.facts(ticket)).state == "checking"


async def _use(shop: Shop, ticket: UUID) -> UUID:
    """Another amount, so that there is something to ask for."""
    await shop.set_amount(ticket, 31_000)
    return ticket


async def test_what_stands_in_the_way_of_the_move_is_said_and_the_approval_stays(shop: Shop) -> None:
    li, ticket = await waiting_ticket(shop, 30_000)
    place, sun = await shop.department("Warehouse"), await shop.person("sun")
    made = await request(shop, li, ticket)
    async with shop.runtime.db.transaction() as db:
        await tasks.create(db, li, ticket, TaskCreate(title="Check", department_id=place))
    over = await decide(shop, sun, made)
    assert over.state == "granted" and over.used_at is None
    assert (await shop.facts(ticket)).status == "on_hold"
    assert (await shop.lines(ticket))[-1] == "approval.stuck" and "approval.stuck" in await shop.told("li")


async def test_strangers_see_nothing_and_ended_tickets_ask_nothing(shop: Shop) -> None:
    li = await shop.person("li", department="Service")
    ticket = await shop.ticket(li, fields={"amount": money(30_000)}, department_id=shop.departments["Service"])
    made = await request(shop, li, ticket)
    stranger, office = await shop.person("wu", department="Other"), await shop.person("han", "back_office")
    for one in (stranger, office):
        async with shop.runtime.db.read() as db:
            for view in ("waiting", "asked", "decided"):
                assert await service.listing(db, one, view=view) == ([], None)
            with pytest.raises(NotFound):
                await service.get(db, one, made.id)
        with pytest.raises(NotFound):
            await decide(shop, one, made)
        with pytest.raises(Problem):
            await request(shop, one, ticket)
    async with shop.runtime.db.transaction() as db:
        with pytest.raises(Invalid):
            await service.request(db, li, ticket, RequestBody(reason="x", transition="begin"))
        await service.abandon(db, ticket)
    async with shop.runtime.db.transaction() as db:
        assert (await service.get(db, li, made.id)).state == "cancelled"
        await tickets.move(db, SYSTEM, ticket, transition="begin")
    await shop.set_amount(ticket, 0)
    await shop.move(SYSTEM, ticket, "refund")
    with pytest.raises(Refused) as refused:
        await request(shop, li, ticket)
    assert refused.value.code == "approval.ticket_over"


# -- over HTTP and by mail ---------------------------------------------------------------------------------------------


async def test_over_http_with_what_is_needed(shop: Shop, sign_in: SignIn) -> None:
    li, sun = await sign_in("li", role="agent"), await sign_in("sun", role="supervisor")
    _, ticket = await waiting_ticket(shop)
    url = f"/api/v1/tickets/{ticket}/approvals"
    needed = (await li.get(f"{url}/needed")).json()
    assert [step["label"]["en"] for step in needed["steps"]] == ["Supervisor", "Director"] and not needed["granted"]
    assert [one["key"] for one in needed["transitions"]] == ["refund"]
    made = await li.post(url, json={"reason": "kettle", "transition": "refund"})
    assert made.status_code == 201, made.text
    assert (await sun.get("/api/v1/approvals/counts")).json() == {"waiting": 1}
    said = await sun.post(f"/api/v1/approvals/{made.json()['id']}/decide", json={"verdict": "reject"})
    assert said.status_code == 422 and said.json()["errors"][0]["message"] == "Say why you refuse."
    mine = await li.post(f"/api/v1/approvals/{made.json()['id']}/decide", json={"verdict": "approve"})
    assert mine.status_code == 403
    assert (await li.post(f"/api/v1/approvals/{made.json()['id']}/cancel", json={})).json()["state"] == "cancelled"


async def letters(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    sent: list[EmailMessage] = []
    shop.runtime.settings.smtp_url, shop.runtime.settings.mail_from = "smtp://localhost:1", "help@shop.test"

    async def send(_: object, message: EmailMessage) -> None:
        sent.append(message)

    monkeypatch.setattr(mail, "send", send)
    return sent


async def link_in(sent: list[EmailMessage], number: int = 0) -> str:
    for _ in range(3000):
        if len(sent) > number:
            break
        await asyncio.sleep(0.02)
    body = sent[number].get_body(("plain",))
    assert body is not None
    found = re.search(r"http\S+/approve/\S+", body.get_content())
    assert found is not None
    return found[0].removeprefix("http://qiao.test")


async def test_a_link_in_a_mail_decides_once_and_opening_it_decides_nothing(
    shop: Shop, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await letters(shop, monkeypatch)
    li, ticket = await waiting_ticket(shop, 30_000)
    made = await request(shop, li, ticket)
    link = await link_in(sent)
    assert sent[0]["To"] == "sun@qiao.test" and "¥300.00" in sent[0]["Subject"]
    for _ in range(2):
        page = await client.get(link)
        assert page.status_code == 200 and "kettle broke" in page.text and "<form" in page.text
        assert page.headers["referrer-policy"] == "no-referrer" and "script" not in page.text
    async with shop.runtime.db.read() as db:
        assert (await service.get(db, li, made.id)).state == "open"
    bare = await client.post(link, data={"verdict": "reject"})
    assert bare.status_code == 422 and "Say why you refuse" in bare.text and "<form" in bare.text
    assert (await client.post(link, data={"verdict": "perhaps"})).status_code == 422
    said = await client.post(link, data={"verdict": "approve", "comment": "<b>fine</b>"})
    assert said.status_code == 200 and "granted" in said.text, said.text
    assert (await shop.facts(ticket)).state == "refunded"
    again = await client.post(link, data={"verdict": "reject", "comment": "no"})
    assert again.status_code == 410 and "<form" not in again.text
    assert (await client.get(link)).status_code == 410
    async with shop.runtime.db.read() as db:
        (decision,) = (await service.get(db, li, made.id)).steps[0].decisions
    assert (decision.via, decision.verdict, decision.comment) == ("mail", "approve", "<b>fine</b>")


async def test_a_link_passed_on_to_a_colleague_decides_nothing(
    shop: Shop, client: httpx.AsyncClient, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await letters(shop, monkeypatch)
    li, ticket = await waiting_ticket(shop, 30_000)
    made = await request(shop, li, ticket)
    link = await link_in(sent)
    colleague = await sign_in("wang", role="agent")
    page = await colleague.get(link)
    assert page.status_code == 403 and "<form" not in page.text and "kettle broke" not in page.text
    assert (await colleague.post(link, data={"verdict": "approve"})).status_code == 403
    async with shop.runtime.db.read() as db:
        assert (await service.get(db, li, made.id)).state == "open"
    assert (await client.post(link, data={"verdict": "approve"})).status_code == 200


async def test_links_are_for_one_person_and_run_out(
    shop: Shop, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await letters(shop, monkeypatch)
    await shop.person("zhou", "supervisor")
    await shop.person("he", "supervisor")
    li, ticket = await waiting_ticket(shop, BIG)
    made = await request(shop, li, ticket)
    third = await link_in(sent, 2)
    first, second = await link_in(sent, 0), await link_in(sent, 1)
    name, _, signature = first.rpartition("/")[2].partition(".")
    other_signature = second.partition(".")[2]
    for forged in ("nothing", f"{name}.{other_signature}", f"{name}.", f"{name}.{signature}x", "é"):
        assert (await client.get(f"/approve/{forged}")).status_code == 404
        assert (await client.post(f"/approve/{forged}", data={"verdict": "approve"})).status_code == 404
    with clock.frozen(made.expires_at + timedelta(minutes=1)):
        late = await client.post(first, data={"verdict": "approve"})
        assert late.status_code == 410
    await shop.leaves(next(name for name in ("zhou", "sun", "he") if name in str(sent[0]["To"])))
    assert (await client.get(first)).status_code == 404
    shown = await client.get(second)
    assert f"{made.expires_at.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M} (UTC+08:00)" in shown.text
    assert (await client.post(second, data={"verdict": "approve"})).status_code == 200
    needless = await client.get(third)
    assert needless.status_code == 410 and "no decision from you" in needless.text and "<form" not in needless.text
    async with shop.runtime.db.transaction() as db:
        await service.cancel(db, li, made.id)
    closed = await client.get(third)
    assert closed.status_code == 410 and "cancelled" in closed.text
