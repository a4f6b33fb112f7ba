"""Taking an import back, step by step, leaving alone what somebody has edited since."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update

from qiao.core import jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid, NotFound, Problem, Refused
from qiao.core.files import service as files
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import ArticlePatch, FaqPatch
from qiao.knowledge.importing.models import ImportItem, ImportPicture, ImportRow, PageRow
from qiao.knowledge.importing.schemas import KeptView, Undone

DROP: Final = "knowledge.import.drop"
_NAMED: Final = 50


async def take_back(db: Session, actor: Actor, row: ImportRow) -> Undone:
    restored, untouched = await _restore(db, actor, row)
    query = select(ImportItem.item_id).where(
        ImportItem.import_id == row.id, ImportItem.state == "created", ImportItem.kind.in_(("faq", "article"))
    )
    made = {item_id for item_id in (await db.execute(query)).scalars() if item_id is not None}
    quiet = await articles.never_given(db, made) if made else set()
    removed = await articles.remove_imported(db, actor, row.id)
    left = await articles.existing(db, made) if made else set()
    await _forget_pages(db, row, made - left)
    await _forget_pictures(db, actor, row, quiet - left)
    await db.execute(delete(ImportPicture).where(ImportPicture.import_id == row.id))
    removed += await _around(db, actor, row)
    kept = [*untouched, *left]
    named = await articles.named(db, kept[:_NAMED], articles.reader_of(actor))
    shown = [KeptView(id=key, type=one.source, title=one.title) for key in kept[:_NAMED] if (one := named.get(key))]
    return Undone(removed=removed, restored=restored, kept=len(kept), kept_items=shown)


async def _restore(db: Session, actor: Actor, row: ImportRow) -> tuple[int, list[UUID]]:
    restored, untouched = 0, []
    versions: dict[UUID, int] = {}
    changed = select(ImportItem).where(
        ImportItem.import_id == row.id, ImportItem.state == "updated", ImportItem.before.is_not(None)
    )
    # Latest change first: an FAQ that two rows changed goes back step by step.
    for item in (await db.execute(changed.order_by(ImportItem.row.desc()))).scalars():
        assert item.item_id is not None and item.before is not None
        try:
            async with db.begin_nested():
                await _back(db, actor, item.item_id, item.before, versions)
            restored += 1
        except (Conflict, NotFound, Refused, Invalid):
            untouched.append(item.item_id)
        item.state = "pending"
    return restored, list(dict.fromkeys(untouched))


async def _back(db: Session, actor: Actor, item_id: UUID, before: dict[str, Any], versions: dict[UUID, int]) -> None:
    if "draft" in before:
        current = await articles.get_article(db, item_id, articles.reader_of(actor))
        if current.draft is None or current.version != before["draft"]:
            raise Conflict("knowledge.changed_meanwhile", version=current.version)
        await articles.discard(db, actor, "article", item_id)
        return
    patch = {**before["patch"]}
    patch["version"] = versions.get(item_id, patch["version"])
    if before.get("type") == "article":
        versions[item_id] = (
            await articles.update_article(db, actor, item_id, ArticlePatch.model_validate(patch))
        ).version
    else:
        versions[item_id] = (await articles.update_faq(db, actor, item_id, FaqPatch.model_validate(patch))).version


async def _forget_pages(db: Session, row: ImportRow, gone: set[UUID]) -> None:
    """Pages whose articles went are new again: the next reading offers them."""
    if row.source_id is not None and gone:
        pages = update(PageRow).where(PageRow.source_id == row.source_id, PageRow.article_id.in_(gone))
        await db.execute(
            pages.values(article_id=None, version=None, digest=None, etag=None, modified=None, state="new")
        )


async def _forget_pictures(db: Session, actor: Actor, row: ImportRow, gone: set[UUID]) -> None:
    """Pictures go with the text they came with, unless another text shows them by now, or a conversation may: a customer
    was given the words. Those of texts that were only changed stay, as the history of the text shows them."""
    of_rows = select(ImportItem.row).where(ImportItem.import_id == row.id, ImportItem.item_id.in_(gone))
    query = select(ImportPicture.file_id).where(
        ImportPicture.import_id == row.id, ImportPicture.file_id.is_not(None), ImportPicture.row.in_(of_rows)
    )
    stored = {one for one in (await db.execute(query)).scalars() if one is not None}
    keys = await files.forget(db, list(stored - await articles.shown(db, stored)))
    if keys:
        await jobs.enqueue(db, actor, DROP, {"keys": keys})


async def _around(db: Session, actor: Actor, row: ImportRow) -> int:
    """Shelves, spaces and words that came with the import; what somebody uses by now stays."""
    for category in row.options.get("categories", []):
        await _try(db, articles.delete_category, actor, UUID(category))
    for space in row.options.get("spaces", []):
        await _try(db, articles.delete_space, actor, UUID(space))
    words = 0
    for synonym in row.options.get("words", []):
        words += await _try(db, articles.delete_synonym, actor, UUID(synonym))
    return words


async def _try(db: Session, verb: Any, actor: Actor, key: UUID) -> bool:
    try:
        async with db.begin_nested():
            await verb(db, actor, key)
    except Problem:
        return False  # somebody uses it by now, or it is gone already
    return True
