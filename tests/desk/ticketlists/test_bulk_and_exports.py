"""Many tickets at once: changed, given back, written to a file."""

import asyncio
import csv
import io
from typing import Any
from uuid import UUID, uuid4

import httpx
import openpyxl
import pytest

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.ticketlists import bulk, exports
from qiao.desk.tickets import service as tickets
from tests.conftest import SignIn
from tests.desk.ticketlists.conftest import Seed

API = "/api/v1/ticket-lists"


async def _done(
    browser: httpx.AsyncClient, path: str, *, states: tuple[str, ...] = ("done", "undone", "failed")
) -> Any:
    for _ in range(1200):
        answer = (await browser.get(f"{API}{path}")).json()
        if answer["state"] in states:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(answer)


async def test_a_bulk_operation_and_its_undo(
    seed: Seed, sign_in: SignIn, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    agent = await sign_in("li", role="agent")
    me = UUID(str(agent.actor_id))
    open_ = {
        "status": "open",
        "state": "open",
        "department_id": None,
        "priority": 1,
        "tags": ["vip"],
        "assignee_id": None,
    }
    seeded = await seed(
        rows=[
            open_,
            open_ | {"priority": 3, "assignee_id": me, "tags": ["vip", "new"]},
            open_ | {"status": "closed", "state": "closed"},
            open_,
            open_ | {"department_id": uuid4()},
        ]
    )
    ids = [str(one.id) for one in seeded.tickets]
    body = {"ids": ids, "action": {"priority": 3, "assignee_id": str(me), "add_tags": ["new"]}, "key": "once"}
    asked = await agent.post(f"{API}/bulk", json=body)
    assert asked.status_code == 202, asked.text
    assert asked.json()["total"] == 4  # the one of another department is not there for her
    again = await agent.post(f"{API}/bulk", json=body)
    assert again.json()["id"] == asked.json()["id"]
    bulk_id = asked.json()["id"]
    done = await _done(agent, f"/bulk/{bulk_id}")
    assert (done["changed"], done["same"], done["skipped"], done["waiting"]) == (2, 1, 1, 0) and done["may_undo"]
    skipped = (await agent.get(f"{API}/bulk/{bulk_id}/items", params={"state": "skipped"})).json()["items"]
    assert skipped[0]["ticket_id"] == ids[2] and skipped[0]["why"] and "errors." not in skipped[0]["why"]
    async with runtime.db.read() as db:
        first = await tickets.facts(db, UUID(ids[0]))
    assert first is not None and (first.priority, first.assignee_id, set(first.tags)) == (3, me, {"vip", "new"})
    # Somebody changes one of the two before it is undone: that one is kept. What else happened to it does not matter.
    async with runtime.db.transaction() as db:
        await tickets.set_priority(db, Actor.system(), UUID(ids[3]), 2)
        await tickets.comment(db, Actor.system(), UUID(ids[0]), body="inzwischen", public=False)
    assert (await (await sign_in("wu", role="agent")).post(f"{API}/bulk/{bulk_id}/undo")).status_code == 404
    assert (await agent.post(f"{API}/bulk/{bulk_id}/undo")).status_code == 202
    undone = await _done(agent, f"/bulk/{bulk_id}", states=("undone",))
    assert (undone["restored"], undone["kept"]) == (1, 1) and not undone["may_undo"]
    kept = (await agent.get(f"{API}/bulk/{bulk_id}/items", params={"state": "kept"})).json()["items"]
    assert kept[0]["ticket_id"] == ids[3] and kept[0]["why"] == "Somebody has changed it since."
    async with runtime.db.read() as db:
        first = await tickets.facts(db, UUID(ids[0]))
    assert first is not None and (first.priority, first.assignee_id, first.tags) == (1, None, ["vip"])
    assert (await agent.post(f"{API}/bulk/{bulk_id}/undo")).status_code == 409


async def test_a_whole_filter_moves_and_goes_back(seed: Seed, sign_in: SignIn, runtime: Runtime) -> None:
    admin = await sign_in("boss")
    await seed(
        rows=[
            {"status": "open", "state": "open"},
            {"status": "open", "state": "open"},
            {"status": "new", "state": "new"},
        ]
    )
    query = {"filter": {"fact": "status", "op": "is", "value": "open"}}
    action = {"status": "pending", "comment": "请稍候", "public": True}
    started = await admin.post(f"{API}/bulk", json={"query": query, "action": action})
    assert started.json()["total"] == 2
    done = await _done(admin, f"/bulk/{started.json()['id']}")
    assert done["changed"] == 2
    # A job that starts again (after a crash, say) finds nothing left to do and writes nothing twice.
    job = await runtime.db.run(lambda db: bulk._chunk(db, UUID(done["id"]), "waiting"))
    assert job == 0
    page = (
        await admin.post(f"{API}/query", json={"filter": {"fact": "status", "op": "is", "value": "pending"}})
    ).json()
    assert len(page["items"]) == 2
    async with runtime.db.read() as db:
        timeline = await tickets.timeline(db, Actor.system(), UUID(page["items"][0]["id"]))
    assert [one.body for one in timeline.items if one.kind == "comment"] == ["请稍候"]
    await admin.post(f"{API}/bulk/{done['id']}/undo")
    undone = await _done(admin, f"/bulk/{done['id']}", states=("undone",))
    assert undone["restored"] == 2
    page = (await admin.post(f"{API}/query", json=query)).json()
    assert len(page["items"]) == 2
    for bad in ({"action": action}, {"ids": [str(uuid4())], "action": {}}, {"ids": [], "action": action}):
        assert (await admin.post(f"{API}/bulk", json=bad)).status_code == 422
    assert (await admin.post(f"{API}/bulk", json={"ids": [str(uuid4())], "action": action})).status_code == 404


async def test_an_export_holds_everything_and_runs_nothing(
    seed: Seed, sign_in: SignIn, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 7)
    monkeypatch.setattr(exports, "SHEET_ROWS", 15)
    agent, other = await sign_in("li", role="agent"), await sign_in("wu", role="admin")
    rows = [{"title": f"第 {index} 张", "department_id": None, "data": {"colour": "red"}} for index in range(19)]
    rows.append({"title": '=HYPERLINK("http://x")', "department_id": None, "data": {"remark": "@cmd", "volume": 2.5}})
    await seed(rows=rows)
    columns = ["number", "title", "state", "created_at", "fields.colour", "fields.remark", "fields.volume"]
    body: dict[str, Any] = {"columns": columns, "sort": {"by": "number", "descending": False}}
    made = {}
    for form in ("csv", "xlsx"):
        asked = await agent.post(f"{API}/exports", json={**body, "format": form})
        assert asked.status_code == 202, asked.text
        done = await _done(agent, f"/exports/{asked.json()['id']}")
        assert (done["state"], done["rows"]) == ("done", 20)
        assert (
            (await other.get(done["url"])).status_code
            == 404
            == (await other.get(f"{API}/exports/{done['id']}")).status_code
        )
        answer = await agent.get(done["url"])
        assert answer.status_code == 200
        made[form] = answer.content
    assert made["csv"].startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(made["csv"].decode("utf-8-sig"))))
    assert table[0] == ["Number", "Title", "State", "Created", "colour", "remark", "volume"] and len(table) == 21
    assert table[1][1] == "第 0 张" and table[1][4] == "red"
    assert table[-1][1] == '\'=HYPERLINK("http://x")' and table[-1][5] == "'@cmd" and table[-1][6] == "2.5"
    book = openpyxl.load_workbook(io.BytesIO(made["xlsx"]))
    assert [sheet.max_row for sheet in book.worksheets] == [15, 7]  # the header stands on each
    last = book.worksheets[1].cell(7, 2)
    assert last.value == '=HYPERLINK("http://x")' and last.data_type == "s"
    assert (await agent.post(f"{API}/exports", json={"columns": ["nothing"]})).status_code == 422
