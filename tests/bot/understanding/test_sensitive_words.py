"""The company's list over HTTP, and what it does to what agents and the bot say."""

from typing import Any

import httpx
import pytest

from qiao.bot.understanding import service
from qiao.bot.understanding.schemas import CheckBody, WordCreate, WordImport
from qiao.core.actor import Actor
from qiao.core.errors import Invalid
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing
from tests.conftest import SignIn
from tests.desk.conversations.desk import Desk

URL = "/api/v1/bot/sensitive-words"


async def listed(browser: httpx.AsyncClient, **query: Any) -> list[str]:
    response = await browser.get(URL, params=query)
    assert response.status_code == 200, response.text
    return [item["word"] for item in response.json()["items"]]


async def test_the_list_is_kept_by_those_who_may_and_each_word_stands_once(sign_in: SignIn) -> None:
    boss, li = await sign_in("boss"), await sign_in("li", role="agent")
    assert (await li.get(URL)).status_code == 403
    made = (await boss.post(URL, json={"word": " 敏感 詞 ", "direction": "in", "action": "flag", "note": "x"})).json()
    assert made["word"] == "敏感 詞"
    twice = await boss.post(URL, json={"word": "敏感词"})
    assert twice.status_code == 422
    assert "敏感 詞" in twice.json()["errors"][0]["message"]
    for nothing in ("", "！？", "x" * 81):
        assert (await boss.post(URL, json={"word": nothing})).status_code == 422
    changed = await boss.patch(f"{URL}/{made['id']}", json={"action": "block", "word": "敏感词"})
    assert (changed.json()["action"], changed.json()["word"], changed.json()["note"]) == ("block", "敏感词", "x")
    body = {"text": "赌博\n\n代开发票\n敏感词\n赌 博\n！！\n" + "长" * 90, "direction": "out", "action": "mask"}
    assert (await li.post(f"{URL}/import", json=body)).status_code == 403
    report = (await boss.post(f"{URL}/import", json=body)).json()
    assert (report["added"], report["known"], report["refused_count"]) == (2, 2, 2)
    assert report["refused"][0] == "！！"
    assert sorted(await listed(boss)) == sorted(["代开发票", "敏感词", "赌博"])
    assert await listed(boss, direction="out", q="发票") == ["代开发票"]
    first = (await boss.get(URL, params={"limit": 2})).json()
    assert len(first["items"]) == 2
    assert len(await listed(boss, limit=2, cursor=first["next_cursor"])) == 1
    tried = (await boss.post(f"{URL}/check", json={"text": "可以代 开 发票吗"})).json()
    assert (tried["outcome"], tried["text"]) == ("mask", "可以* * **吗")
    assert (await boss.delete(f"{URL}/{made['id']}")).status_code == 204
    assert (await boss.delete(f"{URL}/{made['id']}")).status_code == 404
    audit = (await boss.get("/api/v1/audit")).json()["items"]
    assert {"sensitive_word.created", "sensitive_word.imported", "sensitive_word.deleted"} <= {
        e["action"] for e in audit
    }


async def test_what_goes_out_is_refused_to_people_by_name_and_masked_for_the_bot(runtime: Runtime) -> None:
    desk = await Desk(runtime).open(bot=True)
    boss = Actor.system()
    await desk.run(service.create, boss, WordCreate(word="内部价", direction="out", action="block"))
    await desk.run(service.create, boss, WordCreate(word="最便宜", direction="both", action="mask"))
    await desk.run(service.create, boss, WordCreate(word="退款", direction="in", action="block"))
    li = await desk.person("li", queues=[desk.queue_id])
    key = (await desk.write(await desk.customer(), "你好")).conversation_id
    said = await desk.run(conversations.send, Actor.bot("小桥"), key, Outgoing(body="这是内部价", client_id="b1"))
    assert said.body == "这是***"
    await desk.run(conversations.assign, boss, key, li.id)
    with pytest.raises(Invalid) as refused:
        await desk.run(conversations.send, li, key, Outgoing(body="给您内 部 价", client_id="a1"))
    assert refused.value.fields[0].params == {"words": "内部价"}
    assert "内部价" in refused.value.body("en")["errors"][0]["message"]
    said = await desk.run(conversations.send, li, key, Outgoing(body="全网最便宜，退款也快", client_id="a1"))
    assert said.body == "全网***，退款也快"
    assert (await desk.transcript(key))[-1].body == said.body


async def test_a_change_of_the_list_counts_at_once_and_outcomes_go_by_the_strongest(runtime: Runtime) -> None:
    system = Actor.system()
    async with runtime.db.transaction() as db:
        await service.import_words(db, system, WordImport(text="甲方\n乙方公司", direction="in", action="flag"))
    async with runtime.db.read() as db:
        assert (await service.check(db, "in", "甲方说")).outcome == "flag"
        assert (await service.check(db, "out", "甲方说")).outcome == "pass"
    async with runtime.db.transaction() as db:
        made = await service.create(db, system, WordCreate(word="找经理", direction="both", action="handoff"))
    async with runtime.db.read() as db:
        both = await service.check(db, "in", "甲方要找经理")
        assert (both.outcome, {entry.word for entry in both.words}) == ("handoff", {"甲方", "找经理"})
        assert both.text == "甲方要找经理"
        assert (await service.try_text(db, CheckBody(text="找经理"))).outcome == "block"
    async with runtime.db.transaction() as db:
        await service.delete(db, system, made.id)
    async with runtime.db.read() as db:
        assert (await service.check(db, "in", "找经理")).outcome == "pass"
