"""What a ticket from a conversation begins with: the customer's own words, without what says nothing of the matter."""

import pytest

from qiao.desk.tickets import guessing

BROKEN = "the kettle arrived broken"


@pytest.mark.parametrize(
    "call",
    ["talk to a human", "Can I speak with an agent?", "human please", "转接人工客服", "我要转人工", "Hi"],
)
def test_calls_for_a_person_are_no_part_of_the_summary(call: str) -> None:
    assert guessing.summary([call, BROKEN]) == BROKEN


@pytest.mark.parametrize("line", ["I talked to an agent yesterday", "转人工要收费吗", "please talk to the courier"])
def test_what_only_mentions_people_stays(line: str) -> None:
    assert guessing.summary([line]) == line


@pytest.mark.parametrize(
    ("lines", "words", "title"),
    [
        (["你好", "在吗", "请问一下，电饭煲坏了怎么办？", "13912345678"], ["坏了"], "电饭煲坏了怎么办？"),
        (["您好，我想咨询一下这个水壶能不能退", "好的，谢谢"], ["咨询"], "这个水壶能不能退"),
        (["订单号 KP-20260001", "电话 13912345678", "到现在还没发货"], [], "到现在还没发货"),
        (["转人工", "亲", "嗯嗯"], [], ""),
        (["Hi there, good morning! My kettle leaks.", "KP-20260001", "thanks"], ["leak"], "My kettle leaks"),
        (["Hello, I would like to speak to a person", "order KP-20260002"], [], ""),
        (["No power since yesterday", "yes, please"], [], "No power since yesterday"),
        (["请问怎么开发票"], ["怎么"], "怎么开发票"),
        (["问题还是没有解决"], [], "问题还是没有解决"),
        (
            [
                "你好，上个月在你们店里买了一套茶具送给我妈妈，她一直很喜欢，用得也很小心。昨天洗的时候发现壶嘴裂了，想换货或者退款，"
                "麻烦尽快处理。家里还等着用呢，谢谢！"
            ],
            ["换货", "退款"],
            "昨天洗的时候发现壶嘴裂了，想换货或者退款，麻烦尽快处理",
        ),
        (["亲自去门店退可以吗"], [], "亲自去门店退可以吗"),
        (["好用是好用，就是充不进电"], [], "好用是好用，就是充不进电"),
    ],
)
def test_a_title_names_the_matter(lines: list[str], words: list[str], title: str) -> None:
    assert guessing.telling(lines, words) == title


def test_a_title_of_a_long_letter_is_the_part_that_says_it() -> None:
    clauses = [f"第{number}件事和这次没有关系" for number in range(12)]
    said = "，".join([*clauses[:6], "包裹显示签收了可是我没收到", *clauses[6:]])
    found = guessing.telling([said], ["没收到", "签收"])
    assert "包裹显示签收了可是我没收到" in found
    assert len(found) <= guessing.LONG_TITLE


@pytest.mark.parametrize(
    ("said", "minor"),
    [
        ("refund of 2,680 yuan", 268000),
        ("一共 12,345.60 元", 1234560),
        ("¥1,234,567", 123456700),
        ("买了三件，399元", 39900),
        ("先付了100元，后来又付 58.5 块", 5850),
        ("￥128.5", 12850),
        ("订单 12，399元", None),
        ("26,80元", None),
        ("没有说多少", None),
    ],
)
def test_an_amount_is_the_whole_number_that_was_named(said: str, minor: int | None) -> None:
    assert guessing.amount_in(said) == minor
