"""From rows to what people see: names filled in, fields they may not read left out, personal data in part."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from qiao.core.actor import Actor
from qiao.core.db import Session, held
from qiao.core.files import service as files
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.tickets import fields, policy, repository
from qiao.desk.tickets.models import Ticket, TicketEntry
from qiao.desk.tickets.policy import Doer
from qiao.desk.tickets.schemas import (
    Author,
    Customer,
    EntryView,
    Person,
    Ref,
    StateView,
    TalkRef,
    TicketRef,
    TicketView,
    TypeRef,
)
from qiao.desk.tickets.types import known
from qiao.desk.tickets.types.known import Kind
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerRef
from qiao.people.organization import service as organization
from qiao.people.personal import mask

_PUBLIC_CHANGES = ("status", "state")


async def people(db: Session, ids: Iterable[UUID | None]) -> dict[UUID, Person]:
    """Staff by id, each looked up once in a transaction."""
    seen: dict[UUID, Person | None] = db.info.setdefault("ticket_people", {})
    wanted = {one for one in ids if one is not None}
    missing = wanted - set(seen)
    if missing:
        found = await accounts.people(db, missing)
        for key in missing:
            one = found.get(key)
            seen[key] = Person(key, one.name, one.avatar_url) if one is not None else None
    return {key: person for key in wanted if (person := seen[key]) is not None}


def customers_seen(db: Session) -> dict[UUID, CustomerRef]:
    """Customers this transaction has looked at."""
    seen: dict[UUID, CustomerRef] = held(db).setdefault("ticket_customers", {})
    return seen


async def _customers(db: Session, ids: set[UUID]) -> dict[UUID, CustomerRef]:
    seen = customers_seen(db)
    if ids - set(seen):
        seen.update(await customers.refs(db, ids - set(seen)))
    return {key: seen[key] for key in ids if key in seen}


def words(text: Mapping[Any, str]) -> dict[str, str]:
    return {str(language): one for language, one in text.items()}


def type_ref(kind: Kind) -> TypeRef:
    found = kind.definition
    return TypeRef(kind.id, kind.key, words(found.name), found.icon, found.prefix, kind.revision)


def state_view(kind: Kind, key: str) -> StateView:
    state = kind.state(key)
    return StateView(state.key, words(state.label), state.status)


def ticket_ref(row: Ticket, kind: Kind) -> TicketRef:
    return TicketRef(
        row.id,
        policy.ref(kind.definition.prefix, row.number),
        row.title,
        row.status,
        words(kind.state(row.state).label),
    )


async def refs(db: Session, ids: Iterable[UUID | None]) -> dict[UUID, TicketRef]:
    """Tickets as others speak of them, without a permission check: title and state only."""
    rows = await repository.many(db, (one for one in ids if one is not None))
    kinds = await known.by_ids(db, [row.type_id for row in rows])
    return {row.id: ticket_ref(row, kinds[row.type_id]) for row in rows}


async def tickets(db: Session, actor: Actor, rows: Sequence[Ticket]) -> list[TicketView]:
    """Views of `rows` in their order, as `actor` may read their fields."""
    if not rows:
        return []
    kinds = await known.by_ids(db, [row.type_id for row in rows])
    roles = frozenset[str]()
    if actor.kind == "user" and actor.id is not None and any(kind.for_roles for kind in kinds.values()):
        roles = await accounts.role_names(db, actor.id)
    doer = Doer(actor, roles)
    makers = [row.created_by for row in rows if row.created_by_kind == "user"]
    staff = await people(db, [*(row.assignee_id for row in rows), *(row.requester_id for row in rows), *makers])
    departments = await organization.department_names(db) if any(row.department_id for row in rows) else {}
    who = await _customers(db, {row.customer_id for row in rows if row.customer_id is not None})
    talks = await _talks(db, {row.conversation_id for row in rows if row.conversation_id is not None})
    others = await refs(db, [*(row.parent_id for row in rows), *(row.merged_into_id for row in rows)])
    runtime = runtime_of(db)
    found = []
    for row in rows:
        kind = kinds[row.type_id]
        values, masked = fields.shown_to(kind.definition, row.data, doer)
        for spec in kind.definition.fields:
            if spec.kind == "file" and isinstance(values.get(spec.key), list):
                values[spec.key] = [files.with_links(runtime, one) for one in values[spec.key]]
        customer = who.get(row.customer_id) if row.customer_id else None
        found.append(
            TicketView(
                id=row.id,
                number=row.number,
                ref=policy.ref(kind.definition.prefix, row.number),
                type=type_ref(kind),
                title=row.title,
                description=row.description,
                status=row.status,
                state=state_view(kind, row.state),
                priority=row.priority,
                tier=row.tier,
                source=row.source,
                channel=row.channel,
                locale=row.locale,
                customer=Customer(customer.id, customer.number, customer.name, customer.level) if customer else None,
                requester=staff.get(row.requester_id) if row.requester_id else None,
                conversation=talks.get(row.conversation_id) if row.conversation_id else None,
                assignee=_person(staff, row.assignee_id),
                department=Ref(row.department_id, departments.get(row.department_id, ""))
                if row.department_id
                else None,
                parent=others.get(row.parent_id) if row.parent_id else None,
                merged_into=others.get(row.merged_into_id) if row.merged_into_id else None,
                fields=values,
                masked=masked,
                tags=list(row.tags),
                waiting_on=row.waiting_on,
                due_at=row.due_at,
                next_due_at=row.next_due_at,
                next_due_kind=row.next_due_kind,
                breached=row.breached,
                rating=row.rating,
                rating_comment=row.rating_comment,
                version=row.version,
                last_seq=row.last_seq,
                reopened=row.reopened,
                created_by=_author(row.created_by_kind, row.created_by, staff),
                created_at=row.created_at,
                updated_at=row.updated_at,
                first_response_at=row.first_response_at,
                customer_wrote_at=row.customer_wrote_at,
                solved_at=row.solved_at,
                closed_at=row.closed_at,
            )
        )
    return found


def _person(staff: Mapping[UUID, Person], user_id: UUID | None) -> Person | None:
    """Somebody deleted shows without a name instead of as nobody: the ticket does have an owner, only gone."""
    return None if user_id is None else staff.get(user_id) or Person(user_id, "")


def _author(kind: str, author_id: UUID | None, staff: Mapping[UUID, Person], name: str | None = None) -> Author:
    person = staff.get(author_id) if kind == "user" and author_id is not None else None
    if person is not None:
        return Author("user", person.id, person.name, person.avatar_url)
    return Author(kind, author_id, name)


async def _talks(db: Session, ids: set[UUID]) -> dict[UUID, TalkRef]:
    if not ids:
        return {}
    found = await conversations.facts_many(db, list(ids))
    return {key: TalkRef(key, one.number, one.status) for key, one in found.items()}


# -- the timeline ------------------------------------------------------------------------------------------------------


async def entries(db: Session, doer: Doer, kind: Kind, rows: Sequence[TicketEntry]) -> list[EntryView]:
    """Lines of one ticket's timeline, as `doer` may read them."""
    staff = await people(db, [row.author_id for row in rows if row.author_kind == "user"])
    origins = await refs(db, {row.origin_ticket_id for row in rows})
    runtime = runtime_of(db)
    found = []
    for row in rows:
        payload = dict(row.payload)
        if isinstance(payload.get("files"), list):
            payload["files"] = [files.with_links(runtime, one) for one in payload["files"]]
        changes = _changes(doer, kind, row.changes)
        if doer.side == "customer":
            payload.pop("mentions", None)
            payload.pop("reason", None)
        found.append(
            EntryView(
                id=row.id,
                ticket_id=row.ticket_id,
                seq=row.seq,
                kind=row.kind,
                author=_author(row.author_kind, row.author_id, staff, row.author_name),
                body=row.body,
                payload=payload,
                changes=changes,
                client_id=row.client_id,
                origin=origins.get(row.origin_ticket_id) if row.origin_ticket_id else None,
                created_at=row.created_at,
            )
        )
    return found


