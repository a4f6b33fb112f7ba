"""Reading: one ticket with what may be done to it, lists, the timeline, and the bare facts other rooms decide on."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import runtime_of
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.tickets import fields, policy, repository, views
from qiao.desk.tickets.definition import ApprovalStep, Transition
from qiao.desk.tickets.models import Ticket
from qiao.desk.tickets.ports import ApprovalGate
from qiao.desk.tickets.schemas import (
    InvolvedView,
    ItemView,
    LinkView,
    MoveView,
    Person,
    TicketFacts,
    TicketRef,
    TicketView,
    Timeline,
    WorklogView,
)
from qiao.desk.tickets.service import rows
from qiao.desk.tickets.service.rows import Held
from qiao.desk.tickets.types import known
from qiao.people.customers import service as customers
from qiao.people.organization import service as organization

_REVERSED = {"duplicates": "duplicated_by", "blocks": "blocked_by", "causes": "caused_by", "relates": "relates"}


async def get(db: Session, actor: Actor, ticket_id: UUID) -> TicketView:
    """One ticket with all that belongs to it and what this actor may do."""
    return await whole(db, await rows.visible(db, actor, ticket_id))


async def by_number(db: Session, actor: Actor, number: str | int) -> TicketView:
    """One ticket by the number people see, with or without its letters."""
    return await get(db, actor, await rows.resolve(db, str(number)))


async def require_visible(db: Session, actor: Actor, ticket_id: UUID) -> TicketFacts:
    """The facts of a ticket this actor may see; NotFound otherwise. For other rooms' object checks."""
    held = await rows.visible(db, actor, ticket_id)
    return rows.facts_of(held.row, held.kind)


async def facts(db: Session, ticket_id: UUID) -> TicketFacts | None:
    """The facts without a permission check: for reactions, not for people."""
    return (await facts_many(db, [ticket_id])).get(ticket_id)


async def facts_many(db: Session, ids: Iterable[UUID]) -> dict[UUID, TicketFacts]:
    found = await repository.many(db, ids)
    kinds = await known.by_ids(db, [row.type_id for row in found])
    return {row.id: rows.facts_of(row, kinds[row.type_id]) for row in found}


async def condition_facts(
    db: Session, ticket: TicketFacts, asks: Iterable[str] = ("customer", "conversation")
) -> dict[str, Any]:
    """What conditions are tested against: the ticket, and of its customer and the conversation it came from what is asked
    for."""
    kind = await known.by_id(db, ticket.type_id)
    return await rows.condition_facts(db, ticket, kind, asks)


async def visible_of(db: Session, actor: Actor, ids: Sequence[UUID]) -> set[UUID]:
    """Those of `ids` that `actor` may see."""
    return await repository.visible_ids(db, actor, ids)


async def by_key(db: Session, key: str) -> UUID | None:
    """The ticket that was made under this key."""
    return await repository.id_of_key(db, key)


async def views_of(db: Session, actor: Actor, ids: Sequence[UUID]) -> dict[UUID, TicketView]:
    """Views by id of those `actor` may see, as lists show them."""
    seen = await repository.visible_ids(db, actor, ids)
    return {view.id: view for view in await views.tickets(db, actor, await repository.many(db, seen))}


async def of_customer(
    db: Session, actor: Actor, customer_id: UUID, limit: int = 20, *, before: tuple[datetime, UUID] | None = None
) -> list[TicketView]:
    """A customer's tickets that `actor` may see, newest first."""
    mine = await customers.means(db, customer_id)
    return await views.tickets(db, actor, await repository.of_customer(db, actor, mine, limit, before))


async def listing(
    db: Session,
    actor: Actor,
    *,
    customer_id: UUID | None = None,
    conversation_id: UUID | None = None,
    assignee_id: UUID | None = None,
    department_id: UUID | None = None,
    status: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[TicketView], str | None]:
    """One page of what `actor` may see, last changed first, and the cursor of the next."""
    wanted: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (Ticket.customer_id, customer_id),
            (Ticket.conversation_id, conversation_id),
            (Ticket.assignee_id, assignee_id),
            (Ticket.department_id, department_id),
            (Ticket.status, status),
        )
        if value is not None
    ]
    after = decode_cursor(cursor, tuple[datetime, UUID])
    found = await repository.listing(db, actor, wanted, after, limit + 1)
    page = found[:limit]
    following = encode_cursor(page[-1].updated_at, page[-1].id) if len(found) > limit else None
    return await views.tickets(db, actor, page), following


async def shown(db: Session, actor: Actor, row: Ticket) -> TicketView:
    """The plain view of a row just written: what a verb answers."""
    return (await views.tickets(db, actor, [row]))[0]


# -- one ticket, whole -------------------------------------------------------------------------------------------------


async def whole(db: Session, held: Held) -> TicketView:
    """The view with everything that belongs to a ticket."""
    row, kind, doer = held.row, held.kind, held.doer
    view = (await views.tickets(db, doer.actor, [row]))[0]
    facts = await rows.condition_facts(db, rows.facts_of(row, kind), kind, kind.asks)
    access = fields.access(kind.definition, facts, doer)
    staff = doer.side == "staff"
    has = await repository.belongings(db, row.id, doer.actor.id) if staff else None
    living = row.merged_into_id is None
    return views.replaced(
        view,
        may=policy.may(doer.actor, held.scope, row.status, merged=not living),
        moves=await moves(db, held, facts) if living else [],
        field_access=access,
        required=[key for key in fields.required_now(kind.definition, facts) if key in access],
        **(await _belonging(db, row.id, has) if has is not None else {}),
    )


