"""One customer, one story: two records that look like one person, made one, gone on with elsewhere, and taken apart again."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague
from tests.journeys.product import Product, eventually

pytestmark = pytest.mark.journey
Work = Callable[..., Colleague]


class App:
    """One of the company's apps: an inbox of the api channel, and what its server says."""

    def __init__(self, product: Product, admin: Colleague, name: str) -> None:
        settings = {"callback_url": "https://hooks.kapok.example/qiao"}
        body = {"channel": "api", "name": name, "bot_enabled": False, "settings": settings}
        self.key: str = admin.api.post("/inboxes", body)["key"]
        token = admin.api.post("/auth/tokens", {"name": name, "scopes": ["api.channel"]})["token"]
        self.product, self.headers = product, {"Authorization": f"Bearer {token}"}

    def says(self, user: str, text: str, **profile: Any) -> str:
        body = {"client_id": f"{user}-{text[:20]}", "from": {"id": user, **profile}, "kind": "text", "body": text}
        path = f"{self.product.url}/api/v1/channels/api/{self.key}/messages"
        sent = httpx.post(path, json=body, headers=self.headers, timeout=60)
        assert sent.is_success, sent.text
        found: str = sent.json()["conversation"]["id"]
        return found


@pytest.mark.parametrize("locale", ["zh-CN"])
def test_two_records_of_one_person(product: Product, colleague: Work, locale: str) -> None:
    boss = colleague("lin.mu", locale)
    shop, club = App(product, boss, "购物 App"), App(product, boss, "Club")
    who = {"name": "欧阳知秋", "phone": f"199{uuid4().int % 10**8:08}"}
    first = shop.says("shop-1", "我的床垫什么时候发货？", **who)
    second = club.says("club-1", "积分怎么没有到账？", **who)
    person = boss.api.get(f"/conversations/{first}")["customer"]["id"]
    eventually(lambda: boss.api.get(f"/customers/{person}/suggestions"))  # looked for behind
    page = boss.comes_in(f"/inbox/all/{first}").page

    # Both gave the same number and the name is rare: it is suggested, with its reasons.
    expect(page.get_by_text("可能是同一人")).to_be_visible()
    expect(page.get_by_text("填写了同一手机号")).to_be_visible()
    page.get_by_role("button", name="是同一人…").click()
    dialog = page.get_by_role("dialog", name="合并两份客户档案")
    expect(dialog.get_by_text("一并转移")).to_be_visible()
    expect(dialog.get_by_text(re.compile(r"会话\s*1"))).to_be_visible()
    dialog.get_by_role("button", name=re.compile("合\\s*并")).click()
    expect(page.get_by_text("已并入的档案")).to_be_visible()

    # One thread across both apps.
    log = page.get_by_role("log")
    expect(log.get_by_text("积分怎么没有到账？")).to_have_count(0)
    page.get_by_role("button", name=re.compile("显示这位客户的其他会话")).click()
    expect(log.get_by_text("积分怎么没有到账？")).to_be_visible()
    expect(log.get_by_text("我的床垫什么时候发货？")).to_be_visible()

    # On with it in the other app; each conversation leads to the other.
    page.get_by_role("button", name="更多").first.click()
    page.get_by_role("menuitem", name="转到其他渠道继续").click()
    ahead = page.get_by_role("dialog", name="转到其他渠道继续")
    expect(ahead.get_by_role("radio", name=re.compile("Club"))).to_be_visible()
    ahead.get_by_role("textbox").fill("您好，两件事我在这里一起回复您。")
    ahead.get_by_role("button", name=re.compile("发\\s*送")).click()
    expect(page).to_have_url(re.compile(second))
    expect(log.get_by_text("您好，两件事我在这里一起回复您。")).to_be_visible()
    expect(log.get_by_text(re.compile("接续自"))).to_be_visible()

    # It was somebody else after all: taken apart, each has what is theirs.
    page.get_by_role("button", name=re.compile("撤销（")).click()
    page.get_by_role("button", name="撤销合并").click()
    expect(page.get_by_text("已并入的档案")).to_have_count(0)

    def owners() -> set[str]:
        return {boss.api.get(f"/conversations/{one}")["customer"]["id"] for one in (first, second)}

    eventually(owners, lambda found: len(found) == 2)
