"""The pages. Each: who reads, what they may see, a handful of queries, one template."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from qiao.core import i18n
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound, Problem
from qiao.core.runtime import Runtime
from qiao.core.web import decode_cursor, encode_cursor, runtime_from
from qiao.knowledge.articles.render import to_html
from qiao.knowledge.helpcenter import content, finding, readers, rendering, repository, service, shelves
from qiao.knowledge.helpcenter.limits import Limiter
from qiao.knowledge.helpcenter.look import Look, Looks
from qiao.knowledge.helpcenter.ports import Chats, Requests
from qiao.knowledge.helpcenter.readers import Reader
from qiao.knowledge.helpcenter.schemas import REASONS, Entry, Shelf
from qiao.knowledge.helpcenter.slugs import VALID
from qiao.knowledge.helpcenter.usage import Usage, is_robot
from qiao.people.accounts.access import client_ip, refuse_foreign_origin
from qiao.people.organization import service as organization

POPULAR: Final = 8
PER_PAGE: Final = 50
SUGGESTED: Final = 8
KINDS: Final = {"articles": "article", "questions": "faq"}
FORM_LIMIT: Final = 16 * 1024


class Votes(Limiter):
    """Of one address."""


class SignIns(Limiter):
    """Of one address."""


class Gone(Exception):
    """There is no such page for this reader."""


@dataclass
class Visit:
    """One reader on one page."""

    request: Request
    runtime: Runtime
    db: Session
    look: Look
    locale: str
    reader: Reader
    mark: bytes | None = None
    """What the browser will be told from others by, when it is new."""

    @property
    def base(self) -> str:
        return self.runtime.settings.public_url

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def requests(self) -> Requests | None:
        """The readers' own requests, where there are such pages."""
        port: Requests | None = self.runtime.find(Requests)
        return port

    def t(self, key: str, **params: Any) -> str:
        return i18n.t(f"help.{key}", self.locale, **params)

    def render(
        self,
        template: str,
        *,
        title: str,
        canonical: str | None,
        alternates: dict[str, str],
        status: int = 200,
        changed_at: datetime | None = None,
        description: str = "",
        linked: dict[str, Any] | None = None,
        indexed: bool = True,
        query: str = "",
        scripts: bool = True,
        **context: Any,
    ) -> Response:
        """`alternates`: this page's path in each language it exists in; the switch leads home for the others."""
        look, settings = self.look, self.look.settings
        site = look.title(self.locale)
        html = rendering.html_of(
            template,
            self.locale,
            {
                "site": site,
                "title": title,
                "full_title": title if title == site else f"{title} · {site}",
                "description": description or settings.welcome.text(self.locale) or self.t("welcome"),
                "look": look,
                "settings": settings,
                "reader": self.reader,
                "base": self.base,
                "canonical": f"{self.base}{canonical}" if canonical else None,
                "alternates": {language: f"{self.base}{path}" for language, path in alternates.items()},
                "switch": {
                    language: alternates.get(language, f"/help/{language}") for language in rendering.LANGUAGE_NAMES
                },
                "linked": content.linked_data(linked) if linked else None,
                "indexed": indexed and settings.indexed and status == 200,
                "query": query,
                "scripts": scripts,
                "requests": self.requests is not None and self.requests.offered(self.reader.signed_in),
                "here": self.path,
                **context,
            },
        )
        latest = max(filter(None, (changed_at, look.changed_at)), default=None)
        return rendering.page(self.request, html, self.locale, status=status, changed_at=latest)


Handler = Callable[[Visit], Awaitable[Response]]


def _accepted(request: Request) -> str:
    return i18n.match_locale(request.headers.get("accept-language"))


_LANGUAGES: Final = {locale.partition("-")[0]: locale for locale in i18n.LOCALES}


