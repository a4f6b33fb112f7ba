"""REST of the company's words."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.core.web import Cursor, Locale, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.knowledge.articles import service
from qiao.knowledge.articles.lifecycle_schemas import SynonymBody, SynonymImport, SynonymImported, SynonymView
from qiao.knowledge.articles.routes.common import Manager, Viewer, Words
from qiao.knowledge.articles.schemas import LocaleName

router = Router(prefix="/knowledge/synonyms", tags=["knowledge"])


@router.get("")
async def list_synonyms(
    actor: Viewer,
    db: Read,
    q: Words = None,
    locale: Annotated[LocaleName | None, Query(alias="language")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[SynonymView]:
    """Groups of words that mean the same; newest change first."""
    items, following, total = await service.list_synonyms(db, q=q, locale=locale, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following, total=total)


@router.post("", status_code=201)
async def create_synonym(body: SynonymBody, actor: Manager, db: Tx) -> SynonymView:
    """Search, suggestions and bot know the words a moment later."""
    return await service.save_synonym(db, actor, body)


@router.put("/{synonym_id}")
async def update_synonym(synonym_id: UUID, body: SynonymBody, actor: Manager, db: Tx) -> SynonymView:
    return await service.save_synonym(db, actor, body, synonym_id)


@router.delete("/{synonym_id}", status_code=204)
async def delete_synonym(synonym_id: UUID, actor: Manager, db: Tx) -> None:
    await service.delete_synonym(db, actor, synonym_id)


@router.post("/import")
async def import_synonyms(body: SynonymImport, actor: Manager, db: Tx, locale: Locale) -> SynonymImported:
    """One group a line; what cannot go in is listed by line, the rest goes in."""
    return await service.import_synonyms(db, actor, body, locale)
