"""Who is involved beside the responsible: watchers, colleagues mentioned, departments with a task."""

from collections.abc import Collection
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Forbidden
from qiao.desk.tickets import errors, policy, repository
from qiao.desk.tickets.events import TicketChanged
from qiao.desk.tickets.service import checks, rows
from qiao.desk.tickets.service.rows import Held

SHOWN = 20
"""Names in a line about many watchers."""


async def involve(
    db: Session,
    actor: Actor,
    ticket_id: UUID,
    *,
    users: Collection[UUID] = (),
    departments: Collection[UUID] = (),
    reason: str,
    watching: bool = False,
) -> None:
    """Lets people and departments see the ticket for a reason (task, approval, mentioned, watcher). Safe to repeat."""
    held = await rows.living(db, actor, ticket_id)
    if not policy.may_note(actor, held.scope):
        raise errors.not_yours()
    await checks.colleagues(db, users, "users")
    for department_id in departments:
        await checks.department(db, department_id, "departments")
    new = await repository.involve(db, ticket_id, "user", list(users), reason, watching=watching)
    new += await repository.involve(db, ticket_id, "department", list(departments), reason, watching=False)
    if new:
        await _tell(db, held, "watchers" if watching else "involved")


async def uninvolve(
    db: Session,
    actor: Actor,
    ticket_id: UUID,
    *,
    users: Collection[UUID] = (),
    departments: Collection[UUID] = (),
    reason: str,
) -> None:
    """Takes the reason away; who has no other left does not see the ticket any more."""
    row = await repository.get(db, ticket_id, lock=True)
    if row is None:
        raise errors.not_found(ticket_id)
    held = await rows.unchecked(db, actor, row)
    gone = await repository.uninvolve(db, ticket_id, "user", list(users), reason)
    gone += await repository.uninvolve(db, ticket_id, "department", list(departments), reason)
    if gone:
        await _tell(db, held, "involved")


async def watch(db: Session, actor: Actor, ticket_id: UUID, *, users: Collection[UUID] | None = None) -> None:
    """The actor watches, or has colleagues watch, ten thousand at once if need be."""
    held = await rows.living(db, actor, ticket_id)
    wanted = _whom(held, users)
    await checks.colleagues(db, wanted, "add")
    new = await repository.involve(db, ticket_id, "user", wanted, "watcher", watching=True)
    await _note(db, held, added=new, removed=[])


async def unwatch(db: Session, actor: Actor, ticket_id: UUID, *, users: Collection[UUID] | None = None) -> None:
    held = await rows.living(db, actor, ticket_id)
    gone = await repository.uninvolve(db, ticket_id, "user", _whom(held, users), "watcher")
    await _note(db, held, added=[], removed=gone)


def _whom(held: Held, users: Collection[UUID] | None) -> list[UUID]:
    actor = held.actor
    own = [actor.id] if actor.kind == "user" and actor.id is not None else []
    if users is None:
        return own
    if set(users) - set(own) and not policy.may_handle(actor, held.scope):
        raise Forbidden("ticket.not_yours")
    return list(dict.fromkeys(users))


async def _note(db: Session, held: Held, *, added: list[UUID], removed: list[UUID]) -> None:
    """One line about watchers others chose; who watches for themselves does not fill the timeline."""
    changed = [*added, *removed]
    if not changed:
        return
    if changed != [held.actor.id]:
        rows.touch(held)
        names = [[str(one) for one in ids[:SHOWN]] for ids in (removed, added)]
        counts = {"removed": len(removed), "added": len(added)}
        await rows.changed(db, held, {"watchers": names}, payload={"counts": counts})
    await _tell(db, held, "watchers")


async def _tell(db: Session, held: Held, what: str) -> None:
    await rows.announce(db, held, TicketChanged(ticket_id=held.row.id, fields=(what,)))
