"""A WeChat account becomes an inbox without a line of code: set up, written to, answered, stopped, and what could not be
read is found."""

import hashlib
import time
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import Product, eventually

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
TOKEN = "kapoktoken"


class Follower:
    """Somebody who follows the account, through WeChat's callbacks in plain mode."""

    def __init__(self, product: Product, hook: str) -> None:
        self.url = hook
        self.http = httpx.Client(base_url=product.url, timeout=60)
        self.sent = 0

    def does(self, kind: str, inner: str) -> None:
        self.sent += 1
        self.posts(
            f"<xml><ToUserName>gh_kapok</ToUserName><FromUserName>oFollower1</FromUserName>"
            f"<CreateTime>{int(time.time())}</CreateTime><MsgType>{kind}</MsgType>{inner}</xml>"
        )

    def says(self, words: str) -> None:
        self.does("text", f"<Content>{words}</Content><MsgId>{7_000_000 + self.sent}</MsgId>")

    def posts(self, body: str) -> None:
        stamp, nonce = str(int(time.time())), f"n{time.time_ns()}"
        mark = hashlib.sha1("".join(sorted((TOKEN, stamp, nonce))).encode()).hexdigest()  # the provider's choice
        answer = self.http.post(
            self.url, params={"signature": mark, "timestamp": stamp, "nonce": nonce}, content=body.encode()
        )
        assert (answer.status_code, answer.text) == (200, "success"), answer.text


def test_an_account_is_connected_answered_and_watched(product: Product, colleague: Callable[..., Colleague]) -> None:
    admin = colleague("lin.mu").comes_in("/settings/inboxes/new")
    page = admin.page
    page.get_by_role("button", name="微信公众号").first.click()
    page.locator("#inbox-name").fill("Kapok WeChat")
    page.get_by_role("switch", name=admin.w("settings:inboxes.bot")).click()
    page.locator("#channel-app_id").fill("wx0123456789abcdef")
    page.locator("#channel-token").fill(TOKEN)
    page.locator("#channel-mode").click()
    page.locator(".ant-select-item-option").last.click()
    page.get_by_role("button", name=admin.w("settings:kit.create"), exact=True).click()
    hook = page.locator("code").filter(has_text="/channels/hooks/")
    expect(hook).to_be_visible()
    follower = Follower(product, str(hook.text_content()))

    agent = colleague("chen.yu").comes_in().sets_state("online")
    follower.says("你好，我的包裹到哪里了？")
    agent.accepts_offer()
    agent.sees("我的包裹到哪里了")
    bar = agent.page.locator(".q-window")
    expect(bar).to_contain_text("5")
    expect(bar.get_by_role("button", name=agent.w("inbox/channel:template"))).to_be_visible()

    # What a provider sends is read after it was taken in.
    follower.does("event", "<Event>unsubscribe</Event>")
    eventually(lambda: agent.api.get(f"/channels/conversations/{agent.conversation_id}")["stopped"])
    agent.page.reload()
    expect(bar).to_contain_text(agent.w("inbox/channel:stopped"))
    agent.says("还在派送中，今天下午到。")
    failure = agent.page.get_by_role("alert").filter(has_text="退订")
    expect(failure.last).to_be_visible()

    follower.posts("<xml><MsgType>text</MsgType></xml>")
    inbox = next(one for one in admin.api.items("/inboxes") if one["name"] == "Kapok WeChat")
    eventually(lambda: admin.api.get("/channels/letters", inbox_id=inbox["id"])["items"])
    letters = page.get_by_role("tab", name=admin.w("settings/channels:letters"))
    letters.click()
    page.reload()
    expect(letters).to_contain_text("1")  # who looks at another tab is told, too
    letters.click()
    page.get_by_role("button", name=admin.w("settings/channels:readLetter")).first.click()
    expect(admin.dialog).to_contain_text("<MsgType>text</MsgType>")
    follower.http.close()
    admin.api.patch(f"/inboxes/{inbox['id']}", {"active": False})


def test_no_choice_shows_a_bare_id_while_names_are_on_their_way(
    product: Product, colleague: Callable[..., Colleague]
) -> None:
    admin = colleague("lin.mu")
    site = next(one for one in admin.api.items("/inboxes") if one["channel"] == "webchat" and one["queue_id"])
    held: list[Route] = []
    admin.page.route("**/api/v1/queues**", lambda route: held.append(route))
    admin.comes_in(f"/settings/inboxes/{site['id']}")
    expect(admin.page.locator("#inbox-name")).to_have_value(site["name"])
    expect(admin.page.get_by_text(site["queue_id"])).to_have_count(0)
    assert held
    for route in held:
        route.continue_()
    admin.page.unroute("**/api/v1/queues**")
    queue = admin.api.get(f"/queues/{site['queue_id']}")["name"]
    expect(admin.page.get_by_text(queue, exact=True).first).to_be_visible()


def test_taking_back_is_offered_only_as_long_as_it_works(
    customer: Callable[..., Customer], colleague: Callable[..., Colleague]
) -> None:
    agent = colleague("chen.yu")
    agent.page.clock.install()
    agent.comes_in().sets_state("online")
    visitor = customer().open_chat()
    visitor.says("在吗")
    visitor.calls_a_person()
    agent.accepts_offer()
    agent.says("在的")
    mine = agent.page.locator(".q-msg--by-user").last
    back = agent.page.get_by_role("menuitem", name=agent.w("inbox:recall.action"))
    mine.hover()
    mine.get_by_role("button", name=agent.w("inbox:message_menu")).click()
    expect(back).to_be_visible()
    agent.page.keyboard.press("Escape")
    agent.page.clock.fast_forward("02:05")
    mine.hover()
    mine.get_by_role("button", name=agent.w("inbox:message_menu")).click()
    expect(agent.page.get_by_role("menuitem", name=agent.w("inbox:copy_text"))).to_be_visible()
    expect(back).to_have_count(0)
