"""What became of what we sent: states, reasons, receipts, the window of answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.contract import health
from qiao.channels.contract.channel import Channel, Sent
from qiao.channels.contract.endpoints import Place
from qiao.channels.contract.events import DeliveryGaveUp, MessageDue
from qiao.channels.contract.manifest import Window
from qiao.channels.contract.messages import Receipt
from qiao.channels.contract.models import Contact, Correspondent, Delivery, RemoteMessage
from qiao.channels.contract.taking import remember_threads
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound, Refused
from qiao.core.events import emit
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts
from qiao.people.customers import service as customers

ORDER: Final = {"waiting": 0, "sent": 1, "failed": 2, "delivered": 3, "read": 4}
"""A receipt never moves a message back; what was read has been delivered, whatever else is said."""


class DeliveryView(msgspec.Struct, frozen=True):
    """How far a message got; `reason` in the reader's words. `may_retry`: it failed for good and can be sent anew."""

    message_id: UUID
    state: str
    attempts: int
    reason: str | None
    may_retry: bool
    at: datetime


class WindowView(msgspec.Struct, frozen=True):
    """Whether, until when and how often this customer may be answered. `left` is None where it is not counted."""

    open: bool
    closes_at: datetime | None
    left: int | None
    hours: float
    messages: int | None


# -- the window --------------------------------------------------------------------------------------------------------


async def contact(db: Session, inbox_id: UUID, address: str) -> Contact | None:
    return await db.get(Contact, (inbox_id, address[:254]))


def window_of(rule: Window, known: Contact | None) -> WindowView:
    """The window as it stands now."""
    opened = known.opened_at if known is not None else None
    closes = opened + rule.open_for if opened is not None else None
    answers = known.answers if known is not None else 0
    left = None if rule.messages is None else max(0, rule.messages - answers)
    is_open = closes is not None and clock.now() < closes and left != 0
    return WindowView(is_open, closes, left, rule.open_for.total_seconds() / 3600, rule.messages)


async def address_of(db: Session, channel: Channel, about: ConversationFacts) -> str:
    """Where answers of a conversation go: to the address it is held with, else the customer's own in this inbox."""
    held = await db.scalar(select(Correspondent.address).where(Correspondent.conversation_id == about.id))
    if held is not None:
        return held
    customer = await customers.get(db, Actor.system(), about.customer_id)
    kind, scopes = channel.manifest.identity_kind, (about.inbox_id, None)
    addresses = [one.value for one in customer.identities if one.kind == kind and one.inbox_id in scopes]
    return addresses[-1] if addresses else str(about.customer_id)


# -- states ------------------------------------------------------------------------------------------------------------


async def of_conversation(
    db: Session, conversation_id: UUID, message_ids: Sequence[UUID], locale: str
) -> list[DeliveryView]:
    """What became of messages of one conversation; those no channel carried are left out."""
    query = select(Delivery).where(
        Delivery.message_id.in_(list(message_ids)), Delivery.conversation_id == conversation_id
    )
    return [
        DeliveryView(
            row.message_id,
            row.state,
            row.attempts,
            health.reason(row.error, locale),
            row.state == "failed" and row.final,
            row.at,
        )
        for row in (await db.execute(query)).scalars()
    ]


async def retry(db: Session, actor: Actor, message_id: UUID) -> None:
    """Sends a message anew that failed for good. Raises NotFound for those who may not see it, Refused when it did not."""
    row = await db.get(Delivery, message_id, with_for_update=True)
    if row is None:
        raise NotFound("channel_delivery_not_found")
    facts = await conversations.require_visible(db, actor, row.conversation_id)
    if row.state != "failed" or not row.final:
        raise Refused("channel_delivery_not_failed")
    await _anew(db, actor, row, facts)


async def send_again(db: Session, message_id: UUID) -> None:
    """Sends a message anew whose customer can be answered again."""
    row = await db.get(Delivery, message_id, with_for_update=True)
    facts = await conversations.facts(db, row.conversation_id) if row is not None else None
    if row is not None and facts is not None and row.state == "failed" and row.final:
        await _anew(db, Actor.system(), row, facts)


async def _anew(db: Session, actor: Actor, row: Delivery, facts: ConversationFacts) -> None:
    row.state, row.final, row.error, row.attempts, row.at = "waiting", False, None, 0, clock.now()
    await conversations.set_delivery(db, row.message_id, "sent")
    due = MessageDue(message_id=row.message_id, inbox_id=row.inbox_id, channel=facts.channel)
    await emit(db, due, actor=actor, conversation_id=row.conversation_id)


