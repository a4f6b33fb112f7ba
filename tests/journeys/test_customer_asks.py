"""A newcomer in the demo shop asks the bot."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Customer
from tests.journeys.screenshots import Camera

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
Come = Callable[..., Customer]

ASKED = {
    "zh-CN": {
        "known": "退款多久能到账",
        "answer": "1–3 个工作日",
        "unsure": "退款",
        "unknown": "你们老板叫什么名字",
        "person": "转人工",
    },
    "en": {
        "known": "When will I get my refund?",
        "answer": "1–3 working days",
        "unsure": "refund",
        "unknown": "What is the capital of Mongolia?",
        "person": "talk to a human",
    },
}


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_the_bot_answers_with_its_source(customer: Come, locale: str, camera: Camera) -> None:
    visitor = customer(locale).open_chat()
    answer = visitor.asks(ASKED[locale]["known"])

    expect(answer).to_contain_text(ASKED[locale]["answer"])
    expect(answer).to_contain_text(visitor.w("chat.bot_tag"))
    expect(answer).to_contain_text(visitor.w("chat.sources"))
    expect(answer.locator(".source").first).to_be_visible()
    camera.take(visitor.page, f"shop-{locale}")

    answer.get_by_role("button", name=visitor.w("chat.helpful"), exact=True).click()
    expect(answer).to_contain_text(visitor.w("chat.helpful_thanks"))


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_unsure_it_offers_choices_and_a_choice_is_answered(customer: Come, locale: str) -> None:
    visitor = customer(locale).open_chat()
    offered = visitor.asks(ASKED[locale]["unsure"]).locator(".choices button")
    expect(offered.first).to_be_visible()
    assert offered.count() >= 2

    question = offered.first.inner_text()
    before = visitor.answers.count()
    offered.first.click()
    expect(visitor.log.locator(".row.mine").last).to_contain_text(question)
    expect(visitor.answers).not_to_have_count(before)
    expect(visitor.answers.nth(before)).to_contain_text(visitor.w("chat.sources"))


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_what_it_does_not_know_it_says_and_shows_the_way_to_a_person(customer: Come, locale: str) -> None:
    visitor = customer(locale).open_chat()
    answer = visitor.asks(ASKED[locale]["unknown"])
    expect(answer).not_to_contain_text(visitor.w("chat.sources"))
    expect(answer).to_contain_text(re.compile("转人工|person"))
    ways = visitor.frame.get_by_role("button", name=visitor.w("chat.to_person"), exact=True)
    expect(ways.first).to_be_visible()


def test_an_english_question_in_a_chinese_shop_is_answered_in_english(customer: Come) -> None:
    visitor = customer("zh-CN").open_chat()
    expect(visitor.asks(ASKED["en"]["known"])).to_contain_text(ASKED["en"]["answer"])


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_with_nobody_there_one_can_leave_a_message(customer: Come, locale: str) -> None:
    visitor = customer(locale).open_chat()
    visitor.asks(ASKED[locale]["person"])
    visitor.frame.get_by_role("button", name=visitor.w("a11y.menu")).click()
    visitor.frame.get_by_role("menuitem", name=visitor.w("menu.leave")).click()
    form = visitor.frame.get_by_role("dialog", name=visitor.w("leave.title"))
    form.locator("#leave-body").fill("KL00012345 ?")
    form.get_by_role("button", name=visitor.w("leave.submit")).click()
    expect(form).to_contain_text(visitor.w("leave.need_contact"))
    form.locator("#leave-phone").fill("19900001234")
    form.get_by_role("button", name=visitor.w("leave.submit")).click()
    visitor.is_told(visitor.w("leave.done"))


def test_on_a_phone_the_chat_fills_the_screen(customer: Come, camera: Camera) -> None:
    visitor = customer("zh-CN", phone=True).open_chat()
    visitor.asks(ASKED["zh-CN"]["known"])
    size = visitor.page.locator("#qiao-widget iframe").bounding_box()
    assert size is not None
    assert (size["x"], size["y"], size["width"]) == (0, 0, 390)
    camera.take(visitor.page, "widget-phone")


def test_a_signed_in_shopper_is_greeted_by_name(customer: Come) -> None:
    visitor = customer("zh-CN")
    visitor.page.locator("details.account summary").click()
    person = visitor.page.locator("details.account .drop button").first
    name = person.inner_text().strip().splitlines()[-1]
    person.click()
    expect(visitor.page.locator("details.account summary")).to_contain_text(name)
    visitor.launcher.click()
    visitor.is_told(visitor.w("home.hello_name", name=name))
