"""The engine's promises, on the fallback embedder so that they hold without any model."""

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.knowledge.search.cache import MemoryVectorCache, SqliteVectorCache
from qiao.knowledge.search.document import Document
from qiao.knowledge.search.embedding import HashingEmbedder, UseEmbedder
from qiao.knowledge.search.engine import Engine
from qiao.knowledge.search.ports import Embedder

PUBLIC = frozenset({"public"})
STAFF = frozenset({"public", "internal"})

SHIPPING = Document("shipping", "faq", "运费怎么算", ("邮费多少钱", "寄过来收快递费吗"), "满99元包邮。")
RETURNS = Document("returns", "faq", "怎么申请退货", ("东西不想要了怎么退",), "在订单页点退货。")
RETURN_COST = Document("return-cost", "faq", "退货的运费谁承担", (), "质量问题由我们承担。")
SECRET = Document("secret", "faq", "退货黑名单客户怎么处理", (), "内部规定", audience=frozenset({"internal"}))
EN = Document("returns-en", "faq", "How do I return an item?", ("send it back",), "Use the order page.", locale="en")
ARTICLE = Document(
    "care",
    "article",
    "扫地机器人保养指南",
    body="主刷每周清理一次。\n\n拖布每次使用后清洗，避免发霉。\n\n滤网不可水洗。" * 3,
)


def engine_with(*documents: Document, embedder: Embedder | None = None) -> Engine:
    engine = Engine(embedder or HashingEmbedder())
    engine.replace(documents)
    return engine


@pytest.fixture
def engine() -> Engine:
    return engine_with(SHIPPING, RETURNS, RETURN_COST, SECRET, EN, ARTICLE)


def ids(engine: Engine, query: str, allowed: frozenset[str] | None = PUBLIC, **options: object) -> list[str]:
    return [hit.id for hit in engine.search(query, allowed=allowed, **options)]  # type: ignore[arg-type]  # test shorthand


class TestFinding:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("运费怎么算", "shipping"),
            ("運費怎麼算？", "shipping"),
            ("邮费多少", "shipping"),
            ("不想要了怎么退", "returns"),
            ("how can I return an item", "returns-en"),
            ("拖布发霉了", "care"),
        ],
    )
    def test_first_hit(self, engine: Engine, query: str, expected: str) -> None:
        assert ids(engine, query)[0] == expected

    def test_says_what_matched(self, engine: Engine) -> None:
        hit = engine.search("邮费多少钱", allowed=PUBLIC)[0]
        assert hit.matched == "邮费多少钱"
        assert hit.score == pytest.approx(1.0, abs=1e-3)
        assert not hit.signals.passage

    def test_same_text_is_answered_and_nonsense_is_not(self, engine: Engine) -> None:
        assert engine.ask("运费怎么算", allowed=PUBLIC).kind == "answer"
        assert engine.ask("恐龙为什么灭绝", allowed=PUBLIC).kind == "none"

    @pytest.mark.parametrize("query", ["", "  ", "？！", "\u200b"])
    def test_nothing_asked_nothing_found(self, engine: Engine, query: str) -> None:
        assert engine.search(query, allowed=PUBLIC) == []
        assert engine.ask(query, allowed=PUBLIC).kind == "none"

    def test_empty_index(self) -> None:
        assert Engine(HashingEmbedder()).search("运费", allowed=None) == []

    def test_limit_and_order(self, engine: Engine) -> None:
        hits = engine.search("退货", allowed=None, limit=3)
        assert len(hits) == 3
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)

    def test_a_very_long_question(self, engine: Engine) -> None:
        assert ids(engine, "运费怎么算" * 2000)[0] == "shipping"

    def test_a_letter_is_found_by_what_it_is_about(self) -> None:
        """Not by the small words that letters and chatty texts are full of."""
        about = Document("limit", "article", "Raising a card limit", body="The limit is raised after proof of income.")
        chatty = Document(
            "welcome", "article", "Welcome from all of us",
            body="We are here for you, and I would like you to know that you can ask us what you want when you want it. "
            "If there is something that you do not have, it is not because we did not want you to have it. "
            "So do let us know how it was for you and what it is that you would have us do.",
        )  # fmt: skip
        letter = (
            "I am writing to you because there is something that I would like to ask you and I do not know who it is "
            "that I have to ask. I was with you for all of these years, and it was not that I did not want it before. "
            "What I would like you to do for me is this: could the limit of my card be raised? I will have proof of income."
        )
        others = [Document(str(n), "article", text, body=f"About {text}.") for n, text in enumerate(("Fees", "Loans"))]
        assert ids(engine_with(about, chatty, *others, embedder=UseEmbedder()), letter)[0] == "limit"

    def test_document_without_words(self) -> None:
        assert ids(engine_with(Document("x", "faq", "…")), "运费") == ["x"]


