"""Clocks of conversations, kept after commit: messages are stored in batches nothing may react inside of.

The log brings everything in order and with its time, so a clock counts to the moment it happened, whenever it is told.
A promise is one people make: it begins when the customer waits for them and ends when the bot has the conversation back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Db, Session
from qiao.core.events import Envelope, Event, emit
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import (
    BotResumed,
    ConversationAssigned,
    ConversationClosed,
    ConversationQueued,
    ConversationReopened,
    ConversationResolved,
    ConversationSnoozed,
    ConversationUnsnoozed,
    ConversationUpdated,
    MessageCreated,
    PriorityChanged,
)
from qiao.desk.conversations.schemas import ConversationView, Promise
from qiao.desk.sla import book as books
from qiao.desk.sla import keeping, repository
from qiao.desk.sla.events import PoliciesChanged
from qiao.desk.sla.models import ClockRow
from qiao.desk.sla.rules import Policy, Rulebook
from qiao.desk.sla.service.talk_sweeping import audience_of
from qiao.people.customers import service as customers

SYSTEM: Final = Actor.system()
WITH_PEOPLE: Final = frozenset({"queued", "assigned", "snoozed"})
KINDS: Final = ("first_response", "next_response", "resolution")
HEARD: Final[tuple[type[Event], ...]] = (
    MessageCreated,
    ConversationQueued,
    ConversationAssigned,
    BotResumed,
    ConversationSnoozed,
    ConversationUnsnoozed,
    ConversationResolved,
    ConversationReopened,
    ConversationClosed,
    PriorityChanged,
    ConversationUpdated,
)


@dataclass(slots=True)
class _Keeper:
    """The open clocks of one conversation within a transaction."""

    db: Session
    book: Rulebook
    view: ConversationView
    policy: Policy | None
    rows: list[ClockRow]
    changed: bool = False
    whole: set[UUID] = field(init=False)
    """Those not known to be broken when this began."""

    def __post_init__(self) -> None:
        self.whole = keeping.whole(self.rows)

    def hear(self, fact: Event, at: datetime) -> None:
        match fact:
            case MessageCreated(author_kind="customer"):
                if fact.status in WITH_PEOPLE:
                    self.waits(at)
            case MessageCreated():
                self.finish(keeping.RESPONSES, at)
                self.posture("pending", at)
            case ConversationQueued():
                self.retarget(at)
                self.waits(at)
            case ConversationAssigned() | ConversationReopened():
                if self.view.waiting_since is not None:
                    self.waits(at)
                else:
                    self.posture(self.status(), at)
                    self.begin("resolution", self.status(), at)
            case ConversationSnoozed():
                self.posture("on_hold", at)
            case ConversationUnsnoozed():
                self.posture(self.status(), at)
            case ConversationResolved():
                self.finish(("resolution",), at)
                self.cancel(at)
            case ConversationClosed():
                if fact.previous_status in ("assigned", "snoozed"):
                    self.finish(("resolution",), at)
                self.cancel(at)
            case BotResumed():
                self.cancel(at)
            case _:
                self.retarget(at)

    def status(self) -> str:
        """What it waits for, in the words policies pause on."""
        if self.view.status == "snoozed":
            return "on_hold"
        return "open" if self.view.waiting_since is not None else "pending"

    def waits(self, at: datetime) -> None:
        """The customer is owed an answer, from the earliest words nobody has answered."""
        self.posture("open", at)
        self.begin("resolution", "open", at)
        if not keeping.find(self.rows, *keeping.RESPONSES):
            answered = self.view.first_response_at is not None and self.view.first_response_at <= at
            self.begin("next_response" if answered else "first_response", "open", at)

    def begin(self, kind: str, status: str, at: datetime) -> None:
        if self.policy is None or keeping.find(self.rows, kind):
            return
        row = keeping.start(
            self.book,
            self.policy,
            kind,
            subject_id=self.view.id,
            priority=self.view.priority,
            status=status,
            at=at,
        )
        if row is not None:
            self.db.add(row)
            self.rows.append(row)
            self.changed = True

    def finish(self, kinds: Collection[str], at: datetime) -> None:
        for row in keeping.find(self.rows, *kinds):
            if row.breached_at is not None and row.breached_at >= at:
                # Done in time; the sweep came by before this was told.
                row.breached_at = None
                row.state = "running" if row.since is not None else "paused"
            keeping.finish(row, self.book, at)
            self.changed = True

    def cancel(self, at: datetime) -> None:
        for row in keeping.find(self.rows, *KINDS):
            keeping.cancel(row, self.book, at)
            self.changed = True

    def posture(self, status: str, at: datetime) -> None:
        for row in keeping.find(self.rows, *KINDS):
            before = (row.since, row.paused_why)
            keeping.posture(row, self.book, status, at)
            self.changed |= before != (row.since, row.paused_why)

    def retarget(self, at: datetime) -> None:
        for row in keeping.find(self.rows, *KINDS):
            self.changed |= keeping.retarget(row, self.book, self.policy, self.view.priority, self.status(), at)
        if self.view.status in WITH_PEOPLE:
            self.begin("resolution", self.status(), at)


async def hear(db: Session, pairs: Sequence[tuple[Event, Envelope]]) -> None:
    """Brings the clocks of these conversations up to date with what happened to them, in order."""
    ids = {envelope.conversation_id for _, envelope in pairs if envelope.conversation_id is not None}
    keepers = await _keepers(db, ids)
    for fact, envelope in pairs:
        keeper = keepers.get(envelope.conversation_id) if envelope.conversation_id is not None else None
        if keeper is not None:
            keeper.hear(fact, envelope.at)
    await _save(db, keepers)


async def recount(db: Session, ids: Collection[UUID]) -> None:
    """Open clocks after policies or calendars have changed: what has counted stays counted."""
    keepers = await _keepers(db, ids)
    now = clock.now()
    for keeper in keepers.values():
        keeper.retarget(now)
    await _save(db, keepers)


async def _keepers(db: Session, ids: Collection[UUID]) -> dict[UUID, _Keeper]:
    book = await books.current(db)
    rows: dict[UUID, list[ClockRow]] = {}
    for row in await repository.open_clocks(db, ids):
        rows.setdefault(row.subject_id, []).append(row)
    if not book.promises("conversation"):
        ids = list(rows)
    views = await conversations.views_of(db, list(ids)) if ids else {}
    now = clock.now()
    about = await customers.condition_facts(db, [view.customer.id for view in views.values()]) if views else {}
    return {
        key: _Keeper(
            db,
            book,
            view,
            book.choose(conversations.condition_facts(view, about.get(view.customer.id, {}), now), "conversation"),
            rows.get(key, []),
        )
        for key, view in views.items()
    }


async def _save(db: Session, keepers: Mapping[UUID, _Keeper]) -> None:
    await db.flush()
    # Of these the sweep has not come by since they ran out, and will not find them any more.
    broken = {key: keeping.newly_broken(keeper.rows, keeper.whole) for key, keeper in keepers.items()}
    changed = [key for key, keeper in keepers.items() if keeper.changed or broken[key]]
    if changed:
        await conversations.promises_changed(db, changed)
    for key, keeper in keepers.items():
        for fact in broken[key]:
            await emit(db, fact, actor=SYSTEM, conversation_id=key, audience=audience_of(keeper.view))


class Shown:
    """Answers what conversations ask about their promises. Every list asks: where there is no policy for conversations,
    known in every process by the log, nothing is looked up."""

    def __init__(self, db: Db):
        self._db = db
        self._none = False
        self._forgotten = 0

    def forget(self) -> None:
        """A policy was changed here: until they are read anew, something may be promised."""
        self._none = False
        self._forgotten += 1

    async def heard(self, batch: Sequence[Envelope]) -> None:
        """The log's listener: in this process or another, somebody changed a policy."""
        if any(envelope.kind == PoliciesChanged.kind for envelope in batch):
            self.forget()
            await self.read()

    async def read(self) -> None:
        began = self._forgotten
        async with self._db.read() as db:
            promised = any(row.subject == "conversation" for row in await repository.policies(db))
        if self._forgotten == began:
            self._none = not promised

    async def shown(self, db: Session, ids: Collection[UUID]) -> Mapping[UUID, Promise]:
        if self._none:
            return {}
        dues: dict[UUID, Any] = await repository.next_dues(db, ids)
        return {
            key: Promise(kind=kind, due_at=due_at, breached=broken)
            for key, (due_at, kind, broken) in dues.items()
            if kind is not None
        }
