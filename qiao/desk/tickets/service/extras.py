"""What hangs on a ticket: a checklist, time spent, what the customer thought of it."""

from datetime import datetime, timedelta
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Forbidden, Invalid, NotFound, Refused
from qiao.core.ids import new_id
from qiao.desk.tickets import errors, policy, repository
from qiao.desk.tickets.events import TicketChanged, TicketRated
from qiao.desk.tickets.models import ChecklistItem, Worklog
from qiao.desk.tickets.schemas import ItemPatch, ItemView, TicketView, WorklogView
from qiao.desk.tickets.service import reading, rows
from qiao.desk.tickets.service.rows import Held

ITEMS = 200


async def _noting(db: Session, actor: Actor, ticket_id: UUID) -> Held:
    held = await rows.living(db, actor, ticket_id)
    if not policy.may_note(actor, held.scope):
        raise errors.not_yours()
    return held


async def _item_changed(db: Session, held: Held, what: str, text: str) -> None:
    rows.touch(held)
    await rows.append(db, held, "event", payload={"type": f"checklist.{what}", "params": {"text": text}})
    await rows.announce(db, held, TicketChanged(ticket_id=held.row.id, fields=("checklist",)))


async def add_item(db: Session, actor: Actor, ticket_id: UUID, text: str) -> list[ItemView]:
    held = await _noting(db, actor, ticket_id)
    found = await repository.checklist(db, ticket_id)
    if len(found) >= ITEMS:
        raise Invalid.field("text", "ticket.checklist_full", most=ITEMS)
    position = found[-1].position + 1 if found else 0
    db.add(ChecklistItem(id=new_id(), ticket_id=ticket_id, position=position, text=text))
    await _item_changed(db, held, "added", text)
    return await reading.checklist(db, ticket_id)


async def change_item(db: Session, actor: Actor, ticket_id: UUID, item_id: UUID, patch: ItemPatch) -> list[ItemView]:
    """Other words, done or not, another place."""
    held = await _noting(db, actor, ticket_id)
    found = await repository.checklist(db, ticket_id)
    item = next((one for one in found if one.id == item_id), None)
    if item is None:
        raise NotFound("ticket.item_not_found")
    what = None
    if patch.text is not None and patch.text != item.text:
        item.text, what = patch.text, "changed"
    if patch.done is not None and patch.done != (item.done_at is not None):
        item.done_at, item.done_by = (clock.now(), actor.id) if patch.done else (None, None)
        what = "done" if patch.done else "undone"
    if patch.position is not None:
        others = [one for one in found if one.id != item_id]
        others.insert(min(patch.position, len(others)), item)
        for place, one in enumerate(others):
            one.position = place
    if what is not None:
        await _item_changed(db, held, what, item.text)
    else:
        await rows.announce(db, held, TicketChanged(ticket_id=ticket_id, fields=("checklist",)))
    return await reading.checklist(db, ticket_id)


async def remove_item(db: Session, actor: Actor, ticket_id: UUID, item_id: UUID) -> list[ItemView]:
    held = await _noting(db, actor, ticket_id)
    item = next((one for one in await repository.checklist(db, ticket_id) if one.id == item_id), None)
    if item is None:
        raise NotFound("ticket.item_not_found")
    await db.delete(item)
    await _item_changed(db, held, "removed", item.text)
    return await reading.checklist(db, ticket_id)


async def log_work(
    db: Session, actor: Actor, ticket_id: UUID, *, seconds: int, note: str = "", started_at: datetime | None = None
) -> list[WorklogView]:
    """Time the actor spent."""
    held = await _noting(db, actor, ticket_id)
    if actor.kind != "user" or actor.id is None:
        raise Forbidden("forbidden")
    now = clock.now()
    begun = started_at or now - timedelta(seconds=seconds)
    if begun > now + timedelta(minutes=1):
        raise Invalid.field("started_at", "ticket.worklog_future")
    db.add(Worklog(id=new_id(), ticket_id=ticket_id, user_id=actor.id, seconds=seconds, note=note, started_at=begun))
    rows.touch(held)
    params = {"seconds": seconds, "note": note}
    await rows.append(db, held, "event", payload={"type": "worklog.added", "params": params})
    await rows.announce(db, held, TicketChanged(ticket_id=ticket_id, fields=("worklogs",)))
    return await reading.worklogs(db, actor, ticket_id)


async def remove_work(db: Session, actor: Actor, ticket_id: UUID, worklog_id: UUID) -> list[WorklogView]:
    """Takes back time one logged oneself; managers of tickets anybody's."""
    held = await _noting(db, actor, ticket_id)
    row = await db.get(Worklog, worklog_id)
    if row is None or row.ticket_id != ticket_id:
        raise NotFound("ticket.worklog_not_found")
    if row.user_id != actor.id and not actor.may("tickets.manage"):
        raise Forbidden("ticket.worklog_not_yours")
    await db.delete(row)
    rows.touch(held)
    params = {"seconds": row.seconds, "note": row.note}
    await rows.append(db, held, "event", payload={"type": "worklog.removed", "params": params})
    await rows.announce(db, held, TicketChanged(ticket_id=ticket_id, fields=("worklogs",)))
    return await reading.worklogs(db, actor, ticket_id)


async def rate(db: Session, actor: Actor, ticket_id: UUID, rating: int, comment: str = "") -> TicketView:
    """What the customer thinks of how it went, 1 to 5. By the customer, or a room that heard it from them."""
    held = await rows.living(db, actor, ticket_id)
    if actor.kind not in ("customer", "system", "bot"):
        raise Forbidden("ticket.rate_customer_only")
    row = held.row
    if row.status not in policy.DONE:
        raise Refused("ticket.rate_when_done")
    if not 1 <= rating <= 5:
        raise Invalid.field("rating", "number_out_of_range")
    before = row.rating
    if (before, row.rating_comment or "") != (rating, comment):
        row.rating, row.rating_comment = rating, comment or None
        rows.touch(held)
        params = {"rating": rating, "previous": before, "comment": comment}
        await rows.append(db, held, "event", payload={"type": "rated", "params": params, "public": True})
        await rows.announce(db, held, TicketRated(ticket_id=row.id, rating=rating))
    return await reading.shown(db, actor, row)
