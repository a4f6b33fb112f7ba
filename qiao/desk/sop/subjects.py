"""What a procedure is walked for: a ticket or a conversation. Who may see it, what is known of it, how it is written to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Forbidden, NotFound, Refused
from qiao.desk.canned.policy import money
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts, Outgoing
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketFacts
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.orders import service as orders
from qiao.people.organization import service as organization

HEARD: Final = 6
"""How many of the customer's last messages say what a conversation is about."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The little every subject has. `label` is the number people see."""

    kind: str
    id: UUID
    label: str
    locale: str
    customer_id: UUID | None
    assignee_id: UUID | None
    ticket: TicketFacts | None = None
    conversation: ConversationFacts | None = None

    @property
    def type_key(self) -> str | None:
        return self.ticket.type_key if self.ticket else None

    @property
    def over(self) -> bool:
        """Nothing is left to do about it, so nothing is suggested."""
        if self.ticket is not None:
            return self.ticket.status in ("solved", "closed") or self.ticket.merged_into_id is not None
        return self.conversation is not None and self.conversation.status in ("resolved", "closed")

    @property
    def link(self) -> str:
        return f"/tickets/{self.ticket.number}" if self.ticket else f"/inbox/all/{self.id}"


class Handler(Protocol):
    async def find(self, db: Session, actor: Actor, subject_id: UUID) -> Subject:
        """Raises NotFound for what `actor` may not see."""
        ...

    def may_act(self, actor: Actor) -> bool: ...

    async def words(self, db: Session, actor: Actor, subject: Subject) -> list[str]:
        """What the customer said, newest last."""
        ...

    async def note(
        self, db: Session, actor: Actor, subject: Subject, entry: str, params: Mapping[str, Any]
    ) -> None: ...

    async def tell_customer(
        self, db: Session, actor: Actor, subject: Subject, text: str, client_id: str
    ) -> dict[str, Any]: ...

    async def add_tags(self, db: Session, actor: Actor, subject: Subject, tags: Sequence[str]) -> None: ...


class _Conversations:
    async def find(self, db: Session, actor: Actor, subject_id: UUID) -> Subject:
        if actor.kind == "system":
            facts = await conversations.facts(db, subject_id)
            if facts is None:
                raise NotFound("conversation.not_found")
        else:
            facts = await conversations.require_visible(db, actor, subject_id)
        return Subject(
            "conversation",
            facts.id,
            f"#{facts.number}",
            facts.locale,
            facts.customer_id,
            facts.assignee_id,
            conversation=facts,
        )

    def may_act(self, actor: Actor) -> bool:
        return actor.may("conversations.handle")

    async def words(self, db: Session, actor: Actor, subject: Subject) -> list[str]:
        found, _ = await conversations.transcript(db, actor, subject.id, limit=40)
        said = [m.body for m in found if m.author.kind == "customer" and m.kind == "text" and m.recalled_at is None]
        return said[-HEARD:]

    async def note(self, db: Session, actor: Actor, subject: Subject, entry: str, params: Mapping[str, Any]) -> None:
        locale = actor.locale if actor.kind == "user" else subject.locale
        said = {key: in_locale(value, locale) for key, value in params.items()}
        await conversations.note(db, actor, subject.id, body=i18n.t(f"sop.note.{entry}", locale, **said))

    async def tell_customer(
        self, db: Session, actor: Actor, subject: Subject, text: str, client_id: str
    ) -> dict[str, Any]:
        message = await conversations.send(db, actor, subject.id, Outgoing(body=text, client_id=client_id))
        return {"sent": "message", "id": str(message.id)}

    async def add_tags(self, db: Session, actor: Actor, subject: Subject, tags: Sequence[str]) -> None:
        await conversations.set_tags(db, actor, subject.id, add=tags)


