"""A refund, played by everybody it takes: customer, agent, warehouse, supervisor; and the customer's own page at the end."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import Product, eventually

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]


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


def known_in_the_shop(visitor: Customer, product: Product) -> tuple[Page, str]:
    """Signed in on the company's own site, which vouches for them. Returns the page and an order of theirs."""
    page = visitor.page
    who = page.request.get(f"{product.url}/shop/data.json?lang=zh-CN").json()["customers"][0]
    with page.expect_response(re.compile("/shop/identity")):
        page.evaluate("customer => localStorage.setItem('kapok.customer', JSON.stringify(customer))", who)
        page.reload()
    expect(page.locator("header.head")).to_contain_text(who["name"])
    return page, who["name"]


def test_a_refund_across_departments(
    customer: Callable[..., Customer], colleague: Callable[..., Colleague], product: Product
) -> None:
    agent = colleague("chen.yu").comes_in().sets_state("online")
    visitor = customer("zh-CN")
    shop, name = known_in_the_shop(visitor, product)
    visitor.open_chat().says("转人工")
    agent.accepts_offer()
    visitor.says("收到的空气炸锅有质量问题，我要退货退款 399 元")
    agent.sees("收到的空气炸锅有质量问题")

    # Chat → ticket.
    agent.page.keyboard.press("c")
    drawer = agent.page.get_by_role("dialog", name=agent.w("tickets:create.from_conversation"))
    expect(drawer.locator(".q-form__item").first).to_contain_text("退换货")
    order = drawer.get_by_role("combobox", name="订单号")
    if not drawer.locator(".q-form__item").filter(has=order).get_by_text(re.compile(r"KL\d{8}")).count():
        order.click()
        agent.page.locator(".ant-select-dropdown:visible .ant-select-item-option").first.click()
    title = drawer.get_by_label(agent.w("tickets:create.subject"), exact=True)
    title.fill("空气炸锅质量问题退款")
    drawer.get_by_label("退款金额").fill("399")
    chooses(drawer, "原因", "质量问题")
    agent.page.keyboard.press("Control+Enter")
    expect(drawer).to_have_count(0)
    expect(agent.transcript).to_contain_text(re.compile(r"RF-\d+"))
    found = agent.api.items("/tickets", conversation_id=agent.conversation_id)
    (ticket,) = [one for one in found if one["title"] == "空气炸锅质量问题退款"]
    agent.goes_to(f"/tickets/{ticket['ref']}")
    expect(state_of(agent.page)).to_have_text("待受理")
    keys = agent.page.keyboard
    keys.press("r")
    reply = agent.page.get_by_role("textbox", name=agent.w("tickets:composer.public"), exact=True)
    expect(reply).to_be_focused()
    keys.type("您好，已经为您登记，马上核实。")
    keys.press("Control+Enter")
    visitor.sees("您好，已经为您登记，马上核实。")
    moves(agent, "开始审核")
    expect(state_of(agent.page)).to_have_text("审核中")

    part = f"验收 {ticket['ref']} 的空气炸锅"
    # The warehouse confirms the return; until then the ticket says for whom it waits.

    def w(key: str, **params: object) -> str:
        return agent.w(f"tickets/teamwork:{key}", **params)

    agent.page.get_by_role("button", name=w("form.new"), exact=True).click()
    form = agent.page.get_by_role("dialog", name=w("form.new"))
    chooses(form, w("department"), "仓储部")
    form.get_by_role("textbox", name=w("title")).fill(part)
    form.get_by_role("button", name=w("form.ask"), exact=True).click()
    expect(form).to_have_count(0)
    expect(state_of(agent.page)).to_have_text("等待内部处理")
    expect(agent.page.locator("main")).to_contain_text("仓储部")

    warehouse = colleague("zhang.cang").comes_in("/tasks")
    row = warehouse.page.locator("li").filter(has_text=part)
    row.get_by_role("button", name=w("action.accept"), exact=True).click()
    expect(row).to_contain_text(w("state.doing"))
    row.get_by_role("button", name=w("action.finish"), exact=True).click()
    done = warehouse.page.get_by_role("dialog", name=w("ask.finish", title=part))
    done.get_by_role("textbox", name=w("result")).fill("外观完好，配件齐全，已入库")
    done.get_by_role("button", name=w("action.finish"), exact=True).click()
    expect(row).to_have_count(0)
    expect(state_of(agent.page)).to_have_text("审核中")
    timeline = agent.page.get_by_role("log", name=agent.w("tickets:timeline.label"))
    expect(timeline).to_contain_text("外观完好，配件齐全，已入库")

    # The supervisor approves the money; what was asked for then happens by itself.
    moves(agent, "批准退款")
    ask = agent.page.get_by_role("dialog", name=w("ask_approval"))
    expect(ask).to_contain_text("¥399.00")
    ask.get_by_label(w("reason")).fill("质量问题，仓库验收完好")
    ask.get_by_role("button", name=w("ask_for_it"), exact=True).click()
    expect(ask).to_have_count(0)
    lead = colleague("zhou.yan").comes_in("/approvals")
    card = lead.page.locator("li").filter(has_text=ticket["ref"])
    expect(card).to_contain_text("¥399.00")
    card.get_by_role("button", name=w("approve"), exact=True).click()
    expect(card).to_have_count(0)
    expect(state_of(agent.page)).to_have_text("已批准")

    # The customer is told in the chat, rates on their own page, and it is closed.
    moves(agent, "已打款")
    expect(state_of(agent.page)).to_have_text("已退款")
    visitor.sees("¥399.00")
    shop.get_by_role("link", name="帮助中心").click()
    expect(shop.locator(".me")).to_contain_text(name)
    shop.goto(f"{product.url}/help/zh-CN/my/requests/{ticket['id']}")
    expect(shop.get_by_role("heading", name="空气炸锅质量问题退款")).to_be_visible()
    assert "外观完好" not in shop.locator("body").inner_text(), "what the warehouse wrote is ours"
    shop.locator(".stars label").nth(4).click()
    shop.get_by_label("评价").or_(shop.locator("#rating-comment")).last.fill("处理得很快")
    shop.locator("#rate button[type=submit]").click()
    expect(shop.get_by_role("status")).to_be_visible()
    moves(agent, "关闭")
    expect(state_of(agent.page)).to_have_text("已关闭")
    view = agent.api.get(f"/tickets/{ticket['id']}")
    assert (view["status"], view["rating"], view["rating_comment"]) == ("closed", 5, "处理得很快")
    clocks = eventually(
        lambda: agent.api.get(f"/sla/tickets/{ticket['id']}")["items"],
        lambda found: {one["kind"]: one["state"] for one in found}["resolution"] == "met",
    )
    assert all(one["breached_at"] is None for one in clocks), clocks
