"""The page of a link in a mail: server-rendered, no script. Opening it shows, its button decides."""

from html import escape
from typing import Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.errors import Problem
from qiao.core.web import locale_of, runtime_from
from qiao.desk.approvals import links
from qiao.desk.approvals.links import PATH, Opened
from qiao.desk.approvals.schemas import DecideBody
from qiao.desk.canned.policy import money
from qiao.people.accounts.access import authenticate, client_ip

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_STYLE: Final = """
:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--text:#1b1f26;--soft:#5b6472;--line:#d9dde3;--accent:#1f5fbf;
--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ground:#14171c;--card:#1d2127;--text:#e8eaee;--soft:#a3abb8;--line:#3a414c;
--accent:#2f6fd6;--bad:#c4473f}}
*{box-sizing:border-box}body{margin:0;padding:24px 16px;background:var(--ground);color:var(--text);font:15px/1.6
"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",Inter,system-ui,sans-serif}
main{max-width:560px;margin:0 auto;padding:24px;background:var(--card);border:1px solid var(--line);border-radius:8px}
h1{margin:0 0 16px;font-size:20px}dl{display:grid;grid-template-columns:auto 1fr;gap:8px 16px;margin:0 0 20px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}label{display:block;margin:0 0 4px}
textarea{width:100%;min-height:88px;padding:8px;border:1px solid var(--line);border-radius:8px;background:transparent;
color:inherit;font:inherit}.row{display:flex;gap:12px;margin-top:16px;flex-wrap:wrap}
button{min-width:120px;padding:10px 20px;border:0;border-radius:8px;background:var(--accent);color:#fff;font:inherit;
cursor:pointer}button.no{background:var(--bad)}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.said{margin:0 0 16px;padding:8px 12px;border-inline-start:3px solid var(--accent)}.said.bad{border-color:var(--bad)}
"""


async def show(request: Request) -> HTMLResponse:
    """Shows what is asked. Mail scanners open links: this decides nothing."""
    token, reader = request.path_params["token"], await _reader(request)
    async with runtime_from(request).db.read() as db:
        opened = await links.open_link(db, token)
    return _answer(opened, locale_of(request), reader=reader)


async def _reader(request: Request) -> Actor | None:
    """Who is signed in here, if anybody is: a link passed on must not be taken by a colleague for its person."""
    try:
        return await authenticate(request)
    except Problem:
        return None


async def decide(request: Request) -> HTMLResponse:
    token, reader = request.path_params["token"], await _reader(request)
    async with runtime_from(request).db.read() as db:
        opened = await links.open_link(db, token)
    if opened is not None and _another(opened, reader):
        return _answer(opened, locale_of(request), reader=reader)
    form = await request.form(max_files=0, max_fields=4)
    verdict, comment = form.get("verdict"), form.get("comment", "")
    runtime = runtime_from(request)
    try:
        body = DecideBody.model_validate({"verdict": verdict, "comment": comment})
        async with runtime.db.transaction() as db:
            opened = await links.decide(db, token, body, ip=client_ip(request))
        return _answer(opened, locale_of(request), just_decided=True)
    except (Problem, ValidationError) as error:
        async with runtime.db.read() as db:
            opened = await links.open_link(db, token)
        return _answer(opened, locale_of(request), error=error)


def _another(opened: Opened, reader: Actor | None) -> bool:
    return reader is not None and reader.kind == "user" and reader.id != opened.person.id


def _answer(
    opened: Opened | None,
    asked_locale: str,
    *,
    just_decided: bool = False,
    error: Exception | None = None,
    reader: Actor | None = None,
) -> HTMLResponse:
    locale = opened.person.locale if opened is not None else asked_locale

    def t(key: str, **params: object) -> str:
        return i18n.t(f"approvals.page.{key}", locale, **params)

    if opened is None:
        body = f'<h1>{escape(t("title"))}</h1><p class="said bad">{escape(t("unknown"))}</p>'
        return _html(locale, t("title"), body, 404)
    if reader is not None and _another(opened, reader):
        words = t("another", name=opened.person.name, reader=reader.name)
        return _html(locale, t("title"), f"<h1>{escape(t('title'))}</h1>{_said(words, bad=True)}", 403)
    status, said = 200, ""
    if just_decided:
        said = _said(t(f"now_{opened.view.state}"))
    elif opened.trouble is not None:
        status = 410
        state = i18n.t(f"approvals.state.{opened.view.state}", locale)
        said = _said(t(opened.trouble, state=state), bad=True)
    elif error is not None:
        status = error.status if isinstance(error, Problem) else 422
        said = _said(_sentence(error, locale), bad=True)
    form = "" if opened.trouble is not None or just_decided else _form(locale)
    body = f"<h1>{escape(t('title'))}</h1>{said}{_facts(opened, locale)}{form}"
    return _html(locale, t("title"), body, status)


def _sentence(error: Exception, locale: str) -> str:
    if isinstance(error, Problem):
        problem = error.body(locale)
        return str(problem["errors"][0]["message"] if problem["errors"] else problem["detail"])
    return i18n.t("approvals.page.choose", locale)


def _said(text: str, *, bad: bool = False) -> str:
    return f'<p class="said{" bad" if bad else ""}" role="status">{escape(text)}</p>'


def _facts(opened: Opened, locale: str) -> str:
    view = opened.view
    rows = [("ticket", f"{view.ticket.ref} {view.ticket.title}")]
    if view.amount is not None:
        rows.append(("amount", money(view.amount.minor, view.amount.currency)))
    rows.append(("requester", (view.requested_by.name if view.requested_by else None) or "–"))
    rows.append(("reason", view.reason))
    others = [one.name or "" for one in view.deciding_for if one.id != opened.person.id]
    if others:
        rows.append(("on_behalf", ", ".join(others)))
    rows.append(("expires", links.moment(view.expires_at, opened.zone)))
    rows.append(("decider", opened.person.name))
    cells = (
        f"<dt>{escape(i18n.t(f'approvals.page.{key}', locale))}</dt><dd>{escape(value)}</dd>" for key, value in rows
    )
    return f"<dl>{''.join(cells)}</dl>"


def _form(locale: str) -> str:
    def t(key: str) -> str:
        return escape(i18n.t(f"approvals.page.{key}", locale))

    return (
        f'<form method="post"><label for="comment">{t("comment")}</label>'
        f'<textarea id="comment" name="comment" maxlength="2000"></textarea><div class="row">'
        f'<button name="verdict" value="approve">{t("approve")}</button>'
        f'<button class="no" name="verdict" value="reject">{t("reject")}</button></div></form>'
    )


def _html(locale: str, title: str, body: str, status: int) -> HTMLResponse:
    page = (
        f'<!doctype html><html lang="{escape(locale)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )
    headers = {
        "content-security-policy": _POLICY,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
    }
    return HTMLResponse(page, status, headers)


routes = [
    Route(PATH + "{token}", show, methods=["GET"]),
    Route(PATH + "{token}", decide, methods=["POST"]),
]
