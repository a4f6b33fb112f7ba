"""Turns rows into views, in batches: names come from the rooms that own them, never one query per row."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from qiao.core.db import Session
from qiao.core.files import service as files
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.conversations import repository
from qiao.desk.conversations.models import Conversation, Message, Participant
from qiao.desk.conversations.policy import LIVE
from qiao.desk.conversations.ports import Promises, QueueDirectory
from qiao.desk.conversations.schemas import (
    Author,
    ConversationFacts,
    ConversationView,
    CustomerRef,
    Handoff,
    InboxRef,
    LastMessage,
    MessageView,
    ParticipantView,
    PersonRef,
    Promise,
    Ref,
)
from qiao.desk.inboxes import service as inboxes
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers

CACHE_SECONDS = 5.0


class NameCache:
    """Names of staff, inboxes and queues for a few seconds: they are on every row and change once a week."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, UUID], tuple[float, Any]] = {}

    def known(self, kind: str, ids: Iterable[UUID]) -> tuple[dict[UUID, Any], list[UUID]]:
        now = time.monotonic()
        have: dict[UUID, Any] = {}
        missing: list[UUID] = []
        for key in set(ids):
            entry = self._found.get((kind, key))
            if entry is None or now - entry[0] > CACHE_SECONDS:
                missing.append(key)
            else:
                have[key] = entry[1]
        return have, missing

    def keep(self, kind: str, found: dict[UUID, Any]) -> None:
        now = time.monotonic()
        if len(self._found) > 20_000:
            self._found.clear()
        for key, value in found.items():
            self._found[kind, key] = (now, value)


def _cache(db: Session) -> NameCache:
    return runtime_of(db).once(NameCache, NameCache)


async def people(db: Session, ids: Iterable[UUID | None]) -> dict[UUID, PersonRef]:
    """Staff by id, with the name customers and colleagues see."""
    cache = _cache(db)
    have, missing = cache.known("user", (i for i in ids if i is not None))
    if missing:
        found = {p.id: PersonRef(p.id, p.name, p.avatar_url) for p in (await accounts.people(db, missing)).values()}
        cache.keep("user", found)
        have.update(found)
    return have


async def _queues(db: Session, ids: Iterable[UUID | None]) -> dict[UUID, Ref]:
    cache = _cache(db)
    have, missing = cache.known("queue", (i for i in ids if i is not None))
    directory = runtime_of(db).find(QueueDirectory)
    if missing and directory is not None:
        found = {key: Ref(key, name) for key, name in (await directory.names(db, missing)).items()}
        cache.keep("queue", found)
        have.update(found)
    return have


async def _inboxes(db: Session, ids: Iterable[UUID]) -> dict[UUID, InboxRef]:
    cache = _cache(db)
    have, missing = cache.known("inbox", ids)
    if missing:
        found = {i.id: InboxRef(i.id, i.name, i.channel) for i in (await inboxes.refs(db, missing)).values()}
        cache.keep("inbox", found)
        have.update(found)
    return have


async def conversations(
    db: Session, rows: Sequence[Conversation], joined: Mapping[UUID, Sequence[Participant]] | None = None
) -> list[ConversationView]:
    """Views of `rows`, in their order; `joined`, where it is known already."""
    if not rows:
        return []
    if joined is None:
        joined = await repository.participants(db, [row.id for row in rows])
    names = await people(
        db, [row.assignee_id for row in rows] + [p.user_id for group in joined.values() for p in group]
    )
    queues = await _queues(db, [row.queue_id for row in rows])
    places = await _inboxes(db, {row.inbox_id for row in rows})
    who = await customers.refs(db, list({row.customer_id for row in rows}))
    due = await _promises(db, [row.id for row in rows if row.status in LIVE])
    return [_view(row, names, queues, places, who, joined.get(row.id, []), due.get(row.id)) for row in rows]


async def _promises(db: Session, ids: Collection[UUID]) -> Mapping[UUID, Promise]:
    promises = runtime_of(db).find(Promises)
    return await promises.shown(db, ids) if promises is not None and ids else {}


