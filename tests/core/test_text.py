"""What can be found by what: the specification of tokens."""

import pytest
from opencc_pyo3 import OpenCC

from qiao.core import text
from qiao.core.text import guess_language, lexical_terms, normalize, query_tokens, search_tokens, stem


def found(document: str, query: str) -> bool:
    wanted = query_tokens(query)
    return bool(wanted) and set(wanted) <= set(search_tokens(document))


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("請問運費多少錢", "请问运费多少钱"),
        ("  Wi-Fi\t\n Router ", "wi-fi router"),
        ("訂\u200b單", "订单"),
        ("①㎏", "1kg"),
        ("", ""),
    ],
)
def test_normal_form(raw: str, normal: str) -> None:
    assert normalize(raw) == normal
    assert normalize(normal) == normal


@pytest.mark.parametrize(
    ("document", "query"),
    [
        ("我想申请退货流程怎么走", "退货"),
        ("我想申请退货流程怎么走", "货流"),
        ("流程是这样的：先联系客服再退货", "退货流程"),
        ("請問運費多少錢", "运费"),
        ("请问运费多少钱", "運費"),
        ("ＳＦ１２３４５６７ 到哪了", "sf1234567"),
        ("订单 SF-1234567 到哪了", "SF1234567"),
        ("订单 SF1234567 到哪了", "sf-1234567"),
        ("订单SF-1234567到哪了", "1234567"),
        ("电话 138-0013-8000", "13800138000"),
        ("电话13800138000", "138-0013-8000"),
        ("iPhone15Pro屏幕碎了", "iphone 15"),
        ("mail me at user@example.com", "user@example.com"),
        ("共 12.5 元", "12.5"),
        ("两张券", "券"),
        ("I returned two parcels", "return parcel"),
        ("The order was cancelled", "cancel orders"),
        ("客户要求开具增值税专用发票", "增值税发票"),
        ("微信支付失败", "支付"),
        ("𠮷野家的优惠券", "𠮷野家"),
    ],
)
def test_found(document: str, query: str) -> None:
    assert found(document, query)


@pytest.mark.parametrize(
    ("document", "query"),
    [
        ("我想退款", "退货"),
        ("共 125 元", "12.5"),
        ("货已退", "退货"),
        ("return the parcel", "refund"),
        ("随便什么", "……"),
    ],
)
def test_not_found(document: str, query: str) -> None:
    assert not found(document, query)


def test_every_pair_of_neighbouring_characters_is_findable() -> None:
    document = "您好请问我上周买的羽绒服可以换一个颜色吗"
    assert all(found(document, document[i : i + 2]) for i in range(len(document) - 1))


def test_particles_do_not_narrow_a_query_but_stand_alone() -> None:
    assert query_tokens("我的订单") == ["订单"]
    assert query_tokens("吗") == ["吗"]


def test_terms_keep_repeats_tokens_do_not() -> None:
    assert lexical_terms("退货退货") == ["退货", "货退", "退货"]
    assert search_tokens("退货退货") == ["退", "货", "退货", "货退"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [("refunds", "refund"), ("shipping", "ship"), ("deliveries", "delivery"), ("address", "address"),
     ("status", "status"), ("changed", "chang"), ("change", "chang"), ("sing", "sing"), ("bed", "bed")],
)  # fmt: skip
def test_stem(word: str, expected: str) -> None:
    assert stem(word) == expected


@pytest.mark.parametrize(
    ("message", "language"),
    [("运费多少", "zh"), ("How much is shipping?", "en"), ("我的 order 没到", "zh"), ("iPhone坏了怎么办", "zh"),
     ("please track my parcel 谢谢", "en"), ("12345", "zh"), ("", "zh")],
)  # fmt: skip
def test_language(message: str, language: str) -> None:
    assert guess_language(message) == language


def test_the_table_is_what_opencc_says() -> None:
    converter = OpenCC("t2s")
    table = text._simplified()
    assert len(table) > 3000
    assert all(converter.convert(chr(source)) == target for source, target in table.items())
