"""What every page of the portal begins with: a visit of the help centre by somebody who is signed in, and their form."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from qiao.channels.portal import session
from qiao.channels.portal.limits import Posts
from qiao.channels.portal.session import Signed
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.errors import BadRequest, FieldError, Invalid, Problem
from qiao.core.files import service as files
from qiao.core.files.service import FileView
from qiao.core.mail import can_send
from qiao.core.web import runtime_from
from qiao.desk.files.routes import largest, within
from qiao.knowledge.articles.audience import customer_reader
from qiao.knowledge.helpcenter.pages import Visit, page, refused
from qiao.knowledge.helpcenter.readers import Reader
from qiao.people.organization import service as organization

FILES: Final = 5
"""Files that may come with one form."""
_FIELDS: Final = 2000

Handler = Callable[[Visit, Signed], Awaitable[Response]]


def open_page(handler: Callable[[Visit], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A page of the portal for anybody."""
    return _never_kept(refused(page(handler)))


def own_page(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A page for a customer who is signed in; others are led to the door and back."""

    async def serve(visit: Visit) -> Response:
        who = await session.signed(visit.runtime, visit.db, visit.request)
        if who is None:
            return RedirectResponse(f"/help/{visit.locale}/my/sign-in?to={quote(_wanted(visit))}", 303)
        visit.reader = reader_of(who)
        return await handler(visit, who)

    return _never_kept(refused(_spooled(page(serve))))


def _spooled(
    serve: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Lets files arrive before a database connection is taken: a slow line would hold it for minutes. Only for who
    carries a cookie of ours; others' files are not waited for."""

    async def arrived(request: Request) -> Response:
        multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
        if request.method == "POST" and multipart and session.plausible(runtime_from(request), request):
            try:
                await request.form(max_files=FILES * 2, max_fields=_FIELDS)
            except HTTPException:  # a body that is no form, or one of a thousand parts
                raise BadRequest("portal.form_broken") from None
        return await serve(request)

    return arrived


def _never_kept(
    serve: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """What stands on these pages belongs to one person: no browser keeps it for the next."""

    async def guarded(request: Request) -> Response:
        response = await serve(request)
        response.headers["cache-control"] = "private, no-store"
        return response

    return guarded


def _wanted(visit: Visit) -> str:
    """Where somebody wanted to go; after a form, the overview."""
    return visit.path if visit.request.method == "GET" else f"/help/{visit.locale}/my"


def reader_of(who: Signed) -> Reader:
    """What this customer may read in the help centre."""
    return Reader(customer_reader(identified=True), who.customer.id, who.customer.name, who.customer.level)


def by_mail(visit: Visit) -> bool:
    """Whether codes can be sent from here."""
    return can_send(visit.runtime.settings)


async def zone(visit: Visit) -> ZoneInfo:
    return ZoneInfo((await organization.get_workspace(visit.db)).timezone)


def show(visit: Visit, template: str, *, title: str, status: int = 200, **context: Any) -> Response:
    """A page of the portal: not for search engines, in the other language at the same place."""
    prefix = f"/help/{visit.locale}"
    rest = visit.path.removeprefix(prefix)
    return visit.render(
        template,
        title=title,
        canonical=None,
        alternates={language: f"/help/{language}{rest}" for language in i18n.LOCALES},
        status=status,
        indexed=False,
        **context,
    )


def sentence(visit: Visit, fault: FieldError) -> str:
    return i18n.t(f"errors.{fault.code}", visit.locale, **fault.params)


# -- forms -------------------------------------------------------------------------------------------------------------


@dataclass
class Form:
    """What was sent. `files` by the name of their input; each is stored as the customer's own."""

    given: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[FileView]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def one(self, name: str, longest: int = 20_000) -> str:
        found = next(iter(self.given.get(name, ())), "").replace("\x00", "").replace("\r\n", "\n")
        return found[:longest]


async def read_form(visit: Visit, who: Signed | None = None, *, cost: float = 1.0) -> Form:
    """The form of this request; with `who`, one of theirs, within their rate, and its files are taken in.

    A file that cannot be taken is a fault of the form, not the end of what was written.
    """
    request = visit.request
    form = Form()
    try:
        async with request.form(max_files=FILES * 2, max_fields=_FIELDS) as sent:
            for name, value in sent.multi_items():
                if isinstance(value, str):
                    form.given.setdefault(name, []).append(value)
            if who is not None:
                session.check_form(visit.runtime, request, who, form.one("token"))
                visit.runtime.get(Posts).check(str(who.customer.id), cost)
                uploads = [(name, value) for name, value in sent.multi_items() if not isinstance(value, str)]
                await _take(visit, who.actor, form, [(name, part) for name, part in uploads if part.filename])
    except HTTPException:  # a body that is no form, or one of a thousand parts
        raise BadRequest("portal.form_broken") from None
    return form


async def _take(visit: Visit, actor: Actor, form: Form, uploads: Sequence[tuple[str, UploadFile]]) -> None:
    if len(uploads) > FILES:
        form.faults[uploads[0][0]] = i18n.t("errors.portal.files_many", visit.locale, most=FILES)
        return
    limit = await largest(visit.runtime) if uploads else 0
    for name, part in uploads:

        async def chunks(part: UploadFile = part) -> Any:
            while chunk := await part.read(256 * 1024):
                yield chunk

        try:
            view = await files.take(visit.runtime, actor, part.filename or "file", within(limit, chunks()))
        except Problem as problem:
            first = next(iter(problem.fields), None)
            words = sentence(visit, first) if first else str(problem.body(visit.locale)["detail"])
            called = files.clean_name(part.filename or "")
            form.faults[name] = i18n.t("errors.portal.file_unfit", visit.locale, name=called, words=words)
            continue
        form.files.setdefault(name, []).append(view)


async def kept_files(visit: Visit, actor: Actor, form: Form, name: str) -> list[tuple[str, str]]:
    """Id and name of every file of this input: those just sent, and those sent with an earlier try of the form."""
    found: list[tuple[str, str]] = []
    for file_id in form.given.get(f"kept.{name}", ())[:FILES]:
        try:
            known = await files.payload_for_sender(visit.db, actor, file_id)
        except Invalid:
            continue
        found.append((known["file_id"], known["name"]))
    found += [(str(view.id), view.name) for view in form.files.get(name, ())]
    return list(dict.fromkeys(found))


def back(to: str, locale: str) -> str:
    """Where to go after signing in: a page of the portal, never anywhere else."""
    fine = to.startswith(f"/help/{locale}/my") and to.isascii() and to.isprintable() and "\\" not in to
    return to if fine and "//" not in to and "/sign-in" not in to else f"/help/{locale}/my"


def stamps(visit: Visit, at: datetime, place: ZoneInfo) -> Mapping[str, str]:
    """A moment for people and for machines."""
    local = at.astimezone(place)
    return {"iso": local.isoformat(timespec="minutes"), "words": f"{local:%Y-%m-%d %H:%M}"}
