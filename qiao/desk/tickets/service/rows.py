"""Obtaining tickets for a verb: the only ways in, each with its permission check and its lock; and writing what happened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Audience, Event, emit
from qiao.desk.conversations import service as conversations
from qiao.desk.tickets import errors, fields, policy, repository, views
from qiao.desk.tickets.models import Ticket, TicketEntry
from qiao.desk.tickets.policy import Doer, Scope
from qiao.desk.tickets.schemas import TicketFacts
from qiao.desk.tickets.types import known
from qiao.desk.tickets.types.known import Kind
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers


@dataclass(slots=True)
class Held:
    """A ticket a verb works on, and how its actor stands to it."""

    row: Ticket
    kind: Kind
    scope: Scope
    doer: Doer
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        return self.doer.actor

    @property
    def ref(self) -> str:
        return policy.ref(self.kind.definition.prefix, self.row.number)


def scope_of(row: Ticket, *, involved: bool) -> Scope:
    return Scope(
        customer_id=row.customer_id,
        requester_id=row.requester_id,
        creator_id=row.created_by if row.created_by_kind == "user" else None,
        assignee_id=row.assignee_id,
        department_id=row.department_id,
        involved=involved,
    )


def facts_of(row: Ticket, kind: Kind) -> TicketFacts:
    """The bare facts of a row."""
    own = {
        name: getattr(row, name)
        for name in TicketFacts.__dataclass_fields__
        if name not in ("prefix", "type_key", "fields", "tags")
    }
    return TicketFacts(
        **own, prefix=kind.definition.prefix, type_key=kind.key, fields=dict(row.data), tags=list(row.tags)
    )


async def doer_of(db: Session, actor: Actor, kind: Kind) -> Doer:
    """The actor with their roles, where the type asks for roles."""
    if actor.kind != "user" or actor.id is None or not kind.for_roles:
        return Doer(actor)
    return Doer(actor, await accounts.role_names(db, actor.id))


async def visible(db: Session, actor: Actor, ticket_id: UUID, *, lock: bool = False) -> Held:
    """The ticket, if this actor may see it; what they may not see does not exist for them."""
    found = await repository.for_actor(db, actor, ticket_id, lock=lock)
    if found is None:
        raise errors.not_found(ticket_id)
    row, involved = found
    scope = scope_of(row, involved=involved)
    if not policy.may_see(actor, scope):
        raise errors.not_found(ticket_id)
    kind = await known.by_id(db, row.type_id)
    return Held(row, kind, scope, await doer_of(db, actor, kind))


async def living(db: Session, actor: Actor, ticket_id: UUID) -> Held:
    """The ticket locked, visible, and not merged into another."""
    held = await visible(db, actor, ticket_id, lock=True)
    if held.row.merged_into_id is not None:
        raise errors.merged(await ref_of(db, held.row.merged_into_id))
    return held


async def for_change(db: Session, actor: Actor, ticket_id: UUID, *, closed: bool = False) -> Held:
    """The ticket locked for somebody who may handle it. `closed`: also when it is closed."""
    held = await living(db, actor, ticket_id)
    if not policy.may_handle(actor, held.scope):
        raise errors.not_yours()
    if held.row.status == "closed" and not closed:
        raise errors.closed()
    return held


async def resolve(db: Session, text: str) -> UUID:
    """A ticket's id from what people type: an id, or a number with or without its letters. Raises NotFound."""
    try:
        return UUID(text.strip())
    except ValueError:
        number = policy.parse_ref(text)
    ticket_id = await repository.id_of_number(db, number) if number is not None else None
    if ticket_id is None:
        raise errors.not_found(text)
    return ticket_id


async def ref_of(db: Session, ticket_id: UUID) -> str:
    row = await repository.get(db, ticket_id)
    if row is None:
        return ""
    return policy.ref((await known.by_id(db, row.type_id)).definition.prefix, row.number)


# -- facts for conditions ----------------------------------------------------------------------------------------------


