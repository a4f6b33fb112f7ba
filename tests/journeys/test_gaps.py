"""The knowledge editor finds what customers ask in vain, drafts the answer from what agents said, and publishes it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague
from tests.journeys.product import eventually

pytestmark = pytest.mark.journey
Work = Callable[..., Colleague]


def test_a_gap_becomes_an_answer(colleague: Work) -> None:
    editor = colleague("gao.wen").comes_in("/knowledge/gaps")
    page = editor.page
    page.get_by_role("button", name=re.compile("以旧换新")).first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("以旧换新怎么弄")).to_be_visible()
    drawer.get_by_role("tab", name=editor.w("knowledge:gaps.answers")).click()
    expect(drawer.get_by_text(re.compile("结算页.*以旧换新")).first).to_be_visible()

    drawer.get_by_role("button", name=editor.w("knowledge:gaps.draft.button")).click()
    page.wait_for_url(re.compile(r"/knowledge/faqs/(?!new)"))
    expect(page.locator("#faq-answer")).to_contain_text("30 元")
    page.get_by_role("button", name=editor.w("knowledge:action.savePublish")).or_(
        page.get_by_role("button", name=editor.w("knowledge:action.publish"))
    ).first.click()
    expect(page.get_by_text(editor.w("knowledge:status.published")).first).to_be_visible()

    # The gap hears of it a moment after the page does.
    eventually(lambda: "以旧换新" in str(editor.api.items("/knowledge/gaps", status="answered")))
    editor.goes_to("/knowledge/gaps")
    page.get_by_text(editor.w("knowledge:gaps.stages.answered")).last.click()
    expect(page.get_by_role("button", name=re.compile("以旧换新")).first).to_be_visible()
    expect(page.get_by_text(editor.w("knowledge:gaps.effect.short.too_early")).first).to_be_visible()