class TestContext:
    @pytest.mark.parametrize(("before", "expected"), [("怎么开通会员", "end"), ("怎么提交订单", "cancel")])
    def test_follow_up_is_read_with_the_question_before(self, before: str, expected: str) -> None:
        titles = {"end": "怎么取消会员", "cancel": "怎么取消订单", "join": "怎么开通会员", "order": "怎么提交订单"}
        engine = engine_with(*(Document(id_, "faq", title) for id_, title in titles.items()))
        assert ids(engine, "那怎么取消呢", context=before)[0] == expected

    def test_what_was_asked_before_is_not_answered_again(self, engine: Engine) -> None:
        assert ids(engine, "那运费呢", context="怎么申请退货")[0] != "returns"

    @pytest.mark.parametrize(
        ("before", "asked", "expected"),
        [
            ("寄到江苏要几天", "那新疆呢", "寄到新疆要几天"),
            ("金卡会员打几折", "银卡的呢", "银卡会员打几折"),
            ("怎么退货", "那换货呢？", "怎么换货"),
            ("How long does standard delivery take?", "what about express?", "How long does express delivery take?"),
            ("can I bring my dog", "and my cat?", "Can I bring my cat?"),
        ],
    )
    def test_what_is_different_is_put_into_the_question_before(self, before: str, asked: str, expected: str) -> None:
        others = ("怎么退货", "运费怎么算", "寄到江苏要几天", "金卡会员打几折", "How long does standard delivery take?",
                  "How much does express delivery cost?", "Can I bring my dog?")  # fmt: skip
        engine = engine_with(*(Document(title, "faq", title) for title in others), embedder=UseEmbedder())
        assert engine.ask(asked, allowed=PUBLIC, context=before).kind != "answer", "nothing says that of it"
        engine.upsert([Document(expected, "faq", expected)])
        decision = engine.ask(asked, allowed=PUBLIC, context=before)
        assert decision.kind == "answer"
        assert decision.hits[0].id == expected

    def test_a_whole_question_stands_alone(self, engine: Engine) -> None:
        with_context = engine.search("东西不想要了怎么退", allowed=PUBLIC, context="运费怎么算")
        assert with_context == engine.search("东西不想要了怎么退", allowed=PUBLIC)


class TestPermission:
    def test_forbidden_documents_do_not_exist_for_the_reader(self, engine: Engine) -> None:
        assert "secret" not in ids(engine, SECRET.title, PUBLIC, limit=50)
        assert ids(engine, SECRET.title, STAFF)[0] == "secret"
        assert ids(engine, SECRET.title, None)[0] == "secret"

    def test_no_tags_no_documents(self, engine: Engine) -> None:
        assert ids(engine, "运费怎么算", frozenset()) == []

    def test_forbidden_documents_do_not_move_margins(self) -> None:
        twin = Document("twin", "faq", SHIPPING.title, audience=frozenset({"internal"}))
        assert engine_with(SHIPPING, RETURNS, twin).search("运费怎么算", allowed=PUBLIC)[0].signals.margin > 0.3

    def test_validity(self) -> None:
        engine = engine_with(Document("sale", "faq", "双十一活动", valid_from=100.0, valid_until=200.0))
        assert [bool(ids(engine, "双十一活动", at=at)) for at in (99.0, 100.0, 199.0, 200.0)] == [
            False,
            True,
            True,
            False,
        ]

    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(st.frozensets(st.sampled_from("abc")), min_size=1, max_size=8), st.frozensets(st.sampled_from("abc"))
    )
    def test_any_audience(self, audiences: list[frozenset[str]], allowed: frozenset[str]) -> None:
        engine = engine_with(
            *(Document(str(n), "faq", "同一个问题", audience=tags) for n, tags in enumerate(audiences))
        )
        assert set(ids(engine, "同一个问题", allowed, limit=20)) == {
            str(n) for n, tags in enumerate(audiences) if tags & allowed
        }


class TestTranslations:
    ZH = Document("zh", "faq", "怎么退货 return", group="g")
    EN = Document("en", "faq", "How to return 退货", locale="en", group="g", audience=frozenset({"internal"}))

    def test_once_and_in_the_readers_language(self) -> None:
        engine = engine_with(self.ZH, self.EN, SHIPPING)
        assert ids(engine, "怎么退货 return", STAFF, locale="en", limit=2) == ["en", "shipping"]
        assert ids(engine, "怎么退货 return", STAFF, locale="zh-CN", limit=1) == ["zh"]

    def test_not_one_the_reader_may_not_see(self) -> None:
        assert ids(engine_with(self.ZH, self.EN), "怎么退货 return", PUBLIC, locale="en") == ["zh"]


