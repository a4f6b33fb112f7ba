"""Inboxes over HTTP."""

from typing import Any

import httpx
import pytest

from qiao.core.errors import NotFound, Unauthenticated
from qiao.core.runtime import Runtime
from qiao.desk.inboxes import identity, service
from tests.conftest import BASE, SignIn

INBOXES = "/api/v1/inboxes"


async def _add(browser: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await browser.post(INBOXES, json={"channel": "webchat", "name": "Shop"} | body)
    assert response.status_code == 201, response.text
    added: dict[str, Any] = response.json()
    return added


async def test_a_website_inbox_from_birth_to_rest(sign_in: SignIn, runtime: Runtime) -> None:
    admin = await sign_in("boss")
    inbox = await _add(admin, settings={"greeting": {"zh-CN": "您好", "en": "Hello"}, "accent": "#AA00ff"})
    assert inbox["key"].startswith("wk_") and inbox["secret"] and inbox["settings"]["accent"] == "#aa00ff"
    assert inbox["settings"]["greeting"] == {"zh-CN": "您好", "en": "Hello"}
    path = f"{INBOXES}/{inbox['id']}"
    changed = (await admin.patch(path, json={"name": "Store", "settings": {"position": "left"}})).json()
    assert changed["name"] == "Store" and changed["settings"]["position"] == "left"
    assert changed["settings"]["greeting"]["en"] == "Hello"  # what was not named stays
    async with runtime.db.read() as db:
        known = await service.by_key(db, inbox["key"], "webchat")
        assert known.webchat.greeting.text("en") == "Hello" and known.secret is None
        assert (await service.refs(db, [known.id]))[known.id].name == "Store"
        with pytest.raises(NotFound):
            await service.by_key(db, inbox["key"], "api")
        with pytest.raises(NotFound):
            await service.by_key(db, "wk_\x00")
    snippet = (await admin.get(f"{path}/snippet")).json()
    assert f'src="{BASE}/widget.js" data-key="{inbox["key"]}"' in snippet["html"]
    assert inbox["secret"] not in str(snippet)
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).json()["active"] is False
    async with runtime.db.read() as db:
        with pytest.raises(NotFound):
            await service.by_key(db, inbox["key"])


async def test_the_secret_is_for_those_who_manage_inboxes(sign_in: SignIn) -> None:
    admin, agent = await sign_in("boss"), await sign_in("mei", role="agent")
    inbox = await _add(admin)
    path = f"{INBOXES}/{inbox['id']}"
    for view in (*(await agent.get(INBOXES)).json(), (await agent.get(path)).json()):
        assert view["secret"] is None
    assert inbox["secret"] not in (await admin.get("/api/v1/audit")).text
    for method, where, body in (
        ("POST", INBOXES, {"channel": "webchat", "name": "x"}),
        ("PATCH", path, {"name": "x"}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate-secret", None),
        ("GET", f"{path}/snippet", None),
    ):
        assert (await agent.request(method, where, json=body)).status_code == 403


async def test_rotating_the_secret_ends_old_tokens(sign_in: SignIn, runtime: Runtime) -> None:
    from datetime import UTC, datetime, timedelta

    admin = await sign_in("boss")
    inbox = await _add(admin)
    token = identity.sign(inbox["secret"], sub="7", expires_at=datetime.now(UTC) + timedelta(hours=1))
    async with runtime.db.read() as db:
        assert (await service.verify_identity(db, inbox["id"], token)).sub == "7"
    fresh = (await admin.post(f"{INBOXES}/{inbox['id']}/rotate-secret")).json()
    assert fresh["secret"] != inbox["secret"] and fresh["key"] == inbox["key"]
    async with runtime.db.read() as db:
        with pytest.raises(Unauthenticated, match="identity_token_signature"):
            await service.verify_identity(db, inbox["id"], token)


async def test_settings_are_checked_by_channel(sign_in: SignIn) -> None:
    admin = await sign_in("boss")
    bad: list[tuple[str, dict[str, Any], str, str]] = [
        ("webchat", {"colour": "red"}, "settings.colour", "field_unknown"),
        ("webchat", {"accent": "red"}, "settings.accent", "color_invalid"),
        ("webchat", {"position": "top"}, "settings.position", "not_a_choice"),
        ("webchat", {"allowed_origins": ["shop.example"]}, "settings.allowed_origins.0", "origin_invalid"),
        ("webchat", {"callback_url": "https://x.example"}, "settings.callback_url", "field_unknown"),
        ("api", {"callback_url": "file:///etc/passwd"}, "settings.callback_url", "callback_url_invalid"),
        ("api", {"callback_url": "https://a:b@x.example"}, "settings.callback_url", "callback_url_invalid"),
        ("api", {"accent": "#ffffff"}, "settings.accent", "field_unknown"),
    ]
    for channel, settings, field, code in bad:
        response = await admin.post(INBOXES, json={"channel": channel, "name": "x", "settings": settings})
        assert response.status_code == 422
        assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [(field, code)]
    nowhere = "00000000-0000-0000-0000-000000000000"
    for field in ("queue_id", "calendar_id"):
        response = await admin.post(INBOXES, json={"channel": "webchat", "name": "x", field: nowhere})
        assert response.json()["errors"][0]["field"] == field
    api = await _add(admin, channel="api", settings={"callback_url": "https://hooks.example/in?x=1"})
    assert api["settings"] == {"callback_url": "https://hooks.example/in?x=1"}
    assert (await admin.get(f"{INBOXES}/{api['id']}/snippet")).status_code == 404
