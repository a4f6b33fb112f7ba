"""The report of promises that were not kept, and why."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.conversations import service as conversations
from qiao.desk.sla import book as books
from qiao.desk.sla import clock as clocks
from qiao.desk.sla import keeping, repository
from qiao.desk.sla.clock import SECOND
from qiao.desk.sla.schemas import BreachCount, Breaches, BreachView, Subject
from qiao.desk.tickets import service as tickets


async def breaches(
    db: Session,
    actor: Actor,
    *,
    since: datetime,
    until: datetime,
    subject: Subject = "ticket",
    policy_id: UUID | None = None,
    kind: str | None = None,
    reason: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Breaches:
    """Promises broken in [since, until), counted by policy, kind and reason, and one page of them, newest first.

    `reason` is a key, `none` for those nobody explained, `words` for those explained in words only. Figures count every
    ticket (or conversation); the page leaves out those `actor` may not see.
    """
    book = await books.current(db)
    settings = await repository.settings(db)
    names = {policy.id: policy.name for policy in book.policies}
    groups = [
        BreachCount(
            policy_id=policy,
            policy=names.get(policy),
            kind=kind_,
            reason_key="words" if words else key,
            count=count,
        )
        for policy, kind_, key, words, count in await repository.breach_counts(db, subject, since, until)
    ]
    rows = await repository.breach_page(
        db,
        subject,
        since,
        until,
        policy_id=policy_id,
        kind=kind,
        reason=reason,
        after=decode_cursor(cursor, tuple[datetime, UUID]),
        limit=limit + 1,
    )
    page = rows[:limit]
    names_of = await _named(db, actor, subject, [row.subject_id for row in page])
    now = clock.now()
    items = [
        BreachView(
            id=row.id,
            subject=subject,
            subject_id=row.subject_id,
            ref=names_of[row.subject_id][0],
            title=names_of[row.subject_id][1],
            kind=row.kind,
            policy=names.get(row.policy_id) if row.policy_id else None,
            breached_at=row.breached_at,
            met_at=row.met_at,
            target_s=row.target_s,
            elapsed_s=clocks.elapsed(keeping.clock_of(row), book.ruler(row.calendar_id), now) // SECOND,
            reason_key=row.reason_key,
            reason_text=row.reason_text,
        )
        for row in page
        if row.subject_id in names_of and row.breached_at is not None
    ]
    last = page[-1] if len(rows) > limit else None
    return Breaches(
        kept=await repository.kept_count(db, subject, since, until),
        broken=sum(group.count for group in groups),
        groups=groups,
        items=items,
        next_cursor=encode_cursor(last.breached_at, last.id) if last is not None else None,
        reasons=list(settings.reasons) if settings is not None else [],
    )


async def _named(db: Session, actor: Actor, subject: Subject, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Number and title (or customer) of those `actor` may see."""
    if subject == "ticket":
        seen = await tickets.visible_of(db, actor, ids)
        return {key: (facts.ref, facts.title) for key, facts in (await tickets.facts_many(db, seen)).items()}
    visible = await conversations.visible_of(db, actor, ids)
    views = await conversations.views_of(db, list(visible))
    return {key: (f"#{view.number}", view.customer.name) for key, view in views.items()}
