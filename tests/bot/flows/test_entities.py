"""What words say about slots: tables of both languages."""
# ruff: noqa: E501  tables, easier to check in rows

from datetime import date
from typing import Any

import pytest

from qiao.bot.flows import dates, entities
from qiao.bot.flows.document import Choice, Slot

TODAY = date(2026, 11, 22)  # a Sunday
NAMED = {"zh-CN": "某", "en": "some"}


def slot(kind: str, **values: Any) -> Slot:
    return Slot.model_validate({"type": kind, "label": NAMED, "ask": NAMED, **values})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("明天", "2026-11-23"), ("上周五", "2026-11-13"), ("这周五", "2026-11-20"), ("下周三送到", "2026-11-25"), ("11月3日", "2026-11-03"),
        ("十一月三号", "2026-11-03"), ("三天前", "2026-11-19"), ("两周后", "2026-12-06"), ("大后天", "2026-11-25"), ("2026年12月1日", "2026-12-01"),
        ("下个月5号", "2026-12-05"), ("1月2日", "2027-01-02"), ("next Friday", "2026-11-27"), ("last Monday", "2026-11-16"),
        ("on 3 November", "2026-11-03"), ("Nov 3rd, 2025", "2025-11-03"), ("in 3 days", "2026-11-25"), ("two weeks ago", "2026-11-08"),
        ("the day after tomorrow", "2026-11-24"), ("2026-12-01", "2026-12-01"), ("2月30日", None), ("随便", None), ("13/45", None),
    ],
)  # fmt: skip
def test_dates(words: str, expected: str | None) -> None:
    found = dates.find(words.lower(), TODAY)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        ("order_number", "订单号是KL80010023谢谢", "KL80010023"),
        ("order_number", "kl80010023", "KL80010023"),
        ("order_number", "我的手机是19900001234", None),
        ("phone", "我的手机是 199 0000 1234", "19900001234"),
        ("phone", "+86 19900001234", "19900001234"),
        ("phone", "12345", None),
        ("email", "发到 Fin@Kapok.example 吧", "fin@kapok.example"),
        ("email", "fin#kapok", None),
        ("amount", "大概99.5元", 99.5),
        ("amount", "¥1,299", 1299.0),
        ("number", "三个", 3),
        ("number", "要 12 个", 12),
        ("number", "12 个或 13 个", None),
        ("code", "尾号是0101", "0101"),
        ("code", "19900000101", "0101"),
        ("yes_no", "好的", True),
        ("yes_no", "不用了", False),
        ("yes_no", "也许", None),
        ("text", "我的名字叫李雷", "李雷"),
        ("address", "改成上海市徐汇区漕溪路18号", "上海市徐汇区漕溪路18号"),
        ("address", "不知道", None),
    ],
)
def test_answers(kind: str, words: str, expected: Any) -> None:
    heard = entities.fit(slot(kind), words, TODAY)
    assert (heard.value if heard.ok else None) == expected


def test_a_single_choice_is_taken_by_saying_yes() -> None:
    def choice(number: str) -> Choice:
        return Choice.model_validate({"value": number, "label": {"zh-CN": number, "en": number}})

    one, two = choice("KL80010023"), choice("KL80010024")
    asked = slot("order_number", format="KL########")
    for words in ("对", "好的", "yes"):
        assert entities.fit(asked, words, TODAY, [one]).value == "KL80010023"
        assert not entities.fit(asked, words, TODAY, [one, two]).ok


def test_limits_are_named() -> None:
    assert entities.fit(slot("number", max=5), "9", TODAY).fault == "number_too_large"
    assert entities.fit(slot("text", min=15), "123", TODAY).fault == "text_too_small"
    assert entities.fit(slot("date", min=0), "昨天", TODAY).fault == "date_too_small"
    assert entities.fit(slot("text", optional=True), "没有", TODAY).value == ""
    assert entities.fit(slot("order_number", format="KL########"), "AB12345678", TODAY).fault == "not_understood"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("取消", True), ("算了吧", True), ("不退了", True), ("never mind, thanks", True), ("cancel it please", True),
        ("取消订单怎么弄", False), ("我要取消订单", False), ("can I cancel an order", False), ("不要红色的", False),
    ],
)  # fmt: skip
def test_calling_it_off(words: str, expected: bool) -> None:
    assert entities.is_cancel(words) is expected


def test_corrections() -> None:
    assert entities.correction("不对，是KL80010024") == "kl80010024"
    assert entities.correction("no, it's KL80010023") == "kl80010023"
    assert entities.correction("KL80010024") is None
