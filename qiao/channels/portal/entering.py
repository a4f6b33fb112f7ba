"""Signing in by a code, and signing out."""

from uuid import UUID

from starlette.responses import RedirectResponse, Response

from qiao.channels.portal import codes, session
from qiao.channels.portal.limits import Asks, Tries
from qiao.channels.portal.visits import back, by_mail, open_page, read_form, sentence, show
from qiao.core.errors import Invalid, RateLimited, Unavailable
from qiao.knowledge.helpcenter import readers
from qiao.knowledge.helpcenter.pages import Visit
from qiao.knowledge.helpcenter.ports import Vouched
from qiao.people.accounts.access import client_ip, refuse_foreign_origin


def _door(visit: Visit, *, to: str, email: str = "", fault: str = "", status: int = 200) -> Response:
    return show(
        visit,
        "my-sign-in.html",
        title=visit.t("my.sign_in.title"),
        status=status,
        by_mail=by_mail(visit),
        to=to,
        email=email,
        fault=fault,
    )


@open_page
async def sign_in(visit: Visit) -> Response:
    """The door. POST: asks for a code; the answer never tells whether the address is known."""
    if visit.request.method != "POST":
        to = back(visit.request.query_params.get("to", ""), visit.locale)
        if await session.signed(visit.runtime, visit.db, visit.request) is not None:
            return RedirectResponse(to, 303)
        return _door(visit, to=to)
    refuse_foreign_origin(visit.request)
    form = await read_form(visit)
    to = back(form.one("to", 500), visit.locale)
    if not by_mail(visit):
        raise Unavailable("portal.mail_off")
    try:
        email = codes.clean_address(form.one("email", 400))
    except Invalid as problem:
        return _door(visit, to=to, email=form.one("email", 254), fault=sentence(visit, problem.fields[0]), status=422)
    try:
        visit.runtime.get(Asks).check(client_ip(visit.request))
        code_id = await visit.runtime.db.run(lambda db: codes.ask(db, email, visit.locale))
    except RateLimited as problem:
        words = str(problem.body(visit.locale)["detail"])
        response = _door(visit, to=to, email=email, fault=words, status=429)
        response.headers.update(problem.headers)
        return response
    response = RedirectResponse(f"/help/{visit.locale}/my/code?to={to}", 303)
    session.wait_for_code(visit.runtime, response, code_id, email)
    return response


def _digits(visit: Visit, email: str, to: str, fault: str = "", status: int = 200) -> Response:
    return show(visit, "my-code.html", title=visit.t("my.code.title"), status=status, email=email, to=to, fault=fault)


@open_page
async def code(visit: Visit) -> Response:
    """Where the digits are typed in."""
    waiting = session.pending(visit.runtime, visit.request)
    to = back(visit.request.query_params.get("to", ""), visit.locale)
    if waiting is None:
        return RedirectResponse(f"/help/{visit.locale}/my/sign-in?to={to}", 303)
    code_id, email = waiting
    if visit.request.method != "POST":
        return _digits(visit, email, to)
    refuse_foreign_origin(visit.request)
    visit.runtime.get(Tries).check(client_ip(visit.request))
    form = await read_form(visit)
    to = back(form.one("to", 500), visit.locale)
    try:
        proved = await visit.runtime.db.run(lambda db: codes.tried(db, code_id, form.one("code", 20)))
    except Invalid as problem:
        return _digits(visit, email, to, sentence(visit, problem.fields[0]), 422)
    if proved is None:
        return _digits(visit, email, to, visit.t("my.code.wrong"), 422)
    return await _enter(visit, proved, to)


async def _enter(visit: Visit, email: str, to: str) -> Response:
    customer = await visit.runtime.db.run(lambda db: codes.customer_of(db, email, visit.locale))
    response = RedirectResponse(to, 303)
    session.no_longer_pending(response)
    if customer.blocked:
        return _digits(visit, email, to, visit.t("my.code.blocked"), 403)
    expires_at = session.expiry()
    session.begin(visit.runtime, response, customer.id, expires_at)
    # The help centre's own pages know them too: what only customers may read, their name in its head.
    readers.sign_in(visit.runtime, response, Vouched(customer.id, UUID(int=0), customer.name, expires_at))
    return response
