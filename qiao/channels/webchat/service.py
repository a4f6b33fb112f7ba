"""Verbs of the widget: open a session, send, ask for a person, leave a message, say what one thinks of an answer."""

import hashlib
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from qiao.channels.contract import customer_view, health
from qiao.channels.contract.customer_view import CustomerConversation
from qiao.channels.contract.messages import Incoming
from qiao.channels.contract.ports import HandoffSummary
from qiao.channels.webchat import policy, repository, tokens
from qiao.channels.webchat.events import AnswerRated, SessionEnded
from qiao.channels.webchat.models import VisitorSessionRow
from qiao.channels.webchat.visitors import Visitor, Visitors
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, after_commit, status_lock
from qiao.core.errors import FieldError, Forbidden, Invalid, NotFound, Refused, Unauthenticated
from qiao.core.events import emit
from qiao.core.files import service as files
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime, runtime_of
from qiao.core.secrets import Signer
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.intake import Intake
from qiao.desk.conversations.schemas import ConversationFacts, Inbound, MessageView, Received
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView
from qiao.desk.routing import service as routing
from qiao.people.customers import following
from qiao.people.customers import policy as contact
from qiao.people.customers import service as customers
from qiao.people.customers.events import CustomerMerged
from qiao.people.customers.schemas import CustomerRef, Profile
from qiao.people.organization import service as organization

SNAPSHOT = 50


class SessionCustomer(msgspec.Struct, frozen=True):
    id: UUID
    name: str | None
    identified: bool


class SessionView(msgspec.Struct, frozen=True):
    """The snapshot a widget starts from."""

    visitor_token: str
    customer: SessionCustomer
    conversation: CustomerConversation | None
    messages: list[MessageView]
    has_more: bool


# -- sessions --------------------------------------------------------------------------------------------------------


async def open_session(
    db: Session,
    inbox: InboxView,
    *,
    visitor_token: str | None,
    identity_token: str | None,
    locale: str,
    context: dict[str, str],
) -> SessionView:
    """Finds or makes the session of a browser and returns what it starts from.

    Raises Unauthenticated for an identity token that is not valid, Forbidden for a blocked customer.
    """
    runtime = runtime_of(db)
    if identity_token:
        await status_lock(db)  # who signs in may take conversations along; that lock comes before any row
    session_id = tokens.session_of(runtime.get(Signer), visitor_token)
    previous = await repository.session(db, session_id, lock=True) if session_id is not None else None
    if previous is not None and previous.inbox_id != inbox.id:
        previous = None
    if identity_token:
        row, customer = await _identified(db, inbox, previous, identity_token, locale)
    else:
        row, customer = await _anonymous(db, inbox, previous, locale)
    if customer.blocked:
        raise Forbidden("customer_blocked")
    row.locale, row.last_seen_at = locale, clock.now()
    if context:
        row.context = context
    await db.flush()
    facts = await conversations.latest_of_customer(db, inbox.id, customer.id)
    found, more = await conversations.history(db, inbox.id, customer.id, limit=SNAPSHOT)
    return SessionView(
        tokens.issue(runtime.get(Signer), row.id),
        SessionCustomer(customer.id, customer.name or None, row.identified),
        await customer_view.conversation(db, facts) if facts is not None else None,
        customer_view.shown_all(found),
        more,
    )


async def _anonymous(
    db: Session, inbox: InboxView, previous: VisitorSessionRow | None, locale: str
) -> tuple[VisitorSessionRow, CustomerRef]:
    if previous is not None and previous.identified:
        # The site no longer says who this is. The session outlives the page, but not the site's word for it.
        until = previous.identified_until
        if until is not None and until <= clock.now():
            await _end(db, previous)
            previous = None
    if previous is not None:
        return previous, await customers.ref(db, previous.customer_id)
    session_id = new_id()
    customer = await customers.resolve_identity(db, inbox.id, "visitor", str(session_id), True, Profile(locale=locale))
    return await _begin(db, session_id, inbox, customer.id), customer


