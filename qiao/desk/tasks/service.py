"""The verbs of tasks. All take the ticket's lock first: whether it may go on depends on its tasks together."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from qiao.core.events import Audience, Event, emit
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.tasks import policy, repository
from qiao.desk.tasks.events import TaskChanged, TaskCreated, TaskMoved, TaskOverdue
from qiao.desk.tasks.models import Task
from qiao.desk.tasks.policy import OPEN, Move, Part
from qiao.desk.tasks.ports import Holder
from qiao.desk.tasks.schemas import (
    AssignBody,
    FinishBody,
    Named,
    Progress,
    TaskCounts,
    TaskCreate,
    TaskPatch,
    TaskView,
    TicketRef,
)
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketFacts
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.notifications import service as notifications
from qiao.people.organization import service as organization

SYSTEM: Final = Actor.system()
DONE: Final = frozenset({"solved", "closed"})
HOLDS: Final = frozenset({"department", "approval"})
"""Kinds of `waiting_on` that stand for something open here or above."""


# -- reading -----------------------------------------------------------------------------------------------------------


async def get(db: Session, actor: Actor, task_id: UUID) -> TaskView:
    row, ticket = await _visible(db, actor, task_id)
    return (await _views(db, actor, [row], {ticket.id: ticket}))[0]


async def of_ticket(db: Session, actor: Actor, ticket_id: UUID) -> list[TaskView]:
    """All tasks of a ticket `actor` may see, in the order they were asked."""
    ticket = await tickets.require_visible(db, actor, ticket_id)
    return await _views(db, actor, await repository.of_ticket(db, ticket_id), {ticket_id: ticket})


async def listing(
    db: Session,
    actor: Actor,
    *,
    scope: str = "department",
    which: str = "open",
    department_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[TaskView], str | None]:
    """The actor's queue, by due date."""
    after = decode_cursor(cursor, tuple[datetime | None, UUID])
    if scope == "department" and actor.department_id is None:
        return [], None
    rows = await repository.page(
        db,
        actor,
        scope=scope,
        which=which,
        department_id=department_id,
        now=clock.now(),
        after=after,
        limit=limit + 1,
    )
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = encode_cursor(last.closed_at if which == "over" else last.due_at, last.id)
    shown = rows[:limit]
    facts = await tickets.facts_many(db, list({row.ticket_id for row in shown}))
    return await _views(db, actor, shown, facts), following


async def counts(db: Session, actor: Actor) -> TaskCounts:
    mine, department, overdue = await repository.counts(db, actor, clock.now())
    return TaskCounts(mine=mine, department=department if actor.department_id else 0, overdue=overdue)


async def progress(db: Session, ticket_id: UUID) -> list[Progress]:
    """What the customer may know: which departments work on it. The caller has checked that it is their ticket."""
    names = await organization.department_names(db)
    found: dict[UUID, Progress] = {}
    for row in await repository.of_ticket(db, ticket_id):
        name = names.get(row.department_id)
        if name is None or row.state in ("cancelled", "returned"):
            continue
        going = row.state in OPEN
        known = found.get(row.department_id)
        if known is None or going:
            since = row.created_at if going else row.closed_at or row.created_at
            found[row.department_id] = Progress(department=name, state="working" if going else "finished", since=since)
    return list(found.values())


async def open_blocking(db: Session, ticket_id: UUID) -> int:
    """How many open tasks a ticket waits for."""
    return await repository.count_blocking(db, ticket_id)


# -- asking ------------------------------------------------------------------------------------------------------------


async def create(db: Session, actor: Actor, ticket_id: UUID, body: TaskCreate) -> TaskView:
    """Asks a department to do something. Involves it in the ticket; a blocking one puts the ticket on hold."""
    ticket = await _lock(db, actor, ticket_id)
    if actor.kind == "user":
        actor.require("tickets.handle")
    if ticket.status in DONE or ticket.merged_into_id is not None:
        raise Refused("task.ticket_over", ref=ticket.ref)
    names = await organization.department_names(db)
    if body.department_id not in names:
        raise Invalid.field("department_id", "task.department_unknown")
    if body.assignee_id is not None:
        await _check_worker(db, body.assignee_id, "assignee_id")
    now = clock.now()
    row = Task(
        id=new_id(),
        ticket_id=ticket_id,
        title=body.title,
        details=body.details,
        department_id=body.department_id,
        assignee_id=body.assignee_id,
        due_at=body.due_at,
        blocking=body.blocking,
        state="waiting",
        result="",
        reason="",
        version=1,
        created_by_kind=actor.kind,
        created_by=actor.id if actor.kind == "user" else None,
        created_at=now,
        updated_at=now,
    )
    db.add(row)
    await db.flush()
    users = [body.assignee_id] if body.assignee_id else []
    await tickets.involve(db, SYSTEM, ticket_id, users=users, departments=[body.department_id], reason="task")
    await _note(db, actor, row, "created", department=names[row.department_id])
    await _emit(
        db,
        actor,
        row,
        TaskCreated(task_id=row.id, ticket_id=ticket_id, department_id=row.department_id, blocking=row.blocking),
    )
    await audit.record(
        db, actor, "task.created", "task", row.id, {"ticket": [None, ticket.ref], "title": [None, row.title]}
    )
    await settle(db, ticket_id)
    await _tell_doers(db, actor, row, ticket, "assigned" if row.assignee_id else "created", names)
    return await _after(db, actor, row)


