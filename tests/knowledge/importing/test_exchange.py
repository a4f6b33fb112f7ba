"""What other systems export, and our own archive there and back."""

import json
import re
import zipfile
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import text

from qiao.core.runtime import Runtime
from qiao.knowledge.importing.reading import read_file
from tests.conftest import SignIn
from tests.knowledge.importing.files import xlsx_of
from tests.knowledge.importing.making import png
from tests.knowledge.importing.test_documents import the_articles
from tests.knowledge.importing.test_imports import URL, base, committed, previewed

BODY = "<p>七天内<script>x()</script>可退。</p><ul><li>未使用</li></ul>"
EXPORTS: dict[str, Any] = {
    "zendesk": {
        "articles": [{"id": 1, "title": "退货", "body": BODY, "locale": "zh-cn", "section_id": 7, "draft": False,
                      "label_names": ["售后"]}],
        "sections": [{"id": 7, "name": "售后"}],
    },
    "intercom": {
        "type": "list",
        "data": [{"type": "article", "title": "退货", "body": BODY, "parent_id": 7, "default_locale": "zh-CN"}],
        "collections": [{"id": 7, "name": "售后"}],
    },
    "freshdesk": [{"category": {"name": "帮助", "folders": [
        {"name": "售后", "articles": [{"title": "退货", "description": BODY, "status": 2, "tags": [{"name": "售后"}]}]}
    ]}}],
    "chatwoot": {"payload": [{"id": 1, "title": "退货", "content": "七天内可退。\n\n- 未使用", "category":
                              {"name": "售后", "locale": "zh_CN"}}]},
    "zammad": {
        "KnowledgeBaseAnswer": {"1": {"id": 1, "category_id": 7}},
        "KnowledgeBaseAnswerTranslation": {"2": {"title": "退货", "answer_id": 1, "content_id": 3, "kb_locale_id": 4}},
        "KnowledgeBaseAnswerTranslationContent": {"3": {"id": 3, "body": BODY}},
        "KnowledgeBaseCategoryTranslation": {"8": {"id": 8, "category_id": 7, "title": "售后"}},
        "KnowledgeBaseLocale": {"4": {"id": 4, "system_locale_id": 5}},
        "Locale": {"5": {"id": 5, "locale": "zh-cn"}},
    },
}  # fmt: skip


@pytest.mark.parametrize("system", EXPORTS)
def test_exports_of_other_systems_are_recognised(system: str) -> None:
    parsed = read_file("export.json", json.dumps(EXPORTS[system]).encode())
    assert parsed.format == system
    (record,) = parsed.records
    assert record.values is not None and record.kind == "article"
    assert record.values["question"] == "退货" and record.values["category"] == "售后"
    assert record.values["answer"] == "七天内可退。\n\n- 未使用"
    assert record.values.get("locale", "zh-CN") == "zh-CN"


def test_one_article_that_cannot_be_read_leaves_the_others() -> None:
    export = {"articles": [
        {"title": "a", "body": "<div>" * 3000, "draft": False}, {"title": "b", "body": "<p>words</p>", "draft": False},
    ]}  # fmt: skip
    broken, whole = read_file("e.json", json.dumps(export).encode()).records
    assert broken.broken is not None and broken.broken.code == "import.too_deep" and whole.values is not None


