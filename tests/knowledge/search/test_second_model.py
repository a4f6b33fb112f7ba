"""What the second model adds, and that answers hold while it has not read everything."""

from collections.abc import Sequence

import numpy as np
import pytest

from qiao.core.text import normalize
from qiao.knowledge.search.document import Document
from qiao.knowledge.search.e5 import E5
from qiao.knowledge.search.embedding import E5Embedder, HashingEmbedder
from qiao.knowledge.search.engine import Engine
from qiao.knowledge.search.opposites import opposed
from qiao.knowledge.search.ports import Vectors

POSTAGE = Document("postage", "faq", "运费怎么算", ("邮费多少钱",))
RETURNS = Document("returns", "faq", "怎么申请退货")
INVOICE = Document("invoice", "faq", "电子发票在哪里下载")


class Knowing:
    """Knows what the words do not say: texts about one thing have one vector."""

    name = "knowing-1"
    dimensions = 8
    floor = 0.0
    usual = np.full(8, 0.1, np.float32)

    def __init__(self, **things: str) -> None:
        self.things = things
        self.read: list[str] = []

    def warm_up(self) -> None:
        return None

    def questions(self, texts: Sequence[str]) -> Vectors:
        self.read += texts
        out = np.zeros((len(texts), 8), np.float32)
        for row, text in zip(out, texts, strict=True):
            about = [at for at, words in enumerate(self.things.values(), 1) if normalize(text) in words]
            row[about[0] if about else 0] = 1
        return out

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self.questions(texts)


class Missing(Knowing):
    def questions(self, texts: Sequence[str]) -> Vectors:
        raise ImportError("not here")


def first(engine: Engine, question: str) -> str:
    return engine.search(question, allowed=None)[0].id


def test_it_finds_what_the_words_do_not_say_once_it_has_read() -> None:
    second = Knowing(postage="运费怎么算 邮费多少钱 快递要钱么", other="怎么申请退货", third="电子发票在哪里下载")
    engine = Engine(HashingEmbedder(), second=second)
    engine.replace([POSTAGE, RETURNS, INVOICE])
    assert (engine.unread, second.read) == (4, [])
    before = engine.search("快递要钱么", allowed=None)[0]
    assert before.signals.second is None
    while engine.deepen(2):
        pass
    assert engine.unread == 0
    after = engine.search("快递要钱么", allowed=None)[0]
    assert after.id == "postage"
    assert after.signals.second == pytest.approx(1.0, abs=0.01)
    assert after.probability >= before.probability or before.id != "postage"


def test_what_it_read_stays_when_other_texts_change() -> None:
    second = Knowing(postage="运费怎么算")
    engine = Engine(HashingEmbedder(), second=second)
    engine.replace([POSTAGE, RETURNS])
    while engine.deepen(16):
        pass
    second.read.clear()
    engine.upsert([INVOICE])
    assert engine.unread == 1
    assert engine.deepen(16) == 1
    assert second.read == ["电子发票在哪里下载"]
    engine.remove(["returns"])
    assert engine.unread == 0


def test_hits_stay_comparable_while_it_reads() -> None:
    """A text it has not read is neither buried nor raised for that."""
    engine = Engine(HashingEmbedder(), second=Knowing(postage="运费怎么算", other="怎么申请退货"))
    engine.replace([RETURNS, POSTAGE, INVOICE])
    engine.deepen(1)
    assert first(engine, "电子发票哪里下载") == "invoice"
    assert first(engine, "怎么退货") == "returns"
    assert first(engine, "运费怎么算呀") == "postage"


def test_readers_see_nothing_of_what_they_may_not() -> None:
    secret = Document("secret", "faq", "内部邮费", audience=frozenset({"internal"}))
    second = Knowing(postage="内部邮费 快递要钱么", other="运费怎么算")
    engine = Engine(HashingEmbedder(), second=second)
    engine.replace([POSTAGE, secret])
    while engine.deepen(16):
        pass
    hits = engine.search("快递要钱么", allowed=frozenset({"public"}))
    assert [hit.id for hit in hits] == ["postage"]
    assert hits[0].signals.second_peak < 0.5


def test_without_it_everything_goes_on() -> None:
    engine = Engine(HashingEmbedder(), second=Missing())
    engine.replace([POSTAGE, RETURNS])
    assert engine.deepen(16) == 0
    assert engine.second is None
    assert first(engine, "运费怎么算") == "postage"
    engine.upsert([INVOICE])
    assert first(engine, "电子发票下载") == "invoice"


@pytest.mark.parametrize(
    ("asked", "said", "opposite"),
    [
        ("怎么关闭免密支付", "如何开通免密支付", True),
        ("如何携号转出", "如何携号转入", True),
        ("怎么解绑银行卡", "如何绑定银行卡", True),
        ("提高转账限额", "降低转账限额", True),
        ("开通或关闭短信提醒", "关闭短信提醒", False),
        ("how do i close my account", "How to open an account", True),
        ("opening hours", "closing time", False),
        ("运费怎么算", "怎么申请退货", False),
    ],
)
def test_opposites(asked: str, said: str, opposite: bool) -> None:
    assert opposed(normalize(asked), normalize(said)) is opposite
    assert opposed(normalize(said), normalize(asked)) is opposite


def test_e5_reads_both_languages_and_any_text() -> None:
    model = E5Embedder()
    texts = ["怎么申请退货", "How do I return an item?", "今天天气很好", "", "😀" * 40, "a" * 3000]
    vectors = model.questions(texts)
    assert vectors.shape == (len(texts), E5.dimensions)
    assert np.isfinite(vectors).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    likeness = vectors @ vectors.T
    assert likeness[0, 1] > likeness[0, 2] + 0.02
    # Beside others or alone, padding changes nothing.
    assert np.allclose(model.questions(texts[1:2])[0], vectors[1], atol=1e-4)
