"""The demo company's tickets, replayed through the verbs at the times things happened."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.permissions import BUILT_IN_ROLES
from qiao.demo.company import Places
from qiao.desk.approvals import service as approvals
from qiao.desk.approvals.schemas import DecideBody, RequestBody
from qiao.desk.tasks import service as tasks
from qiao.desk.tasks.schemas import FinishBody, TaskCreate
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.definition import Definition, TaskEffect
from qiao.desk.tickets.schemas import TicketCreate, TypePatch
from qiao.desk.tickets.types import service as types
from qiao.packs.models import DemoPack, DemoTicket, TicketStep
from qiao.people.accounts import service as accounts

Step = Callable[[int], None]
OFFICES: Final = {
    "consultation": "service",
    "fault": "service",
    "refund": "service",
    "logistics": "service",
    "invoice": "service",
    "complaint": "service",
    "suggestion": "service",
}
"""Where tickets of a type go in this company."""


async def seed_tickets(
    db: Session,
    actor: Actor,
    pack: DemoPack,
    places: Places,
    customers: dict[str, UUID],
    talks: dict[str, UUID],
    step: Step,
) -> dict[str, UUID]:
    """Returns the tickets' ids by their keys."""
    await types.install(db)
    await _types(db, actor, places)
    people = await _people(db, pack, places)
    now = clock.now()
    made: dict[str, UUID] = {}
    # Oldest first, so that numbers grow with time.
    for ticket in sorted(pack.tickets.tickets, key=lambda one: -one.hours_ago):
        made[ticket.key] = await _Replay(db, pack, places, people, customers, talks, ticket, now).run()
        step(1)
    return made


async def _types(db: Session, actor: Actor, places: Places) -> None:
    """The shipped types know this company's departments: returns are inspected by the warehouse."""
    for key, office in OFFICES.items():
        view = await types.get_type(db, key)
        found = view.definition
        routing = found.routing.model_copy(update={"department_id": places.departments[office]})
        changed = found.model_copy(update={"routing": routing})
        if key == "refund":
            changed = _with_inspection(changed, places.departments["warehouse"])
        await types.update(db, actor, key, TypePatch(definition=changed, revision=view.revision))


def _with_inspection(found: Definition, warehouse: UUID) -> Definition:
    title = {"zh-CN": "收到退货后验货并写明结果", "en": "Inspect the return and say what was found"}
    task = TaskEffect(department_id=warehouse, title=title, within_hours=72)  # languages
    ways = [
        way.model_copy(update={"effects": [*way.effects, task]}) if way.key == "await_goods" else way
        for way in found.workflow.transitions
    ]
    return found.model_copy(update={"workflow": found.workflow.model_copy(update={"transitions": ways})})


async def _people(db: Session, pack: DemoPack, places: Places) -> dict[str, Actor]:
    """Everybody who works there, with the rights of their roles."""
    found = {}
    for user in pack.company.users:
        rights = frozenset(right for role in user.roles for right in BUILT_IN_ROLES[role])
        found[user.key] = Actor(
            kind="user",
            id=places.users[user.key],
            name=places.names[user.key],
            permissions=rights,
            locale=user.locale,
            department_id=places.departments[user.department],
            queue_ids=frozenset(places.queues.values()),
        )
    assert set(await accounts.people(db, places.users.values())) == set(places.users.values())
    return found


class _Replay:
    """One ticket, step by step."""

    def __init__(
        self,
        db: Session,
        pack: DemoPack,
        places: Places,
        people: dict[str, Actor],
        customers: dict[str, UUID],
        talks: dict[str, UUID],
        ticket: DemoTicket,
        now: datetime,
    ):
        self.db, self.places, self.people, self.ticket, self.now = db, places, people, ticket, now
        self.talks = talks
        self.customer_id = customers[ticket.customer] if ticket.customer else None
        names = {one.key: one.name for one in pack.customers.customers}
        self.customer = Actor(
            kind="customer", id=self.customer_id, name=names.get(ticket.customer or "", ""), locale=ticket.language
        )
        self.tags = {tag.key: tag.name.in_language(pack.company.locale) for tag in pack.company.tags}
        self.start = now - timedelta(hours=ticket.hours_ago)

    def _who(self, key: str) -> Actor:
        return self.customer if key == "customer" else self.people[key]

    async def run(self) -> UUID:
        ticket = self.ticket
        with clock.frozen(self.start):
            ticket_id = await tickets.begin(self.db, self._who(ticket.by), self._body())
        for step in ticket.steps:
            with clock.frozen(min(self.start + timedelta(hours=step.at), self.now)):
                await self._step(ticket_id, self._who(step.by), step)
        return ticket_id

    def _body(self) -> TicketCreate:
        ticket, departments = self.ticket, self.places.departments
        return TicketCreate(
            type_key=ticket.type,
            title=ticket.title,
            description=ticket.description,
            fields=dict(ticket.fields),
            priority=ticket.priority,
            tags=[self.tags[tag] for tag in ticket.tags],
            customer_id=self.customer_id,
            requester_id=self.places.users[ticket.requester] if ticket.requester else None,
            conversation_id=self.talks[ticket.conversation] if ticket.conversation else None,
            department_id=departments[ticket.department] if ticket.department else None,
            source="conversation" if ticket.conversation else "console",
            locale=ticket.language,
            key=f"demo:{ticket.key}",
        )

    async def _step(self, ticket_id: UUID, who: Actor, step: TicketStep) -> None:
        db, more = self.db, step.more
        match step.what:
            case "move":
                fields: dict[str, Any] = dict(more.fields)
                await tickets.advance(
                    db, who, ticket_id, transition=step.words, comment=more.comment, fields=fields or None
                )
            case "say" | "note":
                await tickets.comment(db, who, ticket_id, body=step.words, public=step.what == "say")
            case "task":
                due = clock.now() + timedelta(hours=more.within) if more.within else None
                body = TaskCreate(title=step.words, department_id=self._department(step), due_at=due)
                await tasks.create(db, who, ticket_id, body)
            case "done":
                await self._finish(ticket_id, who, step)
            case "ask":
                await approvals.request(db, who, ticket_id, RequestBody(transition=more.transition, reason=step.words))
            case "decide":
                asked = await approvals.of_ticket(db, who, ticket_id)
                open_ = next(one for one in asked if one.state == "open")
                body_ = DecideBody(verdict=more.verdict or "approve", comment=step.words)
                await approvals.decide(db, who, open_.id, body_)
            case "assign":
                await tickets.assign(db, who, ticket_id, user_id=self.places.users[step.words])
            case "escalate":
                await tickets.escalate(db, who, ticket_id, reason=step.words)
            case "rate":
                await tickets.rate(db, who, ticket_id, more.score or 5, step.words)
            case "check":
                await tickets.add_item(db, who, ticket_id, step.words)

    def _department(self, step: TicketStep) -> UUID:
        assert step.more.department is not None, f"{self.ticket.key}: a task is asked of a department"
        return self.places.departments[step.more.department]

    async def _finish(self, ticket_id: UUID, who: Actor, step: TicketStep) -> None:
        department = self._department(step)
        for task in await tasks.of_ticket(self.db, who, ticket_id):
            if task.department.id == department and task.state in ("waiting", "doing"):
                if task.state == "waiting":
                    await tasks.accept(self.db, who, task.id)
                await tasks.finish(self.db, who, task.id, FinishBody(result=step.words))
                return
        raise ValueError(f"tickets.yaml: {self.ticket.key}: there is no task for {step.more.department}")
