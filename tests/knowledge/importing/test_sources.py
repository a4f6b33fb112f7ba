"""Sites, lists and feeds read over real HTTP from a server of this machine; polite, bounded, kept and read again."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from qiao.core.errors import Invalid
from qiao.core.runtime import Runtime
from qiao.knowledge.importing import addresses, sources, web
from tests.conftest import SignIn
from tests.knowledge.importing.making import pdf_of, png
from tests.knowledge.importing.test_documents import the_articles
from tests.knowledge.importing.test_imports import URL, committed

SOURCES = "/api/v1/knowledge/sources"
Reply = tuple[int, dict[str, str], bytes]


class Site:
    """A website whose pages a test sets and changes. `asked` are the requests it got, in order."""

    def __init__(self) -> None:
        self.pages: dict[str, Reply | Callable[[dict[str, str]], Reply]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.base = ""

    def page(self, path: str, title: str, words: str, **headers: str) -> None:
        body = f"<html><head><title>{title} | 商城</title></head><body><nav><a href='/'>首页</a></nav><main><h1>{title}</h1>"
        body += (
            f"<p>{words}</p><p>如有疑问请联系客服，我们会尽快答复您。</p></main><footer>版权所有</footer></body></html>"
        )
        self.pages[path] = (200, {"Content-Type": "text/html; charset=utf-8", **headers}, body.encode())

    def map(self, *paths: str, path: str = "/sitemap.xml", index: bool = False, pack: bool = False) -> None:
        outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
        entries = "".join(f"<{inner}><loc>{p if '://' in p else self.base + p}</loc></{inner}>" for p in paths)
        data = f'<?xml version="1.0"?><{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</{outer}>'.encode()
        self.pages[path] = (200, {"Content-Type": "application/xml"}, gzip.compress(data) if pack else data)

    def passes(self, path: str, to: str) -> None:
        self.pages[path] = (302, {"Location": to}, b"")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                path = line.split()[1].decode()
                headers = {}
                while (header := (await reader.readline()).decode().strip()) != "":
                    name, _, value = header.partition(": ")
                    headers[name.lower()] = value
                self.asked.append((path, headers))
                found = self.pages.get(path, (404, {"Content-Type": "text/html"}, b"not here"))
                status, extra, body = found(headers) if callable(found) else found
                lines = [
                    f"HTTP/1.1 {status} X",
                    f"Content-Length: {len(body)}",
                    *(f"{k}: {v}" for k, v in extra.items()),
                ]
                writer.write("\r\n".join([*lines, "", ""]).encode() + body)
                await writer.drain()
        except (ConnectionError, IndexError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(web, "PAUSE", 0.0)
    found = Site()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield found
    server.close()


async def made(browser: httpx.AsyncClient, **body: Any) -> str:
    body = {"name": "帮助站", "kind": "sitemap", "allow_private": True, **body}
    response = await browser.post(SOURCES, json=body)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def finished(browser: httpx.AsyncClient, source_id: str) -> dict[str, Any]:
    """The source once its reading (and what follows from it) is over."""
    for _ in range(1200):
        found = next(one for one in (await browser.get(SOURCES)).json() if one["id"] == source_id)
        if found["import_id"] is None:
            return dict(found)
        one = (await browser.get(f"{URL}/{found['import_id']}")).json()
        if one.get("stage") != "reading" and one.get("state") == "preview":
            return next(dict(one) for one in (await browser.get(SOURCES)).json() if one["id"] == source_id)
        await asyncio.sleep(0.05)
    raise AssertionError("the reading did not end")


async def read(browser: httpx.AsyncClient, source_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads a source by hand: the source afterwards, and the import to look at."""
    begun = await browser.post(f"{SOURCES}/{source_id}/read")
    assert begun.status_code == 202, begun.text
    source = await finished(browser, source_id)
    return source, (await browser.get(f"{URL}/{begun.json()['id']}")).json()


