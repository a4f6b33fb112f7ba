"""A telephone rings, and a page invites: the call from the pop to its wrap-up, the invitation from the bubble to the chat."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import Product, eventually

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]


class Switch:
    """The company's PBX."""

    def __init__(self, product: Product, key: str, token: str) -> None:
        self.http = httpx.Client(base_url=product.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        self.path = f"/api/v1/channels/phone/{key}/calls"

    def says(self, event: str, **more: Any) -> dict[str, Any]:
        answer = self.http.post(self.path, json={"call_id": "journey-1", "event": event, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def switch(product: Product) -> Iterator[Switch]:
    admin = product.api("lin.mu")
    (agent,) = [one for one in admin.items("/users") if one["email"].startswith("chen.yu@")]
    line = admin.post("/inboxes", {"channel": "phone", "name": "Hotline", "bot_enabled": False})
    items = [{"extension": "801", "user_id": agent["id"]}]
    admin.put(f"/calls/extensions/{line['id']}", {"items": items})
    token = admin.post("/auth/tokens", {"name": "PBX", "scopes": ["phone.channel"]})
    pbx = Switch(product, line["key"], token["token"])
    yield pbx
    pbx.http.close()
    admin.patch(f"/inboxes/{line['id']}", {"active": False})
    admin.close()


def test_a_call_is_answered_and_wrapped_up(
    colleague: Callable[..., Colleague], switch: Switch, product: Product
) -> None:
    admin = product.api("lin.mu")
    known = next(one for one in admin.items("/customers") if one["phone"] and one["name"])
    admin.close()
    agent = colleague("chen.yu").comes_in("/inbox/mine").sets_state("busy")
    switch.says("ringing", number=known["phone"], extensions=["801"], line="4008001234", event_id="1")
    pop = agent.page.get_by_role("alertdialog", name=agent.w("calls:pop.ringing"))
    expect(pop).to_contain_text(known["name"])
    switch.says("answered", extension="801", event_id="2")
    talking = agent.page.get_by_role("alertdialog", name=agent.w("calls:pop.active"))
    expect(talking).to_be_visible()
    agent.page.keyboard.press("Enter")
    expect(agent.transcript).to_contain_text(agent.w("calls:direction.inbound"))
    switch.says("ended", hung_up_by="customer", talk_s=75, event_id="3")
    expect(agent.transcript).to_contain_text(agent.w("calls:card.hung_up.customer"))
    agent.does("resolve")
    agent.dialog.get_by_label(re.compile("^" + agent.w("inbox:resolve.note"))).fill("已解答")
    agent.dialog.get_by_role("button", name=agent.w("inbox:resolve.submit"), exact=True).click()
    expect(agent.dialog).to_have_count(0)
    agent.goes_to("/calls")
    row = agent.page.get_by_role("listitem").filter(has_text=known["name"]).first
    expect(row).to_contain_text("1 分 15 秒")


def test_an_invitation_is_shown_and_accepted(customer: Callable[..., Customer], product: Product) -> None:
    admin = product.api("lin.mu")
    (site,) = [one for one in admin.items("/inboxes") if one["channel"] == "webchat"][:1]
    text = "需要帮您挑一款吗？"
    rule = {
        "name": "挑选",
        "text_zh": text,
        "conditions": {"pages": ["/shop*"], "seconds": 0, "only_open": False},
    }
    made = admin.post(f"/invitations?inbox_id={site['id']}", rule)
    try:
        visitor = customer("zh-CN")
        bubble = visitor.page.locator("#qiao-widget .preview")
        expect(bubble).to_contain_text(text)
        expect(visitor.frame.get_by_role("dialog")).to_have_count(0)
        bubble.locator(".text").click()
        expect(visitor.box).to_be_visible()
        expect(visitor.log).to_contain_text(text)
        visitor.page.route("**/messages", lambda route: route.abort())
        visitor.says("想买一张床")
        visitor.sees("想买一张床")
        visitor.page.unroute("**/messages")
        visitor.page.reload()  # gone on to the next page before the message is: it goes out from there
        expect(visitor.launcher).to_be_visible()
        expect(bubble).not_to_contain_text(re.compile(text))

        def figures_of() -> dict[str, int]:
            (found,) = [one["figures"] for one in admin.get("/invitations", inbox_id=site["id"])]
            return dict(found)

        figures = eventually(figures_of, lambda found: bool(found["accepted"] and found["conversations"]))
        assert (figures["shown"], figures["accepted"], figures["conversations"]) == (1, 1, 1)
    finally:
        admin.http.delete(f"/invitations/{made['id']}")
        admin.close()
