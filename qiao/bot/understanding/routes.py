"""REST of sensitive words."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.bot.understanding import schemas, service
from qiao.bot.understanding.schemas import CheckView, ImportedView, WordView
from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(prefix="/bot/sensitive-words", tags=["sensitive words"])
Reader = Annotated[Actor, Needs("settings.manage", "knowledge.edit")]
Keeper = Annotated[Actor, Needs("settings.manage")]


@router.get("")
async def list_words(
    actor: Reader,
    db: Read,
    q: Annotated[str | None, Query(max_length=80)] = None,
    direction: schemas.Direction | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[WordView]:
    """The company's list."""
    items, following = await service.listing(db, q=q, direction=direction, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.post("", status_code=201)
async def create_word(body: schemas.WordCreate, actor: Keeper, db: Tx) -> WordView:
    """Adds a word; it counts from the next message on."""
    return await service.create(db, actor, body)


@router.post("/import")
async def import_words(body: schemas.WordImport, actor: Keeper, db: Tx) -> ImportedView:
    """Adds a word per line of a pasted text."""
    return await service.import_words(db, actor, body)


@router.post("/check")
async def check_text(body: schemas.CheckBody, actor: Reader, db: Read) -> CheckView:
    """What the list would do to a text."""
    return await service.try_text(db, body)


@router.patch("/{word_id}")
async def update_word(word_id: UUID, body: schemas.WordPatch, actor: Keeper, db: Tx) -> WordView:
    """Changes what is given."""
    return await service.update_word(db, actor, word_id, body)


@router.delete("/{word_id}", status_code=204)
async def delete_word(word_id: UUID, actor: Keeper, db: Tx) -> None:
    await service.delete(db, actor, word_id)