def page(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A page at `/help/{locale}/…`: 404 in its own clothes for everything a reader cannot have."""

    async def serve(request: Request) -> Response:
        runtime = runtime_from(request)
        wanted = request.path_params.get("locale", "")
        locale = wanted if wanted in i18n.LOCALES else _accepted(request)
        meant = _LANGUAGES.get(re.split("[-_]", wanted.lower())[0])
        if meant is not None and wanted not in i18n.LOCALES and request.method in ("GET", "HEAD"):
            # /help/zh and /help/en-US, as people type them and other sites link them.
            path = request.url.path.replace(f"/help/{wanted}", f"/help/{meant}", 1)
            return RedirectResponse(f"{path}?{request.url.query}" if request.url.query else path, 301)
        async with runtime.db.read() as db:
            look = await runtime.get(Looks).get(db)
            reader = await readers.reader_of(runtime, db, request)
            visit = Visit(request, runtime, db, look, locale, reader)
            try:
                if wanted not in i18n.LOCALES or not look.settings.enabled:
                    raise Gone
                response = await handler(visit)
            except (Gone, NotFound):
                response = _nothing_here(visit)
        if visit.mark is not None:
            readers.mark_browser(runtime, response, visit.mark)
        return response

    return serve


def _nothing_here(visit: Visit) -> Response:
    template = "gone.html" if visit.look.settings.enabled else "closed.html"
    return visit.render(template, title=visit.t("gone.title"), canonical=None, alternates={}, status=404, indexed=False)


async def nothing_here(request: Request) -> Response:
    async def gone(visit: Visit) -> Response:
        raise Gone

    return await page(gone)(request)


async def start(request: Request) -> Response:
    """`/help` leads to the reader's language."""
    headers = {"vary": "Accept-Language", "cache-control": "no-cache"}
    return RedirectResponse(f"/help/{_accepted(request)}", 302, headers)


async def with_slash(request: Request) -> Response:
    locale = request.path_params["locale"]
    return RedirectResponse(f"/help/{locale}", 301) if locale in i18n.LOCALES else await nothing_here(request)


# -- reading -----------------------------------------------------------------------------------------------------------


async def _shelves(visit: Visit) -> list[Shelf]:
    return shelves.shelves(visit.look, visit.locale, await repository.counts(visit.db, visit.reader, visit.locale))


@page
async def home(visit: Visit) -> Response:
    """Search, categories, what others ask."""
    found = await _shelves(visit)
    ids = await visit.runtime.get(Looks).popular(visit.db, visit.locale)
    entries = await repository.by_ids(visit.db, visit.reader, ids)
    popular = [entries[key] for key in ids if key in entries][:POPULAR]
    recent: list[Entry] = []
    if len(popular) < POPULAR:
        chosen = {entry.id for entry in popular}
        newest = await repository.recent(visit.db, visit.reader, visit.locale, POPULAR)
        recent = [entry for entry in newest if entry.id not in chosen][: POPULAR - len(popular)]
    site = visit.look.title(visit.locale)
    return visit.render(
        "home.html",
        title=site,
        canonical=f"/help/{visit.locale}",
        alternates={language: f"/help/{language}" for language in i18n.LOCALES},
        changed_at=max((entry.updated_at for entry in [*popular, *recent]), default=None),
        linked={
            "@context": "https://schema.org",
            "@type": "WebSite",
            "name": site,
            "url": f"{visit.base}/help/{visit.locale}",
            "inLanguage": visit.locale,
            "potentialAction": {
                "@type": "SearchAction",
                "target": f"{visit.base}/help/{visit.locale}/search?q={{search_term_string}}",
                "query-input": "required name=search_term_string",
            },
        },
        shelves=found,
        popular=popular,
        recent=recent,
    )


@page
async def category(visit: Visit) -> Response:
    """What stands on a shelf."""
    slug = visit.request.path_params["slug"]
    if not VALID.fullmatch(slug):
        raise Gone
    owner = (await repository.owners(visit.db, [("category", visit.locale, slug)])).get(
        ("category", visit.locale, slug)
    )
    found = await _shelves(visit)
    way = shelves.trail(found, owner) if owner is not None else []
    if not way:
        raise Gone
    shelf = way[-1]
    if shelf.slug != slug:
        return RedirectResponse(shelf.path, 301)
    try:
        after = decode_cursor(visit.request.query_params.get("after"), tuple[str, UUID])
    except Invalid:
        raise Gone from None
    entries = await repository.shelf(visit.db, visit.reader, visit.locale, shelf.id, after=after, limit=PER_PAGE + 1)
    more = encode_cursor(entries[PER_PAGE - 1].title, entries[PER_PAGE - 1].id) if len(entries) > PER_PAGE else None
    entries = entries[:PER_PAGE]
    alternates = {
        language: f"/help/{language}/categories/{other}"
        for language in i18n.LOCALES
        if (other := visit.look.slugs.get((shelf.id, language))) is not None
    }
    return visit.render(
        "category.html",
        title=shelf.name,
        canonical=shelf.path if after is None else None,
        alternates=alternates if after is None else {},
        changed_at=max((entry.updated_at for entry in entries), default=None),
        indexed=after is None,
        linked=_crumbs(visit, way),
        way=way[:-1],
        shelf=shelf,
        entries=entries,
        more=f"{shelf.path}?{urlencode({'after': more})}" if more else None,
    )


def _crumbs(visit: Visit, way: list[Shelf]) -> dict[str, Any]:
    steps = [(visit.look.title(visit.locale), f"/help/{visit.locale}"), *((shelf.name, shelf.path) for shelf in way)]
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": f"{visit.base}{path}"}
            for number, (name, path) in enumerate(steps, 1)
        ],
    }


