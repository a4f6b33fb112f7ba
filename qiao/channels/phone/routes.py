"""HTTP doors of calls and call-backs: for the PBX, for staff, for customers."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from fastapi import Query, Request, Response
from sqlalchemy import ColumnElement, or_

from qiao.channels.phone import asking, callbacks, calls, dialing, extensions, numbers, repository, showing
from qiao.channels.phone.models import Call
from qiao.channels.phone.schemas import (
    AttemptBody,
    CallbackCreate,
    CallbackOffer,
    CallbackView,
    CallReport,
    CallView,
    ChooseBody,
    CloseBody,
    CustomerCallback,
    CustomerPromise,
    DialBody,
    DialLine,
    DialView,
    ExtensionsBody,
    ExtensionView,
    Located,
    PbxCallback,
    Pop,
    ReportTaken,
    RescheduleBody,
)
from qiao.channels.webchat.auth import CurrentVisitor
from qiao.channels.webchat.visitors import Visitors
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound
from qiao.core.files import service as files
from qiao.core.runtime import Runtime
from qiao.core.web import Cursor, Page, Read, Runtime_, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.files.routes import upload
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.accounts import audit
from qiao.people.accounts.access import Needs, client_ip

pbx = Router(prefix="/channels/phone", tags=["phone channel"])
staff = Router(prefix="/calls", tags=["calls"])
promises = Router(prefix="/callbacks", tags=["call-backs"])
visitors = Router(prefix="/widget/callback", tags=["widget"])
routers = [pbx, staff, promises, visitors]

Switch = Annotated[Actor, Needs("phone.channel")]
Sees = Annotated[Actor, Needs("conversations.handle", "conversations.view_all")]
Handles = Annotated[Actor, Needs("conversations.handle")]
Manages = Annotated[Actor, Needs("inboxes.manage")]


# -- the PBX ---------------------------------------------------------------------------------------------------------


async def _line(runtime: Runtime, key: str) -> InboxView:
    async with runtime.db.read() as db:
        return await inboxes.by_key(db, key, "phone")


@pbx.post("/{inbox_key}/calls")
async def report_call(inbox_key: str, body: CallReport, actor: Switch, runtime: Runtime_) -> ReportTaken:
    """What happened to a call. Late, repeated and out-of-order reports are harmless."""
    inbox = await _line(runtime, inbox_key)
    return await runtime.db.run(lambda db: calls.take(db, inbox, body))


@pbx.post("/{inbox_key}/calls/{call_id}/{kind}")
async def upload_recording(
    inbox_key: str,
    call_id: str,
    kind: Literal["recording", "voicemail"],
    request: Request,
    actor: Switch,
    runtime: Runtime_,
) -> ReportTaken:
    """Stores a recording here: the raw body with `X-Filename`, or a multipart form with one file."""
    inbox = await _line(runtime, inbox_key)
    async with runtime.db.read() as db:
        if await repository.call_by_external(db, inbox.id, call_id) is None:
            raise NotFound("phone.call_not_found")
    stored = await upload(runtime, actor, request)
    file_id = UUID(msgspec.json.decode(bytes(stored.body))["id"])
    return await runtime.db.run(lambda db: calls.attach(db, inbox, call_id, kind, file_id))


@pbx.post("/{inbox_key}/callbacks", status_code=201)
async def ask_callback_by_pbx(inbox_key: str, body: PbxCallback, actor: Switch, runtime: Runtime_) -> CustomerPromise:
    """A caller asks at the telephone to be called back; their place in line is kept."""
    inbox = await _line(runtime, inbox_key)
    row_id = await runtime.db.run(lambda db: _asked_at_telephone(db, inbox, body))
    async with runtime.db.read() as db:
        row = await repository.callback(db, row_id)
        assert row is not None
        return await showing.promised(db, row, await callbacks.timezone_of(db, inbox))


async def _asked_at_telephone(db: Session, inbox: InboxView, body: PbxCallback) -> UUID:
    return (await callbacks.by_pbx(db, inbox, body)).id


# -- calls -----------------------------------------------------------------------------------------------------------


@staff.get("")
async def list_calls(
    actor: Sees,
    db: Read,
    state: Annotated[list[Literal["ringing", "active", "held", "ended", "missed", "abandoned"]] | None, Query()] = None,
    direction: Literal["inbound", "outbound"] | None = None,
    inbox_id: UUID | None = None,
    user_id: UUID | None = None,
    customer_id: UUID | None = None,
    conversation_id: UUID | None = None,
    number: Annotated[str | None, Query(max_length=40, description="The whole number.")] = None,
    recorded: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CallView]:
    """Calls, newest first. Numbers are masked unless one may reveal contact data."""
    conditions: list[ColumnElement[bool]] = []
    if state:
        conditions.append(Call.state.in_(state))
    for column, value in (
        (Call.direction, direction),
        (Call.inbox_id, inbox_id),
        (Call.user_id, user_id),
        (Call.customer_id, customer_id),
        (Call.conversation_id, conversation_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if number:
        plain = numbers.canonical(number)
        conditions.append(Call.number == (plain or number))
    if recorded is not None:
        heard = or_(Call.recording.is_not(None), Call.voicemail.is_not(None))
        conditions.append(heard if recorded else ~heard)
    if since is not None:
        conditions.append(Call.started_at >= _aware(since, "since"))
    if until is not None:
        conditions.append(Call.started_at < _aware(until, "until"))
    items, following = await showing.call_page(db, actor, conditions, cursor, limit)
    return Page(items=items, next_cursor=following)


def _aware(at: datetime, field: str) -> datetime:
    if at.tzinfo is None:
        raise Invalid.field(field, "datetime_needs_zone")
    return at


@staff.get("/current")
async def list_current_calls(actor: Handles, db: Read) -> list[Pop]:
    """What rings at one's telephone, whom one speaks with, whom one has just spoken with."""
    return await showing.at_my_telephone(db, actor)


