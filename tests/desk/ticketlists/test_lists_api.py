"""Lists, views, groups and search as the console asks for them."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update

from qiao.core.actor import Actor
from qiao.desk.ticketlists.models import TicketListView
from qiao.people.accounts.models import UserRow
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import DepartmentBody
from tests.conftest import SignIn
from tests.desk.ticketlists.conftest import Seed, said

API = "/api/v1/ticket-lists"


async def _found(browser: Any, **body: Any) -> dict[str, Any]:
    answer = await browser.post(f"{API}/query", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_list_in_a_persons_terms(seed: Seed, sign_in: SignIn) -> None:
    admin = await sign_in("boss")
    me = UUID(str(admin.actor_id))
    seeded = await seed(
        rows=[
            {"title": "第一张", "status": "open", "state": "open", "assignee_id": me, "priority": 3, "tags": ["vip"],
             "data": {"colour": "red", "colours": ["red", "blue"], "price": {"minor": 12900, "currency": "CNY"},
                      "secret": "不可见", "phone": "13800138000"}},
            {"title": "第二张", "status": "closed", "state": "closed", "assignee_id": None, "priority": 0, "tags": [],
             "data": {"colour": "blue"}},
            {"title": "第三张", "status": "open", "state": "open", "assignee_id": None, "priority": 1, "tags": ["vip"],
             "data": {}},
        ]
    )  # fmt: skip
    views = {one["shipped"]: one for one in (await admin.get(f"{API}/views")).json()}
    assert views["mine"]["name"] == "My tickets" and views["mine"]["scope"] == "everyone"
    page = await _found(admin, view_id=views["mine"]["id"])
    assert [row["title"] for row in page["items"]] == ["第一张"]
    row = page["items"][0]
    assert row["ref"].startswith("S-") and row["assignee"]["name"] == "Boss" and row["state"]["status"] == "open"
    columns = ["title", "fields.colour", "fields.price", "fields.phone"]
    page = await _found(admin, sort={"by": "priority", "descending": True}, columns=columns)
    assert [row["priority"] for row in page["items"]] == [3, 1, 0]
    assert page["items"][0]["fields"] == {
        "colour": "red", "price": {"minor": 12900, "currency": "CNY"}, "phone": "13800138000",
    }  # fmt: skip
    # A field of certain roles is not there for others: not as a column, not to filter by, not to group by.
    for body in (
        {"columns": ["fields.secret"]},
        {"filter": {"fact": "fields.secret", "op": "is", "value": "不可见"}},
        {"filter": {"match": "any", "conditions": [{"fact": "ticket.weight", "op": "filled"}]}},
        {"cursor": "nonsense"},
    ):
        answer = await admin.post(f"{API}/query", json=body)
        assert answer.status_code == 422 and answer.json()["errors"][0]["message"]
    facts = {one["path"]: one for one in (await admin.get(f"{API}/facts")).json()}
    assert facts["fields.colour"]["label"]["zh-CN"] and facts["fields.colour"]["types"] == ["sample"]
    assert "fields.secret" not in facts and facts["fields.price_minor"]["kind"] == "money"
    counts = (await admin.get(f"{API}/views/counts")).json()
    assert counts[views["mine"]["id"]] == {"count": 1, "more": False}
    assert counts[views["all"]["id"]]["count"] == 3 and counts[views["open"]["id"]]["count"] == 2

    async def groups(by: str, **more: Any) -> list[tuple[Any, int]]:
        answer = await admin.post(f"{API}/groups", json={"by": by, **more})
        assert answer.status_code == 200, answer.text
        return [(one["value"], one["count"]) for one in answer.json()["items"]]

    assert await groups("status") == [("open", 2), ("closed", 1)]
    assert sorted(await groups("tag"), key=str) == [("vip", 2), (None, 1)]
    assert sorted(await groups("fields.colours"), key=str) == [("blue", 1), ("red", 1), (None, 2)]
    assert (await groups("type")) == [("sample", 3)]
    assert (await admin.post(f"{API}/groups", json={"by": "fields.price"})).status_code == 422
    board = (await admin.post(f"{API}/groups", json={"by": "assignee", "open": 3, "rows": 5})).json()["items"]
    assert {one["value"]: [row["title"] for row in one["rows"]["items"]] for one in board} == {
        None: ["第三张", "第二张"] if board[0]["rows"]["items"][0]["title"] == "第三张" else ["第二张", "第三张"],
        str(me): ["第一张"],
    }
    within = await _found(admin, group={"by": "fields.colours", "value": "blue"})
    assert [one["title"] for one in within["items"]] == ["第一张"]
    assert (await _found(admin, group={"by": "tag", "value": None}))["items"][0]["title"] == "第二张"
    assert len(seeded.tickets) == 3


async def test_views_belong_to_somebody(seed: Seed, sign_in: SignIn, runtime: Any) -> None:
    await seed(1)
    async with runtime.db.transaction() as db:
        store = await organization.create_department(db, Actor.system(), DepartmentBody(name="仓储"))
    li, wu, boss = (await sign_in("li", role="agent"), await sign_in("wu", role="agent"), await sign_in("boss"))
    for one in (li, wu):
        async with runtime.db.transaction() as db:
            await db.execute(update(UserRow).where(UserRow.id == one.actor_id).values(department_id=store.id))
    body = {"filter": {"fact": "status", "op": "is", "value": "open"}, "columns": ["title"], "group": "status"}
    own = (await li.post(f"{API}/views", json={"name": " 我 的 ", "body": body})).json()
    shared = (await li.post(f"{API}/views", json={"name": "仓库", "scope": "department", "body": body})).json()
    assert own["name"] == "我 的" and own["may_edit"] and shared["department"] == "仓储"
    names = {one["name"] for one in (await wu.get(f"{API}/views")).json()}
    assert "仓库" in names and "我 的" not in names
    assert (await wu.get(f"{API}/views/{own['id']}")).status_code == 404
    assert (await wu.post(f"{API}/query", json={"view_id": own["id"]})).status_code == 404
    assert (await wu.patch(f"{API}/views/{shared['id']}", json={"name": "x", "revision": 1})).status_code == 403
    assert (await li.post(f"{API}/views", json={"name": "x", "scope": "everyone"})).status_code == 403
    changed = await li.patch(f"{API}/views/{shared['id']}", json={"name": "仓库待办", "revision": 1})
    assert changed.json()["revision"] == 2
    late = await li.patch(f"{API}/views/{shared['id']}", json={"name": "旧", "revision": 1})
    assert late.status_code == 409 and late.json()["code"] == "ticketlists.view_changed_meanwhile"
    bad = await li.post(
        f"{API}/views", json={"name": "x", "body": {"filter": {"fact": "fields.nothing", "op": "filled"}}}
    )
    assert bad.json()["errors"][0]["field"] == "body.filter.fact"
    second = (await li.post(f"{API}/views", json={"name": "第二", "body": body})).json()
    ordered = (await li.put(f"{API}/views/order", json={"ids": [second["id"], own["id"]]})).json()
    assert [one["id"] for one in ordered if one["scope"] == "own"] == [second["id"], own["id"]]
    shipped = next(one for one in (await boss.get(f"{API}/views")).json() if one["shipped"] == "open")
    assert (await boss.delete(f"{API}/views/{shipped['id']}")).status_code == 403
    assert (await li.delete(f"{API}/views/{own['id']}")).status_code == 204
    # A view may outlive the field it asks for: it says so and keeps the others' counts.
    async with runtime.db.transaction() as db:
        body_now = {
            "filter": {"fact": "fields.gone", "op": "filled", "value": None},
            "columns": ["title", "fields.gone"],
        }
        await db.execute(update(TicketListView).where(TicketListView.id == UUID(second["id"])).values(body=body_now))
    counts = (await li.get(f"{API}/views/counts")).json()
    assert second["id"] not in counts and shared["id"] in counts
    answer = await li.get(API, params={"view": second["id"]})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "view.fact"


async def test_search_finds_what_is_in_tickets(seed: Seed, sign_in: SignIn) -> None:
    agent = await sign_in("li", role="agent")
    elsewhere = uuid4()
    seeded = await seed(
        rows=[
            {"title": "退款没有到账", "description": "订单 A-778", "department_id": None, "data": {"order_ref": "A-778"}},
            {"title": "打印机坏了", "department_id": None, "entries": [
                said("请看附件", files=[{"file_id": str(uuid4()), "name": "发票扫描件.pdf"}]), said("纸盒卡住")]},
            {"title": "退款没有到账", "department_id": elsewhere},
        ]
    )  # fmt: skip
    found = await _found(agent, q="到账")
    assert [row["title"] for row in found["items"]] == ["退款没有到账"]
    hit = found["items"][0]["hits"][0]
    assert hit["place"] == "title" and [hit["snippet"][a:b] for a, b in hit["spans"]] == ["到账"]
    assert [row["title"] for row in (await _found(agent, q="发票 纸盒"))["items"]] == ["打印机坏了"]
    assert [row["title"] for row in (await _found(agent, q="A-778"))["items"]] == ["退款没有到账"]
    number = found["items"][0]["number"]
    assert [row["number"] for row in (await _found(agent, q=f"S-{number}"))["items"]] == [number]
    held = {"fact": "fields.order_ref", "op": "is", "value": "A-1"}
    assert (await _found(agent, q="到账", filter=held))["items"] == []
    assert (await _found(agent, q="没有的词语"))["items"] == []
    everything = (await agent.get("/api/v1/search", params={"q": "到账"})).json()
    assert [one["ticket"]["title"] for one in everything["tickets"]] == ["退款没有到账"]
    assert everything["tickets"][0]["hits"][0]["spans"]
    only = (await agent.get("/api/v1/search", params={"q": "到账", "types": "customers"})).json()
    assert only["tickets"] == []
    assert seeded.tickets
