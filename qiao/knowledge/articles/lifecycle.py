"""From draft to published to archived: who asks, who approves, what goes live when, and what needs a look again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, String, and_, func, literal, or_, select, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import aliased

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid, Problem, Refused
from qiao.core.events import Audience as Listeners
from qiao.core.events import emit
from qiao.core.runtime import Runtime
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.articles import drafts, texts, versions
from qiao.knowledge.articles.audience import EVERYTHING, Reader, departments_named, readable, reader_of
from qiao.knowledge.articles.events import ReviewDue, Reviewed, ReviewRequested
from qiao.knowledge.articles.lifecycle_schemas import Reason, ReviewBody, Todo, WorkItem
from qiao.knowledge.articles.models import DraftRow, FaqRow
from qiao.knowledge.articles.texts import Row, any_row, same_version, source_of, touch
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.notifications import service as notifications

logger = structlog.get_logger(__name__)

OLD_AFTER: Final = timedelta(days=180)
"""A published text without a date to look at it again counts as stale after this time without change."""
_MOVES: Final = {
    "publish": ({"draft", "review", "scheduled", "archived"}, "published"),
    "archive": ({"draft", "review", "scheduled", "published"}, "archived"),
    "draft": ({"review", "scheduled", "archived", "published"}, "draft"),
}
_NOTED: Final = {"publish": "published", "archive": "archived", "draft": "reopened"}
_BATCH: Final = 100


# -- moves -------------------------------------------------------------------------------------------------------------


async def move(db: Session, actor: Actor, source: str, item_id: UUID, step: str) -> None:
    """`publish`, `archive` or `draft`. Raises Refused for a move that its state does not allow.

    Publishing takes in the working draft, if there is one; a published text with a draft may be published again.
    """
    actor.require("knowledge.publish")
    row = await any_row(db, source, item_id, reader_of(actor), lock=True)
    draft = await drafts.draft_of(db, row, lock=True)
    allowed, status = _MOVES[step]
    if row.status not in allowed and not (step == "publish" and draft is not None):
        raise Refused("knowledge.move_refused")
    await _go(db, actor, row, draft, step, status, None)


async def _go(
    db: Session, actor: Actor, row: Row, draft: DraftRow | None, step: str, status: str, note: str | None
) -> None:
    changes: dict[str, tuple[Any, Any]] = {}
    if draft is not None and step in ("publish", "draft"):
        changes = await drafts.take_in(db, actor, row)
    elif draft is not None and step == "archive":
        draft.status, draft.publish_at = "draft", None  # what is put away does not come back by itself
    row.status = status
    row.publish_at = row.submitted_at = row.submitted_by = None
    row.remark = None
    if status == "published":
        row.published_at = clock.now()
    touch(row, actor)
    if changes:
        await texts.index(db, row)
    versions.note(db, actor, row, _NOTED[step], note, words=bool(changes))
    await texts.announce(db, actor, [row])
    source = source_of(row)
    await audit.record(db, actor, f"{source}.{step}", source, row.id, {"title": texts.title_of(row)})


# -- review ------------------------------------------------------------------------------------------------------------


async def _work(db: Session, row: Row) -> Row | DraftRow:
    """What is being worked on: the draft beside a live text, or the text itself."""
    return await drafts.draft_of(db, row, lock=True) or row


def _in_future(publish_at: datetime | None) -> datetime | None:
    if publish_at is not None and publish_at <= clock.now():
        raise Invalid.field("publish_at", "knowledge.publish_at_past")
    return publish_at


async def submit(
    db: Session, actor: Actor, source: str, item_id: UUID, version: int, note: str, publish_at: datetime | None = None
) -> None:
    """Asks for approval, with a note to the reviewer and perhaps a wish when it should go live."""
    actor.require("knowledge.edit")
    row = await any_row(db, source, item_id, reader_of(actor), lock=True)
    same_version(row, version)
    work = await _work(db, row)
    if work.status != "draft":
        raise Refused("knowledge.move_refused")
    work.status = "review"
    work.submitted_at, work.submitted_by = clock.now(), actor.id
    work.remark, work.publish_at = note or None, _in_future(publish_at)
    touch(row, actor)
    versions.note(db, actor, row, "submitted", note, words=False)
    await db.flush()
    fact = ReviewRequested(source=source, item_id=row.id)
    await emit(db, fact, actor=actor, audience=Listeners(permission="knowledge.publish"))
    reviewers = await _readers(db, row, "knowledge.publish")
    await _tell(db, row, reviewers, "knowledge.submitted", actor)
    await audit.record(db, actor, f"{source}.submitted", source, row.id, {"title": texts.title_of(row)})


async def withdraw(db: Session, actor: Actor, source: str, item_id: UUID, version: int) -> None:
    """Takes a text back from review, to go on writing; needs no right to publish."""
    actor.require("knowledge.edit")
    row = await any_row(db, source, item_id, reader_of(actor), lock=True)
    same_version(row, version)
    work = await _work(db, row)
    if work.status != "review":
        raise Refused("knowledge.move_refused")
    work.status, work.publish_at = "draft", None
    work.submitted_at = work.submitted_by = None
    touch(row, actor)
    versions.note(db, actor, row, "withdrawn", None, words=False)
    await audit.record(db, actor, f"{source}.withdrawn", source, row.id, {"title": texts.title_of(row)})


async def review(db: Session, actor: Actor, source: str, item_id: UUID, body: ReviewBody) -> None:
    """Approves what was submitted (live now, or at `publish_at`), or sends it back with a comment."""
    actor.require("knowledge.publish")
    row = await any_row(db, source, item_id, reader_of(actor), lock=True)
    same_version(row, body.version)
    draft = await drafts.draft_of(db, row, lock=True)
    work = draft or row
    if work.status != "review":
        raise Refused("knowledge.move_refused")
    editor = work.submitted_by
    if body.decision == "send_back":
        if not body.comment.strip():
            raise Invalid.field("comment", "knowledge.comment_needed")
        work.status, work.publish_at, work.remark = "draft", None, body.comment
        touch(row, actor)
        versions.note(db, actor, row, "sent_back", body.comment, words=False)
        await audit.record(db, actor, f"{source}.sent_back", source, row.id, {"title": texts.title_of(row)})
    elif body.publish_at is not None:
        await _schedule(db, actor, row, work, body.publish_at, body.comment)
    else:
        await _go(db, actor, row, draft, "publish", "published", body.comment)
    await db.flush()
    fact = Reviewed(source=source, item_id=row.id, approved=body.decision == "approve", editor_id=editor)
    await emit(db, fact, actor=actor, audience=Listeners(users=(editor,) if editor else ()))
    if editor is not None:
        kind = "knowledge.approved" if body.decision == "approve" else "knowledge.sent_back"
        await _tell(db, row, [editor], kind, actor)


async def schedule(
    db: Session, actor: Actor, source: str, item_id: UUID, version: int, publish_at: datetime | None
) -> None:
    """Sets the moment at which a draft goes live, or (None) takes it back."""
    actor.require("knowledge.publish")
    row = await any_row(db, source, item_id, reader_of(actor), lock=True)
    same_version(row, version)
    work = await _work(db, row)
    if publish_at is not None:
        if work.status not in ("draft", "review", "scheduled"):
            raise Refused("knowledge.move_refused")
        await _schedule(db, actor, row, work, publish_at, "")
        return
    if work.status != "scheduled":
        raise Refused("knowledge.move_refused")
    work.status, work.publish_at = "draft", None
    touch(row, actor)
    versions.note(db, actor, row, "reopened", None, words=False)
    await audit.record(db, actor, f"{source}.draft", source, row.id, {"title": texts.title_of(row)})


async def _schedule(
    db: Session, actor: Actor, row: Row, work: Row | DraftRow, publish_at: datetime, comment: str
) -> None:
    work.status, work.publish_at = "scheduled", _in_future(publish_at)
    touch(row, actor)
    versions.note(db, actor, row, "scheduled", comment, words=False)
    source = source_of(row)
    changes = {"title": texts.title_of(row), "publish_at": publish_at.isoformat()}
    await audit.record(db, actor, f"{source}.scheduled", source, row.id, changes)


async def confirm(db: Session, actor: Actor, source: str, item_id: UUID, review_by: datetime | None, note: str) -> None:
    """Says that a text still holds, and when to look again."""
    actor.require("knowledge.edit")
    row = await any_row(db, source, item_id, reader_of(actor), lock=True)
    row.review_by, row.reminded_at, row.content_at = review_by, None, clock.now()
    touch(row, actor)
    versions.note(db, actor, row, "confirmed", note, words=False)
    await audit.record(db, actor, f"{source}.confirmed", source, row.id, {"title": texts.title_of(row)})


# -- what happens by itself --------------------------------------------------------------------------------------------


async def run_due(runtime: Runtime) -> None:
    """Publishes what is due, archives what has run out, reminds owners. Each text in a transaction of its own, its state
    read anew under a lock, so doing it twice or in two processes changes nothing."""
    now = clock.now()
    async with runtime.db.read() as db:
        publish, archive, remind = await _due(db, now)
    for work, verb in ((publish, _publish_due), (archive, _archive_due), (remind, _remind_due)):
        for source, item_id in work:
            try:
                async with runtime.db.transaction() as db:
                    row = await any_row(db, source, item_id, EVERYTHING, lock=True)
                    await verb(db, row, now)
            except Problem as problem:
                logger.warning("knowledge_due_refused", source=source, item=str(item_id), code=problem.code)


Items = list[tuple[str, UUID]]


async def _due(db: Session, now: datetime) -> tuple[Items, Items, Items]:
    async def found(table: Any, *conditions: ColumnElement[bool], source: str | None = None) -> Items:
        key = table.item_id if table is DraftRow else table.id
        kind = table.source if table is DraftRow else literal(source)
        query = select(sql_cast(kind, String), key).where(*conditions).limit(_BATCH)
        return [(name, item) for name, item in await db.execute(query)]

    publish = await found(DraftRow, DraftRow.status == "scheduled", DraftRow.publish_at <= now)
    archive: Items = []
    remind: Items = []
    for source, table in texts.TABLES.items():
        published = table.status == "published"
        publish += await found(table, table.status == "scheduled", table.publish_at <= now, source=source)
        archive += await found(table, published, table.valid_until <= now, source=source)
        remind += await found(table, published, table.review_by <= now, table.reminded_at.is_(None), source=source)
    return publish, archive, remind


async def _publish_due(db: Session, row: Row, now: datetime) -> None:
    draft = await drafts.draft_of(db, row, lock=True)
    work = draft or row
    if work.status != "scheduled" or work.publish_at is None or work.publish_at > now:
        return
    try:
        async with db.begin_nested():
            await _go(db, Actor.system(), row, draft, "publish", "published", None)
    except Conflict:
        # Somebody changed the live text meanwhile: a person has to look, and is told why.
        await db.refresh(row)
        await db.refresh(work)
        work.status, work.publish_at, work.remark = "draft", None, "knowledge.live_changed"
        touch(row, Actor.system())
        versions.note(db, Actor.system(), row, "sent_back", None, words=False)


async def _archive_due(db: Session, row: Row, now: datetime) -> None:
    if row.status == "published" and row.valid_until is not None and row.valid_until <= now:
        draft = await drafts.draft_of(db, row, lock=True)
        await _go(db, Actor.system(), row, draft, "archive", "archived", None)


async def _remind_due(db: Session, row: Row, now: datetime) -> None:
    if row.status != "published" or row.reminded_at is not None or row.review_by is None or row.review_by > now:
        return
    row.reminded_at = now
    await db.flush()
    fact = ReviewDue(source=source_of(row), item_id=row.id, owner_id=row.owner_id)
    listeners = Listeners(users=(row.owner_id,)) if row.owner_id else Listeners(permission="knowledge.publish")
    await emit(db, fact, actor=Actor.system(), audience=listeners)
    # Without an owner, or with one who has left or may not read it any more, it falls to those who publish.
    told = await _readers(db, row, "knowledge.view") & {row.owner_id}
    await _tell(db, row, told or await _readers(db, row, "knowledge.publish"), "knowledge.review_due")


async def _readers(db: Session, row: Row, permission: str) -> frozenset[UUID]:
    """Who holds `permission` and may read a text: what is told of it holds its title."""
    holders = await accounts.holders(db, permission)
    departments = departments_named(row.readers)
    if departments is None:
        return holders
    found = await accounts.holders(db, "knowledge.view_all") & holders
    for department in departments:
        found |= await accounts.working_in(db, permission, department)
    return found


async def _tell(db: Session, row: Row, users: Collection[UUID], kind: str, actor: Actor | None = None) -> None:
    params = {"title": texts.title_of(row)}
    await notifications.tell(db, users, kind, params=params, link=_page(row), actor=actor)


def _page(row: Row) -> str:
    """Where the console shows a text."""
    return f"/knowledge/{'faqs' if isinstance(row, FaqRow) else 'articles'}/{row.id}"


# -- what waits for somebody -------------------------------------------------------------------------------------------

_COLUMNS: Final = (
    "id", "locale", "space_id", "category_id", "version", "owner_id", "review_by", "content_at",
)  # fmt: skip
_WORKING: Final = ("status", "publish_at", "submitted_at", "submitted_by", "remark", "updated_at", "updated_by")


def _items(reader: Reader, *, working: tuple[str, ...]) -> Any:
    """Texts and working drafts in one of the states `working`, as one relation."""
    parts = []
    for source, table in texts.TABLES.items():
        title = table.question if table is FaqRow else table.title  # type: ignore[union-attr]  # each has its own
        common = [
            literal(source).label("source"),
            sql_cast(title, String).label("title"),
            *(getattr(table, key) for key in _COLUMNS),
        ]
        seen = readable(table.readers, reader)
        parts.append(
            select(*common, *(getattr(table, key) for key in _WORKING), literal(False).label("live")).where(
                table.status.in_(working), seen
            )
        )
        beside = [getattr(DraftRow, key) for key in _WORKING]
        parts.append(
            select(*common, *beside, literal(True).label("live"))
            .join(DraftRow, DraftRow.item_id == table.id)
            .where(DraftRow.status.in_(working), seen)
        )
    return union_all(*parts).subquery("work")


async def work_items(
    db: Session, actor: Actor, view: str, cursor: str | None, limit: int
) -> tuple[list[WorkItem], str | None]:
    """`review`: waiting for approval, longest first. `scheduled`: what goes live next. `mine`: drafts I wrote last,
    those sent back first among equals."""
    states = {"review": ("review",), "scheduled": ("scheduled",), "mine": ("draft",)}[view]
    work = _items(reader_of(actor), working=states)
    query = select(work)
    if view == "mine":
        query = query.where(or_(work.c.updated_by == actor.id, work.c.submitted_by == actor.id))
    key = {"review": work.c.submitted_at, "scheduled": work.c.publish_at, "mine": work.c.updated_at}[view]
    after = decode_cursor(cursor, tuple[datetime, UUID])
    if view == "mine":
        query = query.order_by(key.desc(), work.c.id.desc())
        query = query.where(func.row(key, work.c.id) < func.row(*after)) if after else query
    else:
        query = query.order_by(key, work.c.id)
        query = query.where(func.row(key, work.c.id) > func.row(*after)) if after else query
    rows = (await db.execute(query.limit(limit + 1))).all()
    found = [WorkItem.model_validate(row, from_attributes=True) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return found, encode_cursor(getattr(last, key.key), last.id) if last is not None else None


def _stale(table: Any, reader: Reader, now: datetime) -> Any:
    """Published texts that need a look: their day has come, nobody has touched them for long, or the original is newer."""
    source = "faq" if table is FaqRow else "article"
    title = table.question if table is FaqRow else table.title
    first = aliased(table)
    original = (
        select(first.content_at)
        .where(first.group_id == table.group_id, readable(first.readers, reader))
        .order_by(first.created_at, first.id)
        .limit(1)
        .correlate(table)
        .scalar_subquery()
    )
    due = func.coalesce(table.review_by <= now, False)
    old = and_(table.review_by.is_(None), table.content_at <= now - OLD_AFTER)
    behind = func.coalesce(original > table.content_at, False)
    return select(
        literal(source).label("source"),
        sql_cast(title, String).label("title"),
        *(getattr(table, key) for key in (*_COLUMNS, *_WORKING)),
        literal(True).label("live"),
        due.label("due"),
        old.label("old"),
        behind.label("behind"),
    ).where(table.status == "published", readable(table.readers, reader), or_(due, old, behind))


async def stale(
    db: Session, actor: Actor, reason: Reason | None, cursor: str | None, limit: int, *, mine: bool = False
) -> tuple[list[WorkItem], str | None]:
    """What needs a look, longest untouched first; `mine`: of what I own."""
    now = clock.now()
    found = union_all(*(_stale(table, reader_of(actor), now) for table in texts.TABLES.values())).subquery("stale")
    query = select(found)
    if reason is not None:
        query = query.where(found.c[reason])
    if mine:
        query = query.where(found.c.owner_id == actor.id)
    after = decode_cursor(cursor, tuple[datetime, UUID])
    if after:
        query = query.where(func.row(found.c.content_at, found.c.id) > func.row(*after))
    rows = (await db.execute(query.order_by(found.c.content_at, found.c.id).limit(limit + 1))).all()
    items = []
    for row in rows[:limit]:
        item = WorkItem.model_validate(row, from_attributes=True)
        reasons: list[Reason] = [name for name in ("due", "old", "behind") if getattr(row, name)]
        items.append(item.model_copy(update={"reasons": reasons}))
    following = encode_cursor(rows[limit - 1].content_at, rows[limit - 1].id) if len(rows) > limit else None
    return items, following


async def todo(db: Session, actor: Actor) -> Todo:
    """What waits for the actor, in figures; each counts only what they may read."""
    reader, now = reader_of(actor), clock.now()
    work = _items(reader, working=("draft", "review", "scheduled"))
    own = or_(work.c.updated_by == actor.id, work.c.submitted_by == actor.id)
    is_draft = work.c.status == "draft"
    counted = (
        await db.execute(
            select(
                func.count().filter(work.c.status == "review").label("review"),
                func.count().filter(work.c.status == "scheduled").label("scheduled"),
                func.count().filter(is_draft, own).label("mine"),
                func.count()
                .filter(is_draft, work.c.submitted_by == actor.id, work.c.remark.is_not(None))
                .label("returned"),
            )
        )
    ).one()
    waiting = union_all(*(_stale(table, reader, now) for table in texts.TABLES.values())).subquery("stale")
    aged = (
        await db.execute(
            select(
                func.count().filter(waiting.c.due, waiting.c.owner_id == actor.id).label("due"), func.count().label("n")
            ).select_from(waiting)
        )
    ).one()
    return Todo(
        review=counted.review,
        scheduled=counted.scheduled,
        mine=counted.mine,
        returned=counted.returned,
        due=aged.due,
        stale=aged.n,
    )
