"""The texts as an index would get them at another time: with what is being worked on, or as they stood at a moment.

Nothing here touches the live texts; evaluation builds an index of its own from what comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from qiao.core.db import Session
from qiao.knowledge.articles import texts, versions
from qiao.knowledge.articles.audience import Audience, Reader, readable, tags_of
from qiao.knowledge.articles.models import DraftRow, FaqRow, SpaceRow, VersionRow
from qiao.knowledge.articles.schemas import SearchableText
from qiao.knowledge.articles.spaces import audience_of

_CHUNK: Final = 500
_LIVE_WORDS: Final = frozenset({"created", "saved", "published"})
"""Steps whose content is the text's own; that of the others is a draft beside it."""
_SAID_LIVE: Final = frozenset({"drafted", "discarded", "archived", "reopened"})
_SAID_DRAFT: Final = frozenset({"submitted", "scheduled", "published"})


@dataclass(frozen=True, slots=True)
class Named:
    """What to call a text, for a reader who may read it."""

    id: UUID
    source: str
    title: str
    status: str
    locale: str
    space_id: UUID


async def named(db: Session, ids: Iterable[UUID], reader: Reader) -> dict[UUID, Named]:
    """The texts among `ids` that a reader may read, whatever their state."""
    wanted = list(dict.fromkeys(ids))
    found: dict[UUID, Named] = {}
    for source, table in texts.TABLES.items():
        for start in range(0, len(wanted), _CHUNK):
            query = select(table).where(table.id.in_(wanted[start : start + _CHUNK]), readable(table.readers, reader))
            rows: Iterable[Any] = (await db.execute(query)).scalars()
            for row in rows:
                found[row.id] = Named(row.id, source, texts.title_of(row), row.status, row.locale, row.space_id)
    return found


async def existing(db: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Those of `ids` that are texts at all, whoever may read them."""
    wanted = list(dict.fromkeys(ids))
    found: set[UUID] = set()
    for table in texts.TABLES.values():
        found.update((await db.execute(select(table.id).where(table.id.in_(wanted)))).scalars())
    return found


async def with_work(db: Session, states: Sequence[str]) -> list[SearchableText]:
    """The published texts as they would be if all that is in one of `states` (draft, review, scheduled) went live now."""
    found: dict[UUID, SearchableText] = {}
    for source, table in texts.TABLES.items():
        for text in await texts.searchable(db, source):
            found[text.id] = text
        query = select(table).where(table.status.in_(states))
        rows: Iterable[Any] = (await db.execute(query)).scalars()
        found.update({row.id: _of_row(row) for row in rows})
    around = await _spaces(db)
    drafts = (await db.execute(select(DraftRow).where(DraftRow.status.in_(states)))).scalars().all()
    for source, table in texts.TABLES.items():
        beside = {draft.item_id: draft for draft in drafts if draft.source == source and draft.item_id in found}
        for start in range(0, len(beside), _CHUNK):
            some = list(beside)[start : start + _CHUNK]
            lying: Iterable[Any] = (await db.execute(select(table).where(table.id.in_(some)))).scalars()
            for row in lying:
                content = versions.content_of(row) | beside[row.id].changes
                found[row.id] = _of_content(row, content, around)
    return list(found.values())


async def as_of(db: Session, at: datetime) -> list[SearchableText]:
    """The texts that were live at a moment, in the words they had then, told from their history.

    What was deleted since (an import taken back) has no history and is missing; spaces have the readers they have today.
    """
    around = await _spaces(db)
    found: list[SearchableText] = []
    for table in texts.TABLES.values():
        after: UUID | None = None
        while True:
            query = select(table).where(table.created_at <= at).order_by(table.id).limit(_CHUNK)
            rows: list[Any] = list(
                (await db.execute(query if after is None else query.where(table.id > after))).scalars()
            )
            if not rows:
                break
            steps = await _steps(db, [row.id for row in rows])
            for row in rows:
                content = _live_at(steps.get(row.id, ()), at, now_live=row.status == "published")
                if content is not None:
                    found.append(_of_content(row, content, around))
            after = rows[-1].id
            db.expunge_all()
    return found


async def _steps(db: Session, ids: Sequence[UUID]) -> dict[UUID, list[VersionRow]]:
    query = select(VersionRow).where(VersionRow.item_id.in_(ids)).order_by(VersionRow.item_id, VersionRow.number)
    found: dict[UUID, list[VersionRow]] = {}
    for step in (await db.execute(query)).scalars():
        found.setdefault(step.item_id, []).append(step)
    return found


def _live_at(steps: Sequence[VersionRow], at: datetime, *, now_live: bool) -> Mapping[str, Any] | None:
    """What a text said at a moment if it was live then. Its first state is told by the first step that shows it."""
    live, content = False, None
    for number, step in enumerate(steps):
        if step.at > at:
            break
        if number == 0:
            live = _born_live(steps, now_live)
        elif step.step == "published":
            live = True
        elif step.step in ("archived", "reopened"):
            live = False
        own = step.step in _LIVE_WORDS or (step.step == "restored" and not live)
        if own and step.content is not None:
            content = step.content
    return content if live else None


def _born_live(steps: Sequence[VersionRow], now_live: bool) -> bool:
    for step in steps[1:]:
        if step.step in _SAID_LIVE:
            return True
        if step.step in _SAID_DRAFT:
            return False
    return now_live


async def _spaces(db: Session) -> dict[UUID, Audience]:
    return {space.id: audience_of(space) for space in (await db.execute(select(SpaceRow))).scalars()}


def _of_row(row: Any) -> SearchableText:
    is_faq = isinstance(row, FaqRow)
    return SearchableText(
        id=row.id,
        source=texts.source_of(row),
        locale=row.locale,
        audience=row.audience,
        title=texts.title_of(row),
        variants=tuple(row.variants) if is_faq else (),
        body=row.answer if is_faq else row.body,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        group_id=row.group_id,
        action=row.action if is_faq else None,
        readers=frozenset(row.readers),
        conditions=row.conditions,
        category_id=row.category_id,
        space_id=row.space_id,
    )


def _of_content(row: Any, content: Mapping[str, Any], around: Mapping[UUID, Audience]) -> SearchableText:
    """A row in the words, and for the readers, that `content` (of a version or a draft) gives it."""
    is_faq = isinstance(row, FaqRow)
    space_id = UUID(str(content.get("space_id", row.space_id)))
    own = Audience(content["audience"], frozenset(UUID(str(key)) for key in content["department_ids"]))
    bound = (around[space_id], own) if space_id in around else (own,)
    return replace(
        _of_row(row),
        audience=content["audience"],
        title=content["question" if is_faq else "title"],
        variants=tuple(content["variants"]) if is_faq else (),
        body=content["answer" if is_faq else "body"],
        valid_from=_moment(content.get("valid_from")),
        valid_until=_moment(content.get("valid_until")),
        action=content.get("action") if is_faq else None,
        readers=tags_of(*bound),
        conditions=content.get("conditions") or {},
        space_id=space_id,
    )


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
