"""Clocks of one ticket, kept in the transaction of what happened to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import emit
from qiao.desk.sla import book as books
from qiao.desk.sla import keeping, repository
from qiao.desk.sla.events import SlaMet
from qiao.desk.sla.models import ClockRow
from qiao.desk.sla.rules import Policy, Rulebook, watched_paths
from qiao.desk.sla.service.sweeping import audience_of
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketFacts

SYSTEM = Actor.system()


@dataclass(slots=True)
class _Keeper:
    """The open clocks of one ticket within a transaction; `save` writes what has changed."""

    db: Session
    book: Rulebook
    facts: TicketFacts
    rows: list[ClockRow]
    at: datetime
    changed: bool = False
    whole: set[UUID] = field(init=False)
    """Those not known to be broken when this began."""

    def __post_init__(self) -> None:
        self.whole = keeping.whole(self.rows)

    async def policy(self) -> Policy | None:
        """The policy that applies to the ticket as it is now."""
        if not self.book.promises("ticket"):
            return None
        return self.book.choose(await tickets.condition_facts(self.db, self.facts, self.book.asks))

    def begin(self, policy: Policy | None, kind: str) -> None:
        if policy is None or keeping.find(self.rows, kind):
            return
        row = keeping.start(
            self.book,
            policy,
            kind,
            subject_id=self.facts.id,
            priority=self.facts.priority,
            status=self.facts.status,
            at=self.at,
        )
        if row is not None:
            self.db.add(row)
            self.rows.append(row)
            self.changed = True

    async def finish(self, *kinds: str) -> None:
        for row in keeping.find(self.rows, *kinds):
            keeping.finish(row, self.book, self.at)
            self.changed = True
            if row.state == "met":
                fact = SlaMet(
                    ticket_id=self.facts.id,
                    clock_id=row.id,
                    clock_kind=row.kind,
                    policy_id=row.policy_id,
                    late=row.breached_at is not None,
                )
                await emit(self.db, fact, actor=SYSTEM, conversation_id=self.facts.id)

    def cancel(self, *kinds: str) -> None:
        for row in keeping.find(self.rows, *kinds):
            keeping.cancel(row, self.book, self.at)
            self.changed = True

    def settle_posture(self) -> None:
        for row in keeping.find(self.rows, "first_response", "next_response", "resolution"):
            before = (row.since, row.paused_why)
            keeping.posture(row, self.book, self.facts.status, self.at)
            self.changed |= before != (row.since, row.paused_why)

    async def retarget(self) -> None:
        """Follows a change of what policies look at: open clocks keep what they have counted."""
        policy = await self.policy()
        for row in keeping.find(self.rows, "first_response", "next_response", "resolution"):
            self.changed |= keeping.retarget(row, self.book, policy, self.facts.priority, self.facts.status, self.at)
        if policy is None or self.facts.status in keeping.DONE:
            return
        if not keeping.find(self.rows, "resolution"):
            self.begin(policy, "resolution")
        unanswered = self.facts.first_response_at is None and _somebody_waits(self.facts)
        if unanswered and not await repository.ever_had(self.db, self.facts.id, "first_response"):
            self.begin(policy, "first_response")

    async def save(self) -> None:
        broken_now = keeping.newly_broken(self.rows, self.whole)
        if not self.changed and not broken_now:
            return
        await self.db.flush()
        due_at, kind, broken = keeping.next_due(self.rows)
        await tickets.set_next_due(self.db, self.facts.id, due_at=due_at, kind=kind, breached=broken)
        # The sweep has not come by since it ran out, and will not find it any more.
        for fact in broken_now:
            audience = audience_of(self.facts.assignee_id, self.facts.department_id)
            await emit(self.db, fact, actor=SYSTEM, conversation_id=self.facts.id, audience=audience)
            told = {"kind": fact.clock_kind, "due_at": fact.breached_at, "steps": []}
            await tickets.note_event(self.db, SYSTEM, self.facts.id, "sla.breached", told)


def _somebody_waits(facts: TicketFacts) -> bool:
    return facts.customer_id is not None or facts.requester_id is not None


async def _keeper(db: Session, ticket_id: UUID, at: datetime, *, merged: bool = False) -> _Keeper | None:
    facts = await tickets.facts(db, ticket_id)
    if facts is None or (facts.merged_into_id is not None and not merged):
        return None
    book = await books.current(db)
    return _Keeper(db, book, facts, await repository.open_clocks(db, [ticket_id]), at)


# -- what happens to a ticket ------------------------------------------------------------------------------------------


async def created(db: Session, ticket_id: UUID, at: datetime) -> None:
    """A first response is promised to whoever waits for one, a resolution to everybody."""
    book = await books.current(db)
    if not book.promises("ticket"):
        return
    facts = await tickets.facts(db, ticket_id)
    if facts is None or facts.status in keeping.DONE:
        return
    keeper = _Keeper(db, book, facts, [], at)
    policy = await keeper.policy()
    if _somebody_waits(facts) and facts.first_response_at is None:
        keeper.begin(policy, "first_response")
    keeper.begin(policy, "resolution")
    await keeper.save()


async def moved(db: Session, ticket_id: UUID, previous: str, status: str, at: datetime) -> None:
    """Clocks stand still or run with the status, end when it is done, start anew when it is opened again."""
    keeper = await _keeper(db, ticket_id, at)
    if keeper is None:
        return
    was_done, is_done = previous in keeping.DONE, status in keeping.DONE
    if is_done:
        await keeper.finish("resolution")
        keeper.cancel(*keeping.RESPONSES)
    else:
        if keeper.book.looks_at("ticket.status", "ticket.state"):
            await keeper.retarget()
        keeper.settle_posture()
        if was_done:
            policy = await keeper.policy()
            keeper.begin(policy, "resolution")
            if keeper.facts.customer_wrote_at is not None and not keeping.find(keeper.rows, *keeping.RESPONSES):
                keeper.begin(policy, "next_response")
    await keeper.save()


async def wrote(db: Session, ticket_id: UUID, author_kind: str, author_id: UUID | None, at: datetime) -> None:
    """Public words. Whoever asked (customer or colleague) is owed an answer from the earliest words nobody has answered;
    words of staff are that answer."""
    keeper = await _keeper(db, ticket_id, at)
    if keeper is None:
        return
    facts = keeper.facts
    colleague = facts.customer_id is None and author_id is not None and author_id == facts.requester_id
    asked = author_kind == "customer" or colleague
    if asked:
        if facts.status not in keeping.DONE and not keeping.find(keeper.rows, *keeping.RESPONSES):
            keeper.begin(await keeper.policy(), "next_response")
    elif author_kind in ("user", "bot"):
        await keeper.finish(*keeping.RESPONSES)
    await keeper.save()


async def answered(db: Session, ticket_id: UUID, at: datetime) -> None:
    """Staff answered in the conversation, a moment before it is heard here."""
    keeper = await _keeper(db, ticket_id, at)
    if keeper is None:
        return
    waiting = keeping.find(keeper.rows, *keeping.RESPONSES)
    keeper.at = max([at, *(moment for row in waiting if (moment := row.since or row.paused_since) is not None)])
    await keeper.finish(*keeping.RESPONSES)
    await keeper.save()


async def changed(db: Session, ticket_id: UUID, fields: Iterable[str], at: datetime) -> None:
    """Something has another value: another policy or target may apply."""
    book = await books.current(db)
    if not book.looks_at(*watched_paths(fields)):
        return
    await reconsider(db, ticket_id, at)


async def reconsider(db: Session, ticket_id: UUID, at: datetime) -> None:
    """Looks anew which policy applies. Whoever calls this outside the ticket's own verbs has claimed it."""
    keeper = await _keeper(db, ticket_id, at)
    if keeper is not None:
        await keeper.retarget()
        await keeper.save()


async def merged(db: Session, ticket_id: UUID, into_id: UUID, at: datetime) -> None:
    """Of two promises of a kind the one that runs out first stays, with everything it has counted."""
    target = await _keeper(db, into_id, at)
    if target is None:
        return
    source_rows = await repository.open_clocks(db, [ticket_id])
    if not source_rows:
        return
    done = target.facts.status in keeping.DONE
    for row in source_rows:
        rival = next(iter(keeping.find(target.rows, row.kind)), None)
        loses = done or (rival is not None and keeping.earlier(rival, row, target.book, at) is rival)
        if loses:
            keeping.cancel(row, target.book, at)
            continue
        if rival is not None:
            keeping.cancel(rival, target.book, at)
            await db.flush()
        row.subject_id = into_id
        target.rows.append(row)
        keeping.posture(row, target.book, target.facts.status, at)
    first, following = (keeping.find(target.rows, kind) for kind in keeping.RESPONSES)
    if first and following:  # one answer is owed, not two
        kept = keeping.earlier(first[0], following[0], target.book, at)
        keeping.cancel(following[0] if kept is first[0] else first[0], target.book, at)
    target.changed = True
    await tickets.set_next_due(db, ticket_id, due_at=None, kind=None, breached=False)
    await target.save()
