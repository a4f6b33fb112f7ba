"""Policies, reasons, the preview and the report over HTTP: who may what, what is refused, what is shown."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from qiao.core import clock
from qiao.desk.sla import service
from qiao.desk.sla.service import policies
from qiao.desk.tickets import service as tickets
from tests.conftest import SignIn
from tests.desk.sla.promises import SYSTEM, Promises

URL = "/api/v1/sla"
GRID = {"first_response": {"business": True, "minutes": [240, 120, 60, 30]}}


async def made(browser: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    response = await browser.post(f"{URL}/policies", json={"name": "Standard", "targets": GRID, **values})
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def faults(browser: httpx.AsyncClient, **values: Any) -> dict[str, str]:
    response = await browser.post(f"{URL}/policies", json={"name": "Faulty", "targets": GRID, **values})
    assert response.status_code == 422, response.text
    return {one["field"].removeprefix("body."): one["code"] for one in response.json()["errors"]}


async def test_policies_are_made_ordered_changed_and_taken_away(sign_in: SignIn, office: Promises) -> None:
    boss, agent = await sign_in("boss"), await sign_in("li", role="agent")
    for method, path in (("GET", "/policies"), ("POST", "/policies"), ("PUT", "/policies/order"), ("GET", "/breaches")):
        assert (await agent.request(method, URL + path, json={})).status_code == 403
    calendar = str(office.calendar_id)
    one = await made(boss, calendar_id=calendar)
    two = await made(boss, name="VIP", calendar_id=calendar)
    assert (two["position"], two["revision"], two["pause_on"]) == (1, 1, ["pending"])
    assert [p["name"] for p in (await boss.get(f"{URL}/policies")).json()] == ["Standard", "VIP"]
    ordered = await boss.put(f"{URL}/policies/order", json={"ids": [two["id"], one["id"]]})
    assert [p["name"] for p in ordered.json()] == ["VIP", "Standard"]
    half = await boss.put(f"{URL}/policies/order", json={"ids": [two["id"]]})
    assert half.status_code == 409 and half.json()["code"] == "sla.order_incomplete"
    body = {key: one[key] for key in ("name", "targets", "calendar_id", "ladder", "pause_on", "active")}
    changed = await boss.put(f"{URL}/policies/{one['id']}", json={**body, "name": "All", "revision": 1})
    assert changed.status_code == 200 and (changed.json()["name"], changed.json()["revision"]) == ("All", 2)
    stale = await boss.put(f"{URL}/policies/{one['id']}", json={**body, "revision": 1})
    assert stale.status_code == 409 and stale.json()["code"] == "sla.policy_changed_meanwhile"
    kept = await boss.delete(f"/api/v1/calendars/{calendar}")
    assert (kept.status_code, kept.json()["code"]) == (409, "sla.calendar_in_use")
    assert (await boss.delete(f"{URL}/policies/{two['id']}")).status_code == 204
    assert (await boss.get(f"{URL}/policies/{two['id']}")).status_code == 404


async def test_what_cannot_work_is_refused_where_it_stands(sign_in: SignIn, office: Promises) -> None:
    boss = await sign_in("boss")
    calendar = str(office.calendar_id)
    assert await faults(boss) == {"calendar_id": "sla.calendar_needed"}
    nowhere = "018f0000-0000-7000-8000-000000000000"
    assert await faults(boss, calendar_id=nowhere) == {"calendar_id": "sla.calendar_unknown"}
    nothing = {"resolution": {"business": False, "minutes": [None, None, None, None]}}
    assert await faults(boss, targets=nothing) == {"targets": "sla.no_target"}
    ladder = [
        {"id": "a", "when": {"at": "percent", "value": 50}, "action": {"do": "escalate"}},
        {"id": "a", "when": {"at": "after", "value": 0}, "action": {"do": "reassign", "department_id": nowhere}},
    ]
    assert await faults(boss, calendar_id=calendar, ladder=ladder) == {
        "ladder.1.id": "sla.step_twice",
        "ladder.1.action": "sla.department_unknown",
    }
    wrong = [{"id": "a", "when": {"at": "percent", "value": 100}, "action": {"do": "escalate"}}]
    assert list((await faults(boss, calendar_id=calendar, ladder=wrong)).values()) == ["sla.percent_range"]
    deep: dict[str, Any] = {"fact": "ticket.priority", "op": "is", "value": 3}
    for _ in range(9):
        deep = {"match": "all", "conditions": [deep]}
    assert await faults(boss, calendar_id=calendar, conditions=deep) == {"conditions": "sla.conditions_too_deep"}
    await made(boss, calendar_id=calendar)
    assert await faults(boss, name="Standard", calendar_id=calendar) == {"name": "name_taken"}


async def test_a_preview_says_what_a_policy_would_have_done(sign_in: SignIn, office: Promises) -> None:
    boss = await sign_in("boss")
    now = clock.now()
    slow = await office.ticket(now - timedelta(hours=5))
    await office.says(slow, now - timedelta(hours=3))
    quick = await office.ticket(now - timedelta(hours=4))
    await office.says(quick, now - timedelta(hours=4) + timedelta(minutes=5))
    await office.ticket(now - timedelta(hours=6), priority=0)
    policy = {
        "name": "New",
        "targets": {"first_response": {"business": False, "minutes": [None, 60, 60, 60]}},
        "conditions": {"fact": "ticket.type", "op": "in", "value": ["anything"]},
    }
    number = str((await office.facts(quick)).number)
    found = (await boss.post(f"{URL}/policies/preview", json={"policy": policy, "ticket": number})).json()
    assert (found["looked_at"], found["matched"], found["promises"]) == (3, 3, 2)
    assert [(miss["id"], miss["kind"], miss["took_s"]) for miss in found["missed"]] == [
        (str(slow), "first_response", 7200)
    ]
    assert found["ticket"]["applies"] and found["ticket"]["taken_by"] is None
    assert [one["target_s"] for one in found["ticket"]["promises"]] == [3600]
    # A policy above takes the ticket first.
    await office.policy("Above", targets=policy["targets"])
    again = (await boss.post(f"{URL}/policies/preview", json={"policy": policy, "ticket": number})).json()
    assert (again["ticket"]["taken_by"], again["matched"]) == ("Above", 0)
    unknown = await boss.post(f"{URL}/policies/preview", json={"policy": policy, "ticket": "999999"})
    assert unknown.status_code == 404


async def test_why_a_promise_was_broken_is_said_shown_and_counted(sign_in: SignIn, office: Promises) -> None:
    boss, li = await sign_in("boss"), await sign_in("li", role="agent")
    await office.policy("Answers", targets={"first_response": {"business": False, "minutes": [60, 60, 60, 60]}})
    now = clock.now()
    broken = await office.ticket(now - timedelta(hours=3))
    await office.says(broken, now - timedelta(hours=1))
    kept = await office.ticket(now - timedelta(minutes=30))
    await office.says(kept, now - timedelta(minutes=10))
    worse = await office.ticket(now - timedelta(hours=4))
    await service.sweep(office.runtime, now, 100)
    listed = [{"key": "volume", "label": {"en": "Too many tickets"}}]
    assert (await li.put(f"{URL}/reasons", json={"reasons": listed})).status_code == 403
    assert (await boss.put(f"{URL}/reasons", json={"reasons": listed})).status_code == 200
    clocks = (await li.get(f"{URL}/tickets/{broken}")).json()
    (one,) = clocks["items"]
    assert (one["state"], one["elapsed_s"], one["policy"]["name"]) == ("met", 7200, "Answers")
    assert one["breached_at"] is not None and clocks["may_explain"] and clocks["reasons"][0]["key"] == "volume"
    path = f"{URL}/clocks/{one['id']}/reason"
    assert (await li.put(path, json={"key": "nonsense"})).json()["errors"][0]["code"] == "sla.reason_unknown"
    assert (await li.put(path, json={"text": "  "})).json()["errors"][0]["code"] == "sla.reason_needed"
    said = await li.put(path, json={"key": "volume", "text": "Monday"})
    reason = said.json()["items"][0]["reason"]
    assert (reason["key"], reason["text"], reason["by"]) == ("volume", "Monday", "Li")
    (fine,) = (await li.get(f"{URL}/tickets/{kept}")).json()["items"]
    refused = await li.put(f"{URL}/clocks/{fine['id']}/reason", json={"key": "volume"})
    assert refused.status_code == 409 and refused.json()["code"] == "sla.not_breached"
    assert (await li.get(f"{URL}/tickets/018f0000-0000-7000-8000-000000000000")).status_code == 404
    report = (await boss.get(f"{URL}/breaches")).json()
    assert (report["kept"], report["broken"]) == (1, 2)
    assert {(group["policy"], group["reason_key"], group["count"]) for group in report["groups"]} == {
        ("Answers", "volume", 1),
        ("Answers", None, 1),
    }
    assert [item["subject_id"] for item in report["items"]] == [str(broken), str(worse)]
    first = (await boss.get(f"{URL}/breaches", params={"limit": 1})).json()
    second = (await boss.get(f"{URL}/breaches", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [first["items"][0]["subject_id"], second["items"][0]["subject_id"]] == [str(broken), str(worse)]
    narrowed = (await boss.get(f"{URL}/breaches", params={"reason": "none"})).json()
    assert [item["subject_id"] for item in narrowed["items"]] == [str(worse)]
    old = {"until": datetime(2020, 1, 1, tzinfo=UTC).isoformat(), "since": datetime(2019, 1, 1, tzinfo=UTC).isoformat()}
    assert (await boss.get(f"{URL}/breaches", params=old)).json()["broken"] == 0


async def test_a_broken_promise_says_by_which_target(sign_in: SignIn, office: Promises) -> None:
    li = await sign_in("li", role="agent")
    await office.policy("Answers", targets={"first_response": {"business": False, "minutes": [240, 60, 30, 10]}})
    now = clock.now()
    early = now - timedelta(hours=2)

    async def one(ticket_id: UUID) -> dict[str, Any]:
        (found,) = (await li.get(f"{URL}/tickets/{ticket_id}")).json()["items"]
        assert isinstance(found, dict)
        return found

    async def prioritized(ticket_id: UUID, priority: int, at: datetime) -> None:
        await office.do(lambda db: tickets.set_priority(db, SYSTEM, ticket_id, priority), at)

    eased = await office.ticket(early)
    await service.sweep(office.runtime, now, 100)
    assert (await one(eased))["broken_target_s"] is None, "the target that holds is the one that was missed"
    await prioritized(eased, 0, now)
    seen = await one(eased)
    assert (seen["state"], seen["target_s"], seen["broken_target_s"]) == ("breached", 240 * 60, 60 * 60)
    assert not seen["broken_by_change"]

    hurried = await office.ticket(early)
    raised = early + timedelta(minutes=20)
    await prioritized(hurried, 3, raised)
    await service.sweep(office.runtime, now, 100)
    seen = await one(hurried)
    assert (seen["breached_at"], seen["broken_target_s"], seen["broken_by_change"]) == (
        raised.isoformat().replace("+00:00", "Z"),
        None,
        True,
    )


async def test_a_company_starts_with_policies_and_reasons_once(sign_in: SignIn, office: Promises) -> None:
    boss = await sign_in("boss")
    assert office.calendar_id is not None
    calendar_id = office.calendar_id
    await office.do(lambda db: policies.make_shipped(db, calendar_id, "zh-CN"))
    names = [policy["name"] for policy in (await boss.get(f"{URL}/policies")).json()]
    assert names == ["VIP 客户", "标准"]
    assert len((await boss.get(f"{URL}/reasons")).json()) == len(policies.REASONS)
    for policy in (await boss.get(f"{URL}/policies")).json():
        assert (await boss.delete(f"{URL}/policies/{policy['id']}")).status_code == 204
    await office.do(lambda db: policies.make_shipped(db, calendar_id, "zh-CN"))
    assert (await boss.get(f"{URL}/policies")).json() == []
