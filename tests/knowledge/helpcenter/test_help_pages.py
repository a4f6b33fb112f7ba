"""The help centre over HTTP: who sees what, addresses that last, searching, voting, and input meant to break it."""

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.inboxes import identity
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import ArticleCreate, ArticlePatch, CategoryBody, FaqCreate
from qiao.knowledge.helpcenter import content, slugs, theme
from qiao.knowledge.helpcenter.look import Looks
from qiao.knowledge.helpcenter.usage import Usage
from qiao.knowledge.search.service import SearchService
from tests.conftest import BASE, SignIn

SYSTEM = Actor.system()
BODY = """# 退货指南

## 条件

七天内可退。

## 步骤

1. 提交申请

### 寄回

用顺丰。

## 退款

| 方式 | 时间 |
|---|---|
| 微信 | 1 天 |

<script>alert(1)</script>
"""


class Shelf:
    """A small knowledge base, made through the services."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime

    async def category(self, zh: str, en: str, parent: Any = None) -> Any:
        async with self.runtime.db.transaction() as db:
            body = CategoryBody.model_validate({"names": {"zh-CN": zh, "en": en}, "parent_id": parent})
            return (await articles.save_category(db, SYSTEM, body, "zh-CN")).id

    async def faq(self, question: str, answer: str = "七天内可以。", **values: Any) -> Any:
        async with self.runtime.db.transaction() as db:
            body = FaqCreate.model_validate({"question": question, "answer": answer, "publish": True, **values})
            return await articles.create_faq(db, SYSTEM, body)

    async def article(self, title: str, body: str = BODY, **values: Any) -> Any:
        async with self.runtime.db.transaction() as db:
            made = ArticleCreate.model_validate({"title": title, "body": body, "publish": True, **values})
            return await articles.create_article(db, SYSTEM, made)

    async def indexed(self) -> None:
        await self.runtime.reactions.settled()
        await self.runtime.get(SearchService).settled()
        self.runtime.get(Looks).forget()


@pytest.fixture
def shelf(runtime: Runtime) -> Shelf:
    return Shelf(runtime)


async def test_every_page_is_whole_without_scripts(shelf: Shelf, client: httpx.AsyncClient) -> None:
    top = await shelf.category("售后", "After sales")
    below = await shelf.category("退换货", "Returns", top)
    faq = await shelf.faq("怎么申请退货？", category_id=below)
    translated = {"locale": "en", "category_id": below, "group_id": faq.group_id}
    english = await shelf.faq("How do I return something?", "Within seven days.", **translated)
    await shelf.article("退货指南", category_id=top)

    start = await client.get("/help")
    assert (start.status_code, start.headers["location"]) == (302, "/help/en")
    assert start.headers["vary"] == "Accept-Language"
    for typed, leads in (
        ("/help/", "/help/en"),
        ("/help/zh", "/help/zh-CN"),
        ("/help/en-US/search?q=tea", "/help/en/search?q=tea"),
        ("/help/zh-cn/", "/help/zh-CN/"),
    ):
        moved = await client.get(typed)
        assert moved.headers["location"] == leads, typed
    assert (await client.get("/help/ja")).status_code == 404

    home = await client.get("/help/zh-CN")
    assert home.status_code == 200 and home.headers["content-language"] == "zh-CN"
    assert "unsafe" not in home.headers["content-security-policy"]
    assert not re.search(r"<style|style=|onclick|<script>", home.text)
    for words in (
        "售后",
        "怎么申请退货？",
        "退货指南",
        'lang="zh-CN"',
        'href="#main"',
        'rel="canonical"',
        'hreflang="en"',
    ):
        assert words in home.text
    assert "How do I return" not in home.text

    category = await client.get("/help/zh-CN/categories/shouhou")
    assert "退换货" in category.text and "/help/zh-CN/articles/tuihuo-zhinan" in category.text
    nested = await client.get("/help/zh-CN/categories/tuihuanhuo")
    assert "怎么申请退货？" in nested.text and "/help/zh-CN/categories/shouhou" in nested.text

    page = await client.get("/help/zh-CN/articles/tuihuo-zhinan")
    assert page.text.count("<h1>") == 1, "the text's own first heading is the page's"
    assert '<h2 id="s1">条件</h2>' in page.text and 'href="#s3"' in page.text and 'class="wide"' in page.text
    assert "<script>alert" not in page.text
    order = [page.text.index(part) for part in ("<h1>", '<nav class="toc"', '<h2 id="s1">')]
    assert order == sorted(order), "what the page is about, then what is on it, then the text: as a phone shows them"
    question = await client.get("/help/zh-CN/questions/zenme-shenqing-tuihuo")
    assert question.status_code == 200
    assert f'hreflang="en" href="{BASE}/help/en/questions/how-do-i-return-something"' in question.text
    data = json.loads(re.search(r'ld\+json">(.*?)</script>', question.text)[1])  # type: ignore[index]
    assert data["@type"] == "FAQPage" and data["mainEntity"][0]["name"] == "怎么申请退货？"
    assert (await client.get("/help/en/questions/how-do-i-return-something")).status_code == 200
    assert english.group_id == faq.group_id

    known = {"If-None-Match": question.headers["etag"]}
    again = await client.get("/help/zh-CN/questions/zenme-shenqing-tuihuo", headers=known)
    assert again.status_code == 304 and not again.content
    sitemap = (await client.get("/sitemap.xml")).text
    assert f"<loc>{BASE}/help/zh-CN/articles/tuihuo-zhinan</loc>" in sitemap and sitemap.count("<loc>") == 9
    robots = (await client.get("/robots.txt")).text
    assert "Disallow: /\n" in robots and f"Sitemap: {BASE}/help/sitemap.xml" in robots
    for path in ("/help/zh-CN/articles/unknown", "/help/fr", "/help/zh-CN/questions/tuihuo-zhinan", "/help/x/y/z"):
        gone = await client.get(path)
        assert gone.status_code == 404 and "no such page" in gone.text + "no such page" * ("没有找到" in gone.text), (
            path
        )
        assert "noindex" in gone.text


async def test_an_address_once_given_keeps_working(shelf: Shelf, runtime: Runtime, client: httpx.AsyncClient) -> None:
    made = await shelf.article("退货指南")
    twin = await shelf.article("退货指南")
    first, second = "/help/zh-CN/articles/tuihuo-zhinan", f"/help/zh-CN/articles/tuihuo-zhinan-{twin.id.hex[-6:]}"
    assert [(await client.get(path)).status_code for path in (first, second)] == [200, 200]
    async with runtime.db.transaction() as db:
        await articles.update_article(db, SYSTEM, made.id, ArticlePatch(version=made.version, title="换货指南"))
    moved = await client.get(first)
    assert (moved.status_code, moved.headers["location"]) == (301, "/help/zh-CN/articles/huanhuo-zhinan")
    async with runtime.db.transaction() as db:
        await articles.move(db, SYSTEM, "article", made.id, "archive")
    assert [(await client.get(path)).status_code for path in (first, moved.headers["location"])] == [404, 404]


async def test_nobody_sees_a_word_of_what_they_may_not_read(
    shelf: Shelf, runtime: Runtime, client: httpx.AsyncClient, app: FastAPI
) -> None:
    category = await shelf.category("秘密", "Secret")
    await shelf.faq("公开的退货问题", category_id=category)
    await shelf.faq("会员的退货问题", audience="customers", category_id=category)
    await shelf.faq("内部的退货问题", audience="internal", category_id=category)
    await shelf.faq("过期的退货问题", category_id=category, valid_until=clock.now() + timedelta(hours=1))
    only = await shelf.category("仅限内部", "Staff only")
    await shelf.article("内部手册", audience="internal", category_id=only)
    async with runtime.db.transaction() as db:
        inbox = await inboxes.create(db, SYSTEM, InboxCreate(channel="webchat", name="Shop", bot_enabled=True))
        secret = await inboxes.secret_of(db, inbox.id)
    await shelf.indexed()

    async def everything() -> str:
        paths = (
            "",
            "/categories/mimi",
            "/search?q=退货问题",
            "/search?q=手册",
            "/suggest?q=退货",
            "/suggest?q=neibu",
        )
        pages = [await client.get(f"/help/zh-CN{path}") for path in paths]
        pages.append(await client.get("/sitemap.xml"))
        runtime.get(Looks).forget()
        return "".join(page.text for page in pages)

    with clock.frozen(clock.now() + timedelta(hours=2)):
        seen = await everything()
        assert "公开的退货问题" in seen
        for hidden in ("会员的退货", "内部的退货", "过期的退货", "内部手册", "仅限", "neibu", "huiyuan"):
            assert hidden not in seen, hidden
        assert "1 篇" in seen and "2 篇" not in seen
        hidden_page = await client.get("/help/zh-CN/questions/huiyuan-de-tuihuo-wenti")
        assert hidden_page.status_code == 404

        async def signs_in(token: str, **extra: str) -> httpx.Response:
            form = {"token": token, "key": inbox.key, **extra}
            return await client.post("/help/zh-CN/sign-in", data=form, headers={"Origin": "https://shop.example"})

        token = identity.sign(secret, sub="u1", expires_at=clock.now() + timedelta(hours=1), name="王小明")
        assert (await signs_in(token[:-4] + "AAAA")).status_code == 401
        entered = await signs_in(token, to="/help/zh-CN/questions/huiyuan-de-tuihuo-wenti")
        assert (entered.status_code, entered.headers["location"]) == (
            303,
            "/help/zh-CN/questions/huiyuan-de-tuihuo-wenti",
        )
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/help" in cookie
        page = await client.get(entered.headers["location"])
        assert page.status_code == 200 and "王小明" in page.text and "private" in page.headers["cache-control"]
        seen = await everything()
        assert "会员的退货" in seen and "内部的退货" not in seen and "内部手册" not in seen
        assert (await signs_in(token, to="//evil.example")).headers["location"] == "/help/zh-CN"
        await client.post("/help/zh-CN/sign-out")
        assert (await client.get(entered.headers["location"])).status_code == 404
        await signs_in(token)
    with clock.frozen(clock.now() + timedelta(hours=4)):
        assert (await client.get(entered.headers["location"])).status_code == 404, "the site's word has run out"


async def test_searching_marks_what_was_asked_for_and_admits_when_there_is_nothing(
    shelf: Shelf, runtime: Runtime, client: httpx.AsyncClient
) -> None:
    await shelf.faq("怎么申请退货？", "在订单页点<b>申请退货</b>，七天内可以。")
    await shelf.faq("可以开专用发票吗？", "可以，请提供税号。")
    await shelf.indexed()
    found = await client.get("/help/zh-CN/search", params={"q": "退货怎么弄"})
    assert "<mark>退货</mark>" in found.text and "专用发票" not in found.text
    nothing = await client.get("/help/zh-CN/search", params={"q": "quantum chromodynamics"})
    assert "没有找到" in nothing.text and "怎么申请退货" not in nothing.text
    assert (await client.get("/help/zh-CN/search")).status_code == 200

    for typed in ("退货", "tuihuo", "zmsq", "申请"):
        items = (await client.get("/help/zh-CN/suggest", params={"q": typed})).json()["items"]
        assert [item["title"] for item in items] == ["怎么申请退货？"], typed
    assert (await client.get("/help/zh-CN/suggest", params={"q": "%"})).json() == {"items": []}
    searches = runtime.get(Usage)
    await searches.flush()
    await runtime.reactions.settled()


async def test_a_vote_counts_once_and_may_change(
    shelf: Shelf, runtime: Runtime, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    faq = await shelf.faq("怎么申请退货？")
    page = (await client.get("/help/zh-CN/questions/zenme-shenqing-tuihuo")).text
    assert f'value="{faq.id}"' in page

    async def vote(**form: str) -> httpx.Response:
        return await client.post("/help/zh-CN/feedback", data={"id": str(faq.id), **form})

    async def counted() -> tuple[int, int]:
        async with runtime.db.read() as db:
            view = await articles.get_faq(db, faq.id)
        return view.helpful, view.unhelpful

    answer = await vote(helpful="yes")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/help/zh-CN/questions/zenme-shenqing-tuihuo?said=yes#feedback",
    )
    assert "谢谢" in (await client.get(answer.headers["location"])).text
    await vote(helpful="yes")
    assert await counted() == (1, 0)
    unhappy = await vote(helpful="no")
    assert "是哪里不好" in (await client.get(unhappy.headers["location"])).text
    silent = await vote(helpful="no", comment="")
    assert "谢谢" in (await client.get(silent.headers["location"])).text, "asked once, not over and over"
    await vote(helpful="no", reason="outdated", comment="<b>价格</b>不对")
    await vote(helpful="no")
    assert await counted() == (0, 1)
    client.cookies.clear()
    for _ in range(3):
        await vote(helpful="yes")
    assert await counted() == (1, 1), "without cookies an address and its software are one reader"
    assert (await vote(helpful="maybe")).status_code == 422
    assert (await vote(helpful="no", reason="because")).status_code == 422
    foreign = await client.post(
        "/help/zh-CN/feedback", data={"id": str(faq.id), "helpful": "yes"}, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
    boss = await sign_in("boss")
    said = (await boss.get(f"/api/v1/knowledge/statistics/texts/{faq.id}/opinions?helpful=false")).json()["items"]
    assert [(one["reason"], one["comment"]) for one in said] == [("outdated", "<b>价格</b>不对")]


async def test_settings_change_every_page_at_once(shelf: Shelf, client: httpx.AsyncClient, sign_in: SignIn) -> None:
    await shelf.faq("怎么申请退货？")
    boss, agent = await sign_in("boss"), await sign_in("li", role="agent")
    path = "/api/v1/helpcenter/settings"
    assert (await agent.get(path)).status_code == 403
    settings = (await boss.get(path)).json()["settings"]
    settings |= {
        "title": {"zh-CN": "木棉帮助", "en": "Kapok help"},
        "welcome": {"zh-CN": "<i>欢迎</i>", "en": "Welcome"},
        "accent": "#ffcc00",
        "theme": "dark",
        "footer_links": [{"label": {"zh-CN": "隐私", "en": "Privacy"}, "url": "https://kapok.example/privacy"}],
    }
    drawn = await boss.post("/api/v1/helpcenter/preview", json={"settings": settings, "locale": "en", "theme": "dark"})
    assert "Kapok help" in drawn.json()["html"] and "Kapok help" not in (await client.get("/help/en")).text
    assert (await boss.put(path, json=settings)).status_code == 200
    home = (await client.get("/help/zh-CN")).text
    assert "木棉帮助" in home and "&lt;i&gt;欢迎" in home and 'data-theme="dark"' in home and "a=ffcc00" in home
    assert 'href="https://kapok.example/privacy"' in home
    for wrong in ("javascript:alert(1)", "//evil.example", "/\\evil", "data:text/html,x"):
        link = [{"label": {"zh-CN": "x", "en": "x"}, "url": wrong}]
        assert (await boss.put(path, json=settings | {"footer_links": link})).status_code == 422, wrong
    assert (await boss.put(path, json=settings | {"accent": "red"})).status_code == 422

    png = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000") + b"\x00" * 64
    logo = (await boss.put("/api/v1/helpcenter/logo", content=png)).json()["logo_url"]
    shown = await client.get(logo)
    assert shown.content == png and shown.headers["content-type"] == "image/png"
    assert (await boss.put("/api/v1/helpcenter/logo", content=b"<svg onload=alert(1)>")).status_code == 422
    assert (await boss.put("/api/v1/helpcenter/logo", content=b"x" * 600_000)).status_code == 413
    assert (await boss.delete("/api/v1/helpcenter/logo")).json()["logo_url"] is None
    await boss.put(path, json=settings | {"enabled": False})
    closed = await client.get("/help/zh-CN")
    assert closed.status_code == 404 and "暂未开放" in closed.text and "木棉" not in closed.text
    assert (await client.get("/sitemap.xml")).status_code == 404
    assert "Disallow: /\n" in (await client.get("/robots.txt")).text


HOSTILE = [
    "/help/zh-CN/articles/%00",
    "/help/zh-CN/articles/a%00b",
    "/help/zh-CN/articles/%ff%fe",
    "/help/zh-CN/articles/..%2f..%2fetc%2fpasswd",
    "/help/zh-CN/articles/" + "x" * 5000,
    "/help/zh-CN/categories/%F0%9F%98%80",
    "/help/zh-CN/categories/mimi?after=%00",
    "/help/%00",
    "/help/%3Cscript%3E",
    "/help/zh-CN/go/%00",
    "/help/zh-CN/go/1",
    "/help/xx-XX/search?q=a",
    "/help/static/..%2fmodels.py",
    "/help/static/%00",
    "/help/theme.css?a=%3C%2Fstyle%3E",
    "/help/theme.css?a=12345g",
    "/help/sitemap.xml?after=%00",
]


async def test_hostile_addresses_and_words_get_an_answer(shelf: Shelf, client: httpx.AsyncClient) -> None:
    faq = await shelf.faq("怎么申请退货？")
    await shelf.indexed()
    for path in HOSTILE:
        answer = await client.get(path)
        assert answer.status_code in (404, 422), f"{path}: {answer.status_code}"
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    for query in (
        evil,
        "退" * 3000,
        "x" * 10_000,
        "\x00退货\x00",
        "'; DROP TABLE faqs; --",
        "%",
        "_",
        "\\",
        "\ud7ff\u202e",
        "😀" * 500,
    ):
        for path in ("search", "suggest"):
            answer = await client.get(f"/help/zh-CN/{path}", params={"q": query})
            assert answer.status_code == 200, (path, query[:20])
            assert "<script>alert" not in answer.text and "<img src=x" not in answer.text
    raw = await client.get("/help/zh-CN/search?q=%ff%fe%00%ed%a0%80")
    assert raw.status_code == 200
    posted = [
        {"content": b"\xff\xfe", "headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"content": b"[1]", "headers": {"content-type": "application/json"}},
        {"content": b"a=1&" * 100, "headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"content": b"x" * 20_000},
        {"data": {"id": "\x00", "helpful": "yes"}},
        {"data": {"id": str(faq.id), "helpful": "no", "comment": "\x00" + "长" * 5000}},
        {"data": {"token": "x" * 9000, "key": "\x00"}},
    ]
    for path in ("feedback", "sign-in"):
        for given in posted:
            answer = await client.post(f"/help/zh-CN/{path}", **given)  # type: ignore[arg-type]  # made for it
            assert answer.status_code in (303, 400, 401, 404, 413, 422), (path, str(given)[:60], answer.status_code)
    shown = await client.post(
        "/help/en/feedback", data={"helpful": "x", "id": str(faq.id)}, headers={"Accept": "text/html"}
    )
    assert shown.status_code == 422 and "That did not work" in shown.text
    for cookie in (
        b"qiao_help=x." + b"y" * 43,
        b"qiao_help_browser=\xc3\xa9.x",
        b"qiao_help=.",
        b"qiao_help=\xff" * 50,
    ):
        assert (await client.get("/help/zh-CN", headers={"Cookie": cookie})).status_code == 200


def test_slugs_are_readable() -> None:
    assert slugs.slug_of("怎么申请退货？") == "zenme-shenqing-tuihuo"
    assert slugs.slug_of("How do I change the customer's e-mail?") == "how-do-i-change-the-customers-e-mail"
    # Characters with several sounds are read as their word has them.
    assert slugs.slug_of("银行卡绑定") == "yinhangka-bangding" and slugs.slug_of("行李重量") == "xingli-zhongliang"
    assert slugs.slug_of("重新下单") == "chongxin-xiadan" and slugs.slug_of("绿色") == "lvse"
    assert slugs.slug_of("！！！") == "text" and slugs.slug_of("") == "text"
    long = slugs.slug_of("很长的标题" * 60)
    assert len(long) <= slugs.LONGEST and slugs.VALID.fullmatch(long) and not long.endswith("-")


@pytest.mark.parametrize("accent", ["#1668dc", "#ffcc00", "#000000", "#ffffff", "#ff4d4f", "#7f7f7f", "#00b578"])
def test_words_are_readable_in_every_colour(accent: str) -> None:
    css = theme.stylesheet(accent)
    pairs = re.findall(r"--link:(#\w{6});--soft:(#\w{6});", css)
    assert len(pairs) == 4
    for (link, soft), grounds in zip(
        pairs[:2], ((theme.LIGHT, theme.LIGHT_GROUND), (theme.DARK, theme.DARK_GROUND)), strict=True
    ):
        for ground in (*grounds, theme.parse(soft)):
            assert theme.contrast(theme.parse(link), ground) >= 4.5
    on = re.search(r"--accent:(#\w{6});--on-accent:(#\w{6});", css)
    assert on is not None and theme.contrast(theme.parse(on[1]), theme.parse(on[2])) >= 4.5


def test_marks_do_not_open_a_door() -> None:
    assert content.highlighted("<b>退货流程</b>", "退货流程") == "&lt;b&gt;<mark>退货流程</mark>&lt;/b&gt;"
    assert content.highlighted("a<script>", "script") == "a&lt;<mark>script</mark>&gt;"
    closing = content.linked_data({"x": "</script><!-- &\u2028"})
    assert "<" not in closing and json.loads(closing)["x"] == "</script><!-- &\u2028"
    assert content.clean_query("  a\x00\n b\u202e ") == "a b"


def test_a_passage_cuts_no_word_in_two() -> None:
    text = (
        "Faulty, wrong or damaged items are on us. " * 6
        + "Postage is yours otherwise. "
        + "Gold members have one. " * 9
    )
    said = content.passage(text, "postage").strip("…").split()
    assert "Postage" in said and {word.strip(".,") for word in said} <= {word.strip(".,") for word in text.split()}
    assert content.passage("退货" * 200, "退货").count("退货") == 90
