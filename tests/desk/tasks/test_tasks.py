"""Tasks of departments: what they do to their ticket, who may do what, who hears of it."""

import contextlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.errors import Forbidden, Invalid, NotFound, Problem, Refused
from qiao.core.runtime import Runtime
from qiao.desk.tasks import jobs, reactions, service
from qiao.desk.tasks.schemas import AssignBody, FinishBody, TaskCreate, TaskPatch, TaskView
from qiao.desk.tickets import service as tickets
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerCreate
from tests.conftest import SignIn
from tests.desk.tasks.shop import SYSTEM, Shop


@pytest.fixture
async def shop(runtime: Runtime) -> Shop:
    shop = Shop(runtime)
    await shop.type()
    await shop.department("Warehouse")
    await shop.department("Finance")
    return shop


async def asked(shop: Shop, actor: Actor, ticket_id: UUID, title: str = "Check the return", **values: Any) -> TaskView:
    department = await shop.department(values.pop("department", "Warehouse"))
    async with shop.runtime.db.transaction() as db:
        return await service.create(db, actor, ticket_id, TaskCreate(title=title, department_id=department, **values))


async def do(shop: Shop, verb: Any, *args: Any) -> TaskView:
    async with shop.runtime.db.transaction() as db:
        found: TaskView = await verb(db, *args)
        return found


async def test_the_ticket_waits_for_the_warehouse_and_goes_on_when_it_is_done(shop: Shop) -> None:
    li, wang = await shop.person("li"), await shop.person("wang", "back_office", department="Warehouse")
    await shop.person("zhao", "back_office", department="Finance")
    ticket = await shop.ticket(li, assignee_id=li.id)
    await shop.move(li, ticket, "begin")
    task = await asked(shop, li, ticket)
    held = await shop.facts(ticket)
    assert (held.status, held.state) == ("on_hold", "waiting")
    assert held.waiting_on is not None and held.waiting_on["name"] == "Warehouse"
    assert held.waiting_on["task_id"] == str(task.id)
    assert await shop.told("wang") == ["task.created"] and await shop.told("zhao") == []
    taken = await do(shop, service.accept, wang, task.id)
    assert taken.state == "doing" and taken.assignee is not None and taken.assignee.id == wang.id
    over = await do(shop, service.finish, wang, task.id, FinishBody(result="Came back whole"))
    assert (over.state, over.result, over.closed_by and over.closed_by.id) == ("done", "Came back whole", wang.id)
    free = await shop.facts(ticket)
    assert (free.status, free.state, free.waiting_on) == ("open", "checking", None)
    assert await shop.told("li") == ["task.finished"]
    assert [line for line in await shop.lines(ticket) if line.startswith("task.")] == [
        "task.created",
        "task.accepted",
        "task.finished",
    ]


async def test_handing_back_says_why_and_reopening_waits_again(shop: Shop) -> None:
    li, wang = await shop.person("li"), await shop.person("wang", "back_office", department="Warehouse")
    watcher = await shop.person("mei")
    ticket = await shop.ticket(li, watchers=[watcher.id])
    task = await asked(shop, li, ticket)
    back = await do(shop, service.hand_back, wang, task.id, "Not our shelf")
    assert (back.state, back.reason) == ("returned", "Not our shelf")
    assert (await shop.facts(ticket)).status == "new"
    assert "task.handed_back" in await shop.told("mei")  # the ticket goes on: who watches hears of it
    again = await do(shop, service.reopen, li, task.id, "Look on the second floor")
    assert again.state == "waiting" and (await shop.facts(ticket)).status == "on_hold"
    gone = await do(shop, service.cancel, li, task.id, "")
    assert gone.state == "cancelled" and (await shop.facts(ticket)).status == "new"
    with pytest.raises(Refused):
        await do(shop, service.finish, wang, task.id, FinishBody())


