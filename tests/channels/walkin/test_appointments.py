"""Appointments: slots, no double booking whoever tries at once, check-in, not coming; and numbers under concurrency."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from qiao.channels.walkin import jobs
from qiao.channels.walkin.service import sites
from qiao.core import clock
from qiao.core.ids import new_id
from tests.channels.walkin.conftest import API, Branch, said
from tests.conftest import SignIn

NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # nine in Shanghai


async def slots(branch: Branch, prefix: str = "A", first: str = "2026-11-23") -> list[dict[str, Any]]:
    response = await branch.http.get(
        f"{API}/walkin/entry/{branch.keys['join']}/slots",
        params={"service_id": str(branch.services[prefix]), "first": first},
    )
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()
    return found


async def book(branch: Branch, starts_at: str, **more: Any) -> httpx.Response:
    body = {
        "service_id": str(branch.services["A"]),
        "starts_at": starts_at,
        "name": "Sun Lan",
        "phone": "13800138000",
        "client_key": str(new_id()),
        "device": str(new_id()),
        "locale": "en",
        **more,
    }
    return await branch.http.post(f"{API}/walkin/entry/{branch.keys['join']}/appointments", json=body)


async def test_booked_checked_in_and_called_before_who_came_earlier(branch: Branch, sign_in: SignIn) -> None:
    with clock.frozen(NINE):
        li = await sign_in("li", role="agent")
        days = await slots(branch)
        assert [day["day"] for day in days][:2] == ["2026-11-23", "2026-11-24"]
        assert days[0]["slots"][0] == {
            "starts_at": "2026-11-23T01:30:00Z",
            "ends_at": "2026-11-23T02:00:00Z",
            "free": 1,
        }
        made = (await book(branch, "2026-11-23T02:00:00Z", client_key="booked-once")).json()
        again = (await book(branch, "2026-11-23T02:00:00Z", client_key="booked-once")).json()
        assert made["secret"] == again["secret"] and len(made["code"]) == 6
        assert "Sun Lan" not in str(made) and "138" not in str({**made, "code": "", "secret": "", "path": ""})
        assert (await slots(branch))[0]["slots"][1]["free"] == 0
        full = await book(branch, "2026-11-23T02:00:00Z")
        assert (full.status_code, full.json()["code"]) == (409, "walkin.slot_full")
        odd = await book(branch, "2026-11-23T02:10:00Z")
        assert odd.json()["errors"][0]["code"] == "walkin.slot_unknown"
        early = await branch.http.post(f"{API}/walkin/appointments/{made['secret']}/check-in")
        assert early.json()["code"] == "walkin.too_early"
    with clock.frozen(NINE + timedelta(minutes=40)):
        first = await branch.take()
    with clock.frozen(NINE + timedelta(minutes=50)):
        typed = {"code": made["code"]}
        checked = await branch.http.post(f"{API}/walkin/entry/{branch.keys['kiosk']}/check-in", json=typed)
        visit = checked.json()
        assert (visit["code"], visit["ahead"]) == ("A002", 0)
        twice = await branch.http.post(f"{API}/walkin/appointments/{made['secret']}/check-in")
        assert twice.json()["secret"] == visit["secret"]
        assert (await branch.visitor(first))["ahead"] == 1
        held = (await branch.http.get(f"{API}/walkin/appointments/{made['secret']}")).json()
        assert (held["state"], held["visit_path"]) == ("checked_in", visit["path"])
        await branch.opens(li, "1")
        called = await branch.calls(li)
        assert (called["code"], called["appointment_name"], called["customer"]) == ("A002", "Sun Lan", None)
        talk = (await li.get(f"{API}/conversations/{called['conversation_id']}")).json()
        assert talk["customer"]["name"] == "Sun Lan", "named as they booked, though nobody has checked it"
        desk = await branch.desk(li)
        assert [(b["name"], b["state"]) for b in desk["appointments"]] == [("Sun Lan", "checked_in")]


async def test_cancelled_gives_the_place_back_and_who_does_not_come_is_noted(branch: Branch, sign_in: SignIn) -> None:
    with clock.frozen(NINE):
        li = await sign_in("li", role="agent")
        made = (await book(branch, "2026-11-23T02:00:00Z")).json()
        for _ in range(2):
            gone = await branch.http.post(f"{API}/walkin/appointments/{made['secret']}/cancel")
            assert gone.json()["state"] == "cancelled"
        assert (await slots(branch))[0]["slots"][1]["free"] == 1
        path = f"{API}/counter/sites/{branch.site_id}/appointments"
        spec = {"service_id": str(branch.services["A"]), "starts_at": "2026-11-23T02:00:00Z", "name": "Sun Lan"}
        staff = await said(li, path, {**spec, "client_key": "by-staff-1", "phone": "13800138000"})
        assert staff["phone"] != "13800138000", "masked for staff, too"
        too_soon = await li.post(f"{API}/counter/appointments/{staff['id']}/no-show")
        assert too_soon.json()["code"] == "walkin.not_begun"
    with clock.frozen(NINE + timedelta(hours=1, minutes=20)):
        await jobs.sweep(branch.runtime)
        listed = (await li.get(path)).json()["items"]
        assert sorted(b["state"] for b in listed) == ["booked", "cancelled"]
    with clock.frozen(NINE + timedelta(hours=1, minutes=40)):
        await jobs.sweep(branch.runtime)
        listed = (await li.get(path, params={"limit": 1})).json()
        rest = (await li.get(path, params={"cursor": listed["next_cursor"]})).json()
        assert sorted(b["state"] for b in listed["items"] + rest["items"]) == ["cancelled", "no_show"]
        late = await li.post(f"{API}/counter/appointments/{staff['id']}/check-in")
        assert late.json()["code"] == "walkin.appointment_over"


async def test_whom_staff_booked_for_is_known_when_they_come(branch: Branch, sign_in: SignIn) -> None:
    with clock.frozen(NINE):
        admin = await sign_in("admin")
        known = (await admin.post(f"{API}/customers", json={"name": "Sun Lan", "level": "gold"})).json()
        spec = {"service_id": str(branch.services["A"]), "starts_at": "2026-11-23T02:00:00Z", "name": "Mrs Sun"}
        path = f"{API}/counter/sites/{branch.site_id}/appointments"
        booked = await said(admin, path, {**spec, "client_key": "known-one", "customer_id": known["id"]})
    with clock.frozen(NINE + timedelta(minutes=50)):
        visit = (await admin.post(f"{API}/counter/appointments/{booked['id']}/check-in")).json()
        assert (visit["customer"]["id"], visit["appointment_name"]) == (known["id"], "Mrs Sun")


async def test_the_last_place_of_a_slot_is_booked_once_however_many_try(branch: Branch) -> None:
    with clock.frozen(NINE):
        answers = await asyncio.gather(*(book(branch, "2026-11-23T03:00:00Z") for _ in range(12)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [201] + [409] * 11
        same = await asyncio.gather(
            *(book(branch, "2026-11-23T04:00:00Z", client_key="one-and-the-same") for _ in range(6))
        )
        assert {answer.status_code for answer in same} == {201}
        assert len({answer.json()["secret"] for answer in same}) == 1


async def test_numbers_and_calls_under_concurrency(
    branch: Branch, li: httpx.AsyncClient, wang: httpx.AsyncClient
) -> None:
    taken = await asyncio.gather(
        *(branch.take() for _ in range(10)), *(branch.take(client_key="pressed twice") for _ in range(3))
    )
    codes = sorted({visit["code"] for visit in taken})
    assert codes == [f"A{n:03d}" for n in range(1, 12)], "each number once, none left out"
    await branch.opens(li, "1")
    await branch.opens(wang, "2")
    first, second = await asyncio.gather(branch.calls(li), branch.calls(wang))
    assert {first["code"], second["code"]} == {"A001", "A002"}
    # One person presses twice: one visit at the counter.
    await branch.does(li, first, "end", {})
    pressed = await asyncio.gather(*(li.post(f"{API}/counter/next") for _ in range(3)))
    assert sorted(answer.status_code for answer in pressed) == [200, 409, 409]


async def test_closed_services_give_no_numbers(branch: Branch, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    week = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    spec = {"name": "Branch hours", "timezone": "Asia/Shanghai", "weekly": week}
    calendar = await said(admin, f"{API}/calendars", spec)
    listed = (await admin.get(f"{API}/counter/manage/sites")).json()[0]
    service = {k: v for k, v in listed["services"][0].items() if k != "id"}
    path = f"{API}/counter/manage/sites/{branch.site_id}/services/{branch.services['A']}"
    changed = await admin.put(path, json={**service, "calendar_id": calendar["id"]})
    assert changed.status_code == 200, changed.text
    with clock.frozen(NINE - timedelta(hours=2)):
        shut = await branch.try_take()
        assert shut.json()["code"] == "walkin.closed"
        entry = (await branch.http.get(f"{API}/walkin/entry/{branch.keys['join']}")).json()
        assert [(s["open"], s["next_open"]) for s in entry["services"]] == [
            (False, "2026-11-23T01:00:00Z"),
            (True, None),
        ]
        assert [slot["starts_at"][11:16] for slot in (await slots(branch))[0]["slots"]][:2] == ["01:00", "01:30"]
    with clock.frozen(NINE):
        assert (await branch.try_take()).status_code == 201


async def test_managers_shape_sites_and_renew_addresses(branch: Branch, sign_in: SignIn, li: httpx.AsyncClient) -> None:
    admin = await sign_in("admin")
    base = f"{API}/counter/manage/sites"
    # An inbox made in the settings is a site, too.
    inbox = await said(admin, f"{API}/inboxes", {"channel": "walkin", "name": "Hillside"})
    listed = (await admin.get(base)).json()
    assert [site["inbox_id"] for site in listed][1] == inbox["id"]
    hill = listed[1]["id"]
    spec = {"name": {"zh-CN": "开户", "en": ""}, "prefix": "k"}
    made = await said(admin, f"{base}/{hill}/services", spec)
    assert (made["services"][0]["prefix"], made["services"][0]["queue_id"]) == ("K", str(branch.queue_id))
    taken = await admin.post(f"{base}/{hill}/services", json=spec)
    assert (taken.status_code, taken.json()["code"]) == (409, "walkin.prefix_taken")
    for wrong in ({"prefix": "A1"}, {"name": {"zh-CN": "", "en": ""}}, {"queue_id": str(new_id())}, {"handle_s": 0}):
        refused = await admin.post(f"{base}/{hill}/services", json={**spec, "prefix": "Z", **wrong})
        assert refused.status_code == 422, wrong
    assert (await admin.post(f"{base}/{branch.site_id}/counters", json={"name": "1"})).json()[
        "code"
    ] == "walkin.counter_taken"
    patched = await admin.patch(
        f"{base}/{branch.site_id}", json={"rules": {"near": 5}, "title": {"zh-CN": "河滨", "en": "Riverside"}}
    )
    assert (patched.json()["rules"]["near"], patched.json()["rules"]["return_minutes"]) == (5, 30)
    assert (await admin.patch(f"{base}/{branch.site_id}", json={"rules": {"near": 500}})).status_code == 422
    links = {link["kind"]: link for link in (await admin.get(f"{base}/{branch.site_id}/links")).json()}
    assert links["display"]["url"].endswith(f"/walkin/display/{branch.keys['display']}")
    assert links["join"]["qr_svg"].startswith("<svg")
    await said(admin, f"{base}/{branch.site_id}/rotate", {"kind": "join"})
    assert (await branch.try_take()).status_code == 404
    assert (await branch.try_take(key="kiosk")).status_code == 201
    await admin.patch(f"{base}/{branch.site_id}", json={"active": False})
    assert (await branch.try_take(key="kiosk")).status_code == 404
    assert (await li.get(base)).status_code == 403
    async with branch.runtime.db.read() as db:
        assert (await sites.get(db, branch.site_id)).rules.near == 5


async def test_the_day_in_figures(branch: Branch, sign_in: SignIn) -> None:
    with clock.frozen(NINE):
        li = await sign_in("li", role="agent")
    for minute in range(4):
        with clock.frozen(NINE + timedelta(minutes=minute)):
            last = await branch.take("A" if minute < 3 else "B")
    with clock.frozen(NINE + timedelta(minutes=10)):
        await branch.opens(li, "1")
        for _ in range(2):
            visit = await branch.calls(li)
            await branch.does(li, visit, "start")
            with clock.frozen(clock.now() + timedelta(minutes=4)):
                await branch.does(li, visit, "end", {})
        await branch.visitor(last, "cancel")
        viewer = await sign_in("viewer", role="viewer")
        found = (await viewer.get(f"{API}/counter/sites/{branch.site_id}/statistics")).json()
    assert found["day"] == "2026-11-23"
    assert {k: found["total"][k] for k in ("taken", "waiting", "served", "missed", "cancelled")} == {
        "taken": 4,
        "waiting": 1,
        "served": 2,
        "missed": 0,
        "cancelled": 1,
    }
    assert (found["total"]["wait_p50_s"], found["total"]["wait_p90_s"]) == (540.0, 600.0)
    assert found["total"]["handle_mean_s"] == 240.0
    assert [(hour["hour"], hour["taken"]) for hour in found["hours"]] == [(9, 4)]
    with clock.frozen(NINE + timedelta(minutes=20)):
        # Two visits of four minutes move the entered five towards what was measured.
        entry = (await branch.http.get(f"{API}/walkin/entry/{branch.keys['join']}")).json()
        assert entry["services"][0]["estimate_s"] == round((3 * 300 + 2 * 240) / 5)
