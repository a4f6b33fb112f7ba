"""A real question becomes a case in two clicks, and the set is run and compared."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import eventually

pytestmark = pytest.mark.journey

QUESTION = f"不到99元的邮费要多少呀 {uuid4().hex[:6]}"


def test_a_question_from_the_inbox_is_asked_again(
    customer: Callable[..., Customer], colleague: Callable[..., Colleague]
) -> None:
    visitor = customer("zh-CN").open_chat()
    visitor.asks(QUESTION)
    admin = colleague("lin.mu")
    conversation = admin.api.get("/conversations", view="bot", sort="recent")["items"][0]["id"]
    test_set = admin.api.get("/evaluation/sets")["items"][0]
    admin.comes_in(f"/inbox/bot/{conversation}")
    admin.sees(QUESTION)

    # The menu of the message, then “add”: what was right is proposed or chosen.
    message = admin.page.locator(".q-msg").filter(has_text=QUESTION).first
    message.hover()
    message.get_by_role("button", name=admin.w("inbox:message_menu")).click()
    admin.page.get_by_role("menuitem", name=admin.w("inbox:add_to_set"), exact=True).click()
    dialog = admin.page.get_by_role("dialog", name=admin.w("evaluation:add.title"))
    expect(dialog.locator("#case-question")).to_have_value(QUESTION)
    dialog.get_by_label(admin.w("evaluation:expects.choice.none"), exact=True).check()
    dialog.get_by_role("button", name=admin.w("evaluation:add.confirm"), exact=True).click()
    expect(dialog).to_be_hidden()
    cases = admin.api.get(f"/evaluation/sets/{test_set['id']}/cases", q=QUESTION)["items"]
    assert [(case["expects"], case["source"]["conversation_id"]) for case in cases] == [("none", conversation)]

    # The set is run twice, once more strictly, and both are held against each other.
    def runs_of() -> list[dict[str, Any]]:
        return list(admin.api.get(f"/evaluation/sets/{test_set['id']}/runs")["items"])

    for error in (10, 2):
        admin.comes_in(f"/evaluation/sets/{test_set['id']}")
        admin.page.get_by_role("button", name=admin.w("evaluation:run.start"), exact=True).click()
        asked = admin.page.get_by_role("dialog", name=admin.w("evaluation:run.start"))
        asked.get_by_label(admin.w("evaluation:config.maxError"), exact=True).fill(str(error))
        asked.get_by_role("button", name=admin.w("evaluation:run.go"), exact=True).click()
        admin.page.wait_for_url("**/evaluation/runs/**")
        eventually(lambda: runs_of()[0]["state"], lambda state: state not in ("queued", "running"), 240)
        expect(admin.page.get_by_text(admin.w("evaluation:chart.curve"), exact=True).first).to_be_visible()
    runs = runs_of()
    assert [run["state"] for run in runs[:2]] == ["done", "done"]
    coverage = [run["figures"]["coverage"] for run in runs[:2]]
    assert coverage[0] < coverage[1], "stricter answers less"
    admin.comes_in(f"/evaluation/compare/{runs[1]['id']}/{runs[0]['id']}")
    expect(admin.page.locator(".ev-pairs > li").first).to_have_class(re.compile("ev-row-worse"))