async def test_the_last_of_several_lets_the_ticket_go_on_and_others_do_not_hold_it(shop: Shop) -> None:
    li, boss = await shop.person("li"), await shop.person("boss", "supervisor")
    ticket = await shop.ticket(li)
    first, second = await asked(shop, li, ticket), await asked(shop, li, ticket, department="Finance")
    loose = await asked(shop, li, ticket, title="Tell marketing", blocking=False)
    await do(shop, service.finish, boss, first.id, FinishBody())
    held = await shop.facts(ticket)
    assert held.status == "on_hold" and held.waiting_on is not None and held.waiting_on["name"] == "Finance"
    await do(shop, service.finish, boss, second.id, FinishBody())
    assert (await shop.facts(ticket)).status == "new"
    blocking = await do(shop, service.update, li, loose.id, TaskPatch(blocking=True))
    assert blocking.blocking and (await shop.facts(ticket)).status == "on_hold"
    await do(shop, service.update, li, loose.id, TaskPatch(blocking=False, title="Tell them"))
    assert (await shop.facts(ticket)).status == "new"


async def test_nobody_takes_a_ticket_off_hold_by_hand_while_it_waits(shop: Shop) -> None:
    boss = await shop.person("boss", "supervisor")
    ticket = await shop.ticket(boss)
    await shop.move(boss, ticket, "begin")
    task = await asked(shop, boss, ticket)
    with pytest.raises(Refused) as refused:
        await shop.move(boss, ticket, "carry_on")
    assert refused.value.code == "task.ticket_waits" and refused.value.params["name"] == "Warehouse"
    assert (await shop.facts(ticket)).status == "on_hold"
    await do(shop, service.cancel, boss, task.id, "settled by phone")
    assert (await shop.facts(ticket)).state == "checking"


async def test_what_the_system_ends_needs_no_more_tasks(shop: Shop) -> None:
    boss = await shop.person("boss", "supervisor")
    ticket = await shop.ticket(boss)
    await shop.move(boss, ticket, "begin")
    task = await asked(shop, boss, ticket)
    await shop.move(SYSTEM, ticket, "carry_on")
    async with shop.runtime.db.transaction() as db:
        assert not await service.settle(db, ticket)
    assert (await shop.facts(ticket)).status == "on_hold"  # it still waits
    await shop.move(SYSTEM, ticket, "carry_on")
    await shop.move(SYSTEM, ticket, "refund")
    async with shop.runtime.db.transaction() as db:
        assert await service.abandon(db, ticket, "") == 1
    async with shop.runtime.db.read() as db:
        assert (await service.get(db, boss, task.id)).state == "cancelled"
    with pytest.raises(Refused):
        await asked(shop, boss, ticket)
    with pytest.raises(Refused):
        await do(shop, service.reopen, boss, task.id, "again")
    assert {reaction.__name__ for reaction in (reactions.keep_on_hold, reactions.follow_merge)}


async def test_each_side_does_its_own_and_strangers_see_nothing(shop: Shop) -> None:
    li = await shop.person("li", department="Service")
    wang = await shop.person("wang", "back_office", department="Warehouse")
    zhao = await shop.person("zhao", "back_office", department="Finance")
    viewer = await shop.person("vera", "viewer")
    ticket = await shop.ticket(li, department_id=shop.departments["Service"])
    with pytest.raises((NotFound, Forbidden)):
        await asked(shop, wang, ticket)
    with pytest.raises(Forbidden):
        await asked(shop, viewer, ticket)
    task = await asked(shop, li, ticket)
    for verb, args in (
        (service.accept, ()),
        (service.finish, (FinishBody(),)),
        (service.hand_back, ("no",)),
    ):
        with pytest.raises(Forbidden):
            await do(shop, verb, li, task.id, *args)
        with pytest.raises(NotFound):
            await do(shop, verb, zhao, task.id, *args)
    for verb, args in (
        (service.cancel, ("no",)),
        (service.update, (TaskPatch(title="x"),)),
        (service.remind, ()),
    ):
        with pytest.raises(Forbidden):
            await do(shop, verb, wang, task.id, *args)
    async with shop.runtime.db.read() as db:
        with pytest.raises(NotFound):
            await service.get(db, zhao, task.id)
        assert (await service.get(db, viewer, task.id)).may == dict.fromkeys(task.may, False)
        seen = await service.get(db, wang, task.id)
        assert seen.may["finish"] and not seen.may["cancel"]
        for scope in ("mine", "department", "asked", "all"):
            assert await service.listing(db, zhao, scope=scope) == ([], None)
    with pytest.raises(Invalid):
        await do(shop, service.assign, li, task.id, AssignBody(user_id=viewer.id))
    given = await do(shop, service.assign, li, task.id, AssignBody(user_id=zhao.id))
    assert given.assignee is not None and await shop.told("zhao") == ["task.assigned"]
    assert (await do(shop, service.finish, zhao, task.id, FinishBody())).state == "done"  # whose it is may do it


