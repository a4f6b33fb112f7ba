"""Test sets: cases by hand, from conversations, votes and phrasings, and as files."""

from uuid import UUID

import httpx
import pytest

from qiao.channels.webchat.events import AnswerRated
from qiao.core.actor import Actor
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from tests.bot.evaluation.conftest import API, Shop, add, new_set, until
from tests.conftest import SignIn
from tests.desk.conversations.desk import Desk

PHONE = "13812345678"


@pytest.fixture
async def editor(sign_in: SignIn) -> httpx.AsyncClient:
    return await sign_in("wen", role="knowledge_editor")


async def test_cases_are_kept_masked_once_and_sound(shop: Shop, editor: httpx.AsyncClient, sign_in: SignIn) -> None:
    key = await new_set(editor, description="常问的")
    assert (await editor.post(f"{API}/sets", json={"name": "大促"})).json()["code"] == "evaluation.name_taken"
    added = await add(editor, key, f"我的电话{PHONE}，怎么退货", expected=[str(shop["return"])], note=PHONE)
    again = await add(editor, key, f"我的电话{PHONE}，怎么退货 ", expected=[str(shop["freight"])])
    assert again == {"id": added["id"], "known": True}
    await add(editor, key, "今天天气怎么样")
    shown = (await editor.get(f"{API}/sets/{key}/cases")).json()["items"]
    assert [case["expects"] for case in shown] == ["none", "texts"]
    assert PHONE not in str(shown) and shown[1]["expected"][0]["title"] == "怎么申请退货" and not shown[1]["gone"]
    for body, field in (
        ({"question": "？", "expects": "texts", "expected": [str(new_id())]}, "expected"),
        ({"question": "？", "expects": "texts"}, "expected"),
        ({"question": "？", "expects": "flow", "flow": "nothing"}, "flow"),
    ):
        refused = (await editor.post(f"{API}/sets/{key}/cases", json=body)).json()
        assert refused["errors"][0]["field"] == field
    listed = (await editor.get(f"{API}/sets")).json()["items"][0]
    assert (listed["cases"], listed["in_scope"], listed["out_of_scope"]) == (2, 1, 1)
    changed = {**shown[1], "expected": [str(shop["freight"])], "question": "运费多少"}
    body = {k: changed[k] for k in ("question", "locale", "channel", "reader", "expects", "expected", "note")}
    assert (await editor.put(f"{API}/cases/{added['id']}", json=body)).json()["expected"][0]["title"] == "运费怎么算"
    body["question"] = "今天天气怎么样"
    assert (await editor.put(f"{API}/cases/{added['id']}", json=body)).json()["code"] == "evaluation.question_known"
    # A set that guards publishing is a decision, and a department's title is nobody else's.
    assert (await editor.patch(f"{API}/sets/{key}", json={"gate": True})).status_code == 403
    agent = await sign_in("li", role="agent")
    assert (await agent.get(f"{API}/sets/{key}/cases")).status_code == 403
    assert [one["name"] for one in (await agent.get(f"{API}/sets/names")).json()] == ["大促"]
    assert (await editor.delete(f"{API}/sets/{key}")).status_code == 204
    assert (await editor.get(f"{API}/sets/{key}")).status_code == 404


async def test_files_go_in_row_by_row_and_come_out_again(shop: Shop, editor: httpx.AsyncClient) -> None:
    key = await new_set(editor)
    table = (
        "question,expects,expected,locale,note\r\n"
        f"退货要怎么弄,,{shop['return']},zh-CN,=1+1\r\n"
        "你们老板是谁,none,,,\r\n"
        f"退货要怎么弄,,{shop['return']},,\r\n"
        "没有这条,texts,nonsense,,\r\n"
        f"语言不对,,{shop['return']},xx,\r\n"
        ",none,,,\r\n"
    )
    sent = await editor.post(f"{API}/sets/{key}/upload", files={"file": ("t.csv", table.encode("gb18030"))})
    assert sent.status_code == 200, sent.text
    assert (sent.json()["added"], sent.json()["known"]) == (2, 1)
    assert [(e["row"], e["field"]) for e in sent.json()["errors"]] == [
        (5, "expected"), (6, "locale"), (7, "question"),
    ]  # fmt: skip
    assert all(e["message"] and "evaluation." not in e["message"] for e in sent.json()["errors"])
    out = (await editor.get(f"{API}/sets/{key}/download.csv")).text
    assert "'=1+1" in out and str(shop["return"]) in out
    other = await new_set(editor, "副本")
    for name in ("csv", "jsonl"):
        data = (await editor.get(f"{API}/sets/{key}/download.{name}")).content
        back = (await editor.post(f"{API}/sets/{other}/upload", files={"file": (f"t.{name}", data)})).json()
        assert (back["added"], back["errors"]) == (2 if name == "csv" else 0, [])
    notes = [case["note"] for case in (await editor.get(f"{API}/sets/{other}/cases")).json()["items"]]
    assert "=1+1" in notes
    for broken, code in ((b"\xff\xfe\x00\x00", "file_unreadable"), (b"a,b\n1,2\n", "no_question_column")):
        refused = await editor.post(f"{API}/sets/{key}/upload", files={"file": ("t.csv", broken)})
        assert refused.json()["errors"][0]["code"] == f"evaluation.{code}"