async def update(db: Session, actor: Actor, task_id: UUID, body: TaskPatch) -> TaskView:
    """Changes what is given of an open task."""
    row, ticket, who = await _locked(db, actor, task_id)
    _require(who.asking)
    _require_open(row)
    given = {key: getattr(body, key) for key in body.model_fields_set}
    given = {key: value for key, value in given.items() if value is not None or key == "due_at"}
    before = audit.snapshot(row)
    for key, value in given.items():
        setattr(row, key, value)
    changes = audit.diff(before, audit.snapshot(row), model=Task)
    if not changes:
        return await _after(db, actor, row)
    if "due_at" in changes:
        row.overdue_told_at = None
    await _changed(db, actor, row, tuple(changes))
    await _note(db, actor, row, "changed", fields=sorted(changes), due_at=row.due_at)
    await audit.record(db, actor, "task.updated", "task", row.id, changes)
    await settle(db, ticket.id)
    return await _after(db, actor, row)


async def cancel(db: Session, actor: Actor, task_id: UUID, reason: str) -> TaskView:
    """The asking side does not need it any more."""
    return await _move(db, actor, task_id, "cancel", reason=reason, asking=True)


async def reopen(db: Session, actor: Actor, task_id: UUID, reason: str) -> TaskView:
    """The asking side wants it after all, or done again."""
    return await _move(db, actor, task_id, "reopen", reason=reason, asking=True)


async def remind(db: Session, actor: Actor, task_id: UUID) -> TaskView:
    """Asks for it once more; not more often than every ten minutes."""
    row, ticket, who = await _locked(db, actor, task_id)
    _require(who.asking)
    _require_open(row)
    now = clock.now()
    if row.reminded_at is not None and now - row.reminded_at < policy.REMIND_AGAIN:
        raise Refused("task.reminded_lately")
    row.reminded_at = now
    await _note(db, actor, row, "reminded")
    await _tell_doers(db, actor, row, ticket, "reminder", await organization.department_names(db))
    return await _after(db, actor, row)


# -- doing -------------------------------------------------------------------------------------------------------------


async def accept(db: Session, actor: Actor, task_id: UUID) -> TaskView:
    """The actor takes it: nobody else has to."""
    return await _move(db, actor, task_id, "accept", doing=True)


async def assign(db: Session, actor: Actor, task_id: UUID, body: AssignBody) -> TaskView:
    """Gives an open task to somebody, or back to the department as a whole."""
    row, ticket, who = await _locked(db, actor, task_id)
    _require(who.doing or who.asking)
    _require_open(row)
    if body.user_id == row.assignee_id:
        return await _after(db, actor, row)
    name = None
    if body.user_id is not None:
        name = await _check_worker(db, body.user_id, "user_id")
        await tickets.involve(db, SYSTEM, ticket.id, users=[body.user_id], reason="task")
    before = audit.snapshot(row)
    row.assignee_id = body.user_id
    await _changed(db, actor, row, ("assignee_id",))
    await _note(db, actor, row, "assigned", assignee=name)
    await audit.record(db, actor, "task.assigned", "task", row.id, audit.diff(before, audit.snapshot(row), model=Task))
    if row.assignee_id is not None:
        await _tell_doers(db, actor, row, ticket, "assigned", await organization.department_names(db))
    return await _after(db, actor, row)


async def count_open_of(db: Session, user_id: UUID) -> int:
    """How many open tasks are in somebody's name."""
    return len(await repository.open_of_person(db, user_id))


