"""The knowledge editor writes, imports, takes back; the bot follows at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import eventually

pytestmark = pytest.mark.journey
Come = Callable[..., Customer]
Work = Callable[..., Colleague]


def says_bot(editor: Colleague, question: str) -> str:
    """What it would say to somebody new: the index hears of a text a moment after its page does."""
    return editor.api.post("/bot/ask", {"text": question, "locale": "zh-CN"})["text"] or ""


def test_a_new_question_is_answered_at_once(customer: Come, colleague: Work) -> None:
    editor = colleague("gao.wen").comes_in("/knowledge/faqs/new")
    page = editor.page
    page.locator("#faq-question").fill("木棉花茶会影响睡眠吗")
    variant = page.locator("#faq-variant")
    variant.fill("晚上喝木棉花茶睡不着吗")
    variant.press("Enter")
    page.locator("#faq-answer").fill("木棉花茶**不含咖啡因**，晚上也可以喝。")
    page.get_by_role("button", name=editor.w("knowledge:action.savePublish")).click()
    editor.is_told(editor.w("knowledge:entry.saved"))
    page.wait_for_url(re.compile(r"/knowledge/faqs/(?!new)"))

    visitor = customer("zh-CN").open_chat()
    eventually(lambda: "不含咖啡因" in says_bot(editor, "晚上喝木棉花茶会不会睡不着"))
    expect(visitor.asks("晚上喝木棉花茶会不会睡不着")).to_contain_text("不含咖啡因")

    # Taken back, it is no longer said.
    page.get_by_role("button", name=editor.w("knowledge:action.more", name="木棉花茶会影响睡眠吗")).click()
    page.get_by_role("menuitem", name=editor.w("knowledge:action.archive")).click()
    editor.dialog.get_by_role("button", name=editor.w("knowledge:action.archive")).click()
    expect(page.get_by_text(editor.w("knowledge:status.archived")).first).to_be_visible()
    eventually(lambda: "不含咖啡因" not in says_bot(editor, "木棉花茶会影响睡眠吗"))
    expect(visitor.asks("木棉花茶会影响睡眠吗")).not_to_contain_text("不含咖啡因")


def test_a_file_is_checked_row_by_row_imported_and_taken_back(colleague: Work) -> None:
    editor = colleague("gao.wen", "en").comes_in("/")
    editor.page.evaluate(
        "sessionStorage.setItem('qiao.locale.chosen', 'en'); localStorage.setItem('qiao.locale', 'en')"
    )
    editor.goes_to("/knowledge/import")
    page = editor.page
    rows = [
        "category,question,variants,answer",
        "Import,Do you sell bamboo flutes?,Are there flutes?|Flutes for sale?,Yes: twelve models.",
        "Import,Which wood are the flutes made of?,,Bitter bamboo.",
        "Import,A question without an answer?,,",
        "Import,,,An answer without a question.",
    ]
    page.locator("input[type=file]").set_input_files(
        {"name": "flutes.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    )
    figures = page.locator(".kn-figure-error")
    expect(figures).to_contain_text("2")
    expect(page.locator(".kn-errors li").first).to_be_visible()
    expect(page.locator(".kn-figure-ready")).to_contain_text("2")

    page.get_by_role("button", name=editor.w("knowledge:import.commit", count=2)).click()
    expect(page.get_by_role("heading", name=editor.w("knowledge:import.finished"))).to_be_visible()
    eventually(lambda: len(editor.api.items("/knowledge/faqs", q="flutes")) == 2)

    page.get_by_role("button", name=editor.w("knowledge:import.undo")).click()
    editor.dialog.get_by_role("button", name=editor.w("knowledge:import.undo")).click()
    expect(page.get_by_role("heading", name=editor.w("knowledge:import.undone"))).to_be_visible()
    eventually(lambda: editor.api.items("/knowledge/faqs", q="flutes", status="published") == [])
