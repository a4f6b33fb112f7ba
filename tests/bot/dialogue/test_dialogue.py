"""The bot in conversations: answers each message once, hands over, is silent when people have taken over."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from qiao.bot.dialogue import service as bot
from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service
from qiao.desk.routing import service as routing
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import FaqCreate
from qiao.knowledge.search.service import SearchService
from tests.desk.conversations.desk import SYSTEM, Desk


@pytest.fixture
async def desk(runtime: Runtime) -> Desk:
    return await Desk(runtime).open(bot=True)


async def said_by_bot(desk: Desk, key: UUID) -> list[Any]:
    return [m for m in await desk.transcript(key) if m.author.kind == "bot" and m.kind != "event"]


async def answered(desk: Desk, key: UUID, times: int) -> list[Any]:
    async with asyncio.timeout(60):
        while len(found := await said_by_bot(desk, key)) < times:
            await asyncio.sleep(0.02)
    return found


async def test_each_message_is_answered_once_however_often_it_is_told(desk: Desk) -> None:
    customer = await desk.customer()
    first = await desk.write(customer, "你好")
    await answered(desk, first.conversation_id, 1)
    for _ in range(3):
        await desk.run(bot.respond, first.conversation_id, first.message.seq)
    await desk.write(customer, "谢谢")
    await answered(desk, first.conversation_id, 2)
    await desk.runtime.reactions.settled()
    assert len(await said_by_bot(desk, first.conversation_id)) == 2
    async with desk.runtime.db.read() as db:
        assert await db.scalar(text("SELECT count(*) FROM dead_letters")) == 0


async def test_a_follow_up_may_follow_a_follow_up(desk: Desk) -> None:
    texts = {
        "寄到江苏要几天": "一到两天。",
        "寄到新疆要几天": "七天左右。",
        "寄到国外要几天": "两周。",
        "怎么开发票": "在订单里申请。",
    }
    for question, answer in texts.items():
        body = FaqCreate.model_validate({"question": question, "answer": answer, "publish": True})
        await desk.run(articles.create_faq, SYSTEM, body)
    await desk.runtime.reactions.settled()
    await desk.runtime.get(SearchService).settled()
    customer = await desk.customer()
    for number, words in enumerate(("寄到江苏要几天", "那新疆呢", "那国外呢？"), 1):
        key = (await desk.write(customer, words)).conversation_id
        said = await answered(desk, key, number)
    assert [message.body for message in said] == ["一到两天。", "七天左右。", "两周。"]


async def test_slips_pinyin_and_what_a_follow_up_names_are_offered_in_the_customers_language(desk: Desk) -> None:
    for question in ("会员积分怎么用", "退款多久到账", "怎么开发票", "运费怎么算", "退货运费谁出", "下单后多久发货"):
        body = FaqCreate.model_validate({"question": question, "answer": f"{question}：见说明。", "publish": True})
        await desk.run(articles.create_faq, SYSTEM, body)
    await desk.runtime.reactions.settled()
    await desk.runtime.get(SearchService).settled()

    async def offered(*messages: str) -> list[str]:
        customer = await desk.customer()
        for number, message in enumerate(messages, 1):
            key = (await desk.write(customer, message)).conversation_id
            last = (await answered(desk, key, number))[-1]
        assert last.kind == "choices" and "您" in last.body, (messages, last.body)
        return [option["label"] for option in last.payload["options"]]

    assert "退款多久到账" in await offered("tuikuan duojiu daozhang")
    key = (await desk.write(await desk.customer(), "asdfghjkl")).conversation_id
    assert "抱歉" in (await answered(desk, key, 1))[-1].body, "one word nobody knows is no change of language"
    assert "怎么开发票" in await offered("fa piao zen me kai")
    assert {"运费怎么算", "退货运费谁出"} <= set(await offered("你们老板叫什么名字", "那运费呢"))


async def test_yes_to_the_only_question_offered_is_answered(desk: Desk) -> None:
    body = FaqCreate.model_validate({"question": "多久能发货", "answer": "24 小时内。", "publish": True})
    faq = await desk.run(articles.create_faq, SYSTEM, body)
    await desk.runtime.get(SearchService).settled()
    for yes in ("是的", "OK"):
        customer = await desk.customer()
        key = (await desk.write(customer, "几天发货")).conversation_id
        offer = (await answered(desk, key, 1))[-1]
        assert [option["label"] for option in offer.payload["options"]] == ["多久能发货"]
        assert offer.body == "您想问的是这个吗？"
        await desk.write(customer, yes)
        said = (await answered(desk, key, 2))[-1]
        assert (said.body, said.payload["faq_id"]) == ("24 小时内。", str(faq.id))
    customer = await desk.customer()
    key = (await desk.write(customer, "几天发货")).conversation_id
    await answered(desk, key, 1)
    await desk.run(articles.move, SYSTEM, "faq", faq.id, "archive")
    await desk.runtime.get(SearchService).settled()
    await desk.write(customer, "是的")
    assert "24 小时" not in (await answered(desk, key, 2))[-1].body, "no longer true meanwhile"


LANGUAGES = {
    ("zh-CN", "zh-CN"): [
        "hello", "Hi there!", "OK thanks", "refund", "KL80010023", "iPhone 15 Pro Max", "KP-100 price", "VIP", "123",
        "tuikuan duojiu daozhang",
    ],
    ("zh-CN", "en"): [
        "How long does a refund take?", "where is my order", "WHERE IS MY ORDER", "Refund please",
        "I want to talk to a human", "hello, where is my parcel?", "I'm lost",
    ],
    ("zh-CN", "zh"): ["我想 refund 一下"],
    ("en", "en"): ["hello", "ok", "KL80010023", "where is my order"],
    ("en", "zh"): ["你好", "退款多久到账"],
}  # fmt: skip


async def test_a_greeting_or_one_word_is_no_change_of_language_and_a_sentence_is(desk: Desk) -> None:
    body = FaqCreate.model_validate({"question": "退款多久到账", "answer": "三天。", "publish": True})
    await desk.run(articles.create_faq, SYSTEM, body)
    await desk.runtime.reactions.settled()
    search = desk.runtime.get(SearchService)
    await search.settled()
    for (spoken, expected), messages in LANGUAGES.items():
        found = {words: await bot.language_in(search, words, spoken) for words in messages}
        assert found == dict.fromkeys(messages, expected)


async def test_the_bot_goes_on_in_the_language_that_is_spoken(desk: Desk) -> None:
    customer = await desk.customer()
    key = (await desk.write(customer, "hello")).conversation_id
    assert (await desk.facts(key)).locale == "zh-CN"
    said = await answered(desk, key, 1)
    for number, words in enumerate(("Can you speak English with me?", "thanks", "你好"), 2):
        await desk.write(customer, words)
        said = await answered(desk, key, number)
    chinese = [any("\u4e00" <= character <= "\u9fff" for character in message.body) for message in said]
    assert chinese == [True, False, False, True], [message.body for message in said]


async def test_asked_for_a_person_it_hands_over_with_a_summary(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    await desk.run(routing.set_presence, li, li.id, state="online")
    customer = await desk.customer()
    key = (await desk.write(customer, "转人工")).conversation_id
    async with asyncio.timeout(60):
        while (await desk.facts(key)).status != "assigned":
            await asyncio.sleep(0.02)
    facts = await desk.facts(key)
    assert (facts.assignee_id, facts.handoff_reason) == (li.id, "requested")
    assert facts.handoff_summary is not None
    assert facts.waiting_since is not None, "a person waits for a person"


async def test_what_people_have_taken_it_leaves_alone(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    customer = await desk.customer()
    received = await desk.write(customer, "你好")
    key = received.conversation_id
    await answered(desk, key, 1)
    await desk.run(service.assign, SYSTEM, key, li.id)
    await desk.write(customer, "在吗")
    await desk.runtime.reactions.settled()
    assert len(await said_by_bot(desk, key)) == 1
    await desk.run(service.to_bot, SYSTEM, key, reason="test")
    await answered(desk, key, 2)


async def test_it_answers_who_comes_back_after_it_had_ended(desk: Desk) -> None:
    customer = await desk.customer()
    key = (await desk.write(customer, "你好")).conversation_id
    await answered(desk, key, 1)
    await desk.run(service.resolve, Actor.bot(), key)
    assert (await desk.write(customer, "你好")).conversation_id == key
    await answered(desk, key, 2)
