"""What time does to many promises at once: warnings, broken promises, further steps, in batches of one transaction each.
Here those of tickets; those of conversations in `talk_sweeping`.

A batch claims its tickets first (those somebody works on are left for the next pass), then its clocks, and writes what
became of them, the events, the lines of the timelines and the notifications together: a crash leaves a batch undone or
done, and every step of a ladder is taken once. Steps that change tickets follow from the events (`ladder`).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSON

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Audience, Event
from qiao.core.runtime import Runtime
from qiao.desk.sla import book as books
from qiao.desk.sla import clock as clocks
from qiao.desk.sla import repository
from qiao.desk.sla.clock import SECOND, Clock
from qiao.desk.sla.events import SlaBreached, SlaWarned
from qiao.desk.sla.rules import Rulebook
from qiao.desk.sla.schemas import Step, Swept, Tell
from qiao.desk.tickets.service import batch
from qiao.people.accounts import service as accounts
from qiao.people.notifications import service as notifications

SYSTEM: Final = Actor.system()
BATCH: Final = 1_000
AT_ONCE: Final = 2
"""The database writes one batch while the next is thought about."""
ONE_BY_ONE: Final = 5
"""Whoever would hear of more tickets than this in one batch hears of them in one line."""
_LISTS: Final = {
    "sla.breached": "/tickets?view=breached",
    "sla.warning": "/tickets?view=due_today",
    "sla.conversation_breached": "/inbox",
    "sla.conversation_warning": "/inbox",
}


class Outcome(msgspec.Struct, frozen=True):
    """What a look at one clock found."""

    row: Row[Any]
    broke: bool
    broken_at: datetime | None
    steps: tuple[Step, ...]
    write: repository.Written


async def sweep(runtime: Runtime, now: datetime, limit: int) -> Swept:
    """Looks at up to `limit` clocks that are due at `now`, oldest first. Raises ExceptionGroup when batches fail; the
    others are done or have not begun."""
    found = list(dict.fromkeys(await runtime.db.run(lambda db: repository.due(db, now, limit))))
    lanes = asyncio.Semaphore(AT_ONCE)
    people = _People()

    async def sweep_batch(ids: Sequence[UUID]) -> Swept:
        async with lanes:
            return await runtime.db.run(lambda db: _sweep_batch(db, now, ids, people))

    async with asyncio.TaskGroup() as group:
        batches = [group.create_task(sweep_batch(found[at : at + BATCH])) for at in range(0, len(found), BATCH)]
    return sum((one.result() for one in batches), Swept())


async def _sweep_batch(db: Session, now: datetime, ticket_ids: Sequence[UUID], people: "_People") -> Swept:
    """One transaction."""
    claimed = await batch.claim(db, ticket_ids)
    rows = await repository.due_of(db, now, claimed)
    book = await books.current(db)
    outcomes = [look(book, row, now) for row in rows]
    await repository.put(db, [outcome.write for outcome in outcomes])
    audiences = {key: audience_of(ticket.assignee_id, ticket.department_id) for key, ticket in claimed.items()}
    await write_events(db, outcomes, audiences, now)
    await _write_lines(db, outcomes)
    return summed_up(outcomes, await _tell(db, outcomes, claimed, people))


def summed_up(outcomes: Sequence[Outcome], told: int) -> Swept:
    return Swept(
        looked=len(outcomes),
        warned=sum(1 for outcome in outcomes if outcome.steps and outcome.broken_at is None),
        breached=sum(outcome.broke for outcome in outcomes),
        told=told,
    )


def look(book: Rulebook, row: Row[Any], now: datetime) -> Outcome:
    """What has happened to a running clock by `now`. Pure."""
    ruler = book.ruler(row.calendar_id)
    clock = Clock(row.target_s * SECOND, row.spent_us, row.since)
    broken_at: datetime | None = row.breached_at
    due_at: datetime | None = row.due_at
    if broken_at is None:
        due_at = clocks.due(clock, ruler)
        if due_at is not None and due_at < now:
            broken_at = due_at
    steps = book.steps(row.policy_id, row.kind, row.target_s)
    gone = {fired["id"] for fired in row.fired}
    counted = clocks.elapsed(clock, ruler, now)
    reached = []
    for key, ticks in steps.items():
        if key in gone or ticks > counted:
            continue
        at = clocks.reaches(clock, ruler, ticks)
        if at is not None and at < now:
            reached.append((at, key, ticks))
    reached.sort()
    policy = book.by_id.get(row.policy_id) if row.policy_id is not None else None
    fired: list[dict[str, Any]] = []
    taken: list[Step] = []
    for at, key, ticks in reached:
        # After a standstill of the service: nobody is warned of what has happened already.
        skipped = broken_at is not None and ticks < clock.target
        fired.append({"id": key, "at": at} | ({"skipped": True} if skipped else {}))
        step = policy.step(key) if policy is not None and not skipped else None
        if step is not None:
            taken.append(step)
    gone |= {key for _, key, _ in reached}
    following = clocks.next_step(clock, ruler, steps, gone, broken=broken_at is not None)
    state = "breached" if broken_at is not None else row.state
    return Outcome(
        row=row,
        broke=row.breached_at is None and broken_at is not None,
        broken_at=broken_at,
        steps=tuple(taken),
        write=repository.Written(row.id, state, due_at, following, broken_at, fired),
    )


# -- what is written of it ---------------------------------------------------------------------------------------------

_EVENTS: Final = text(
    """
    WITH written AS (
        INSERT INTO events (kind, conversation_id, actor_kind, actor_id, audience, payload, at)
        SELECT i.kind, i.subject_id, 'system', NULL, i.audience, i.payload, :at
        FROM json_to_recordset(:facts) AS i(kind text, subject_id uuid, audience jsonb, payload jsonb)
        RETURNING xid, id
    )
    SELECT max(xid), max(id) FROM written
    """
).bindparams(bindparam("facts", type_=JSON))


async def write_events(
    db: Session, outcomes: Sequence[Outcome], audiences: Mapping[UUID, Audience], now: datetime
) -> None:
    found: list[dict[str, Any]] = []
    for outcome in outcomes:
        row = outcome.row
        if not (outcome.broke or outcome.steps):
            continue
        acting = tuple(step.id for step in outcome.steps if not isinstance(step.action, Tell))
        ticket_id = row.subject_id if row.subject_kind == "ticket" else None
        fact: Event
        if outcome.broken_at is not None:
            fact = SlaBreached(
                ticket_id=ticket_id,
                clock_id=row.id,
                clock_kind=row.kind,
                policy_id=row.policy_id,
                breached_at=outcome.broken_at,
                steps=acting,
                again=not outcome.broke,
            )
        else:
            fact = SlaWarned(
                ticket_id=ticket_id,
                clock_id=row.id,
                clock_kind=row.kind,
                policy_id=row.policy_id,
                due_at=row.due_at,
                steps=acting,
            )
        audience = audiences[row.subject_id]
        found.append({"kind": fact.kind, "subject_id": row.subject_id, "audience": audience, "payload": fact})
    if not found:
        return
    # The same rows `emit` writes, many at once. These kinds are `hot`: nothing reacts inside this transaction.
    position = (await db.execute(_EVENTS, {"facts": found, "at": now})).one()
    db.info["events"] = (position[0], position[1])


def audience_of(assignee_id: UUID | None, department_id: UUID | None) -> Audience:
    """Who hears live of a promise about a ticket."""
    return Audience(
        users=(assignee_id,) if assignee_id else (),
        departments=(department_id,) if department_id else (),
        permission="tickets.view_all",
    )


async def _write_lines(db: Session, outcomes: Sequence[Outcome]) -> None:
    lines = [
        batch.Line(
            outcome.row.subject_id,
            "sla.breached" if outcome.broke else "sla.escalated" if outcome.broken_at is not None else "sla.warned",
            {
                "kind": outcome.row.kind,
                "due_at": outcome.broken_at or outcome.row.due_at,
                "steps": [step.action.do for step in outcome.steps],
            },
        )
        for outcome in outcomes
        if outcome.broke or outcome.steps
    ]
    shown = await repository.next_dues(db, {outcome.row.subject_id for outcome in outcomes})
    dues = [batch.Due(ticket_id, *due) for ticket_id, due in shown.items()]
    await batch.mark_due(db, SYSTEM, dues, lines)


@dataclass(slots=True)
class _People:
    """Who hears of what, looked up once per sweep."""

    members: dict[UUID, frozenset[UUID]] = field(default_factory=dict)
    roles: dict[str, frozenset[UUID]] = field(default_factory=dict)

    async def of(self, db: Session, ticket: batch.Claimed, tell: Tell) -> frozenset[UUID]:
        there = ticket.department_id
        if tell.whom == "assignee":
            # What nobody has taken yet is everybody's there.
            return frozenset({ticket.assignee_id}) if ticket.assignee_id else await self._members(db, there)
        if tell.whom == "department":
            return await self._members(db, there)
        if tell.role not in self.roles:
            self.roles[tell.role] = await accounts.holders_of_roles(db, [tell.role])
        leads = self.roles[tell.role]
        return (leads & await self._members(db, there)) or leads

    async def _members(self, db: Session, department_id: UUID | None) -> frozenset[UUID]:
        if department_id is None:
            return frozenset()
        if department_id not in self.members:
            self.members[department_id] = await accounts.members_of(db, department_id)
        return self.members[department_id]


async def _tell(
    db: Session, outcomes: Sequence[Outcome], claimed: Mapping[UUID, batch.Claimed], people: _People
) -> int:
    heard: Heard = defaultdict(dict)
    for outcome in outcomes:
        ticket = claimed[outcome.row.subject_id]
        kind = "sla.breached" if outcome.broken_at is not None else "sla.warning"
        for step in outcome.steps:
            if isinstance(step.action, Tell):
                for user_id in await people.of(db, ticket, step.action):
                    heard[kind, user_id][ticket.id] = None

    def words(ticket_id: UUID) -> tuple[dict[str, object], str]:
        ticket = claimed[ticket_id]
        return {"number": ticket.ref, "title": ticket.title}, f"/tickets/{ticket.ref}"

    return await spread(db, heard, words)


Heard = dict[tuple[str, UUID], dict[UUID, None]]
"""What each person hears of a kind: about which tickets or conversations."""


async def spread(db: Session, heard: Heard, words: Callable[[UUID], tuple[dict[str, object], str]]) -> int:
    """Tells people, each in one line what would be many. `words` gives params and link of one."""
    one_by_one: dict[tuple[str, UUID], list[UUID]] = defaultdict(list)
    together: dict[str, list[UUID]] = defaultdict(list)
    for (kind, user_id), about in heard.items():
        if len(about) > ONE_BY_ONE:
            together[kind].append(user_id)
        else:
            for subject_id in about:
                one_by_one[kind, subject_id].append(user_id)
    told = 0
    # In one order everywhere: two batches that count up the same people's lines must not wait for each other.
    for kind, users in sorted(together.items()):
        told += await notifications.tell(db, sorted(users), f"{kind}_many", params={}, link=_LISTS[kind])
    for (kind, subject_id), users in one_by_one.items():
        params, link = words(subject_id)
        told += await notifications.tell(db, users, kind, params=params, link=link)
    return told
