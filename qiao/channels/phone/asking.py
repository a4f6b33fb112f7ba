"""A customer asks to be called, in the chat or among their own pages."""

from uuid import UUID

from qiao.channels.phone import callbacks, numbers, promising, repository, showing
from qiao.channels.phone.schemas import CustomerCallback, CustomerPromise
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid
from qiao.desk.conversations import service as conversations
from qiao.people.customers import service as customers
from qiao.people.customers.policy import e164
from qiao.people.customers.schemas import Profile
from qiao.people.organization import service as organization


async def ask(
    db: Session, actor: Actor, customer_id: UUID, body: CustomerCallback, *, chat_inbox: UUID | None = None
) -> CustomerPromise:
    """Promises them a call. Where they wait in a chat of `chat_inbox`, its place in line counts, and the promise stands
    there."""
    line = await callbacks.line(db)
    if line is None:
        raise Conflict("phone.no_line")
    number = numbers.canonical(body.phone, (await organization.get_settings(db)).phone_region)
    if number is None or e164(number) is None:  # half a number, or one of a house, cannot be rung
        raise Invalid.field("phone", "phone_invalid")
    window = None
    if body.slot is not None:
        offered = promising.slots(await callbacks.calendar_of(db, line), clock.now())
        window = next((one for one in offered if one[0] == body.slot), None)
        if window is None:
            raise Invalid.field("slot", "phone.slot_gone")
    await customers.fill_contact(db, customer_id, Profile(name=body.name or None, phone=e164(number) or number))
    chat = await conversations.latest_of_customer(db, chat_inbox, customer_id) if chat_inbox is not None else None
    running = chat is not None and chat.status in ("bot", "queued", "assigned", "snoozed")
    row = await callbacks.promise(
        db,
        actor,
        line,
        key=f"web:{customer_id}:{body.client_id}"[:120],
        source="customer",
        customer_id=customer_id,
        number=number,
        topic=body.topic,
        waiting_since=chat.queued_at if chat is not None and chat.status == "queued" else None,
        window=window,
        conversation_id=chat.id if chat is not None and running else None,
    )
    return await showing.promised(db, row, await callbacks.timezone_of(db, line))


async def withdraw(db: Session, actor: Actor, customer_id: UUID) -> None:
    """They do not want to be called any more."""
    known = await repository.open_of_customer(db, customer_id)
    row = await repository.callback(db, known.id, lock=True) if known is not None else None
    if row is not None:
        await callbacks.cancel_by_customer(db, actor, row)
