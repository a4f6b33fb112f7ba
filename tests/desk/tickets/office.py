"""Departments, people, customers and tickets on a running product, for tests of tickets and of what stands on them."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.tickets import service
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.schemas import EntryView, TicketCreate, TicketFacts, TicketView, Timeline, TypeCreate
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import actor_for
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerCreate
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import DepartmentBody
from tests.conftest import PASSWORD

SYSTEM = Actor.system()


@dataclass
class Office:
    """Each call is one transaction, as in the product. `service`, `warehouse` are departments, `li` and `wu` agents of
    the first, `bao` works in the second's back office."""

    runtime: Runtime
    service: UUID = field(default_factory=new_id)
    warehouse: UUID = field(default_factory=new_id)
    li: Actor = SYSTEM
    wu: Actor = SYSTEM
    bao: Actor = SYSTEM

    async def open(self) -> "Office":
        self.service = await self.department("Service")
        self.warehouse = await self.department("Warehouse")
        self.li = await self.person("li", department=self.service)
        self.wu = await self.person("wu", department=self.service)
        self.bao = await self.person("bao", "back_office", department=self.warehouse)
        return self

    async def run(self, verb: Any, *args: Any, **values: Any) -> Any:
        return await self.runtime.db.run(lambda db: verb(db, *args, **values))

    async def read(self, verb: Any, *args: Any, **values: Any) -> Any:
        async with self.runtime.db.read() as db:
            return await verb(db, *args, **values)

    async def department(self, name: str) -> UUID:
        return UUID(str((await self.run(organization.create_department, SYSTEM, DepartmentBody(name=name))).id))

    async def person(self, name: str, role: str = "agent", *, department: UUID | None = None) -> Actor:
        async def work(db: Session) -> UUID:
            return await accounts.ensure_user(
                db,
                SYSTEM,
                email=f"{name}@qiao.test",
                name=name.title(),
                password=PASSWORD,
                roles=[role],
                locale="en",
                department_id=department,
            )

        user_id: UUID = await self.runtime.db.run(work)
        actor: Actor = await self.run(actor_for, user_id)
        return actor

    async def customer(self, name: str = "Ann", **values: Any) -> UUID:
        return UUID(str((await self.run(customers.create, SYSTEM, CustomerCreate(name=name, **values))).id))

    async def make(self, actor: Actor | None = None, **values: Any) -> TicketView:
        values.setdefault("type_key", "consultation")
        values.setdefault("title", "A question")
        view: TicketView = await self.run(service.create, actor or self.li, TicketCreate(**values))
        return view

    async def kind(self, key: str, definition: dict[str, Any]) -> Definition:
        found = Definition.model_validate(definition)
        await self.run(types.create, SYSTEM, TypeCreate(key=key, definition=found))
        return found

    async def get(self, ticket_id: UUID, actor: Actor | None = None) -> TicketView:
        view: TicketView = await self.read(service.get, actor or SYSTEM, ticket_id)
        return view

    async def facts(self, ticket_id: UUID) -> TicketFacts:
        found = await self.read(service.facts, ticket_id)
        assert found is not None
        facts: TicketFacts = found
        return facts

    async def lines(self, ticket_id: UUID, actor: Actor | None = None) -> list[EntryView]:
        found: Timeline = await self.read(service.timeline, actor or SYSTEM, ticket_id, after_seq=0, limit=500)
        return found.items

    async def move(self, ticket_id: UUID, key: str, actor: Actor | None = None, **values: Any) -> TicketView:
        view: TicketView = await self.run(service.move, actor or self.li, ticket_id, transition=key, **values)
        return view

    async def say(self, ticket_id: UUID, body: str, actor: Actor | None = None, **values: Any) -> EntryView:
        values.setdefault("public", True)
        view: EntryView = await self.run(service.comment, actor or self.li, ticket_id, body=body, **values)
        return view
