"""A refund across departments: chat, ticket, warehouse, approval, money, rating, closed – every promise kept or explained."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.types import service as types
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import Profile
from qiao.people.orders import service as orders
from qiao.people.orders.schemas import OrderBody
from tests.conftest import SignIn
from tests.desk.conversations.desk import SYSTEM, Desk

API = "/api/v1"


class Company(Desk):
    """The service department, a warehouse, and a customer with an order."""

    customer_id: UUID
    departments: dict[str, str]

    async def begin(self, admin: httpx.AsyncClient, **people: httpx.AsyncClient) -> "Company":
        await self.open(bot=False)
        await self.run(types.install)
        profile = Profile(name="苏晚晴", phone="19900000101")
        ref = await self.run(customers.resolve_identity, self.inbox_id, "external", "c001", True, profile)
        self.customer_id = UUID(str(ref.id))
        body = OrderBody.model_validate(
            {
                "customer_id": self.customer_id, "status": "delivered", "placed_at": datetime(2026, 3, 1, tzinfo=UTC),
                "total_minor": 39900, "items": [{"name": "空气炸锅", "quantity": 1, "unit_price_minor": 39900}],
            }
        )  # fmt: skip
        await self.run(orders.put, SYSTEM, "KL80010077", body)
        self.departments = {}
        for name in ("客服部", "仓储部"):
            made = await admin.post(f"{API}/departments", json={"name": name})
            self.departments[name] = made.json()["id"]
        for name, browser in people.items():
            place = self.departments["仓储部" if name == "warehouse" else "客服部"]
            done = await admin.patch(f"{API}/users/{browser.actor_id}", json={"department_id": place})
            assert done.status_code == 200, done.text
        return self


@pytest.fixture
async def company(runtime: Runtime) -> Company:
    return Company(runtime)


async def ok(call: Any, status: int = 200) -> Any:
    answer = await call
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_refund_from_the_chat_to_the_closed_ticket(company: Company, sign_in: SignIn) -> None:
    admin = await sign_in()
    agent, lead = await sign_in("li", role="agent"), await sign_in("zhou", role="supervisor")
    warehouse = await sign_in("wang", role="back_office")
    await company.begin(admin, agent=agent, lead=lead, warehouse=warehouse)
    hours = {"business": False, "minutes": [60, 60, 60, 60]}
    policy = {"name": "标准", "targets": dict.fromkeys(("first_response", "next_response", "resolution"), hours)}
    await ok(admin.post(f"{API}/sla/policies", json=policy), 201)
    talk = (
        await company.write(company.customer_id, "我要退货，订单 KL80010077 的空气炸锅有质量问题，退 399 元")
    ).conversation_id
    await company.run(_assign, talk, agent.actor_id)

    # One key: everything that was said is filled in.
    draft = await ok(agent.get(f"{API}/tickets/prefill", params={"conversation_id": str(talk)}))
    assert draft["type_key"] == "refund"
    assert draft["fields"]["order"] == "KL80010077"
    fields = {"kind": "return", "reason": "quality", **draft["fields"], "amount": {"minor": 39900, "currency": "CNY"}}
    body = {
        "type_key": "refund", "title": draft["title"], "description": draft["description"], "fields": fields,
        "conversation_id": str(talk), "source": "conversation", "department_id": company.departments["客服部"],
    }  # fmt: skip
    ticket = await ok(agent.post(f"{API}/tickets", json=body), 201)
    path = f"{API}/tickets/{ticket['id']}"
    assert (await ok(warehouse.get(path), 404))["code"], "not theirs until they are asked"
    await ok(agent.post(f"{path}/move", json={"transition": "check"}))
    await ok(agent.post(f"{path}/move", json={"transition": "await_goods"}))
    assert any("请把商品寄回" in one.body for one in await _told(company, talk))

    # The warehouse does its part.
    task = await ok(
        agent.post(
            f"{path}/tasks",
            json={"title": "验收退货", "department_id": company.departments["仓储部"], "blocking": True},
        ),
        201,
    )
    view = await ok(agent.get(path))
    assert (view["status"], view["waiting_on"]["kind"], view["waiting_on"]["name"]) == (
        "on_hold",
        "department",
        "仓储部",
    )
    queue = await ok(warehouse.get(f"{API}/tasks"))
    assert [one["id"] for one in queue["items"]] == [task["id"]]
    assert (await ok(warehouse.get(path)))["title"] == ticket["title"]
    refused = await warehouse.patch(path, json={"priority": 3})
    assert refused.status_code in (403, 404)
    await ok(warehouse.post(f"{API}/tasks/{task['id']}/accept"))
    await ok(warehouse.post(f"{API}/tasks/{task['id']}/finish", json={"result": "完好，已入库"}))

    # Money over 200 CNY needs the supervisor; nobody agrees with themselves.
    view = await ok(agent.get(path))
    if view["state"]["key"] == "waiting_goods":
        await ok(agent.post(f"{path}/move", json={"transition": "goods_back", "fields": {"inspection": "fine"}}))
    blocked = await agent.post(f"{path}/move", json={"transition": "approve"})
    assert blocked.status_code == 409, blocked.text
    asked = await ok(
        agent.post(f"{path}/approvals", json={"transition": "approve", "reason": "质量问题，验货完好"}), 201
    )
    assert asked["amount"] == {"minor": 39900, "currency": "CNY"}
    assert (await agent.post(f"{API}/approvals/{asked['id']}/decide", json={"verdict": "approve"})).status_code in (
        403,
        404,
    )
    waiting = await ok(lead.get(f"{API}/approvals"))
    assert [one["id"] for one in waiting["items"]] == [asked["id"]]
    await ok(lead.post(f"{API}/approvals/{asked['id']}/decide", json={"verdict": "approve", "comment": "同意"}))
    await company.runtime.reactions.settled()
    assert (await ok(agent.get(path)))["state"]["key"] == "approved", "granted, so the ticket went on by itself"

    # The customer is told, rates, and it is over.
    await ok(agent.post(f"{path}/move", json={"transition": "refund"}))
    assert any("399" in one.body and "退回" in one.body for one in await _told(company, talk))
    customer = Actor(kind="customer", id=company.customer_id, name="苏晚晴")
    await company.run(tickets.rate, customer, UUID(ticket["id"]), 5, "很快")
    await ok(agent.post(f"{path}/move", json={"transition": "close"}))
    view = await ok(agent.get(path))
    assert (view["status"], view["rating"]) == ("closed", 5)

    clocks = (await ok(agent.get(f"{API}/sla/tickets/{ticket['id']}")))["items"]
    assert {one["kind"]: (one["state"], one["breached_at"]) for one in clocks} == {
        "first_response": ("met", None),
        "resolution": ("met", None),
    }
    timeline = await ok(agent.get(f"{path}/timeline"))
    events = {one["payload"].get("type") for one in timeline["items"] if one["kind"] == "event"}
    assert {"task.created", "task.finished", "approval.requested", "approval.granted"} <= events
    assert [one["seq"] for one in timeline["items"]] == sorted(one["seq"] for one in timeline["items"])


async def _assign(db: Any, conversation_id: UUID, user_id: UUID) -> None:
    from qiao.desk.conversations import service as conversations

    await conversations.assign(db, SYSTEM, conversation_id, user_id)


async def _told(company: Company, conversation_id: UUID) -> list[Any]:
    await company.runtime.reactions.settled()
    return [one for one in await company.transcript(conversation_id) if one.author.kind in ("user", "bot", "system")]
