"""An agent with help beside the conversation: an answer goes into the reply, is edited, sent, and remembered."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import eventually

pytestmark = pytest.mark.journey

QUESTION = "请问怎么申请退货？"


def test_a_suggestion_goes_into_the_reply(
    customer: Callable[..., Customer], colleague: Callable[..., Colleague]
) -> None:
    visitor = customer("zh-CN").open_chat()
    visitor.asks("你好")
    agent = colleague("chen.yu")
    agent.api.presence("online")  # who is away gives up what is theirs when the customer writes
    supervisor = agent.product.api("lin.mu")
    conversation = supervisor.get("/conversations", view="bot", sort="recent")["items"][0]["id"]
    supervisor.post(f"/conversations/{conversation}/assign", {"user_id": agent.api.get("/auth/me")["user"]["id"]})
    agent.comes_in(f"/inbox/mine/{conversation}")
    visitor.says(QUESTION)
    agent.sees(QUESTION)

    agent.page.get_by_role("tab", name=agent.w("inbox:context.assist"), exact=True).click()
    suggestions = agent.page.get_by_role("list", name=agent.w("inbox:assist.suggestions"))
    first = suggestions.get_by_role("listitem").first
    expect(first).to_contain_text("退货")
    expect(first).to_contain_text(re.compile(r"\d+%"))

    # From the keyboard into the reply, changed a little, sent.
    composer = agent.composer()
    composer.press("Alt+1")
    expect(composer).not_to_have_value("")
    composer.press("ControlOrMeta+Home")
    composer.press_sequentially("您好，")
    composer.press("Enter")
    expect(composer).to_have_value("")
    visitor.sees(re.compile("您好，"))

    def outcome() -> str:
        items = supervisor.get("/assist/feedback")["items"]
        return next((one["outcome"] for one in items if one["conversation_id"] == conversation), "")

    assert eventually(outcome, lambda found: found not in ("", "inserted")) in ("accepted", "edited")

    # What it is about stands there, too, and a proposal for the end.
    expect(agent.page.locator(".q-assist__summary").first).to_contain_text(QUESTION)
    agent.page.get_by_role("button", name=agent.w("inbox:assist.propose"), exact=True).click()
    expect(agent.page.get_by_role("button", name=agent.w("inbox:assist.copy_note"), exact=True)).to_be_visible()
    supervisor.close()
