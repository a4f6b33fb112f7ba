"""The company, its departments and calendars over HTTP."""

import re
from pathlib import Path
from typing import Any

import httpx
import phonenumbers

import qiao
from qiao.core.runtime import Runtime
from qiao.people.organization import hours, service
from tests.conftest import SignIn

WEEK = {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


async def test_the_workspace_and_its_settings(sign_in: SignIn) -> None:
    admin, agent = await sign_in("boss"), await sign_in("mei", role="agent")
    assert (await agent.get("/api/v1/workspace")).json()["settings"]["reopen_hours"] == 48
    assert (await agent.patch("/api/v1/workspace", json={"name": "x"})).status_code == 403
    response = await admin.patch(
        "/api/v1/workspace", json={"name": " 木棉 ", "timezone": "Europe/Berlin", "settings": {"reopen_hours": 12}}
    )
    assert response.json()["name"] == "木棉" and response.json()["settings"]["reopen_hours"] == 12
    response = await admin.patch("/api/v1/workspace", json={"settings": {"wrap_up_required": True, "tags": ["退款"]}})
    settings = response.json()["settings"]
    assert settings["reopen_hours"] == 12 and settings["wrap_up_required"] and settings["tags"] == ["退款"]
    for body, field in (
        ({"settings": {"nonsense": 1}}, "settings.nonsense"),
        ({"settings": {"reopen_hours": -1}}, "settings.reopen_hours"),
        ({"settings": {"tags": [""]}}, "settings.tags.0"),
        ({"settings": {"phone_region": "ZZ"}}, "settings.phone_region"),
        ({"timezone": "Asia/Nowhere"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"locale": "fr"}, "locale"),
        ({"setup_done": True}, "setup_done"),
    ):
        response = await admin.patch("/api/v1/workspace", json=body)
        assert response.status_code == 422 and response.json()["errors"][0]["field"] == field


def test_the_console_offers_every_country_whose_numbers_are_understood() -> None:
    offered = (
        Path(qiao.__path__[0])
        .parent.joinpath("web/console/src/features/settings/system/regions.ts")
        .read_text(encoding="utf-8")
    )
    assert set(re.findall(r"\b[A-Z]{2}\b", offered)) == phonenumbers.SUPPORTED_REGIONS


async def test_departments_form_a_tree(sign_in: SignIn) -> None:
    admin, agent = await sign_in("boss"), await sign_in("mei", role="agent")
    path = "/api/v1/departments"

    async def add(**body: Any) -> httpx.Response:
        return await admin.post(path, json=body)

    service_id = (await add(name="客服部")).json()["id"]
    night_id = (await add(name="夜班", parent_id=service_id)).json()["id"]
    assert (await add(name="客服部")).json()["errors"][0]["code"] == "name_taken"
    response = await admin.patch(f"{path}/{service_id}", json={"parent_id": night_id})
    assert response.json()["errors"][0]["code"] == "department_circle"
    assert (await admin.delete(f"{path}/{service_id}")).json()["code"] == "department_has_children"
    user = f"/api/v1/users/{agent.actor_id}"
    assert (await admin.patch(user, json={"department_id": night_id})).json()["department_id"] == night_id
    assert {d["name"]: d["users"] for d in (await agent.get(path)).json()} == {"客服部": 0, "夜班": 1}
    assert (await agent.post(path, json={"name": "x"})).status_code == 403
    assert (await admin.delete(f"{path}/{night_id}")).status_code == 204
    assert (await admin.get(user)).json()["department_id"] is None
    assert (await admin.delete(f"{path}/{night_id}")).status_code == 404


async def test_a_calendar_from_birth_to_rest(sign_in: SignIn, runtime: Runtime) -> None:
    admin, agent = await sign_in("boss"), await sign_in("mei", role="agent")
    path = "/api/v1/calendars"
    body = {"name": "办公时间", "weekly": WEEK, "holidays_country": "CN",
            "exceptions": [{"date": "2026-02-25", "hours": [], "name": "盘点"}]}  # fmt: skip
    assert (await agent.post(path, json=body)).status_code == 403
    made = (await admin.post(path, json=body)).json()
    assert made["weekly"]["sun"] == [] and made["weekly"]["mon"] == WEEK["mon"]
    one = f"{path}/{made['id']}"
    preview = (await agent.get(f"{one}/preview", params={"from": "2026-02-13", "days": 14, "locale": "zh-CN"})).json()
    days = {day["date"]: day for day in preview["days"]}
    assert days["2026-02-13"]["reason"] == "weekly" and days["2026-02-14"]["reason"] == "makeup"
    assert days["2026-02-17"] | {"clock_change": False} == {
        "date": "2026-02-17", "hours": [], "reason": "holiday", "name": "Spring Festival", "clock_change": False
    }  # fmt: skip
    assert days["2026-02-25"]["name"] == "盘点" and days["2026-02-25"]["reason"] == "exception"
    changed = (await admin.patch(one, json={"weekly": {"mon": [["22:00", "06:00"]]}, "holidays_country": None})).json()
    assert changed["weekly"]["tue"] == [] and changed["holidays_country"] is None and changed["exceptions"]
    async with runtime.db.read() as db:
        calendar = await service.get_calendar(db, made["id"])
    assert calendar.weekly[0] == ((1320, 1800),) and isinstance(calendar, hours.Calendar)
    inbox = await admin.post("/api/v1/inboxes", json={"channel": "webchat", "name": "x", "calendar_id": made["id"]})
    assert inbox.status_code == 201
    response = await admin.delete(one)
    assert response.status_code == 409 and response.json()["code"] == "inbox_calendar_in_use"
    assert "“x”" in response.json()["detail"]
    await admin.patch(f"/api/v1/inboxes/{inbox.json()['id']}", json={"calendar_id": None})
    queue = (await admin.post("/api/v1/queues", json={"name": "Day", "calendar_id": made["id"]})).json()
    response = await admin.delete(one)
    assert response.status_code == 409 and response.json()["code"] == "routing.calendar_in_use"
    await admin.patch(f"/api/v1/queues/{queue['id']}", json={"calendar_id": None})
    assert (await admin.delete(one)).status_code == 204
    assert (await admin.get(one)).json()["code"] == "calendar_not_found"


async def test_calendars_that_make_no_sense(sign_in: SignIn) -> None:
    admin = await sign_in("boss")
    bad: list[tuple[dict[str, Any], str, str]] = [
        ({"weekly": {"mon": [["9:00", "18:00"]]}}, "weekly", "hours_invalid"),
        ({"weekly": {"mon": [["09:00", "13:00"], ["12:00", "18:00"]]}}, "weekly", "hours_overlap"),
        ({"weekly": {"monday": []}}, "weekly", "weekday_unknown"),
        ({"weekly": {"mon": [["09:00"]]}}, "weekly.mon.0", "list_too_short"),
        ({"timezone": "UTC+8"}, "timezone", "timezone_unknown"),
        ({"holidays_country": "XX"}, "holidays_country", "holidays_country_unknown"),
        ({"exceptions": [{"date": "2026-01-01"}, {"date": "2026-01-01"}]}, "exceptions", "exception_twice"),
        ({"exceptions": [{"date": "2026-02-30"}]}, "exceptions.0.date", "date_invalid"),
    ]
    for part, field, code in bad:
        response = await admin.post("/api/v1/calendars", json={"name": "x"} | part)
        assert response.status_code == 422
        assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [(field, code)]
