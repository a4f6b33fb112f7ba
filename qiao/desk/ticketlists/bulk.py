"""Bulk operations: one action on many tickets, as a job that can be interrupted, watched and undone.

What is to be done stands in a row per ticket, so a job that starts again goes on with those that still wait. A ticket and
its row are written in one transaction.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core import clock, i18n, jobs
from qiao.core.actor import Actor
from qiao.core.db import Session, TryAgain
from qiao.core.errors import Conflict, NotFound, Problem
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.ticketlists import lists
from qiao.desk.ticketlists.models import TicketBulk, TicketBulkItem
from qiao.desk.ticketlists.schemas import Action, Asked, BulkBody, BulkItemView, BulkView
from qiao.desk.tickets import finding
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketFacts, TicketPatch
from qiao.people.accounts import audit
from qiao.people.accounts.access import actor_for
from qiao.people.accounts.identity import own_id

JOB: Final = "ticketlists.bulk"
UNDO_JOB: Final = "ticketlists.bulk_undo"
CHUNK: Final = 25
LARGEST: Final = 200_000
UNDO_FOR: Final = timedelta(hours=24)
KEPT_FOR: Final = timedelta(days=30)


# -- asking ------------------------------------------------------------------------------------------------------------


async def ask(db: Session, actor: Actor, body: BulkBody) -> BulkView:
    """Starts one after commit. The same key is the same operation. Raises Conflict for more tickets than go at once."""
    asker = own_id(actor)
    if body.key is not None:
        found = await db.scalar(
            select(TicketBulk.id).where(TicketBulk.key == _key(asker, body.key), TicketBulk.asked_by == asker)
        )
        if found is not None:
            return await get(db, actor, found)
    await finding.prepare(db)
    if body.ids is not None:
        chosen = list(dict.fromkeys(body.ids))
        seen = await finding.visible(db, await finding.scope_of(db, actor), chosen)
        wanted = [one for one in chosen if one in seen]
        if not wanted:
            raise NotFound("ticketlists.nothing_selected")
    else:
        asked = await lists.question(db, actor, body.query or Asked())
        wanted = await finding.ids(db, asked.reader.scope, asked.found, LARGEST + 1)
        if len(wanted) > LARGEST:
            raise Conflict("ticketlists.too_many_tickets", most=LARGEST)
        if not wanted:
            raise NotFound("ticketlists.nothing_selected")
    row = TicketBulk(
        id=new_id(),
        asked_by=asker,
        key=_key(asker, body.key) if body.key else None,
        action=body.action.model_dump(mode="json", exclude_unset=True),
        selection={"ids": len(wanted)} if body.ids else {"query": (body.query or Asked()).model_dump(mode="json")},
        state="running",
        total=len(wanted),
        created_at=clock.now(),
    )
    db.add(row)
    await db.flush()
    for start in range(0, len(wanted), 5000):
        await db.execute(
            insert(TicketBulkItem),
            [{"bulk_id": row.id, "ticket_id": one, "state": "waiting"} for one in wanted[start : start + 5000]],
        )
    row.job_id = await jobs.enqueue(db, actor, JOB, {"bulk_id": str(row.id)}, total=len(wanted))
    await audit.record(db, actor, "ticket_list.changed_many", "ticket_bulk", row.id, {"tickets": [None, len(wanted)]})
    await db.flush()
    return await get(db, actor, row.id)


def _key(asker: UUID, key: str) -> str:
    return f"{asker.hex[-12:]}:{key}"[:80]


async def _row(db: Session, actor: Actor, bulk_id: UUID, *, lock: bool = False) -> TicketBulk:
    query = select(TicketBulk).where(TicketBulk.id == bulk_id).execution_options(populate_existing=True)
    row = (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if row is None or (row.asked_by != actor.id and not actor.may("tickets.manage")):
        raise NotFound("ticketlists.bulk_not_found")
    return row


async def get(db: Session, actor: Actor, bulk_id: UUID) -> BulkView:
    """The caller's own, or with `tickets.manage` anybody's."""
    return await _view(db, actor, await _row(db, actor, bulk_id))


async def recent(db: Session, actor: Actor) -> list[BulkView]:
    """The caller's last operations."""
    rows = await db.execute(
        select(TicketBulk).where(TicketBulk.asked_by == own_id(actor)).order_by(TicketBulk.created_at.desc()).limit(20)
    )
    return [await _view(db, actor, row) for row in rows.scalars()]


