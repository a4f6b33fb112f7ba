"""Verbs on types of tickets: admins make and change them; what tickets stand on is not taken away under them."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files as resources
from typing import Any, Final
from uuid import UUID

import yaml
from pydantic import ValidationError
from sqlalchemy import text

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.documents import Unreadable, places, read_document
from qiao.core.errors import Conflict, FieldError, Invalid, NotFound, Refused
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.core.web.errors import from_validation
from qiao.desk.tickets import checking, fields, repository
from qiao.desk.tickets.definition import AssignEffect, Definition, TaskEffect
from qiao.desk.tickets.events import TicketTypeChanged
from qiao.desk.tickets.models import TicketType
from qiao.desk.tickets.policy import Doer
from qiao.desk.tickets.schemas import (
    TypeCreate,
    TypeDuplicate,
    TypeImport,
    TypePatch,
    TypeSummary,
    TypeView,
)
from qiao.desk.tickets.searching import Finder
from qiao.desk.tickets.types import known
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization

SHIPPED: Final = (
    "consultation",
    "fault",
    "refund",
    "logistics",
    "invoice",
    "complaint",
    "suggestion",
    "internal",
)
FORMAT: Final = "qiao.ticket_type/1"
MOST: Final = 200
_LOCK: Final = 0x71617474


# -- reading -----------------------------------------------------------------------------------------------------------


async def list_types(db: Session) -> list[TypeView]:
    """Every type in order, archived ones too."""
    return [_view(row) for row in await repository.types(db)]


async def summaries(db: Session, *, archived: bool = False, for_customers: bool = False) -> list[TypeSummary]:
    """What a menu of types shows."""
    counts = await repository.per_type(db) if archived else {}
    found = []
    for row in await repository.types(db):
        definition = Definition.model_validate(row.definition)
        if (not row.active and not archived) or (for_customers and not definition.open_to_customers):
            continue
        found.append(
            TypeSummary(
                id=row.id,
                key=row.key,
                name=_plain(definition.name),
                description=_plain(definition.description),
                icon=definition.icon,
                prefix=definition.prefix,
                active=row.active,
                open_to_customers=definition.open_to_customers,
                position=row.position,
                revision=row.revision,
                tickets=counts.get(row.id, 0),
            )
        )
    return found


async def get_type(db: Session, key: str, *, reader: Actor | None = None) -> TypeView:
    """One type by key, with how many tickets stand in each of its states and what `reader` may do with its fields.
    Raises NotFound."""
    row = await _row(db, key)
    in_use = await repository.in_states(db, row.id)
    view = _view(row).model_copy(update={"in_use": in_use, "tickets": sum(in_use.values())})
    if reader is not None:
        roles = await accounts.role_names(db, reader.id) if reader.kind == "user" and reader.id else frozenset()
        view.access = fields.granted(view.definition, Doer(reader, frozenset(roles)))
    return view


async def definition(db: Session, type_id: UUID) -> Definition:
    """What a type is made of. Raises NotFound."""
    return (await known.by_id(db, type_id)).definition


def _view(row: TicketType) -> TypeView:
    return TypeView(
        id=row.id,
        key=row.key,
        definition=Definition.model_validate(row.definition),
        revision=row.revision,
        position=row.position,
        active=row.active,
        updated_at=row.updated_at,
    )


def _plain(words: Any) -> dict[str, str]:
    return {str(language): one for language, one in words.items()}


async def _row(db: Session, key: str, *, lock: bool = False) -> TicketType:
    row = await repository.type_by_key(db, key, lock=lock)
    if row is None:
        raise NotFound("ticket.type.not_found")
    return row


# -- writing -----------------------------------------------------------------------------------------------------------


async def check(db: Session, found: Definition) -> list[FieldError]:
    """Everything wrong with a definition, what it names in the company included."""
    return [*checking.faults(found), *[one async for one in _strangers(db, found)]]


async def _strangers(db: Session, found: Definition) -> Any:
    """Departments and roles a definition names that do not exist."""
    departments = await organization.department_names(db)
    roles = {name for role in await accounts.list_roles(db, "en") for name in (role.key, str(role.id)) if name}
    for path, department_id in _departments(found):
        if department_id not in departments:
            yield FieldError(path, "ticket.department_unknown", {})
    for path, role in _roles(found):
        if role not in roles:
            yield FieldError(path, "ticket.type.role_unknown", {"role": role})


def _departments(found: Definition) -> Iterator[tuple[str, UUID]]:
    if found.routing.department_id is not None:
        yield "routing.department_id", found.routing.department_id
    for index, tier in enumerate(found.routing.tiers):
        if tier.department_id is not None:
            yield f"routing.tiers[{index}].department_id", tier.department_id
    for index, way in enumerate(found.workflow.transitions):
        for number, effect in enumerate(way.effects):
            if isinstance(effect, TaskEffect | AssignEffect) and effect.department_id is not None:
                yield f"workflow.transitions[{index}].effects[{number}].department_id", effect.department_id


def _roles(found: Definition) -> Iterator[tuple[str, str]]:
    for index, spec in enumerate(found.fields):
        for name in ("view_roles", "edit_roles"):
            for number, role in enumerate(getattr(spec, name)):
                yield f"fields[{index}].{name}[{number}]", role
    for index, way in enumerate(found.workflow.transitions):
        for number, role in enumerate(way.roles):
            yield f"workflow.transitions[{index}].roles[{number}]", role
    for index, step in enumerate(found.approval.steps if found.approval is not None else ()):
        for number, role in enumerate(step.roles):
            yield f"approval.steps[{index}].roles[{number}]", role


async def _sound(db: Session, found: Definition) -> None:
    wrong = await check(db, found)
    if wrong:
        raise Invalid("invalid", fields=[FieldError(f"definition.{one.field}", one.code, one.params) for one in wrong])


async def create(db: Session, actor: Actor, body: TypeCreate) -> TypeView:
    """A new type, last in the list. Raises Invalid with everything that is wrong with it."""
    await _lock(db)
    rows = await repository.types(db)
    if any(row.key == body.key for row in rows):
        raise Invalid.field("key", "ticket.type.key_taken", key=body.key)
    if len(rows) >= MOST:
        raise Invalid.field("key", "ticket.type.too_many", most=MOST)
    await _sound(db, body.definition)
    position = rows[-1].position + 1 if rows else 0
    row = TicketType(
        id=new_id(),
        key=body.key,
        definition=body.definition.model_dump(mode="json"),
        revision=1,
        position=position,
        active=True,
        updated_by=actor.id,
        updated_at=clock.now(),
    )
    db.add(row)
    await db.flush()
    await audit.record(
        db, actor, "ticket_type.created", "ticket_type", row.key, {"name": [None, _name(body.definition)]}
    )
    return _view(row)


async def update(db: Session, actor: Actor, key: str, body: TypePatch) -> TypeView:
    """Another definition. Raises Conflict for an old revision, Refused when tickets stand in a state that would go."""
    row = await _row(db, key, lock=True)
    if body.revision != row.revision:
        raise Conflict("ticket.type.changed_meanwhile", data={"revision": row.revision}, revision=str(row.revision))
    await _sound(db, body.definition)
    before = Definition.model_validate(row.definition)
    await _keep_states(db, row, before, body.definition)
    row.definition = body.definition.model_dump(mode="json")
    row.revision += 1
    row.updated_at, row.updated_by = clock.now(), actor.id
    await db.flush()
    known.forget(db)
    changed = [name for name in Definition.model_fields if getattr(before, name) != getattr(body.definition, name)]
    changes = {"revision": [row.revision - 1, row.revision], "parts": [None, changed]}
    await audit.record(db, actor, "ticket_type.updated", "ticket_type", row.key, changes)
    otherwise = Finder(before).specs != Finder(body.definition).specs
    await emit(db, TicketTypeChanged(type_id=row.id, found_otherwise=otherwise), actor=actor)
    return _view(row)


async def _keep_states(db: Session, row: TicketType, before: Definition, after: Definition) -> None:
    """No ticket may come to stand in a state that is gone, or that means something else from now on."""
    wanted = {state.key: state.status for state in after.workflow.states}
    gone = [state for state in before.workflow.states if wanted.get(state.key) != state.status]
    if not gone:
        return
    standing = await repository.in_states(db, row.id)
    names = []
    for state in gone:
        count = standing.get(state.key, 0)
        if count:
            names.append({"state": state.key, "label": _plain(state.label), "tickets": count})
    if names:
        total = sum(int(str(one["tickets"])) for one in names)
        listed = ", ".join(str(one["state"]) for one in names)
        raise Refused("ticket.type.states_in_use", states=listed, count=str(total), data={"states": names})


async def set_active(db: Session, actor: Actor, key: str, active: bool) -> TypeView:
    """Archives a type, or brings it back. Tickets of an archived one live on; new ones are not made."""
    row = await _row(db, key, lock=True)
    if row.active != active:
        row.active = active
        row.updated_at, row.updated_by = clock.now(), actor.id
        await db.flush()
        known.forget(db)
        action = "ticket_type.restored" if active else "ticket_type.archived"
        await audit.record(db, actor, action, "ticket_type", key, {"active": [not active, active]})
    return _view(row)


async def reorder(db: Session, actor: Actor, keys: Sequence[str]) -> list[TypeView]:
    """Puts the types in this order; those not named follow in theirs."""
    await _lock(db)
    rows = await repository.types(db)
    by_key = {row.key: row for row in rows}
    unknown = [key for key in keys if key not in by_key]
    if unknown:
        raise Invalid.field("keys", "ticket.type.unknown", key=unknown[0])
    order = list(dict.fromkeys([*keys, *(row.key for row in rows)]))
    for position, key in enumerate(order):
        by_key[key].position = position
    await db.flush()
    await audit.record(
        db, actor, "ticket_type.reordered", "ticket_type", "*", {"order": [[r.key for r in rows], order]}
    )
    return [_view(by_key[key]) for key in order]


async def duplicate(db: Session, actor: Actor, key: str, body: TypeDuplicate) -> TypeView:
    row = await _row(db, key)
    found = Definition.model_validate(row.definition).model_copy(update={"name": dict(body.name)})
    return await create(db, actor, TypeCreate(key=body.key, definition=found))


async def _lock(db: Session) -> None:
    await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _name(found: Definition) -> str:
    return next((words for words in found.name.values() if words), "")


# -- as a file ---------------------------------------------------------------------------------------------------------


async def as_file(db: Session, key: str) -> str:
    """The type as YAML, whole: read back it is the same type."""
    row = await _row(db, key)
    found = Definition.model_validate(row.definition).model_dump(mode="json")
    document = {"format": FORMAT, "key": row.key, "definition": _without_empty(found)}
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def _without_empty(value: Any) -> Any:
    """What says nothing is left out, save where nothing says something: a ticket that never closes, an effect's value."""
    if isinstance(value, dict):
        return {
            key: _without_empty(one)
            for key, one in value.items()
            if one not in (None, [], {}) or key in ("close_after_hours", "value")
        }
    return [_without_empty(one) for one in value] if isinstance(value, list) else value