def _view(
    row: Conversation,
    names: dict[UUID, PersonRef],
    queues: dict[UUID, Ref],
    places: dict[UUID, InboxRef],
    who: dict[UUID, Any],
    joined: Sequence[Participant],
    promise: Promise | None,
) -> ConversationView:
    customer = who.get(row.customer_id)
    return ConversationView(
        id=row.id,
        number=row.number,
        inbox=places.get(row.inbox_id) or InboxRef(row.inbox_id, "", row.channel),
        customer=CustomerRef(
            row.customer_id,
            customer.number if customer else 0,
            customer.name if customer else "",
            customer.level if customer else "",
        ),
        status=row.status,
        queue=queues.get(row.queue_id) if row.queue_id else None,
        assignee=names.get(row.assignee_id) if row.assignee_id else None,
        priority=row.priority,
        locale=row.locale,
        tags=list(row.tags),
        version=row.version,
        last_seq=row.last_seq,
        last_message=(
            LastMessage(row.last_message_preview, row.last_author_kind, row.last_message_at)
            if row.last_message_preview is not None
            else None
        ),
        unread=row.unread,
        waiting_since=row.waiting_since,
        created_at=row.created_at,
        queued_at=row.queued_at,
        assigned_at=row.assigned_at,
        first_response_at=row.first_response_at,
        resolved_at=row.resolved_at,
        closed_at=row.closed_at,
        snoozed_until=row.snoozed_until,
        customer_read_seq=row.customer_read_seq,
        staff_read_seq=row.staff_read_seq,
        handoff=Handoff(row.handoff_reason, row.handoff_summary) if row.handoff_reason else None,
        wrap_up=row.wrap_up,
        context=row.context,
        participants=[
            ParticipantView(p.user_id, names[p.user_id].name if p.user_id in names else "", p.role)
            for p in joined
            if p.role == "joined"
        ],
        promise=promise,
    )


def facts(row: Conversation) -> ConversationFacts:
    """The bare facts of a row."""
    return ConversationFacts(**{name: getattr(row, name) for name in ConversationFacts.__dataclass_fields__})


def message_without_face(row: Message) -> MessageView:
    """A message view whose author's picture is left out (customers, bot, or when the caller adds it)."""
    recalled = row.recalled_at is not None
    return MessageView(
        id=row.id,
        conversation_id=row.conversation_id,
        seq=row.seq,
        author=Author(row.author_kind, row.author_id, row.author_name),
        kind=row.kind,
        body="" if recalled else row.body,
        payload={} if recalled else row.payload,
        client_id=row.client_id,
        created_at=row.created_at,
        delivery=row.delivery,
        recalled_at=row.recalled_at,
        recall=row.recall,
        edited_at=row.edited_at,
    )


async def messages(db: Session, rows: Sequence[Message]) -> list[MessageView]:
    """Views of `rows`, in their order, with the faces of staff."""
    names = await people(db, {row.author_id for row in rows if row.author_kind == "user"})
    runtime = runtime_of(db)
    return [with_links(runtime, with_face(message_without_face(row), names)) for row in rows]


def with_links(runtime: Runtime, view: MessageView) -> MessageView:
    """Adds links that work for a week to a message about a file. Links are made for the reader, never stored."""
    if view.kind in ("image", "file"):
        return msgspec.structs.replace(view, payload=files.with_links(runtime, view.payload))
    attached = view.payload.get("attachments")
    if isinstance(attached, list):
        linked = [files.with_links(runtime, one) for one in attached if isinstance(one, dict)]
        return msgspec.structs.replace(view, payload={**view.payload, "attachments": linked})
    return view


def with_face(view: MessageView, names: dict[UUID, PersonRef]) -> MessageView:
    person = names.get(view.author.id) if view.author.kind == "user" and view.author.id else None
    if person is None:
        return view
    author = Author("user", person.id, person.name, person.avatar_url)
    return MessageView(**{**{f: getattr(view, f) for f in MessageView.__struct_fields__}, "author": author})