async def _identified(
    db: Session, inbox: InboxView, previous: VisitorSessionRow | None, token: str, locale: str
) -> tuple[VisitorSessionRow, CustomerRef]:
    digest = hashlib.sha256(token.encode()).digest()
    try:
        claims = await inboxes.verify_identity(db, inbox.id, token)
    except Unauthenticated as problem:
        if problem.code == "identity_token_expired" and previous is not None and previous.identity_digest == digest:
            # The very token this session was opened with: a page left open all day reconnects with what it has.
            return previous, await customers.ref(db, previous.customer_id)
        raise
    profile = claims.profile(locale)
    anonymous = previous if previous is not None and not previous.identified else None
    customer = await customers.identify_visitor(
        db, inbox.id, anonymous.customer_id if anonymous is not None else None, claims.sub, profile
    )
    if previous is not None and previous.identified and previous.customer_id == customer.id:
        row = previous
    else:
        if anonymous is not None and anonymous.customer_id != customer.id:
            await conversations.change_customer(db, Actor.system(), inbox.id, anonymous.customer_id, customer.id)
        if previous is not None:
            await _end(db, previous)
        row = await _begin(db, new_id(), inbox, customer.id)
    row.identified, row.identity_digest, row.identified_until = True, digest, claims.expires_at
    for browser in await repository.unidentified(db, customer.id):
        if browser.inbox_id == inbox.id and browser.id != row.id:
            await _end(db, browser)  # for it nobody vouches: what is said from now on is none of its business
    return row, customer


async def part_browsers(db: Session, fact: CustomerMerged) -> None:
    """Two records have become one: a browser nobody vouches for goes on only where it has held every chat itself."""
    came = await following.moved(db, fact.merge_id, "visitor_sessions.customer_id")
    brought = await following.moved(db, fact.merge_id, "conversations.customer_id")
    held = await conversations.ids_of_customer(db, fact.survivor_id)
    theirs = {inbox_id for conversation_id, inbox_id in held.items() if conversation_id in brought}
    theirs |= set((await conversations.ids_of_customer(db, fact.merged_id)).values())  # if they move after us
    ours = {inbox_id for conversation_id, inbox_id in held.items() if conversation_id not in brought}
    for browser in await repository.unidentified(db, fact.survivor_id):
        if browser.inbox_id in (ours if browser.id in came else theirs):
            await _end(db, browser)


async def _begin(db: Session, session_id: UUID, inbox: InboxView, customer_id: UUID) -> VisitorSessionRow:
    row = VisitorSessionRow(id=session_id, inbox_id=inbox.id, customer_id=customer_id, identified=False, context={})
    db.add(row)
    return row


async def _end(db: Session, row: VisitorSessionRow) -> None:
    row.revoked_at = clock.now()
    await db.flush()
    await _ended(db, Actor.system(), row.customer_id, row.id)


async def _ended(db: Session, actor: Actor, customer_id: UUID, session_id: UUID) -> None:
    visitors = runtime_of(db).find(Visitors)
    if visitors is not None:
        after_commit(db, partial(visitors.doubt, customer_id, session_id))
    await emit(db, SessionEnded(session_id=session_id, customer_id=customer_id), actor=actor)


async def end_sessions(db: Session, actor: Actor, customer_id: UUID) -> int:
    """Signs a customer out of every browser. Returns how many sessions ended."""
    ended = await repository.revoke_of_customer(db, customer_id, clock.now())
    for session_id in ended:
        await _ended(db, actor, customer_id, session_id)
    return len(ended)


# -- messages --------------------------------------------------------------------------------------------------------


