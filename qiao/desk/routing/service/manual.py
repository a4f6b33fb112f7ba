"""What people do themselves: pull a waiting conversation; customers: leave a message instead of waiting."""

from decimal import Decimal
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Refused
from qiao.desk.conversations import service as conversations
from qiao.desk.routing import repository
from qiao.desk.routing.service.state import change


async def take(db: Session, actor: Actor, conversation_id: UUID, *, in_person: bool = False) -> None:
    """An agent takes a waiting conversation they may see, out of turn. Raises Conflict when somebody was quicker and
    Refused when they have no room (they can raise their capacity). Whoever comes `in_person` is served whatever else
    waits on the screen."""
    assert actor.id is not None
    async with change(db) as current:
        facts = await conversations.require_visible(db, actor, conversation_id)
        if facts.status == "assigned" and facts.assignee_id == actor.id:
            return
        if facts.status != "queued":
            raise Conflict("routing.not_waiting")
        await repository.ensure_agents(db, [actor.id], current.now)
        row = await repository.agent_state(db, actor.id)
        assert row is not None  # ensured above
        mine = [o for o in await repository.open_offers(db, conversation_id=conversation_id) if o.user_id == actor.id]
        weight = Decimal(0) if mine else current.settings.weight(facts.channel)  # what is offered to me counts already
        if row.load + weight > row.capacity and not in_person:
            raise Refused("routing.at_capacity", capacity=f"{row.capacity.normalize():f}")
        await conversations.assign(db, actor, conversation_id, actor.id, reason="taken")


async def left_message(db: Session, conversation_id: UUID) -> None:
    """The customer left a message instead of waiting: it stays in line and is served when people are back."""
    async with change(db) as current:
        entry = await repository.entry(db, conversation_id)
        if entry is not None and not entry.leave_message:
            await repository.update_entry(db, conversation_id, leave_message=True)
            current.touch(entry.queue_id)
