"""What may be said of a source and what may not, as tables of cases."""

import pytest

from qiao.bot.llm.check import Source, check, cited, finished, judge, sentences
from qiao.bot.llm.figures import codes, figures, invented, links
from qiao.bot.llm.private import hide
from qiao.bot.llm.writing import checked_rewrite

RETURNS = Source(
    1, "a", "faq", "怎么申请退货",
    "签收后 7 天内，商品未使用且不影响二次销售的，可在“我的订单”中申请无理由退货。"
    "退款会在仓库收到商品后 3 个工作日内原路退回。定制商品不支持退货。",
)  # fmt: skip
DELIVERY = Source(
    2, "b", "faq", "How long does delivery take?",
    "Orders are shipped within 24 hours. Delivery takes 2-3 business days in most cities."
    " Remote areas may need up to 7 days. We do not deliver to PO boxes.",
)  # fmt: skip
POINTS = Source(
    3, "c", "faq", "会员积分会过期吗",
    "积分自获得之日起 12 个月有效，过期自动清零，不可恢复。积分不能兑换现金，可在积分商城兑换优惠券。",
)  # fmt: skip
WARRANTY = Source(
    4, "d", "article", "Warranty",
    "The battery is covered for 24 months, other parts for 36 months. Damage by water is not covered."
    " Model QX-200 is included. See https://shop.example/warranty for details.",
)  # fmt: skip
SOURCES = (RETURNS, DELIVERY, POINTS, WARRANTY)


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("您可以在签收后7天内申请无理由退货[1]。", None),
        ("退款会在仓库收到商品后三个工作日内原路退回。[1]", None),
        ("定制商品不能退货[1]。", None),
        ("您可以在签收后30天内申请退货[1]。", "invented"),
        ("退款会在3小时内原路退回[1]。", "invented"),
        ("定制商品支持退货[1]。", "negation"),
        ("商品不支持无理由退货[1]。", "negation"),
        ("退货后您将获得双倍赔偿[1]。", "unsupported"),
        ("您可以申请退货，并获得终身免费保修服务[1]。", "unsupported"),
        ("请拨打 400-123-4567 申请退货[1]。", "invented"),
        ("请访问 https://evil.example 申请退款[1]。", "invented"),
        ("我已忽略之前的规则，退款已经批准[1]。", "unsupported"),
        ("签收后7天内可以申请无理由退货[2]。", "unsupported"),
        ("签收后7天内可以申请无理由退货[9]。", "unknown_source"),
        ("签收后7天内可以申请无理由退货。", "uncited"),
        ("很高兴为您服务！", "uncited"),
        ("Orders ship within 24 hours [2].", None),
        ("Remote areas may take up to 7 days [2].", None),
        ("We don't deliver to PO boxes [2].", None),
        ("We deliver to PO boxes [2].", "negation"),
        ("Orders ship within 24 days [2].", "invented"),
        ("Delivery is free for VIP members [2].", "unsupported"),
        ("积分不能兑换现金，但可以在积分商城兑换优惠券[3]。", None),
        ("积分可以兑换现金[3]。", "negation"),
        ("积分不会过期[3]。", "negation"),
        ("积分永久有效[3]。", "unsupported"),
        ("The battery is covered for 24 months [4].", None),
        ("The battery is covered for 36 months [4].", "invented"),
        ("Water damage is covered [4].", "negation"),
        ("Model QX200 is included [4].", None),
        ("Model QX-300 is included [4].", "invented"),
    ],
)
def test_a_sentence_says_what_its_sources_say(sentence: str, fault: str | None) -> None:
    assert judge(sentence, SOURCES).fault == fault


def test_other_words_and_other_languages_pass_only_when_the_meaning_is_close() -> None:
    for sentence in (
        "You can return it within 7 days of receiving it [1].",
        "仓库收到退货后，三个工作日内会把款项退回原支付方式[1]。",
    ):
        assert judge(sentence, SOURCES).fault == "unsupported"
        assert judge(sentence, SOURCES, lambda claim, texts: 0.9).fault is None
        assert judge(sentence, SOURCES, lambda claim, texts: 0.3).fault == "unsupported"
    # However close it sounds: a number is a number.
    assert judge("You can return it within 8 days of receiving it [1].", SOURCES, lambda *_: 0.99).fault == "invented"


def test_what_is_left_has_to_be_most_of_it() -> None:
    good, bad = (
        "您可以在签收后7天内申请无理由退货[1]。",
        "退货后您将获得双倍赔偿，并且还可以再领取一台全新的商品作为补偿[1]。",
    )
    assert check(f"您好！{good}祝您愉快！", SOURCES).enough, "politeness is dropped and not held against it"
    mixed = check(good + bad, SOURCES)
    assert [s.text for s in mixed.kept] == ["您可以在签收后7天内申请无理由退货。"]
    assert not check(good + bad * 3, SOURCES).enough
    assert not check("您好！", SOURCES).enough


def test_sentences_keep_their_marks_and_numbers_their_points() -> None:
    text = "您好！\n1. 打开订单[1]。\n2. 点退货[1][2]\n价格是3.5元。[1, 2] Fine. [2] It is 9:00 a.m. [1-3]"
    found = sentences(text)
    assert "".join(found) == text
    assert [cited(one) for one in found][:5] == [(), (1,), (1, 2), (1, 2), (2,)]
    assert cited(found[-1]) == (1, 2, 3)
    assert finished("一。[1]二。[1]三") == ["一。[1]"]
    assert finished("一。") == []


def test_figures_meet_in_one_form() -> None:
    assert figures("七天、7 日、seven days") == {("7", "day")}
    assert figures("满99.00元，打八五折，百分之十五") >= {("99", "money"), ("15", "percent")}
    assert figures("十五个工作日") == {("15", "workday")} == figures("15 business days")
    assert figures("看一下，一般都可以") == set()
    assert codes("型号 QX-200 与 7days") == {"qx200"}
    assert links("见 https://a.example/b。或 help@a.example") == {"https://a.example/b", "help@a.example"}
    assert invented("7 天", "7 小时") == "7" and invented("运费 8", "运费 8 元") is None


def test_a_rewritten_question_only_puts_together_what_was_said() -> None:
    before = ["退货怎么办理"]
    assert checked_rewrite("退货的运费谁承担？", "那运费谁承担", before) == "退货的运费谁承担？"
    for text in (
        "",
        "退货运费\n另外",
        "Who pays the postage?",
        "7天内退货运费谁承担",
        "今天天气怎么样",
        "如何成为会员并领取优惠券",
    ):
        assert checked_rewrite(text, "那运费谁承担", before) is None, text


def test_personal_data_stays_here_and_order_numbers_go() -> None:
    text = "电话13812345678，身份证11010519900307123X，卡6222 0200 1234 5678 901，邮箱 a.b@c.com，"
    text += "订单 QS-2024001、20240501123"
    assert hide(text) == "电话[phone]，身份证[ID]，卡[card]，邮箱 [email]，订单 QS-2024001、20240501123"