async def hand_over(db: Session, actor: Actor, user_id: UUID, to: UUID | None) -> int:
    """All open tasks of somebody who leaves: to a colleague, or, if they may not do tasks, back to the departments."""
    if to is not None and to not in await accounts.holders(db, "tasks.handle"):
        to = None
    ids = await repository.open_of_person(db, user_id)
    for task_id in ids:
        await assign(db, actor, task_id, AssignBody(user_id=to))
    return len(ids)


async def finish(db: Session, actor: Actor, task_id: UUID, body: FinishBody) -> TaskView:
    """Done, with what came of it. The last blocking one lets the ticket go on."""
    return await _move(db, actor, task_id, "finish", result=body.result.strip(), files=body.files, doing=True)


async def hand_back(db: Session, actor: Actor, task_id: UUID, reason: str) -> TaskView:
    """Back to who asked: not ours, or not possible, and why."""
    return await _move(db, actor, task_id, "hand_back", reason=reason, doing=True)


_LINES: Final[dict[Move, str]] = {
    "accept": "accepted",
    "finish": "finished",
    "hand_back": "handed_back",
    "cancel": "cancelled",
    "reopen": "reopened",
}


async def _move(
    db: Session,
    actor: Actor,
    task_id: UUID,
    move: Move,
    *,
    reason: str = "",
    result: str = "",
    files: Collection[UUID] = (),
    asking: bool = False,
    doing: bool = False,
) -> TaskView:
    row, ticket, who = await _locked(db, actor, task_id)
    _require((who.asking and asking) or (who.doing and doing))
    previous, row.state = row.state, policy.next_state(row.state, move)
    if move == "reopen" and (ticket.status in DONE or ticket.merged_into_id is not None):
        raise Refused("task.ticket_over", ref=ticket.ref)
    now = clock.now()
    over = row.state not in OPEN
    row.closed_at, row.closed_by = (now, actor.id) if over else (None, None)
    if move == "accept":
        row.accepted_at, row.assignee_id = now, actor.id if actor.kind == "user" else row.assignee_id
    if move == "reopen":
        row.accepted_at = row.overdue_told_at = None
    if move == "finish":
        row.result = result
    row.reason = reason
    row.version += 1
    row.updated_at = now
    await db.flush()
    names = await organization.department_names(db)
    if files:
        await tickets.comment(db, actor, ticket.id, body=result or row.title, public=False, files=list(files))
    await _note(
        db,
        actor,
        row,
        _LINES[move],
        department=names.get(row.department_id),
        reason=reason or result[:500] or None,
    )
    fact = TaskMoved(
        task_id=row.id, ticket_id=ticket.id, department_id=row.department_id, previous=previous, state=row.state
    )
    await _emit(db, actor, row, fact)
    await _record_move(db, actor, row, move, previous)
    released = await settle(db, ticket.id)
    await _tell_of_move(db, actor, row, ticket, move, names, released)
    return await _after(db, actor, row)


async def _record_move(db: Session, actor: Actor, row: Task, move: Move, previous: str) -> None:
    changes = {"state": [previous, row.state]}
    match move:
        case "accept":
            await audit.record(db, actor, "task.accepted", "task", row.id, changes)
        case "finish":
            await audit.record(db, actor, "task.finished", "task", row.id, changes)
        case "hand_back":
            await audit.record(db, actor, "task.handed_back", "task", row.id, changes)
        case "cancel":
            await audit.record(db, actor, "task.cancelled", "task", row.id, changes)
        case "reopen":
            await audit.record(db, actor, "task.reopened", "task", row.id, changes)


# -- the ticket on hold ------------------------------------------------------------------------------------------------


async def blocked_by(db: Session, ticket_id: UUID) -> dict[str, Any] | None:
    """What a ticket waits for: its oldest open blocking task, else what rooms above hold it for; None when it may go on."""
    row = await repository.first_blocking(db, ticket_id)
    if row is not None:
        name = (await organization.department_names(db)).get(row.department_id)
        return {"kind": "department", "id": str(row.department_id), "name": name, "task_id": str(row.id)}
    # The registry is keyed by the protocol itself.
    holder: Holder | None = runtime_of(db).parts.get(Holder)
    return await holder.waiting_on(db, ticket_id) if holder is not None else None


