"""Writing first: a conversation begun from our side."""

from typing import Any
from uuid import UUID

import msgspec

from qiao.channels.contract import deliveries
from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.taking import held_with
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, Refused
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import MessageView, Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerView, IdentityView


class Started(msgspec.Struct, frozen=True):
    """The conversation written into, and the message. `begun`: it is a new one."""

    conversation_id: UUID
    number: int
    begun: bool
    message: MessageView


class Reach(msgspec.Struct, frozen=True):
    """An address a customer may be written to at. `obstacle` is a key of the catalogue where they may not."""

    inbox_id: UUID
    inbox: str
    channel: str
    address: str
    obstacle: str | None
    identity_id: UUID
    template: bool = False
    """Whether an approved template may be sent in spite of a closed window."""


async def reachable(db: Session, customer_id: UUID) -> list[Reach]:
    """Every address of a customer on an active inbox that pushes messages, and what stands in the way."""
    runtime = runtime_of(db)
    customer = await customers.get(db, Actor.system(), customer_id)
    talked = set((await conversations.ids_of_customer(db, customer.id)).values())
    found = []
    for inbox in await inboxes.everything(db):
        channel = Channels.of(runtime).find(inbox.channel)
        if not inbox.active or channel is None or channel.adapter is None:
            continue
        for address, one, said in await _addresses(db, channel, inbox, customer):
            own = one.kind == channel.manifest.identity_kind
            obstacle = _consent(customer, said, own and inbox.id in talked)
            obstacle = obstacle or await _obstacle(db, channel, inbox, address)
            template = obstacle == CLOSED and channel.manifest.capabilities.templates
            found.append(Reach(inbox.id, inbox.name, inbox.channel, address, obstacle, one.id, template))
    return found


async def _addresses(
    db: Session, channel: Channel, inbox: InboxView, customer: CustomerView
) -> list[tuple[str, IdentityView, str | None]]:
    """A customer's addresses in an inbox, what each is known by, and the consent that holds for it.

    Those they have written from, and those their verified number or mailbox makes, unless somebody else writes from there.
    What was said of the address itself comes before what was said of the number; who forbade the number forbade all of it.
    """
    kind = channel.manifest.identity_kind
    facts: dict[str, IdentityView] = {}
    for one in customer.identities:
        spell = channel.manifest.reaches.get(one.kind)
        address = spell(one.value) if spell is not None and one.verified else None
        if address is not None:
            facts[address] = one
    found: list[tuple[str, IdentityView, str | None]] = []
    for one in customer.identities:
        if one.kind == kind and one.inbox_id in (inbox.id, None):
            fact = facts.pop(one.value, None)
            number = fact.consent if fact is not None else None
            said = "out" if number == "out" else one.consent or number
            found.append((one.value, one, said))
    for address, one in facts.items():
        holder = await customers.by_address(db, inbox.id, kind, address)
        if holder is None or holder.id == customer.id:
            found.append((address, one, one.consent))
    return found


async def start(
    db: Session,
    actor: Actor,
    inbox_id: UUID,
    customer_id: UUID,
    address: str | None,
    body: str,
    payload: dict[str, Any],
    client_id: str,
    *,
    author: Actor | None = None,
) -> Started:
    """Writes to a customer in an inbox: in the conversation that runs there, else in a new one of `actor`'s.

    The system goes on in a resolved one, too, and does not open it again; the words may be somebody's (`author`).

    Raises Invalid when they have no address there, Refused when they may not be written to.
    """
    inbox = await inboxes.get(db, inbox_id)
    channel = Channels.of(runtime_of(db)).find(inbox.channel)
    if channel is None or channel.adapter is None or not inbox.active:
        raise Invalid.field("inbox_id", "channel_cannot_start")
    options = [one for one in await reachable(db, customer_id) if one.inbox_id == inbox_id]
    chosen = next((one for one in options if address in (None, one.address)), None)
    if chosen is None:
        raise Invalid.field("address", "channel_no_address")
    if chosen.obstacle is not None and not (chosen.obstacle == CLOSED and payload.get("template")):
        raise Refused("channel_not_reachable", reason=chosen.obstacle)
    if not await customers.give_address(db, customer_id, inbox_id, channel.manifest.identity_kind, chosen.address):
        raise Invalid.field("address", "channel_no_address")  # somebody else has just written from there
    latest = await conversations.latest_of_customer(db, inbox_id, customer_id)
    # What nobody in particular says begins no further conversation beside one that only waits for the customer's answer.
    goes_on = _LIVE if actor.kind == "user" else (*_LIVE, "resolved")
    running = latest is not None and latest.status in goes_on
    if latest is not None and running:
        conversation_id, number = latest.id, latest.number
    else:
        begun = await conversations.begin(db, actor, inbox_id, customer_id)
        conversation_id, number = begun.id, begun.number
    await held_with(db, conversation_id, chosen.address)
    message = await conversations.relay(
        db, author or actor, conversation_id, Outgoing("text", body, payload, client_id)
    )
    return Started(conversation_id, number, not running, message)


CLOSED = "channels.refused.window_closed"
_LIVE = ("bot", "queued", "assigned", "snoozed")


def _consent(customer: CustomerView, said: str | None, talked: bool) -> str | None:
    """What the customer wants. Whoever has written to us here may be answered here; elsewhere we need to have been told."""
    if customer.blocked:
        return "channels.refused.blocked"
    if said == "out":
        return "channels.refused.opted_out"
    return None if talked or said == "in" else "channels.refused.no_consent"


async def _obstacle(db: Session, channel: Channel, inbox: InboxView, address: str) -> str | None:
    can = channel.manifest.capabilities
    if channel.adapter is None or not channel.adapter.configured(inbox.plain):
        return "channels.refused.not_configured"
    known = await deliveries.contact(db, inbox.id, address)
    if known is not None and known.opted_out_at is not None:
        return "channels.refused.opted_out"
    if can.window is not None and not deliveries.window_of(can.window, known).open:
        return CLOSED
    if can.window is None and not can.starts:
        return "channels.refused.cannot_start"
    return None
