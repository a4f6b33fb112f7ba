"""The company's words, and the cases in which a text holds."""

import asyncio

import pytest

from qiao.core.runtime import Runtime
from qiao.knowledge.articles.audience import ANONYMOUS
from qiao.knowledge.articles.conditions import Conditions, Situation
from qiao.knowledge.search.service import SearchService
from tests.conftest import SignIn
from tests.knowledge.articles.test_articles import made

KB = "/api/v1/knowledge"


async def test_words_are_kept_in_groups_and_pasted_many_at_once(sign_in: SignIn, runtime: Runtime) -> None:
    boss, editor = await sign_in("boss"), await sign_in("sun", role="supervisor")
    url = f"{KB}/synonyms"
    one = (await boss.post(url, json={"words": ["运费", " 邮费 ", "运费", "ＥＭＳ"]})).json()
    assert one["words"] == ["运费", "邮费", "ＥＭＳ"]
    assert (await editor.get(url)).json()["total"] == 1
    assert (await editor.post(url, json={"words": ["a"]})).status_code == 403
    taken = await boss.post(url, json={"words": ["快递费", "ems"]})
    assert taken.status_code == 422 and "运费" in taken.json()["errors"][0]["message"]
    assert (await boss.post(url, json={"words": ["ems"], "locale": "en"})).status_code == 201
    assert (await boss.post(url, json={"words": ["  "]})).status_code == 422
    pasted = "# 注释\n邮费，快递费\n退货、退回\n退货,运费\n\n" + "长" * 41 + "\n木棉生活\n运费 ， 邮费"
    found = (await boss.post(f"{url}/import", json={"text": pasted})).json()
    assert (found["added"], found["joined"], found["skipped"]) == (2, 1, 1)
    assert [error["line"] for error in found["errors"]] == [4, 6]
    groups = (await boss.get(url, params={"language": "zh-CN", "q": "快递"})).json()["items"]
    assert [group["words"] for group in groups] == [["运费", "邮费", "ＥＭＳ", "快递费"]]
    changed = await boss.put(f"{url}/{one['id']}", json={"words": ["运费", "邮资"]})
    assert changed.json()["words"] == ["运费", "邮资"]
    assert (await boss.delete(f"{url}/{one['id']}")).status_code == 204
    assert (await boss.delete(f"{url}/{one['id']}")).status_code == 404


async def test_the_engine_hears_of_every_change(
    sign_in: SignIn, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = await sign_in("boss")
    search = runtime.get(SearchService)
    await search.loaded.wait()
    heard: list[list[tuple[str, ...]]] = []
    monkeypatch.setattr(search.engine, "set_synonyms", heard.append, raising=False)
    await boss.post(f"{KB}/synonyms", json={"words": ["运费", "邮费"]})
    for _ in range(3000):
        await search.settled()
        if heard:
            break
        await asyncio.sleep(0.02)
    assert heard[-1] == [("运费", "邮费")]


@pytest.mark.parametrize(
    ("conditions", "situation", "holds"),
    [
        ({}, Situation(), True),
        ({"channels": ["webchat"]}, None, True),
        ({"channels": ["webchat"]}, Situation(), False),
        ({"channels": ["webchat", "wechat"]}, Situation(channel="wechat"), True),
        ({"channels": ["webchat"]}, Situation(channel="phone"), False),
        ({"regions": ["江苏"]}, Situation(region="江苏省苏州市"), True),
        ({"regions": ["上海市"]}, Situation(region="上海"), True),
        ({"regions": ["广西壮族自治区"]}, Situation(region="廣西桂林"), True),
        ({"regions": ["新疆"]}, Situation(region="西藏"), False),
        ({"regions": ["新疆"]}, Situation(), False),
        ({"levels": ["vip"], "channels": ["webchat"]}, Situation(channel="webchat", level="gold"), False),
        ({"levels": ["vip"], "channels": ["webchat"]}, Situation(channel="webchat", level="vip"), True),
    ],
)
def test_conditions_hold(conditions: dict[str, list[str]], situation: Situation | None, holds: bool) -> None:
    assert Conditions.of(conditions).hold(situation) is holds


async def test_only_texts_that_hold_are_found(sign_in: SignIn, runtime: Runtime) -> None:
    boss = await sign_in("boss")
    far = await made(boss, question="运费多少钱", answer="二十元", conditions={"regions": ["新疆"]}, publish=True)
    assert far["conditions"] == {"channels": [], "regions": ["新疆"], "levels": []}
    await made(boss, question="寄件费用", answer="八元", publish=True)
    search = runtime.get(SearchService)
    await search.loaded.wait()
    await search._load()
    for situation, first in (
        (Situation(region="新疆乌鲁木齐"), "运费多少钱"),
        (Situation(region="上海"), "寄件费用"),
        (Situation(), "寄件费用"),
        (None, "运费多少钱"),
    ):
        hits = await search.search("运费多少钱", audience=ANONYMOUS, situation=situation)
        assert hits[0].document.title == first, situation