async def settle(db: Session, ticket_id: UUID) -> bool:
    """Puts the ticket on hold or lets it go on, as its tasks and approvals say. Returns whether it goes on just now."""
    ticket = await tickets.facts(db, ticket_id)
    if ticket is None or ticket.status in DONE or ticket.merged_into_id is not None:
        return False
    wanted, present = await blocked_by(db, ticket_id), ticket.waiting_on or {}
    if wanted is not None:
        # Whoever moves a ticket off hold takes its `waiting_on` away.
        if any(present.get(key) != value for key, value in wanted.items()):
            await tickets.hold(db, SYSTEM, ticket_id, waiting_on=wanted, reason=wanted["kind"])
        return False
    if present.get("kind") in HOLDS:
        await tickets.release(db, SYSTEM, ticket_id, reason=str(present["kind"]))
        return True
    return False


async def abandon(db: Session, ticket_id: UUID, reason: str) -> int:
    """Cancels what is open of a ticket that ended otherwise. Returns how many there were."""
    await repository.lock_ticket(db, ticket_id)
    rows = await repository.open_of(db, ticket_id)
    for row in rows:
        await _move(db, SYSTEM, row.id, "cancel", reason=reason, asking=True)
    return len(rows)


async def take_over(db: Session, from_id: UUID, into_id: UUID) -> None:
    """The tasks of a ticket that was merged go on in the other."""
    if not await repository.move_all(db, from_id, into_id):
        return
    rows = await repository.of_ticket(db, into_id)
    users = list({row.assignee_id for row in rows if row.assignee_id})
    departments = list({row.department_id for row in rows})
    await tickets.involve(db, SYSTEM, into_id, users=users, departments=departments, reason="task")
    await settle(db, into_id)


# -- within ------------------------------------------------------------------------------------------------------------


async def _lock(db: Session, actor: Actor, ticket_id: UUID) -> TicketFacts:
    await repository.lock_ticket(db, ticket_id)
    return await tickets.require_visible(db, actor, ticket_id)


async def _visible(db: Session, actor: Actor, task_id: UUID) -> tuple[Task, TicketFacts]:
    row = await repository.task(db, task_id)
    if row is None:
        raise NotFound("task.not_found")
    try:
        return row, await tickets.require_visible(db, actor, row.ticket_id)
    except NotFound:
        raise NotFound("task.not_found") from None


async def _locked(db: Session, actor: Actor, task_id: UUID) -> tuple[Task, TicketFacts, Part]:
    ticket_id = await repository.ticket_of(db, task_id)
    if ticket_id is None:
        raise NotFound("task.not_found")
    await repository.lock_ticket(db, ticket_id)
    row, ticket = await _visible(db, actor, task_id)
    if row.ticket_id != ticket_id:
        raise Conflict("busy_try_again")  # its ticket was merged this very moment
    return row, ticket, _part(actor, row)


def _part(actor: Actor, row: Task) -> Part:
    return policy.part(
        actor,
        department_id=row.department_id,
        assignee_id=row.assignee_id,
        created_by=row.created_by,
        handles=actor.may("tickets.handle"),
    )


def _require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden("task.not_yours")


def _require_open(row: Task) -> None:
    if row.state not in OPEN:
        raise Refused("task.over")


async def _check_worker(db: Session, user_id: UUID, field: str) -> str:
    """The name of somebody who may be given a task. Raises Invalid."""
    people = await accounts.people(db, [user_id])
    if user_id not in people or user_id not in await accounts.holders(db, "tasks.handle"):
        raise Invalid.field(field, "task.assignee_unfit")
    return people[user_id].name


async def _changed(db: Session, actor: Actor, row: Task, fields: tuple[str, ...]) -> None:
    row.version += 1
    row.updated_at = clock.now()
    await db.flush()
    fact = TaskChanged(task_id=row.id, ticket_id=row.ticket_id, department_id=row.department_id, fields=fields)
    await _emit(db, actor, row, fact)


async def _emit(db: Session, actor: Actor, row: Task, fact: Event) -> None:
    users = tuple({user for user in (row.assignee_id, row.created_by) if user is not None})
    await emit(db, fact, actor=actor, conversation_id=row.ticket_id, audience=Audience(users=users))


async def _note(db: Session, actor: Actor, row: Task, what: str, **params: Any) -> None:
    known = {key: value for key, value in params.items() if value is not None}
    params = {"task_id": str(row.id), "title": row.title, **known}
    await tickets.note_event(db, actor, row.ticket_id, f"task.{what}", params)


def _words(row: Task, ticket: TicketFacts, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "number": ticket.ref,
        "title": ticket.title,
        "task": row.title,
        "task_id": str(row.id),
        "department": names.get(row.department_id, ""),
        "reason": row.reason,
    }


