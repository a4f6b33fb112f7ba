"""Word, PowerPoint, PDF and HTML become articles: over HTTP, with pictures, whole or cut, each file for itself."""

import asyncio
import json
import zipfile
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from qiao.core.errors import Invalid, Problem
from qiao.core.files.store import BlobStore
from qiao.core.runtime import Runtime
from qiao.knowledge.importing import collecting
from qiao.knowledge.importing.isolation import Reader
from qiao.knowledge.importing.reading import folder, read_file
from tests.conftest import SignIn
from tests.knowledge.importing.files import xlsx_of, zip_of
from tests.knowledge.importing.making import docx_of, drawing, heading, paragraph, pdf_of, png, pptx_of, table
from tests.knowledge.importing.test_imports import URL, committed, previewed

GUIDE = (
    heading("安装"),
    paragraph("先关闭*电源*。"),
    table(["项目", "价格"], ["安装", "99|元"]),
    drawing("接线图"),
    heading("保养"),
    paragraph("每年一次。"),
)


async def read(browser: httpx.AsyncClient, data: bytes, name: str, **form: str) -> dict[str, Any]:
    """Uploads a document and waits until it has been read."""
    begun = await previewed(browser, data, name, **form)
    assert begun["stage"] == "reading" and begun["job_id"]
    for _ in range(1200):
        found: dict[str, Any] = (await browser.get(f"{URL}/{begun['id']}")).json()
        if found["stage"] != "reading":
            job = (await browser.get(f"/api/v1/jobs/{begun['job_id']}")).json()
            assert job["total"] is not None or found["stage"] == "refused"
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("the reading did not end")


