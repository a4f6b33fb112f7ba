"""Two people write in one ticket at once. (What begins in a chat and ends as a closed ticket is the journey of a refund.)"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
Work = Callable[..., Colleague]


def test_two_write_at_once_and_the_second_chooses(colleague: Work) -> None:
    agent = colleague("chen.yu", "en")
    ticket = agent.api.post("/tickets", {"type_key": "suggestion", "title": "A softer soap"})
    agent.comes_in(f"/tickets/{ticket['ref']}")
    edit = agent.page.get_by_role("button", name="A softer soap", exact=True)
    edit.click()
    box = agent.page.get_by_role("textbox", name=agent.w("tickets:head.title"), exact=True)
    box.fill("A much softer soap")

    lead = agent.product.api("lin.mu")
    lead.patch(f"/tickets/{ticket['id']}", {"title": "A green soap", "priority": 3})
    lead.close()
    expect(agent.page.locator(".q-tk__facts .q-bars--3")).to_be_visible()

    box.press("Enter")
    clash = agent.page.get_by_role("dialog").last
    expect(clash).to_contain_text("A green soap")
    expect(clash).to_contain_text("A much softer soap")
    clash.get_by_role("radio", name=re.compile(agent.w("tickets:conflict.mine"))).check()
    clash.get_by_role("button", name=agent.w("tickets:conflict.keep"), exact=True).click()
    expect(agent.page.get_by_role("heading", name="A much softer soap", level=1)).to_be_visible()
    assert agent.api.get(f"/tickets/{ticket['id']}")["title"] == "A much softer soap"