async def _entry(visit: Visit, kind: str, slug: str) -> Entry:
    if not VALID.fullmatch(slug):
        raise Gone
    entry = await repository.by_slug(visit.db, visit.reader, kind, visit.locale, slug)
    if entry is None:
        raise Gone
    return entry


def _text_page(kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def text(visit: Visit) -> Response:
        entry = await _entry(visit, kind, visit.request.path_params["slug"])
        if entry.path != visit.path:
            query = visit.request.url.query
            return RedirectResponse(f"{entry.path}?{query}" if query else entry.path, 301)
        return await _show(visit, entry)

    return page(text)


article = _text_page("article")
question = _text_page("faq")


async def _show(visit: Visit, entry: Entry) -> Response:
    body = await repository.body_of(visit.db, entry.id)
    html, sections = content.arranged(to_html(body), entry.title, visit.t("wide_table"))
    way = shelves.trail(await _shelves(visit), entry.category_id)
    others = await repository.versions(visit.db, visit.reader, entry.group_id)
    said = visit.request.query_params.get("said")
    zone = ZoneInfo((await organization.get_workspace(visit.db)).timezone)
    updated = entry.updated_at.astimezone(zone)
    _count(visit, entry)
    return visit.render(
        "text.html",
        title=entry.title,
        canonical=entry.path,
        alternates={other.locale: other.path for other in sorted(others, key=lambda other: other.locale)},
        changed_at=entry.updated_at,
        description=entry.excerpt,
        linked=_linked_text(visit, entry, str(html)),
        entry=entry,
        html=html,
        sections=sections if len(sections) > 2 else [],
        way=way,
        updated=updated,
        related=await finding.related(visit.runtime, visit.db, visit.reader, entry),
        said=said if said in ("yes", "no", "thanks") else None,
        reasons=REASONS,
    )


def _linked_text(visit: Visit, entry: Entry, html: str) -> dict[str, Any]:
    if entry.source == "faq":
        return {
            "@context": "https://schema.org",
            "@type": "FAQPage",
            "inLanguage": entry.locale,
            "mainEntity": [
                {
                    "@type": "Question",
                    "name": entry.title,
                    "acceptedAnswer": {"@type": "Answer", "text": html},
                }
            ],
        }
    return {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": entry.title[:110],
        "description": entry.excerpt,
        "dateModified": entry.updated_at.astimezone(UTC).isoformat(),
        "inLanguage": entry.locale,
        "mainEntityOfPage": f"{visit.base}{entry.path}",
        "publisher": {"@type": "Organization", "name": visit.look.company or visit.look.title(entry.locale)},
    }


def _count(visit: Visit, entry: Entry) -> None:
    """A view, unless a program reads, or somebody only looks whether their copy is still good."""
    request = visit.request
    if request.method != "GET" or is_robot(request.headers.get("user-agent", "")):
        return
    runtime = visit.runtime
    who = readers.voter_of(runtime, request, visit.reader, client_ip(request))
    also: list[bytes] = []
    if readers.browser_of(runtime, request) is None:
        visit.mark = readers.new_mark()
        also.append(readers.marked(runtime, visit.mark))
    runtime.get(Usage).viewed(entry.id, who, *also, from_chat=request.query_params.get("from") == "chat")


@page
async def go(visit: Visit) -> Response:
    """A text by its id, in the reader's language where it has one: for links out of a chat."""
    try:
        item = UUID(visit.request.path_params["id"])
    except ValueError:
        raise Gone from None
    entry = (await repository.by_ids(visit.db, visit.reader, [item])).get(item)
    if entry is None:
        raise Gone
    versions = await repository.versions(visit.db, visit.reader, entry.group_id)
    path = next((other.path for other in versions if other.locale == visit.locale), entry.path)
    query = visit.request.url.query
    return RedirectResponse(f"{path}?{query}" if query else path, 302)


# -- searching ---------------------------------------------------------------------------------------------------------


@page
async def search(visit: Visit) -> Response:
    """What was found, with what was asked for marked; a way to a person when nothing was."""
    query = content.clean_query(visit.request.query_params.get("q", ""))
    found: list[finding.Result] = []
    if query:
        found = await finding.search(visit.runtime, visit.db, visit.reader, visit.locale, query)
        if not is_robot(visit.request.headers.get("user-agent", "")):
            visit.runtime.get(Usage).searched(visit.locale, query.lower(), len(found))
    return visit.render(
        "search.html",
        title=visit.t("search.title_for", query=query) if query else visit.t("search.title"),
        canonical=None,
        alternates={
            language: f"/help/{language}/search" + (f"?{urlencode({'q': query})}" if query else "")
            for language in i18n.LOCALES
        },
        indexed=False,
        query=query,
        found=found,
        shelves=[] if found else await _shelves(visit),
    )


async def suggest(request: Request) -> Response:
    """`{items: [{title, url, kind}]}` for what has been typed so far."""
    runtime, locale = runtime_from(request), request.path_params["locale"]
    typed = content.clean_query(request.query_params.get("q", ""), 60)
    items: list[dict[str, str]] = []
    async with runtime.db.read() as db:
        look = await runtime.get(Looks).get(db)
        if typed and locale in i18n.LOCALES and look.settings.enabled:
            reader = await readers.reader_of(runtime, db, request)
            entries = await finding.suggest(db, reader, locale, typed, SUGGESTED)
            items = [{"title": entry.title, "url": entry.path, "kind": entry.source} for entry in entries]
    headers = {"cache-control": "private, max-age=60", "vary": "Cookie"}
    return Response(msgspec.json.encode({"items": items}), 200, headers, "application/json")


# -- writing -----------------------------------------------------------------------------------------------------------


async def _form(request: Request) -> dict[str, str]:
    """The fields of a plain form or a JSON object."""
    body = await request.body()
    if len(body) > FORM_LIMIT:
        raise Invalid("invalid")
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            return msgspec.json.decode(body, type=dict[str, str])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise Invalid("json_invalid") from None
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise Invalid("invalid") from None
    return {name: values[-1] for name, values in fields.items()}


@page
async def feedback(visit: Visit) -> Response:
    """有用 / 没用, and why. Works as a plain form; the page it leads back to says thank you."""
    request, runtime = visit.request, visit.runtime
    refuse_foreign_origin(request)
    runtime.get(Votes).check(client_ip(request))
    given = await _form(request)
    try:
        item = UUID(given.get("id", ""))
    except ValueError:
        raise Gone from None
    entry = (await repository.by_ids(visit.db, visit.reader, [item])).get(item)
    if entry is None:
        raise Gone
    if given.get("helpful") not in ("yes", "no"):
        raise Invalid.field("helpful", "not_a_choice")
    helpful = given["helpful"] == "yes"
    reason = given.get("reason") or None
    comment = content.clean_query(given.get("comment", ""), 1000)
    voter = readers.voter_of(runtime, request, visit.reader, client_ip(request))
    await runtime.db.run(
        lambda db: service.vote(
            db,
            source=entry.source,
            item_id=entry.id,
            voter=voter,
            helpful=helpful,
            reason=reason,
            comment=comment,
            customer_id=visit.reader.customer_id,
        )
    )
    # Who was asked why and sends that without a word has said all they want to.
    said = "yes" if helpful else "thanks" if reason or "comment" in given else "no"
    return RedirectResponse(f"{entry.path}?said={said}#feedback", 303)


@page
async def sign_in(visit: Visit) -> Response:
    """The company's site sends its customer here with a signed identity token, by a form. `key`: its chat's site key."""
    runtime, request = visit.runtime, visit.request
    runtime.get(SignIns).check(client_ip(request))
    given = await _form(request)
    chats: Chats | None = runtime.find(Chats)
    if chats is None:
        raise Gone
    active = await chats.active(visit.db)
    named = [chat for chat in active if chat.key == given.get("key")]
    chat = next(iter(named), visit.look.chat if "key" not in given else None)
    if chat is None:
        raise Gone
    port, token = chats, given.get("token", "")
    vouched = await runtime.db.run(lambda db: port.vouch(db, chat.id, token, visit.locale))
    response = RedirectResponse(_back(given.get("to"), visit.locale), 303)
    readers.sign_in(runtime, response, vouched)
    if visit.requests is not None:
        visit.requests.signed_in(response, vouched)
    return response


@page
async def sign_out(visit: Visit) -> Response:
    refuse_foreign_origin(visit.request)
    response = RedirectResponse(f"/help/{visit.locale}", 303)
    readers.sign_out(response)
    if visit.requests is not None:
        visit.requests.signed_out(response)
    return response


def _back(to: str | None, locale: str) -> str:
    """Where to go after signing in: a page of the help centre, never anywhere else."""
    fine = to is not None and to.startswith("/help/") and to.isascii() and to.isprintable() and "\\" not in to
    return to if fine and to is not None and "//" not in to else f"/help/{locale}"


def refused(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Forms are filled by people: what goes wrong is said on a page, to programs as a problem document."""

    async def serve(request: Request) -> Response:
        try:
            return await handler(request)
        except Problem as problem:
            if "text/html" not in request.headers.get("accept", ""):
                raise

            async def say(visit: Visit, problem: Problem = problem) -> Response:
                words = str(problem.body(visit.locale, None)["detail"])
                return visit.render(
                    "refused.html",
                    title=visit.t("refused"),
                    canonical=None,
                    alternates={},
                    status=problem.status,
                    indexed=False,
                    words=words,
                )

            response = await page(say)(request)
            for name, value in problem.headers.items():
                response.headers[name] = value
            return response

    return serve
