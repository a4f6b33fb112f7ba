"""What somebody may not do is neither shown to them nor done."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import Product

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
Come = Callable[..., Customer]
Work = Callable[..., Colleague]
FORBIDDEN = re.compile("^(403|404)$")


def test_a_viewer_sees_everything_and_writes_nothing(customer: Come, colleague: Work) -> None:
    agent = colleague("chen.yu").comes_in().sets_state("online")
    visitor = customer("zh-CN").open_chat()
    visitor.says("转人工")
    agent.accepts_offer()
    agent.says("您好")

    viewer = colleague("tang.li").comes_in(f"/inbox/all/{agent.conversation_id}")
    viewer.sees("您好")
    expect(viewer.page.get_by_role("textbox")).to_have_count(0)
    expect(viewer.page.get_by_role("link", name=viewer.w("settings:nav.title"))).to_have_count(0)
    answer = viewer.api.http.post(
        f"/conversations/{agent.conversation_id}/messages", json={"client_id": "v1", "kind": "text", "body": "no"}
    )
    assert FORBIDDEN.match(str(answer.status_code))
    viewer.goes_to("/settings/users")
    expect(viewer.page.locator("#user-name")).to_have_count(0)
    expect(viewer.page.get_by_role("button", name=viewer.w("settings:users.new"))).to_have_count(0)


def test_an_agent_reaches_neither_settings_nor_the_conversations_of_others(
    product: Product, customer: Come, colleague: Work
) -> None:
    # A conversation in the VIP queue's neighbour: the logistics colleague's, not the adviser's.
    courier = colleague("wang.lei").comes_in().sets_state("online")
    visitor = customer("zh-CN").open_chat()
    visitor.says("转人工")
    courier.accepts_offer()
    courier.says("这句话只有阿磊和客户看得到")

    adviser = colleague("liu.xin").comes_in(f"/inbox/all/{courier.conversation_id}")
    expect(adviser.page.get_by_text("这句话只有阿磊和客户看得到")).to_have_count(0)
    assert adviser.api.http.get(f"/conversations/{courier.conversation_id}").status_code in (403, 404)
    assert adviser.api.http.get(f"/conversations/{courier.conversation_id}/messages").status_code in (403, 404)

    adviser.goes_to("/settings/users")
    expect(adviser.page.get_by_role("button", name=adviser.w("settings:users.new"))).to_have_count(0)
    assert adviser.api.http.get("/users").status_code == 403
    assert adviser.api.http.patch("/workspace", json={"name": "x"}).status_code == 403
    assert product.url


def test_without_signing_in_there_is_nothing(product: Product, colleague: Work) -> None:
    nobody = colleague("chen.yu")
    nobody.page.goto(f"{product.url}/console/settings/users")
    expect(nobody.page.get_by_role("button", name=nobody.w("login.submit"), exact=True)).to_be_visible()
