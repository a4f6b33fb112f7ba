"""Turns what a page shows into a response: templates, headers, conditional requests."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from qiao.core import i18n

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self';"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; object-src 'none'"
)
IMMUTABLE: Final = "public, max-age=31536000, immutable"
LANGUAGE_NAMES: Final = {"zh-CN": "简体中文", "en": "English"}


@lru_cache(maxsize=1)
def environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["asset"] = asset
    found.globals["languages"] = LANGUAGE_NAMES
    return found


def also_from(folder: Path) -> None:
    """Pages of another room in the same clothes: their templates lie in `folder`, under names of their own."""
    loader = environment().loader
    assert isinstance(loader, FileSystemLoader)
    if str(folder) not in loader.searchpath:
        loader.searchpath.append(str(folder))


@lru_cache(maxsize=16)
def asset(name: str) -> str:
    """The address of a static file, which changes with its content."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/help/static/{name}?v={mark}"


def day_in(locale: str, at: datetime) -> str:
    """A date as people write it."""
    if locale == "en":
        return f"{at.day} {at:%B %Y}"
    return f"{at.year}年{at.month}月{at.day}日"


def html_of(template: str, locale: str, context: Mapping[str, Any]) -> str:
    return (
        environment()
        .get_template(template)
        .render(locale=locale, t=partial(_t, locale), day=partial(day_in, locale), **context)
    )


def _t(locale: str, key: str, **params: Any) -> str:
    return i18n.t(f"help.{key}", locale, **params)


def page(
    request: Request, content: str, locale: str, *, status: int = 200, changed_at: datetime | None = None
) -> Response:
    """A page as it is, or 304 when the reader has it already."""
    body = content.encode()
    headers = {
        "content-language": locale,
        "content-security-policy": POLICY,
        "referrer-policy": "strict-origin-when-cross-origin",
        # What a page shows hangs on who reads it: browsers keep it and ask, caches between do not keep it.
        "cache-control": "private, no-cache",
        "vary": "Cookie",
    }
    if status != 200:
        return Response(body, status, headers, "text/html; charset=utf-8")
    headers["etag"] = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    if changed_at is not None:
        headers["last-modified"] = format_datetime(changed_at.astimezone(UTC).replace(microsecond=0), usegmt=True)
    if _has_it(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "text/html; charset=utf-8")


def _has_it(request: Request, etag: str) -> bool:
    """By its tag only: a date says nothing of who was signed in, nor of other texts a page lists."""
    known = request.headers.get("if-none-match")
    if known is None:
        return False
    return known.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}
