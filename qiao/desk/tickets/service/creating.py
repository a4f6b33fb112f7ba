"""Making tickets: once per key, checked against the type, routed to somebody, announced."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts
from qiao.desk.tickets import errors, fields, repository
from qiao.desk.tickets.definition import Tier
from qiao.desk.tickets.events import TicketCreated
from qiao.desk.tickets.models import Ticket
from qiao.desk.tickets.policy import Doer
from qiao.desk.tickets.ports import Assigner
from qiao.desk.tickets.schemas import TicketCreate, TicketFacts, TicketView
from qiao.desk.tickets.service import checks, reading, rows, talking
from qiao.desk.tickets.service.rows import Held
from qiao.desk.tickets.types import known
from qiao.desk.tickets.types.known import Kind
from qiao.people.accounts import service as accounts

DEEPEST_FAMILY = 10
"""Levels of parents and children."""
_FROM_CUSTOMER = frozenset({"portal", "mail"})


@dataclass(frozen=True, slots=True)
class _Place:
    department_id: UUID | None
    assignee_id: UUID | None


async def create(db: Session, actor: Actor, body: TicketCreate) -> TicketView:
    """A new ticket. The same `key` again returns the first one and changes nothing."""
    return await reading.shown(db, actor, await _made(db, actor, body))


async def begin(db: Session, actor: Actor, body: TicketCreate) -> UUID:
    """As `create`, for those who need no view of it."""
    return (await _made(db, actor, body)).id


async def _made(db: Session, actor: Actor, body: TicketCreate) -> Ticket:
    if actor.kind == "user":
        actor.require("tickets.handle")
    if body.key is not None:
        known_id = await repository.id_of_key(db, body.key)
        if known_id is not None:
            return await _first(db, actor, known_id)
    kind = await known.for_new(db, body.type_key)
    if actor.kind == "customer" and not kind.definition.open_to_customers:
        raise Invalid.field("type_key", "ticket.type.unknown", key=body.type_key)
    talk = await _talk(db, actor, body)
    customer_id = await _customer(db, actor, body, talk)
    await _check(db, actor, body)
    now = clock.now()
    state = kind.state(kind.definition.workflow.initial)
    values: dict[str, Any] = {
        "id": new_id(),
        "type_id": kind.id,
        "title": body.title,
        "description": body.description,
        "status": state.status,
        "state": state.key,
        "priority": kind.definition.priority if body.priority is None else body.priority,
        "tier": 1,
        "source": body.source,
        "channel": body.channel or (talk.channel if talk is not None else None),
        "locale": body.locale or (talk.locale if talk is not None else actor.locale),
        "customer_id": customer_id,
        "requester_id": body.requester_id,
        "conversation_id": body.conversation_id,
        "assignee_id": body.assignee_id,
        "department_id": body.department_id,
        "parent_id": body.parent_id,
        "tags": list(dict.fromkeys(tag for tag in body.tags if tag)),
        "due_at": body.due_at,
        "key": body.key,
        "version": 1,
        "last_seq": 1,
        "reopened": 0,
        "breached": False,
        "data": {},
        "created_by_kind": actor.kind,
        "created_by": actor.id if actor.kind in ("user", "customer") else None,
        "created_at": now,
        "updated_at": now,
        "customer_wrote_at": now if actor.kind == "customer" or body.source in _FROM_CUSTOMER else None,
    }
    doer = await rows.doer_of(db, actor, kind)
    draft = rows.facts_of(Ticket(number=0, **values), kind)
    values["data"] = await _fields(db, doer, kind, draft, body.fields)
    place = await _place(db, actor, kind, draft, body)
    values["department_id"], values["assignee_id"] = place.department_id, place.assignee_id
    files = await checks.attachments(db, actor, body.files)
    row = await repository.add(db, values)
    if row is None:
        assert body.key is not None
        first = await repository.id_of_key(db, body.key)
        if first is None:
            raise Conflict("busy_try_again")
        return await _first(db, actor, first)
    held = Held(row, kind, rows.scope_of(row, involved=False), doer)
    if body.watchers:
        await repository.involve(db, row.id, "user", body.watchers, "watcher", watching=True)
    params = {"state": row.state, "status": row.status, "source": row.source, "type": kind.key}
    payload: dict[str, Any] = {"type": "created", "params": params, "public": True}
    await rows.append(db, held, "event", payload=payload | ({"files": files} if files else {}), first=True)
    await rows.announce(
        db,
        held,
        TicketCreated(
            ticket_id=row.id,
            type_id=kind.id,
            status=row.status,
            source=row.source,
            customer_id=row.customer_id,
            department_id=row.department_id,
            assignee_id=row.assignee_id,
            conversation_id=row.conversation_id,
        ),
        users=body.watchers[:50],
    )
    if talk is not None:
        await talking.tell_conversation(db, held, talk, card=body.card)
    await db.flush()
    return row


async def _first(db: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    try:
        held = await rows.visible(db, actor, ticket_id)
    except NotFound:
        raise Conflict("already_exists") from None
    return held.row


async def _talk(db: Session, actor: Actor, body: TicketCreate) -> ConversationFacts | None:
    if body.conversation_id is None:
        return None
    try:
        if actor.kind == "user":
            return await conversations.require_visible(db, actor, body.conversation_id)
        found = await conversations.facts(db, body.conversation_id)
    except NotFound:
        found = None
    if found is None or (actor.kind == "customer" and found.customer_id != actor.id):
        raise Invalid.field("conversation_id", "ticket.conversation_unknown")
    return found


async def _customer(db: Session, actor: Actor, body: TicketCreate, talk: ConversationFacts | None) -> UUID | None:
    if actor.kind == "customer":
        return actor.id
    if talk is not None:
        if body.customer_id not in (None, talk.customer_id):
            raise Invalid.field("customer_id", "ticket.other_customer")
        return talk.customer_id
    if body.customer_id is not None:
        await checks.customer(db, body.customer_id)
    return body.customer_id


async def _check(db: Session, actor: Actor, body: TicketCreate) -> None:
    """Whom and what the body names: exists, and may be named by this actor."""
    if actor.kind == "customer":
        given = (body.department_id, body.assignee_id, body.requester_id, body.parent_id, body.due_at, body.priority)
        if any(one is not None for one in given) or body.watchers or body.tags:
            raise Forbidden("forbidden")
    if body.department_id is not None:
        await checks.department(db, body.department_id)
    if body.assignee_id is not None:
        await checks.assignee(db, body.assignee_id)
    if body.requester_id is not None:
        await checks.colleagues(db, [body.requester_id], "requester_id")
    await checks.colleagues(db, body.watchers, "watchers")
    if body.parent_id is not None:
        try:
            parent = await rows.living(db, actor, body.parent_id)
        except NotFound:
            raise Invalid.field("parent_id", "ticket.not_found") from None
        if len(await repository.ancestors(db, parent.row.id)) + 2 > DEEPEST_FAMILY:
            raise Invalid.field("parent_id", "ticket.family_deep", most=DEEPEST_FAMILY)


async def _fields(db: Session, doer: Doer, kind: Kind, draft: TicketFacts, given: dict[str, Any]) -> dict[str, Any]:
    facts = await rows.condition_facts(db, draft, kind, kind.asks)
    outcome = fields.fill(kind.definition, {}, given, facts, doer, new=True)
    found = outcome.errors or await checks.references(db, doer.actor, kind.definition, outcome.values, outcome.values)
    if found:
        raise errors.bad(found)
    return outcome.values


async def _place(db: Session, actor: Actor, kind: Kind, draft: TicketFacts, body: TicketCreate) -> _Place:
    """Where it goes: as asked, else as the type says."""
    routing = kind.definition.routing
    tier = next((one for one in routing.tiers if one.tier == 1), None)
    departments = [body.department_id, tier.department_id if tier else None, routing.department_id]
    department_id = next((one for one in departments if one is not None), None)
    if body.assignee_id is not None or routing.strategy == "nobody":
        return _Place(department_id, body.assignee_id)
    if routing.strategy == "creator":
        mine = actor.kind == "user" and actor.may("tickets.handle")
        return _Place(department_id, actor.id if mine else None)
    return _Place(department_id, await choose(db, draft, department_id, tier, routing.strategy))


async def choose(
    db: Session,
    ticket: TicketFacts,
    department_id: UUID | None,
    tier: Tier | None,
    strategy: Literal["least_loaded", "round_robin"],
    *,
    but: Sequence[UUID] = (),
) -> UUID | None:
    """Somebody of the department for a ticket, by skill where the tier asks for one; None when nobody fits."""
    assigner = runtime_of(db).find(Assigner)
    candidates = (await accounts.working_in(db, "tickets.handle", department_id)) - set(but)
    if assigner is None or not candidates:
        return None
    return await assigner.choose(
        db,
        ticket=ticket,
        candidates=candidates,
        open_tickets=await repository.open_by_assignee(db, candidates),
        strategy=strategy,
        skill_id=tier.skill_id if tier else None,
        level=tier.level if tier else 1,
    )
