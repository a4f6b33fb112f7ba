"""What a rule or macro works on: a ticket or conversation, the facts conditions test, the values texts are filled with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from qiao.core import clock, i18n
from qiao.core.db import Session
from qiao.core.money import amount
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationView
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketFacts
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.organization import service as organization


@dataclass
class Target:
    """One object as it stands now. `values` are variables of texts. A rule without an object has neither of the two."""

    subject: Literal["ticket", "conversation", "none"]
    id: UUID
    ticket: TicketFacts | None = None
    conversation: ConversationView | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def locale(self) -> str:
        """The language of the customer."""
        found = self.ticket or self.conversation
        return found.locale if found is not None else i18n.DEFAULT_LOCALE

    @property
    def customer_id(self) -> UUID | None:
        if self.ticket is not None:
            return self.ticket.customer_id
        return self.conversation.customer.id if self.conversation is not None else None

    @property
    def assignee_id(self) -> UUID | None:
        if self.ticket is not None:
            return self.ticket.assignee_id
        return self.conversation.assignee.id if self.conversation is not None and self.conversation.assignee else None

    @property
    def name(self) -> str | None:
        """What people call it."""
        if self.ticket is not None:
            return f"{self.ticket.ref} {self.ticket.title}"
        return f"#{self.conversation.number}" if self.conversation is not None else None

    @property
    def link(self) -> str:
        """Its page in the console."""
        if self.ticket is not None:
            return f"/tickets/{self.ticket.ref}"
        return f"/inbox/{self.id}" if self.conversation is not None else "/settings/automation"


async def load(
    db: Session, subject: str, subject_id: UUID, *, event: Mapping[str, Any] | None = None, customer: bool = True
) -> Target | None:
    """The object as it stands now; None when it is gone. `customer`: with what is known of its customer."""
    return (await load_many(db, subject, [subject_id], event=event, customer=customer)).get(subject_id)


async def load_many(
    db: Session, subject: str, ids: list[UUID], *, event: Mapping[str, Any] | None = None, customer: bool = True
) -> dict[UUID, Target]:
    """Many objects, with few statements."""
    now = clock.now()
    found: dict[UUID, Target] = {}
    if subject == "none":
        return {one: Target("none", one) for one in ids}
    if subject == "ticket":
        known = await tickets.facts_many(db, ids)
        theirs = [one.customer_id for one in known.values() if one.customer_id and customer]
        people = await customers.condition_facts(db, theirs)
        for key, ticket in known.items():
            facts = {"ticket": _of_ticket(ticket, now), "customer": people.get(ticket.customer_id or key, {})}
            if event:
                facts["event"] = dict(event)
            found[key] = Target("ticket", key, ticket=ticket, facts=facts)
        return found
    views = await conversations.views_of(db, ids)
    people = await customers.condition_facts(db, [view.customer.id for view in views.values() if customer])
    for key, view in views.items():
        facts = conversations.condition_facts(view, people.get(view.customer.id, {}), now)
        if event:
            facts["event"] = dict(event)
        found[key] = Target("conversation", key, conversation=view, facts=facts)
    return found


def _of_ticket(ticket: TicketFacts, now: datetime) -> dict[str, Any]:
    fields = dict(ticket.fields)
    for key, value in ticket.fields.items():
        if isinstance(value, Mapping) and isinstance(value.get("minor"), int):
            fields[f"{key}_minor"] = value["minor"]
    return {
        "type": ticket.type_key,
        "status": ticket.status,
        "state": ticket.state,
        "priority": ticket.priority,
        "tier": ticket.tier,
        "source": ticket.source,
        "channel": ticket.channel,
        "title": ticket.title,
        "description": ticket.description,
        "tags": list(ticket.tags),
        "fields": fields,
        "department_id": str(ticket.department_id) if ticket.department_id else None,
        "assignee_id": str(ticket.assignee_id) if ticket.assignee_id else None,
        "rating": ticket.rating,
        "reopened": ticket.reopened,
        "breached": ticket.breached,
        "locale": ticket.locale,
        "age_minutes": _minutes(ticket.created_at, now),
        "waiting_minutes": _minutes(ticket.customer_wrote_at, now),
        "due_in_minutes": _minutes(now, ticket.due_at),
    }


async def values(db: Session, target: Target) -> dict[str, str]:
    """What stands for the variables of texts, in the customer's language; what is not known is not there."""
    locale = target.locale
    workspace = await organization.get_workspace(db)
    zone = ZoneInfo(workspace.timezone)
    found: dict[str, str | None] = {
        "company.name": workspace.name,
        "today": clock.now().astimezone(zone).strftime("%Y-%m-%d"),
    }
    if target.customer_id is not None:
        customer = await customers.ref(db, target.customer_id)
        about = target.facts.get("customer") or {}
        found |= {
            "customer.name": customer.name,
            "customer.level": i18n.t(f"canned.level.{customer.level}", locale),
            "customer.city": about.get("city"),
        }
    if target.assignee_id is not None:
        people = await accounts.people(db, [target.assignee_id])
        found["assignee.name"] = next((person.name for person in people.values()), None)
    if target.conversation is not None:
        found["conversation.number"] = str(target.conversation.number)
    ticket = target.ticket
    if ticket is not None:
        department = next(
            (one.name for one in await organization.list_departments(db) if one.id == ticket.department_id), None
        )
        found |= {
            "ticket.number": ticket.ref,
            "ticket.title": ticket.title,
            "ticket.status": i18n.t(f"automation.option.ticket.status.{ticket.status}", locale),
            "ticket.priority": i18n.t(f"automation.option.ticket.priority.{ticket.priority}", locale),
            "ticket.due_at": _shown(ticket.due_at, zone),
            "ticket.url": f"{runtime_of(db).settings.public_url}/console/tickets/{ticket.ref}",
            "department.name": department,
            **{f"ticket.fields.{key}": _plain(value) for key, value in ticket.fields.items()},
        }
    return {name: value for name, value in found.items() if value}


def _minutes(since: datetime | None, until: datetime | None) -> int | None:
    return None if since is None or until is None else int((until - since).total_seconds() // 60)


def _shown(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at is not None else None


def _plain(value: Any) -> str | None:
    """A field's value in a text: money with its point, lists with commas; what is no text at all is left out."""
    if value is None or value == "":
        return None
    if isinstance(value, Mapping):
        if isinstance(value.get("minor"), int):
            currency = str(value.get("currency") or "")
            return f"{amount(value['minor'], currency, grouped=True)} {currency}".strip()
        return None
    if isinstance(value, list):
        return ", ".join(str(item) for item in value if isinstance(item, str | int | float)) or None
    return str(value)
