"""Pages, frames, CORS, and the demo shop."""

from pathlib import Path

import httpx
import jwt
import pytest

from qiao.channels.webchat import pages
from qiao.core.actor import Actor
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import WorkspacePatch
from tests.channels.street import API, Street

PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A widget build, so that the test does not need one."""
    (tmp_path / "w" / "assets").mkdir(parents=True)
    (tmp_path / "w" / "frame.html").write_text("<!doctype html><title>frame</title>")
    (tmp_path / "w" / "widget.js").write_text("(() => {})()")
    (tmp_path / "w" / "assets" / "a-123.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(pages, "BUILD", tmp_path / "w")


async def test_only_allowed_sites_may_frame_and_call(street: Street, built: None) -> None:
    inbox = await street.add_inbox(settings={"allowed_origins": ["https://shop.example", "https://*.shop.example"]})
    frame = await street.http.get(f"/widget/frame?key={inbox.key}")
    assert frame.headers["content-security-policy"].endswith(
        "frame-ancestors 'self' https://shop.example https://*.shop.example"
    )
    assert "x-frame-options" not in frame.headers
    config = f"{API}/widget/{inbox.key}/config"
    for origin, status in (
        ("https://shop.example", 200),
        ("https://www.shop.example", 200),
        ("http://qiao.test", 200),  # our own pages: the iframe
        ("https://evil.example", 403),
        ("https://shop.example.evil.example", 403),
        ("null", 403),
    ):
        response = await street.http.get(config, headers={"Origin": origin})
        assert response.status_code == status, origin
        assert (response.headers.get("access-control-allow-origin") == origin) == (status == 200)
        session = await street.http.post(f"{API}/widget/{inbox.key}/session", json={}, headers={"Origin": origin})
        assert session.status_code == status, origin
    token = session_token = (await street.http.post(f"{API}/widget/{inbox.key}/session", json={})).json()[
        "visitor_token"
    ]
    assert session_token == token
    headers = {"Authorization": f"Bearer {token}", "Origin": "https://evil.example"}
    for path in ("/messages", "/poll"):
        refused = await street.http.get(f"{API}/widget{path}", params={"wait": 0}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "origin_refused")
    refused = await street.http.post(f"{API}/widget/messages", json={"client_id": "1", "body": "x"}, headers=headers)
    assert refused.status_code == 403
    preflight = await street.http.options(
        f"{API}/widget/messages", headers={"Origin": "https://a.example", **PREFLIGHT}
    )
    assert preflight.status_code == 204
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in preflight.headers


async def test_without_a_list_any_site_may(street: Street, built: None) -> None:
    frame = await street.http.get(f"/widget/frame?key={street.inbox.key}")
    assert frame.headers["content-security-policy"].endswith("frame-ancestors *")
    assert "script-src 'self';" in frame.headers["content-security-policy"]
    response = await street.http.get(f"{API}/widget/{street.inbox.key}/config", headers={"Origin": "https://a.example"})
    assert response.headers["access-control-allow-origin"] == "https://a.example"
    assert (await street.http.get("/widget/frame?key=wk_nobody")).status_code == 404


async def test_static_files(street: Street, built: None) -> None:
    loader = await street.http.get("/widget.js")
    assert loader.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "javascript" in loader.headers["content-type"]
    asset = await street.http.get("/widget/assets/a-123.js")
    assert "immutable" in asset.headers["cache-control"]
    for path in ("../../secret.txt", "%2e%2e/%2e%2e/secret.txt", "nothing.js", ""):
        assert (await street.http.get(f"/widget/assets/{path}")).status_code in (404, 405), path


async def _shop(street: Street, path: str = "") -> httpx.Response:
    return await street.http.get(f"/shop{path}")


async def test_the_demo_shop_is_there_only_with_the_demo(street: Street) -> None:
    for path in ("", "/data.json", "/identity?customer=c001", "/shop.js"):
        assert (await _shop(street, path)).status_code == 404, path
    async with street.runtime.db.transaction() as db:
        await organization.update_workspace(db, Actor.system(), WorkspacePatch(settings={"demo": True}))
    page = await _shop(street)
    assert f'data-key="{street.inbox.key}"' in page.text
    assert (await _shop(street, "/shop.js")).status_code == 200
    chinese, english = (
        (await _shop(street, "/data.json?lang=zh-CN")).json(),
        (await _shop(street, "/data.json?lang=en")).json(),
    )
    assert chinese["company"]["name"] != english["company"]["name"]
    assert len(chinese["products"]) == len(english["products"]) > 10
    customer = english["customers"][0]["id"]
    answer = (await _shop(street, f"/identity?customer={customer}&lang=en")).json()
    claims = jwt.decode(answer["identity_token"], str(street.inbox.secret), ["HS256"])
    assert claims["sub"] == customer
    widget = street.widget()
    assert (await widget.open(answer["identity_token"]))["customer"]["identified"] is True
    assert (await _shop(street, "/identity?customer=c999")).status_code == 404
