"""What begins in a chat goes on as a ticket: made with one key, answered, moved along, solved; two people at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.people import Colleague, Customer

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
Come = Callable[..., Customer]
Work = Callable[..., Colleague]


def state_of(page: Page) -> Locator:
    return page.locator(".q-tk__facts .q-tstate")


def chooses(drawer: Locator, label: str, option: str) -> None:
    """An option of a list in a form; the lists of the library open outside of it."""
    field = drawer.get_by_role("combobox", name=label)
    field.click()
    page = drawer.page
    page.locator(".ant-select-dropdown:visible .ant-select-item-option").filter(has_text=option).first.click()


def moves(agent: Colleague, name: str) -> None:
    agent.page.get_by_role("group", name=agent.w("tickets:move.label")).get_by_role(
        "button", name=re.compile("^" + re.escape(name))
    ).click()


def test_from_the_chat_to_a_solved_ticket(customer: Come, colleague: Work) -> None:
    agent = colleague("chen.yu").comes_in().sets_state("online")
    visitor = customer("zh-CN").open_chat()
    visitor.says("转人工")
    agent.accepts_offer()
    visitor.says("我收到的保温杯盖子裂了，要退货退款，订单号 KL80013647")
    agent.sees("我收到的保温杯盖子裂了")

    # One key; what was said stands in the form already, and says that it does.
    agent.page.keyboard.press("c")
    drawer = agent.page.get_by_role("dialog", name=agent.w("tickets:create.from_conversation"))
    title = drawer.get_by_label(agent.w("tickets:create.subject"), exact=True)
    expect(title).not_to_have_value("")
    expect(
        drawer.get_by_role("img", name=re.compile(agent.w("tickets:fieldform.guessed_from.conversation")))
    ).not_to_have_count(0)
    expect(drawer.locator(".q-form__item").first).to_contain_text("退换货")
    drawer.get_by_role("combobox", name="订单号").fill("KL80013647")
    title.fill("保温杯盖子裂了，要退货退款")
    chooses(drawer, "原因", "收到时破损")
    agent.page.keyboard.press("Control+Enter")
    expect(drawer).to_have_count(0)
    expect(agent.transcript).to_contain_text(re.compile(r"RF-\d+"))
    visitor.sees("保温杯盖子裂了，要退货退款")

    # It stands beside the conversation, and has a page of its own.
    agent.page.get_by_role("tab", name=agent.w("inbox:context.tickets"), exact=True).click()
    agent.page.get_by_role("button", name=re.compile("保温杯盖子裂了")).click()
    agent.page.get_by_role("link", name=agent.w("tickets:tab.open_page")).click()
    agent.page.wait_for_url(re.compile(r"/tickets/RF-\d+$"))
    expect(agent.page.get_by_role("heading", name="保温杯盖子裂了，要退货退款", level=1)).to_be_visible()
    expect(state_of(agent.page)).to_have_text("待受理")

    # A reply by keyboard reaches the customer in the chat; a note does not.
    keys = agent.page.keyboard
    keys.press("r")
    reply = agent.page.get_by_role("textbox", name=agent.w("tickets:composer.public"), exact=True)
    expect(reply).to_be_focused()
    keys.type("您好，已经为您登记，马上核实。")
    keys.press("Control+Enter")
    timeline = agent.page.get_by_role("log", name=agent.w("tickets:timeline.label"))
    expect(timeline.get_by_text("您好，已经为您登记，马上核实。")).to_be_visible()
    expect(reply).to_have_value("")
    visitor.sees("您好，已经为您登记，马上核实。")
    keys.press("Escape")
    keys.press("n")
    note = agent.page.get_by_role("textbox", name=agent.w("tickets:composer.note"), exact=True)
    expect(note).to_be_focused()
    keys.type("照片清楚，是运输破损")
    keys.press("Control+Enter")
    expect(timeline.locator(".q-entry--note")).to_contain_text("照片清楚，是运输破损")

    # Along its way; what a step needs is asked for in one small form.
    moves(agent, "开始审核")
    expect(state_of(agent.page)).to_have_text("审核中")
    agent.page.get_by_role("button", name=agent.w("tickets:head.more_moves")).click()
    agent.page.get_by_role("menuitem", name=re.compile("批准退款")).click()
    asked = agent.page.get_by_role("dialog").last
    asked.get_by_role("button", name="批准退款", exact=True).click()
    expect(asked.get_by_role("alert")).to_have_text(agent.w("tickets:fieldform.required_error"))
    asked.get_by_label("退款金额").fill("128")
    asked.get_by_role("button", name="批准退款", exact=True).click()
    expect(asked).to_have_count(0)
    expect(state_of(agent.page)).to_have_text("已批准")
    moves(agent, "已打款")
    expect(state_of(agent.page)).to_have_text("已退款")
    expect(timeline.get_by_text("¥128.00").first).to_be_visible()
    visitor.sees("¥128.00")
    assert "照片清楚" not in visitor.frame.locator("body").inner_text()


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
