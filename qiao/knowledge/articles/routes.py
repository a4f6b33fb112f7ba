"""REST of the knowledge base."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Locale, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.knowledge.articles import schemas, service
from qiao.knowledge.articles.schemas import ArticleView, CategoryView, FaqView
from qiao.people.accounts.access import Needs

router = APIRouter(prefix="/knowledge", tags=["knowledge"])
Reader = Annotated[Actor, Needs("knowledge.view")]
Editor = Annotated[Actor, Needs("knowledge.edit")]
Publisher = Annotated[Actor, Needs("knowledge.publish")]
Words = Annotated[str | None, Query(max_length=200)]


@router.get("/categories")
async def list_categories(actor: Reader, db: Read, locale: Locale) -> list[CategoryView]:
    """All categories with how many FAQs and articles they hold."""
    return await service.categories(db, locale)


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


@router.get("/faqs")
async def list_faqs(
    actor: Reader,
    db: Read,
    q: Words = None,
    category_id: UUID | None = None,
    status: schemas.Status | None = None,
    locale: Annotated[schemas.LocaleName | None, Query(alias="language")] = None,
    audience: schemas.Audience | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[FaqView]:
    """FAQs by words, category, status, language, audience; newest change first. Archived ones only on request."""
    items, following, total = await service.list_faqs(
        db, q=q, category_id=category_id, status=status, locale=locale, audience=audience, cursor=cursor, limit=limit
    )
    return Page(items=items, next_cursor=following, total=total)


@router.post("/faqs", status_code=201)
async def create_faq(body: schemas.FaqCreate, actor: Editor, db: Tx) -> FaqView:
    return await service.create_faq(db, actor, body)


@router.get("/faqs/{faq_id}")
async def read_faq(faq_id: UUID, actor: Reader, db: Read) -> FaqView:
    return await service.get_faq(db, faq_id)


@router.patch("/faqs/{faq_id}")
async def update_faq(faq_id: UUID, body: schemas.FaqPatch, actor: Editor, db: Tx) -> FaqView:
    """Changes what is given; a published FAQ needs the right to publish."""
    return await service.update_faq(db, actor, faq_id, body)


@router.post("/faqs/{faq_id}/{step}")
async def move_faq(faq_id: UUID, step: schemas.Step, actor: Publisher, db: Tx) -> FaqView:
    """publish, archive or draft."""
    await service.move(db, actor, "faq", faq_id, step)
    return await service.get_faq(db, faq_id)


@router.get("/articles")
async def list_articles(
    actor: Reader,
    db: Read,
    q: Words = None,
    category_id: UUID | None = None,
    status: schemas.Status | None = None,
    locale: Annotated[schemas.LocaleName | None, Query(alias="language")] = None,
    audience: schemas.Audience | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ArticleView]:
    """Articles, filtered like FAQs."""
    items, following, total = await service.list_articles(
        db, q=q, category_id=category_id, status=status, locale=locale, audience=audience, cursor=cursor, limit=limit
    )
    return Page(items=items, next_cursor=following, total=total)


@router.post("/articles", status_code=201)
async def create_article(body: schemas.ArticleCreate, actor: Editor, db: Tx) -> ArticleView:
    return await service.create_article(db, actor, body)


@router.get("/articles/{article_id}")
async def read_article(article_id: UUID, actor: Reader, db: Read) -> ArticleView:
    """With `html`, safe to show."""
    return await service.get_article(db, article_id)


@router.patch("/articles/{article_id}")
async def update_article(article_id: UUID, body: schemas.ArticlePatch, actor: Editor, db: Tx) -> ArticleView:
    """Changes what is given; a published article needs the right to publish."""
    return await service.update_article(db, actor, article_id, body)


@router.post("/articles/{article_id}/{step}")
async def move_article(article_id: UUID, step: schemas.Step, actor: Publisher, db: Tx) -> ArticleView:
    """publish, archive or draft."""
    await service.move(db, actor, "article", article_id, step)
    return await service.get_article(db, article_id)
