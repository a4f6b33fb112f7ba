"""Certainty: judged by keyboard, fitted, and the accepted error with what it would have done."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague
from tests.journeys.product import eventually

pytestmark = pytest.mark.journey
Work = Callable[..., Colleague]


def test_answers_are_judged_with_two_keys_and_the_accepted_error_shows_what_it_does(colleague: Work) -> None:
    admin = colleague("lin.mu")
    # The demo's past is gone through in the background.
    eventually(lambda: admin.api.get("/bot/certainty/reviews")["waiting"], lambda waiting: bool(waiting >= 20), 180)
    admin.comes_in("/settings/certainty")
    page = admin.page
    review = page.locator(".qc-review")
    asked = review.locator(".qc-asked")
    expect(asked).not_to_be_empty()
    first = asked.inner_text()
    page.keyboard.press("1")
    expect(review).to_contain_text(admin.w("settings:certainty.place", at=2, of=20))
    page.keyboard.press("k")
    expect(asked).to_have_text(first)
    expect(review.locator(".qc-review-head")).to_contain_text(admin.w("settings:certainty.isRight"))
    page.keyboard.press("2")
    page.keyboard.press("k")
    expect(review.locator(".qc-review-head")).to_contain_text(admin.w("settings:certainty.isWrong"))
    # The screen is ahead of the server.
    before = eventually(lambda: admin.api.get("/bot/certainty"), lambda found: bool(found["wrong"] >= 1))
    page.keyboard.press("u")
    expect(review.locator(".qc-review-head")).not_to_contain_text(admin.w("settings:certainty.isWrong"))

    more = admin.w("settings:certainty.maxError")
    page.get_by_role("slider", name=more, exact=True).press("ArrowRight")
    share = f"{round(before['settings']['max_error'] * 100) + 1}%"
    expect(page.get_by_text(f"{more}: {share}")).to_be_visible()
    shown = next(one for one in before["answers"] if f"{round(one['accepted'] * 100)}%" == share)
    expect(page.locator(".qc-outlook").first).to_contain_text(f"{round(shown['answered'] * 100)}%")