async def the_articles(browser: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    page = (await browser.get("/api/v1/knowledge/articles", params={"limit": 200})).json()
    found = [(await browser.get(f"/api/v1/knowledge/articles/{item['id']}")).json() for item in page["items"]]
    return {item["title"]: item for item in found}


async def test_an_archive_of_documents_becomes_articles_with_their_pictures(sign_in: SignIn, runtime: Runtime) -> None:
    boss = await sign_in("boss", locale="zh-CN")
    boss.headers["Accept-Language"] = "zh-CN"
    page = (
        "<title>退货 | 商城</title><nav>首页</nav><h1>退货</h1><p onclick='x()'>七天内<script>alert(1)</script>可退"
        "<a href='javascript:alert(1)'>坏</a><img src='img/a%20b.png' alt='面单'><img src='../../../etc/passwd'></p>"
    )
    data = zip_of(
        {
            "手册/安装.docx": docx_of(*GUIDE, picture=png()),
            "手册/介绍.pptx": pptx_of(("产品介绍", ["轻", "快"]), ("第二页", ["一行"]), picture=png("blue")),
            "手册/说明.pdf": pdf_of([(24, "使用说明"), (12, "第一段。"), (18, "第一章"), (12, "接通电源。")]),
            "web/return.html": page.encode(),
            "web/img/a b.png": png("green"),
            "faq.md": "## 怎么付款？\n微信。".encode(),
            "扫描.pdf": pdf_of([], scan=True),
            "加密.pdf": pdf_of([(12, "x")], encrypt=True),
            "坏.docx": docx_of(*GUIDE)[:700],
            "宏.docx": docx_of(*GUIDE, extra={"word/vbaProject.bin": b"x"}),
            "旧.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "~$临时.docx": b"junk",
        }
    )
    found = await read(boss, data, "kb.zip")
    faults = {row["source"]: row["errors"][0]["message"] for row in found["rows"] if row["errors"]}
    assert faults == {
        "扫描.pdf": "里面没有文字，全是扫描图片。请先做文字识别（OCR）。",
        "加密.pdf": "文件设有密码，请先去除密码。",
        "坏.docx": "文档已损坏。请打开后重新保存再试。",
        "宏.docx": "文档中含有宏，不能导入。请另存为不含宏的 .docx 或 .pptx。",
        "旧.doc": "这是旧版 Office 格式（.doc、.ppt）。请另存为 .docx 或 .pptx 后重试。",
    }
    assert {row["question"]: row["pictures"] for row in found["rows"] if not row["errors"]} == {
        "安装": 1, "产品介绍": 1, "使用说明": 0, "退货": 1, "怎么付款？": 0
    }  # fmt: skip
    assert found["summary"]["total"] == 10 and (await the_articles(boss)) == {}

    job = await committed(boss, found["id"], publish=False)
    assert job["result"] == {"created": 5, "updated": 0, "skipped": 5, "failed": 0}
    made = await the_articles(boss)
    assert {article["status"] for article in made.values()} == {"draft"}
    assert "先关闭*电源*。" in made["安装"]["html"] and "99|元</td>" in made["安装"]["html"]
    assert "<h1>保养</h1>" in made["安装"]["html"] and "<h2>第一章</h2>" in made["使用说明"]["html"].replace("h3", "h2")
    assert "alert" not in made["退货"]["html"] and "javascript" not in made["退货"]["html"]
    assert "passwd" not in made["退货"]["body"] and "首页" not in made["退货"]["body"]
    link = made["退货"]["html"].split('src="')[1].split('"')[0].replace("&amp;", "&")
    picture = await boss.get(link)
    assert picture.status_code == 200 and picture.headers["content-type"] == "image/png"
    # What was only needed to import is gone; what shows stays.
    async with runtime.db.read() as db:
        assert await db.scalar(text("SELECT count(*) FROM knowledge_import_uploads")) == 0
        assert await db.scalar(text("SELECT count(*) FROM knowledge_import_pictures WHERE data IS NOT NULL")) == 0
        keys = list((await db.execute(text("SELECT key FROM files UNION SELECT thumb_key FROM files"))).scalars())
    # Somebody has copied one of its pictures into a text of their own.
    copy = {"title": "自己写的", "body": f"![]({made['安装']['body'].split('](')[1].split(')')[0]})"}
    assert (await boss.post("/api/v1/knowledge/articles", json=copy)).status_code == 201
    undone = (await boss.post(f"{URL}/{found['id']}/undo")).json()
    assert undone["removed"] == 5
    copied = (await the_articles(boss)).pop("自己写的")["html"].split('src="')[1].split('"')[0].replace("&amp;", "&")
    assert (await boss.get(copied)).status_code == 200
    # The other pictures went with the texts: their links at once, their bytes soon after.
    assert (await boss.get(link)).status_code == 404
    store: BlobStore = runtime.get(BlobStore)
    async with asyncio.timeout(60):
        while len(left := [key for key in keys if store.local_path(key) is not None]) > 2:
            await asyncio.sleep(0.05)
    assert len(left) == 2 and len(keys) == 6  # the copied one and its thumbnail


async def test_a_long_document_is_cut_at_its_chapters_and_found_again_later(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    data = docx_of(*GUIDE, picture=png())
    found = await read(boss, data, "guide.docx", split="true")
    assert [(row["question"], row["pictures"], row["duplicate_of"]) for row in found["rows"]] == [
        ("安装", 1, None), ("保养", 0, None)
    ]  # fmt: skip
    assert (await committed(boss, found["id"]))["result"]["created"] == 2
    # The same again, with another text: the article there is its twin, and takes the new text as a draft beside it.
    again = await read(boss, docx_of(heading("保养"), paragraph("每半年一次。")), "guide2.docx")
    (row,) = again["rows"]
    assert row["duplicate_of"]["type"] == "article" and row["choices"] == ["skip", "update", "import"]
    assert (await boss.post(f"{URL}/{again['id']}/choices", json={"rows": [1], "choice": "variant"})).json() == {
        "taken": 0
    }
    assert (await boss.post(f"{URL}/{again['id']}/choices", json={"rows": [1], "choice": "update"})).json() == {
        "taken": 1
    }
    job = await committed(boss, again["id"], publish=False)
    assert job["result"] == {"created": 0, "updated": 1, "skipped": 0, "failed": 0}
    care = (await the_articles(boss))["保养"]
    assert care["body"] == "每年一次。" and care["status"] == "published" and care["draft"] is not None
    assert (await boss.post(f"{URL}/{again['id']}/undo")).json()["restored"] == 1
    assert (await the_articles(boss))["保养"]["draft"] is None
    # Published at once it changes, and goes back.
    more = await read(boss, docx_of(heading("保养"), paragraph("每半年一次。")), "guide3.docx")
    await committed(boss, more["id"], publish=True, duplicates="update")
    assert (await the_articles(boss))["保养"]["body"] == "每半年一次。"
    care = (await the_articles(boss))["保养"]
    patch = {"version": care["version"], "body": "从不。"}
    assert (await boss.patch(f"/api/v1/knowledge/articles/{care['id']}", json=patch)).status_code == 200
    undone = (await boss.post(f"{URL}/{more['id']}/undo")).json()
    assert undone["kept_items"] == [{"id": care["id"], "type": "article", "title": "保养"}] and undone["restored"] == 0


async def test_a_document_alone_that_cannot_be_read_says_why(sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    found = await read(boss, pdf_of([], scan=True), "scan.pdf")
    assert found["stage"] == "refused" and found["problem"].startswith("There is no text in it: it consists of scanned")
    assert found["rows"] == []
    listed = (await boss.get(URL)).json()["items"][0]
    assert (listed["id"], listed["problem"]) == (found["id"], found["problem"]), "the history says why, too"
    refused = await boss.post(f"{URL}/{found['id']}/commit", json={})
    assert refused.status_code == 409 and refused.json()["code"] == "import.was_refused"
    deep = b"<html><body>" + b"<div>" * 3000 + b"x"
    assert (await read(boss, deep, "deep.html"))["problem"] == "Its parts are nested more deeply than can be read."
    bomb = zip_of({"word/document.xml": b"<w/>" + b" " * (40 * 1024 * 1024)})
    assert "unpacks to more" in (await read(boss, bomb, "bomb.docx"))["problem"]
    # What others have read is nobody else's business.
    li = await sign_in("sun", role="supervisor")
    assert (await li.get(f"{URL}/{found['id']}")).status_code == 404


async def test_a_reader_that_hangs_or_dies_takes_nobody_with_it(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(b"<h1>t</h1><p>some words here</p>")
    asked: dict[str, Any] = {"path": str(path), "name": "a.html", "into": str(tmp_path), "entry": "", "cut": False}
    async with Reader(seconds=30) as reader:
        assert (await reader.ask(do="read", prefix="p", **asked))["documents"][0]["title"] == "t"
        assert reader._process is not None
        first = reader._process.pid
        reader._process.kill()
        with pytest.raises(Invalid) as died:
            await reader.ask(do="read", prefix="p", **asked)
        assert died.value.code == "import.unreadable"
        assert (await reader.ask(do="list", **asked))["entries"] == [""]
        assert reader._process.pid != first
        reader.seconds = 0.2
        reader._process.send_signal(19)  # stopped, as one that hangs
        with pytest.raises(Invalid) as hung:
            await reader.ask(do="list", **asked)
        assert hung.value.code == "import.too_slow"


async def test_reading_goes_on_after_a_restart(
    sign_in: SignIn, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = await sign_in("boss")
    whole = collecting._read_all
    calls = 0

    async def crashing(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("the machine went down")
        return await whole(*args)

    monkeypatch.setattr(collecting, "_read_all", crashing)
    found = await read(boss, docx_of(*GUIDE, picture=png()), "guide.docx")
    assert calls == 2 and [row["question"] for row in found["rows"]] == ["安装"]


SEEDS = {
    "a.docx": docx_of(*GUIDE, picture=png()),
    "a.pptx": pptx_of(("产品介绍", ["轻", "快"]), picture=png()),
    "a.pdf": pdf_of([(24, "使用说明"), (12, "第一段。")], [(12, "第二页")]),
    "a.html": "<h1>退货</h1><ul><li>一<li>二</ul><table><tr><td>a<td>b</table>".encode(),
    "a.zip": zip_of({"x.html": b"<h1>t</h1><p>words</p>", "y.pdf": pdf_of([(12, "字")]), "z.md": b"# t\n\nx"}),
}


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(SEEDS)), st.data())
def test_truncated_and_mutated_documents_end_in_a_text_or_a_sentence(name: str, data: Any) -> None:
    whole = bytearray(SEEDS[name])
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole)))]
    for _ in range(data.draw(st.integers(0, 12))):
        if whole:
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        for entry in folder.listing(name, bytes(whole)):
            for document in folder.read_part(name, bytes(whole), entry, cut=data.draw(st.booleans())):
                assert document.title
                document.body.encode()
    except Problem as problem:
        assert problem.code.startswith("import."), problem.code