class TestWriting:
    def test_upsert_replaces_and_remove_removes(self, engine: Engine) -> None:
        engine.upsert([Document("shipping", "faq", "积分怎么兑换")])
        assert ids(engine, "积分怎么兑换")[0] == "shipping"
        assert engine.search("邮费多少钱", allowed=PUBLIC)[0].matched != "邮费多少钱"
        engine.remove(["shipping", "unknown"])
        assert "shipping" not in ids(engine, "积分怎么兑换", limit=50)
        assert len(engine) == 5

    def test_a_change_of_audience_alone_takes_effect(self, engine: Engine) -> None:
        engine.upsert(
            [
                Document(
                    "shipping",
                    "faq",
                    SHIPPING.title,
                    SHIPPING.variants,
                    SHIPPING.body,
                    audience=frozenset({"internal"}),
                )
            ]
        )
        assert "shipping" not in ids(engine, SHIPPING.title, limit=50)

    def test_steps_lead_to_the_same_index_as_one(self, engine: Engine) -> None:
        steps = Engine(HashingEmbedder())
        for document in (ARTICLE, SECRET, EN, RETURNS, SHIPPING, RETURN_COST):
            steps.upsert([document])
        for query in ("运费", "退货要多久", "return"):
            expected = {hit.id: hit.score for hit in engine.search(query, allowed=None)}
            assert {hit.id: hit.score for hit in steps.search(query, allowed=None)} == pytest.approx(expected, abs=1e-5)

    def test_the_last_of_equal_ids_wins(self) -> None:
        engine = engine_with(SHIPPING, Document("shipping", "faq", "积分怎么兑换"))
        assert len(engine) == 1 and engine.search("积分怎么兑换", allowed=None)[0].score > 0.9

    def test_readers_see_whole_states_while_a_writer_swaps(self) -> None:
        """Every state holds exactly one of two versions of all documents; a reader must never see a mixture."""
        versions = [[Document(str(n), "faq", f"问题 {word} {n}") for n in range(12)] for word in ("甲", "乙")]
        engine = engine_with(*versions[0])
        mixed: list[set[str]] = []
        failures: list[Exception] = []
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                try:
                    hits = engine.search("问题", allowed=PUBLIC, limit=12)
                    words = {hit.document.title.split()[1] for hit in hits}
                    if len(hits) != 12 or len(words) != 1:
                        mixed.append(words)
                except Exception as error:
                    failures.append(error)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for turn in range(40):
            engine.replace(versions[turn % 2])
        done.set()
        for reader in readers:
            reader.join()
        assert (mixed, failures) == ([], [])


class CountingEmbedder(HashingEmbedder):
    def __init__(self) -> None:
        self.texts = 0

    def questions(self, texts: list[str]) -> np.ndarray:  # type: ignore[override,type-arg]  # counts only
        self.texts += len(texts)
        return super().questions(texts)


class TestVectors:
    def test_a_restart_embeds_nothing_again(self, tmp_path: Path) -> None:
        for expected in (True, False):
            cache = SqliteVectorCache(tmp_path / "vectors.sqlite")
            embedder = CountingEmbedder()
            engine = Engine(embedder, cache)
            engine.replace([SHIPPING, RETURNS])
            assert (embedder.texts > 0) is expected
            assert engine.search("邮费多少钱", allowed=PUBLIC)[0].score == pytest.approx(1.0, abs=1e-2)
            cache.close()

    def test_only_changed_documents_are_embedded(self) -> None:
        embedder = CountingEmbedder()
        engine = Engine(embedder, MemoryVectorCache())
        engine.replace([SHIPPING, RETURNS])
        before = embedder.texts
        engine.upsert([SHIPPING, Document("new", "faq", "积分")])
        assert embedder.texts == before + 1

    def test_a_damaged_cache_is_made_anew(self, tmp_path: Path) -> None:
        path = tmp_path / "vectors.sqlite"
        path.write_bytes(b"not a database" * 1000)
        engine = Engine(HashingEmbedder(), SqliteVectorCache(path))
        engine.replace([SHIPPING])
        assert ids(engine, "运费怎么算") == ["shipping"]
        engine.close()

    def test_a_closed_cache_opens_itself_again(self, tmp_path: Path) -> None:
        engine = Engine(HashingEmbedder(), SqliteVectorCache(tmp_path / "vectors.sqlite"))
        engine.replace([SHIPPING])
        engine.close()
        engine.upsert([RETURNS])
        assert ids(engine, "运费怎么算")[0] == "shipping"
        engine.close()

    def test_other_embedder_other_vectors(self, tmp_path: Path) -> None:
        cache = MemoryVectorCache()
        first = Engine(HashingEmbedder(), cache).vectors_for(["运费"])
        other = HashingEmbedder()
        other.name = "another"
        assert Engine(other, cache).vectors_for(["邮费", "运费"]).shape == (2, first.shape[1])


def test_the_model_that_ships() -> None:
    """Meaning, not letters: no word in common with any phrasing."""
    engine = engine_with(SHIPPING, RETURNS, ARTICLE, embedder=UseEmbedder())
    engine.warm_up()
    assert ids(engine, "how much does delivery cost")[0] == "shipping"