async def submit(runtime: Runtime, visitor: Visitor, incoming: Incoming) -> Received:
    """Takes in a visitor's message. In a running conversation this is one share of a batched write."""
    payload = incoming.payload
    if incoming.kind != "text":
        async with runtime.db.read() as db:
            payload = await files.payload_for_sender(db, visitor.actor, payload.get("file_id"))
        if incoming.kind == "image" and not str(payload["mime"]).startswith("image/"):
            raise Invalid.field("kind", "conversation.kind_not_allowed", kind="image")
    locale, context = None, {}
    if visitor.conversation_id is None:
        async with runtime.db.read() as db:
            row = await repository.session(db, visitor.session_id)
        if row is None:
            raise Unauthenticated("widget.session_ended")
        locale, context = row.locale, row.context
    inbound = Inbound(
        visitor.inbox_id,
        visitor.customer_id,
        incoming.client_id,
        incoming.kind,  # type: ignore[arg-type]  # one of policy.RECEIVES
        incoming.body,
        payload,
        locale,
        context,
        visitor.name,
    )
    received = await runtime.get(Intake).submit(inbound, visitor.conversation_id)
    await health.heard(runtime, visitor.inbox_id)
    if not received.duplicate:
        visitor.conversation_id = visitor.latest_id = received.conversation_id
    return received


async def own(db: Session, visitor: Visitor, conversation_id: UUID) -> ConversationFacts:
    """A conversation of this visitor in this inbox. Raises NotFound for anybody else's."""
    facts = await conversations.facts(db, conversation_id)
    if facts is None or facts.customer_id != visitor.customer_id or facts.inbox_id != visitor.inbox_id:
        raise NotFound("conversation.not_found")
    return facts


async def latest(db: Session, visitor: Visitor) -> ConversationFacts:
    """The visitor's newest conversation. Raises NotFound when they have none."""
    facts = await conversations.latest_of_customer(db, visitor.inbox_id, visitor.customer_id)
    if facts is None:
        raise NotFound("conversation.not_found")
    return facts


async def place_of(db: Session, visitor: Visitor, message_id: UUID) -> tuple[UUID, int]:
    """Where a message stands in the visitor's history. Raises Invalid for one that is not theirs."""
    view = (await conversations.messages_by_id(db, [message_id])).get(message_id)
    facts = await conversations.facts(db, view.conversation_id) if view is not None else None
    if view is None or facts is None or (facts.customer_id, facts.inbox_id) != (visitor.customer_id, visitor.inbox_id):
        raise Invalid.field("cursor", "cursor_invalid")
    return view.conversation_id, view.seq


# -- people ----------------------------------------------------------------------------------------------------------


async def hand_off(db: Session, visitor: Visitor, request: str = "") -> ConversationFacts:
    """The customer asks for a person; begins a conversation if there is none to hand over."""
    await status_lock(db)
    facts = await conversations.latest_of_customer(db, visitor.inbox_id, visitor.customer_id)
    window = (await organization.get_settings(db)).reopen_hours * 3600
    over = facts is not None and (
        facts.status == "closed"
        or (
            facts.status == "resolved"
            and facts.resolved_at is not None
            and (clock.now() - facts.resolved_at).total_seconds() > window
        )
    )
    if facts is None or over:
        session = await repository.session(db, visitor.session_id)
        if session is None:
            raise Unauthenticated("widget.session_ended")
        inbound = Inbound(
            visitor.inbox_id,
            visitor.customer_id,
            "",
            locale=session.locale,
            context=session.context,
            customer_name=visitor.name,
        )
        started = await conversations.start(db, inbound)
        facts = await conversations.facts(db, started.id)
        assert facts is not None
        if facts.status == "queued":
            # An inbox without a bot: the new conversation counts as queued but stands in no line yet.
            await conversations.requeue(db, visitor.actor, facts.id, reason="customer_request", keep_place=False)
    summary = await _summary(db, facts.id)
    if request:
        summary = {**(summary or {}), "request": request}
    await conversations.enqueue(db, visitor.actor, facts.id, reason="customer_request", summary=summary)
    return await latest(db, visitor)


async def _summary(db: Session, conversation_id: UUID) -> dict[str, Any] | None:
    port: HandoffSummary | None = runtime_of(db).find(HandoffSummary)
    return await port.summarise(db, conversation_id) if port is not None else None


