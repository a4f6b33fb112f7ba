"""The one place where a ticket's state changes, whoever changes it: every date and counter that hangs on it stays true."""

from typing import Any
from uuid import UUID

from qiao.core.db import Session
from qiao.desk.tickets import policy
from qiao.desk.tickets.definition import State
from qiao.desk.tickets.events import TicketMoved
from qiao.desk.tickets.service import rows
from qiao.desk.tickets.service.rows import Held


def enter(held: Held, state: State) -> dict[str, list[Any]]:
    """Puts the ticket into a state and returns what differs; counts as a change."""
    row = held.row
    now = rows.touch(held)
    changes: dict[str, list[Any]] = {}
    if row.state != state.key:
        changes["state"] = [row.state, state.key]
    if row.status != state.status:
        changes["status"] = [row.status, state.status]
    was_done, is_done = row.status in policy.DONE, state.status in policy.DONE
    row.state, row.status = state.key, state.status
    if is_done:
        row.solved_at = row.solved_at or now
        row.customer_wrote_at = None
    row.closed_at = (row.closed_at or now) if state.status == "closed" else None
    if was_done and not is_done:
        row.solved_at = None
        row.reopened += 1
        changes["reopened"] = [row.reopened - 1, row.reopened]
    if state.status != "on_hold" and row.waiting_on is not None:
        changes["waiting_on"] = [row.waiting_on, None]
        row.waiting_on = None
    return changes


async def moved(
    db: Session, held: Held, before: tuple[str, str], *, transition: str | None = None, reason: str | None = None
) -> None:
    """Announces a change of state; `before` is the state and status it came from."""
    await rows.announce(
        db,
        held,
        TicketMoved(
            ticket_id=held.row.id,
            previous_status=before[1],
            status=held.row.status,
            previous_state=before[0],
            state=held.row.state,
            transition=transition,
            reason=reason,
        ),
    )


async def walk(
    db: Session,
    held: Held,
    state: State,
    *,
    transition: str | None = None,
    reason: str | None = None,
    also: dict[str, list[Any]] | None = None,
) -> None:
    """Enters a state, writes the line, announces it. `also` are changes that belong to the same line."""
    before = (held.row.state, held.row.status)
    changes = enter(held, state) | (also or {})
    payload = {key: value for key, value in (("transition", transition), ("reason", reason)) if value}
    await rows.changed(db, held, changes, payload=payload)
    await moved(db, held, before, transition=transition, reason=reason)


def waiting_id(held: Held) -> UUID | None:
    """The id of what a ticket on hold waits for."""
    found = (held.row.waiting_on or {}).get("id")
    return UUID(str(found)) if found else None
