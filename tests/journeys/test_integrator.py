"""Another system speaks through the api channel."""

import time
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE_MS
from tests.journeys.people import Colleague
from tests.journeys.product import WORK_BEHIND_S, Product

pytestmark = pytest.mark.journey
Work = Callable[..., Colleague]


def test_the_api_is_described(product: Product, colleague: Work) -> None:
    page = colleague("lin.mu").page
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(f"{product.url}/docs")
    # Described when first asked for: seconds of work, more where others are at work.
    shown = page.get_by_role("link", name="conversations", exact=True).or_(page.locator("[data-tag=conversations]"))
    shown.first.click(timeout=8 * PATIENCE_MS)
    expect(page.get_by_text("/conversations/{conversation_id}/messages").first).to_be_visible()
    assert problems == []


def test_a_message_goes_in_and_the_answer_comes_out(product: Product, colleague: Work) -> None:
    admin = colleague("lin.mu")
    inbox = admin.api.post("/inboxes", {"channel": "api", "name": "App", "bot_enabled": True, "settings": {}})
    token = admin.api.post("/auth/tokens", {"name": "App", "scopes": ["api.channel"]})["token"]
    with httpx.Client(
        base_url=f"{product.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ) as app:
        sent = app.post(
            f"/channels/api/{inbox['key']}/messages",
            json={
                "client_id": "app-1",
                "from": {"id": "user-7", "name": "Ana"},
                "kind": "text",
                "body": "When will I get my refund?",
            },
        )
        assert sent.is_success, sent.text
        # Sent again, it is still the same message.
        again = app.post(
            f"/channels/api/{inbox['key']}/messages",
            json={
                "client_id": "app-1",
                "from": {"id": "user-7", "name": "Ana"},
                "kind": "text",
                "body": "When will I get my refund?",
            },
        )
        assert again.json()["message"]["id"] == sent.json()["message"]["id"]

        bodies: list[str] = []
        cursor: str | None = None
        until = time.monotonic() + WORK_BEHIND_S
        while time.monotonic() < until:
            page = app.get(
                f"/channels/api/{inbox['key']}/messages", params={"wait": 20, **({"after": cursor} if cursor else {})}
            ).json()
            bodies += [item["message"]["body"] for item in page["items"]]
            cursor = page["next_cursor"] or cursor
            if any("working days" in body for body in bodies):
                break
        assert any("working days" in body for body in bodies), bodies

        # The token does what it is for and nothing else.
        assert app.get("/users").status_code == 403
