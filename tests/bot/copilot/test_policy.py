"""What is asked, what is remembered, how far a reply is from a suggestion: tables of cases."""

from datetime import UTC, datetime
from typing import Any

import pytest

from qiao.bot.copilot import policy
from qiao.core.ids import new_id
from qiao.desk.conversations.schemas import Author, MessageView


def talk(*lines: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> list[MessageView]:
    made = []
    for seq, (who, text, *rest) in enumerate(lines, start=1):
        kind = "note" if who == "note" else "text"
        author = Author("user" if who == "note" else who, name=who)
        at = datetime(2026, 3, 1, 10, seq, tzinfo=UTC)
        payload = dict(rest[0]) if rest else {}
        made.append(MessageView(new_id(), new_id(), seq, author, kind, text, payload, None, at, "sent"))
    return made


def test_everything_since_the_last_reply_is_asked_and_politeness_is_not() -> None:
    messages = talk(
        ("customer", "你好"), ("bot", "您好"), ("customer", "怎么申请退货"), ("user", "在订单里申请"),
        ("note", "他以前退过吗"), ("customer", "那运费呢"), ("customer", "谁出"), ("customer", "谢谢"),
    )  # fmt: skip
    assert policy.open_question(messages) == ("那运费呢\n谁出", "怎么申请退货")
    assert policy.open_question(messages[:4]) == (None, "怎么申请退货")
    assert policy.open_question(talk(("customer", "你好"))) == (None, None)
    handed_over = talk(
        ("customer", "怎么没发货"), ("bot", "48 小时内发。", {"sources": [{"id": "x"}]}), ("customer", "补偿怎么领"),
        ("bot", "正在为您转接"), ("customer", "在吗"),
    )  # fmt: skip
    assert policy.open_question(handed_over) == ("补偿怎么领", "怎么没发货"), (
        "what the bot could not answer is still asked"
    )
    first = policy.first_question(messages)
    assert first is not None and first.seq == 3


def test_facts_are_what_somebody_said() -> None:
    messages = talk(
        ("customer", "订单 QS-20240001 还没到，电话 13812345678"), ("user", "您付了 ¥129.00，对吗"),
        ("note", "单号 QS-99999"),
        ("customer", "对，QS-20240001 是3月2日下的，见 https://shop.example/o/1"),
    )  # fmt: skip
    found = [(fact.kind, fact.value) for fact in policy.facts(messages)]
    assert found == [
        ("order", "QS-20240001"),
        ("amount", "¥129.00"),
        ("date", "3月2日"),
        ("link", "https://shop.example/o/1"),
    ]
    source = {"sources": [{"title": "运费"}], "helpful": False}
    tried = policy.tried(
        talk(("bot", "您好"), ("bot", "满 99 元包邮", source), ("user", "好的"), ("user", "我帮您查一下物流信息"))
    )
    assert [(t.by, t.title, t.helpful) for t in tried] == [("bot", "运费", False), ("user", None, None)]
    assert policy.last_words(messages)[1] == "agent"
    assert policy.last_words(talk(("customer", "a"), ("user", "b")))[1] == "customer"


@pytest.mark.parametrize(
    ("suggested", "sent", "outcome"),
    [
        ("签收后 7 天内可以退货。", "签收后7天内可以退货。", "accepted"),
        ("签收后 7 天内可以退货。", "您好，签收后 7 天内可以退货。还有什么可以帮您？", "edited"),
        ("签收后 7 天内可以退货，运费由买家承担。", "签收后 7 天内可以退货，运费我们来承担。", "edited"),
        ("签收后 7 天内可以退货。", "请稍等，我查一下您的订单", "rejected"),
        ("", "您好", "rejected"),
    ],
)
def test_what_was_sent_tells_what_a_suggestion_was_worth(suggested: str, sent: str, outcome: str) -> None:
    assert policy.outcome(policy.distance(suggested, sent)) == outcome


def test_a_disposition_needs_more_than_one_case_and_more_than_half() -> None:
    assert policy.disposition([("solved", 0.9), ("solved", 0.8), ("spam", 0.7), (None, 0.9)])[0] == "solved"
    assert policy.disposition([("solved", 0.9)])[0] is None
    assert policy.disposition([("a", 0.5), ("a", 0.5), ("b", 0.9), ("b", 0.9)])[0] == "b"
    assert policy.disposition([("a", 0.5), ("b", 0.5)])[0] is None
    assert policy.disposition([]) == (None, 0.0)
    assert policy.common_tags([["退货", "急"], ["退货"], ["退货", "已有"], ["已有"]], ["已有"]) == ["退货"]
