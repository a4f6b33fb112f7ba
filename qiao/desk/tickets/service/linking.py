"""Tickets and other tickets: links, parents, merging, splitting."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid, Refused
from qiao.core.ids import new_id
from qiao.desk.tickets import errors, policy, repository
from qiao.desk.tickets.events import TicketChanged, TicketLinked, TicketMerged
from qiao.desk.tickets.models import TicketEntry
from qiao.desk.tickets.schemas import SplitBody, TicketCreate, TicketView
from qiao.desk.tickets.service import changing, creating, reading, rows, steps, talking
from qiao.desk.tickets.service.rows import Held

_TURNED: Final = {"duplicated_by": "duplicates", "blocked_by": "blocks", "caused_by": "causes"}
_ONE_WAY: Final = frozenset({"duplicates", "blocks", "causes"})
MERGE_AT_ONCE: Final = 50


def _ends(ticket_id: UUID, other_id: UUID, kind: str) -> tuple[UUID, UUID, str]:
    """From, to and kind of a link as stored. What relates does so both ways: it stands once, in the order of ids."""
    if kind == "relates":
        first, second = sorted((ticket_id, other_id))
        return first, second, kind
    if kind in _TURNED:
        return other_id, ticket_id, _TURNED[kind]
    return ticket_id, other_id, kind


async def _both(db: Session, actor: Actor, ticket_id: UUID, other: str | UUID) -> tuple[Held, Held]:
    """Both tickets, locked in the order of their ids."""
    other_id = other if isinstance(other, UUID) else await rows.resolve(db, other)
    if other_id == ticket_id:
        raise Invalid.field("ticket", "ticket.link_itself")
    held = {key: await rows.for_change(db, actor, key, closed=True) for key in sorted((ticket_id, other_id))}
    return held[ticket_id], held[other_id]


async def link(db: Session, actor: Actor, ticket_id: UUID, other: str | UUID, kind: str = "relates") -> TicketView:
    """This ticket relates to, duplicates, blocks or causes the other. Circles of what is one-way are refused."""
    await repository.lock_links(db)
    held, to = await _both(db, actor, ticket_id, other)
    from_id, to_id, stored = _ends(ticket_id, to.row.id, kind)
    if stored in _ONE_WAY and await repository.leads_to(db, to_id, from_id, stored):
        raise Refused("ticket.link_circle", ref=to.ref)
    if await repository.add_link(db, from_id, to_id, stored, actor.id):
        await _linked(db, held, to, kind, gone=False)
    return await reading.whole(db, held)


async def unlink(db: Session, actor: Actor, ticket_id: UUID, other: str | UUID, kind: str = "relates") -> TicketView:
    held, to = await _both(db, actor, ticket_id, other)
    if await repository.remove_link(db, *_ends(ticket_id, to.row.id, kind)):
        await _linked(db, held, to, kind, gone=True)
    return await reading.whole(db, held)


async def _linked(db: Session, held: Held, to: Held, kind: str, *, gone: bool) -> None:
    """A line in both tickets, each as seen from it."""
    turned = {value: key for key, value in _TURNED.items()} | _TURNED
    for one, other, way in ((held, to, kind), (to, held, turned.get(kind, kind))):
        rows.touch(one)
        named = {"id": str(other.row.id), "ref": other.ref}
        await rows.changed(db, one, {f"links.{way}": [named, None] if gone else [None, named]})
    fact = TicketLinked(ticket_id=held.row.id, other_id=to.row.id, kind_of_link=kind, gone=gone)
    await rows.announce(db, held, fact)
    await rows.announce(db, to, TicketChanged(ticket_id=to.row.id, fields=("links",)))


async def set_parent(db: Session, actor: Actor, ticket_id: UUID, parent: str | UUID | None) -> TicketView:
    """Makes it a part of another ticket, or of none. No ticket is its own ancestor."""
    await repository.lock_links(db)
    if parent is None:
        held = await rows.for_change(db, actor, ticket_id, closed=True)
        parent_id = None
    else:
        held, above = await _both(db, actor, ticket_id, parent)
        parent_id = above.row.id
        line = [parent_id, *await repository.ancestors(db, parent_id)]
        if ticket_id in line:
            raise Refused("ticket.parent_circle", ref=above.ref)
        if len(line) + 1 + await repository.height(db, ticket_id) > creating.DEEPEST_FAMILY:
            raise Invalid.field("ticket", "ticket.family_deep", most=creating.DEEPEST_FAMILY)
    before = held.row.parent_id
    if before != parent_id:
        held.row.parent_id = parent_id
        await changing.save(db, held, {"parent_id": [before, parent_id]})
        fact = TicketLinked(
            ticket_id=ticket_id,
            other_id=parent_id or before or ticket_id,
            kind_of_link="parent",
            gone=parent_id is None,
        )
        await rows.announce(db, held, fact)
    return await reading.whole(db, held)


# -- merging -----------------------------------------------------------------------------------------------------------


async def merge(
    db: Session,
    actor: Actor,
    ticket_id: UUID,
    sources: Sequence[str | UUID],
    *,
    confirmed: bool = False,
    comment: str = "",
) -> TicketView:
    """Puts other tickets into this one, with everything in them: timeline, time, watchers, checklist, links, children.

    They close and lead on to it. Another customer's ticket wants confirming. All or nothing.
    """
    ids = [one if isinstance(one, UUID) else await rows.resolve(db, one) for one in sources]
    ids = list(dict.fromkeys(ids))
    if not ids or len(ids) > MERGE_AT_ONCE:
        raise Invalid.field("sources", "list_too_long", max_length=MERGE_AT_ONCE)
    if ticket_id in ids:
        raise Invalid.field("sources", "ticket.merge_itself")
    await repository.lock_links(db)
    held = {key: await rows.for_change(db, actor, key, closed=key != ticket_id) for key in sorted([ticket_id, *ids])}
    into = held[ticket_id]
    others = [
        held[key].ref
        for key in ids
        if None not in (held[key].row.customer_id, into.row.customer_id)
        and held[key].row.customer_id != into.row.customer_id
    ]
    if others and not confirmed:
        raise Conflict("ticket.merge_other_customer", refs=", ".join(others), data={"refs": others})
    for key in ids:
        await _merge_one(db, into, held[key])
    if comment.strip():
        await talking.say(db, into, body=comment.strip(), public=False)
    return await reading.whole(db, into)


async def _merge_one(db: Session, into: Held, source: Held) -> None:
    row, other = into.row, source.row
    await db.flush()
    row.last_seq += await repository.move_entries(db, other.id, row.id, row.last_seq)
    other.last_seq = 0
    if row.parent_id == other.id:
        row.parent_id = other.parent_id if other.parent_id != row.id else None
    other.parent_id = None
    await db.flush()
    await repository.move_rest(db, other.id, row.id)
    changes = _taken_over(into, source)
    rows.touch(into)
    params = {"ref": source.ref, "id": str(other.id), "title": other.title, "fields": dict(other.data)}
    if changes:
        await rows.changed(db, into, changes, payload={"reason": "merged"})
    await rows.append(db, into, "event", payload={"type": "merged_in", "params": params})
    await _close_merged(db, source, into)
    await rows.announce(db, into, TicketChanged(ticket_id=row.id, fields=("merged", *changes)))


def _taken_over(into: Held, source: Held) -> dict[str, list[Any]]:
    """What the one that stays lacks and the other has."""
    row, other = into.row, source.row
    changes: dict[str, list[Any]] = {}
    for key in ("customer_id", "requester_id", "conversation_id", "rating", "rating_comment", "due_at"):
        if getattr(row, key) is None and getattr(other, key) is not None:
            changes[key] = [None, getattr(other, key)]
            setattr(row, key, getattr(other, key))
    tags = list(dict.fromkeys([*row.tags, *other.tags]))[: changing.TAGS]
    if tags != list(row.tags):
        changes["tags"] = [list(row.tags), tags]
        row.tags = tags
    if other.priority > row.priority and other.status in policy.OPEN:
        changes["priority"] = [row.priority, other.priority]
        row.priority = other.priority
    waiting = [one for one in (row.customer_wrote_at, other.customer_wrote_at) if one is not None]
    row.customer_wrote_at = min(waiting, default=None)
    answered = [one for one in (row.first_response_at, other.first_response_at) if one is not None]
    row.first_response_at = min(answered, default=None)
    return changes


async def _close_merged(db: Session, source: Held, into: Held) -> None:
    other = source.row
    definition = source.kind.definition
    state = policy.first_state(definition, "closed") or policy.first_state(definition, "solved")
    other.merged_into_id = into.row.id
    changes: dict[str, list[Any]] = {"merged_into_id": [None, into.row.id]}
    if state is not None and other.state != state.key:
        changes |= steps.enter(source, state)
    else:
        rows.touch(source)
    if other.status != "closed":
        changes["status"] = [changes.get("status", [other.status])[0], "closed"]
        other.status = "closed"
    other.closed_at = other.closed_at or other.updated_at
    other.next_due_at = other.next_due_kind = None
    await rows.changed(db, source, changes, payload={"reason": "merged"})
    params = {"ref": into.ref, "id": str(into.row.id)}
    await rows.append(db, source, "event", payload={"type": "merged_into", "params": params, "public": True})
    await rows.announce(db, source, TicketMerged(ticket_id=other.id, into_id=into.row.id))


# -- splitting ---------------------------------------------------------------------------------------------------------


async def split(db: Session, actor: Actor, ticket_id: UUID, body: SplitBody) -> TicketView:
    """Makes a ticket of chosen comments and notes, linked to this one and watched by the same people. They stay here as
    well: nothing is lost."""
    held = await rows.for_change(db, actor, ticket_id, closed=True)
    row = held.row
    chosen = await repository.entries_by_id(db, ticket_id, body.entries)
    if len(chosen) != len(set(body.entries)):
        raise Invalid.field("entries", "ticket.entry_unknown")
    if any(one.kind not in ("comment", "note") for one in chosen):
        raise Invalid.field("entries", "ticket.entry_not_said")
    said = next((one.body for one in chosen if one.body), "")
    view = await creating.create(
        db,
        actor,
        TicketCreate(
            type_key=body.type_key or held.kind.key,
            title=body.title,
            description=said,
            fields=body.fields or _same_fields(held, body.type_key),
            customer_id=row.customer_id,
            requester_id=row.requester_id,
            department_id=body.department_id or row.department_id,
            assignee_id=body.assignee_id,
            priority=row.priority,
            source="console",
            channel=row.channel,
            locale="en" if row.locale == "en" else "zh-CN",
        ),
    )
    await repository.lock_links(db)
    new = await rows.for_change(db, actor, view.id)
    new.row.conversation_id = row.conversation_id
    watching = await repository.watchers(db, ticket_id)
    await repository.involve(db, view.id, "user", watching, "watcher", watching=True)
    for one in chosen:
        db.add(_copy(new, one, row.id))
    from_id, to_id, kind = _ends(ticket_id, view.id, "relates")
    await db.flush()
    await repository.add_link(db, from_id, to_id, kind, actor.id)
    await _linked(db, held, new, "relates", gone=False)
    params = {"ref": new.ref, "id": str(view.id), "entries": len(chosen)}
    await rows.append(db, held, "event", payload={"type": "split_off", "params": params})
    await rows.append(db, new, "event", payload={"type": "split_from", "params": {"ref": held.ref, "id": str(row.id)}})
    await db.flush()
    return await reading.whole(db, new)


def _same_fields(held: Held, type_key: str | None) -> dict[str, Any]:
    """A split of the same type is about the same order: its fields begin as they are here; files stay where they are."""
    if type_key not in (None, held.kind.key):
        return {}
    files = {spec.key for spec in held.kind.definition.fields if spec.kind == "file"}
    return {key: value for key, value in held.row.data.items() if key not in files}


def _copy(new: Held, entry: TicketEntry, origin: UUID) -> TicketEntry:
    new.row.last_seq += 1
    return TicketEntry(
        id=new_id(),
        ticket_id=new.row.id,
        seq=new.row.last_seq,
        kind=entry.kind,
        author_kind=entry.author_kind,
        author_id=entry.author_id,
        author_name=entry.author_name,
        body=entry.body,
        payload=dict(entry.payload),
        changes=None,
        client_id=None,
        origin_ticket_id=entry.origin_ticket_id or origin,
        created_at=entry.created_at,
    )


async def merged_into(db: Session, ticket_id: UUID) -> UUID | None:
    """Where a merged ticket leads, None for one that was not merged. For reactions, not for people."""
    row = await repository.get(db, ticket_id)
    if row is None:
        raise errors.not_found(ticket_id)
    return row.merged_into_id
