"""Few answers left: messages that wait together leave together, as the channel plans it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select

from qiao.channels.contract.channel import DeliveryRefused, Sent
from qiao.channels.contract.degrade import degrade
from qiao.channels.contract.deliveries import note_sent
from qiao.channels.contract.endpoints import Place
from qiao.channels.contract.messages import Outbound
from qiao.channels.contract.models import Delivery
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations

FEW: Final = 2
"""With so many answers left, what a person writes waits a moment for what they write next."""
MOMENT: Final = 3.0
LOOKED_AT: Final = 20
_GONE: Final = ("sent", "delivered", "read")


@dataclass(frozen=True, slots=True)
class Together:
    """What goes out for a message, and the later ones that are in it."""

    message: Outbound
    others: tuple[UUID, ...] = ()


async def gone(db: Session, message_id: UUID) -> bool:
    """Whether a message has left, by itself or in an earlier one."""
    state = await db.scalar(select(Delivery.state).where(Delivery.message_id == message_id))
    return state in _GONE


async def pause() -> None:
    """For what is being written now."""
    await asyncio.sleep(MOMENT)


async def together(runtime: Runtime, place: Place, customer_id: UUID, message: Outbound, left: int) -> Together:
    """What to send for `message` when `left` answers are left. Raises DeliveryRefused where it takes more than that."""
    plan = place.channel.plan
    if plan is None or message.payload.get("template"):
        return Together(message)
    if left <= FEW and message.kind == "text" and message.author_kind == "user":
        await pause()
    async with runtime.db.read() as db:
        waiting = await _waiting(db, place, customer_id, message)
    capabilities = place.channel.manifest.capabilities
    fitting = [degrade(one, capabilities, one.locale) for one in (message, *waiting)]
    planned = next((one for one in plan(fitting, left) if one.id == message.id), None)
    if planned is None:
        raise DeliveryRefused("channels.refused.window_closed")
    merged = [UUID(one) for one in planned.payload.get("merged", ())]
    body = msgspec.structs.replace(
        planned, payload={key: value for key, value in planned.payload.items() if key != "merged"}
    )
    return Together(body, tuple(one for one in merged if one != message.id))


async def note_others(db: Session, place: Place, conversation_id: UUID, others: Sequence[UUID], address: str) -> None:
    """They have left in an earlier message, and took no answer of their own."""
    for message_id in others:
        await note_sent(db, place, conversation_id, message_id, address, Sent(answers=0))


async def _waiting(db: Session, place: Place, customer_id: UUID, message: Outbound) -> list[Outbound]:
    """What was said to the customer after `message` and has not left; their next word ends it: it renews the answers."""
    views, _ = await conversations.history(
        db, place.inbox.id, customer_id, after=(message.conversation_id, message.seq), limit=LOOKED_AT
    )
    known = await db.execute(select(Delivery.message_id).where(Delivery.message_id.in_([view.id for view in views])))
    settled = set(known.scalars())
    found: list[Outbound] = []
    for view in views:
        if view.author.kind == "customer" or view.conversation_id != message.conversation_id:
            break
        if view.id in settled or view.recalled_at is not None:
            continue
        if view.kind == "event" and "event" not in place.channel.manifest.capabilities.sends:
            continue
        later = Outbound.of(view, message.conversation_number, message.address)
        found.append(msgspec.structs.replace(later, locale=message.locale, threads=message.threads))
    return found