async def note_sent(
    db: Session, place: Place, conversation_id: UUID, message_id: UUID, address: str, sent: Sent
) -> None:
    """The provider has taken a message."""
    capabilities = place.channel.manifest.capabilities
    state = sent.state or ("sent" if capabilities.receipts else "delivered")
    await _store(db, place.inbox.id, conversation_id, message_id, {"state": state, "error": None, "final": False})
    rows = [
        {"inbox_id": place.inbox.id, "remote_id": one[:200], "message_id": message_id, "address": address[:254]}
        for one in dict.fromkeys(sent.remote_ids)
        if one
    ]
    if rows:
        await db.execute(insert(RemoteMessage).values(rows).on_conflict_do_nothing())
    await remember_threads(db, place.inbox.id, conversation_id, sent.threads)
    if capabilities.window is not None:
        await db.execute(
            update(Contact)
            .where(Contact.inbox_id == place.inbox.id, Contact.address == address[:254])
            .values(answers=Contact.answers + (max(1, len(rows)) if sent.answers is None else sent.answers))
        )
    await health.went_out(db, place.inbox.id)
    await conversations.set_delivery(db, message_id, state)


async def note_failure(
    db: Session,
    inbox_id: UUID,
    conversation_id: UUID,
    message_id: UUID,
    code: str,
    params: Mapping[str, Any],
    *,
    final: bool,
    shown: bool,
) -> None:
    """A try has failed; `final`: for good. `shown`: staff see it on the message."""
    error = {"code": code, "params": {key: str(value)[:300] for key, value in params.items()}}
    state = "failed" if final or shown else "waiting"
    await _store(db, inbox_id, conversation_id, message_id, {"state": state, "error": error, "final": final})
    await conversations.set_delivery(db, message_id, state)
    if not final:
        await _hold_back(db, await conversations.believed_sent(db, message_id))
    if final:
        fact = DeliveryGaveUp(message_id=message_id, inbox_id=inbox_id, code=code)
        await emit(db, fact, actor=Actor.system(), conversation_id=conversation_id)
    else:
        await health.failing(db, inbox_id, code, params)


async def _hold_back(db: Session, message_ids: Sequence[UUID]) -> None:
    """Messages leave in their order: those behind one that cannot leave wait as well, as far as they have not left."""
    known = select(Delivery.message_id).where(Delivery.message_id.in_(message_ids))
    left = set((await db.execute(known)).scalars()) if message_ids else set()
    for message_id in message_ids:
        if message_id not in left:
            await conversations.set_delivery(db, message_id, "waiting")


async def held_up(db: Session, facts: ConversationFacts) -> bool:
    """Whether something said in a conversation is still tried, so that what is said now waits behind it."""
    stuck = await conversations.undelivered(db, facts)
    if any(state == "waiting" for _, state in stuck):
        return True
    tried = select(Delivery.message_id).where(
        Delivery.message_id.in_([message_id for message_id, _ in stuck]), Delivery.state == "failed", ~Delivery.final
    )
    return bool(stuck) and await db.scalar(tried.limit(1)) is not None


async def note_receipt(runtime: Runtime, place: Place, receipt: Receipt) -> bool:
    """The provider says how far a message got. Returns whether it is one of ours."""
    if receipt.address is not None and receipt.until is not None:
        for remote_id in await _sent_before(runtime, place, receipt.address, receipt.until):
            await note_receipt(runtime, place, Receipt(remote_id, receipt.state, receipt.code, receipt.detail))
        return True

    async def note(db: Session) -> bool:
        remote = await db.get(RemoteMessage, (place.inbox.id, receipt.remote_id[:200]))
        row = await db.get(Delivery, remote.message_id, with_for_update=True) if remote is not None else None
        if row is None or ORDER[receipt.state] <= ORDER[row.state]:
            return row is not None
        if receipt.state == "failed":
            code, params = receipt.code or "channels.refused.provider", {"detail": receipt.detail}
            await note_failure(
                db, place.inbox.id, row.conversation_id, row.message_id, code, params, final=True, shown=True
            )
            return True
        row.state, row.at, row.error, row.final = receipt.state, clock.now(), None, False
        await conversations.set_delivery(db, row.message_id, receipt.state)
        return True

    return await runtime.db.run(note)


async def _sent_before(runtime: Runtime, place: Place, address: str, until: datetime) -> list[str]:
    """The provider's ids of what was written to an address before a moment and may still get further."""
    # Ids of messages begin with the moment they were made.
    newest = UUID(int=(int(until.timestamp() * 1000) << 80) | ((1 << 80) - 1))
    query = (
        select(RemoteMessage.remote_id)
        .join(Delivery, Delivery.message_id == RemoteMessage.message_id)
        .where(
            RemoteMessage.inbox_id == place.inbox.id,
            RemoteMessage.address == address[:254],
            RemoteMessage.message_id <= newest,
            Delivery.state.in_(("sent", "delivered")),
        )
        .order_by(RemoteMessage.message_id.desc())
        .limit(200)
    )
    async with runtime.db.read() as db:
        return list((await db.execute(query)).scalars())


async def _store(
    db: Session, inbox_id: UUID, conversation_id: UUID, message_id: UUID, values: Mapping[str, Any]
) -> None:
    now = {**values, "at": clock.now()}
    statement = insert(Delivery).values(
        message_id=message_id, inbox_id=inbox_id, conversation_id=conversation_id, attempts=1, **now
    )
    await db.execute(
        statement.on_conflict_do_update(index_elements=["message_id"], set_={**now, "attempts": Delivery.attempts + 1})
    )
