"""The hot path: customers' messages into running conversations, many in one transaction.

What arrives within the same moment shares a commit: one statement stores all messages, moves the counters of their
conversations and writes their events. Whatever is not plain (a new conversation, a reopened one, one of the bot's in
which somebody else has spoken, a row somebody else holds, a repeated `client_id`) goes through `service.receive`, one
transaction each, which knows every case.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import structlog

from qiao.core import clock
from qiao.core.errors import Unavailable
from qiao.core.ids import new_id
from qiao.core.log import Position
from qiao.core.runtime import Runtime
from qiao.desk.conversations import policy, service, views
from qiao.desk.conversations.recent import RecentMessages
from qiao.desk.conversations.schemas import Author, Inbound, MessageView, Received
from qiao.desk.conversations.service.messages import check_content

logger = structlog.get_logger(__name__)

MAX_BATCH: Final = 64
MAX_WAITING: Final = 5000
REMEMBERED: Final = 20_000
WRITERS: Final = 2
HEARD_SECONDS: Final = 0.1
"""How long a line waits for its last batch to reach the people it is for before it stores the next. Under load senders are
then answered at the pace at which they are heard, in larger batches, instead of running ahead of everybody who listens."""

# Rows held by somebody else are skipped rather than waited for: a batch locks many rows and must never be part of a
# deadlock. Their messages take the single path. A `client_id` that is stored already breaks the unique index and with it
# the batch, whose messages then take the single path; retries of what this process stored are kept out of batches.
# `events` columns: see core.events.EventRow.
_STORE: Final = """
WITH input AS (
  SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
                       $9::jsonb[], $10::text[])
    AS i(ord, conversation_id, id, customer_id, author_name, client_id, kind, body, payload, preview)
), held AS (
  SELECT c.id, c.last_seq, c.status, c.assignee_id, c.queue_id, c.customer_id, c.inbox_id
  FROM conversations c
  WHERE c.id = ANY(SELECT conversation_id FROM input) AND c.status IN ('bot', 'queued', 'assigned')
    AND NOT (c.status = 'bot' AND coalesce(c.last_author_kind IN ('user', 'system'), false))
  ORDER BY c.id
  FOR NO KEY UPDATE SKIP LOCKED
), fresh AS (
  SELECT i.*, h.status, h.assignee_id, h.queue_id,
         h.last_seq + row_number() OVER (PARTITION BY i.conversation_id ORDER BY i.ord) AS seq
  FROM input i
  JOIN held h ON h.id = i.conversation_id AND h.customer_id = i.customer_id
), stored AS (
  INSERT INTO messages (id, conversation_id, seq, author_kind, author_id, author_name, kind, body, payload, client_id,
                        created_at, delivery)
  SELECT id, conversation_id, seq, 'customer', customer_id, author_name, kind, body, payload, client_id, $11, 'sent'
  FROM fresh
), counted AS (
  SELECT conversation_id, count(*) AS n, max(seq) AS last_seq, (array_agg(preview ORDER BY seq DESC))[1] AS preview
  FROM fresh GROUP BY conversation_id
), moved AS (
  UPDATE conversations c
  SET last_seq = n.last_seq, version = c.version + n.n, last_message_at = $11, last_message_preview = n.preview,
      last_author_kind = 'customer', unread = c.unread + n.n, customer_read_seq = n.last_seq,
      waiting_since = CASE WHEN c.status = 'bot' THEN c.waiting_since ELSE coalesce(c.waiting_since, $11) END
  FROM counted n WHERE c.id = n.conversation_id
), logged AS (
  INSERT INTO events (kind, conversation_id, actor_kind, actor_id, audience, payload, at)
  SELECT 'conversation.message_created', conversation_id, 'customer', customer_id,
         jsonb_build_object(
           'users', coalesce(
             (SELECT jsonb_agg(p.id) FROM (
                SELECT f.assignee_id AS id WHERE f.assignee_id IS NOT NULL
                UNION
                SELECT user_id FROM conversation_participants c WHERE c.conversation_id = f.conversation_id) p),
             '[]'::jsonb),
           'queues', CASE WHEN queue_id IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(queue_id) END,
           'permission', 'conversations.view_all', 'customer', true),
         jsonb_build_object(
           'message_id', id, 'seq', seq, 'author_kind', 'customer', 'message_kind', kind, 'public', true,
           'status', status, 'assignee_id', assignee_id, 'queue_id', queue_id, 'author_id', customer_id,
           'mentions', '[]'::jsonb),
         $11
  FROM fresh f ORDER BY ord
  RETURNING xid, id
)
SELECT f.ord, f.seq, (SELECT max(xid) FROM logged) AS xid, (SELECT max(id) FROM logged) AS event_id FROM fresh f
"""


@dataclass(slots=True)
class _Waiting:
    conversation_id: UUID
    inbound: Inbound
    done: asyncio.Future[Received]
    id: UUID = field(default_factory=new_id)


class Intake:
    """Batches inbound messages of running conversations. `submit` returns after commit."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        # A conversation's messages always take the same line, so that they are stored in the order they came.
        self._lines: list[asyncio.Queue[_Waiting]] = [asyncio.Queue(MAX_WAITING // WRITERS) for _ in range(WRITERS)]
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped = False
        self._stored: OrderedDict[tuple[UUID, str], None] = OrderedDict()
        """The newest `client_id`s stored here."""

    async def start(self) -> None:
        self._stopped = False
        for number, line in enumerate(self._lines):
            self._tasks.append(asyncio.create_task(self._write(line), name=f"intake-{number}"))

    async def stop(self) -> None:
        """Ends at once. Who waits is told; nothing of theirs was acknowledged, and their retry is harmless."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        for line in self._lines:
            while not line.empty():
                _fail(line.get_nowait())

    async def submit(self, inbound: Inbound, conversation_id: UUID | None) -> Received:
        """Stores a customer's message; `conversation_id` is the one they are known to be in, if any.

        Raises Invalid for content that is not acceptable, before anything is queued.
        """
        check_content(inbound.kind, inbound.body, inbound.payload, policy.CUSTOMER_KINDS)
        if conversation_id is None or inbound.locale or inbound.context:
            return await self._single(inbound)
        if (conversation_id, inbound.client_id) in self._stored:
            return await self._single(inbound)
        waiting = _Waiting(conversation_id, inbound, asyncio.get_running_loop().create_future())
        await self._lines[conversation_id.int % WRITERS].put(waiting)
        if self._stopped:
            _fail(waiting)
        return await waiting.done

    async def _single(self, inbound: Inbound) -> Received:
        return await self.runtime.db.run(lambda db: service.receive(db, inbound))

    async def _write(self, line: asyncio.Queue[_Waiting]) -> None:
        stored: Position = (0, 0)
        while True:
            batch = [await line.get()]
            try:
                await self.runtime.tailer.taken(stored, HEARD_SECONDS)
                while len(batch) < MAX_BATCH:
                    try:
                        batch.append(line.get_nowait())
                    except asyncio.QueueEmpty:
                        break
                try:
                    rest, stored = await self._store(batch)
                except Exception as error:
                    # For instance a client_id stored by somebody else a moment ago: the single path sorts it out, and
                    # what was stored after all is found again by its client_id.
                    logger.info("intake_batch_fell_back", size=len(batch), error=repr(error))
                    rest = [waiting for waiting in batch if not waiting.done.done()]
                groups: dict[UUID, list[_Waiting]] = {}
                for waiting in rest:
                    groups.setdefault(waiting.conversation_id, []).append(waiting)
                await asyncio.gather(*(self._finish_singles(group) for group in groups.values()))
            except asyncio.CancelledError:
                for waiting in batch:
                    _fail(waiting)
                raise

    async def _finish_singles(self, group: Sequence[_Waiting]) -> None:
        for waiting in group:
            try:
                received = await self._single(waiting.inbound)
                if not waiting.done.done():
                    waiting.done.set_result(received)
            except Exception as error:
                if not waiting.done.done():
                    waiting.done.set_exception(error)

    async def _store(self, batch: Sequence[_Waiting]) -> tuple[list[_Waiting], Position]:
        """Stores what is plain; returns what is not, and where the last of what was stored stands in the log."""
        unique: dict[tuple[UUID, str], _Waiting] = {}
        repeated: list[_Waiting] = []
        for waiting in batch:
            key = (waiting.conversation_id, waiting.inbound.client_id)
            if key in unique:
                repeated.append(waiting)
            else:
                unique[key] = waiting
        items = list(unique.values())
        now = clock.now()
        pool = await self.runtime.db.raw()
        rows = await pool.fetch(
            _STORE,
            list(range(len(items))),
            [w.conversation_id for w in items],
            [w.id for w in items],
            [w.inbound.customer_id for w in items],
            [w.inbound.customer_name for w in items],
            [w.inbound.client_id for w in items],
            [w.inbound.kind for w in items],
            [w.inbound.body for w in items],
            [w.inbound.payload for w in items],
            [policy.preview_of(w.inbound.kind, w.inbound.body, w.inbound.payload) for w in items],
            now,
        )
        recent = self.runtime.get(RecentMessages)
        stored: set[int] = set()
        for row in rows:
            waiting = items[row["ord"]]
            stored.add(row["ord"])
            self._stored[waiting.conversation_id, waiting.inbound.client_id] = None
            view = _view(waiting, row["seq"], now)
            recent.keep(view)
            if not waiting.done.done():
                shown = views.with_links(self.runtime, view)
                waiting.done.set_result(Received(shown, waiting.conversation_id, created=False, duplicate=False))
        while len(self._stored) > REMEMBERED:
            self._stored.popitem(last=False)
        last: Position = (rows[0]["xid"], rows[0]["event_id"]) if rows else (0, 0)
        if rows:
            self.runtime.tailer.wake(last)
        return [waiting for index, waiting in enumerate(items) if index not in stored] + repeated, last


def _fail(waiting: _Waiting) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(Unavailable("busy_try_again", headers={"Retry-After": "1"}))


def _view(waiting: _Waiting, seq: int, at: Any) -> MessageView:
    inbound = waiting.inbound
    return MessageView(
        id=waiting.id,
        conversation_id=waiting.conversation_id,
        seq=seq,
        author=Author("customer", inbound.customer_id, inbound.customer_name),
        kind=inbound.kind,
        body=inbound.body,
        payload=inbound.payload,
        client_id=inbound.client_id,
        created_at=at,
        delivery="sent",
    )
