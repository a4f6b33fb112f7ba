"""The gateway against an endpoint that speaks the protocol over HTTP, well and badly."""

import asyncio
import os
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from qiao.bot.llm import service
from qiao.bot.llm.breaker import FAILURES, LONGEST, PAUSE, Breaker
from qiao.bot.llm.gateway import Llm, Unanswered
from qiao.bot.llm.jobs import forget_calls
from qiao.bot.llm.models import LlmCall, LlmDay
from qiao.bot.llm.protocol import Said
from qiao.core import clock
from qiao.core.runtime import Runtime
from tests.bot.llm.conftest import configure
from tests.bot.llm.server import (
    Model,
    Reply,
    breaks_off,
    calls_tools,
    fails,
    hangs_up,
    raw,
    says,
    stalls,
)

HELLO = [Said("system", "rules"), Said("user", "你好，我的电话是13812345678")]


async def rows(llm: Llm) -> list[LlmCall]:
    await llm.logged()
    async with llm.runtime.db.read() as db:
        return list((await db.execute(select(LlmCall).order_by(LlmCall.id))).scalars())


async def streamed(llm: Llm) -> tuple[str, list[str]]:
    heard: list[str] = []

    async def hear(text: str) -> None:
        heard.append(text)

    return (await llm.stream("answer", HELLO, hear)).text, heard


async def test_it_speaks_the_protocol_and_counts_what_it_costs(llm: Llm, endpoint: Model) -> None:
    endpoint.then(says("<think>hm, hm</think>您好！"), says("您好，很高兴为您服务。", pieces=4))
    assert await llm.complete("summary", HELLO) == "您好！"
    text, heard = await streamed(llm)
    assert text == "您好，很高兴为您服务。" == heard[-1]
    assert len(heard) == 4 and all(text.startswith(part) for part in heard)
    plain, stream = endpoint.asked
    assert plain.path == "/v1/chat/completions" and plain.headers["authorization"] == "Bearer sk-secret"
    assert plain.body["model"] == "qwen-small" and plain.body["temperature"] == 0.2 and "stream" not in plain.body
    assert stream.body["stream"] is True
    assert "13812345678" not in plain.text and "[phone]" in plain.text, "personal data stays in the house"
    first, second = await rows(llm)
    assert (first.task, first.outcome, first.tokens_in, first.tokens_out, first.tries) == ("summary", "ok", 100, 20, 1)
    assert first.prompt is None and first.reply is None, "texts are stored only if the company wants"
    assert second.first_ms is not None and second.first_ms <= second.ms
    async with llm.runtime.db.read() as db:
        days = {row.task: row for row in (await db.execute(select(LlmDay))).scalars()}
    assert (days["summary"].calls, days["answer"].tokens_in, days["answer"].failed) == (1, 100, 0)


WRONG: list[tuple[list[Any], str, int]] = [
    ([fails(500)] * 3, "server_error", 3),
    ([fails(429, retry_after="30")], "rate_limited", 1),
    ([fails(401)], "refused", 1),
    ([hangs_up()] * 3, "unreachable", 3),
    ([raw("{not json")], "bad_reply", 1),
    ([raw(b"\xff\xfe\x00garbage" * 50)], "bad_reply", 1),
    ([raw('{"choices": []}')], "bad_reply", 1),
    ([raw('["list"]')], "bad_reply", 1),
    ([says("")], "bad_reply", 1),
    ([says("<think>only thoughts")], "bad_reply", 1),
    ([calls_tools()], "bad_reply", 1),
    ([stalls()], "timeout", 1),
]
WRONG_STREAMS: list[tuple[list[Any], str]] = [
    ([breaks_off("您好，")], "truncated"),
    ([raw("data: {broken\n\n", "text/event-stream")], "bad_reply"),
    ([raw("data: [1, 2]\n\n", "text/event-stream")], "bad_reply"),
    ([raw('data: {"error": {"message": "overloaded"}}\n\n', "text/event-stream")] * 3, "server_error"),
    ([raw("<html>proxy login</html>", "text/html")], "bad_reply"),
    ([raw('{"choices": []}')], "bad_reply"),
    ([calls_tools()], "bad_reply"),
    ([stalls("您好，")], "timeout"),
]


async def test_what_goes_wrong_is_an_outcome_and_nothing_else(runtime: Runtime, endpoint: Model) -> None:
    llm = await configure(runtime, endpoint.address, timeouts={"summary": 4, "answer": 4})
    for steps, outcome, tries in WRONG:
        endpoint.asked.clear()
        endpoint.then(*steps)
        with pytest.raises(Unanswered) as caught:
            await llm.complete("summary", HELLO)
        row = (await rows(llm))[-1]
        assert (caught.value.outcome, row.outcome, row.tries, len(endpoint.asked)) == (outcome, outcome, tries, tries)
        assert row.prompt is None
        llm.forget()
    for steps, outcome in WRONG_STREAMS:
        endpoint.then(*steps)
        with pytest.raises(Unanswered) as caught:
            await streamed(llm)
        assert caught.value.outcome == outcome, steps
        llm.forget()


async def test_it_tries_again_only_where_nothing_had_begun(llm: Llm, endpoint: Model) -> None:
    endpoint.then(fails(429, retry_after="0.1"), fails(503), says("好的。"))
    assert await llm.complete("summary", HELLO) == "好的。"
    assert (await rows(llm))[0].tries == 3
    endpoint.asked.clear()
    endpoint.then(breaks_off("您好"), says("second try"))
    with pytest.raises(Unanswered):
        await streamed(llm)
    assert len(endpoint.asked) == 1, "what was half shown is not begun anew"


