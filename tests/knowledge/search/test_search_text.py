import pytest

from qiao.core.text import normalize
from qiao.knowledge.search.text import (
    codes,
    document_terms,
    in_frame,
    is_negated,
    needs_context,
    numbers,
    opening,
    pair_terms,
    passages,
    plain,
    unit_terms,
    with_context,
)


def test_terms() -> None:
    assert unit_terms("退货 iphone15") == ["退", "货", "iphon", "15", "iphone15"]
    assert pair_terms("退货流程") == ["退货", "货流", "流程"]
    assert "return item" in pair_terms("return items")


@pytest.mark.parametrize(
    ("text", "negated"),
    [("收不到验证码", True), ("能不能退货", False), ("是不是正品", False), ("没有收到货", True), ("怎么退货", False),
     ("I can't log in", True), ("how do I log in", False), ("有没有优惠", False), ("not received", True)],
)  # fmt: skip
def test_negation(text: str, negated: bool) -> None:
    assert is_negated(normalize(text)) is negated


def test_numbers_and_codes() -> None:
    assert numbers("三天和12.5元") == {"3", "12.5"}
    assert codes(normalize("iPhone15 订单SF-123 和 99")) == {"iphone15", "sf123"}


@pytest.mark.parametrize(
    "message", ["那运费呢", "运费呢？", "what about shipping?", "那怎么退", "and in english", "多久"]
)
def test_follow_ups(message: str) -> None:
    assert needs_context(message)


@pytest.mark.parametrize(
    "message", ["怎么申请退货", "How do I return an item?", "我昨天买的羽绒服想退货但是吊牌剪了怎么办", ""]
)
def test_questions_that_stand_alone(message: str) -> None:
    assert not needs_context(message)


def test_a_document_is_found_by_what_it_is_about() -> None:
    assert document_terms("what is the limit of my card") == ["limit", "card", "limit card"]
    assert "a" in document_terms(normalize("A市公交")), "in Chinese a letter is a name"


def test_a_follow_up_in_the_question_before() -> None:
    assert "寄到新疆要几天" in in_frame("那新疆呢", "寄到江苏要几天")
    assert "how long does express delivery take" in in_frame(
        "what about express?", "how long does standard delivery take"
    )
    assert in_frame("what about the parcel that my neighbour took in yesterday", "how long does delivery take") == []


def test_with_context_keeps_what_is_new() -> None:
    assert with_context("那运费呢？", "怎么退货") == "怎么退货 运费"
    assert with_context("What about shipping?", "how to return") == "how to return shipping"


def test_passages_hold_everything_and_stay_small() -> None:
    body = "# 标题\n\n" + "这是第一句话，讲的是保养。" * 40 + "\n\n- [链接文字](https://example.com) **重点**"
    cut = passages(body)
    assert all(len(piece) <= 200 for piece in cut)
    assert "".join(cut).count("保养") == 40
    assert "链接文字" in cut[-1] and "example.com" not in cut[-1] and "**" not in cut[-1]
    assert passages("") == []
    assert len(passages("字" * 1000)) == 1


def test_the_opening_of_a_text_is_words_on_one_line() -> None:
    table = "## Sizes\n\n| Bed | Sheet |\n|---|:---:|\n| 1.5 m | **230×250** cm |\n"
    assert opening(table, 280) == "Sizes Bed Sheet 1.5 m 230×250 cm"
    assert opening("退款 " * 300, 10) == "退款 退款 退款 退…"


def test_plain() -> None:
    assert plain(r"2\*3, \[a\] and &lt;order&gt;<br>b &amp; c") == "2*3, [a] and <order> b & c"
    assert plain("see ![a chart](x.png) and `code`").split() == ["see", "a", "chart", "and", "code"]