@staff.get("/lines")
async def list_lines(actor: Handles, db: Read) -> list[DialLine]:
    """Lines one can call out by with a click."""
    return await dialing.lines(db, actor)


@staff.post("/dial")
async def dial(body: DialBody, actor: Handles, runtime: Runtime_) -> DialView:
    """Asks the PBX to connect one's extension with a customer. Asked once; the answer is shown."""
    return await dialing.dial(runtime, actor, body)


@staff.get("/extensions/{inbox_id}")
async def list_extensions(inbox_id: UUID, actor: Manages, db: Read) -> list[ExtensionView]:
    """Whose telephones they are."""
    return await extensions.listing(db, inbox_id)


@staff.put("/extensions/{inbox_id}")
async def put_extensions(inbox_id: UUID, body: ExtensionsBody, actor: Manages, db: Tx) -> list[ExtensionView]:
    """Says whose telephones they are, all at once."""
    return await extensions.put(db, actor, inbox_id, body)


@staff.get("/{call_id}")
async def read_call(call_id: UUID, actor: Sees, db: Read) -> Pop:
    """A call with everybody it may be."""
    row = await showing.obtain(db, actor, call_id)
    return Pop(call=(await showing.calls(db, actor, [row]))[0], candidates=await showing.candidates(db, actor, row))


@staff.put("/{call_id}/customer")
async def choose_customer(call_id: UUID, body: ChooseBody, actor: Handles, db: Tx) -> CallView:
    """Says who called; the call's conversation becomes theirs."""
    row = await showing.obtain(db, actor, call_id, lock=True)
    await calls.choose(db, actor, row, body.customer_id)
    return (await showing.calls(db, actor, [row]))[0]


@staff.post("/{call_id}/{kind}")
async def locate_recording(
    call_id: UUID, kind: Literal["recording", "voicemail"], actor: Sees, db: Tx, runtime: Runtime_
) -> Located:
    """Where a recording can be heard; who asked is noted in the audit log."""
    row = await showing.obtain(db, actor, call_id)
    found = row.recording if kind == "recording" else row.voicemail
    if found is None:
        raise NotFound("phone.no_recording")
    await audit.record(db, actor, "call.heard", "call", row.id, {"kind": kind})
    if found.get("file_id"):
        stored = await files.get(db, UUID(str(found["file_id"])))
        view = files.view(runtime, stored)
        return Located(url=view.url, ours=True, mime=view.mime)
    return Located(url=str(found["url"]), ours=False)


# -- call-backs ------------------------------------------------------------------------------------------------------


