"""What tests of promises stand on: a free workflow, hours with lunch and holidays, three policies, people."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.sla import repository, service
from qiao.desk.sla.models import ClockRow
from qiao.desk.sla.schemas import PolicyBody, PolicyView
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.schemas import TicketCreate, TicketFacts, TypeCreate
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import actor_for
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerCreate
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import CalendarSpec

T = TypeVar("T")
SYSTEM = Actor.system()
STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed")
FREE = Definition.model_validate(
    {
        "name": {"en": "Anything"},
        "prefix": "A",
        "workflow": {
            "initial": "new",
            "states": [{"key": one, "label": {"en": one}, "status": one} for one in STATUSES],
            "transitions": [
                {
                    "key": f"to_{one}",
                    "label": {"en": one},
                    "from_states": [other for other in STATUSES if other != one],
                    "to": one,
                    "by": ["staff", "customer"],
                }
                for one in STATUSES
            ],
        },
    }
)
WEEKDAY = [["09:00", "12:00"], ["13:30", "18:00"]]
HOURS: dict[str, Any] = {
    "name": "Office with lunch",
    "timezone": "Asia/Shanghai",
    "weekly": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY),
    "holidays_country": "CN",
}


@dataclass
class Promises:
    runtime: Runtime
    calendar_id: UUID | None = None
    policies: dict[str, UUID] = field(default_factory=dict)
    agent: Actor = SYSTEM
    customer_id: UUID | None = None

    async def do(self, work: Callable[[Session], Awaitable[T]], at: datetime | None = None) -> T:
        if at is None:
            return await self.runtime.db.run(work)
        with clock.frozen(at):
            return await self.runtime.db.run(work)

    async def open_office(self) -> None:
        async def work(db: Session) -> None:
            await types.create(db, SYSTEM, TypeCreate(key="anything", definition=FREE))
            calendar = await organization.create_calendar(db, SYSTEM, CalendarSpec.model_validate(HOURS))
            self.calendar_id = calendar.id
            user_id = await accounts.ensure_user(
                db, SYSTEM, email="mei@qiao.test", name="Mei", password="correct horse 9 battery", roles=["agent"]
            )
            self.agent = await actor_for(db, user_id)
            self.customer_id = (await customers.create(db, SYSTEM, CustomerCreate(name="Anna"))).id

        await self.do(work)

    async def policy(self, name: str, **values: Any) -> PolicyView:
        body = PolicyBody.model_validate({"name": name, "calendar_id": self.calendar_id, **values})
        view = await self.do(lambda db: service.create(db, SYSTEM, body))
        self.policies[name] = view.id
        return view

    async def ticket(self, at: datetime, **values: Any) -> UUID:
        body = TicketCreate(type_key="anything", title="It broke", customer_id=self.customer_id, **values)
        return (await self.do(lambda db: tickets.create(db, self.agent, body), at)).id

    @property
    def customer(self) -> Actor:
        return Actor(kind="customer", id=self.customer_id, name="Anna")

    async def says(self, ticket_id: UUID, at: datetime, *, who: Actor | None = None, public: bool = True) -> None:
        who = who or self.agent
        await self.do(lambda db: tickets.comment(db, who, ticket_id, body="Hello", public=public), at)

    async def move(self, ticket_id: UUID, status: str, at: datetime) -> None:
        await self.do(lambda db: tickets.move(db, self.agent, ticket_id, status=status), at)

    async def facts(self, ticket_id: UUID) -> TicketFacts:
        found = await self.do(lambda db: tickets.facts(db, ticket_id))
        assert found is not None
        return found

    async def clocks(self, ticket_id: UUID) -> list[ClockRow]:
        return list(await self.do(lambda db: repository.clocks_of(db, ticket_id)))

    async def clock(self, ticket_id: UUID, kind: str) -> ClockRow:
        """The latest of a kind."""
        return [row for row in await self.clocks(ticket_id) if row.kind == kind][-1]
