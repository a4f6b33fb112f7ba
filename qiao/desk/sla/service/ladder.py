"""Steps of the ladder that change a ticket (another department, a higher priority, the next tier) or a conversation (a
higher priority)."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.errors import Problem
from qiao.desk.conversations import service as conversations
from qiao.desk.sla import book as books
from qiao.desk.sla import repository
from qiao.desk.sla.schemas import Action, Escalate, Raise, Reassign
from qiao.desk.sla.service import talks
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketFacts
from qiao.desk.tickets.service import batch
from qiao.people.organization import service as organization

logger = structlog.get_logger(__name__)
SYSTEM: Final = Actor.system()
HIGHEST: Final = 3


async def climb(db: Session, ticket_id: UUID, clock_id: UUID, policy_id: UUID | None, steps: Sequence[str]) -> None:
    """Takes these steps, each once ever: that it was taken is written in the same transaction."""
    book = await books.current(db)
    policy = book.by_id.get(policy_id) if policy_id is not None else None
    if policy is None:
        return
    locale = (await organization.get_workspace(db)).locale
    for step_id in steps:
        step = policy.step(step_id)
        ticket = await tickets.facts(db, ticket_id)
        if step is None or ticket is None or ticket.merged_into_id is not None or ticket.status in ("solved", "closed"):
            continue
        # The ticket before its clocks, as everywhere.
        await batch.claim(db, [ticket_id], skip=False)
        if not await repository.claim_step(db, clock_id, step_id):
            continue
        try:
            async with db.begin_nested():
                await _act(db, ticket, step.action, i18n.t("sla.ladder_reason", locale, policy=policy.name))
        except Problem as problem:
            # What cannot be done (a department that is gone, the highest tier) must not stop the next step.
            logger.warning("sla_step_refused", ticket=str(ticket_id), step=step_id, code=problem.code)


async def climb_conversation(
    db: Session, conversation_id: UUID, clock_id: UUID, policy_id: UUID | None, steps: Sequence[str]
) -> None:
    """As `climb`, of a conversation."""
    policy = (await books.current(db)).by_id.get(policy_id) if policy_id is not None else None
    if policy is None:
        return
    await status_lock(db)
    for step_id in steps:
        step = policy.step(step_id)
        facts = await conversations.facts(db, conversation_id)
        if step is None or facts is None or facts.status not in talks.WITH_PEOPLE:
            continue
        if await repository.claim_step(db, clock_id, step_id) and isinstance(step.action, Raise):
            await conversations.set_priority(db, SYSTEM, conversation_id, _raised(step.action, facts.priority))


def _raised(action: Raise, priority: int) -> int:
    return min(HIGHEST, priority + 1) if action.to is None else max(action.to, priority)


async def _act(db: Session, ticket: TicketFacts, action: Action, reason: str) -> None:
    match action:
        case Reassign():
            if ticket.department_id != action.department_id:
                await tickets.assign(
                    db, SYSTEM, ticket.id, department_id=action.department_id, user_id=None, reason=reason
                )
        case Raise():
            priority = _raised(action, ticket.priority)
            if priority != ticket.priority:
                await tickets.set_priority(db, SYSTEM, ticket.id, priority)
        case Escalate():
            if ticket.tier < HIGHEST:
                await tickets.escalate(db, SYSTEM, ticket.id, reason=reason)
        case _:
            pass
