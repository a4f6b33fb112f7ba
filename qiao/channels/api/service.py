"""Verbs of the api channel."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from qiao.channels.api.channel import render
from qiao.channels.contract import customer_view, health
from qiao.channels.contract.customer_view import CustomerConversation
from qiao.channels.contract.degrade import absolute_links
from qiao.channels.contract.messages import Incoming, Outbound
from qiao.core import i18n, log
from qiao.core.actor import Actor
from qiao.core.errors import Forbidden, Invalid
from qiao.core.events import Envelope
from qiao.core.files import service as files
from qiao.core.log import Position
from qiao.core.runtime import Runtime
from qiao.desk.blocking import service as blocking
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import MessageCreated
from qiao.desk.conversations.intake import Intake
from qiao.desk.conversations.schemas import Inbound, MessageView
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import Profile

PAGE: Final = 500
PAGES: Final = 20


class Taken(msgspec.Struct, frozen=True):
    """A message taken in. `duplicate`: this `client_id` was known, nothing was added."""

    message: MessageView
    conversation: CustomerConversation
    duplicate: bool


class Batch(msgspec.Struct, frozen=True):
    """A stretch of the outbox. `next_cursor` is where the next begins, also when nothing came."""

    items: list[dict[str, Any]]
    next_cursor: str


async def take_in(runtime: Runtime, actor: Actor, inbox: InboxView, incoming: Incoming) -> Taken:
    """A customer's message, on the word of an integrator who may speak for the customers of this inbox."""
    sender = incoming.sender
    assert sender is not None
    profile = Profile(name=sender.name, phone=sender.phone, email=sender.email, locale=incoming.locale)
    customer = await runtime.db.run(
        lambda db: customers.resolve_identity(db, inbox.id, "api", sender.address, True, profile)
    )
    verdict = await blocking.verdict(runtime, inbox.id, sender.address, customer.id, blocked=customer.blocked)
    if verdict in ("refuse", "keep"):
        raise Forbidden("customer_blocked")  # an integrator asks and is told; nothing is kept behind their back
    payload = incoming.payload
    async with runtime.db.read() as db:
        if incoming.kind in ("image", "file"):
            payload = await files.payload_for_sender(db, actor, payload.get("file_id"))
        latest = await conversations.latest_of_customer(db, inbox.id, customer.id)
    running = latest.id if latest is not None and latest.status in ("bot", "queued", "assigned") else None
    inbound = Inbound(
        inbox.id,
        customer.id,
        incoming.client_id,
        incoming.kind,  # type: ignore[arg-type]  # checked by the channel's parser
        incoming.body,
        payload,
        None if running else i18n.match_locale(incoming.locale or customer.locale),
        {},
        customer.name,
    )
    received = await runtime.get(Intake).submit(inbound, running)
    await health.heard(runtime, inbox.id)
    async with runtime.db.read() as db:
        facts = await conversations.facts(db, received.conversation_id)
        assert facts is not None
        view = await customer_view.conversation(db, facts)
    return Taken(received.message, view, received.duplicate)


async def outbox(runtime: Runtime, inbox: InboxView, after: str | None, wait: float, limit: int) -> Batch:
    """What was said to this inbox's customers after a cursor; waits up to `wait` seconds when that is nothing.

    Without a cursor it starts where the log starts.
    """
    position: Position = (0, 0)
    if after:
        try:
            position = log.parse_cursor(after)
        except ValueError:
            raise Invalid.field("after", "cursor_invalid") from None
        if not all(0 <= part < 2**63 for part in position):
            raise Invalid.field("after", "cursor_invalid")
    until = time.monotonic() + wait
    while True:
        items, position = await _scan(runtime, inbox, position, limit)
        left = until - time.monotonic()
        if items or left <= 0:
            return Batch(items, f"{position[0]}-{position[1]}")
        async with runtime.tailer.moved:
            if runtime.tailer.position <= position:
                try:
                    async with asyncio.timeout(left):  # wait_for may lose a cancellation on Python 3.11
                        await runtime.tailer.moved.wait()
                except TimeoutError:
                    continue


async def _scan(
    runtime: Runtime, inbox: InboxView, position: Position, limit: int
) -> tuple[list[dict[str, Any]], Position]:
    items: list[dict[str, Any]] = []
    for _ in range(PAGES):
        # Never past what the tailer has seen: it is what wakes those who wait.
        until = runtime.tailer.position
        found = await log.after(runtime.db, position, PAGE, [MessageCreated.kind])
        rendered = await _rendered(runtime, inbox, found)
        for envelope, item in rendered:
            position = envelope.position
            if item is not None:
                items.append(item)
                if len(items) >= limit:
                    return items, position
        if len(found) < PAGE:
            return items, max(position, until)
    return items, position


async def _rendered(
    runtime: Runtime, inbox: InboxView, found: Sequence[Envelope]
) -> list[tuple[Envelope, dict[str, Any] | None]]:
    leaving = [e for e in found if e.payload["public"] and e.payload["author_kind"] != "customer" and e.conversation_id]
    if not leaving:
        return [(envelope, None) for envelope in found]
    async with runtime.db.read() as db:
        facts = await conversations.facts_many(db, list({e.conversation_id for e in leaving if e.conversation_id}))
        mine = [e for e in leaving if e.conversation_id in facts and facts[e.conversation_id].inbox_id == inbox.id]
        views = await conversations.messages_by_id(db, [UUID(str(e.payload["message_id"])) for e in mine])
        addresses: dict[UUID, str] = {}
        for customer_id in {facts[e.conversation_id].customer_id for e in mine if e.conversation_id}:
            who = await customers.get(db, Actor.system(), customer_id)
            own = [i.value for i in who.identities if i.kind == "api" and i.inbox_id == inbox.id]
            addresses[customer_id] = own[0] if own else str(customer_id)
    items: dict[Position, dict[str, Any]] = {}
    for envelope in mine:
        view = views.get(UUID(str(envelope.payload["message_id"])))
        if view is None or view.recalled_at is not None or envelope.conversation_id is None:
            continue
        about = facts[envelope.conversation_id]
        message = Outbound.of(view, about.number, addresses[about.customer_id])
        payload = absolute_links(message.payload, runtime.settings.public_url)
        items[envelope.position] = render(msgspec.structs.replace(message, payload=payload))
    return [(envelope, items.get(envelope.position)) for envelope in found]
