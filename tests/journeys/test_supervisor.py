"""The supervisor watches, helps unheard, steps in."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague, Customer

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
Come = Callable[..., Customer]
Work = Callable[..., Colleague]


def test_watches_whispers_joins_takes_over_and_reassigns(customer: Come, colleague: Work) -> None:
    boss = colleague("zhou.yan").comes_in("/insight/wallboard")
    queues = boss.page.get_by_role("region", name=boss.w("insight:wall.queues"))
    expect(queues).to_be_visible()
    agents = boss.page.get_by_role("region", name=boss.w("insight:nav.agents"))

    # Live: an agent arrives, a customer waits, is helped.
    agent = colleague("chen.yu").comes_in().sets_state("online")
    expect(agents).to_contain_text(re.compile(boss.w("insight:state.online") + r"\s*1"))
    visitor = customer("zh-CN").open_chat()
    visitor.says("我要投诉，转人工")
    live = boss.page.get_by_role("region", name=boss.w("insight:wall.conversations"))
    expect(live.locator("tbody")).to_contain_text(boss.w("insight:conversation.states.queued"))
    agent.accepts_offer()
    agent.says("您好，我是小雨。")
    expect(live.locator("tbody")).to_contain_text(boss.w("insight:conversation.states.assigned"))

    # Opens it unseen, and whispers.
    live.get_by_role("row").filter(has_text="小雨").get_by_role("button").first.click()
    boss.sees("您好，我是小雨。")
    boss.is_told(re.compile("小雨"))
    expect(agent.page.locator(".q-collision")).to_have_count(0)
    boss.says("先道歉，再问订单号", kind="whisper")
    agent.sees("先道歉，再问订单号")
    visitor.says("还在吗？")
    boss.sees("还在吗？")
    assert "先道歉" not in visitor.frame.locator("body").inner_text()

    # Joins: now the customer hears it.
    boss.does("join")
    boss.is_told(boss.w("inbox:done.joined"))
    boss.says("您好，我是主管周妍，我来协助处理。")
    visitor.sees("您好，我是主管周妍，我来协助处理。")

    # Takes it over, and gives it to somebody else.
    boss.does("leave")
    boss.is_told(boss.w("inbox:done.left"))
    boss.does("take_over")
    visitor.sees(visitor.w("event.assigned", name="周主管"))
    boss.does("assign")
    boss.dialog.get_by_role("radio", name=re.compile("敏敏")).click()
    expect(boss.page.locator(".q-pane__meta")).to_contain_text("敏敏")
    visitor.sees(visitor.w("event.assigned", name="敏敏"))


def test_every_decision_is_explained(customer: Come, colleague: Work) -> None:
    agent = colleague("chen.yu").comes_in().sets_state("online")
    other = colleague("wang.lei").comes_in().sets_state("away")
    visitor = customer("zh-CN").open_chat()
    visitor.says("转人工")
    agent.accepts_offer()
    agent.page.get_by_role("tab", name=agent.w("inbox:context.routing")).click()
    panel = agent.page.get_by_role("complementary", name=agent.w("inbox:context.label"))
    expect(panel).to_contain_text(agent.w("inbox:routing.rule.least_loaded"))
    expect(panel).to_contain_text(agent.w("inbox:routing.why_not.away"))
    assert other.who == "wang.lei"