async def _view(db: Session, actor: Actor, row: TicketBulk) -> BulkView:
    found = await db.execute(
        select(TicketBulkItem.state, func.count())
        .where(TicketBulkItem.bulk_id == row.id)
        .group_by(TicketBulkItem.state)
    )
    numbers = {state: int(number) for state, number in found.tuples()}
    return BulkView(
        id=row.id,
        job_id=row.job_id,
        state=row.state,
        action=row.action,
        total=row.total,
        created_at=row.created_at,
        finished_at=row.finished_at,
        undone_at=row.undone_at,
        may_undo=_may_undo(actor, row) and numbers.get("changed", 0) > 0,
        **{name: numbers.get(name, 0) for name in ("waiting", "changed", "same", "skipped", "restored", "kept")},
    )


def _may_undo(actor: Actor, row: TicketBulk) -> bool:
    return row.asked_by == actor.id and row.state == "done" and clock.now() < row.created_at + UNDO_FOR


async def items(
    db: Session, actor: Actor, bulk_id: UUID, *, state: str | None, cursor: str | None, limit: int
) -> tuple[list[BulkItemView], str | None]:
    """What happened to each ticket. One the caller may not see any more is left out."""
    row = await _row(db, actor, bulk_id)
    query = select(TicketBulkItem).where(TicketBulkItem.bulk_id == row.id)
    if state is not None:
        query = query.where(TicketBulkItem.state == state)
    after = decode_cursor(cursor, tuple[UUID])
    if after is not None:
        query = query.where(TicketBulkItem.ticket_id > after[0])
    rows = list((await db.execute(query.order_by(TicketBulkItem.ticket_id).limit(limit + 1))).scalars())
    following = encode_cursor(rows[limit - 1].ticket_id) if len(rows) > limit else None
    shown = rows[:limit]
    kinds = await finding.catalogue(db)
    scope = await finding.scope_of(db, actor)
    known = {one.id: one for one in await finding.rows_of(db, scope, [one.ticket_id for one in shown])}
    found = []
    for one in shown:
        ticket = known.get(one.ticket_id)
        if ticket is None:
            continue
        prefix = kinds[ticket.type_id].definition.prefix
        why = i18n.t(f"errors.{one.why}", actor.locale, **(one.params or {})) if one.why else None
        found.append(
            BulkItemView(
                ticket_id=one.ticket_id, ref=f"{prefix}-{ticket.number}", title=ticket.title, state=one.state, why=why
            )
        )
    return found, following


async def ask_undo(db: Session, actor: Actor, bulk_id: UUID) -> BulkView:
    """Restores what nobody has changed since. Raises Conflict when that is not possible any more."""
    row = await _row(db, actor, bulk_id, lock=True)
    if not _may_undo(actor, row):
        raise Conflict("ticketlists.undo_closed")
    changed = await db.scalar(
        select(func.count()).where(TicketBulkItem.bulk_id == row.id, TicketBulkItem.state == "changed")
    )
    row.state = "undoing"
    await audit.record(db, actor, "ticket_list.undone", "ticket_bulk", row.id)
    row.job_id = await jobs.enqueue(db, actor, UNDO_JOB, {"bulk_id": str(row.id)}, total=int(changed or 0))
    await db.flush()
    return await get(db, actor, row.id)


# -- doing -------------------------------------------------------------------------------------------------------------


