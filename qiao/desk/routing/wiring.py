"""Puts routing into a runtime: what rooms below ask of it, and the grace period at start."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.conversations.ports import AgentAvailability
from qiao.desk.inboxes.ports import QueueDirectory
from qiao.desk.routing import presence, repository
from qiao.desk.routing.policy import PRESENT
from qiao.desk.routing.realtime import QueueWatch
from qiao.desk.routing.turns import TicketAssigner
from qiao.desk.tickets.ports import Assigner
from qiao.people.accounts.ports import Presence, QueueMembership


class Directory:
    """Answers what inboxes and conversations ask about queues and people at work."""

    async def names(self, db: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
        return await repository.queue_names(db, ids)

    async def default(self, db: Session) -> UUID | None:
        return await repository.default_queue_id(db)

    async def is_online(self, db: Session, user_id: UUID) -> bool:
        row = await repository.agent_state(db, user_id)
        return row is not None and row.state in PRESENT

    async def states(self, db: Session, user_ids: Iterable[UUID]) -> dict[UUID, str]:
        return {user_id: row.state for user_id, row in (await repository.agent_states(db, list(user_ids))).items()}


class Membership:
    sql = "ARRAY(SELECT m.queue_id FROM queue_members m WHERE m.user_id = u.id)"


def provide(runtime: Runtime) -> None:
    directory = Directory()
    # A protocol is the key of its part.
    runtime.provide(QueueDirectory, directory)
    runtime.provide(AgentAvailability, directory)
    runtime.provide(Presence, directory)
    runtime.provide(QueueMembership, Membership())
    runtime.provide(Assigner, TicketAssigner())
    runtime.provide(QueueWatch, QueueWatch(runtime))


async def start(runtime: Runtime) -> None:
    await presence.grant_grace(runtime)


async def stop(runtime: Runtime) -> None:
    await runtime.get(QueueWatch).stop()