def _changes(doer: Doer, kind: Kind, changes: Mapping[str, Any] | None) -> dict[str, list[Any]] | None:
    if changes is None:
        return None
    specs = {f"fields.{spec.key}": spec for spec in kind.definition.fields}
    shown: dict[str, list[Any]] = {}
    for key, pair in changes.items():
        if doer.side == "customer" and key not in _PUBLIC_CHANGES and key not in specs:
            continue
        spec = specs.get(key)
        if spec is None:
            if not key.startswith("fields.") or not doer.limited:
                shown[key] = list(pair)
            continue
        if not fields.readable(spec, doer):
            continue
        shown[key] = [mask(spec.kind, one) for one in pair] if fields.is_masked(spec, doer) else list(pair)
    return shown


_NAMED = {"assignee_id": "user", "requester_id": "user", "department_id": "department", "customer_id": "customer"}
_NAMED |= {"parent_id": "ticket", "merged_into_id": "ticket", "watchers": "user"}


async def names_in(db: Session, kind: Kind, views: Sequence[EntryView]) -> dict[str, str]:
    """Names for the ids that stand in changes and mentions."""
    wanted = _wanted(kind, ((key, pair) for view in views for key, pair in (view.changes or {}).items()))
    for view in views:
        wanted["user"].update(_ids(view.payload.get("mentions")))
        params = view.payload.get("params")
        if isinstance(params, Mapping):
            wanted["department"].update(_ids(params.get("department_id")))
            wanted["user"].update(_ids(params.get("user_id")))
    return await _names(db, wanted)


async def names_of(db: Session, kind: Kind, values: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Names for the ids that are values of what is called `priority`, `fields.amount` and so on."""
    return await _names(db, _wanted(kind, values))


def _wanted(kind: Kind, values: Iterable[tuple[str, Any]]) -> dict[str, set[UUID]]:
    """Ids by what they are ids of."""
    wanted: dict[str, set[UUID]] = {"user": set(), "department": set(), "customer": set(), "ticket": set()}
    by_field = {f"fields.{spec.key}": spec.kind for spec in kind.definition.fields}
    for key, value in values:
        what = _NAMED.get(key) or {"person": "user", "customer": "customer"}.get(by_field.get(key, ""))
        if what:
            wanted[what].update(_ids(value))
    return wanted


async def _names(db: Session, wanted: dict[str, set[UUID]]) -> dict[str, str]:
    found: dict[str, str] = {str(key): person.name for key, person in (await people(db, wanted["user"])).items()}
    if wanted["department"]:
        names = await organization.department_names(db)
        found |= {str(key): names[key] for key in wanted["department"] if key in names}
    if wanted["customer"]:
        found |= {str(key): one.name for key, one in (await customers.refs(db, wanted["customer"])).items()}
    if wanted["ticket"]:
        found |= {str(key): one.ref for key, one in (await refs(db, wanted["ticket"])).items()}
    return found


def _ids(value: Any) -> set[UUID]:
    if isinstance(value, list | tuple):
        return {one for item in value for one in _ids(item)}
    if isinstance(value, UUID):
        return {value}
    if isinstance(value, str) and len(value) == 36:
        try:
            return {UUID(value)}
        except ValueError:
            return set()
    return set()


def replaced(view: TicketView, **values: Any) -> TicketView:
    """`view` with more filled in."""
    return msgspec.structs.replace(view, **values)
