"""The server dies in the middle of a conversation and comes back: nobody has to reload, nothing is lost or doubled."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import Running, eventually

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
LINE = "第{}句"


def lines(log: Locator) -> list[str]:
    """What was said with a number, as it stands on a screen."""
    found = log.evaluate("log => log.innerText").split("\n")
    return [text.strip() for text in found if text.strip().startswith("第") and text.strip().endswith("句")]


def test_a_conversation_outlives_the_server(
    running: Running, customer: Callable[..., Customer], colleague: Callable[..., Colleague]
) -> None:
    agent = colleague("chen.yu").comes_in("/inbox/mine").sets_state("online")
    visitor = customer().open_chat()
    visitor.says("转人工")
    agent.accepts_offer()
    visitor.says(LINE.format(1))
    agent.sees(LINE.format(1))
    agent.says(LINE.format(2))
    visitor.sees(LINE.format(2))

    running.crash()
    # Both go on writing to a server that is not there.
    visitor.says(LINE.format(3))
    agent.says(LINE.format(4))
    expect(agent.page.get_by_text(agent.w("connection.offline")).first).to_be_visible()
    agent.says(LINE.format(5))

    running.again()
    visitor.says(LINE.format(6))
    expect(agent.transcript.get_by_text(LINE.format(6))).to_be_visible()
    expect(agent.transcript.get_by_text(LINE.format(3))).to_be_visible()
    visitor.sees(LINE.format(5))

    # One truth, and it is on both screens: each line once, in the order of the record.
    expect(agent.page.locator(".q-msg--sending, .q-msg--failed")).to_have_count(0)
    expect(visitor.log.locator(".pending")).to_have_count(0)
    stored = agent.api.get(f"/conversations/{agent.conversation_id}/messages", limit=200)["items"]
    record = [m["body"] for m in stored if m["body"].startswith("第")]
    assert sorted(record) == [LINE.format(n) for n in range(1, 7)]
    eventually(lambda: (lines(agent.transcript), lines(visitor.log)), lambda seen: seen == (record, record))
