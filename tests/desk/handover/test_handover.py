"""What somebody who leaves still had to do finds somebody else."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from qiao.core.runtime import Runtime
from qiao.desk.tasks import service as tasks
from qiao.desk.tasks.schemas import TaskCreate
from qiao.desk.ticketlists import saved
from tests.conftest import SignIn
from tests.desk.tasks.shop import Shop

API = "/api/v1"


@pytest.fixture
async def shop(runtime: Runtime) -> Shop:
    async with runtime.db.transaction() as db:
        await saved.ensure_shipped(db)
    shop = Shop(runtime)
    await shop.type()
    return shop


async def _settled(browser: httpx.AsyncClient, bulk_id: str) -> Any:
    for _ in range(1200):
        answer = (await browser.get(f"{API}/ticket-lists/bulk/{bulk_id}")).json()
        if answer["state"] in ("done", "failed"):
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(answer)


async def test_the_work_of_who_leaves_goes_to_a_colleague(shop: Shop, sign_in: SignIn) -> None:
    boss = await sign_in("boss", role="admin")
    li, wang = await shop.person("li"), await shop.person("wang")
    warehouse = await shop.department("Warehouse")
    open_one, waiting = await shop.ticket(li, assignee_id=li.id), await shop.ticket(li, assignee_id=li.id)
    over, other = await shop.ticket(li, assignee_id=li.id), await shop.ticket(wang, assignee_id=wang.id)
    await shop.move(li, over, "refund")
    async with shop.runtime.db.transaction() as db:
        body = TaskCreate(title="Look", department_id=warehouse, assignee_id=li.id, blocking=False)
        task = await tasks.create(db, wang, other, body)
    await shop.leaves("li")

    work = f"{API}/users/{li.id}/open-work"
    assert (await boss.get(work)).json() == {"tickets": 2, "more": False, "tasks": 1}
    done = await boss.post(f"{work}/hand-over", json={"to": str(wang.id)})
    assert done.status_code == 202, done.text
    assert (done.json()["tickets"], done.json()["tasks"]) == (2, 1)
    assert (await _settled(boss, done.json()["bulk_id"]))["changed"] == 2
    assert [(await shop.facts(one)).assignee_id for one in (open_one, waiting, over)] == [wang.id, wang.id, li.id]
    async with shop.runtime.db.read() as db:
        assert (found := (await tasks.get(db, wang, task.id)).assignee) is not None and found.id == wang.id
    assert (await boss.get(work)).json() == {"tickets": 0, "more": False, "tasks": 0}


async def test_work_goes_back_to_the_departments_and_never_to_who_cannot_do_it(shop: Shop, sign_in: SignIn) -> None:
    boss = await sign_in("boss", role="admin")
    li, gone = await shop.person("li"), await shop.person("gone")
    viewer = await shop.person("tang", "viewer")
    ticket = await shop.ticket(li, assignee_id=li.id)
    await shop.leaves("gone")
    work = f"{API}/users/{li.id}/open-work"
    for unfit in (gone.id, viewer.id, li.id, uuid4()):
        refused = await boss.post(f"{work}/hand-over", json={"to": str(unfit)})
        assert refused.json()["errors"][0]["code"] == "handover.person_unfit", refused.text
    done = await boss.post(f"{work}/hand-over", json={"to": None})
    await _settled(boss, done.json()["bulk_id"])
    assert (await shop.facts(ticket)).assignee_id is None
    agent = await sign_in("agent", role="agent")
    assert (await agent.get(work)).status_code == 403
    assert (await boss.get(f"{API}/users/{uuid4()}/open-work")).status_code == 404