async def test_servers_that_refuse_an_option_are_asked_in_the_plainest_words(llm: Llm, endpoint: Model) -> None:
    async def picky(reply: Reply) -> None:
        await (fails(400) if "temperature" in reply.asked.body else says("好的。"))(reply)

    endpoint.otherwise = picky
    assert (await streamed(llm))[0] == "好的。"
    assert (await streamed(llm))[0] == "好的。"
    assert len(endpoint.asked) == 3, "learnt once"
    assert set(endpoint.asked[-1].body) == {"model", "messages", "stream"}


async def test_an_endpoint_that_keeps_failing_is_left_alone(llm: Llm, endpoint: Model) -> None:
    endpoint.otherwise = raw("nonsense")
    for _ in range(FAILURES):
        with pytest.raises(Unanswered):
            await llm.complete("summary", HELLO)
    assert not await llm.ready("summary")
    with pytest.raises(Unanswered) as caught:
        await llm.complete("summary", HELLO)
    assert caught.value.outcome == "paused" and len(endpoint.asked) == FAILURES
    await llm.logged()
    state = await service.state(llm.runtime, 7)
    assert not state.ready and state.paused_s > 0 and state.calls_today == FAILURES
    llm.forget()
    endpoint.otherwise = says("好的。")
    assert await llm.complete("summary", HELLO) == "好的。", "new settings are a fresh chance"


def test_the_breaker_lets_one_call_try_and_waits_longer_each_time() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    for _ in range(FAILURES):
        assert breaker.enter(5)
        breaker.failed()
    assert not breaker.enter(5) and breaker.paused == PAUSE
    now += PAUSE
    assert breaker.enter(5) and not breaker.enter(5), "one at a time"
    breaker.failed()
    assert breaker.paused == 2 * PAUSE
    now += 2 * PAUSE
    assert breaker.enter(5)
    now += 5
    assert breaker.enter(5), "a try that never came back does not lock it for good"
    breaker.succeeded()
    assert breaker.enter(5) and breaker.enter(5)
    for _ in range(20):
        breaker.failed()
        now += breaker.paused
    breaker.failed()
    assert breaker.paused <= LONGEST


async def test_the_budget_of_a_day_ends_it(runtime: Runtime, endpoint: Model) -> None:
    llm = await configure(runtime, endpoint.address, daily_calls=2)
    endpoint.otherwise = says("好的。")
    for _ in range(2):
        await llm.complete("summary", HELLO)
        await llm.logged()
    with pytest.raises(Unanswered) as caught:
        await llm.complete("summary", HELLO)
    assert caught.value.outcome == "budget" and len(endpoint.asked) == 2
    state = await service.state(runtime, 1)
    assert state.used_up and not state.ready, "whoever looks is told why nothing is asked"
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert await llm.complete("summary", HELLO) == "好的。", "a new day"
    llm = await configure(runtime, endpoint.address, daily_tokens=100)
    with pytest.raises(Unanswered):
        await llm.complete("summary", HELLO)


async def test_texts_are_kept_when_the_company_wants_and_calls_for_as_long(runtime: Runtime, endpoint: Model) -> None:
    llm = await configure(runtime, endpoint.address, store_texts=True, hide_personal=False, retention_days=3)
    endpoint.then(says("好的。"))
    await llm.complete("summary", HELLO)
    (row,) = await rows(llm)
    assert row.prompt is not None and "13812345678" in row.prompt and row.reply == "好的。"
    with clock.frozen(clock.now() + timedelta(days=4)):
        await forget_calls(runtime)
    assert await rows(llm) == []
    assert (await service.state(runtime, 30)).days, "the sums stay"


async def test_a_task_without_a_model_is_never_asked(runtime: Runtime, endpoint: Model) -> None:
    llm = await configure(runtime, endpoint.address, models={"answer": "m"})
    assert await llm.ready("answer") and not await llm.ready("summary") and await llm.ready("summary", "answer")
    with pytest.raises(Unanswered):
        await llm.complete("summary", HELLO)
    llm = await configure(runtime, endpoint.address, enabled=False)
    assert not await llm.ready("answer")
    assert endpoint.asked == [] and await rows(llm) == []


@pytest.mark.skipif("QIAO_TEST_LLM_URL" not in os.environ, reason="QIAO_TEST_LLM_URL names no endpoint")
async def test_a_real_endpoint_answers_from_sources(runtime: Runtime) -> None:
    from qiao.bot.llm import prompts
    from qiao.bot.llm.check import check
    from tests.bot.llm.test_check import DELIVERY, RETURNS

    address, _, name = os.environ["QIAO_TEST_LLM_URL"].partition("#")
    models = dict.fromkeys(("answer", "summary"), name or "default")
    key = os.environ.get("QIAO_TEST_LLM_KEY", "")
    llm = await configure(runtime, address, models=models, timeouts={"answer": 60}, api_key=key)
    text = (await llm.stream("answer", prompts.answer("几天内可以退货？", [RETURNS, DELIVERY], "zh-CN"), _ignore)).text
    checked = check(text, [RETURNS, DELIVERY])
    assert all("7" in s.text for s in checked.kept[:1]), text


async def _ignore(text: str) -> None:
    await asyncio.sleep(0)
