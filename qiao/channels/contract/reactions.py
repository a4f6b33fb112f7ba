"""Outbound delivery, the same for every channel that pushes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select

from qiao.channels.contract import closing, deliveries, merging, switching, windows
from qiao.channels.contract.channel import Channels, DeliveryFailed, DeliveryRefused, Sent
from qiao.channels.contract.degrade import absolute_links, degrade
from qiao.channels.contract.endpoints import Endpoints, Place
from qiao.channels.contract.events import DeliveryGaveUp, MessageDue
from qiao.channels.contract.merging import Together
from qiao.channels.contract.messages import Outbound
from qiao.channels.contract.models import Thread
from qiao.channels.contract.pacing import Pacing, TooSoon
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.events import Envelope, emit
from qiao.core.reactions import on_commit, on_commit_batch
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import MessageCreated
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView

SHOWN_AS_FAILED_AFTER: Final = timedelta(minutes=2)
THREADS: Final = 20
"""Newest names of an exchange given to a channel."""


def _may_leave(envelope: Envelope) -> bool:
    payload = envelope.payload
    return bool(payload["public"]) and payload["author_kind"] != "customer" and envelope.conversation_id is not None


@on_commit_batch(MessageCreated, name="channels.outbound", when=_may_leave)
async def note_what_is_due(db: Session, batch: Sequence[tuple[MessageCreated, Envelope]]) -> None:
    """Picks the few messages an adapter has to carry out of the many that need none."""
    leaving = [(fact, envelope.conversation_id) for fact, envelope in batch if envelope.conversation_id is not None]
    channels = Channels.of(runtime_of(db))
    facts = await conversations.facts_many(db, [conversation_id for _, conversation_id in leaving])
    endpoints: dict[UUID, InboxView] = {}
    held_up: dict[UUID, bool] = {}
    for fact, conversation_id in leaving:
        about = facts.get(conversation_id)
        channel = channels.find(about.channel) if about is not None else None
        if about is None or channel is None or channel.adapter is None:
            continue
        if fact.message_kind == "event" and "event" not in channel.manifest.capabilities.sends:
            continue  # who is in charge is for screens that show it; it is nothing to send somebody a message about
        if about.inbox_id not in endpoints:
            endpoints[about.inbox_id] = await inboxes.get(db, about.inbox_id)
        if not channel.adapter.configured(endpoints[about.inbox_id].plain):
            continue
        if about.id not in held_up:
            held_up[about.id] = await deliveries.held_up(db, about)
        if held_up[about.id]:
            await conversations.set_delivery(db, fact.message_id, "waiting")
        due = MessageDue(message_id=fact.message_id, inbox_id=about.inbox_id, channel=about.channel)
        await emit(db, due, actor=Actor.system(), conversation_id=conversation_id)


@dataclass(frozen=True, slots=True)
class _Leaving:
    place: Place
    message: Outbound
    locale: str
    refused: str | None
    left: int | None
    customer_id: UUID


@on_commit(MessageDue, name="channels.deliver", retries=10)
async def deliver(db: Session, fact: MessageDue, envelope: Envelope) -> None:
    """Hands one message to its adapter and records how that went."""
    runtime = runtime_of(db)
    leaving = await _prepare(runtime, fact)
    if leaving is None:
        return
    place, message = leaving.place, leaving.message
    adapter = place.channel.adapter
    if adapter is None or not adapter.configured(place.endpoint.settings):
        await conversations.set_delivery(db, fact.message_id, "sent")
        return  # switched off since; clients fetch it instead
    about = (place.inbox.id, message.conversation_id, message.id)
    try:
        if leaving.refused is not None:
            raise DeliveryRefused(leaving.refused)
        going = Together(message)
        if leaving.left is not None:
            going = await merging.together(runtime, place, leaving.customer_id, message, leaving.left)
        fitting = degrade(_linked(going.message, runtime), place.channel.manifest.capabilities, leaving.locale)
        # No transaction is open here: `db` has not been used, so a slow receiver holds no connection of ours.
        sent = await _hand_over(runtime, place, message.id, place.channel.render(fitting))
    except DeliveryRefused as refusal:
        rule = place.channel.manifest.capabilities.window
        if rule is not None and leaving.refused is None and closing.too_late(refusal.code):
            await windows.over(db, place.inbox.id, message.address, rule, message.created_at)
        await deliveries.note_failure(db, *about, refusal.code, refusal.params, final=True, shown=True)
        return
    except DeliveryFailed as failure:
        if failure.after:
            runtime.get(Pacing).pause(place.inbox.id, failure.after)
        shown = clock.now() - message.created_at > SHOWN_AS_FAILED_AFTER
        code, params = failure.code or "channels.failed.unreachable", {"detail": str(failure), **failure.params}
        await runtime.db.run(lambda own: deliveries.note_failure(own, *about, code, params, final=False, shown=shown))
        raise
    await deliveries.note_sent(db, place, message.conversation_id, message.id, message.address, sent)
    await merging.note_others(db, place, message.conversation_id, going.others, message.address)


@on_commit(DeliveryGaveUp, name="channels.switch", when=lambda envelope: closing.too_late(envelope.payload["code"]))
async def switch(db: Session, fact: DeliveryGaveUp, envelope: Envelope) -> None:
    """What came too late goes another way, where the inbox has a rule for it."""
    runtime = runtime_of(db)
    await runtime.db.run(lambda own: switching.note(own, fact))
    await switching.carry_out(runtime, fact.message_id)


async def _hand_over(runtime: Runtime, place: Place, message_id: UUID, payload: object) -> Sent:
    assert place.channel.adapter is not None
    limits = place.channel.manifest.limits
    try:
        await runtime.get(Pacing).turn(place.inbox.id, limits.get("per_second", 0), limits.get("burst", 1))
    except TooSoon as error:
        raise DeliveryFailed("the provider's limit is used up") from error
    return await place.channel.adapter.deliver(place.endpoint, message_id, payload) or Sent()


def _linked(message: Outbound, runtime: Runtime) -> Outbound:
    payload = absolute_links(message.payload, runtime.settings.public_url)
    attached = payload.get("attachments")
    if isinstance(attached, list):
        payload["attachments"] = [absolute_links(one, runtime.settings.public_url) for one in attached]
    return msgspec.structs.replace(message, payload=payload)


async def _prepare(runtime: Runtime, fact: MessageDue) -> _Leaving | None:
    try:
        place = await Endpoints.of(runtime).get(fact.inbox_id, fresh=True)
    except NotFound:
        return None
    async with runtime.db.read() as db:
        view = (await conversations.messages_by_id(db, [fact.message_id])).get(fact.message_id)
        about = await conversations.facts(db, view.conversation_id) if view is not None else None
        if view is None or about is None or view.recalled_at is not None or await merging.gone(db, view.id):
            return None
        address = await deliveries.address_of(db, place.channel, about)
        names = await db.execute(
            select(Thread.name)
            .where(Thread.conversation_id == about.id, Thread.inbox_id == place.inbox.id)
            .order_by(Thread.at.desc(), Thread.name)
            .limit(THREADS)
        )
        threads = tuple(reversed(list(names.scalars())))
        known = await deliveries.contact(db, place.inbox.id, address)
    window = place.channel.manifest.capabilities.window
    refused = None
    if known is not None and known.opted_out_at is not None:
        refused = "channels.refused.opted_out"
    stands = deliveries.window_of(window, known) if window is not None else None
    if refused is None and stands is not None and not view.payload.get("template") and not stands.open:
        refused = "channels.refused.window_closed"
    message = Outbound.of(view, about.number, address)
    message = msgspec.structs.replace(message, locale=about.locale, threads=threads)
    return _Leaving(
        place, message, about.locale, refused, stands.left if stands is not None else None, about.customer_id
    )
