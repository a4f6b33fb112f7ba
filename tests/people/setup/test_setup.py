"""The first run, over HTTP."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

from qiao.core.runtime import Runtime

SETUP = "/api/v1/setup"
BODY: dict[str, Any] = {
    "company": {"name": "木棉生活", "locale": "zh-CN", "timezone": "Asia/Shanghai"},
    "admin": {"name": "林小满", "email": "Lin@kapok.example", "password": "three happy pandas"},
    "inbox": {"name": "官网", "site_url": "https://www.kapok.example/home"},
}


async def test_one_step_makes_a_company_that_works(client: httpx.AsyncClient) -> None:
    assert (await client.get(SETUP)).json() == {"done": False}
    response = await client.post(SETUP, json=BODY)
    assert response.status_code == 201, response.text
    me = response.json()
    assert me["user"]["email"] == "lin@kapok.example" and me["user"]["roles"][0]["key"] == "admin"
    assert me["workspace"]["name"] == "木棉生活" and me["workspace"]["setup_done"] is True
    assert (await client.get("/api/v1/auth/me")).status_code == 200  # signed in
    calendars = (await client.get("/api/v1/calendars")).json()
    assert [c["name"] for c in calendars] == ["每天 24 小时"]
    preview = (await client.get(f"/api/v1/calendars/{calendars[0]['id']}/preview")).json()
    assert preview["open_now"] and len(preview["days"]) == 30 and preview["days"][0]["hours"] == [["00:00", "24:00"]]
    inboxes = (await client.get("/api/v1/inboxes")).json()
    assert [(i["name"], i["channel"]) for i in inboxes] == [("官网", "webchat")]
    assert inboxes[0]["settings"]["allowed_origins"] == ["https://kapok.example", "https://www.kapok.example"]
    assert inboxes[0]["settings"]["greeting"]["zh-CN"]
    assert (await client.get(SETUP)).json() == {"done": True}
    response = await client.post(SETUP, json=BODY)
    assert response.status_code == 409 and response.json()["code"] == "setup_done"


async def test_two_at_once_make_one_company(app: FastAPI, client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.post(SETUP, json=BODY) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]


async def test_nothing_is_left_behind_by_a_refused_one(client: httpx.AsyncClient, runtime: Runtime) -> None:
    weak = BODY | {"admin": BODY["admin"] | {"password": "password123"}}
    response = await client.post(SETUP, json=weak)
    assert response.json()["errors"][0] | {"message": ""} == {
        "field": "admin.password", "code": "password_common", "message": ""
    }  # fmt: skip
    response = await client.post(SETUP, json=BODY | {"company": {"name": "x", "timezone": "Mars/Base"}})
    assert response.json()["errors"][0]["code"] == "timezone_unknown"
    response = await client.post(SETUP, json=BODY, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert (await client.get(SETUP)).json() == {"done": False}
    async with runtime.db.read() as db:
        from qiao.people.organization import service

        assert (await service.get_workspace(db)).name == "" and not await service.list_calendars(db)
