"""Two questions in one message get two answers in one message, each with its source."""

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


async def test_what_asks_one_thing_or_is_known_only_once_is_left_to_the_whole_message() -> None:
    for message in ("退货怎么弄", "退货怎么弄？你们老板是谁？", "退货怎么弄？退货怎么弄？", "你几岁了？天气怎么样？"):
        assert await several.each(Search().ask, message) is None
