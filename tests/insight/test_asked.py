"""Which questions of a conversation had no good answer, and which words of an agent answered them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from qiao.core.ids import new_id
from qiao.desk.conversations.schemas import Author, ConversationFacts, MessageView
from qiao.insight.gaps.answers import answer_after, distinct, substance
from qiao.insight.gaps.asked import Rejection, minutes_spent, opening, questions, went_to_people

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
KEY = new_id()
FAQ = str(new_id())
KNOWN = {"sources": [{"type": "faq", "id": FAQ, "title": "…"}], "feedback": True}
OFFER = {"offer_person": True}
CHOICES = {"options": [{"id": FAQ, "label": "…", "value": "…"}], "confidence": 0.4, "offer_person": True}
Said = tuple[str, str] | tuple[str, str, dict[str, Any]]


def talk(*said: Said, step: int = 1) -> list[MessageView]:
    found = []
    for number, (who, text, *rest) in enumerate(said):
        payload: dict[str, Any] = rest[0] if rest else {}
        kind = "choices" if "options" in payload else "text"
        at = START + timedelta(minutes=number * step)
        found.append(MessageView(new_id(), KEY, number + 1, Author(who), kind, text, payload, None, at, "sent"))
    return found


def facts(handed: int | None = None, reason: str | None = "requested", status: str = "closed") -> ConversationFacts:
    at = START + timedelta(minutes=handed) if handed is not None else None
    return ConversationFacts(
        id=KEY, number=1, inbox_id=KEY, channel="webchat", customer_id=KEY, status=status, queue_id=None, assignee_id=None,
        priority=1, locale="zh-CN", last_seq=9, created_at=START, queued_at=at, assigned_at=at, first_response_at=None,
        waiting_since=None, resolved_at=None, last_message_at=START, customer_read_seq=0, staff_read_seq=0,
        handoff_reason=reason, handoff_summary=None, version=1,
    )  # fmt: skip


ASK: Said = ("customer", "除螨仪滤网多久换一次")
AGAIN: Said = ("customer", "能不能用热水洗")
TAKEN: Said = ("customer", "…", {"choice": FAQ})


@pytest.mark.parametrize(
    ("said", "handed", "reason", "kinds"),
    [
        ([ASK, ("bot", "…", KNOWN)], None, None, ["answered"]),
        ([ASK, ("bot", "…", OFFER)], None, None, ["missed"]),
        ([ASK, ("bot", "…", CHOICES), ("customer", "都不是")], None, None, ["rejected"]),
        ([ASK, ("bot", "…", CHOICES), ("customer", "在吗")], None, None, ["choices"]),
        (
            [ASK, ("bot", "…", CHOICES), ("customer", "…", {"choice": FAQ}), ("bot", "…", KNOWN)],
            None,
            None,
            ["answered"],
        ),
        ([ASK, ("bot", "…", {**KNOWN, "helpful": False})], None, None, ["disliked"]),
        ([ASK, ("bot", "…", KNOWN), ("customer", "转人工"), ("bot", "好的")], 3, "requested", ["handed_over"]),
        ([ASK, ("bot", "为您转接")], 1, "misses", ["missed"]),
        ([ASK, ("bot", "请提供订单号")], 1, "flow", []),
        ([ASK, ("bot", "请提供订单号")], None, None, []),
        (
            [ASK, ("bot", "…", KNOWN), AGAIN, ("bot", "…", OFFER)],
            4,
            "requested",
            ["answered", "missed"],
        ),
        ([("customer", "你好"), ("bot", "您好")], None, None, []),
        ([ASK, ("user", "三个月换一次")], 0, "requested", []),
    ],
)
def test_what_became_of_a_question(said: list[Said], handed: int | None, reason: str | None, kinds: list[str]) -> None:
    about = facts(handed, reason)
    found = questions(talk(*said), about)
    assert [one.kind for one in found] == kinds
    assert [went_to_people(one, about) for one in found] == [
        handed is not None and kind != "answered" for kind in kinds
    ]


def test_a_follow_up_is_a_whole_question_and_a_rejected_suggestion_counts() -> None:
    said = talk(ASK, ("bot", "…", OFFER), ("customer", "那水洗呢"), ("bot", "…", OFFER))
    assert questions(said, facts())[1].text.startswith("除螨仪滤网多久换一次")
    later = talk(ASK, ("bot", "…", KNOWN), ("user", "您好"), ("customer", "滤网坏了在哪里买新的"), ("user", "配件区有"))
    found = questions(later, facts(2), [Rejection("滤网坏了在哪里买新的", START + timedelta(minutes=4))])
    assert [one.kind for one in found] == ["handed_over", "assist"]


def test_time_is_counted_without_long_silences() -> None:
    said = talk(ASK, ("bot", "…", OFFER), ("user", "您好"), ("customer", "嗯"), ("user", "三个月"), step=2)
    assert minutes_spent(said, facts(3)) == 5.0
    slow = talk(ASK, ("bot", "…", OFFER), ("user", "您好"), ("customer", "嗯"), ("user", "三个月"), step=60)
    assert minutes_spent(slow, facts(120)) == 20.0, "a silence counts ten minutes at most"
    assert minutes_spent(talk(ASK), facts()) == 0.0


def test_the_answer_is_what_was_said_about_the_matter() -> None:
    said = talk(
        ASK,
        ("bot", "…", OFFER),
        ("user", "您好，我是敏敏。"),
        ("user", "请问您是哪一款除螨仪呢，什么时候买的？"),
        ("customer", "KA-109"),
        ("user", "好的，请稍等。滤网每三个月换一次，可以用清水冲洗，晾干再装回去。"),
        ("customer", "谢谢"),
        ("user", "不客气，祝您生活愉快！"),
    )
    found = answer_after(said, KEY, 1)
    assert found is not None and found.text == "滤网每三个月换一次，可以用清水冲洗，晾干再装回去。"
    assert answer_after(talk(ASK, ("user", "您好，请稍等")), KEY, 1) is None
    card = talk(ASK, ("user", "滤网的更换方法都写在这篇文章里，请您照着做。", KNOWN))
    told = answer_after(card, KEY, 1)
    assert told is not None and told.items == (UUID(FAQ),)


def test_politeness_goes_and_phrasings_differ() -> None:
    assert substance("Hi Emma, Kevin here. The lamp needs 220 volts. Have a lovely day!") == "The lamp needs 220 volts."
    close = [[1.0, 0.97, 0.5], [0.97, 1.0, 0.5], [0.5, 0.5, 1.0]]
    assert distinct(["怎么换滤网", "如何换滤网", "滤网哪里买"], close, 5) == [0, 2]
    assert distinct(["怎么换滤网", "我的订单[编号]呢"], [[1.0, 0.1], [0.1, 1.0]], 5) == [0]


def test_without_a_bot_it_is_what_the_customer_came_with() -> None:
    assert (found := opening(talk(("customer", "你好"), ASK, ("user", "半年"), AGAIN))) and found.text == ASK[1]
    assert opening(talk(("user", "您好，您的快递到了"), ASK)) is None, "people have begun"
    assert opening(talk(ASK, ("user", "半年"), ("bot", "…", KNOWN))) is None, "there is a bot"
    assert opening(talk(("customer", "请看附件。" * 40), ("user", "好"))) is None, "a letter"
