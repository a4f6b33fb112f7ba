"""What could not be taken in, for administrators: read, replay, put away."""

import asyncio
import time
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select

from qiao.channels.contract import health
from qiao.channels.contract.models import Arrival
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.runtime import Runtime
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.people.accounts import audit

PREVIEW: Final = 4000
WATCHED_SECONDS: Final = 5.0
"""How long somebody who has it tried again is kept waiting for what becomes of it."""


class LetterView(msgspec.Struct, frozen=True):
    """A payload that was set aside. `failed_at` is when it last failed, `replays` how often somebody had it tried again.

    `preview` is its beginning as text, given for one letter only.
    """

    id: UUID
    inbox_id: UUID
    received_at: datetime
    attempts: int
    size: int
    reason: str | None
    detail: str
    failed_at: datetime | None
    replays: int
    preview: str | None = None


class ReplayView(msgspec.Struct, frozen=True):
    """What became of a letter that was tried again: `taken` in, `waiting` to be tried by itself, or `dead` once more.

    `reason` says why in the reader's words, unless it was taken in or has not been looked at yet.
    """

    state: Literal["taken", "waiting", "dead"]
    reason: str | None


async def page(
    db: Session, locale: str, *, inbox_id: UUID | None, cursor: str | None, limit: int
) -> tuple[list[LetterView], str | None]:
    """Dead letters, newest first."""
    query = select(Arrival).where(Arrival.state == "dead").order_by(Arrival.id.desc()).limit(limit + 1)
    if inbox_id is not None:
        query = query.where(Arrival.inbox_id == inbox_id)
    if cursor:
        (before,) = decode_cursor(cursor, tuple[UUID])
        query = query.where(Arrival.id < before)
    rows = list((await db.execute(query)).scalars())
    more = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return [_view(row, locale) for row in rows[:limit]], more


async def show(db: Session, actor: Actor, letter_id: UUID, locale: str) -> LetterView:
    """One letter with its beginning. That it was read is in the audit log: it holds what a customer wrote."""
    row = await _dead(db, letter_id)
    await audit.record(db, actor, "channel.letter_read", "inbox", row.inbox_id, {"letter": str(row.id)})
    text = row.raw[:PREVIEW].decode("utf-8", "replace").replace("\x00", "�")
    return msgspec.structs.replace(_view(row, locale), preview=text)


async def replay(db: Session, actor: Actor, letter_id: UUID) -> UUID:
    """Has it tried again, now. Returns its inbox."""
    row = await _dead(db, letter_id)
    row.state, row.attempts, row.due_at = "waiting", 0, clock.now()
    row.error = {**(row.error or {}), "replays": _replays(row) + 1}
    await audit.record(db, actor, "channel.letter_replayed", "inbox", row.inbox_id, {"letter": str(row.id)})
    return row.inbox_id


async def watch(runtime: Runtime, letter_id: UUID, locale: str) -> ReplayView:
    """What becomes of a letter that is being tried again; after a few seconds, that it still waits."""
    until = time.monotonic() + WATCHED_SECONDS
    while True:
        async with runtime.db.read() as db:
            query = select(Arrival.state, Arrival.attempts, Arrival.error).where(Arrival.id == letter_id)
            row = (await db.execute(query)).one_or_none()
        if row is None or row.state not in ("waiting", "dead"):
            return ReplayView("taken", None)
        if row.state == "dead":
            return ReplayView("dead", health.reason(row.error, locale))
        if row.attempts > 0 or time.monotonic() > until:
            return ReplayView("waiting", health.reason(row.error, locale) if row.attempts > 0 else None)
        await asyncio.sleep(0.05)


async def dismiss(db: Session, actor: Actor, letter_id: UUID) -> None:
    """Puts it away: what it held is gone."""
    row = await _dead(db, letter_id)
    row.state, row.raw, row.finished_at = "dismissed", b"", clock.now()
    await audit.record(db, actor, "channel.letter_dismissed", "inbox", row.inbox_id, {"letter": str(row.id)})


async def forget(db: Session, before: datetime) -> int:
    """Removes what was finished before; until then it keeps repeats away. Returns how many."""
    found = await db.execute(delete(Arrival).where(Arrival.finished_at < before).returning(Arrival.id))
    return len(found.all())


async def _dead(db: Session, letter_id: UUID) -> Arrival:
    row = await db.get(Arrival, letter_id, with_for_update=True)
    if row is None or row.state != "dead":
        raise NotFound("channel_letter_not_found")
    return row


def _view(row: Arrival, locale: str) -> LetterView:
    error = row.error or {}
    detail = str((error.get("params") or {}).get("detail") or "")
    failed_at = datetime.fromisoformat(error["at"]) if "at" in error else None
    reason = health.reason(error, locale)
    return LetterView(
        row.id,
        row.inbox_id,
        row.received_at,
        row.attempts,
        len(row.raw),
        reason,
        detail,
        failed_at,
        _replays(row),
    )


def _replays(row: Arrival) -> int:
    return int((row.error or {}).get("replays", 0))