@promises.get("")
async def list_callbacks(
    actor: Sees,
    db: Read,
    which: Literal["open", "over", "broken"] = "open",
    mine: bool = False,
    customer_id: UUID | None = None,
    conversation_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CallbackView]:
    """Open ones by when the customer began to wait; those over, and broken promises, newest first."""
    items, following = await showing.callback_page(
        db, actor, which=which, mine=mine, customer_id=customer_id, conversation_id=conversation_id, cursor=cursor,
        limit=limit,
    )  # fmt: skip
    return Page(items=items, next_cursor=following)


class Counts(msgspec.Struct, frozen=True):
    open: int
    due: int
    broken: int


@promises.get("/counts")
async def count_callbacks(actor: Sees, db: Read) -> Response:
    """Open ones, those due now, and broken ones among the open."""
    found = Counts(*await repository.callback_counts(db, actor, clock.now()))
    return Response(msgspec.json.encode(found), media_type="application/json")


@promises.get("/offer")
async def read_offer(actor: Handles, db: Read) -> CallbackOffer:
    """What can be promised now."""
    return await showing.offer(db, None)


@promises.post("", status_code=201)
async def create_callback(body: CallbackCreate, actor: Handles, db: Tx) -> CallbackView:
    """Promises a customer a call; one's word is on record."""
    return await showing.callback_view(db, actor, await callbacks.by_agent(db, actor, body))


@promises.get("/{callback_id}")
async def read_callback(callback_id: UUID, actor: Sees, db: Read) -> CallbackView:
    return await showing.callback_view(db, actor, await callbacks.obtain(db, actor, callback_id))


@promises.post("/{callback_id}/take")
async def take_callback(callback_id: UUID, actor: Handles, db: Tx) -> CallbackView:
    """Makes it one's own, at once."""
    return await showing.callback_view(db, actor, await callbacks.take(db, actor, callback_id))


@promises.post("/{callback_id}/attempts")
async def log_attempt(callback_id: UUID, body: AttemptBody, actor: Handles, db: Tx) -> CallbackView:
    """Notes a try; nobody there means again later, by rule."""
    return await showing.callback_view(db, actor, await callbacks.attempt(db, actor, callback_id, body))


@promises.post("/{callback_id}/reschedule")
async def reschedule_callback(callback_id: UUID, body: RescheduleBody, actor: Handles, db: Tx) -> CallbackView:
    """Another time was agreed."""
    return await showing.callback_view(db, actor, await callbacks.reschedule(db, actor, callback_id, body))


@promises.post("/{callback_id}/done")
async def finish_callback(callback_id: UUID, body: CloseBody, actor: Handles, db: Tx) -> CallbackView:
    """Settled otherwise."""
    return await showing.callback_view(db, actor, await callbacks.finish(db, actor, callback_id, "done", body.reason))


@promises.post("/{callback_id}/cancel")
async def cancel_callback(callback_id: UUID, body: CloseBody, actor: Handles, db: Tx) -> CallbackView:
    """Not wanted any more."""
    row = await callbacks.finish(db, actor, callback_id, "cancelled", body.reason)
    return await showing.callback_view(db, actor, row)


# -- the customer ----------------------------------------------------------------------------------------------------


@visitors.get("")
async def read_callback_offer(visitor: CurrentVisitor, db: Read) -> CallbackOffer:
    """When a customer may be called, and what has been promised them."""
    return await showing.offer(db, visitor.customer_id)


@visitors.post("", status_code=201)
async def ask_callback(
    body: CustomerCallback, visitor: CurrentVisitor, request: Request, runtime: Runtime_
) -> CustomerPromise:
    """Asks to be called. Where they wait in a chat, its place in line counts."""
    runtime.get(Visitors).slow_down(visitor, client_ip(request), 4.0)

    return await runtime.db.run(
        partial(
            asking.ask,
            actor=visitor.actor,
            customer_id=visitor.customer_id,
            body=body,
            chat_inbox=visitor.inbox_id,
        )
    )


@visitors.delete("", status_code=204)
async def cancel_own_callback(visitor: CurrentVisitor, runtime: Runtime_) -> None:
    """They do not want to be called any more."""

    await runtime.db.run(partial(asking.withdraw, actor=visitor.actor, customer_id=visitor.customer_id))
