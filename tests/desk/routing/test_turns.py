"""Who gets a ticket: by skill, by load, one after the other, whoever is at work first."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.routing.models import UserSkill
from qiao.desk.routing.schemas import SkillBody
from qiao.desk.routing.service import queues as routing
from qiao.desk.routing.turns import next_of
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.definition import Tier
from qiao.desk.tickets.schemas import TicketCreate, TypePatch
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import service as accounts
from qiao.people.accounts.schemas import UserPatch
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import DepartmentBody
from tests.desk.conversations.desk import SYSTEM, Desk

people = st.sets(st.uuids(), min_size=1, max_size=6)


@given(people, st.integers(min_value=1, max_value=4))
def test_everybody_has_a_turn_before_anybody_has_two(pool: set[UUID], rounds: int) -> None:
    last: UUID | None = None
    given_to: list[UUID] = []
    for _ in range(rounds * len(pool)):
        last = next_of(pool, {}, last)
        given_to.append(last)
    assert all(given_to.count(one) == rounds for one in pool)


@given(people, st.lists(st.integers(0, 5), min_size=6, max_size=6))
def test_nobody_with_less_is_passed_over(pool: set[UUID], loads: list[int]) -> None:
    load = dict(zip(sorted(pool), loads, strict=False))
    assert load[next_of(pool, load, None)] == min(load.values())


class Office(Desk):
    department: UUID
    colleagues: dict[str, UUID]

    async def open_department(self, *names: str) -> "Office":
        await self.run(types.install)
        made = await self.run(organization.create_department, SYSTEM, DepartmentBody(name="技术部"))
        self.department, self.colleagues = made.id, {}
        for name in names:
            actor = await self.person(name)
            assert actor.id is not None
            self.colleagues[name] = actor.id
            await self.run(accounts.update_user, SYSTEM, actor.id, UserPatch(department_id=self.department))
        return self

    async def route(self, **values: Any) -> None:
        view = await self.run(types.get_type, "fault")
        routing_of = view.definition.routing.model_copy(update={"department_id": self.department, **values})
        definition = view.definition.model_copy(update={"routing": routing_of})
        admin = Actor.system()
        await self.run(types.update, admin, "fault", TypePatch(definition=definition, revision=view.revision))

    async def ticket(self) -> Any:
        body = TicketCreate(type_key="fault", title="坏了", fields={"product": "炸锅", "symptom": "dead"})
        return await self.run(tickets.create, SYSTEM, body)


@pytest.fixture
async def office(runtime: Runtime) -> Office:
    return await Office(runtime).open_department("an", "bo", "ce")


async def test_tickets_go_round(office: Office) -> None:
    await office.route(strategy="round_robin")
    got = [(await office.ticket()).assignee.id for _ in range(6)]
    assert sorted(got[:3]) == sorted(office.colleagues.values())
    assert got[3:] == got[:3]


async def test_the_least_loaded_gets_the_next(office: Office) -> None:
    await office.route(strategy="least_loaded")
    first = await office.ticket()
    others = {(await office.ticket()).assignee.id for _ in range(2)}
    assert others == set(office.colleagues.values()) - {first.assignee.id}


async def test_a_tier_asks_for_a_skill(office: Office) -> None:
    skill = await office.run(routing.create_skill, SYSTEM, SkillBody(name="电路"))

    async def learn(db: Any, user_id: UUID, level: int) -> None:
        db.add(UserSkill(user_id=user_id, skill_id=skill.id, level=level))

    await office.run(learn, office.colleagues["bo"], 4)
    await office.run(learn, office.colleagues["ce"], 2)
    tier = Tier(tier=2, department_id=office.department, skill_id=skill.id, level=3)
    await office.route(strategy="nobody", tiers=[tier])
    made = await office.ticket()
    view = await office.run(tickets.escalate, SYSTEM, made.id, reason="要测电路")
    assert (view.tier, view.assignee.id) == (2, office.colleagues["bo"])