async def test_a_conversation_becomes_a_case_for_who_may_see_it(shop: Shop, runtime: Runtime, sign_in: SignIn) -> None:
    desk = await Desk(runtime).open(bot=False)
    li = await desk.person("li", queues=[desk.queue_id])
    browser, stranger = await sign_in("li", role="agent"), await sign_in("zhao", role="agent")
    customer = await desk.customer()
    await desk.write(customer, "在吗，我想问一下运费")
    key = (await desk.write(customer, f"那退货呢，我电话{PHONE}")).conversation_id
    await desk.run(conversations.assign, Actor.system(), key, li.id)
    sources = [{"type": "faq", "id": str(shop["return"]), "title": "怎么申请退货"}]
    reply = await desk.send(li, key, "您好，7 天内可退。", payload={"sources": sources})
    found = await browser.get(f"{API}/proposal", params={"conversation_id": str(key), "message_id": str(reply.id)})
    proposal = found.json()
    assert (proposal["because"], proposal["options"][0]["id"]) == ("agent", str(shop["return"]))
    assert proposal["question"].startswith("那退货呢") and PHONE not in proposal["question"]
    assert (proposal["context"], proposal["reader"], proposal["channel"]) == (
        "在吗，我想问一下运费",
        "public",
        "webchat",
    )
    lead = await sign_in("zhou", role="supervisor")
    set_id = await new_set(lead)
    body = {
        "question": proposal["question"], "context": proposal["context"], "expected": [proposal["options"][0]["id"]],
        "conversation_id": str(key), "message_id": proposal["source"]["message_id"],
    }  # fmt: skip
    path = f"{API}/sets/{set_id}/cases/from-conversation"
    assert (await stranger.post(path, json=body)).status_code == 404
    assert (await stranger.get(f"{API}/proposal", params={"conversation_id": str(key)})).status_code == 404
    assert (await browser.post(path, json=body)).status_code == 201
    case = (await lead.get(f"{API}/sets/{set_id}/cases")).json()["items"][0]
    assert case["source"] == {
        "kind": "conversation", "conversation_id": str(key), "message_id": proposal["source"]["message_id"],
    }  # fmt: skip
    first = (await browser.get(f"{API}/proposal", params={"conversation_id": str(key)})).json()
    assert first["question"] == "在吗，我想问一下运费" and first["context"] is None


async def test_verdicts_and_phrasings_become_cases(shop: Shop, runtime: Runtime, editor: httpx.AsyncClient) -> None:
    desk = await Desk(runtime).open()
    answers = []
    for question in ("怎么申请退货", "邮费多少钱"):
        key = await desk.arrive(body=question)

        async def answered(key: UUID = key) -> object:
            return next((m for m in await desk.transcript(key) if m.author.kind == "bot"), None)

        answers.append(await until(answered))
    for helpful, answer in zip((True, False), answers, strict=True):

        async def vote(db, answer=answer, helpful=helpful):  # type: ignore[no-untyped-def]  # a transaction's body
            await conversations.annotate(db, Actor.system(), answer.id, helpful=helpful)
            fact = AnswerRated(message_id=answer.id, helpful=helpful, previous=None, faq_id=None)
            await emit(db, fact, actor=Actor.system(), conversation_id=answer.conversation_id)

        await runtime.db.run(vote)
    set_id = await new_set(editor)

    async def both() -> object:
        items = (await editor.get(f"{API}/sets/{set_id}/votes")).json()["items"]
        return items if len(items) == 2 else None

    shown = {item["helpful"]: item for item in await until(both)}
    assert shown[True]["question"] == "怎么申请退货" and shown[True]["expected"][0]["id"] == str(shop["return"])
    ids = [item["message_id"] for item in shown.values()]
    assert (await editor.post(f"{API}/sets/{set_id}/votes", json={"message_ids": ids})).json() == {
        "added": 1,
        "known": 0,
    }
    helpful = (await editor.get(f"{API}/sets/{set_id}/votes?helpful=true")).json()["items"]
    assert [item["in_set"] for item in helpful] == [True]
    made = (await editor.post(f"{API}/sets/{set_id}/hold-out", json={"per_faq": 1})).json()
    assert made["added"] == 3, "an FAQ with one phrasing gives none away"
    sources = [case["source"] for case in (await editor.get(f"{API}/sets/{set_id}/cases")).json()["items"]]
    assert [s["kind"] for s in sources].count("phrasing") == 3
