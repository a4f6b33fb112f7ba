"""From nothing to the first conversation: the wizard of an empty installation."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import words
from tests.journeys.conftest import NewContext
from tests.journeys.product import Product, eventually

pytestmark = pytest.mark.journey


def _answers(page: Page, question: str) -> bool:
    """Whether the bot would answer it: asked as its editors try it."""
    return bool(
        page.evaluate(
            """async text => {
              const headers = {'content-type': 'application/json'};
              const body = JSON.stringify({text, locale: 'zh-CN'});
              const answer = await fetch('/api/v1/bot/ask', {method: 'POST', headers, body});
              return (await answer.json()).action === 'answer';
            }""",
            question,
        )
    )


def test_the_wizard_leads_to_a_working_widget(empty_product: Product, new_context: NewContext) -> None:
    page = new_context("zh-CN").new_page()

    def w(key: str, **params: object) -> str:
        return words.console("zh-CN", f"setup:{key}", **params)

    def onward(name: str = "next") -> None:
        page.get_by_role("button", name=w(name), exact=True).click()

    # Whoever comes first is greeted by the wizard, whatever address they open.
    page.goto(f"{empty_product.url}/")
    expect(page.get_by_role("heading", name=w("company.title"))).to_be_visible()

    # What is missing is said where it is missing.
    onward()
    expect(page.get_by_text(w("fault.required")).first).to_be_visible()
    page.locator("[id='company.name']").fill("云杉优品")
    onward()
    expect(page.get_by_role("heading", name=w("admin.title"))).to_be_visible()
    page.locator("[id='admin.name']").fill("王芳")
    page.locator("[id='admin.email']").fill("wang.fang@spruce.example")
    page.locator("[id='admin.password']").fill("short")
    onward()
    expect(page.get_by_text(w("fault.password")).first).to_be_visible()
    page.locator("[id='admin.password']").fill("a long enough password 8")
    onward()
    expect(page.get_by_role("heading", name=w("inbox.title"))).to_be_visible()
    onward("create")

    # Something for the bot to say.
    expect(page.get_by_role("heading", name=w("knowledge.title"))).to_be_visible()
    page.get_by_role("button", name=re.compile(re.escape(w("knowledge.import")))).click()
    sheet = "分类,问题,相似问法,答案\n配送,多久可以送到,几天到|什么时候到货,市区当天送到，郊区第二天。\n".encode()
    page.locator("input[type=file]").set_input_files({"name": "faq.csv", "mimeType": "text/csv", "buffer": sheet})
    page.get_by_role("button", name=words.console("zh-CN", "knowledge:import.commit", count=1)).click()
    expect(page.get_by_role("heading", name=words.console("zh-CN", "knowledge:import.finished"))).to_be_visible()
    onward()

    # The bot reads along; a moment later it knows what was imported.
    eventually(lambda: _answers(page, "几天到"), within=180)

    # The code for the website, and the widget itself.
    expect(page.get_by_role("heading", name=w("done.title"))).to_be_visible()
    widget = page.get_by_role("link", name=re.compile(re.escape(w("done.widget"))))
    expect(widget).to_have_attribute("href", re.compile("key="))
    with page.expect_popup() as popup:
        widget.click()
    chat = popup.value
    start = chat.get_by_role("button", name=re.compile(words.widget("zh-CN", "home.start")))
    start.click()
    box = chat.get_by_label(words.widget("zh-CN", "a11y.composer"))
    box.fill("几天到")
    box.press("Enter")
    expect(chat.get_by_role("log")).to_contain_text("市区当天送到")

    # And the console, as the administrator.
    page.get_by_role("button", name=re.compile(re.escape(w("done.inbox")))).click()
    expect(page.get_by_role("navigation", name=words.console("zh-CN", "nav.label"))).to_be_visible()

    # What comes next is said there; what has been done is ticked off, until it is put away.
    steps = page.get_by_role("region", name=w("begin.title"))
    done = steps.get_by_role("listitem").filter(has_text=w("begin.done"))
    expect(done).to_have_count(2)
    expect(done.filter(has_text=w("begin.knowledge.title"))).to_be_visible()
    expect(done.filter(has_text=w("begin.ask.title"))).to_be_visible()
    steps.get_by_role("button", name=w("begin.away")).click()
    expect(steps).to_have_count(0)
    expect(page.get_by_text(words.console("zh-CN", "inbox:nothing_open"), exact=True)).to_be_visible()


def test_the_wizard_is_gone_afterwards(empty_product: Product, new_context: NewContext) -> None:
    page = new_context("en").new_page()
    page.goto(f"{empty_product.url}/console/setup")
    expect(page.get_by_role("button", name=words.console("en", "login.submit"), exact=True)).to_be_visible()
