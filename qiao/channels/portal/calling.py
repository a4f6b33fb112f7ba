"""Asking to be called: the promise that stands, or a form for one."""

from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from starlette.responses import RedirectResponse, Response

from qiao.channels.phone import asking, showing
from qiao.channels.phone.schemas import CallbackOffer, CustomerCallback, CustomerPromise
from qiao.channels.portal import session
from qiao.channels.portal.session import Signed
from qiao.channels.portal.visits import Form, own_page, read_form, sentence, show
from qiao.core.errors import Conflict, Invalid, Refused
from qiao.knowledge.helpcenter.pages import Visit

NUMBER_LIMIT: Final = 40
TOPIC_LIMIT: Final = 500
COST: Final = 4.0


def _span(start: datetime, end: datetime, place: ZoneInfo) -> str:
    """`2026-03-09 09:00 – 10:00`."""
    first, last = start.astimezone(place), end.astimezone(place)
    same = first.date() == last.date()
    return f"{first:%Y-%m-%d %H:%M} – {last:%H:%M}" if same else f"{first:%Y-%m-%d %H:%M} – {last:%Y-%m-%d %H:%M}"


def _shown(visit: Visit, promise: CustomerPromise) -> dict[str, Any]:
    ahead = promise.place - 1 if promise.place is not None else None
    return {
        "number": promise.number,
        "when": _span(promise.promised_from, promise.promised_until, ZoneInfo(promise.timezone)),
        "place": "" if ahead is None else visit.t("my.call.next") if ahead == 0 else visit.t("my.call.place", n=ahead),
        "attempts": promise.attempts,
    }


async def standing(visit: Visit, who: Signed) -> dict[str, Any] | None:
    """What the overview says of calls; None where they cannot be asked for."""
    offer = await showing.offer(visit.db, who.customer.id)
    if offer.current is not None:
        return {"promise": _shown(visit, offer.current)}
    return {"promise": None} if offer.available else None


@own_page
async def call(visit: Visit, who: Signed) -> Response:
    """The promise that stands, or the form. POST: asks for a call, or does not want it any more."""
    if visit.request.method == "GET":
        return await _page(visit, who)
    form = await read_form(visit, who, cost=COST)
    runtime = visit.runtime
    if form.one("act", 10) == "cancel":
        await runtime.db.run(partial(asking.withdraw, actor=who.actor, customer_id=who.customer.id))
        return _there(visit, "cancelled")
    wish = CustomerCallback(
        client_id=f"portal:{form.one('form', 60)}",
        phone=form.one("phone", NUMBER_LIMIT),
        topic=form.one("topic", TOPIC_LIMIT),
        slot=_moment(form.one("slot", 40)),
    )
    try:
        await runtime.db.run(partial(asking.ask, actor=who.actor, customer_id=who.customer.id, body=wish))
    except Invalid as problem:
        faults = {fault.field: sentence(visit, fault) for fault in problem.fields}
        return await _page(visit, who, form=form, faults=faults)
    except (Conflict, Refused):
        return await _page(visit, who)
    return _there(visit, "asked")


def _moment(given: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _there(visit: Visit, said: str) -> Response:
    return RedirectResponse(f"/help/{visit.locale}/my/call?said={said}#news", 303)


async def _page(
    visit: Visit, who: Signed, *, form: Form | None = None, faults: dict[str, str] | None = None
) -> Response:
    offer = await showing.offer(visit.db, who.customer.id)
    said = visit.request.query_params.get("said", "")
    return show(
        visit,
        "my-call.html",
        title=visit.t("my.call.title"),
        status=422 if faults else 200,
        promise=_shown(visit, offer.current) if offer.current is not None else None,
        available=offer.available,
        choices=_choices(visit, offer, form),
        phone=form.one("phone", NUMBER_LIMIT) if form else "",
        topic=form.one("topic", TOPIC_LIMIT) if form else "",
        limits=(NUMBER_LIMIT, TOPIC_LIMIT),
        faults=faults or {},
        token=session.form_token(visit.runtime, who),
        form_key=form.one("form", 60) if form else uuid4(),
        said=said if said in ("asked", "cancelled") else "",
    )


def _choices(visit: Visit, offer: CallbackOffer, form: Form | None) -> list[dict[str, Any]]:
    """As soon as possible, then the hours on offer."""
    if offer.soonest is None:
        return []
    place = ZoneInfo(offer.timezone)
    chosen = form.one("slot", 40) if form else ""
    by = f"{offer.soonest.end.astimezone(place):%Y-%m-%d %H:%M}"
    hours = [(slot.start.isoformat(), _span(slot.start, slot.end, place)) for slot in offer.slots]
    return [
        {"value": value, "words": words, "chosen": value == chosen}
        for value, words in [("", visit.t("my.call.soon", by=by)), *hours]
    ]
