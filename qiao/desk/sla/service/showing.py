"""Clocks as people see them, and what they say of broken ones."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Forbidden, Invalid, NotFound, Refused
from qiao.core.events import emit
from qiao.desk.conversations import service as conversations
from qiao.desk.sla import book as books
from qiao.desk.sla import clock as clocks
from qiao.desk.sla import keeping, repository
from qiao.desk.sla.clock import SECOND
from qiao.desk.sla.events import SlaExplained
from qiao.desk.sla.models import ClockRow
from qiao.desk.sla.rules import Rulebook
from qiao.desk.sla.schemas import BreachReason, CalendarRef, Clocks, ClockView, ExplainBody, Ref, StepView
from qiao.desk.tickets import service as tickets
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization


async def of_ticket(db: Session, actor: Actor, ticket_id: UUID) -> Clocks:
    """All clocks of a ticket this actor may see, as they stand now."""
    facts = await tickets.require_visible(db, actor, ticket_id)
    return await _clocks(db, ticket_id, may_explain=_may_explain(actor, "ticket") and facts.merged_into_id is None)


async def of_conversation(db: Session, actor: Actor, conversation_id: UUID) -> Clocks:
    """All clocks of a conversation this actor may see, as they stand now."""
    await conversations.require_visible(db, actor, conversation_id)
    return await _clocks(db, conversation_id, may_explain=_may_explain(actor, "conversation"))


async def _clocks(db: Session, subject_id: UUID, *, may_explain: bool) -> Clocks:
    rows = await repository.clocks_of(db, subject_id)
    settings = await repository.settings(db)
    reasons = list(settings.reasons) if settings is not None else []
    book = await books.current(db)
    calendars = {view.id: view for view in await organization.list_calendars(db)}
    people = await accounts.people(db, [row.reason_by for row in rows if row.reason_by])
    labels = {reason["key"]: reason["label"] for reason in reasons}
    now = clock.now()
    items = []
    for row in rows:
        policy = book.by_id.get(row.policy_id) if row.policy_id else None
        calendar = calendars.get(row.calendar_id) if row.calendar_id else None
        broken_at = row.breached_at or (
            row.due_at if row.state == "running" and row.due_at is not None and row.due_at < now else None
        )
        held = keeping.target_when_broken(row)
        items.append(
            ClockView(
                id=row.id,
                kind=row.kind,
                state="breached" if row.state == "running" and broken_at else row.state,
                policy=Ref(id=policy.id, name=policy.name) if policy is not None else None,
                calendar=CalendarRef(id=calendar.id, name=calendar.name, timezone=calendar.timezone)
                if calendar
                else None,
                target_s=row.target_s,
                elapsed_s=clocks.elapsed(keeping.clock_of(row), book.ruler(row.calendar_id), now) // SECOND,
                started_at=row.started_at,
                due_at=row.due_at,
                paused_since=row.paused_since,
                paused_why=row.paused_why if keeping.is_open(row) else None,
                met_at=row.met_at,
                breached_at=broken_at,
                broken_target_s=held if row.breached_at is not None and held != row.target_s else None,
                broken_by_change=broken_at is not None and keeping.broken_by_change(row),
                reason=BreachReason(
                    key=row.reason_key,
                    label=labels.get(row.reason_key) if row.reason_key else None,
                    text=row.reason_text or "",
                    by=people[row.reason_by].name if row.reason_by in people else None,
                    at=row.reason_at,
                )
                if row.reason_at is not None
                else None,
                steps=[_step(book, row, fired) for fired in row.fired if not fired.get("skipped")],
            )
        )
    return Clocks(items=items, reasons=reasons, may_explain=may_explain)


def _step(book: Rulebook, row: ClockRow, fired: dict[str, Any]) -> StepView:
    policy = book.by_id.get(row.policy_id) if row.policy_id else None
    step = policy.step(fired["id"]) if policy is not None else None
    return StepView(
        id=fired["id"], at=datetime.fromisoformat(fired["at"]), does=step.action.do if step is not None else ""
    )


_HANDLES: Final = {"ticket": "tickets.handle", "conversation": "conversations.handle"}


def _may_explain(actor: Actor, subject: str) -> bool:
    return actor.may(_HANDLES[subject]) or actor.may("sla.manage")


async def explain(db: Session, actor: Actor, clock_id: UUID, body: ExplainBody) -> Clocks:
    """Says why a promise was not kept: one of the reasons, words, or both. Shown where it was made, counted in the report."""
    found = await repository.clock(db, clock_id)
    if found is None:
        raise NotFound("sla.clock_not_found")
    of_a_ticket = found.subject_kind == "ticket"
    if of_a_ticket:
        await tickets.require_visible(db, actor, found.subject_id)
    else:
        await conversations.require_visible(db, actor, found.subject_id)
    if not _may_explain(actor, found.subject_kind):
        raise Forbidden("permission_missing", permission=_HANDLES[found.subject_kind])
    row = await repository.clock(db, clock_id, lock=True)
    assert row is not None
    now = clock.now()
    keeping.settle(row, now)
    if row.breached_at is None:
        raise Refused("sla.not_breached")
    settings = await repository.settings(db)
    known = {reason["key"] for reason in (settings.reasons if settings is not None else [])}
    if body.key is not None and body.key not in known:
        raise Invalid.field("key", "sla.reason_unknown")
    if body.key is None and not body.text:
        raise Invalid.field("text", "sla.reason_needed")
    before = {"reason": row.reason_key, "words": row.reason_text}
    row.reason_key, row.reason_text = body.key, body.text or None
    row.reason_by, row.reason_at = actor.id, now
    await db.flush()
    changes = audit.diff(before, {"reason": row.reason_key, "words": row.reason_text})
    if changes:
        await audit.record(db, actor, "sla.explained", row.subject_kind, row.subject_id, changes)
        await emit(
            db,
            SlaExplained(ticket_id=row.subject_id if of_a_ticket else None, clock_id=row.id, reason_key=row.reason_key),
            actor=actor,
            conversation_id=row.subject_id,
        )
    return await (of_ticket if of_a_ticket else of_conversation)(db, actor, row.subject_id)
