"""Signing in, sessions, passwords, rate limits, cross-site refusal."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from qiao.core import clock
from qiao.core.realtime import Connection, Hub
from qiao.core.runtime import Runtime
from qiao.people.accounts import limits
from qiao.people.accounts.identity import identify
from qiao.people.accounts.models import SessionRow, UserRow
from tests.conftest import BASE, PASSWORD, SignIn
from tests.ears import Ear

LOGIN = "/api/v1/auth/login"
ME = "/api/v1/auth/me"


async def test_a_session_is_a_hash_in_the_database_and_a_careful_cookie(sign_in: SignIn, runtime: Runtime) -> None:
    browser = await sign_in("li")
    response = await browser.post(LOGIN, json={"email": " LI@qiao.test ", "password": PASSWORD, "remember": True})
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie and "Max-Age=" in cookie
    assert "Secure" not in cookie  # the test server speaks http
    token = response.cookies["qiao_session"]
    async with runtime.db.read() as db:
        hashes = (await db.execute(select(SessionRow.token_hash))).scalars().all()
        dump = str((await db.execute(text("SELECT * FROM sessions"))).mappings().all())
    assert len(hashes) == 2 and all(len(h) == 32 for h in hashes) and token not in dump
    body = response.json()
    assert body["user"]["email"] == "li@qiao.test" and "users.manage" in body["permissions"]
    assert body["workspace"]["settings"]["reopen_hours"] == 48
    assert "password" not in response.text.replace("must_change_password", "")


async def test_me_needs_a_session_and_says_so_in_the_readers_language(client: httpx.AsyncClient) -> None:
    response = await client.get(ME)
    assert response.status_code == 401 and response.json()["code"] == "sign_in_required"
    response = await client.get(ME, headers={"Accept-Language": "zh-CN"})
    assert response.json()["detail"] == "请先登录。"
    response = await client.get(ME, headers={"Cookie": "qiao_session=made-up"})
    assert response.status_code == 401 and response.json()["code"] == "sign_in_again"


@pytest.mark.parametrize("email", ["li@qiao.test", "nobody@qiao.test", "a\x00b@qiao.test", "not an address"])
async def test_a_wrong_password_and_an_unknown_person_look_the_same(
    sign_in: SignIn, client: httpx.AsyncClient, email: str
) -> None:
    await sign_in("li")
    response = await client.post(LOGIN, content=_json(email, "wrong password 1"), headers=_JSON)
    assert response.status_code == 401 and response.json()["code"] == "login_failed"
    assert "set-cookie" not in response.headers


_JSON = {"Content-Type": "application/json"}


def _json(email: str, password: str) -> bytes:
    import json

    return json.dumps({"email": email, "password": password}).encode()


async def test_too_many_tries_are_refused_even_with_the_right_password(
    sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    await sign_in("li")
    await sign_in("wu")
    for _ in range(limits.PER_ACCOUNT_AND_ADDRESS):
        response = await client.post(LOGIN, json={"email": "li@qiao.test", "password": "wrong"})
        assert response.status_code == 401
    response = await client.post(LOGIN, json={"email": "li@qiao.test", "password": PASSWORD})
    assert response.status_code == 429 and response.json()["code"] == "login_rate_limited"
    assert 0 < int(response.headers["Retry-After"]) <= limits.WINDOW.total_seconds() + 1
    # Somebody else at the same address is not locked out; and the window ends.
    assert (await client.post(LOGIN, json={"email": "wu@qiao.test", "password": PASSWORD})).status_code == 200
    with clock.frozen(datetime.now(UTC) + limits.WINDOW + timedelta(seconds=2)):
        assert (await client.post(LOGIN, json={"email": "li@qiao.test", "password": PASSWORD})).status_code == 200


async def test_an_address_that_tries_many_accounts_is_refused(
    sign_in: SignIn, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PER_ADDRESS", 5)
    await sign_in("li")
    for number in range(5):
        await client.post(LOGIN, json={"email": f"guess{number}@qiao.test", "password": "wrong"})
    response = await client.post(LOGIN, json={"email": "li@qiao.test", "password": PASSWORD})
    assert response.status_code == 429


async def test_a_success_forgives_earlier_slips(sign_in: SignIn, client: httpx.AsyncClient) -> None:
    await sign_in("li")
    for _ in range(3):
        for _ in range(limits.PER_ACCOUNT_AND_ADDRESS - 1):
            await client.post(LOGIN, json={"email": "li@qiao.test", "password": "wrong"})
        assert (await client.post(LOGIN, json={"email": "li@qiao.test", "password": PASSWORD})).status_code == 200


class TestCrossSite:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": BASE, "Sec-Fetch-Site": "cross-site"},
            {"Origin": BASE, "Sec-Fetch-Site": "same-site"},
            {"Origin": ""},
        ],
    )
    async def test_a_foreign_page_cannot_use_the_cookie(self, sign_in: SignIn, headers: dict[str, str]) -> None:
        browser = await sign_in("li")
        response = await browser.patch(ME, json={"theme": "dark"}, headers=headers)
        assert response.status_code == 403 and response.json()["code"] == "origin_refused"
        assert (await browser.patch(ME, json={"theme": "dark"})).status_code == 200
        assert (await browser.get(ME, headers=headers)).status_code == 200

    async def test_a_silent_caller_is_refused_too(self, app: FastAPI, sign_in: SignIn) -> None:
        browser = await sign_in("li")
        del browser.headers["Origin"]
        assert (await browser.post("/api/v1/auth/logout")).status_code == 403
        response = await browser.post("/api/v1/auth/logout", headers={"Sec-Fetch-Site": "same-origin"})
        assert response.status_code == 204

    async def test_nobody_is_signed_in_from_another_site(self, sign_in: SignIn, client: httpx.AsyncClient) -> None:
        await sign_in("li")
        response = await client.post(
            LOGIN,
            json={"email": "li@qiao.test", "password": PASSWORD},
            headers={"Origin": "https://evil.example"},
        )
        assert response.status_code == 403


async def _socket(runtime: Runtime, browser: httpx.AsyncClient) -> tuple[Connection, Ear]:
    found = await identify(runtime, browser.cookies["qiao_session"])
    assert found is not None
    sink = Ear()
    connection = Connection(sink, actor=found.actor)
    runtime.get(Hub).join_staff(connection)
    return connection, sink


WEAK = [
    ("short", "password_too_short"),
    ("x" * 250, "text_too_long"),
    ("li@qiao.test", "password_is_yours"),
    ("Password123!", "password_common"),
    ("aaaaaaaaaaaa", "password_common"),
    ("0123456789", "password_common"),
    (PASSWORD, "password_same"),
]


class TestPassword:
    async def test_changing_it_ends_every_other_session_and_socket(self, sign_in: SignIn, runtime: Runtime) -> None:
        here, there = await sign_in("li"), await sign_in("li")
        mine, my_frames = await _socket(runtime, here)
        other, other_frames = await _socket(runtime, there)
        new = "three happy pandas dance"
        response = await here.post("/api/v1/auth/password", json={"current": PASSWORD, "new": new})
        assert response.status_code == 204, response.text
        assert (await here.get(ME)).status_code == 200
        assert (await there.get(ME)).status_code == 401
        hub = runtime.get(Hub)
        assert mine in hub.staff and not my_frames.frames
        assert other not in hub.staff and "bye" in other_frames.frames[0]
        assert (await here.post(LOGIN, json={"email": "li@qiao.test", "password": PASSWORD})).status_code == 401
        assert (await here.post(LOGIN, json={"email": "li@qiao.test", "password": new})).status_code == 200

    async def test_weak_ones_are_refused_with_the_reason(self, sign_in: SignIn) -> None:
        browser = await sign_in("li")
        for new, code in WEAK:
            response = await browser.post("/api/v1/auth/password", json={"current": PASSWORD, "new": new})
            assert response.status_code == 422
            assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [("new", code)]

    async def test_the_current_one_cannot_be_guessed_for_long(self, sign_in: SignIn) -> None:
        browser = await sign_in("li")
        codes = []
        for _ in range(limits.PER_ACCOUNT_AND_ADDRESS + 1):
            response = await browser.post(
                "/api/v1/auth/password", json={"current": "wrong", "new": "three happy pandas"}
            )
            codes.append(response.status_code)
        assert codes == [422] * limits.PER_ACCOUNT_AND_ADDRESS + [429]


class TestSessions:
    async def test_they_are_listed_and_ended_by_their_owner_only(self, sign_in: SignIn) -> None:
        here, there, stranger = await sign_in("li"), await sign_in("li"), await sign_in("wu")
        sessions = (await here.get("/api/v1/auth/sessions")).json()
        assert len(sessions) == 2 and [s["current"] for s in sessions].count(True) == 1
        other = next(s["id"] for s in sessions if not s["current"])
        assert (await stranger.delete(f"/api/v1/auth/sessions/{other}")).status_code == 404
        assert (await here.delete(f"/api/v1/auth/sessions/{other}")).status_code == 204
        assert (await there.get(ME)).status_code == 401
        assert (await here.delete(f"/api/v1/auth/sessions/{other}")).status_code == 404

    async def test_logging_out_ends_the_session_on_the_server(self, sign_in: SignIn, client: httpx.AsyncClient) -> None:
        browser = await sign_in("li")
        token = browser.cookies["qiao_session"]
        assert (await browser.post("/api/v1/auth/logout")).status_code == 204
        assert "qiao_session" not in browser.cookies
        assert (await client.get(ME, headers={"Cookie": f"qiao_session={token}"})).status_code == 401

    async def test_an_unused_one_ends_and_a_used_one_goes_on(self, sign_in: SignIn) -> None:
        browser = await sign_in("li")
        start = datetime.now(UTC)
        for hours in (10, 20, 30):
            with clock.frozen(start + timedelta(hours=hours)):
                assert (await browser.get(ME)).status_code == 200
        with clock.frozen(start + timedelta(hours=45)):
            assert (await browser.get(ME)).status_code == 401

    async def test_settings_are_kept_and_unknown_ones_refused(self, sign_in: SignIn, runtime: Runtime) -> None:
        browser = await sign_in("li")
        response = await browser.patch(
            ME, json={"locale": "zh-CN", "theme": "dark", "settings": {"density": "compact", "send_on_enter": False}}
        )
        me = response.json()["user"]
        assert me["settings"] == {
            "density": "compact", "send_on_enter": False, "sound": True, "notifications": True
        }  # fmt: skip
        assert me["theme"] == "dark" and me["roles"][0]["name"] in ("Administrator", "管理员")
        response = await browser.get("/api/v1/users/00000000-0000-0000-0000-000000000000")
        assert response.json()["detail"] == "找不到这位成员。"  # their choice outweighs Accept-Language: en
        for body in ({"settings": {"colour": "red"}}, {"theme": "pink"}, {"email": "x@y.z"}, {"avatar_url": "//x"}):
            assert (await browser.patch(ME, json=body)).status_code == 422
        async with runtime.db.read() as db:
            stored = (await db.execute(select(UserRow.settings))).scalar_one()
        assert stored == {"density": "compact", "send_on_enter": False}
