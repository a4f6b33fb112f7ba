"""Changing what a ticket says: fields, priority, tags, dates, type. Who comes second is told what changed meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid
from qiao.desk.tickets import errors, fields, repository, views
from qiao.desk.tickets.events import TicketChanged
from qiao.desk.tickets.schemas import TicketPatch, TicketView
from qiao.desk.tickets.service import checks, reading, rows, steps
from qiao.desk.tickets.service.rows import Held
from qiao.desk.tickets.types import known

TAGS = 30


async def update(db: Session, actor: Actor, ticket_id: UUID, patch: TicketPatch) -> TicketView:
    """Changes what is given. Raises Conflict when somebody changed the same thing since `patch.version`."""
    held = await rows.for_change(db, actor, ticket_id)
    given = {key: getattr(patch, key) for key in patch.model_fields_set if key != "version"}
    for key in ("title", "description", "priority", "locale", "type_key", "tags", "fields"):
        if key in given and given[key] is None:
            raise Invalid.field(key, "field_missing")
    await _refuse_meanwhile(db, held, given, patch.version)
    await _check(db, held, given)
    before = (held.row.state, held.row.status)
    changes = await _apply(db, held, given)
    await save(db, held, changes)
    if (held.row.state, held.row.status) != before:
        await steps.moved(db, held, before, reason="type_changed")
    return await reading.whole(db, held)


async def save(
    db: Session, held: Held, changes: dict[str, list[Any]], *, payload: dict[str, Any] | None = None
) -> None:
    """Counts, writes down and announces what has been changed on the row; nothing for no change."""
    if not changes:
        return
    rows.touch(held)
    await rows.changed(db, held, changes, payload=payload)
    await rows.announce(db, held, TicketChanged(ticket_id=held.row.id, fields=tuple(changes)))


async def _check(db: Session, held: Held, given: dict[str, Any]) -> None:
    customer_id, requester_id = given.get("customer_id"), given.get("requester_id")
    if customer_id is not None and customer_id != held.row.customer_id:
        await checks.customer(db, customer_id)
    if requester_id is not None and requester_id != held.row.requester_id:
        await checks.colleagues(db, [requester_id], "requester_id")


async def _apply(db: Session, held: Held, given: dict[str, Any]) -> dict[str, list[Any]]:
    row = held.row
    changes: dict[str, list[Any]] = {}
    for key in ("title", "description", "priority", "due_at", "customer_id", "requester_id", "locale"):
        if key in given and getattr(row, key) != given[key]:
            changes[key] = [getattr(row, key), given[key]]
            setattr(row, key, given[key])
    if "tags" in given:
        changes |= _tags(held, given["tags"])
    if given.get("type_key") not in (None, held.kind.key):
        changes |= await _type(db, held, given["type_key"], given.get("fields") or {})
    elif given.get("fields"):
        changes |= await set_fields(db, held, given["fields"])
    return changes


async def set_fields(db: Session, held: Held, given: dict[str, Any], *, new: bool = False) -> dict[str, list[Any]]:
    """Fills fields of a locked ticket; returns what differs as `fields.<key>`."""
    row, kind = held.row, held.kind
    facts = await rows.condition_facts(db, rows.facts_of(row, kind), kind, kind.asks)
    before = dict(row.data)
    outcome = fields.fill(kind.definition, before, given, facts, held.doer, new=new)
    wrong = outcome.errors or await checks.references(db, held.actor, kind.definition, outcome.values, outcome.changed)
    if wrong:
        raise errors.bad(wrong)
    if outcome.values != before:
        row.data = outcome.values
    return {f"fields.{key}": [before.get(key), outcome.values.get(key)] for key in outcome.changed}


async def _type(db: Session, held: Held, key: str, given: dict[str, Any]) -> dict[str, list[Any]]:
    """Another type: fields both have are kept, the state becomes the first of the same status."""
    row, before = held.row, held.kind
    held.kind = await known.for_new(db, key)
    held.doer = await rows.doer_of(db, held.actor, held.kind)
    wanted = held.kind.definition
    state = next(
        (one for one in wanted.workflow.states if one.status == row.status), held.kind.state(wanted.workflow.initial)
    )
    kinds = {spec.key: spec.kind for spec in before.definition.fields}
    old, kept = dict(row.data), {}
    for spec in wanted.fields:
        if spec.key in old and kinds.get(spec.key) == spec.kind:
            try:
                fitting = fields.normal(spec, old[spec.key])
            except fields.Bad:
                continue
            kept[spec.key] = old[spec.key] if spec.kind == "file" else fitting
    row.type_id, row.data = held.kind.id, kept
    await set_fields(db, held, given, new=True)
    changes: dict[str, list[Any]] = {"type": [before.key, held.kind.key]}
    changes |= steps.enter(held, state)
    for name in dict.fromkeys((*old, *row.data)):
        if old.get(name) != row.data.get(name):
            changes[f"fields.{name}"] = [old.get(name), row.data.get(name)]
    return changes


async def _refuse_meanwhile(db: Session, held: Held, given: dict[str, Any], version: int | None) -> None:
    """Raises Conflict when what is to be changed was changed by others since the caller looked."""
    if version is None or version >= held.row.version:
        return
    wanted = {key for key in given if key != "fields"} | {f"fields.{key}" for key in given.get("fields") or {}}
    if "type_key" in wanted:
        wanted.add("type")
    changed: dict[str, Any] = {}
    since = await repository.changes_since(db, held.row.id, version)
    for view in await views.entries(db, held.doer, held.kind, since):
        for key, (before, after) in (view.changes or {}).items():
            if key in wanted:
                first = changed.get(key, {}).get("before", before)
                changed[key] = {
                    "before": first,
                    "now": after,
                    "by": view.author.name,
                    "at": view.created_at.isoformat(),
                }
    theirs = {key: one for key, one in changed.items() if one["now"] != _given(held, given, key)}
    if theirs:
        values = [(key, value) for key, one in theirs.items() for value in (one["now"], _given(held, given, key))]
        raise errors.changed_meanwhile(held.row.version, theirs, await views.names_of(db, held.kind, values))


def _given(held: Held, given: dict[str, Any], key: str) -> Any:
    """What is wanted, as it would be stored."""
    if key.startswith("fields."):
        name = key.removeprefix("fields.")
        value = (given.get("fields") or {}).get(name)
        spec = next((one for one in held.kind.definition.fields if one.key == name), None)
        try:
            return value if spec is None or spec.kind == "file" else fields.normal(spec, value)
        except fields.Bad:
            return value
    value = given.get("type_key" if key == "type" else key)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


# -- single things -----------------------------------------------------------------------------------------------------


async def set_priority(db: Session, actor: Actor, ticket_id: UUID, priority: int, *, reason: str | None = None) -> None:
    """0 low, 1 normal, 2 high, 3 urgent."""
    held = await rows.for_change(db, actor, ticket_id)
    if not 0 <= priority <= 3:
        raise Invalid.field("priority", "number_out_of_range")
    if held.row.priority != priority:
        changes = {"priority": [held.row.priority, priority]}
        held.row.priority = priority
        await save(db, held, changes, payload={"reason": reason} if reason else None)


async def add_tags(db: Session, actor: Actor, ticket_id: UUID, tags: Sequence[str]) -> list[str]:
    return await set_tags(db, actor, ticket_id, add=tags)


async def remove_tags(db: Session, actor: Actor, ticket_id: UUID, tags: Sequence[str]) -> list[str]:
    return await set_tags(db, actor, ticket_id, remove=tags)


async def set_tags(
    db: Session, actor: Actor, ticket_id: UUID, *, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> list[str]:
    """Adds and removes tags, on closed tickets too; returns what it has now."""
    held = await rows.for_change(db, actor, ticket_id, closed=True)
    gone = set(remove)
    changes = _tags(held, [*(tag for tag in held.row.tags if tag not in gone), *add])
    await save(db, held, changes)
    return list(held.row.tags)


def _tags(held: Held, tags: Sequence[str]) -> dict[str, list[Any]]:
    wanted = clean_tags(tags)
    before = list(held.row.tags)
    if wanted == before:
        return {}
    held.row.tags = wanted
    return {"tags": [before, wanted]}


def clean_tags(tags: Sequence[str]) -> list[str]:
    """Tags without blanks and repeats, in order. Raises Invalid for too many, or one that is too long."""
    seen: dict[str, None] = {}
    for tag in tags:
        word = " ".join(tag.replace("\x00", "").split())
        if len(word) > 40:
            raise Invalid.field("tags", "text_too_long", max_length=40)
        if word:
            seen[word] = None
    if len(seen) > TAGS:
        raise Invalid.field("tags", "list_too_long", max_length=TAGS)
    return list(seen)


async def set_next_due(db: Session, ticket_id: UUID, *, due_at: Any, kind: str | None, breached: bool) -> None:
    """Which promise runs out first. Written by the room of SLAs: no change of the ticket's version, no event."""
    await repository.set_next_due(db, ticket_id, due_at=due_at, kind=kind, breached=breached)
