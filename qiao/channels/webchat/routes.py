"""The widget's API. What is sent in bulk (messages in) is a plain route; the rest are ordinary ones."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from qiao.channels.contract import customer_view
from qiao.channels.contract.ports import Ratings
from qiao.channels.webchat import channel, pages, policy, polling, service
from qiao.channels.webchat.auth import CurrentVisitor, visitor_of
from qiao.channels.webchat.config import ConfigCache
from qiao.channels.webchat.jobs import JOB, can_send
from qiao.channels.webchat.limits import exempt
from qiao.channels.webchat.origins import WidgetCors, check_page
from qiao.channels.webchat.schemas import (
    FeedbackBody,
    HandoffBody,
    LeaveMessageBody,
    MailBody,
    RatingBody,
    ReadBody,
    SessionBody,
    TypingBody,
)
from qiao.channels.webchat.socket import VisitorEndpoint
from qiao.channels.webchat.typists import Typing
from qiao.channels.webchat.visitors import Visitors
from qiao.core import i18n, jobs
from qiao.core.errors import Invalid, NotFound, Unavailable
from qiao.core.ids import new_id
from qiao.core.web import Locale, Runtime_, locale_of, runtime_from
from qiao.core.web.routing import Router
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.transcripts import as_text
from qiao.desk.files.routes import upload
from qiao.people.accounts.access import Public, client_ip
from qiao.people.customers.policy import clean_email

router = Router(prefix="/widget", tags=["widget"])
KEY_IS_PUBLIC = "the site key stands in the host's page"


def _json(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


# -- before there is a visitor ---------------------------------------------------------------------------------------


@router.get("/{key}/config", dependencies=[Public(KEY_IS_PUBLIC)])
async def read_config(key: str, request: Request, runtime: Runtime_, locale: Locale) -> Response:
    """How the widget looks, what it offers, and whether people can be reached now."""
    inbox = await runtime.get(Visitors).inbox_by_key(key)
    check_page(request, inbox)
    return Response(await runtime.get(ConfigCache).get(inbox, locale), media_type="application/json")


@router.post("/{key}/session", dependencies=[Public(KEY_IS_PUBLIC)])
async def open_session(key: str, body: SessionBody, request: Request, runtime: Runtime_) -> Response:
    """Begins or continues a browser's session. With a valid `identity_token` the host's customer is recognised."""
    visitors, ip = runtime.get(Visitors), client_ip(request)
    inbox = await visitors.inbox_by_key(key)
    check_page(request, inbox)
    if not exempt(ip):
        visitors.sessions_by_ip.check(ip)
    locale = i18n.match_locale(body.locale, request.headers.get("accept-language"))
    context = policy.page_context(body.page, request.headers.get("user-agent"))
    view = await runtime.db.run(
        lambda db: service.open_session(
            db,
            inbox,
            visitor_token=body.visitor_token,
            identity_token=body.identity_token or None,
            locale=locale,
            context=context,
        )
    )
    return _json(view)


# -- messages --------------------------------------------------------------------------------------------------------


async def post_message(request: Request) -> Response:
    """`POST /api/v1/widget/messages`: the hot path. `conversation` is null while it is only one more message."""
    runtime = runtime_from(request)
    visitor = await visitor_of(request)
    visitors = runtime.get(Visitors)
    visitors.slow_down(visitor, client_ip(request))
    incoming = channel.message(await request.body())
    known = visitor.conversation_id
    received = await service.submit(runtime, visitor, incoming)
    view = None
    if received.conversation_id != known:
        async with runtime.db.read() as db:
            view = await customer_view.conversation(db, await service.own(db, visitor, received.conversation_id))
    return _json({"message": received.message, "conversation": view}, 200 if received.duplicate else 201)


@router.get("/messages")
async def read_messages(
    visitor: CurrentVisitor,
    runtime: Runtime_,
    cursor: Annotated[UUID | None, Query(description="A message id: what came before it.")] = None,
    conversation_id: UUID | None = None,
    after_seq: Annotated[int | None, Query(ge=0)] = None,
    before_seq: Annotated[int | None, Query(ge=0)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """History: older ones across all conversations by `cursor`, or a stretch of one conversation (the newest by default)."""
    async with runtime.db.read() as db:
        if cursor is not None or (conversation_id is None and after_seq is None and before_seq is None):
            before = await service.place_of(db, visitor, cursor) if cursor is not None else None
            found, more = await conversations.history(
                db, visitor.inbox_id, visitor.customer_id, before=before, limit=limit
            )
        else:
            facts = await (
                service.own(db, visitor, conversation_id) if conversation_id else service.latest(db, visitor)
            )
            found, more = await conversations.transcript(
                db, visitor.actor, facts.id, before_seq=before_seq, after_seq=after_seq, limit=limit
            )
    return _json({"items": customer_view.shown_all(found), "has_more": more})


@router.post("/messages/{message_id}/withdraw")
async def withdraw_message(message_id: UUID, visitor: CurrentVisitor, runtime: Runtime_) -> Response:
    """Takes back one of the visitor's own messages, for as long as `limits.withdraw_s` of the configuration says."""
    runtime.get(Visitors).slow_down(visitor, None)
    view = await runtime.db.run(lambda db: service.withdraw(db, visitor, message_id))
    return _json(customer_view.shown_all([view])[0])


