"""What programs read: sitemap, robots.txt, and the files pages are made of."""

from datetime import UTC
from html import escape
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from qiao.core import i18n
from qiao.core.errors import NotFound
from qiao.core.web import runtime_from
from qiao.knowledge.helpcenter import repository, theme
from qiao.knowledge.helpcenter.look import Looks
from qiao.knowledge.helpcenter.readers import ANYBODY
from qiao.knowledge.helpcenter.rendering import IMMUTABLE, STATIC

PER_MAP: Final = 5000
_XML: Final = "application/xml; charset=utf-8"
_FOR_AN_HOUR: Final = {"cache-control": "public, max-age=3600"}
FILES: Final = {"help.css": "text/css; charset=utf-8", "help.js": "text/javascript; charset=utf-8"}


async def sitemap(request: Request) -> Response:
    """What anybody may read, with its languages; beyond five thousand texts a list of such maps."""
    runtime = runtime_from(request)
    base = runtime.settings.public_url
    after: UUID | None = None
    if "after" in request.query_params:
        try:
            after = UUID(request.query_params["after"])
        except ValueError:
            raise NotFound("route_not_found") from None
    async with runtime.db.read() as db:
        look = await runtime.get(Looks).get(db)
        if not look.settings.enabled or not look.settings.indexed:
            raise NotFound("route_not_found")
        if after is None and "page" not in request.query_params:
            marks = await repository.every_nth(db, ANYBODY, PER_MAP)
            if marks:
                maps = ["page=first", *(f"after={mark}" for mark in marks)]
                listed = "".join(
                    f"<sitemap><loc>{escape(base)}/help/sitemap.xml?{query}</loc></sitemap>" for query in maps
                )
                return _xml(
                    f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'
                )
        texts = await repository.all_for(db, ANYBODY, after, PER_MAP)
    parts: list[str] = []
    if after is None:
        homes = [(locale, f"/help/{locale}") for locale in i18n.LOCALES]
        parts += [_url(base, path, homes, None) for _, path in homes]
        for view in look.categories:
            pages = [
                (locale, f"/help/{locale}/categories/{slug}")
                for locale in i18n.LOCALES
                if (slug := look.slugs.get((view.id, locale))) is not None
            ]
            shown = [pair for pair in pages if any(entry.category_id == view.id for entry, _ in texts)]
            parts += [_url(base, path, shown, None) for _, path in shown]
    parts += [
        _url(base, entry.path, versions, entry.updated_at.astimezone(UTC).isoformat()) for entry, versions in texts
    ]
    return _xml(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
        + "".join(parts)
        + "</urlset>"
    )


def _url(base: str, path: str, versions: list[tuple[str, str]], changed: str | None) -> str:
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{escape(locale)}" href="{escape(base + other)}"/>'
        for locale, other in versions
    )
    when = f"<lastmod>{changed}</lastmod>" if changed else ""
    return f"<url><loc>{escape(base + path)}</loc>{when}{links}</url>"


def _xml(body: str) -> Response:
    return Response('<?xml version="1.0" encoding="UTF-8"?>\n' + body, 200, _FOR_AN_HOUR, _XML)


async def robots(request: Request) -> Response:
    """Programs may read the help centre and nothing else here."""
    runtime = runtime_from(request)
    async with runtime.db.read() as db:
        settings = (await runtime.get(Looks).get(db)).settings
    if settings.enabled and settings.indexed:
        lines = [
            "User-agent: *",
            "Allow: /help",
            "Disallow: /help/*/search",
            "Disallow: /help/*/suggest",
            "Disallow: /",
            "",
            f"Sitemap: {runtime.settings.public_url}/help/sitemap.xml",
        ]
    else:
        lines = ["User-agent: *", "Disallow: /"]
    return Response("\n".join(lines) + "\n", 200, _FOR_AN_HOUR, "text/plain; charset=utf-8")


async def colours(request: Request) -> Response:
    """`/help/theme.css?a=1668dc`: the same for the same colour, for ever."""
    try:
        body = theme.stylesheet("#" + request.query_params.get("a", ""))
    except ValueError:
        raise NotFound("route_not_found") from None
    return Response(body, 200, {"cache-control": IMMUTABLE}, "text/css; charset=utf-8")


async def static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in FILES:
        raise NotFound("route_not_found")
    return FileResponse(STATIC / name, headers={"cache-control": IMMUTABLE}, media_type=FILES[name])


async def logo(request: Request) -> Response:
    async with runtime_from(request).db.read() as db:
        found = await repository.logo(db)
    if found is None:
        raise NotFound("route_not_found")
    headers = {"cache-control": IMMUTABLE, "content-security-policy": "default-src 'none'; sandbox"}
    return Response(found[0], 200, headers, found[1])
