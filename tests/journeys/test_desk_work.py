"""What agents do with a conversation: hand it on, put it aside, order it, and all of it from the keyboard."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import eventually

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
Come = Callable[..., Customer]
Work = Callable[..., Colleague]


def at_work_with_a_customer(customer: Come, colleague: Work, who: str = "chen.yu") -> tuple[Customer, Colleague]:
    agent = colleague(who).comes_in().sets_state("online")
    visitor = customer("zh-CN").open_chat()
    visitor.says("转人工")
    agent.accepts_offer()
    return visitor, agent


def findable(agent: Colleague, words: str) -> None:
    """What was said is written into the index a moment after it was said."""
    eventually(lambda: agent.api.get("/search", q=words)["conversations"])


def transfers(agent: Colleague, kind: str, target: str | None, note: str) -> None:
    agent.does("transfer")
    agent.dialog.get_by_text(agent.w(f"inbox:transfer.{kind}"), exact=True).click()
    if target:
        agent.dialog.get_by_role("radio", name=re.compile(target)).click()
    agent.dialog.get_by_label(agent.w("inbox:transfer.note_placeholder")).fill(note)
    agent.dialog.get_by_role("button", name=agent.w("inbox:transfer.submit"), exact=True).click()
    expect(agent.page.get_by_role("dialog")).to_have_count(0)


def test_handed_to_a_colleague_to_a_queue_and_to_the_bot(customer: Come, colleague: Work) -> None:
    visitor, agent = at_work_with_a_customer(customer, colleague)
    senior = colleague("xu.jing").comes_in().sets_state("online")

    transfers(agent, "person", "静静", "请您看看这单补偿")
    senior.goes_to("/inbox/mine")
    senior.list.get_by_role("option").first.click()
    senior.sees("请您看看这单补偿")
    visitor.sees(visitor.w("event.assigned", name="静静"))

    # To a queue neither of them works in, once the courier is there.
    agent.sets_state("offline")
    transfers(senior, "queue", "物流查询", "请物流同事查一下")
    courier = colleague("wang.lei").comes_in().sets_state("online")
    courier.accepts_offer()
    courier.sees("请物流同事查一下")
    visitor.sees(visitor.w("event.assigned", name="阿磊"))

    transfers(courier, "bot", None, "客户只想再问一个常见问题")
    visitor.sees(visitor.w("event.to_bot"))
    # It said that a person comes; now it says that it is back.
    expect(visitor.log.locator(".row.bot")).to_have_count(2)
    expect(visitor.asks("怎么开发票")).to_contain_text(visitor.w("chat.sources"))
    assert "请您看看这单补偿" not in visitor.frame.locator("body").inner_text()


def test_put_aside_ordered_and_woken_by_the_customer(customer: Come, colleague: Work) -> None:
    visitor, agent = at_work_with_a_customer(customer, colleague)
    visitor.says("我想换一个颜色")
    agent.sees("我想换一个颜色")

    toolbar = agent.page.get_by_role("toolbar", name=agent.w("inbox:actions"))
    toolbar.get_by_role("button", name=agent.w("inbox:more")).click()
    agent.page.get_by_role("menuitem", name=re.compile(agent.w("inbox:priority.title"))).click()
    agent.dialog.get_by_role("radio", name=re.compile(agent.w("inbox:priority.3") + "$")).click()
    expect(agent.page.locator(".q-pane__name .q-priority--3")).to_be_visible()

    toolbar.get_by_role("button", name=agent.w("inbox:more")).click()
    agent.page.get_by_role("menuitem", name=re.compile(agent.w("inbox:tags"))).click()
    field = agent.dialog.get_by_role("combobox")
    field.fill("换色")
    field.press("Enter")
    agent.dialog.get_by_role("button", name=agent.w("save")).click()
    expect(agent.page.locator(".q-pane__meta")).to_contain_text("换色")

    agent.does("snooze")
    agent.dialog.get_by_role("button", name=re.compile("^" + agent.w("inbox:snooze.hour"))).click()
    agent.is_told(agent.w("inbox:done.snoozed"))
    agent.is_told(re.compile(re.escape(agent.w("inbox:standin.snoozed", time="").split("{")[0][:4])))

    visitor.says("想好了，换成米色")
    agent.sees("想好了，换成米色")
    expect(agent.page.get_by_role("button", name=agent.w("inbox:action.unsnooze"))).to_have_count(0)


def test_a_whole_conversation_from_the_keyboard(customer: Come, colleague: Work) -> None:
    agent = colleague("chen.yu").comes_in("/inbox/mine").sets_state("online")
    keys = agent.page.keyboard
    first = customer("zh-CN").open_chat()
    first.says("转人工")
    expect(agent.page.get_by_role("alertdialog").first).to_be_visible()
    keys.press("Enter")
    expect(agent.transcript).to_be_visible()
    first.is_told(first.w("chat.agent_sub"))
    second = customer("zh-CN").open_chat()
    second.says("转人工")
    expect(agent.page.get_by_role("alertdialog").first).to_be_visible()
    keys.press("Enter")
    second.is_told(second.w("chat.agent_sub"))

    # Up and down the list.
    expect(agent.list.get_by_role("option")).to_have_count(2)
    here = agent.list.get_by_role("option", selected=True)
    at = agent.conversation_id
    expect(here).to_have_attribute("data-id", at)
    keys.press("j")
    expect(here).not_to_have_attribute("data-id", at)
    keys.press("k")
    expect(here).to_have_attribute("data-id", at)
    agent.page.wait_for_url(f"**/{at}")

    # Reply, note, resolve.
    keys.press("r")
    expect(agent.composer()).to_be_focused()
    keys.type("键盘写的回复")
    keys.press("Enter")
    second.sees("键盘写的回复")
    keys.press("Escape")
    keys.press("n")
    expect(agent.composer("note")).to_be_focused()
    keys.type("键盘写的备注")
    keys.press("Enter")
    agent.sees("键盘写的备注")
    keys.press("Escape")
    keys.press("t")
    expect(agent.in_dialog()).to_contain_text(agent.w("inbox:transfer.title"))
    keys.press("Escape")
    agent.nothing_open()
    keys.press("e")
    expect(agent.in_dialog().get_by_label(re.compile("^" + agent.w("inbox:resolve.note")))).to_be_visible()
    keys.press("Control+Enter")
    agent.is_told(agent.w("inbox:done.resolved"))
    second.is_told(second.w("rating.title"))
    agent.nothing_open()

    # The list of keys, and the palette that finds everything.
    keys.press("?")
    expect(agent.in_dialog()).to_contain_text(agent.w("shortcuts.title"))
    keys.press("Escape")
    agent.nothing_open()
    findable(agent, "键盘写")
    keys.press("Control+k")
    palette = agent.page.get_by_placeholder(agent.w("palette.placeholder"))
    expect(palette).to_be_focused()
    keys.type("键盘写")
    expect(agent.page.get_by_role("option", name=re.compile("键盘写")).first).to_be_visible()
    keys.press("Escape")
    agent.nothing_open()
    keys.press("g")
    keys.press("k")
    agent.page.wait_for_url("**/knowledge")


def test_search_finds_words_of_two_characters(customer: Come, colleague: Work) -> None:
    visitor, agent = at_work_with_a_customer(customer, colleague)
    visitor.says("我的汝窑杯子有惊纹")
    agent.sees("我的汝窑杯子有惊纹")
    findable(agent, "惊纹")
    agent.goes_to("/search?q=惊纹")
    expect(agent.page.locator("mark", has_text="惊纹").first).to_be_visible()


def test_who_else_is_here_is_seen(customer: Come, colleague: Work) -> None:
    visitor, agent = at_work_with_a_customer(customer, colleague)
    boss = colleague("zhou.yan").comes_in(f"/inbox/all/{agent.conversation_id}")
    boss.does("join")
    boss.is_told(boss.w("inbox:done.joined"))
    expect(agent.page.locator(".q-collision")).to_contain_text("周主管")
    boss.writes("我来").press("a")
    expect(agent.page.locator(".q-collision, .q-composer__collision").first).to_contain_text("周主管")