async def test_a_reminder_is_sent_once_in_ten_minutes(shop: Shop) -> None:
    li = await shop.person("li")
    await shop.person("wang", "back_office", department="Warehouse")
    ticket = await shop.ticket(li)
    task = await asked(shop, li, ticket)
    await do(shop, service.remind, li, task.id)
    with pytest.raises(Refused) as refused:
        await do(shop, service.remind, li, task.id)
    assert refused.value.code == "task.reminded_lately"
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        await do(shop, service.remind, li, task.id)
    assert await shop.told("wang") == ["task.created", "task.reminder"]  # counted up, not twice


async def test_overdue_is_told_once_per_due_date(shop: Shop) -> None:
    li = await shop.person("li")
    await shop.person("wang", "back_office", department="Warehouse")
    ticket = await shop.ticket(li)
    due = clock.now() + timedelta(hours=1)
    task = await asked(shop, li, ticket, due_at=due)
    await jobs.overdue(shop.runtime)
    assert "task.overdue" not in await shop.lines(ticket)
    with clock.frozen(due + timedelta(minutes=1)):
        await jobs.overdue(shop.runtime)
        await jobs.overdue(shop.runtime)
        assert (await shop.lines(ticket)).count("task.overdue") == 1
        assert "task.overdue" in await shop.told("wang") and "task.overdue" in await shop.told("li")
        async with shop.runtime.db.read() as db:
            (late,), _ = await service.listing(db, li, scope="asked", which="overdue")
        assert late.overdue
        await do(shop, service.update, li, task.id, TaskPatch(due_at=due + timedelta(hours=2)))
        await jobs.overdue(shop.runtime)
    assert (await shop.lines(ticket)).count("task.overdue") == 1


async def test_queues_go_by_due_date_page_by_page(shop: Shop) -> None:
    li, wang = await shop.person("li"), await shop.person("wang", "back_office", department="Warehouse")
    ticket = await shop.ticket(li)
    now = clock.now()
    hours = [5, None, 1, None, 3]
    for hour in hours:
        await asked(shop, li, ticket, title=f"in {hour}", due_at=now + timedelta(hours=hour) if hour else None)
    async with shop.runtime.db.read() as db:
        seen, cursor = [], None
        while True:
            page, cursor = await service.listing(db, wang, scope="department", cursor=cursor, limit=2)
            seen += [one.title for one in page]
            if cursor is None:
                break
        counted = await service.counts(db, wang)
    assert seen == ["in 1", "in 3", "in 5", "in None", "in None"]
    assert (counted.mine, counted.department, counted.overdue) == (0, 5, 0)


async def test_a_merge_takes_the_tasks_along(shop: Shop) -> None:
    boss = await shop.person("boss", "supervisor")
    one, other = await shop.ticket(boss), await shop.ticket(boss)
    task = await asked(shop, boss, one)
    async with shop.runtime.db.transaction() as db:
        await tickets.merge(db, boss, other, [str(one)], confirmed=True)
    assert (await shop.facts(other)).status == "on_hold"
    moved = await do(shop, service.finish, boss, task.id, FinishBody())
    assert moved.ticket.id == other and (await shop.facts(other)).status == "new"