@router.get("/poll")
async def poll(
    visitor: CurrentVisitor,
    runtime: Runtime_,
    conversation_id: UUID | None = None,
    after_seq: Annotated[int, Query(ge=0)] = 0,
    wait: Annotated[float, Query(ge=0, le=25)] = 25,
) -> Response:
    """What came after a place in the history; waits for something when nothing has."""
    return _json(await polling.poll(runtime, visitor, conversation_id, after_seq, wait))


@router.post("/files", status_code=201)
async def upload_file(request: Request, visitor: CurrentVisitor, runtime: Runtime_) -> Response:
    """Stores a file of the visitor's; it is sent with a message of kind `image` or `file`."""
    runtime.get(Visitors).uploads.check(visitor.customer_id)
    return await upload(runtime, visitor.actor, request)


@router.post("/typing", status_code=204)
async def typing(body: TypingBody, visitor: CurrentVisitor, runtime: Runtime_) -> None:
    """Tells whoever handles the conversation that the visitor is writing."""
    runtime.get(Visitors).slow_down(visitor, None, 0.2)
    await runtime.get(Typing).relay(visitor, body.on, body.preview)


@router.post("/read", status_code=204)
async def read(body: ReadBody, visitor: CurrentVisitor, runtime: Runtime_) -> None:
    """The visitor has seen the newest conversation up to `seq`."""
    runtime.get(Visitors).slow_down(visitor, None, 0.2)
    async with runtime.db.transaction() as db:
        facts = await service.latest(db, visitor)
        await conversations.mark_read(db, visitor.actor, facts.id, body.seq)


# -- people ----------------------------------------------------------------------------------------------------------


@router.post("/handoff")
async def hand_off(body: HandoffBody, visitor: CurrentVisitor, request: Request, runtime: Runtime_) -> Response:
    """Asks for a person."""
    runtime.get(Visitors).slow_down(visitor, client_ip(request))
    facts = await runtime.db.run(lambda db: service.hand_off(db, visitor, body.reason or ""))
    visitor.conversation_id = visitor.latest_id = facts.id
    async with runtime.db.read() as db:
        return _json(await customer_view.conversation(db, await service.own(db, visitor, facts.id)))


@router.post("/leave-message", status_code=201)
async def leave_message(
    body: LeaveMessageBody, visitor: CurrentVisitor, request: Request, runtime: Runtime_
) -> Response:
    """A message with contact details, answered when people are back."""
    runtime.get(Visitors).slow_down(visitor, client_ip(request))
    received, facts = await runtime.db.run(lambda db: service.leave_message(db, visitor, **body.model_dump()))
    visitor.conversation_id = visitor.latest_id = facts.id
    async with runtime.db.read() as db:
        view = await customer_view.conversation(db, await service.own(db, visitor, facts.id))
    return _json({"message": received.message, "conversation": view}, 200 if received.duplicate else 201)


# -- opinions --------------------------------------------------------------------------------------------------------


@router.post("/rating")
async def rate(body: RatingBody, visitor: CurrentVisitor, runtime: Runtime_) -> Response:
    """How it was: 1 to 5 and a comment; may be changed for a day."""
    runtime.get(Visitors).slow_down(visitor, None)
    ratings: Ratings | None = runtime.find(Ratings)
    if ratings is None:
        raise NotFound("route_not_found")
    async with runtime.db.transaction() as db:
        await service.own(db, visitor, body.conversation_id)
        rating = await ratings.rate(db, visitor.actor, body.conversation_id, body.score, body.comment)
    return _json({"rating": rating})


@router.post("/feedback", status_code=204)
async def feedback(body: FeedbackBody, visitor: CurrentVisitor, runtime: Runtime_) -> None:
    """Whether a bot answer helped."""
    runtime.get(Visitors).slow_down(visitor, None)
    async with runtime.db.transaction() as db:
        await service.rate_answer(db, visitor, body.message_id, body.helpful)


# -- transcript ------------------------------------------------------------------------------------------------------


@router.get("/transcript.txt")
async def transcript(
    visitor: CurrentVisitor, request: Request, runtime: Runtime_, conversation_id: UUID | None = None
) -> Response:
    """A conversation (the newest by default) as plain text."""
    async with runtime.db.read() as db:
        facts = await (service.own(db, visitor, conversation_id) if conversation_id else service.latest(db, visitor))
        text = await as_text(db, visitor.actor, facts.id, locale_of(request))
    headers = {"content-disposition": f'attachment; filename="conversation-{facts.number}.txt"'}
    return Response("\ufeff" + text, media_type="text/plain; charset=utf-8", headers=headers)


@router.post("/transcript-mail", status_code=202)
async def transcript_mail(body: MailBody, visitor: CurrentVisitor, request: Request, runtime: Runtime_) -> Response:
    """Mails the newest conversation to the visitor."""
    if not can_send(runtime.settings):
        raise Unavailable("widget.mail_off")
    email = clean_email(body.email)
    if email is None or not email.isascii():
        raise Invalid.field("email", "email_invalid")
    runtime.get(Visitors).mails.check(visitor.customer_id)
    locale = locale_of(request)
    async with runtime.db.transaction() as db:
        facts = await service.latest(db, visitor)
        payload = {
            "conversation_id": str(facts.id),
            "email": email,
            "locale": locale,
            "message_id": str(new_id()),
        }
        await jobs.enqueue(db, visitor.actor, JOB, payload)
    return _json({"queued": True}, 202)


middleware = [WidgetCors]
plain_routes = [
    Route("/api/v1/widget/messages", post_message, methods=["POST"]),
    WebSocketRoute("/ws/visitor", VisitorEndpoint()),
    *pages.routes,
]