async def test_question_lists_of_chinese_systems(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    table = [
        ["一级分类", "二级分类", "标准问题", "相似问1", "相似问2", "答案内容", "有效期"],
        ["售后", "退货", "怎么退货", "退货流程", "我要退", "七天内", "2026-01-01 ~ 2026-12-31"],
        ["售后", "", "怎么换货", "", "", "十天内", "永久有效"],
    ]
    found = await previewed(boss, xlsx_of(table), "七鱼.xlsx")
    one, two = found["rows"]
    assert (one["variants"], one["category"], two["category"]) == (["退货流程", "我要退"], "退货", "售后")
    assert one["valid_from"] and one["valid_until"] and two["valid_until"] is None and not one["errors"]
    # A list of objects nobody knows is a table to be mapped.
    rows = json.dumps({"data": [{"frage": "怎么付款", "antwort": "微信", "n": 1}]}).encode()
    refused = await boss.post(URL, files={"file": ("x.json", rows)})
    assert refused.json()["code"] == "import.columns_missing"
    found = await previewed(boss, rows, "x.json", mapping='{"question": "frage", "answer": "antwort"}')
    assert found["rows"][0]["question"] == "怎么付款"


async def test_each_row_may_be_decided_for_itself(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    head = ["问题", "相似问", "答案"]
    first = await previewed(boss, xlsx_of([head, *([f"问题{n}怎么办", "", "old"] for n in range(4))]), "a.xlsx")
    await committed(boss, first["id"])
    table = [head, *([f"问题{n}怎么办？", f"第{n}种说法", "new"] for n in range(4))]
    found = await previewed(boss, xlsx_of(table), "b.xlsx")
    assert all(row["duplicate_of"]["probability"] == 1 and len(row["choices"]) == 4 for row in found["rows"])
    for number, choice in ((2, "update"), (3, "variant"), (4, "import")):
        answer = await boss.post(f"{URL}/{found['id']}/choices", json={"rows": [number], "choice": choice})
        assert answer.json() == {"taken": 1}
    job = await committed(boss, found["id"], duplicates="skip")
    assert job["result"] == {"created": 1, "updated": 2, "skipped": 1, "failed": 0}
    now = await base(boss)
    assert (now["问题0怎么办"]["answer"], now["问题0怎么办"]["variants"]) == ("new", ["第0种说法"])
    assert (now["问题1怎么办"]["answer"], now["问题1怎么办"]["variants"]) == ("old", ["第1种说法"])
    assert now["问题2怎么办？"]["answer"] == "new" and now["问题3怎么办"]["variants"] == []
    # All at once, and back to what is chosen for all.
    third = await previewed(boss, xlsx_of(table), "c.xlsx")
    assert (await boss.post(f"{URL}/{third['id']}/choices", json={"choice": "import"})).json() == {"taken": 4}
    assert (await boss.post(f"{URL}/{third['id']}/choices", json={"choice": None})).json() == {"taken": 4}
    assert (await boss.post(f"{URL}/{found['id']}/choices", json={"choice": None})).status_code == 409


async def test_everything_goes_out_and_comes_in_again(sign_in: SignIn, runtime: Runtime) -> None:
    boss = await sign_in("boss")
    api = "/api/v1/knowledge"
    department = (await boss.post("/api/v1/departments", json={"name": "售后部"})).json()["id"]
    space = {"slug": "staff", "names": {"zh-CN": "内部", "en": "Staff"}, "audience": "departments"}
    staff = (await boss.post(f"{api}/spaces", json={**space, "department_ids": [department]})).json()["id"]
    shelf = (
        await boss.post(f"{api}/categories", json={"names": {"zh-CN": "流程", "en": "Steps"}, "space_id": staff})
    ).json()
    assert (await boss.post(f"{api}/synonyms", json={"words": ["快递", "物流"], "locale": "zh-CN"})).status_code == 201
    file_id = (await boss.post("/api/v1/files", files={"file": ("图 1.png", png())})).json()["id"]
    url = (await boss.post(f"{api}/images", json={"file_id": file_id})).json()["url"]
    paper = (await boss.post("/api/v1/files", files={"file": ("换货单.txt", "单号：".encode())})).json()["id"]
    attached = (await boss.post(f"{api}/files", json={"file_id": paper})).json()["url"]
    article = {
        "title": "换货流程",
        "body": f"看图：![面单]({url})，填[换货单.txt]({attached})。",
        "space_id": staff,
        "category_id": shelf["id"],
        "tags": ["a"],
    }
    zh = (await boss.post(f"{api}/articles", json={**article, "publish": True})).json()
    english = {"title": "Exchange", "body": "See.", "locale": "en", "group_id": zh["group_id"], "space_id": staff}
    assert (await boss.post(f"{api}/articles", json=english)).status_code == 201
    faq = {"question": "=怎么付款", "variants": ["付款"], "answer": "微信", "publish": True,
           "valid_until": "2099-01-01T00:00:00Z",
           "conditions": {"regions": ["北京"]}}  # fmt: skip
    assert (await boss.post(f"{api}/faqs", json=faq)).status_code == 201

    data = (await boss.get(f"{api}/export.zip")).content
    assert {name.split("/")[0] for name in zipfile.ZipFile(BytesIO(data)).namelist()} == {
        "spaces.jsonl", "categories.jsonl", "words.jsonl", "faqs.jsonl", "articles.jsonl", "pictures", "files",
        "qiao-export.json",
    }  # fmt: skip
    before = {**await the_articles(boss), **await base(boss)}
    for table in ("faqs", "articles", "kb_versions", "kb_categories", "kb_synonyms", "kb_spaces", "files"):
        async with runtime.db.transaction() as db:
            await db.execute(text(f"DELETE FROM {table}"))

    found = await previewed(boss, data, "knowledge.zip")
    assert found["format"] == "archive" and found["summary"]["errors"] == 0, found["rows"]
    # The index has not heard of what was deleted behind its back.
    await boss.post(f"{URL}/{found['id']}/choices", json={"choice": "import"})
    job = await committed(boss, found["id"], publish=True)
    assert job["result"]["failed"] == 0, (await boss.get(f"{URL}/{found['id']}", params={"only": "failed"})).json()[
        "rows"
    ]
    after = {**await the_articles(boss), **await base(boss)}
    same = ("status", "tags", "locale", "audience", "conditions", "valid_until", "level")
    assert {title: [one[key] for key in same] for title, one in after.items()} == {
        title: [one[key] for key in same] for title, one in before.items()
    }
    assert after["换货流程"]["group_id"] == after["Exchange"]["group_id"] and after["Exchange"]["status"] == "draft"
    assert after["换货流程"]["level"] == "departments" and after["=怎么付款"]["variants"] == ["付款"]
    link, attachment = re.findall(r"\]\(([^)]+)\)", after["换货流程"]["body"])
    assert (await boss.get(link)).status_code == 200 and link != url
    assert (await boss.get(attachment)).text == "单号：" and attachment != attached
    spaces = {one["slug"]: one for one in (await boss.get(f"{api}/spaces")).json()}
    assert spaces["staff"]["names"] == space["names"] and spaces["staff"]["department_ids"] == [department]
    # Twice is not double, and all of it can be taken back.
    again = await previewed(boss, data, "knowledge.zip")
    assert (await committed(boss, again["id"], publish=True))["result"]["created"] == 0
    await boss.post(f"{URL}/{found['id']}/undo")
    assert await the_articles(boss) == {} and await base(boss) == {}
    assert [one["slug"] for one in (await boss.get(f"{api}/spaces")).json() if one["slug"] == "staff"] == []
    # What somebody may not read does not leave with them.
    agent = await sign_in("li", role="agent")
    await committed(boss, (await previewed(boss, data, "knowledge.zip"))["id"], publish=True)
    small = zipfile.ZipFile(BytesIO((await agent.get(f"{api}/export.zip")).content))
    assert "换货" not in b"".join(small.read(name) for name in small.namelist()).decode("utf-8", "ignore")
