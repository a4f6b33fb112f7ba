"""Two questions in one message get two answers in one message, each with its source."""

from datetime import UTC, datetime
from typing import Any

from qiao.bot.answering.asking import Found
from qiao.bot.answering.certainty import Weighed
from qiao.bot.dialogue import compose, several
from qiao.knowledge.search.document import Decision, Document, Hit
from tests.bot.test_answering_policy import SIGNALS

NOTHING = Weighed((), (), 0.0, "", "", "none")
KNOWN = {
    "退货怎么弄": ("return", "在订单里点申请退货。"),
    "运费谁出": ("postage", "质量问题由我们承担运费。"),
    "how do I return an item": ("return", "Open the order and choose return."),
    "who pays for shipping": ("postage", "We do when it is our fault."),
}


class Search:
    """Answers what it knows; remembers what came before each question."""

    def __init__(self) -> None:
        self.contexts: list[str | None] = []

    async def ask(self, question: str, *, context: str | None, **options: Any) -> Found:
        self.contexts.append(context)
        if question.startswith("寄来的杯子碎了") and "运费" in question:
            broken = Hit(Document("broken", "faq", question, body="给您补发。"), question, 0.9, 0.9, 0.9, SIGNALS)
            return Found(Decision("answer", 0.9, (broken,)), NOTHING)
        if question.startswith("when does it arrive"):
            likely = tuple(
                Hit(Document(id_, "faq", id_, body=id_), id_, 0.6, 0.6, 0.6, SIGNALS) for id_ in ("days", "postage")
            )
            return Found(Decision("choices", 0.6, likely), NOTHING)
        found = KNOWN.get(question.rstrip("？?"))
        if found is None:
            return Found(Decision("none", 0.1), NOTHING)
        hit = Hit(Document(found[0], "faq", question, body=found[1]), question, 0.9, 0.9, 0.9, SIGNALS)
        return Found(Decision("answer", 0.9, (hit,)), NOTHING)


async def test_each_question_is_answered_with_its_source() -> None:
    for message, answers in (
        ("退货怎么弄？运费谁出？", ["在订单里点申请退货。", "质量问题由我们承担运费。"]),
        ("how do I return an item and who pays for shipping?", ["Open the order", "We do when"]),
    ):
        search = Search()
        reply = await several.each(search.ask, message)
        assert reply is not None
        assert search.contexts[0] is None
        assert search.contexts[1] is not None, "the second question may lean on the first"
        sent = compose.message(reply, locale="zh-CN", bot_name="小桥", client_id="x")
        assert all(answer in sent.body for answer in answers)
        assert [source["id"] for source in sent.payload["sources"]] == ["return", "postage"]
        assert sent.payload["feedback"] is True


async def test_what_asks_one_thing_or_the_same_twice_is_left_to_the_whole_message() -> None:
    for message in ("退货怎么弄", "退货怎么弄？退货怎么弄？", "你几岁了？天气怎么样？", "退货怎么弄？为什么呢？"):
        assert await several.each(Search().ask, message) is None


async def test_a_question_without_an_answer_is_not_passed_over() -> None:
    reply = await several.each(Search().ask, "退货怎么弄？火星能送吗？")
    assert reply is not None and not reply.several
    sent = compose.message(reply, locale="zh-CN", bot_name="小桥", client_id="x")
    assert sent.body.startswith("在订单里点申请退货。") and "“火星能送吗”" in sent.body
    assert sent.payload["offer_person"] and compose.further(reply, locale="zh-CN", client_id="y") is None

    reply = await several.each(Search().ask, "who pays for shipping? when does it arrive?")
    assert reply is not None
    sent = compose.message(reply, locale="en", bot_name="Qiao", client_id="x")
    asked = compose.further(reply, locale="en", client_id="y")
    assert sent.body == "We do when it is our fault." and "offer_person" not in sent.payload
    assert asked is not None and asked.kind == "choices" and "“when does it arrive”" in asked.body
    assert [option["id"] for option in asked.payload["options"]] == ["days"], "what was answered is not offered again"


async def test_a_story_and_its_question_are_answered_as_a_whole() -> None:
    assert await several.each(Search().ask, "寄来的杯子碎了怎么回事？运费谁出？") is None


def test_when_people_are_back_is_said_as_one_says_it() -> None:
    now = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    for at, zh, en in (
        (datetime(2026, 11, 20, 23, 0, tzinfo=UTC), "今天 23:00 ", "today at 23:00"),
        (datetime(2026, 11, 21, 9, 0, tzinfo=UTC), "明天 09:00 ", "tomorrow at 09:00"),
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "11月23日 09:00 ", "on 23 November at 09:00"),
    ):
        assert (compose.day_and_time(at, now, "zh-CN"), compose.day_and_time(at, now, "en")) == (zh, en)
