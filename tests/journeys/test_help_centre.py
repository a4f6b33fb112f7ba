"""A customer helps themselves: without scripts, by keyboard, as somebody the shop knows; an editor sees what came of it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import Customer
from tests.journeys.product import Product, eventually

pytestmark = pytest.mark.journey

# What each element's words have to stand out from: the nearest ground that is painted.
CONTRAST = """() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const weak = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest(".sr, .skip")) continue;
    let ground = node;
    while (ground && (parts(getComputedStyle(ground).backgroundColor)[3] ?? 1) === 0) ground = ground.parentElement;
    const [a, b] = [getComputedStyle(node).color, getComputedStyle(ground ?? document.body).backgroundColor]
      .map((colour) => light(parts(colour))).sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) weak.push(`${node.tagName} ${node.textContent.trim().slice(0, 30)}`);
  }
  return weak;
}"""


def sound(page: Page) -> None:
    """What holds for every page: words that can be read, one heading, landmarks, nothing wider than the screen."""
    page.wait_for_load_state()  # a heading stands there before the rest of its page, and before its scripts have run
    assert page.evaluate(CONTRAST) == []
    assert page.locator("h1").count() == 1
    for landmark in ("header", "main", "footer", "[role=search]", ".skip"):
        assert page.locator(landmark).count() == 1, landmark
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_is_whole_without_scripts(browser: Browser, product: Product) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-US", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{product.url}/help")
    expect(page).to_have_url(re.compile("/help/en$"))
    page.get_by_role("searchbox").fill("When will I get my refund?")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("mark").first).to_be_visible()
    page.locator(".entries a").first.click()
    expect(page.locator("main")).to_contain_text("1–3 working days")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("It is out of date").check()
    page.get_by_label("Tell us more (optional)").fill("It took a week.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#feedback")).to_contain_text("Thank you")
    read = page.url.partition("?")[0]
    page.get_by_role("link", name="Home").click()
    page.locator(".shelves a").first.click()
    expect(page.locator(".entries a").first).to_be_visible()
    context.close()

    editor = product.api("lin.mu")
    title = re.sub(r".*/questions/", "", read).replace("-", " ")

    def texts() -> list[dict[str, Any]]:
        disliked = editor.items("/knowledge/statistics/texts", only="disliked")
        return [text for text in disliked if re.sub(r"[^a-z0-9 ]", "", text["title"].lower()) == title]

    text = eventually(texts)[0]  # counted a moment after it was said
    said = eventually(lambda: editor.items(f"/knowledge/statistics/texts/{text['id']}/opinions", helpful=False))
    assert (said[0]["reason"], said[0]["comment"]) == ("outdated", "It took a week.")
    editor.close()


@pytest.mark.parametrize(("locale", "typed"), [("zh-CN", "tuikuan"), ("en", "refund")])
def test_by_keyboard_from_a_few_letters_to_an_answer(
    customer: Callable[..., Customer], product: Product, locale: str, typed: str
) -> None:
    visitor = customer(locale, dark=locale == "en")
    page = visitor.page
    failures: list[str] = []
    page.on("console", lambda message: failures.append(message.text) if message.type == "error" else None)
    page.goto(f"{product.url}/help/{locale}")
    sound(page)
    box = page.get_by_role("combobox")
    box.fill(typed)
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    chosen = options.first.inner_text()
    box.press("Enter")
    expect(page.locator("h1")).to_have_text(chosen)
    sound(page)
    page.locator("#feedback button").first.click()
    expect(page.locator("#feedback [role=status]")).to_be_visible()
    assert "said=" not in page.url, "a vote leaves the reader where they are"

    page.get_by_role("combobox").fill("zzqq xxyy")
    page.get_by_role("combobox").press("Enter")
    expect(page.locator("main [data-chat]")).to_be_visible()
    sound(page)
    page.locator("main [data-chat]").click()
    expect(visitor.frame.get_by_role("dialog")).to_be_visible()
    assert failures == []


def test_whom_the_shop_knows_the_help_centre_knows(customer: Callable[..., Customer], product: Product) -> None:
    page = customer("zh-CN").page
    identity = page.request.get(f"{product.url}/shop/data.json?lang=zh-CN").json()["customers"][0]
    with page.expect_response(re.compile("/shop/identity")):
        page.evaluate("customer => localStorage.setItem('kapok.customer', JSON.stringify(customer))", identity)
        page.reload()
    expect(page.locator("header.head")).to_contain_text(identity["name"])
    page.get_by_role("link", name="帮助中心").click()
    expect(page.locator(".me")).to_contain_text(identity["name"])
    sound(page)
    page.get_by_role("button", name="退出").click()
    expect(page.locator(".me")).to_have_count(0)
