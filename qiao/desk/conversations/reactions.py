"""What conversations do on their own events: keep the search index; and what time does to them."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import text

from qiao.core import clock
from qiao.core.db import Session, status_lock
from qiao.core.events import Envelope
from qiao.core.jobs import every
from qiao.core.reactions import on_commit_batch
from qiao.core.runtime import Runtime
from qiao.core.text import search_tokens
from qiao.desk.conversations import repository, service
from qiao.desk.conversations.events import MessageChanged, MessageCreated
from qiao.desk.conversations.models import Conversation
from qiao.desk.conversations.service.customer_side import follow_customer
from qiao.people.customers.following import follow
from qiao.people.organization import service as organization

follow(Conversation.customer_id, shown="conversations", then=follow_customer, before=status_lock)

_BETWEEN = "\x1f"
_INDEXED = ("text", "note", "whisper", "choices", "card", "file")


@on_commit_batch(
    MessageCreated, MessageChanged, name="conversations.search_index", from_start=True, linger=0.5, most=40
)
async def index_messages(db: Session, batch: Sequence[tuple[MessageCreated | MessageChanged, Envelope]]) -> None:
    """Writes the search tokens of new messages and drops those of recalled ones."""
    ids = list(dict.fromkeys(fact.message_id for fact, _ in batch))
    rows = await repository.messages_by_id(db, ids)
    keep = [row for row in rows if row.recalled_at is None and row.kind in _INDEXED]
    gone = [row.id for row in rows if row.recalled_at is not None]
    entries = []
    for row in keep:
        words = " ".join(str(part) for part in (row.body, row.payload.get("name"), row.payload.get("title")) if part)
        if tokens := set(search_tokens(words)):
            entries.append((row.id, row.conversation_id, _BETWEEN.join(sorted(tokens))))
        await asyncio.sleep(0)  # cutting words is the processor's work: a large batch must not hold up the messages
    if gone:
        await db.execute(text("DELETE FROM message_search WHERE message_id = ANY(:ids)"), {"ids": gone})
    if entries:
        ids, conversation_ids, tokens_of = (list(column) for column in zip(*entries, strict=True))
        # One short statement: while a transaction that writes is open, the log waits for it.
        await db.execute(
            text(
                "INSERT INTO message_search (message_id, conversation_id, tokens)"
                " SELECT i, c, array_to_tsvector(string_to_array(t, :between))"
                " FROM unnest(CAST(:ids AS uuid[]), CAST(:conversation_ids AS uuid[]), CAST(:tokens AS text[])) AS n(i, c, t)"
                " ON CONFLICT (message_id) DO UPDATE SET tokens = excluded.tokens"
            ),
            {"ids": ids, "conversation_ids": conversation_ids, "tokens": tokens_of, "between": _BETWEEN},
        )


@every(5, name="conversations.wake_snoozed")
async def wake_snoozed(runtime: Runtime) -> None:
    """Ends the snoozes that are due."""
    async with runtime.db.read() as db:
        due = await repository.due_snoozes(db, clock.now())
    for conversation_id in due:
        await runtime.db.run(partial(service.wake_if_due, conversation_id=conversation_id))


@every(60, name="conversations.close_resolved")
async def close_resolved(runtime: Runtime) -> None:
    """Closes what was resolved so long ago that the customer's next message is a new matter."""
    async with runtime.db.read() as db:
        window = timedelta(hours=(await organization.get_settings(db)).reopen_hours)
        before = clock.now() - window - timedelta(minutes=1)
        due = await repository.resolved_before(db, before)
    for conversation_id in due:
        await runtime.db.run(partial(service.close_if_over, conversation_id=conversation_id, resolved_before=before))