async def test_a_site_becomes_articles_and_is_followed(sign_in: SignIn, runtime: Runtime, site: Site) -> None:
    boss = await sign_in("boss", locale="zh-CN")
    boss.headers["Accept-Language"] = "zh-CN"
    site.pages["/robots.txt"] = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /private/\n")
    site.page("/return", "退货", "签收后七天内可以退货。<img src='/a.png' alt='面单'>", ETag='"1"')
    site.pages["/a.png"] = (200, {"Content-Type": "image/png"}, png())
    site.page("/freight", "运费", "满九十九元包邮，偏远地区除外。")
    site.page("/copy", "退货", "签收后七天内可以退货。<img src='/a.png' alt='面单'>")
    site.page("/private/x", "内部", "不给看的内容，员工专用。")
    site.passes("/loop", "/loop2")
    site.passes("/loop2", "/loop")
    site.passes("/meta", "http://169.254.169.254/latest/meta-data/")
    site.pages["/app"] = (200, {"Content-Type": "text/html"}, b"<html><body><div id=app></div></body></html>")
    site.pages["/film"] = (200, {"Content-Type": "video/mp4"}, b"0")
    site.pages["/guide.pdf"] = (200, {"Content-Type": "application/pdf"}, pdf_of([(24, "手册"), (12, "接通电源。")]))
    site.map(
        "/return?utm_source=x#top", "/return", "/freight", "/copy", "/private/x", "/loop", "/app", "/film", "/gone",
        "/cal/2026/2026/2026/2026/1", "https://other.example/x", "/guide.pdf", "/style.css", path="/maps/a.xml.gz", pack=True,
    )  # fmt: skip
    site.map("/maps/a.xml.gz", "/sitemap.xml", index=True)
    source_id = await made(boss, url=f"{site.base}/sitemap.xml", every="daily", category="网站")
    source, found = await read(boss, source_id)
    rows = {row["url"].removeprefix(site.base): row for row in found["rows"]}
    assert {path: row["question"] for path, row in rows.items() if not row["errors"]} == {
        "/return": "退货", "/freight": "运费", "/guide.pdf": "手册"
    }  # fmt: skip
    said = {path: row["errors"][0]["message"].replace(site.base, "") for path, row in rows.items() if row["errors"]}
    assert said == {
        "/copy": "与 /return 是同一页面。",
        "/private/x": "/private/x：该网站不允许读取（robots.txt）。",
        "/loop": "/loop 循环跳转回自身。",
        "/app": "页面上几乎没有文字，可能需要浏览器才能显示。",
        "/film": "/film 不是网页，而是 video/mp4。",
        "/gone": "/gone 已不存在。",
        "/cal/2026/2026/2026/2026/1": "/cal/2026/2026/2026/2026/1 像是没有尽头的列表（日历或筛选），已略过。",
        "https://other.example/x": "https://other.example/x 属于另一个网站。",
    }
    assert all(headers["user-agent"].startswith("QiaoBot") for _, headers in site.asked)
    assert rows["/return"]["pictures"] == 1 and rows["/return"]["category"] == "网站"
    assert "首页" not in rows["/return"]["answer"] and "版权所有" not in rows["/return"]["answer"]
    assert (await committed(boss, found["id"]))["result"]["created"] == 3
    made_ = await the_articles(boss)
    assert made_["退货"]["status"] == "published" and "/api/v1/files/" in made_["退货"]["html"]

    # The next day by itself: one page as it was (asked with its mark), one changed, one gone, one new.
    def unchanged(headers: dict[str, str]) -> Reply:
        assert headers.get("if-none-match") == '"1"'
        return 304, {}, b""

    site.pages["/return"] = unchanged
    site.page("/freight", "运费", "满五十九元包邮，偏远地区除外。")
    site.page("/new", "发票", "在订单页点击开具发票即可申请。")
    del site.pages["/guide.pdf"]
    site.map("/return", "/freight", "/new", "/guide.pdf")
    async with runtime.db.transaction() as db:
        await db.execute(text("UPDATE knowledge_sources SET next_at = now() - interval '1 minute'"))
    await sources.read_due(runtime)
    source = await finished(boss, source_id)
    figures = {key: source["last"][key] for key in ("new", "changed", "same", "gone", "failed", "left")}
    assert figures == {"new": 1, "changed": 1, "same": 1, "gone": 1, "failed": 0, "left": 0}
    after = await the_articles(boss)
    assert after["运费"]["body"].startswith("满九十九元") and after["运费"]["draft"] is not None  # waits for review
    assert after["发票"]["status"] == "draft" and after["退货"]["version"] == made_["退货"]["version"]
    gone = (await boss.get(f"{SOURCES}/{source_id}/pages", params={"state": "gone"})).json()["items"]
    assert [page["title"] for page in gone if page["article_id"]] == ["手册"]
    # Nothing new: nothing is left behind but the figures.
    before = (await boss.get(URL)).json()["items"]
    await sources.read_due(runtime)
    assert (await finished(boss, source_id))["read_at"] == source["read_at"]  # not due yet
    site.pages["/return"] = (304, {}, b"")
    _, nothing = await read(boss, source_id)
    assert nothing["code"] == "import.not_found" and (await boss.get(URL)).json()["items"] == before
    # Undone, the second reading goes back whole.
    undone = (await boss.post(f"{URL}/{before[0]['id']}/undo")).json()
    assert (undone["removed"], undone["restored"]) == (1, 1)
    assert (await boss.delete(f"{SOURCES}/{source_id}")).status_code == 204
    assert "退货" in await the_articles(boss)


