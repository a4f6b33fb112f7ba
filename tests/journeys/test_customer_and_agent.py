"""A customer asks for a person, a person comes, and they settle it."""

import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import PASSWORD, Product

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
Come = Callable[..., Customer]
Work = Callable[..., Colleague]

TALK = {
    "zh-CN": {
        "agent": "chen.yu",
        "agent_name": "小雨",
        "question": "退款多久能到账",
        "person": "转人工",
        "problem": "我的四件套洗了一次就起球了，怎么办？",
        "reply": "别着急，我这就帮您看。",
        "thanks": "好的，谢谢你！",
        "note": " 这位客户的换货请帮忙跟进",
        "colleague": "周主管",
        "wrap_up": "同意换货，已登记。",
        "comment": "很耐心",
    },
    "en": {
        "agent": "sun.kai",
        "agent_name": "凯文",
        "question": "When will I get my refund?",
        "person": "talk to a human",
        "problem": "My bed linen has pilled after one wash. What can I do?",
        "reply": "Don't worry, let me have a look.",
        "thanks": "Great, thank you!",
        "note": " please follow up on this exchange",
        "colleague": "周主管",
        "wrap_up": "Exchange agreed and filed.",
        "comment": "Very patient",
    },
}


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 200), (200, 69, 47)).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_from_the_bot_to_a_person_to_a_rating(customer: Come, colleague: Work, locale: str) -> None:
    talk = TALK[locale]

    # The agent comes to work.
    agent = colleague(talk["agent"], locale).signs_in(PASSWORD).sets_state("online")

    # The customer asks the bot first, then wants a person.
    visitor = customer(locale).open_chat()
    visitor.asks(talk["question"])
    visitor.says(talk["problem"])
    visitor.says(talk["person"])
    visitor.is_told(visitor.w("queue.next"))
    visitor.is_told(re.compile(re.escape(visitor.w("queue.wait", time="").strip())))

    # The agent is offered the conversation, takes it and sees what the bot did.
    agent.accepts_offer()
    visitor.sees(visitor.w("event.assigned", name=talk["agent_name"]))
    agent.sees(talk["problem"])
    handoff = agent.page.get_by_role("complementary", name=agent.w("inbox:handoff.title"))
    expect(handoff).to_contain_text(talk["problem"])
    expect(agent.transcript).to_contain_text(talk["question"])

    # Each sees the other type.
    visitor.box.press_sequentially("KL", delay=60)
    expect(agent.page.locator(".q-typing")).to_be_visible()
    visitor.box.fill("")
    expect(agent.page.locator(".q-typing")).to_be_hidden()
    agent.writes("").press_sequentially(talk["reply"][:3], delay=60)
    expect(visitor.log.locator(".typing")).to_be_visible()

    # Words both ways, and the marks that they arrived.
    agent.says(talk["reply"])
    visitor.sees(talk["reply"])
    visitor.says(talk["thanks"])
    agent.sees(talk["thanks"])
    expect(visitor.log.locator(".receipt").last).to_have_text(visitor.w("chat.read"))

    # A picture and a file from the customer; a file from the agent.
    visitor.attaches({"name": "linen.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    expect(agent.transcript.get_by_role("img", name="linen.jpg")).to_be_visible()
    visitor.attaches({"name": "order.txt", "mimeType": "text/plain", "buffer": b"KL20260001\n"})
    expect(agent.transcript.get_by_role("link", name=re.compile("order.txt"))).to_be_visible()
    agent.page.locator(".q-composer input[type=file]").set_input_files(
        {"name": "form.txt", "mimeType": "text/plain", "buffer": b"please fill in\n"}
    )
    send = agent.page.get_by_role("button", name=agent.w("inbox:composer.send_reply"), exact=True)
    expect(send).to_be_enabled()
    send.click()
    visitor.sees("form.txt")

    # A canned reply, its variables filled in.
    box = agent.writes("")
    box.press_sequentially("/hi", delay=30)
    canned = agent.page.get_by_role("listbox", name=agent.w("inbox:suggest.canned"))
    canned.get_by_role("option").filter(has=agent.page.locator("code", has_text=re.compile("^/?hi(-en)?$"))).click()
    expect(box).to_have_value(re.compile(talk["agent_name"]))
    assert "{{" not in box.input_value()
    filled = box.input_value()
    box.press("Enter")
    visitor.sees(filled)

    # A card out of the knowledge base.
    box.press_sequentially("#", delay=30)
    knowledge = agent.page.get_by_role("listbox", name=agent.w("inbox:suggest.knowledge"))
    expect(knowledge.get_by_role("option").first).to_be_visible()
    box.press("Shift+Enter")
    expect(visitor.log.locator(".rich").last).to_be_visible()

    # A note for a colleague, which the customer never sees.
    note = agent.writes("", "note")
    note.press_sequentially("@" + talk["colleague"][:1], delay=30)
    people = agent.page.get_by_role("listbox", name=agent.w("inbox:suggest.people"))
    people.get_by_role("option", name=re.compile(talk["colleague"])).click()
    note.press_sequentially(talk["note"])
    note.press("Enter")
    agent.sees(talk["note"].strip())

    # It is settled.
    agent.does("resolve")
    agent.dialog.get_by_label(re.compile("^" + agent.w("inbox:resolve.note"))).fill(talk["wrap_up"])
    agent.dialog.get_by_role("button", name=agent.w("inbox:resolve.submit"), exact=True).click()
    agent.is_told(agent.w("inbox:done.resolved"))
    assert talk["note"].strip() not in visitor.frame.locator("body").inner_text()

    # The customer says how it was, and the agent sees it.
    visitor.frame.get_by_title(visitor.w("rating.5"), exact=True).click()
    visitor.frame.get_by_label(visitor.w("rating.comment")).fill(talk["comment"])
    visitor.frame.get_by_role("button", name=visitor.w("rating.submit")).click()
    visitor.is_told(visitor.w("rating.thanks"))
    agent.sees(agent.w("inbox:event.rated"))


def test_the_customer_closes_the_tab_and_comes_back(customer: Come, colleague: Work) -> None:
    agent = colleague("chen.yu").comes_in().sets_state("online")
    visitor = customer("zh-CN").open_chat()
    visitor.says("转人工")
    agent.accepts_offer()
    agent.says("您好，请讲。")
    visitor.sees("您好，请讲。")
    # Seen, and known to have been seen: what they come back to counts from here.
    expect(agent.transcript.locator(".q-delivery--read").last).to_be_visible()

    visitor.page.close()
    agent.says("您还在吗？")

    again = Customer(visitor.context, visitor.product, "zh-CN").visit_shop()
    expect(again.launcher).to_have_accessible_name(re.compile("1"))
    again.open_chat()
    again.sees("您好，请讲。")
    again.sees("您还在吗？")
    again.says("在的，刚才掉线了")
    agent.sees("在的，刚才掉线了")


def test_what_is_written_offline_is_sent_once(customer: Come, colleague: Work, product: Product) -> None:
    agent = colleague("chen.yu").comes_in().sets_state("online")
    visitor = customer("zh-CN").open_chat()
    visitor.says("转人工")
    agent.accepts_offer()

    visitor.context.set_offline(True)
    visitor.says("断网时写的话")
    expect(visitor.log.get_by_text(visitor.w("chat.waiting"))).to_be_visible()
    visitor.context.set_offline(False)
    agent.sees("断网时写的话")
    expect(visitor.log.get_by_text(visitor.w("chat.waiting"))).to_have_count(0)
    expect(visitor.log.locator(".pending")).to_have_count(0)

    stored = agent.api.get(f"/conversations/{agent.conversation_id}/messages")["items"]
    assert [m["body"] for m in stored].count("断网时写的话") == 1
    expect(agent.transcript.get_by_text("断网时写的话")).to_have_count(1)
    expect(visitor.log.get_by_text("断网时写的话")).to_have_count(1)


def test_the_agent_too_loses_the_connection_and_nothing_else(customer: Come, colleague: Work) -> None:
    agent = colleague("chen.yu").comes_in().sets_state("online")
    visitor = customer("zh-CN").open_chat()
    visitor.says("转人工")
    agent.accepts_offer()

    agent.context.set_offline(True)
    visitor.says("您收到了吗？")
    visitor.sees("您收到了吗？")
    expect(visitor.log.locator(".pending")).to_have_count(0)
    agent.context.set_offline(False)
    agent.sees("您收到了吗？")
    agent.says("收到了")
    visitor.sees("收到了")