async def _belonging(db: Session, ticket_id: UUID, has: repository.Belongings) -> dict[str, Any]:
    return {
        "involved": await _involved(db, ticket_id) if has.involved else [],
        "watchers": has.watchers,
        "watching": has.watching,
        "links": await links(db, ticket_id) if has.links else [],
        "children": await _children(db, ticket_id) if has.children else [],
        "checklist": await checklist(db, ticket_id) if has.checklist else [],
        "worked_seconds": has.worked_seconds,
    }


async def _children(db: Session, ticket_id: UUID) -> list[TicketRef]:
    found = await repository.children(db, ticket_id)
    return [views.ticket_ref(one, await known.by_id(db, one.type_id)) for one in found]


async def _involved(db: Session, ticket_id: UUID) -> list[InvolvedView]:
    found = await repository.involved(db, ticket_id)
    people = await views.people(db, [one.party_id for one in found if one.kind == "user"])
    places = await organization.department_names(db) if any(one.kind == "department" for one in found) else {}
    shown = []
    for one in found:
        person = people.get(one.party_id) if one.kind == "user" else None
        name = person.name if person is not None else places.get(one.party_id, "")
        avatar = person.avatar_url if person is not None else None
        shown.append(InvolvedView(one.kind, one.party_id, name, list(one.reasons), one.watching, avatar))
    return shown


async def links(db: Session, ticket_id: UUID) -> list[LinkView]:
    """How a ticket stands to others, as seen from it."""
    found = await repository.links(db, ticket_id)
    named = await views.refs(db, {one.from_id for one in found} | {one.to_id for one in found})
    shown = []
    for one in found:
        other = one.to_id if one.from_id == ticket_id else one.from_id
        kind = one.kind if one.from_id == ticket_id else _REVERSED[one.kind]
        if other in named:
            shown.append(LinkView(kind, named[other]))
    return shown


async def checklist(db: Session, ticket_id: UUID) -> list[ItemView]:
    found = await repository.checklist(db, ticket_id)
    people = await views.people(db, [one.done_by for one in found])
    return [
        ItemView(one.id, one.position, one.text, one.done_at, people.get(one.done_by) if one.done_by else None)
        for one in found
    ]


async def worklogs(db: Session, actor: Actor, ticket_id: UUID) -> list[WorklogView]:
    """Time spent on a ticket, oldest first."""
    await rows.visible(db, actor, ticket_id)
    found = await repository.worklogs(db, ticket_id)
    people = await views.people(db, [one.user_id for one in found])
    origins = await views.refs(db, {one.origin_ticket_id for one in found})
    return [
        WorklogView(
            one.id,
            people.get(one.user_id) or Person(one.user_id, ""),
            one.seconds,
            one.note,
            one.started_at,
            origins[one.origin_ticket_id].ref if one.origin_ticket_id in origins else None,
        )
        for one in found
    ]


# -- ways on -----------------------------------------------------------------------------------------------------------


def steps_needed(held: Held) -> list[ApprovalStep]:
    """The steps of the type's approval that this ticket's amount calls for."""
    return policy.steps_needed(held.kind.definition.approval, held.row.data)


async def is_approved(db: Session, held: Held, transition: Transition) -> bool:
    """Whether a way that needs approval has it: nothing is needed at this amount, or it was granted."""
    if not transition.approval or not steps_needed(held):
        return True
    gate = runtime_of(db).find(ApprovalGate)
    return gate is not None and await gate.granted(db, rows.facts_of(held.row, held.kind), transition.key)


async def moves(db: Session, held: Held, facts: dict[str, Any]) -> list[MoveView]:
    """Every way on from here, and why one is not open to this actor."""
    found = []
    for one in policy.transitions_from(held.kind.definition, held.row.state):
        if held.doer.side == "customer" and "customer" not in one.by:
            continue
        approved = await is_approved(db, held, one)
        why = policy.why_not(held.doer, held.scope, one, facts, approved=approved)
        found.append(
            MoveView(
                key=one.key,
                label=views.words(one.label),
                to=views.state_view(held.kind, one.to),
                allowed=why is None,
                why=why,
                missing=policy.wants(one, held.row.data),
                require_comment=one.require_comment,
                approval=one.approval and bool(steps_needed(held)),
                effects=list(dict.fromkeys(effect.do for effect in one.effects)),
            )
        )
    return found


# -- the timeline ------------------------------------------------------------------------------------------------------


async def timeline(
    db: Session,
    actor: Actor,
    ticket_id: UUID,
    *,
    before_seq: int | None = None,
    after_seq: int | None = None,
    limit: int = 50,
    kinds: Sequence[str] = (),
) -> Timeline:
    """A stretch of the timeline in order and whether there is more that way. Customers read what is public."""
    held = await rows.visible(db, actor, ticket_id)
    public = held.doer.side == "customer"
    found = await repository.entries(
        db,
        ticket_id,
        before_seq=before_seq,
        after_seq=after_seq,
        limit=limit + 1,
        kinds=kinds,
        public_only=public,
    )
    more = len(found) > limit
    if more:
        found = found[:limit] if after_seq is not None else found[1:]
    items = await views.entries(db, held.doer, held.kind, found)
    return Timeline(items, more, {} if public else await views.names_in(db, held.kind, items))


async def watchers_of(db: Session, ticket_id: UUID) -> list[UUID]:
    """Everybody who watches. For reactions, not for people."""
    return await repository.watchers(db, ticket_id)


async def open_by_assignee(db: Session, user_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many tickets that are not done each of these people has. For reactions, not for people."""
    return await repository.open_by_assignee(db, user_ids)
