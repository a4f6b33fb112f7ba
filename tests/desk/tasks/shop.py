"""A shop with a refund ticket, its people and departments, on a real database. Each call is one transaction."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from qiao.core.actor import Actor
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.models import TicketType
from qiao.desk.tickets.schemas import TicketCreate, TicketFacts, TicketPatch
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import actor_for
from qiao.people.accounts.schemas import UserPatch
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import DepartmentBody

SYSTEM = Actor.system()
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def words(text_: str) -> dict[str, str]:
    return {"zh-CN": text_, "en": text_}


def definition(*, approval: dict[str, Any] | None = None, effects: list[dict[str, Any]] | None = None) -> Definition:
    states = [
        ("new", "new"),
        ("checking", "open"),
        ("waiting", "on_hold"),
        ("refunded", "solved"),
        ("closed", "closed"),
    ]
    ways: list[dict[str, Any]] = [
        {"key": "begin", "from_states": ["new"], "to": "checking", "effects": effects or []},
        {"key": "refund", "from_states": ["new", "checking"], "to": "refunded", "approval": approval is not None},
        {"key": "carry_on", "from_states": ["waiting", "refunded"], "to": "checking"},
        {"key": "close", "from_states": ["refunded"], "to": "closed"},
    ]
    return Definition.model_validate(
        {
            "name": words("Refund"),
            "prefix": "R",
            "fields": [{"key": "amount", "kind": "money", "label": words("Amount")}],
            "workflow": {
                "initial": "new",
                "states": [{"key": key, "label": words(key), "status": status} for key, status in states],
                "transitions": [{"label": words(way["key"]), **way} for way in ways],
            },
            "approval": approval,
        }
    )


@dataclass
class Shop:
    runtime: Runtime
    departments: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)

    async def department(self, name: str) -> UUID:
        if name not in self.departments:
            async with self.runtime.db.transaction() as db:
                made = await organization.create_department(db, SYSTEM, DepartmentBody(name=name))
            self.departments[name] = made.id
        return self.departments[name]

    async def person(self, name: str, role: str = "agent", *, department: str | None = None) -> Actor:
        """Somebody as an actor, as of now."""
        async with self.runtime.db.transaction() as db:
            if name not in self.people:
                place = await self.department(department) if department else None
                self.people[name] = await accounts.ensure_user(
                    db,
                    SYSTEM,
                    email=f"{name}@qiao.test",
                    name=name.title(),
                    password="correct horse 9 battery",
                    roles=[role],
                    locale="en",
                    department_id=place,
                )
            return await actor_for(db, self.people[name])

    async def leaves(self, name: str) -> None:
        async with self.runtime.db.transaction() as db:
            await accounts.update_user(db, SYSTEM, self.people[name], UserPatch(active=False))

    async def type(self, key: str = "kettles", **parts: Any) -> str:
        async with self.runtime.db.transaction() as db:
            made = definition(**parts).model_dump(mode="json")
            db.add(TicketType(id=new_id(), key=key, definition=made))
        return key

    async def ticket(self, actor: Actor = SYSTEM, *, type_key: str = "kettles", **values: Any) -> UUID:
        async with self.runtime.db.transaction() as db:
            body = TicketCreate.model_validate({"type_key": type_key, "title": "Broken kettle", **values})
            return (await tickets.create(db, actor, body)).id

    async def move(self, actor: Actor, ticket_id: UUID, transition: str) -> None:
        async with self.runtime.db.transaction() as db:
            await tickets.move(db, actor, ticket_id, transition=transition)

    async def set_amount(self, ticket_id: UUID, minor: int, actor: Actor = SYSTEM) -> None:
        async with self.runtime.db.transaction() as db:
            await tickets.update(db, actor, ticket_id, TicketPatch(fields={"amount": money(minor)}))

    async def facts(self, ticket_id: UUID) -> TicketFacts:
        async with self.runtime.db.read() as db:
            found = await tickets.facts(db, ticket_id)
        assert found is not None
        return found

    async def lines(self, ticket_id: UUID) -> list[str]:
        """The events in the timeline, in order."""
        async with self.runtime.db.read() as db:
            rows = await db.execute(
                text(
                    "SELECT payload->>'type' FROM ticket_entries WHERE ticket_id = :id AND kind = 'event' ORDER BY seq"
                ),
                {"id": ticket_id},
            )
            return [str(row[0]) for row in rows]

    async def told(self, name: str) -> list[str]:
        """The kinds of what somebody was told, in order."""
        async with self.runtime.db.read() as db:
            rows = await db.execute(
                text("SELECT kind FROM notifications WHERE user_id = :id ORDER BY at, id"), {"id": self.people[name]}
            )
            return [str(row[0]) for row in rows]


def money(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "CNY"}
