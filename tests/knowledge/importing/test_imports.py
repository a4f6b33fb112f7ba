"""Imports over HTTP: preview, job, duplicates, undo, export; nothing half-imported."""

import asyncio
import csv
import io
from typing import Any
from uuid import UUID

import httpx
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from qiao.core import jobs as core_jobs
from qiao.core.actor import Actor
from qiao.core.jobs import Progress
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles import texts
from qiao.knowledge.articles.schemas import FaqCreate
from qiao.knowledge.importing import jobs, service
from tests.conftest import SignIn
from tests.knowledge.importing.files import csv_of, xlsx_of, zip_of

URL = "/api/v1/knowledge/imports"
HEAD = ["分类", "问题", "相似问法", "答案", "语言"]
SYSTEM = Actor.system()


async def sent(browser: httpx.AsyncClient, data: bytes, name: str = "faq.csv", **form: str) -> httpx.Response:
    return await browser.post(URL, files={"file": (name, data)}, data=form)


async def previewed(browser: httpx.AsyncClient, data: bytes, name: str = "faq.csv", **form: str) -> dict[str, Any]:
    response = await sent(browser, data, name, **form)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def committed(browser: httpx.AsyncClient, import_id: str, **body: Any) -> dict[str, Any]:
    response = await browser.post(f"{URL}/{import_id}/commit", json={"publish": True, **body})
    assert response.status_code == 202, response.text
    job_id = response.json()["job_id"]
    for _ in range(1200):
        job: dict[str, Any] = (await browser.get(f"/api/v1/jobs/{job_id}")).json()
        if job["state"] in ("done", "failed"):
            return job
        await asyncio.sleep(0.05)
    raise AssertionError("the job did not end")


async def base(browser: httpx.AsyncClient, **query: Any) -> dict[str, dict[str, Any]]:
    page = (await browser.get("/api/v1/knowledge/faqs", params={"limit": 200, **query})).json()
    return {item["question"]: item for item in page["items"]}


async def write(runtime: Runtime, question: str, *variants: str, answer: str = "old") -> UUID:
    body = FaqCreate(question=question, variants=list(variants), answer=answer, publish=True)
    return (await runtime.db.run(lambda db: articles.create_faq(db, SYSTEM, body))).id


async def test_preview_shows_faults_and_repeats_and_writes_nothing(sign_in: SignIn, runtime: Runtime) -> None:
    faq_id = await write(runtime, "怎么退货？", "退货流程")
    boss = await sign_in("boss", locale="zh-CN")
    boss.headers["Accept-Language"] = "zh-CN"
    table = [
        HEAD,
        ["售后", "怎么换货", "换货流程|如何换货", "七天内可换。", ""],
        ["售后", "退货流程?", "", "七天内可退。", ""],
        ["售后", "怎么换货？", "", "再写一遍", ""],
        ["售后", "没有答案的", "", "", "火星文"],
        ["", "", "", "", ""],
    ]
    found = await previewed(boss, csv_of(table, encoding="gb18030"))
    assert (found["format"], found["encoding"], found["filename"], found["state"]) == (
        "csv", "gb18030", "faq.csv", "preview"
    )  # fmt: skip
    assert [(c["name"], c["field"]) for c in found["columns"]][:2] == [("分类", "category"), ("问题", "question")]
    first, repeat, again, faulty = found["rows"]
    assert first["row"] == 2 and first["errors"] == [] and first["duplicate_of"] is None
    assert first["variants"] == ["换货流程", "如何换货"] and first["locale"] == "zh-CN"
    assert repeat["duplicate_of"]["id"] == str(faq_id) and repeat["duplicate_of"]["how"] == "exact"
    assert again["duplicate_of"]["type"] == "row" and again["duplicate_of"]["row"] == 2
    assert [e["message"] for e in faulty["errors"]] == [
        "语言：无法识别语言“火星文”，请填写 zh-CN 或 en。", "答案：必填。"
    ] or len(faulty["errors"]) == 2  # fmt: skip
    assert found["summary"]["total"] == 4 and found["summary"]["ready"] == 1
    assert found["summary"]["duplicates"] == 2 and found["summary"]["errors"] == 1
    assert list(await base(boss)) == ["怎么退货？"]
    page = (await boss.get(f"{URL}/{found['id']}", params={"only": "errors"})).json()
    assert [row["row"] for row in page["rows"]] == [5]
    pages = (await boss.get(f"{URL}/{found['id']}", params={"limit": 3})).json()
    assert len(pages["rows"]) == 3
    rest = await boss.get(f"{URL}/{found['id']}", params={"limit": 3, "cursor": pages["next_cursor"]})
    assert [row["row"] for row in rest.json()["rows"]] == [5] and rest.json()["next_cursor"] is None


