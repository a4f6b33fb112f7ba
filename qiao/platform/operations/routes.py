"""REST of operations."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import func, select, text

import qiao
from qiao.core import clock, jobs
from qiao.core.actor import Actor
from qiao.core.errors import NotFound
from qiao.core.reactions import DeadLetter
from qiao.core.realtime import Hub
from qiao.core.web import Cursor, Page, Read, Runtime_, Tx, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts import audit
from qiao.people.accounts.access import Needs, SignedIn

Operator = Annotated[Actor, Needs("operations.view")]
router = Router(prefix="/operations", tags=["operations"])
job_router = Router(prefix="/jobs", tags=["jobs"])


class LetterView(BaseModel):
    """An event a reaction could not handle yet (`retrying`) or gave up on (`dead`)."""

    id: UUID
    reaction: str
    kind: str
    conversation_id: UUID | None
    payload: dict[str, Any]
    state: str
    attempts: int
    error: str | None
    next_at: datetime
    event_at: datetime
    created_at: datetime


class JobView(BaseModel):
    """`state`: queued, running, done or failed; `done` of `total` units are finished."""

    id: UUID
    kind: str
    state: str
    done: int
    total: int | None
    result: dict[str, Any] | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class ReactionHealth(BaseModel):
    """`behind_s`: seconds between now and the oldest event this reaction has not handled."""

    name: str
    behind_s: float


class Health(BaseModel):
    """One page about this installation."""

    version: str
    now: datetime
    database: dict[str, Any]
    reactions: list[ReactionHealth]
    dead_letters: int
    retrying: int
    staff_connections: int
    visitor_connections: int
    files_bytes: int


def _letter(row: DeadLetter) -> LetterView:
    return LetterView(**{name: getattr(row, name) for name in LetterView.model_fields})


@router.get("/dead-letters")
async def list_dead_letters(
    actor: Operator, db: Read, state: str | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[LetterView]:
    """Newest first; `state` is `dead` or `retrying`."""
    query = select(DeadLetter).order_by(DeadLetter.id.desc()).limit(limit + 1)
    if state:
        query = query.where(DeadLetter.state == state)
    keys = decode_cursor(cursor, tuple[UUID])
    if keys:
        query = query.where(DeadLetter.id < keys[0])
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[_letter(row) for row in rows[:limit]], next_cursor=following)


async def _find(db: Tx, letter_id: UUID) -> DeadLetter:
    row = await db.get(DeadLetter, letter_id, with_for_update=True)
    if row is None:
        raise NotFound("operations.letter_not_found")
    return row


@router.post("/dead-letters/{letter_id}/replay")
async def replay_dead_letter(letter_id: UUID, actor: Operator, db: Tx) -> LetterView:
    """Hands the event to its reaction again, within a second or two."""
    row = await _find(db, letter_id)
    row.state = "retrying"
    row.attempts = 0
    row.next_at = clock.now()
    await db.flush()
    await audit.record(db, actor, "dead_letter.replayed", "dead_letter", row.id, {"reaction": row.reaction})
    return _letter(row)


@router.delete("/dead-letters/{letter_id}", status_code=204)
async def dismiss_dead_letter(letter_id: UUID, actor: Operator, db: Tx) -> None:
    """Gives the event up for good; what it was stays in the audit log."""
    row = await _find(db, letter_id)
    changes = {"reaction": row.reaction, "kind": row.kind, "payload": row.payload}
    await audit.record(db, actor, "dead_letter.dismissed", "dead_letter", row.id, changes)
    await db.delete(row)


@router.get("/health")
async def read_health(actor: Operator, db: Read, runtime: Runtime_) -> Health:
    """Database, reactions, dead letters, connections, files."""
    version = await db.scalar(text("SHOW server_version"))
    size = await db.scalar(text("SELECT pg_database_size(current_database())"))
    states = dict((await db.execute(select(DeadLetter.state, func.count()).group_by(DeadLetter.state))).all())
    end = runtime.tailer.position
    health = []
    for name, position in sorted(runtime.reactions.positions.items()):
        behind = 0.0
        if position < end:
            oldest = await db.scalar(
                text("SELECT at FROM events WHERE (xid, id) > (:xid, :id) ORDER BY xid, id LIMIT 1"),
                {"xid": position[0], "id": min(position[1], 2**62)},
            )
            behind = max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0
        health.append(ReactionHealth(name=name, behind_s=round(behind, 3)))
    files = await db.scalar(text("SELECT coalesce(sum(size), 0) FROM files"))
    hub = runtime.get(Hub)
    return Health(
        version=qiao.__version__,
        now=clock.now(),
        database={"version": version, "bytes": size, "embedded": runtime.settings.database_url is None},
        reactions=health,
        dead_letters=int(states.get("dead", 0)),
        retrying=int(states.get("retrying", 0)),
        staff_connections=len(hub.staff),
        visitor_connections=len(hub.visitor_connections),
        files_bytes=int(files or 0),
    )


@router.get("/jobs")
async def list_jobs(actor: Operator, db: Read) -> Page[JobView]:
    """The newest background jobs."""
    return Page(items=[_job(row) for row in await jobs.recent(db)])


@job_router.get("/{job_id}")
async def read_job(job_id: UUID, actor: SignedIn, db: Read) -> JobView:
    """How far a job of the caller's is."""
    return _job(await jobs.get(db, actor, job_id))


def _job(row: jobs.JobRow) -> JobView:
    return JobView(**{name: getattr(row, name) for name in JobView.model_fields})


routers = [router, job_router]