@jobs.job(JOB)
async def _run(runtime: Runtime, payload: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    return await _through(runtime, UUID(payload["bulk_id"]), progress, "waiting", "done")


@jobs.job(UNDO_JOB)
async def _run_undo(runtime: Runtime, payload: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    return await _through(runtime, UUID(payload["bulk_id"]), progress, "changed", "undone")


async def _through(
    runtime: Runtime, bulk_id: UUID, progress: jobs.Progress, state: str, at_last: str
) -> dict[str, Any]:
    """Chunk after chunk until nothing is in `state` any more."""
    while True:
        left = await runtime.db.run(lambda db: _chunk(db, bulk_id, state))
        async with runtime.db.read() as db:
            waiting = int(
                await db.scalar(
                    select(func.count()).where(TicketBulkItem.bulk_id == bulk_id, TicketBulkItem.state == state)
                )
                or 0
            )
            row = await db.get_one(TicketBulk, bulk_id)
            total = row.total
            if state == "changed":
                total = int(
                    await db.scalar(
                        select(func.count()).where(
                            TicketBulkItem.bulk_id == bulk_id,
                            TicketBulkItem.state.in_(("changed", "restored", "kept")),
                        )
                    )
                    or 0
                )
        await progress.step(total - waiting, total)
        if left == 0:
            break
    async with runtime.db.transaction() as db:
        values: dict[str, Any] = {"state": at_last}
        values["undone_at" if at_last == "undone" else "finished_at"] = clock.now()
        await db.execute(update(TicketBulk).where(TicketBulk.id == bulk_id).values(values))
    return {"bulk_id": str(bulk_id)}


async def _chunk(db: Session, bulk_id: UUID, state: str) -> int:
    """The next tickets in `state`; returns how many there were."""
    bulk = await db.get_one(TicketBulk, bulk_id)
    rows = list(
        (
            await db.execute(
                select(TicketBulkItem)
                .where(TicketBulkItem.bulk_id == bulk_id, TicketBulkItem.state == state)
                .order_by(TicketBulkItem.ticket_id)
                .limit(CHUNK)
                .with_for_update()
            )
        ).scalars()
    )
    if not rows:
        return 0
    action = Action.model_validate(bulk.action)
    try:
        actor = await actor_for(db, bulk.asked_by)
    except NotFound as gone:
        for row in rows:
            _settle(row, "skipped" if state == "waiting" else "kept", gone)
        await db.flush()
        return len(rows)
    for row in rows:
        work = _apply(db, actor, action, row) if state == "waiting" else _restore(db, actor, action, row)
        try:
            async with db.begin_nested():
                await work
        except TryAgain:
            raise
        except Problem as refused:
            await db.refresh(row)
            _settle(row, "skipped" if state == "waiting" else "kept", refused)
    await db.flush()
    return len(rows)


def _settle(row: TicketBulkItem, state: str, refused: Problem) -> None:
    first = refused.fields[0] if refused.fields else None
    row.state = state
    row.why = first.code if first is not None else refused.code
    row.params = {key: str(value) for key, value in (first.params if first is not None else refused.params).items()}


async def _apply(db: Session, actor: Actor, action: Action, row: TicketBulkItem) -> None:
    before = await tickets.require_visible(db, actor, row.ticket_id)
    given = action.model_fields_set
    if action.priority is not None and action.priority != before.priority:
        await tickets.set_priority(db, actor, row.ticket_id, action.priority)
    move_to: dict[str, Any] = {}
    if "department_id" in given and action.department_id != before.department_id:
        move_to["department_id"] = action.department_id
    if "assignee_id" in given and action.assignee_id != before.assignee_id:
        move_to["user_id"] = action.assignee_id
    if move_to:
        await tickets.assign(db, actor, row.ticket_id, reason=action.reason, **move_to)
    more = [tag for tag in action.add_tags if tag not in before.tags]
    if more:
        await tickets.add_tags(db, actor, row.ticket_id, more)
    less = [tag for tag in action.remove_tags if tag in before.tags]
    if less:
        await tickets.remove_tags(db, actor, row.ticket_id, less)
    if "due_at" in given and action.due_at != before.due_at:
        await tickets.update(db, actor, row.ticket_id, TicketPatch(due_at=action.due_at))
    if action.comment.strip():
        await tickets.comment(
            db,
            actor,
            row.ticket_id,
            body=action.comment,
            public=action.public,
            client_id=f"bulk:{row.bulk_id}",
        )
    if action.transition is not None or (action.status is not None and action.status != before.status):
        await tickets.move(
            db, actor, row.ticket_id, transition=action.transition, status=action.status, reason=action.reason
        )
    after = await tickets.facts(db, row.ticket_id)
    if after is None:
        raise NotFound("ticketlists.nothing_selected")
    was, now = _kept(before), _kept(after)
    row.before = {key: value for key, value in was.items() if now[key] != value}
    row.after = {key: now[key] for key in row.before}
    row.version = after.version
    row.state = "changed" if row.before or action.comment.strip() else "same"
    if action.comment.strip():
        row.after = {**row.after, "comment": True}
    await db.flush()


def _kept(facts: TicketFacts) -> dict[str, Any]:
    """What an undo can give back, in a form that can be stored."""
    return {
        "priority": facts.priority,
        "department_id": str(facts.department_id) if facts.department_id else None,
        "assignee_id": str(facts.assignee_id) if facts.assignee_id else None,
        "tags": sorted(facts.tags),
        "due_at": facts.due_at.isoformat() if facts.due_at else None,
        "state": facts.state,
    }


async def _restore(db: Session, actor: Actor, action: Action, row: TicketBulkItem) -> None:
    """Gives back what was. Raises Conflict where somebody has changed one of these things since."""
    facts = await tickets.require_visible(db, actor, row.ticket_id)
    before: Mapping[str, Any] = row.before or {}
    after: Mapping[str, Any] = row.after or {}
    now = _kept(facts)
    if facts.version != row.version and any(now[key] != after.get(key) for key in before):
        raise Conflict("ticketlists.changed_since")
    if not before:
        raise Conflict("ticketlists.comment_stays")
    if "state" in before:
        kinds = await finding.catalogue(db)
        definition = kinds[facts.type_id].definition
        back = next(
            (
                one.key
                for one in definition.workflow.transitions
                if facts.state in one.from_states and one.to == before["state"]
            ),
            None,
        )
        if back is None:
            raise Conflict("ticketlists.no_way_back")
        await tickets.move(db, actor, row.ticket_id, transition=back, reason=_reason(actor))
    if "priority" in before:
        await tickets.set_priority(db, actor, row.ticket_id, before["priority"])
    move_to: dict[str, Any] = {}
    if "department_id" in before:
        move_to["department_id"] = UUID(before["department_id"]) if before["department_id"] else None
    if "assignee_id" in before:
        move_to["user_id"] = UUID(before["assignee_id"]) if before["assignee_id"] else None
    if move_to:
        await tickets.assign(db, actor, row.ticket_id, reason=_reason(actor), **move_to)
    if "tags" in before:
        await tickets.update(db, actor, row.ticket_id, TicketPatch(tags=list(before["tags"])))
    if "due_at" in before:
        due_at = datetime.fromisoformat(before["due_at"]) if before["due_at"] else None
        await tickets.update(db, actor, row.ticket_id, TicketPatch(due_at=due_at))
    row.state = "restored"
    await db.flush()


def _reason(actor: Actor) -> str:
    return i18n.t("ticketlists.undone_reason", actor.locale)


@jobs.every(3600, name="ticketlists.tidy_bulks")
async def tidy(runtime: Runtime) -> None:
    """Forgets operations nobody can undo any more."""
    async with runtime.db.transaction() as db:
        old = (
            select(TicketBulk.id)
            .where(TicketBulk.created_at < clock.now() - KEPT_FOR, TicketBulk.state.in_(("done", "undone")))
            .limit(200)
        )
        await db.execute(delete(TicketBulk).where(TicketBulk.id.in_(old)))