async def test_the_same_meaning_in_other_words_counts_as_a_repeat(sign_in: SignIn, runtime: Runtime) -> None:
    from qiao.knowledge.search.service import SearchService

    faq_id = await write(runtime, "怎么申请退货")
    await write(runtime, "会员积分有什么用")
    search = runtime.get(SearchService)
    for _ in range(1200):
        await search.settled()
        if len(search.engine) == 2:
            break
        await asyncio.sleep(0.05)
    boss = await sign_in("boss")
    table = [HEAD, ["", "如何申请退货", "", "a", ""], ["", "发票什么时候开", "", "a", ""]]
    found = await previewed(boss, csv_of(table))
    assert found["summary"]["meaning_checked"] == 2
    twin = found["rows"][0]["duplicate_of"]
    assert twin.pop("probability") > 0.8
    assert twin == {
        "type": "faq", "id": str(faq_id), "row": None, "question": "怎么申请退货", "how": "meaning"
    }  # fmt: skip
    assert found["rows"][1]["duplicate_of"] is None


async def test_the_same_question_about_another_thing_is_no_repeat(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    asked = ["K10 地毯保修多久", "K10 普洱保修多久", "怎么申请退货", "如何申请退货"]
    found = await previewed(boss, csv_of([HEAD, *(["", question, "", "a", ""] for question in asked)]))
    assert [row["duplicate_of"] and row["duplicate_of"]["row"] for row in found["rows"]] == [None, None, None, 4]


async def test_commit_skips_faults_and_repeats_and_undo_takes_all_back(sign_in: SignIn, runtime: Runtime) -> None:
    await write(runtime, "怎么退货？")
    boss = await sign_in("boss")
    table = [
        HEAD,
        *([f"类{n % 3}", f"问题{n}怎么办", "", f"答案{n}", ""] for n in range(450)),
        ["", "怎么退货", "", "x", ""],
    ]
    table.append(["", "", "", "只有答案", ""])
    found = await previewed(boss, csv_of(table))
    job = await committed(boss, found["id"])
    assert job["state"] == "done", job
    assert job["result"] == {"created": 450, "updated": 0, "skipped": 2, "failed": 0}
    assert (job["done"], job["total"]) == (452, 452)
    assert (await boss.get("/api/v1/knowledge/faqs", params={"limit": 1})).json()["total"] == 451
    assert len((await boss.get("/api/v1/knowledge/categories")).json()) == 3
    listed = (await boss.get(URL)).json()["items"][0]
    assert listed["state"] == "done" and listed["result"]["created"] == 450 and listed["created_by"]["name"] == "Boss"
    # Again: the same job; nothing twice.
    twice = await boss.post(f"{URL}/{found['id']}/commit", json={})
    assert twice.status_code == 409
    # Somebody has edited one since: it stays.
    edited = (await base(boss, q="问题7怎么办"))["问题7怎么办"]
    patch = {"version": edited["version"], "answer": "besser"}
    assert (await boss.patch(f"/api/v1/knowledge/faqs/{edited['id']}", json=patch)).status_code == 200
    undone = (await boss.post(f"{URL}/{found['id']}/undo")).json()
    assert undone["kept_items"] == [{"id": edited["id"], "type": "faq", "title": "问题7怎么办"}]
    assert (undone["removed"], undone["restored"], undone["kept"]) == (449, 0, 1)
    assert (await boss.post(f"{URL}/{found['id']}/undo")).json() == undone
    assert sorted(await base(boss)) == ["怎么退货？", "问题7怎么办"]
    assert len((await boss.get("/api/v1/knowledge/categories")).json()) == 1  # only the one still in use
    assert (await boss.post(f"{URL}/{found['id']}/commit", json={})).status_code == 409


async def test_repeats_become_phrasings_or_new_answers_and_go_back(sign_in: SignIn, runtime: Runtime) -> None:
    faq_id = await write(runtime, "怎么退货？", "退货流程", answer="old")
    boss = await sign_in("boss")
    table = [
        HEAD,
        ["", "退货流程？", "寄回怎么弄|怎么退货", "new", ""],
        ["", "怎么退货", "退回商品", "newer", ""],
        ["", "怎么换货", "", "first", ""],
        ["", "怎么换货?", "换货流程", "second", ""],
    ]
    found = await previewed(boss, csv_of(table))
    job = await committed(boss, found["id"], duplicates="variant")
    assert job["result"] == {"created": 1, "updated": 3, "skipped": 0, "failed": 0}
    now = await base(boss)
    assert (
        now["怎么退货？"]["variants"] == ["退货流程", "寄回怎么弄", "退回商品"] and now["怎么退货？"]["answer"] == "old"
    )
    assert now["怎么换货"]["variants"] == ["换货流程"] and now["怎么换货"]["answer"] == "first"
    undone = (await boss.post(f"{URL}/{found['id']}/undo")).json()
    assert undone == {"removed": 1, "restored": 2, "kept": 0, "kept_items": []}
    assert (await base(boss))["怎么退货？"]["variants"] == ["退货流程"]
    found = await previewed(boss, csv_of(table))
    await committed(boss, found["id"], duplicates="update")
    now = await base(boss)
    assert now["怎么退货？"]["answer"] == "newer" and now["怎么换货"]["answer"] == "second"
    assert now["怎么退货？"]["id"] == str(faq_id)
    await boss.post(f"{URL}/{found['id']}/undo")
    assert (await base(boss))["怎么退货？"]["answer"] == "old"
    found = await previewed(boss, csv_of(table))
    job = await committed(boss, found["id"], duplicates="import")
    assert job["result"]["created"] == 4


async def test_a_job_that_runs_again_does_nothing_twice(sign_in: SignIn, runtime: Runtime) -> None:
    boss = await sign_in("boss")
    found = await previewed(boss, csv_of([HEAD, *(["", f"怎么办{n}号", "", "a", ""] for n in range(250))]))
    import_id, user = UUID(found["id"]), boss.actor_id

    async def prepare(db: Any) -> None:
        await db.execute(text("UPDATE knowledge_imports SET state = 'running', options = '{\"publish\": false}'"))

    await runtime.db.run(prepare)
    # Stopped after the first batch, as by a crash; then run whole, twice.
    await runtime.db.run(lambda db: jobs._batch(db, import_id, user))
    assert (await boss.get("/api/v1/knowledge/faqs", params={"limit": 1})).json()["total"] == 200
    payload = {"import_id": str(import_id), "user_id": str(user)}

    async def asked(db: Any) -> UUID:
        return await core_jobs.enqueue(db, SYSTEM, service.JOB, {**payload, "import_id": str(UUID(int=0))})

    progress = Progress(runtime, await runtime.db.run(asked), service.JOB, None)
    for _ in range(2):
        assert (await jobs.run(runtime, payload, progress))["created"] == 250
    assert (await boss.get("/api/v1/knowledge/faqs", params={"limit": 1})).json()["total"] == 250


async def test_rights(sign_in: SignIn) -> None:
    data = csv_of([HEAD, ["", "怎么退货", "", "a", ""]])
    agent, supervisor = await sign_in("li", role="agent"), await sign_in("sun", role="supervisor")
    assert (await sent(agent, data)).status_code == 403
    found = await previewed(supervisor, data)
    assert (await agent.post(f"{URL}/{found['id']}/commit", json={})).status_code == 403
    assert (await agent.post(f"{URL}/{found['id']}/undo")).status_code == 403
    # Editing is not publishing.
    refused = await supervisor.post(f"{URL}/{found['id']}/commit", json={"publish": True})
    assert refused.status_code == 403
    assert (await committed(supervisor, found["id"], publish=False))["result"]["created"] == 1
    assert (await base(supervisor))["怎么退货"]["status"] == "draft"
    missing = f"{URL}/{UUID(int=1)}"
    assert (await supervisor.get(missing)).status_code == 404
    assert (await supervisor.post(f"{missing}/commit", json={})).status_code == 404
    assert (await supervisor.post(f"{URL}/{found['id']}/commit", json={"duplicates": "x"})).status_code == 422


async def test_a_preview_nobody_wants_is_dropped_by_whose_it_is(sign_in: SignIn) -> None:
    data = csv_of([HEAD, ["", "怎么退货", "", "a", ""]])
    boss, sun, wang = (
        await sign_in("boss"),
        await sign_in("sun", role="supervisor"),
        await sign_in("wang", role="supervisor"),
    )
    unused, used = await previewed(sun, data), await previewed(sun, data)
    assert (await wang.delete(f"{URL}/{unused['id']}")).status_code == 404
    assert (await sun.delete(f"{URL}/{unused['id']}")).status_code == 204
    assert [one["id"] for one in (await sun.get(URL)).json()["items"]] == [used["id"]]
    assert (await sun.get(f"{URL}/{unused['id']}")).status_code == 404
    assert (await sun.delete(f"{URL}/{unused['id']}")).status_code == 404
    # What was imported is taken back, never forgotten.
    await committed(sun, used["id"], publish=False)
    refused = await sun.delete(f"{URL}/{used['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "import.already_done")
    assert "怎么退货" in await base(sun)
    theirs = await previewed(wang, data)
    assert (await boss.delete(f"{URL}/{theirs['id']}")).status_code == 204  # an admin reads everything


async def test_columns_with_other_names_are_mapped(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    data = csv_of([["甲", "乙", "丙"], ["怎么退货", "七天", "售后"]])
    refused = await sent(boss, data)
    assert refused.status_code == 422 and refused.json()["detail"].endswith("甲, 乙, 丙.")
    found = await previewed(boss, data, mapping='{"question": "甲", "answer": 1}')
    assert found["rows"][0]["question"] == "怎么退货" and found["rows"][0]["category"] is None
    mapping = {"question": "甲", "answer": "乙", "category": "丙"}
    await committed(boss, found["id"], mapping=mapping)
    assert (await base(boss))["怎么退货"]["category_id"] is not None
    for bad in ("[]", "{", '{"question": [1]}', '{"question": "丁"}', "[" * 5000):
        assert (await sent(boss, data, mapping=bad)).status_code == 422


async def test_articles_from_markdown_and_their_undo(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    data = zip_of(
        {
            "guide.md": "---\ntitle: 选购指南\ncategory: 指南\n---\n## 容量\n看家里几口人。".encode(),
            "faq.md": "## 怎么付款？\n微信。".encode(),
            "broken.md": b"\x00\x01\x02" * 99,
        }
    )
    found = await previewed(boss, data, "kb.zip")
    assert [(row["kind"], bool(row["errors"])) for row in found["rows"]] == [
        ("faq", True), ("faq", False), ("article", False)
    ]  # fmt: skip
    job = await committed(boss, found["id"])
    assert job["result"] == {"created": 2, "updated": 0, "skipped": 1, "failed": 0}
    page = (await boss.get("/api/v1/knowledge/articles")).json()
    assert [item["title"] for item in page["items"]] == ["选购指南"] and page["items"][0]["status"] == "published"
    assert (await boss.post(f"{URL}/{found['id']}/undo")).json()["removed"] == 2
    assert (await boss.get("/api/v1/knowledge/articles")).json()["items"] == []


async def test_export_reads_back_and_no_cell_is_a_formula(sign_in: SignIn, runtime: Runtime) -> None:
    await write(runtime, "=1+1 等于几？", "@怎么算", "-减法", answer="+2\n第二行,逗号")
    boss = await sign_in("boss")
    response = await boss.get("/api/v1/knowledge/export.csv", headers={"Accept-Language": "zh-CN"})
    assert response.status_code == 200 and response.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert len(table) == 2 and not any(cell.startswith(("=", "+", "-", "@")) for row in table for cell in row)
    sheet = (await boss.get("/api/v1/knowledge/export.xlsx")).content
    cells = next(openpyxl.load_workbook(io.BytesIO(sheet)).active.iter_rows(min_row=2))  # type: ignore[union-attr]  # one sheet
    assert all(cell.data_type in ("s", "n", "inlineStr") for cell in cells) and cells[1].value == "=1+1 等于几？"
    await runtime.db.run(lambda db: db.execute(text("DELETE FROM faqs")))
    for name, data in (("a.csv", response.content), ("a.xlsx", sheet)):
        found = await previewed(boss, data, name)
        (row,) = found["rows"]
        assert row["question"] == "=1+1 等于几？" and row["variants"] == ["@怎么算", "-减法"], name
        assert row["answer"] == "+2\n第二行,逗号" and row["errors"] == []
    template = (await boss.get(f"{URL}/template.csv")).content
    assert (await previewed(boss, template))["summary"]["ready"] == 2
    agent = await sign_in("li", role="agent")
    assert (await agent.get(f"{URL}/template.csv")).status_code == 403


async def test_what_cannot_be_stored_stays_out_alone(
    sign_in: SignIn, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = await sign_in("boss")
    found = await previewed(boss, csv_of([HEAD, *(["", f"怎么办{n}号", "", "a", ""] for n in range(5))]))
    whole = texts._new

    async def failing(db: Any, actor: Any, table: Any, body: FaqCreate, import_id: Any) -> Any:
        if "3号" in body.question:
            await db.execute(text("SELECT 1/0"))
        return await whole(db, actor, table, body, import_id)

    monkeypatch.setattr(texts, "_new", failing)
    job = await committed(boss, found["id"])
    assert job["result"] == {"created": 4, "updated": 0, "skipped": 0, "failed": 1}
    failed = (await boss.get(f"{URL}/{found['id']}", params={"only": "failed"})).json()["rows"]
    assert [row["note"] for row in failed] == ["This row could not be stored."]


async def test_hostile_uploads_are_refused_with_a_sentence(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    assert (await boss.post(URL, json={})).status_code == 422
    assert (await boss.post(URL, files={"file": ("a.csv", b"")})).status_code == 422
    whole = xlsx_of([["question", "answer"], ["q", "a"]])
    kinds = st.one_of(
        st.binary(max_size=400),
        st.integers(0, len(whole)).map(lambda end: whole[:end]),
        st.text(max_size=200).map(lambda words: ("question,answer\n" + words).encode("utf-8", "surrogatepass")),
        st.text(max_size=200).map(lambda words: ("问题,答案\n" + words).encode("gb18030", "ignore")),
    )

    loop = asyncio.get_running_loop()

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(kinds, st.sampled_from(["a.csv", "a.xlsx", "a.md", "a.zip", "\x00../b.csv"]))
    def attack(data: bytes, name: str) -> None:
        response = asyncio.run_coroutine_threadsafe(sent(boss, data, name), loop).result(60)
        assert response.status_code in (201, 422), response.text
        if response.status_code == 422:
            detail = response.json()["detail"]
            assert detail and not detail.startswith("errors."), detail

    await asyncio.to_thread(attack)
