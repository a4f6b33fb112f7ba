"""The administrator arranges the house."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.journeys.people import Colleague
from tests.journeys.product import PASSWORD, Product

pytestmark = pytest.mark.journey
Work = Callable[..., Colleague]


def test_a_new_colleague_gets_a_password_and_comes_in(
    product: Product, colleague: Work, new_context: Callable[[], BrowserContext]
) -> None:
    admin = colleague("lin.mu").comes_in("/settings/users")
    page = admin.page
    page.get_by_role("button", name=admin.w("settings:users.new")).click()
    page.locator("#user-name").fill("丁一")
    page.locator("#user-email").fill("ding.yi@kapok.example")
    page.get_by_role("button", name=admin.w("settings:users.createOk"), exact=True).click()
    expect(admin.dialog).to_contain_text(admin.w("settings:users.temporaryTitle", name="丁一"))
    password = admin.dialog.locator("code").first.inner_text()
    admin.dialog.get_by_role("button", name=admin.w("settings:users.temporaryDone")).click()
    expect(page.get_by_role("row", name=re.compile("丁一"))).to_be_visible()

    # The first thing the newcomer does is to choose a password of their own; then the work is before them.
    newcomer = Colleague(new_context(), product, "ding.yi", "zh-CN")
    page = newcomer.page
    page.goto(f"{product.url}/console/")
    page.get_by_label(newcomer.w("login.email")).fill("ding.yi@kapok.example")
    page.get_by_label(newcomer.w("login.password"), exact=True).fill(password)
    page.get_by_role("button", name=newcomer.w("login.submit"), exact=True).click()
    title = page.get_by_role("heading", name=newcomer.w("login.first_title", name="丁一"))
    expect(title).to_be_visible()
    page.goto(f"{product.url}/console/inbox")
    expect(title).to_be_visible()
    page.get_by_label(newcomer.w("login.temporary_password"), exact=True).fill(password)
    page.get_by_label(newcomer.w("profile.new_password"), exact=True).fill(PASSWORD)
    page.get_by_label(newcomer.w("profile.repeat_password"), exact=True).fill(PASSWORD)
    page.get_by_role("button", name=newcomer.w("login.first_submit"), exact=True).click()
    expect(newcomer.list).to_be_visible()
    page = admin.page

    # It is in the audit log.
    admin.goes_to("/settings/audit")
    expect(page.get_by_role("row", name=re.compile("丁一")).first).to_be_visible()
    for user in admin.api.items("/users", q="ding.yi"):
        admin.api.patch(f"/users/{user['id']}", {"active": False})


def test_a_role_of_ones_own(colleague: Work) -> None:
    admin = colleague("lin.mu").comes_in("/settings/roles")
    page = admin.page
    page.get_by_role("button", name=admin.w("settings:roles.new")).click()
    page.locator("#role-name").fill("晚班值守")
    page.get_by_role("button", name=admin.w("settings:kit.create")).or_(
        page.get_by_role("button", name=admin.w("settings:kit.save"))
    ).last.click()
    expect(page.get_by_role("columnheader", name=re.compile("晚班值守"))).to_be_visible()
    box = page.get_by_role("checkbox", name=f"晚班值守 – {admin.w('settings:permission.wallboard.view.name')}")
    box.check()
    save = page.get_by_role("button", name=admin.w("settings:kit.save"))
    save.click()
    expect(save).to_have_count(0)
    role = next(r for r in admin.api.items("/roles") if r["name"] == "晚班值守")
    assert "wallboard.view" in role["permissions"]
    admin.api.http.delete(f"/roles/{role['id']}")


def test_a_queue_says_in_words_what_it_will_do(colleague: Work) -> None:
    admin = colleague("lin.mu").comes_in("/settings/queues/new")
    page = admin.page
    page.locator("#queue-name").fill("茶友服务")
    expect(page.get_by_text(admin.w("settings:queues.fact.nobody"))).to_be_visible()
    members = page.locator("#queue-members")
    members.fill("陈雨")
    page.locator(".ant-select-item-option-active").filter(has_text="陈雨").wait_for()
    members.press("Enter")
    expect(page.get_by_text(admin.w("settings:queues.fact.nobody"))).to_have_count(0)
    page.get_by_role("button", name=admin.w("settings:kit.create"), exact=True).click()
    page.wait_for_url("**/settings/queues")
    expect(page.get_by_text("茶友服务").first).to_be_visible()
    queue = next(q for q in admin.api.items("/queues") if q["name"] == "茶友服务")
    assert admin.api.http.delete(f"/queues/{queue['id']}").is_success


def test_business_hours_show_the_days_to_come(colleague: Work) -> None:
    admin = colleague("lin.mu").comes_in("/settings/hours/new")
    page = admin.page
    page.locator("#calendar-name").fill("试用时间")
    page.get_by_role("button", name=admin.w("settings:kit.create"), exact=True).click()
    page.wait_for_url("**/settings/hours")
    page.get_by_role("main").get_by_text("试用时间").first.click()
    page.wait_for_url(re.compile("/settings/hours/.+"))
    preview = page.get_by_role("heading", name=admin.w("settings:hours.preview"))
    expect(preview).to_be_visible()
    calendar = next(c for c in admin.api.items("/calendars") if c["name"] == "试用时间")
    assert admin.api.http.delete(f"/calendars/{calendar['id']}").is_success


def test_the_install_code_of_a_website(product: Product, colleague: Work) -> None:
    admin = colleague("lin.mu").comes_in("/settings/inboxes")
    inbox = next(i for i in admin.api.items("/inboxes") if i["channel"] == "webchat")
    admin.goes_to(f"/settings/inboxes/{inbox['id']}")
    admin.page.get_by_role("tab", name=admin.w("settings:inboxes.tab.install")).click()
    expect(admin.page.get_by_role("main")).to_contain_text(f"{product.url}/widget.js")
    expect(admin.page.get_by_role("main")).to_contain_text(inbox["key"])


def test_the_bot_can_be_tried_before_customers_meet_it(colleague: Work) -> None:
    admin = colleague("lin.mu").comes_in("/settings/bot")
    box = admin.page.get_by_placeholder(admin.w("settings:bot.tryPlaceholder"))
    box.fill("怎么开发票")
    box.press("Enter")
    expect(admin.page.get_by_role("main")).to_contain_text(admin.w("settings:bot.decision.answer"))


def test_keys_meant_for_the_palette_do_nothing_else_while_it_is_fetched(colleague: Work) -> None:
    admin = colleague("lin.mu")
    held: list[Route] = []
    admin.page.route(re.compile(r"/assets/Palette-.*\.js"), lambda route: held.append(route))
    admin.comes_in("/inbox")
    page = admin.page
    page.keyboard.press("Control+k")
    page.keyboard.press("?")
    for one in held:
        one.continue_()
    page.unroute(re.compile(r"/assets/Palette-.*\.js"))
    expect(page.get_by_role("combobox", name=admin.w("nav.palette"))).to_be_visible()
    expect(page.get_by_role("dialog", name=admin.w("shortcuts.title"))).to_have_count(0)
