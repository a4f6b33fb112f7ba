"""REST of spaces and categories."""

from uuid import UUID

from qiao.core.web import Locale, Read, Tx
from qiao.core.web.routing import Router
from qiao.knowledge.articles import schemas, service
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.articles.routes.common import Editor, Manager, Viewer
from qiao.knowledge.articles.schemas import CategoryView, SpaceView

router = Router(prefix="/knowledge", tags=["knowledge"])


@router.get("/spaces")
async def list_spaces(actor: Viewer, db: Read, locale: Locale) -> list[SpaceView]:
    """The spaces one may read, with how many FAQs and articles one finds there."""
    return await service.spaces(db, locale, reader_of(actor))


@router.post("/spaces", status_code=201)
async def create_space(body: schemas.SpaceBody, actor: Manager, db: Tx, locale: Locale) -> SpaceView:
    return await service.save_space(db, actor, body, locale)


@router.put("/spaces/{space_id}")
async def update_space(space_id: UUID, body: schemas.SpaceBody, actor: Manager, db: Tx, locale: Locale) -> SpaceView:
    """Who may read its texts changes with it at once, everywhere."""
    return await service.save_space(db, actor, body, locale, space_id)


@router.delete("/spaces/{space_id}", status_code=204)
async def delete_space(space_id: UUID, actor: Manager, db: Tx) -> None:
    """Only an empty one that is not the default."""
    await service.delete_space(db, actor, space_id)


@router.get("/categories")
async def list_categories(actor: Viewer, db: Read, locale: Locale) -> list[CategoryView]:
    """The categories of the spaces one may read, with how many FAQs and articles one finds there."""
    return await service.categories(db, locale, reader_of(actor))


@router.post("/categories", status_code=201)
async def create_category(body: schemas.CategoryBody, actor: Editor, db: Tx, locale: Locale) -> CategoryView:
    return await service.save_category(db, actor, body, locale)


@router.patch("/categories/{category_id}")
async def update_category(
    category_id: UUID, body: schemas.CategoryBody, actor: Editor, db: Tx, locale: Locale
) -> CategoryView:
    return await service.save_category(db, actor, body, locale, category_id)


@router.delete("/categories/{category_id}", status_code=204)
async def delete_category(category_id: UUID, actor: Editor, db: Tx) -> None:
    """Only an empty one."""
    await service.delete_category(db, actor, category_id)