async def test_a_workflow_asks_a_department_by_itself(shop: Shop) -> None:
    effect = {
        "do": "task",
        "department_id": str(shop.departments["Warehouse"]),
        "title": {"en": "Pack"},
        "within_hours": 4,
    }
    await shop.type("packing", effects=[effect])
    li = await shop.person("li")
    ticket = await shop.ticket(li, type_key="packing")
    await shop.move(li, ticket, "begin")
    async with shop.runtime.db.read() as db:
        (task,) = await service.of_ticket(db, li, ticket)
    assert task.title == "Pack" and task.due_at is not None and task.created_by is None
    assert (await shop.facts(ticket)).status == "on_hold"


async def test_customers_learn_the_department_and_nothing_else(shop: Shop) -> None:
    li = await shop.person("li")
    async with shop.runtime.db.transaction() as db:
        customer = await customers.create(db, SYSTEM, CustomerCreate(name="Chen"))
    ticket = await shop.ticket(li, customer_id=customer.id)
    task = await asked(shop, li, ticket, title="He looks like a fraud", details="careful")
    async with shop.runtime.db.read() as db:
        shown = await service.progress(db, ticket)
        assert [(one.department, one.state) for one in shown] == [("Warehouse", "working")]
        assert "fraud" not in str(shown)
        with pytest.raises(Problem):
            await service.get(db, Actor("customer", None), task.id)
        told = await tickets.timeline(db, Actor("customer", customer.id, name="Chen"), ticket)
    assert "fraud" not in str(told)


async def test_over_http_with_words_of_refusal(shop: Shop, sign_in: SignIn) -> None:
    li, boss = await sign_in("li", role="agent"), await sign_in("boss", role="supervisor")
    ticket = await shop.ticket()
    url = f"/api/v1/tickets/{ticket}/tasks"
    made = await li.post(url, json={"title": " Check\u0000 it ", "department_id": str(shop.departments["Warehouse"])})
    assert made.status_code == 201 and made.json()["title"] == "Check it", made.text
    task = f"/api/v1/tasks/{made.json()['id']}"
    assert (await li.post(f"{task}/finish", json={})).status_code == 403
    empty = await boss.post(f"{task}/hand-back", json={"reason": "  "})
    assert empty.status_code == 422 and empty.json()["errors"][0]["field"] == "reason"
    wrong = await li.post(url, json={"title": "x", "department_id": str(ticket)})
    assert wrong.json()["errors"][0]["code"] == "task.department_unknown"
    assert (await boss.post(f"{task}/accept")).json()["state"] == "doing"
    twice = await boss.post(f"{task}/accept")
    assert twice.status_code == 409 and twice.json()["detail"] == "The task's present state does not allow this."
    page = (await li.get("/api/v1/tasks", params={"scope": "asked"})).json()
    assert [one["id"] for one in page["items"]] == [made.json()["id"]]
    assert (await boss.get("/api/v1/tasks/counts")).json() == {"mine": 1, "department": 0, "overdue": 0}


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(["accept", "finish", "hand_back", "cancel", "reopen", "block", "free"])
    ),
    max_size=10,
)


@given(steps=STEPS)
@hypothesis_settings(max_examples=12)
async def test_a_ticket_is_on_hold_exactly_while_a_blocking_task_is_open(
    shop: Shop, steps: list[tuple[int, str]]
) -> None:
    ticket = await shop.ticket()
    made = [await asked(shop, SYSTEM, ticket, title=str(n), blocking=n < 2) for n in range(3)]
    verbs: dict[str, Any] = {
        "accept": (service.accept,),
        "finish": (service.finish, FinishBody()),
        "hand_back": (service.hand_back, "no"),
        "cancel": (service.cancel, ""),
        "reopen": (service.reopen, "again"),
        "block": (service.update, TaskPatch(blocking=True)),
        "free": (service.update, TaskPatch(blocking=False)),
    }
    for number, name in steps:
        verb, *args = verbs[name]
        with contextlib.suppress(Refused):
            await do(shop, verb, SYSTEM, made[number].id, *args)
        facts = await shop.facts(ticket)
        async with shop.runtime.db.read() as db:
            now = await service.of_ticket(db, SYSTEM, ticket)
        waits = any(one.blocking and one.state in ("waiting", "doing") for one in now)
        assert (facts.status == "on_hold") is waits
        assert (facts.waiting_on is not None) is waits
