"""The state of agents: what they set, and what follows when they leave or let offers run out."""

from decimal import Decimal
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Audience, emit
from qiao.desk.routing import repository
from qiao.desk.routing.events import PresenceChanged
from qiao.desk.routing.policy import AgentState
from qiao.desk.routing.service import offers
from qiao.desk.routing.service.matching import SYSTEM
from qiao.desk.routing.service.state import Change, change


async def set_presence(
    db: Session,
    actor: Actor,
    user_id: UUID,
    *,
    state: AgentState | None = None,
    reason: str | None = None,
    capacity: Decimal | None = None,
) -> None:
    """Sets a person's state (with a reason) and how much they take at once; None leaves as it is."""
    async with change(db) as current:
        await repository.ensure_agents(db, [user_id], current.now)
        if state is not None:
            await repository.touch(db, [user_id], current.now)
            await change_state(db, current, actor, user_id, state, reason=reason)
        row = await repository.agent_state(db, user_id)
        assert row is not None  # ensured above
        if capacity is not None and capacity != row.capacity:
            await repository.update_agent(db, user_id, capacity=capacity)
            await _announce(db, actor, user_id, row.state, row.state, row.reason)
            current.look_at(await repository.queues_of(db, [user_id]))


async def change_state(
    db: Session,
    current: Change,
    actor: Actor,
    user_id: UUID,
    state: AgentState,
    *,
    reason: str | None = None,
    resume: AgentState | None = None,
) -> None:
    """Moves somebody to `state`. Leaving `online` withdraws what they are offered; what is assigned stays theirs."""
    row = await repository.agent_state(db, user_id)
    assert row is not None  # callers ensure it
    if row.state == state and row.reason == reason:
        return
    values: dict[str, object] = {"state": state, "reason": reason, "resume_state": resume}
    if row.state != state:
        values["since"] = current.now
    if state == "online" and row.state != "online":
        values["missed_offers"] = 0
        values["idle_since"] = current.now if row.load == 0 else None
    await repository.update_agent(db, user_id, **values)
    queues = await repository.queues_of(db, [user_id])
    if state != "online":
        await offers.withdraw(db, current, await repository.open_offers(db, user_id=user_id))
    await repository.note_attendance(db, queues, current.now)
    if state == "online":
        current.look_at(queues)
    else:
        current.touch(*queues)
    await _announce(db, actor, user_id, state, row.state, reason)


async def _announce(db: Session, actor: Actor, user_id: UUID, state: str, previous: str, reason: str | None) -> None:
    await emit(
        db,
        PresenceChanged(user_id=user_id, state=state, previous_state=previous, reason=reason),
        actor=actor,
        audience=Audience(users=(user_id,), permission="conversations.handle"),
    )


async def expire_due(db: Session) -> int:
    """Ends offers whose time has run out. Who misses several in a row is set away. Returns how many ended."""
    async with change(db) as current:
        due = await repository.open_offers(db, due=current.now)
        for row in due:
            await offers.turned_down(db, current, row, "expired", SYSTEM)
            agent = await repository.agent_state(db, row.user_id)
            limit = current.settings.missed_offers_to_away
            missed = (agent.missed_offers if agent else 0) + 1
            await repository.update_agent(db, row.user_id, missed_offers=missed)
            if agent is not None and limit and missed >= limit and agent.state == "online":
                await change_state(db, current, SYSTEM, row.user_id, "away", reason="missed_offers")
        return len(due)