class _Tickets:
    async def find(self, db: Session, actor: Actor, subject_id: UUID) -> Subject:
        facts: TicketFacts | None
        if actor.kind == "system":
            facts = await tickets.facts(db, subject_id)
            if facts is None:
                raise NotFound("ticket.not_found")
        else:
            facts = await tickets.require_visible(db, actor, subject_id)
        return Subject("ticket", facts.id, facts.ref, facts.locale, facts.customer_id, facts.assignee_id, ticket=facts)

    def may_act(self, actor: Actor) -> bool:
        return actor.may("tickets.handle") or actor.may("tasks.handle")

    async def words(self, db: Session, actor: Actor, subject: Subject) -> list[str]:
        assert subject.ticket is not None
        return [text for text in (subject.ticket.title, subject.ticket.description) if text]

    async def note(self, db: Session, actor: Actor, subject: Subject, entry: str, params: Mapping[str, Any]) -> None:
        await tickets.note_event(db, actor, subject.id, f"sop.{entry}", dict(params))

    async def tell_customer(
        self, db: Session, actor: Actor, subject: Subject, text: str, client_id: str
    ) -> dict[str, Any]:
        entry = await tickets.comment(db, actor, subject.id, body=text, public=True, client_id=client_id)
        return {"sent": "comment", "id": str(entry.id)}

    async def add_tags(self, db: Session, actor: Actor, subject: Subject, tags: Sequence[str]) -> None:
        await tickets.add_tags(db, actor, subject.id, list(tags))


HANDLERS: Final[Mapping[str, Handler]] = {"conversation": _Conversations(), "ticket": _Tickets()}


def in_locale(value: Any, locale: str) -> Any:
    """Words that came in several languages, in one."""
    if isinstance(value, Mapping):
        return value.get(locale) or next(iter(value.values()), "")
    return value


async def find(db: Session, actor: Actor, kind: str, subject_id: UUID) -> Subject:
    return await HANDLERS[kind].find(db, actor, subject_id)


def may_act(actor: Actor, kind: str) -> bool:
    return actor.kind == "system" or HANDLERS[kind].may_act(actor)


def require_may_act(actor: Actor, kind: str) -> None:
    if not may_act(actor, kind):
        raise Forbidden("sop.not_yours")


def ticket_of(subject: Subject) -> TicketFacts:
    """Raises Refused where there is none."""
    if subject.ticket is None:
        raise Refused("sop.needs_ticket")
    return subject.ticket


async def facts(db: Session, actor: Actor, subject: Subject) -> dict[str, Any]:
    """What conditions are tested against and texts are filled with, but for the answers."""
    known: dict[str, Any] = {
        "agent": {"name": actor.name},
        "company": {"name": (await organization.get_workspace(db)).name},
    }
    if actor.kind == "user" and actor.id is not None:
        names = await accounts.people(db, [actor.id])
        known["agent"] = {"name": names[actor.id].name if actor.id in names else actor.name}
    if subject.ticket is not None:
        known |= await tickets.condition_facts(db, subject.ticket)
        known["ticket"] = {**known["ticket"], "number": subject.ticket.ref, "title": subject.ticket.title}
        if subject.ticket.conversation_id is not None and not known.get("conversation"):
            talk = await conversations.facts(db, subject.ticket.conversation_id)
            known["conversation"] = _talk(talk) if talk else {}
    if subject.conversation is not None:
        known["conversation"] = _talk(subject.conversation)
    if subject.customer_id is not None:
        system = (
            Actor.system()
        )  # the reader may see the subject; nothing here is more than a name and an order's number
        customer = await customers.get(db, system, subject.customer_id)
        known["customer"] = {
            **known.get("customer", {}),
            "name": customer.name,
            "level": customer.level,
            "city": customer.city,
        }
        latest = next(iter(await orders.of_customer(db, system, subject.customer_id, limit=1)), None)
        if latest is not None:
            known["order"] = {
                "number": latest.number,
                "total": money(latest.total_minor, latest.currency),
                "total_minor": latest.total_minor,
                "status": latest.status,
            }
            known["logistics"] = {
                "carrier": latest.logistics.get("carrier"),
                "tracking_number": latest.logistics.get("tracking_number"),
            }
    return known


def _talk(facts: ConversationFacts) -> dict[str, Any]:
    return {
        "number": str(facts.number),
        "status": facts.status,
        "channel": facts.channel,
        "priority": facts.priority,
        "locale": facts.locale,
        "handoff_reason": facts.handoff_reason,
    }


def for_texts(known: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """The facts as texts say them."""
    customer = known.get("customer")
    if not isinstance(customer, Mapping) or not customer.get("level"):
        return dict(known)
    return {**known, "customer": {**customer, "level": i18n.t(f"canned.level.{customer['level']}", locale)}}
