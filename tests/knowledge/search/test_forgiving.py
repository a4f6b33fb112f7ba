"""What a search box forgives, proposes and marks."""

import threading
from collections.abc import Iterable

import pytest

from qiao.knowledge.search import engine as module
from qiao.knowledge.search import spelling
from qiao.knowledge.search.document import Document
from qiao.knowledge.search.embedding import HashingEmbedder
from qiao.knowledge.search.engine import Engine
from qiao.knowledge.search.highlight import highlights

INTERNAL = frozenset({"internal"})


@pytest.fixture
def engine() -> Engine:
    engine = Engine(HashingEmbedder())
    engine.replace(
        [
            Document("refund", "faq", "退款多久到账", ("钱什么时候退回来",)),
            Document("ship", "faq", "运费怎么算"),
            Document("invoice", "faq", "怎么开发票"),
            Document("return-en", "faq", "How do I return an item?", locale="en"),
            Document("invoice-en", "faq", "How do I get an invoice?", locale="en"),
            Document("x200", "faq", "KP-200X 扫地机器人怎么充电"),
            Document("x300", "faq", "KP-300X 扫地机器人怎么充电"),
            Document("member", "faq", "会员有什么权益"),
            Document("secret", "faq", "退款黑名单", audience=INTERNAL),
        ]
    )
    return engine


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tuikuan duojiu", "refund"),
        ("tuikuanduojiudaozhang", "refund"),
        ("yunfei", "ship"),
        ("fapiao", "invoice"),
        ("fp", "invoice"),
        ("退宽多久", "refund"),
        ("运废", "ship"),
        ("發票", "invoice"),
        ("retrun", "return-en"),
        ("invoce", "invoice-en"),
        ("kp300x", "x300"),
        ("KP-200X", "x200"),
        ("权益", "member"),
    ],
)
def test_finds_what_was_meant(engine: Engine, query: str, expected: str) -> None:
    assert engine.search(query, allowed=frozenset({"public"}), forgiving=True)[0].id == expected


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("tui kuan duo jiu dao zhang", "退款多久到账"),
        ("fapiao zenme kai", "发票怎么开"),
        ("会员全益", "会员权益"),
        ("can he change", None),
        ("how do i return an item", None),
        ("退款多久到账", None),
    ],
)
def test_says_what_was_meant_and_leaves_english_alone(engine: Engine, query: str, meant: str | None) -> None:
    assert engine.meant(query) == meant


def test_nobody_waits_until_the_words_of_a_large_base_are_read(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    may, reading = threading.Event(), threading.Event()

    class Slow(spelling.Speller):
        def __init__(self, texts: Iterable[str]) -> None:
            reading.set()
            may.wait(60)
            super().__init__(texts)

    monkeypatch.setattr(module, "_LARGE", 1)
    monkeypatch.setattr(module, "Speller", Slow)
    assert engine.meant("会员全益") is None
    assert engine.search("怎么开发票", allowed=None, forgiving=True)[0].id == "invoice"
    assert reading.wait(60) and not may.is_set()
    may.set()
    assert engine._reader is not None
    engine._reader.join(60)
    assert engine.meant("会员全益") == "会员权益"


def test_synonyms_work_for_the_bot_too_and_can_be_taken_back(engine: Engine) -> None:
    before = engine.search("尊享客户", allowed=None)[0].score
    engine.set_synonyms([("会员", "尊享客户", "VIP")])
    assert engine.search("尊享客户", allowed=None)[0].id == "member"
    assert engine.search("vip 权益", allowed=None)[0].id == "member"
    engine.set_synonyms([])
    assert engine.search("尊享客户", allowed=None)[0].score == pytest.approx(before)


def test_suggestions_while_typing_never_show_what_one_may_not_read(engine: Engine) -> None:
    public = frozenset({"public"})
    assert [s.text for s in engine.suggest("退", allowed=public)] == ["退款多久到账"]
    assert {s.id for s in engine.suggest("退", allowed=None)} == {"refund", "secret"}
    assert [s.id for s in engine.suggest("tuik", allowed=public)] == ["refund"]
    assert {s.id for s in engine.suggest("HOW", allowed=public)} == {"invoice-en", "return-en"}
    assert engine.suggest("发票", allowed=public)[0].highlights == [(3, 5)]
    assert engine.suggest(" ", allowed=public) == []


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("怎么申请退款？", "退款", ["退款"]),
        ("怎麼申請退貨", "退货", ["退貨"]),
        ("Returns and refunds", "refund", ["refunds"]),
        ("运费说明", "发票", []),
    ],
)
def test_marks_what_was_looked_for(text: str, query: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in highlights(text, [query])] == marked


def test_running_text_is_found_by_all_of_it(engine: Engine) -> None:
    whole = "体育中心的选址在东八线以东。" + "项目属于重大民生工程，建设规模仍在论证。" * 8 + "开工时间确定后另行公布。"
    engine.upsert([Document("park", "article", "", body=whole), Document("other", "article", "", body="论证会。" * 60)])
    assert engine.search("A7县体育中心什么时候开工，选址在哪里", allowed=None)[0].id == "park"
