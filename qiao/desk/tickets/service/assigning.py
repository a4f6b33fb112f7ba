"""Who is responsible: departments, people, tiers."""

from typing import Any
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, Refused
from qiao.desk.tickets import policy
from qiao.desk.tickets.events import TicketAssigned, TicketEscalated
from qiao.desk.tickets.schemas import UNSET, TicketView, Unset
from qiao.desk.tickets.service import checks, creating, reading, rows
from qiao.desk.tickets.service.rows import Held

TIERS = 3


async def assign(
    db: Session,
    actor: Actor,
    ticket_id: UUID,
    *,
    department_id: UUID | Unset | None = UNSET,
    user_id: UUID | Unset | None = UNSET,
    reason: str | None = None,
) -> TicketView:
    """Gives it to a department, to a person, or to nobody. Another department without a person takes it from who had it."""
    held = await rows.for_change(db, actor, ticket_id)
    row = held.row
    department = row.department_id if isinstance(department_id, Unset) else department_id
    if department is not None and department != row.department_id:
        await checks.department(db, department)
    if isinstance(user_id, Unset):
        user = row.assignee_id if department == row.department_id else None
    else:
        user = user_id
    if user is not None and user != row.assignee_id:
        await checks.assignee(db, user, "user_id")
    await give(db, held, department_id=department, user_id=user, reason=reason)
    # Who has given it away may not see it any more; the answer is still about what they did.
    return await reading.whole(db, held)


async def give(
    db: Session,
    held: Held,
    *,
    department_id: UUID | Unset | None = UNSET,
    user_id: UUID | Unset | None = UNSET,
    reason: str | None = None,
) -> bool:
    """Makes somebody responsible for a locked ticket. Returns whether that is a change."""
    row = held.row
    before_place, before_user = row.department_id, row.assignee_id
    row.department_id = before_place if isinstance(department_id, Unset) else department_id
    row.assignee_id = before_user if isinstance(user_id, Unset) else user_id
    changes: dict[str, list[Any]] = {}
    if row.department_id != before_place:
        changes["department_id"] = [before_place, row.department_id]
    if row.assignee_id != before_user:
        changes["assignee_id"] = [before_user, row.assignee_id]
    if not changes:
        return False
    rows.touch(held)
    await rows.changed(db, held, changes, payload={"reason": reason} if reason else None)
    await _announce(db, held, before_place, before_user, reason)
    return True


async def _announce(db: Session, held: Held, place: UUID | None, user: UUID | None, reason: str | None) -> None:
    row = held.row
    await rows.announce(
        db,
        held,
        TicketAssigned(
            ticket_id=row.id,
            department_id=row.department_id,
            user_id=row.assignee_id,
            previous_department_id=place,
            previous_user_id=user,
            reason=reason,
        ),
        users=[user],
        departments=[place],
    )


async def escalate(db: Session, actor: Actor, ticket_id: UUID, *, tier: int | None = None, reason: str) -> TicketView:
    """To a tier (one up by default): to the department and skill its type names for it, to nobody when nobody has it."""
    held = await rows.for_change(db, actor, ticket_id)
    row = held.row
    if not reason.strip():
        raise Invalid.field("reason", "field_missing")
    if row.status in policy.DONE:
        raise Refused("ticket.escalate_done")
    wanted = row.tier + 1 if tier is None else tier
    if not 1 <= wanted <= TIERS or wanted == row.tier:
        raise Invalid.field("tier", "ticket.tier_bad", tier=row.tier)
    before = (row.tier, row.department_id, row.assignee_id)
    rule = next((one for one in held.kind.definition.routing.tiers if one.tier == wanted), None)
    row.tier = wanted
    if rule is not None:
        row.department_id = rule.department_id or row.department_id
        found = await creating.choose(
            db,
            rows.facts_of(row, held.kind),
            row.department_id,
            rule,
            "round_robin" if held.kind.definition.routing.strategy == "round_robin" else "least_loaded",
            but=[one for one in (before[2],) if one is not None],
        )
        row.assignee_id = found
    changes: dict[str, list[Any]] = {"tier": [before[0], wanted]}
    if row.department_id != before[1]:
        changes["department_id"] = [before[1], row.department_id]
    if row.assignee_id != before[2]:
        changes["assignee_id"] = [before[2], row.assignee_id]
    rows.touch(held)
    await rows.changed(db, held, changes, payload={"reason": reason})
    fact = TicketEscalated(ticket_id=row.id, previous_tier=before[0], tier=wanted, reason=reason)
    await rows.announce(db, held, fact, users=[before[2]], departments=[before[1]])
    if len(changes) > 1:
        await _announce(db, held, before[1], before[2], reason)
    return await reading.whole(db, held)