async def leave_message(
    db: Session, visitor: Visitor, *, client_id: str, name: str, phone: str, email: str, body: str
) -> tuple[Received, ConversationFacts]:
    """A message with a way to answer it, for when nobody can answer now. It waits in the queue until people are back."""
    await _check_contact(db, phone, email, body)
    await status_lock(db)
    session = await repository.session(db, visitor.session_id)
    if session is None:
        raise Unauthenticated("widget.session_ended")
    await customers.fill_contact(
        db, visitor.customer_id, Profile(name=name or None, phone=phone or None, email=email or None)
    )
    inbound = Inbound(
        visitor.inbox_id,
        visitor.customer_id,
        client_id,
        body=body,
        locale=session.locale,
        context=session.context,
        customer_name=name or visitor.name,
    )
    received = await conversations.receive(db, inbound)
    await health.came_in(db, visitor.inbox_id)
    if not received.duplicate:
        summary = await _summary(db, received.conversation_id) or {}
        given = {"name": name, "phone": phone, "email": email}
        summary["contact"] = {key: value for key, value in given.items() if value}
        await conversations.enqueue(
            db,
            visitor.actor,
            received.conversation_id,
            reason="leave_message",
            summary=summary,
            leave_message=True,
        )
        await routing.left_message(db, received.conversation_id)
    return received, await own(db, visitor, received.conversation_id)


async def _check_contact(db: Session, phone: str, email: str, body: str) -> None:
    """They want to be reached: half a number, or one that only a house can dial, will not do."""
    faults: list[FieldError] = []
    if not body.strip():
        faults.append(FieldError("body", "conversation.empty_message"))
    if not phone and not email:
        faults.append(FieldError("phone", "widget.contact_missing"))
    number = await customers.read_phone(db, phone) if phone else None
    if phone and (number is None or contact.e164(number) is None):
        faults.append(FieldError("phone", "phone_invalid"))
    if email and contact.clean_email(email) is None:
        faults.append(FieldError("email", "email_invalid"))
    if faults:
        raise Invalid("invalid", fields=faults)


# -- answers ---------------------------------------------------------------------------------------------------------


async def rate_answer(db: Session, visitor: Visitor, message_id: UUID, helpful: bool) -> None:
    """What the customer thinks of a bot answer; the last word counts."""
    view = (await conversations.messages_by_id(db, [message_id])).get(message_id)
    if view is None:
        raise NotFound("conversation.message_not_found")
    await own(db, visitor, view.conversation_id)
    if view.author.kind != "bot" or not view.payload.get("feedback"):
        raise Refused("widget.not_an_answer")
    previous = policy.choice_of(view.payload.get("helpful"))
    if previous == helpful:
        return
    await conversations.annotate(db, visitor.actor, message_id, helpful=helpful)
    sources = view.payload.get("sources") or ()
    fact = AnswerRated(
        message_id=message_id,
        helpful=helpful,
        previous=previous,
        faq_id=_uuid(view.payload.get("faq_id")),
        sources=tuple(f"{s.get('type')}:{s.get('id')}" for s in sources if isinstance(s, dict)),
    )
    await emit(db, fact, actor=visitor.actor, conversation_id=view.conversation_id)


async def withdraw(db: Session, visitor: Visitor, message_id: UUID) -> MessageView:
    """The visitor takes back what they have just sent: everybody sees that they did, and no longer what it said."""
    view = (await conversations.messages_by_id(db, [message_id])).get(message_id)
    if view is None:
        raise NotFound("conversation.message_not_found")
    facts = await own(db, visitor, view.conversation_id)
    if view.author.kind != "customer":
        raise Refused("conversation.recall_own_only")
    if view.recalled_at is None and (
        facts.status == "closed" or clock.now() - view.created_at > policy.WITHDRAW_WITHIN
    ):
        raise Refused("conversation.recall_too_late")
    return await conversations.withdraw_by_customer(db, message_id) or view


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None


class Outlook(msgspec.Struct, frozen=True):
    """Whether people can be reached now, when next, and how long one would wait."""

    online: bool
    next_open: datetime | None
    expected_wait_s: int | None


async def outlook(db: Session, inbox: InboxView) -> Outlook:
    """What a customer of this inbox can expect."""
    found = await routing.availability(db, inbox.queue_id)
    if found is None:
        return Outlook(False, None, None)
    online = found.mode == "wait"
    return Outlook(online, found.next_open, found.estimate_s if online else None)