class _Dumper(yaml.SafeDumper):
    """Writes everything out: files with aliases are not read back."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


async def from_file(db: Session, actor: Actor, body: TypeImport) -> TypeView:
    """Makes a type of a file, or with `revision` replaces the one of its key."""
    key, found = read(body.yaml)
    if body.revision is None:
        return await create(db, actor, TypeCreate.model_construct(key=key, definition=found))
    return await update(db, actor, key, TypePatch.model_construct(definition=found, revision=body.revision))


def read(source: str) -> tuple[str, Definition]:
    """Key and definition in a file. Raises Invalid that points at lines."""
    try:
        document = read_document(source)
    except Unreadable as error:
        raise Invalid.field("yaml", "ticket.type.file_broken", line=str(error.line), problem=error.problem) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Invalid.field("yaml", "ticket.type.file_other", format=FORMAT)
    try:
        body = TypeCreate.model_validate({"key": document.get("key"), "definition": document.get("definition")})
    except ValidationError as error:
        raise Invalid("invalid", fields=_with_lines(source, from_validation(list(error.errors())))) from None
    return body.key, body.definition


def _with_lines(source: str, problem: Invalid) -> list[FieldError]:
    """Names of fields with the line they stand in."""
    where = places(source)
    found = []
    for one in problem.fields:
        path = tuple(int(part) if part.isdigit() else part for part in one.field.split("."))
        while path and path not in where:
            path = path[:-1]
        line = where[path].line if path in where else 1
        found.append(FieldError(f"{one.field} ({line})", one.code, one.params))
    return found


# -- what ships --------------------------------------------------------------------------------------------------------


@cache
def shipped() -> tuple[tuple[str, dict[str, Any]], ...]:
    """The types that ship, as data."""
    folder = resources("qiao.desk.tickets.types").joinpath("shipped")
    return tuple(
        (key, found.model_dump(mode="json"))
        for key, found in (read(folder.joinpath(f"{name}.yaml").read_text("utf-8")) for name in SHIPPED)
    )


async def install(db: Session) -> bool:
    """Puts the shipped types in where there is none yet. Returns whether it did."""
    await _lock(db)
    if await repository.types(db):
        return False
    for position, (key, found) in enumerate(shipped()):
        db.add(TicketType(id=new_id(), key=key, definition=found, position=position, active=True, revision=1))
    await db.flush()
    return True
