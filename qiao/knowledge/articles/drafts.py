"""Working drafts: changes to a text that is live, kept beside it until they are published."""

from typing import Any
from uuid import UUID

import msgspec

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, NotFound, Refused
from qiao.knowledge.articles import texts, versions
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.articles.conditions import stored
from qiao.knowledge.articles.lifecycle_schemas import ArticleDraft, DraftView, FaqDraft
from qiao.knowledge.articles.models import ArticleRow, DraftRow, FaqRow
from qiao.knowledge.articles.schemas import ArticleFields, FaqFields
from qiao.knowledge.articles.texts import Row, any_row, get_row, same_version, source_of, touch
from qiao.people.accounts import audit


async def draft_of(db: Session, row: Row, *, lock: bool = False) -> DraftRow | None:
    return await db.get(DraftRow, row.id, with_for_update=True if lock else None, populate_existing=lock)


def _typed(row: Row, changes: dict[str, Any]) -> dict[str, Any]:
    """Kept changes as the row takes them."""
    model = FaqFields if isinstance(row, FaqRow) else ArticleFields
    return model.model_validate(changes).model_dump(exclude_unset=True)


async def get_draft(db: Session, actor: Actor, source: str, item_id: UUID) -> DraftView:
    """The text as it will be once its working draft is published. NotFound without one."""
    row = await any_row(db, source, item_id, reader_of(actor))
    draft = await draft_of(db, row)
    if draft is None:
        raise NotFound("knowledge.no_draft")
    return await _view(db, actor, row, draft)


async def _view(db: Session, actor: Actor, row: Row, draft: DraftRow) -> DraftView:
    changed = sorted(draft.changes)
    update = {**_typed(row, draft.changes)}
    if isinstance(row, FaqRow):
        faq = (await texts.faq_views(db, [row], reader_of(actor)))[0]
        return DraftView(changed=changed, faq=type(faq).model_validate(faq.model_dump() | update))
    article = (await texts.article_views(db, [row], reader_of(actor), html=True))[0]
    return DraftView(changed=changed, article=type(article).model_validate(article.model_dump() | update))


async def save_faq_draft(db: Session, actor: Actor, faq_id: UUID, body: FaqDraft) -> DraftView:
    """Keeps changes beside a live FAQ; customers go on reading the live one."""
    row = await get_row(db, FaqRow, faq_id, reader_of(actor), lock=True)
    return await _save(db, actor, row, body)


async def save_article_draft(db: Session, actor: Actor, article_id: UUID, body: ArticleDraft) -> DraftView:
    """The same for an article."""
    row = await get_row(db, ArticleRow, article_id, reader_of(actor), lock=True)
    return await _save(db, actor, row, body)


async def _save(db: Session, actor: Actor, row: Row, body: FaqDraft | ArticleDraft) -> DraftView:
    if row.status not in ("published", "archived"):
        raise Refused("knowledge.not_live")
    given = body.model_dump(exclude_unset=True)
    note = given.pop("note", None)
    same_version(row, given.pop("version"))
    draft = await keep(db, actor, row, given, "drafted", note)
    return await _view(db, actor, row, draft)


async def keep(db: Session, actor: Actor, row: Row, given: dict[str, Any], step: str, note: str | None) -> DraftRow:
    """Writes changes into the working draft of a locked row, making it if need be. A field set back to what is live is
    no change. Changing what was approved takes the approval away."""
    await _hold(db, actor, row, given)
    draft = await draft_of(db, row, lock=True)
    if draft is None:
        draft = DraftRow(item_id=row.id, source=source_of(row), status="draft", changes={}, base={}, version=0)
        db.add(draft)
    changes, base = dict(draft.changes), dict(draft.base)
    for key, value in given.items():
        if value is None and key in texts.NEVER_NULL:
            continue
        live = versions.plain(getattr(row, key))
        new = versions.plain(stored(value) if key == "conditions" else value)
        if new == live:
            changes.pop(key, None)
            base.pop(key, None)
        else:
            changes[key] = new
            base.setdefault(key, live)
    if draft.status == "scheduled" and not actor.may("knowledge.publish") and changes != draft.changes:
        draft.status, draft.publish_at = "draft", None
    draft.changes, draft.base = changes, base
    draft.version += 1
    draft.updated_at, draft.updated_by = clock.now(), actor.id
    touch(row, actor)
    await db.flush()
    versions.note(db, actor, row, step, note, content=versions.content_of(row) | changes)
    await audit.record(db, actor, f"{source_of(row)}.drafted", source_of(row), row.id, {"fields": sorted(changes)})
    return draft


async def _hold(db: Session, actor: Actor, row: Row, given: dict[str, Any]) -> None:
    """Refuses at once what could not be published later: tried on the row and taken back."""
    attempt = await db.begin_nested()
    try:
        await texts.apply(db, actor, row, dict(given))
        await db.flush()
    finally:
        await attempt.rollback()
    await db.refresh(row)


async def discard(db: Session, actor: Actor, source: str, item_id: UUID) -> None:
    """Throws the working draft away."""
    row = await any_row(db, source, item_id, reader_of(actor), lock=True)
    draft = await draft_of(db, row, lock=True)
    if draft is None:
        raise NotFound("knowledge.no_draft")
    await db.delete(draft)
    touch(row, actor)
    versions.note(db, actor, row, "discarded", None, words=False)
    await audit.record(db, actor, f"{source}.draft_discarded", source, row.id, {"fields": sorted(draft.changes)})


async def take_in(db: Session, actor: Actor, row: Row) -> dict[str, tuple[Any, Any]]:
    """Puts the working draft into the row, if there is one. Raises Conflict where the live text has become another
    meanwhile in a field that the draft changes. Returns what changed."""
    draft = await draft_of(db, row, lock=True)
    if draft is None:
        return {}
    for key, was in draft.base.items():
        if msgspec.json.encode(versions.plain(getattr(row, key))) != msgspec.json.encode(was):
            raise Conflict("knowledge.live_changed")
    changes = await texts.apply(db, actor, row, _typed(row, draft.changes))
    await db.delete(draft)
    return changes


__all__ = ["discard", "draft_of", "get_draft", "keep", "save_article_draft", "save_faq_draft", "take_in"]
