"""Somebody's open tickets and tasks: how many, and to whom they go."""

from typing import Final
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.conditions import Group, Test
from qiao.core.db import Session
from qiao.core.errors import Forbidden, Invalid, NotFound
from qiao.desk.handover.schemas import HandedOver, OpenWork
from qiao.desk.tasks import service as tasks
from qiao.desk.ticketlists import bulk, lists
from qiao.desk.ticketlists.schemas import Action, Asked, BulkBody
from qiao.people.accounts import service as accounts

_OPEN: Final = ["new", "open", "pending", "on_hold"]


async def open_work(db: Session, actor: Actor, user_id: UUID) -> OpenWork:
    """Raises NotFound for somebody who never worked here."""
    await _known(db, user_id)
    counted = await lists.count(db, Actor.system(), _tickets_of(user_id))
    return OpenWork(tickets=counted.count, more=counted.more, tasks=await tasks.count_open_of(db, user_id))


async def hand_over(db: Session, actor: Actor, user_id: UUID, to: UUID | None) -> HandedOver:
    """All of it. Raises Invalid for somebody who cannot take tickets, Forbidden for a caller who may not move them."""
    await _known(db, user_id)
    asked = _tickets_of(user_id)
    tickets = (await lists.count(db, Actor.system(), asked)).count
    if to is not None:
        if to == user_id or not await accounts.exists(db, to):
            raise Invalid.field("to", "handover.person_unfit")
        if tickets and to not in await accounts.holders(db, "tickets.handle"):
            raise Invalid.field("to", "handover.person_unfit")
    if tickets and not actor.may("tickets.handle"):
        raise Forbidden("permission_missing", permission="tickets.handle")
    moved = await tasks.hand_over(db, actor, user_id, to)
    if not tickets:
        return HandedOver(bulk_id=None, tickets=0, tasks=moved)
    started = await bulk.ask(db, actor, BulkBody(query=asked, action=Action(assignee_id=to)))
    return HandedOver(bulk_id=started.id, tickets=started.total, tasks=moved)


def _tickets_of(user_id: UUID) -> Asked:
    mine = Test(fact="assignee_id", op="is", value=str(user_id))
    return Asked(filter=Group(match="all", conditions=[Test(fact="status", op="in", value=list(_OPEN)), mine]))


async def _known(db: Session, user_id: UUID) -> None:
    if user_id not in await accounts.people(db, [user_id]):
        raise NotFound("user_not_found")
