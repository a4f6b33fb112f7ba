"""Whose turn it is: chooses who gets a ticket, by skill, by load, or one after the other."""

from collections.abc import Collection, Mapping
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.desk.routing import repository
from qiao.desk.routing.models import TicketTurn, UserSkill
from qiao.desk.routing.policy import PRESENT
from qiao.desk.tickets.schemas import TicketFacts

NOWHERE: Final = UUID(int=0)
"""Stands for "no department" in the book of turns."""


class TicketAssigner:
    """Who is at work goes before who is not; a ticket can wait for somebody, so nobody being at work is no obstacle."""

    async def choose(
        self,
        db: Session,
        *,
        ticket: TicketFacts,
        candidates: frozenset[UUID],
        open_tickets: dict[UUID, int],
        strategy: Literal["least_loaded", "round_robin"],
        skill_id: UUID | None,
        level: int,
    ) -> UUID | None:
        fit = await _skilled(db, candidates, skill_id, level) if skill_id is not None else set(candidates)
        if not fit:
            return None
        states = await repository.agent_states(db, fit)
        present = {user_id for user_id, row in states.items() if row.state in PRESENT}
        place = ticket.department_id or NOWHERE
        last = await _last(db, place)
        chosen = next_of(present or fit, open_tickets if strategy == "least_loaded" else {}, last)
        await db.execute(
            insert(TicketTurn)
            .values(department_id=place, user_id=chosen)
            .on_conflict_do_update(index_elements=[TicketTurn.department_id], set_={"user_id": chosen})
        )
        return chosen


def next_of(people: Collection[UUID], load: Mapping[UUID, int], last: UUID | None) -> UUID:
    """Of those with the least load, the one whose turn comes after `last`. Pure."""
    least = min(load.get(user_id, 0) for user_id in people)
    order = sorted(user_id for user_id in people if load.get(user_id, 0) == least)
    return next((user_id for user_id in order if last is not None and user_id > last), order[0])


async def _skilled(db: Session, people: Collection[UUID], skill_id: UUID, level: int) -> set[UUID]:
    query = select(UserSkill.user_id).where(
        UserSkill.skill_id == skill_id, UserSkill.level >= level, UserSkill.user_id.in_(people)
    )
    return set((await db.execute(query)).scalars())


async def _last(db: Session, place: UUID) -> UUID | None:
    """Who had the last turn; holds the book, so that two tickets at once are two turns."""
    query = select(TicketTurn.user_id).where(TicketTurn.department_id == place).with_for_update()
    last: UUID | None = await db.scalar(query)
    return last
