"""Sensitive words in texts: hidden ones are found, look-alikes are not, thousands cost little."""

import time

import pytest

from qiao.bot.understanding.words import Finder, fold, masked

FINDER = Finder(
    [(word, word) for word in ("台独", "法轮", "敏感词", "共产", "VX号", "赌博", "赌", "ass", "fuck", "wechat id")]
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("这是敏感词", ["敏感词"]),
        ("敏 感 词", ["敏感词"]),
        ("敏*感_词", ["敏感词"]),
        ("敏，感，词", ["敏感词"]),
        ("敏感詞", ["敏感词"]),
        ("ＦＵＣＫ", ["fuck"]),
        ("F.u.C.k off", ["fuck"]),
        ("f u c k", ["fuck"]),
        ("加我vx号吧", ["VX号"]),
        ("my WeChat-ID", ["wechat id"]),
        ("赌博网站", ["赌", "赌博"]),
        ("a.s.s", ["ass"]),
        ("台\u200b独", ["台独"]),
        # Look-alikes
        ("这台独立显卡好吗", []),
        ("方法轮到谁了", []),
        ("这是方法，轮到我", []),
        ("公共产品", []),
        ("class assignment pass", []),
        ("as some say", []),
        ("敏感的词", []),
        ("", []),
        ("😀🎉", []),
    ],
)
def test_words_are_found_however_they_are_hidden_and_nothing_else(text: str, words: list[str]) -> None:
    assert [hit.value for hit in FINDER.find(text)] == words


def test_masking_keeps_the_rest_of_the_text() -> None:
    text = "加我 f u c k 和敏*感*词，谢谢"
    assert masked(text, FINDER.find(text)) == "加我 * * * * 和*****，谢谢"
    assert fold("  Ｖ Ｘ-號 ") == "vx号"


def test_ten_thousand_words_cost_a_message_next_to_nothing() -> None:
    syllables = "的一是不了人我在有他这为之大来以个中上们"
    entries = [(a + b + c + d, 0) for a in syllables[:10] for b in syllables for c in syllables for d in syllables[:3]]
    big = Finder(entries)
    assert len(entries) > 10_000
    message = "请问我昨天在你们店里买的扫地机器人什么时候可以发货" * 4
    big.find(message)
    started = time.process_time()
    for _ in range(20):
        big.find(message)
    # Fifty times what it takes, so that a busy machine does not fail it; without the automaton it is a thousand times.
    assert (time.process_time() - started) / 20 < 0.05
