"""What time does to promises about conversations, and how many of each queue are late."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from qiao.core import clock
from qiao.core.db import Session
from qiao.core.events import Audience
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationView
from qiao.desk.routing import service as routing
from qiao.desk.sla import book as books
from qiao.desk.sla import repository
from qiao.desk.sla.schemas import QueuePromises, Swept, Tell
from qiao.desk.sla.service.sweeping import Heard, Outcome, look, spread, summed_up, write_events
from qiao.people.accounts import service as accounts

BATCH: Final = 500
SOON: Final = timedelta(minutes=15)
"""As lists show it: closer than this, a promise asks for attention."""


async def sweep(runtime: Runtime, now: datetime, limit: int) -> Swept:
    """Looks at up to `limit` clocks of conversations that are due at `now`, oldest first."""

    async def work(db: Session) -> Swept:
        return await _sweep_batch(db, now, min(limit, BATCH))

    total = Swept()
    while total.looked < limit:
        done = await runtime.db.run(work)
        total += done
        if done.looked < BATCH:
            break
    return total


async def _sweep_batch(db: Session, now: datetime, limit: int) -> Swept:
    rows = await repository.due_of_conversations(db, now, limit)
    if not rows:
        return Swept()
    book = await books.current(db)
    views = await conversations.views_of(db, list({row.subject_id for row in rows}))
    outcomes = [look(book, row, now) for row in rows if row.subject_id in views]
    await repository.put(db, [outcome.write for outcome in outcomes])
    await write_events(db, outcomes, {key: audience_of(view) for key, view in views.items()}, now)
    broken = {outcome.row.subject_id for outcome in outcomes if outcome.broke}
    if broken:
        await conversations.promises_changed(db, broken)
    return summed_up(outcomes, await _tell(db, outcomes, views))


def audience_of(view: ConversationView) -> Audience:
    """Who hears live of a promise about a conversation."""
    return Audience(
        users=(view.assignee.id,) if view.assignee else (),
        queues=(view.queue.id,) if view.queue else (),
        permission="conversations.view_all",
    )


async def _tell(db: Session, outcomes: Sequence[Outcome], views: Mapping[UUID, ConversationView]) -> int:
    heard: Heard = defaultdict(dict)
    members: dict[UUID, frozenset[UUID]] = {}
    roles: dict[str, frozenset[UUID]] = {}

    async def whom(view: ConversationView, tell: Tell) -> frozenset[UUID]:
        if tell.whom == "assignee" and view.assignee is not None:
            return frozenset({view.assignee.id})
        here: frozenset[UUID] = frozenset()
        if view.queue is not None:
            if view.queue.id not in members:
                members[view.queue.id] = await routing.members_of(db, view.queue.id)
            here = members[view.queue.id]
        if tell.whom != "lead":
            return here  # what nobody has taken yet is everybody's there
        if tell.role not in roles:
            roles[tell.role] = await accounts.holders_of_roles(db, [tell.role])
        return (roles[tell.role] & here) or roles[tell.role]

    for outcome in outcomes:
        view = views[outcome.row.subject_id]
        kind = "sla.conversation_breached" if outcome.broken_at is not None else "sla.conversation_warning"
        for step in outcome.steps:
            if isinstance(step.action, Tell):
                for user_id in await whom(view, step.action):
                    heard[kind, user_id][view.id] = None

    def words(conversation_id: UUID) -> tuple[dict[str, object], str]:
        view = views[conversation_id]
        return {"number": view.number, "customer": view.customer.name}, f"/inbox/live/{conversation_id}"

    return await spread(db, heard, words)


async def queue_promises(db: Session) -> dict[UUID | None, QueuePromises]:
    """Of each queue, conversations whose promise is broken and those whose promise runs out soon. For figures."""
    broken, soon = await repository.conversations_due(db, clock.now() + SOON)
    late, near = await conversations.by_queue(db, broken), await conversations.by_queue(db, soon)
    return {key: QueuePromises(late.get(key, 0), near.get(key, 0)) for key in late.keys() | near.keys()}