async def condition_facts(db: Session, facts: TicketFacts, kind: Kind, asks: Iterable[str]) -> dict[str, Any]:
    """What conditions are tested against; the customer and the conversation only where they are asked for."""
    ticket = {
        name: getattr(facts, name)
        for name in (
            "number", "status", "state", "priority", "tier", "source", "channel", "locale", "title", "tags", "reopened",
            "rating", "breached", "due_at",
        )
    }  # fmt: skip
    ids = ("department_id", "assignee_id", "requester_id", "customer_id", "parent_id")
    ticket |= {name: str(getattr(facts, name)) if getattr(facts, name) is not None else None for name in ids}
    ticket |= {
        "type": facts.type_key,
        "fields": fields.for_conditions(kind.definition, facts.fields),
        "waiting_on": (facts.waiting_on or {}).get("kind"),
        "has_customer": facts.customer_id is not None,
        "has_conversation": facts.conversation_id is not None,
        "age_minutes": max(0, int((clock.now() - facts.created_at).total_seconds() // 60)),
    }
    wanted = set(asks)
    return {
        "ticket": ticket,
        "customer": await _customer(db, facts.customer_id) if "customer" in wanted else {},
        "conversation": await _talk(db, facts.conversation_id) if "conversation" in wanted else {},
    }


async def _customer(db: Session, customer_id: UUID | None) -> dict[str, Any]:
    if customer_id is None:
        return {}
    return (await customers.condition_facts(db, [customer_id])).get(customer_id, {})


async def _talk(db: Session, conversation_id: UUID | None) -> dict[str, Any]:
    view = (await conversations.views_of(db, [conversation_id])).get(conversation_id) if conversation_id else None
    if view is None:
        return {}
    return {
        "channel": view.inbox.channel,
        "inbox_id": str(view.inbox.id),
        "status": view.status,
        "queue_id": str(view.queue.id) if view.queue else None,
        "priority": view.priority,
        "tags": list(view.tags),
        "number": view.number,
        "context": dict(view.context),
    }


# -- writing what happened ---------------------------------------------------------------------------------------------


def audience(row: Ticket, *, users: Sequence[UUID | None] = (), departments: Sequence[UUID | None] = ()) -> Audience:
    """Who hears of it by their place: those involved beside are looked up when it is told, there may be thousands."""
    people = {row.assignee_id, row.requester_id, row.created_by if row.created_by_kind == "user" else None, *users}
    places = {row.department_id, *departments}
    return Audience(
        users=tuple(sorted(one for one in people if one)),
        departments=tuple(sorted(one for one in places if one)),
        permission="tickets.view_all",
    )


async def announce(
    db: Session,
    held: Held,
    fact: Event,
    *,
    users: Sequence[UUID | None] = (),
    departments: Sequence[UUID | None] = (),
) -> None:
    """Writes the row, then the event, so that reactions in this transaction see the new state."""
    await db.flush()
    await emit(
        db,
        fact,
        actor=held.actor,
        conversation_id=held.row.id,
        audience=audience(held.row, users=users, departments=departments),
    )


def touch(held: Held) -> datetime:
    """Counts a change of the ticket and returns the moment it was made."""
    now = clock.now()
    held.row.version += 1
    held.row.updated_at = now
    return now


async def called(db: Session, actor: Actor) -> str:
    """What the one who acts is called for customers and colleagues."""
    if actor.kind != "user" or actor.id is None:
        return actor.name
    person = (await views.people(db, [actor.id])).get(actor.id)
    return person.name if person is not None else actor.name


async def append(
    db: Session,
    held: Held,
    kind: str,
    *,
    body: str = "",
    payload: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
    client_id: str | None = None,
    at: datetime | None = None,
    first: bool = False,
) -> TicketEntry:
    """Adds the next line of a locked ticket's timeline."""
    actor = held.actor
    with db.no_autoflush:  # the ticket is written once, with its line
        name = await called(db, actor)
    entry = repository.new_entry(
        held.row,
        first=first,
        kind=kind,
        author_kind=actor.kind,
        author_id=actor.id if actor.kind in ("user", "customer") else None,
        author_name=name[:120] or None,
        body=body,
        payload=payload or {},
        changes=changes,
        client_id=client_id,
        created_at=at or held.row.updated_at,
    )
    db.add(entry)
    return entry


async def changed(
    db: Session, held: Held, changes: dict[str, list[Any]], *, payload: dict[str, Any] | None = None
) -> TicketEntry:
    """A line of what is different now. It keeps the version, so that who edits meanwhile is told what changed since."""
    plain = {key: [_plain(before), _plain(after)] for key, (before, after) in changes.items()}
    return await append(db, held, "change", changes=plain, payload={**(payload or {}), "version": held.row.version})


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


async def unchecked(db: Session, actor: Actor, row: Ticket) -> Held:
    """A ticket already locked, for rooms and the system: nobody asks whether the actor may see it."""
    kind = await known.by_id(db, row.type_id)
    return Held(row, kind, scope_of(row, involved=True), await doer_of(db, actor, kind))