async def _tell_doers(
    db: Session, actor: Actor, row: Task, ticket: TicketFacts, what: str, names: dict[UUID, str]
) -> None:
    """Tells the assignee, or the department when nobody has it yet."""
    if row.assignee_id is not None:
        users: Collection[UUID] = [row.assignee_id]
    else:
        users = await accounts.working_in(db, "tasks.handle", row.department_id)
    link = f"/tickets/{ticket.number}"
    await notifications.tell(db, users, f"task.{what}", params=_words(row, ticket, names), link=link, actor=actor)


async def _tell_of_move(
    db: Session,
    actor: Actor,
    row: Task,
    ticket: TicketFacts,
    move: Move,
    names: dict[UUID, str],
    released: bool,
) -> None:
    """Who asked hears what came of it; when the ticket goes on by that, so does everybody who watches it."""
    if move in ("cancel", "reopen"):
        await _tell_doers(db, actor, row, ticket, _LINES[move], names)
    if move not in ("finish", "hand_back"):
        return
    users = {user for user in (row.created_by, ticket.assignee_id) if user is not None}
    if released:
        users.update(await tickets.watchers_of(db, ticket.id))
    link = f"/tickets/{ticket.number}"
    params = _words(row, ticket, names)
    await notifications.tell(db, users, f"task.{_LINES[move]}", params=params, link=link, actor=actor)


async def tell_overdue(db: Session, task_id: UUID) -> bool:
    """Tells who has it and who asked that its date has passed, once. Returns whether it was so."""
    ticket_id = await repository.ticket_of(db, task_id)
    if ticket_id is None:
        return False
    await repository.lock_ticket(db, ticket_id)
    row, now = await repository.task(db, task_id), clock.now()
    ticket = await tickets.facts(db, ticket_id)
    if row is None or ticket is None or row.state not in OPEN or row.overdue_told_at or not row.due_at:
        return False
    if row.due_at >= now:
        return False
    row.overdue_told_at = now
    await db.flush()
    names = await organization.department_names(db)
    await _note(db, SYSTEM, row, "overdue", department=names.get(row.department_id))
    fact = TaskOverdue(task_id=row.id, ticket_id=ticket_id, department_id=row.department_id)
    await _emit(db, SYSTEM, row, fact)
    await _tell_doers(db, SYSTEM, row, ticket, "overdue", names)
    others = {user for user in (row.created_by, ticket.assignee_id) if user is not None} - {row.assignee_id}
    link = f"/tickets/{ticket.number}"
    await notifications.tell(db, others, "task.overdue", params=_words(row, ticket, names), link=link)
    return True


# -- showing -----------------------------------------------------------------------------------------------------------


async def _after(db: Session, actor: Actor, row: Task) -> TaskView:
    ticket = await tickets.facts(db, row.ticket_id)
    assert ticket is not None
    return (await _views(db, actor, [row], {ticket.id: ticket}))[0]


async def _views(db: Session, actor: Actor, rows: Sequence[Task], facts: dict[UUID, TicketFacts]) -> list[TaskView]:
    if not rows:
        return []
    departments = await organization.department_names(db)
    ids = {user for row in rows for user in (row.assignee_id, row.created_by, row.closed_by) if user is not None}
    people = {user_id: person.name for user_id, person in (await accounts.people(db, ids)).items()}
    now = clock.now()

    def named(user_id: UUID | None) -> Named | None:
        return None if user_id is None else Named(id=user_id, name=people.get(user_id))

    def view(row: Task) -> TaskView:
        ticket = facts[row.ticket_id]
        ticket_open = ticket.status not in DONE and ticket.merged_into_id is None
        return TaskView(
            id=row.id,
            ticket=TicketRef(
                id=ticket.id,
                number=ticket.number,
                ref=ticket.ref,
                title=ticket.title,
                status=ticket.status,
                priority=ticket.priority,
            ),
            title=row.title,
            details=row.details,
            department=Named(id=row.department_id, name=departments.get(row.department_id)),
            assignee=named(row.assignee_id),
            due_at=row.due_at,
            overdue=row.state in OPEN and row.due_at is not None and row.due_at < now,
            blocking=row.blocking,
            state=row.state,  # a check constraint holds it
            result=row.result,
            reason=row.reason,
            created_by=named(row.created_by),
            created_at=row.created_at,
            accepted_at=row.accepted_at,
            closed_at=row.closed_at,
            closed_by=named(row.closed_by),
            version=row.version,
            may=policy.may(row.state, _part(actor, row), ticket_open=ticket_open),
        )

    return [view(row) for row in rows if row.ticket_id in facts]