TABLES = {
    "a.json": json.dumps({"articles": [{"title": "t", "body": "<p>b</p>", "draft": False, "section_id": 1}]}).encode(),
    "a.xlsx": xlsx_of([["问题", "答案"], ["q", "a"]]),
}


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["a.json", "a.xlsx"]), st.data())
def test_truncated_and_mutated_tables_end_in_rows_or_a_sentence(name: str, data: Any) -> None:
    whole = bytearray(TABLES[name])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert read_file(name, bytes(whole[: data.draw(st.integers(1, len(whole)))])).records
    except Problem as problem:
        assert problem.code.startswith("import.") or problem.code == "invalid"


def test_a_zip_that_grows_without_end_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(5):
            archive.writestr(f"{n}.html", b"<p>" + b"a" * (50 * 1024 * 1024))
    with pytest.raises(Invalid) as grown:
        folder.listing("x.zip", path.read_bytes())
    assert grown.value.code == "import.unpacks_too_large"


def test_a_page_without_a_body_tag_keeps_its_words() -> None:
    page = "<title>券</title><main><h1>优惠券怎么用</h1><p>结算时选择。</p></main>".encode()
    (found,) = folder.read_part("a.html", page, "", cut=False)
    assert (found.title, found.body) == ("优惠券怎么用", "结算时选择。")
