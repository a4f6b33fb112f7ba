"""Outbound delivery, the same for every channel that pushes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from qiao.channels.contract.channel import Channels, DeliveryFailed, Endpoint
from qiao.channels.contract.degrade import absolute_links, degrade
from qiao.channels.contract.events import MessageDue
from qiao.channels.contract.messages import Outbound
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope, emit
from qiao.core.reactions import on_commit, on_commit_batch
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import MessageCreated
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.customers import service as customers

SHOWN_AS_FAILED_AFTER: Final = timedelta(minutes=2)


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
    for fact, conversation_id in leaving:
        about = facts.get(conversation_id)
        channel = channels.find(about.channel) if about is not None else None
        if about is None or channel is None or channel.adapter is None:
            continue
        if about.inbox_id not in endpoints:
            endpoints[about.inbox_id] = await inboxes.get(db, about.inbox_id)
        if not channel.adapter.configured(endpoints[about.inbox_id].settings.model_dump()):
            continue
        due = MessageDue(message_id=fact.message_id, inbox_id=about.inbox_id, channel=about.channel)
        await emit(db, due, actor=Actor.system(), conversation_id=conversation_id)


@on_commit(MessageDue, name="channels.deliver", retries=10)
async def deliver(db: Session, fact: MessageDue, envelope: Envelope) -> None:
    """Hands one message to its adapter and records how that went."""
    runtime = runtime_of(db)
    channel = Channels.of(runtime).find(fact.channel)
    if channel is None or channel.adapter is None:
        return
    prepared = await _prepare(runtime, fact)
    if prepared is None:
        return
    endpoint, message, locale = prepared
    if not channel.adapter.configured(endpoint.settings):
        return  # switched off since; clients fetch it instead
    linked = msgspec.structs.replace(message, payload=absolute_links(message.payload, runtime.settings.public_url))
    fitting = degrade(linked, channel.manifest.capabilities, locale)
    try:
        # No transaction is open here: `db` has not been used, so a slow receiver holds no connection of ours.
        await channel.adapter.deliver(endpoint, message.id, channel.render(fitting))
    except DeliveryFailed:
        if clock.now() - message.created_at > SHOWN_AS_FAILED_AFTER:
            await runtime.db.run(lambda own: conversations.set_delivery(own, message.id, "failed"))
        raise
    await conversations.set_delivery(db, message.id, "delivered")


async def _prepare(runtime: Runtime, fact: MessageDue) -> tuple[Endpoint, Outbound, str] | None:
    async with runtime.db.read() as db:
        view = (await conversations.messages_by_id(db, [fact.message_id])).get(fact.message_id)
        about = await conversations.facts(db, view.conversation_id) if view is not None else None
        if view is None or about is None or view.recalled_at is not None:
            return None
        inbox = await inboxes.get(db, about.inbox_id)
        customer = await customers.get(db, Actor.system(), about.customer_id)
        addresses = [i.value for i in customer.identities if i.kind == fact.channel and i.inbox_id == inbox.id]
        endpoint = Endpoint(inbox.id, inbox.settings.model_dump(), await inboxes.secret_of(db, inbox.id))
        address = addresses[0] if addresses else str(about.customer_id)
        return endpoint, Outbound.of(view, about.number, address), about.locale
