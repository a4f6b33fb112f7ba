"""The history of a text: its versions, what differs between two of them, and going back to one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.articles import diff, drafts, texts, versions
from qiao.knowledge.articles.audience import Audience, Reader, may_read, reader_of, tags_of
from qiao.knowledge.articles.lifecycle_schemas import DiffView, VersionDetail, VersionView
from qiao.knowledge.articles.models import SpaceRow, VersionRow
from qiao.knowledge.articles.schemas import ArticleFields, FaqFields
from qiao.knowledge.articles.spaces import audience_of


async def history(
    db: Session, actor: Actor, source: str, item_id: UUID, cursor: str | None, limit: int
) -> tuple[list[VersionView], str | None]:
    """The steps of a text, newest first."""
    await texts.any_row(db, source, item_id, reader_of(actor))
    query = select(VersionRow).where(VersionRow.item_id == item_id)
    after = decode_cursor(cursor, tuple[int])
    if after:
        query = query.where(VersionRow.number < after[0])
    rows = list((await db.execute(query.order_by(VersionRow.number.desc()).limit(limit + 1))).scalars())
    following = encode_cursor(rows[limit - 1].number) if len(rows) > limit else None
    shown = [await _seen(db, row, reader_of(actor)) for row in rows[:limit]]
    return [_view(row, seen) for row, seen in zip(rows, shown, strict=False)], following


async def _seen(db: Session, row: VersionRow, reader: Reader) -> bool:
    """Whether a version has words that the reader may read, judged by the audience it had then."""
    if row.content is None:
        return False
    space = await db.get(SpaceRow, UUID(str(row.content["space_id"])))
    own = Audience(row.content["audience"], frozenset(UUID(str(key)) for key in row.content["department_ids"]))
    around = audience_of(space) if space is not None else own
    return may_read(tags_of(around, own), reader)


def _view(row: VersionRow, seen: bool) -> VersionView:
    return VersionView(
        number=row.number,
        step=row.step,
        note=row.note,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        at=row.at,
        words=seen,
    )


async def _words(db: Session, item_id: UUID, number: int, reader: Reader) -> Mapping[str, Any]:
    """What the version `number` said: its own words, or those of the newest before it that has any."""
    query = (
        select(VersionRow)
        .where(VersionRow.item_id == item_id, VersionRow.number <= number, VersionRow.content.is_not(None))
        .order_by(VersionRow.number.desc())
        .limit(1)
    )
    row = await db.scalar(query)
    if row is None or row.content is None or not await _seen(db, row, reader):
        raise NotFound("knowledge.version_not_found")
    return row.content


async def version(db: Session, actor: Actor, source: str, item_id: UUID, number: int) -> VersionDetail:
    """One version with what it said."""
    await texts.any_row(db, source, item_id, reader_of(actor))
    row = await db.scalar(select(VersionRow).where(VersionRow.item_id == item_id, VersionRow.number == number))
    if row is None:
        raise NotFound("knowledge.version_not_found")
    seen = await _seen(db, row, reader_of(actor))
    return VersionDetail(**_view(row, seen).model_dump(), content=row.content if seen else None)


async def compare(db: Session, actor: Actor, source: str, item_id: UUID, left: int, right: int) -> DiffView:
    """What differs between two versions; `right` 0 is the live text, `left` 0 as well."""
    reader = reader_of(actor)
    row = await texts.any_row(db, source, item_id, reader)
    sides = [
        versions.content_of(row) if not number else await _words(db, item_id, number, reader)
        for number in (left, right)
    ]
    return DiffView(left=left, right=right, fields=diff.fields(sides[0], sides[1]))


async def restore(db: Session, actor: Actor, source: str, item_id: UUID, number: int, seen: int, note: str) -> None:
    """Makes the words of an earlier version the ones being worked on: those of a live text beside it, to be published.

    Who may read the text, where it stands and when it holds stay as they are today.
    """
    row = await texts.any_row(db, source, item_id, reader_of(actor), lock=True)
    texts.same_version(row, seen)
    content = await _words(db, item_id, number, reader_of(actor))
    wanted = {key: content[key] for key in (*versions.WORDS, "tags") if key in content}
    model = FaqFields if source == "faq" else ArticleFields
    given = model.model_validate(wanted).model_dump(exclude_unset=True)
    words = note or f"#{number}"
    if row.status in ("published", "archived"):
        await drafts.keep(db, actor, row, given, "restored", words)
        return
    if row.status == "scheduled" and not actor.may("knowledge.publish"):
        row.status, row.publish_at = "draft", None
    changes = await texts.apply(db, actor, row, given)
    await texts.saved(db, actor, row, changes, "restored", words)
