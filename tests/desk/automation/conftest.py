"""A desk with tickets and automation, whose events are handled when a test says so: nothing runs in the background."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from qiao.core import log
from qiao.core.actor import Actor
from qiao.core.events import Envelope
from qiao.core.permissions import PERMISSIONS
from qiao.core.reactions import REACTIONS
from qiao.core.runtime import Runtime
from qiao.core.settings import Settings
from qiao.desk.automation import service, timed
from qiao.desk.automation import wiring as automation_wiring
from qiao.desk.automation.models import AutomationRule, AutomationRun
from qiao.desk.automation.schemas import RuleBody, RuleView
from qiao.desk.sop import wiring as sop_wiring
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets import wiring as ticket_wiring
from qiao.desk.tickets.schemas import TicketCreate, TicketFacts
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerCreate
from tests.desk.routing.office import desk_runtime

SYSTEM = Actor.system()


@dataclass
class Desk:
    """Shorthand for what these tests do again and again; each call is one transaction."""

    runtime: Runtime
    boss: Actor
    position: log.Position = (0, 0)
    seen: list[Envelope] = field(default_factory=list)

    async def rule(self, **given: Any) -> RuleView:
        body = {
            "name": "A rule",
            "subject": "ticket",
            "trigger": {"kind": "event", "event": "ticket.created"},
            "actions": [{"do": "tags", "add": ["seen"]}],
            "enabled": True,
        } | given
        async with self.runtime.db.transaction() as db:
            return await service.create(db, self.boss, RuleBody.model_validate(body), "en")

    async def ticket(self, title: str = "Broken", **given: Any) -> TicketFacts:
        body = TicketCreate(type_key="consultation", title=title, **given)
        async with self.runtime.db.transaction() as db:
            made = await tickets.create(db, SYSTEM, body)
        return await self.facts(made.id)

    async def customer(self, **given: Any) -> UUID:
        async with self.runtime.db.transaction() as db:
            return (await customers.create(db, SYSTEM, CustomerCreate(name="Wang", **given))).id

    async def person(self, name: str, role: str = "agent", **given: Any) -> UUID:
        async with self.runtime.db.transaction() as db:
            return await accounts.ensure_user(
                db,
                SYSTEM,
                email=f"{name}@qiao.test",
                name=name,
                password="correct horse 9 battery",
                roles=[role],
                **given,
            )

    async def facts(self, ticket_id: UUID) -> TicketFacts:
        async with self.runtime.db.read() as db:
            found = await tickets.facts(db, ticket_id)
        assert found is not None
        return found

    async def settle(self, rounds: int = 60) -> int:
        """Hands every event since the last time to automation, in order, until nothing new is caused."""
        handled = 0
        for _ in range(rounds):
            events = await log.after(self.runtime.db, self.position, 1000)
            if not events:
                return handled
            for envelope in events:
                await self.handle(envelope)
                handled += 1
            self.position = events[-1].position
        raise AssertionError("automation never comes to rest")

    async def handle(self, envelope: Envelope) -> None:
        self.seen.append(envelope)
        for name in ("automation.events", "automation.watch"):
            reaction = REACTIONS[name]
            if reaction.concerns(envelope):
                await self.runtime.db.run(lambda db, reaction=reaction: reaction.handle(db, [envelope]))

    async def sweep(self) -> None:
        await timed.sweep_all(self.runtime)

    async def runs(self, rule: RuleView | None = None) -> list[AutomationRun]:
        query = select(AutomationRun).order_by(AutomationRun.at, AutomationRun.id)
        if rule is not None:
            query = query.where(AutomationRun.rule_id == rule.id)
        async with self.runtime.db.read() as db:
            return list((await db.execute(query)).scalars())

    async def count(self, table: str) -> int:
        async with self.runtime.db.read() as db:
            return int(await db.scalar(select(func.count()).select_from(text(table))) or 0)


@pytest.fixture
async def desk(settings: Settings, database_url: str) -> AsyncIterator[Desk]:
    runtime = desk_runtime(settings, database_url)
    ticket_wiring.provide(runtime)
    sop_wiring.provide(runtime)
    automation_wiring.provide(runtime)
    async with runtime.db.transaction() as db:
        boss = await accounts.ensure_user(
            db, SYSTEM, email="boss@qiao.test", name="Boss", password="correct horse 9 battery", roles=["admin"]
        )
        await db.execute(AutomationRule.__table__.update().values(enabled=False))
    made = Desk(runtime, Actor(kind="user", id=boss, name="Boss", permissions=frozenset(PERMISSIONS), locale="en"))
    made.position = await log.horizon(runtime.db)
    yield made
    await runtime.db.close()