async def test_a_reading_that_was_discarded_is_read_again(sign_in: SignIn, site: Site) -> None:
    boss = await sign_in("boss")
    site.page("/a", "甲篇", "第一篇文章讲的是怎么使用优惠券。")
    source_id = await made(boss, kind="pages", urls=[f"{site.base}/a"])
    source, found = await read(boss, source_id)
    assert source["import_id"] == found["id"]
    assert (await boss.delete(f"{URL}/{found['id']}")).status_code == 204
    assert (await finished(boss, source_id))["import_id"] is None
    _, again = await read(boss, source_id)
    assert [row["question"] for row in again["rows"]] == ["甲篇"]


async def test_lists_and_feeds_are_read_too(sign_in: SignIn, site: Site) -> None:
    boss = await sign_in("boss")
    site.page("/a", "甲篇", "第一篇文章讲的是怎么使用优惠券。")
    site.page("/b", "乙篇", "第二篇文章讲的是怎么修改收货地址。")
    feed = f"<rss><channel><item><link>{site.base}/a</link></item><item><link>/b</link></item></channel></rss>"
    site.pages["/feed"] = (200, {"Content-Type": "application/rss+xml"}, feed.encode())
    _, found = await read(boss, await made(boss, kind="feed", url=f"{site.base}/feed"))
    assert [row["question"] for row in found["rows"]] == ["甲篇", "乙篇"]
    pages = [f"{site.base}/a", f"{site.base}/a#x", f"{site.base}/b"]
    _, found = await read(boss, await made(boss, kind="pages", urls=pages, most_pages=1))
    assert [row["question"] for row in found["rows"]] == ["甲篇"]
    source, found = await read(boss, await made(boss, url=f"{site.base}/a"))
    assert found["stage"] == "refused" and source["problem"] == found["problem"]


async def test_what_is_inside_is_not_reached_and_rights_hold(sign_in: SignIn, site: Site) -> None:
    boss, sun = await sign_in("boss"), await sign_in("sun", role="supervisor")
    site.page("/a", "甲篇", "第一篇文章讲的是怎么使用优惠券。")
    source_id = await made(boss, kind="pages", urls=[f"{site.base}/a"], allow_private=False)
    _, found = await read(boss, source_id)
    assert found["rows"][0]["errors"][0]["code"] == "import.address_refused" and site.asked == []
    private = {"name": "x", "kind": "pages", "urls": [f"{site.base}/a"], "allow_private": True}
    assert (await sun.post(SOURCES, json=private)).status_code == 403
    publish = {**private, "allow_private": False, "after": "publish"}
    assert (await sun.post(SOURCES, json=publish)).status_code == 403
    bad = await boss.post(SOURCES, json={"name": "x", "kind": "sitemap", "url": "file:///etc/passwd"})
    assert bad.status_code == 422 and bad.json()["errors"][0]["field"] == "url"
    agent = await sign_in("li", role="agent")
    assert (await agent.post(f"{SOURCES}/{source_id}/read")).status_code == 403


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("HTTP://Shop.Example:80/A/?utm_source=x&b=1#top", "http://shop.example/A/?b=1"),
        ("https://例子.中国/帮助", "https://xn--fsqu00a.xn--fiqs8s/%E5%B8%AE%E5%8A%A9"),
        ("https://a.b/x;jsessionid=12?sid=3", "https://a.b/x"),
        ("ftp://a.b/", None),
        ("https://user:pw@a.b/", None),
        ("https://a.b/" + "x" * 2000, None),
        ("http://[::1", None),
    ],
)
def test_one_form_for_one_page(address: str, same: str | None) -> None:
    assert addresses.canonical(address) == same


def test_maps_and_feeds_that_are_none() -> None:
    for data in (b"", b"<html></html>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><urlset/>", b"\x1f\x8bnothing", b"<urlset"):
        with pytest.raises(Invalid):
            addresses.read_map(data, "https://a.b/")
        with pytest.raises(Invalid):
            addresses.read_feed(data, "https://a.b/")
    atom = (
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><link rel='self' href='/s'/><link href='/x'/></entry></feed>"
    )
    assert addresses.read_feed(atom, "https://a.b/").pages == ["https://a.b/x"]
