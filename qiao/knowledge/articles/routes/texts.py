"""REST of FAQs and articles: find, read, write."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query

from qiao.core.errors import Invalid
from qiao.core.files import service as files
from qiao.core.web import Cursor, Page, Read, Runtime_, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.knowledge.articles import schemas, service
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.articles.routes.common import Editor, Publisher, Viewer, Words
from qiao.knowledge.articles.schemas import ArticleView, FaqView

router = Router(prefix="/knowledge", tags=["knowledge"])


def _filters(
    q: Words = None,
    space_id: UUID | None = None,
    category_id: UUID | None = None,
    status: schemas.Status | None = None,
    locale: Annotated[schemas.LocaleName | None, Query(alias="language")] = None,
    audience: schemas.Audience | None = None,
    owner_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    return {
        "q": q, "space_id": space_id, "category_id": category_id, "status": status, "locale": locale, "audience": audience,
        "owner_id": owner_id, "cursor": cursor, "limit": limit,
    }  # fmt: skip


Filters = Annotated[dict[str, Any], Depends(_filters)]


class UploadBody(schemas.Body):
    file_id: UUID


class ImageView(schemas.View):
    """`url` does not run out."""

    url: str
    name: str
    width: int | None
    height: int | None


@router.post("/images", status_code=201)
async def use_image(body: UploadBody, actor: Editor, db: Read, runtime: Runtime_) -> ImageView:
    """A picture one has uploaded (`POST /files`), as a text may hold it."""
    found = await files.payload_for_sender(db, actor, str(body.file_id))
    if not str(found["mime"]).startswith("image/"):
        raise Invalid.field("file_id", "knowledge.not_an_image")
    url = files.lasting_link(runtime, body.file_id, found["name"])
    return ImageView(url=url, name=found["name"], width=found["width"], height=found["height"])


class FileView(schemas.View):
    """`url` does not run out."""

    url: str
    name: str
    mime: str
    size: int


@router.post("/files", status_code=201)
async def attach_file(body: UploadBody, actor: Editor, db: Read, runtime: Runtime_) -> FileView:
    """A file one has uploaded (`POST /files`), as a text may link to it."""
    found = await files.payload_for_sender(db, actor, str(body.file_id))
    url = files.lasting_link(runtime, body.file_id, found["name"])
    return FileView(url=url, name=found["name"], mime=found["mime"], size=found["size"])


@router.get("/faqs")
async def list_faqs(actor: Viewer, db: Read, filters: Filters) -> Page[FaqView]:
    """FAQs by words, space, category, status, language, audience, owner; newest change first. Archived on request only."""
    items, following, total = await service.list_faqs(db, reader=reader_of(actor), **filters)
    return Page(items=items, next_cursor=following, total=total)


@router.post("/faqs", status_code=201)
async def create_faq(body: schemas.FaqCreate, actor: Editor, db: Tx) -> FaqView:
    return await service.create_faq(db, actor, body)


@router.get("/faqs/{faq_id}")
async def read_faq(faq_id: UUID, actor: Viewer, db: Read) -> FaqView:
    return await service.get_faq(db, faq_id, reader_of(actor))


@router.patch("/faqs/{faq_id}")
async def update_faq(faq_id: UUID, body: schemas.FaqPatch, actor: Editor, db: Tx) -> FaqView:
    """Changes what is given; a published FAQ changes for its readers at once, which needs the right to publish."""
    return await service.update_faq(db, actor, faq_id, body)


@router.get("/articles")
async def list_articles(actor: Viewer, db: Read, filters: Filters) -> Page[ArticleView]:
    """Articles, filtered like FAQs."""
    items, following, total = await service.list_articles(db, reader=reader_of(actor), **filters)
    return Page(items=items, next_cursor=following, total=total)


@router.post("/articles", status_code=201)
async def create_article(body: schemas.ArticleCreate, actor: Editor, db: Tx) -> ArticleView:
    return await service.create_article(db, actor, body)


@router.get("/articles/{article_id}")
async def read_article(article_id: UUID, actor: Viewer, db: Read) -> ArticleView:
    """With `html`, safe to show."""
    return await service.get_article(db, article_id, reader_of(actor))


@router.patch("/articles/{article_id}")
async def update_article(article_id: UUID, body: schemas.ArticlePatch, actor: Editor, db: Tx) -> ArticleView:
    """Changes what is given; a published article changes for its readers at once, which needs the right to publish."""
    return await service.update_article(db, actor, article_id, body)


@router.post("/faqs/{faq_id}/{step}")
async def move_faq(faq_id: UUID, step: schemas.Step, actor: Publisher, db: Tx) -> FaqView:
    """publish (with the changes kept beside it), archive or draft."""
    await service.move(db, actor, "faq", faq_id, step)
    return await service.get_faq(db, faq_id, reader_of(actor))


@router.post("/articles/{article_id}/{step}")
async def move_article(article_id: UUID, step: schemas.Step, actor: Publisher, db: Tx) -> ArticleView:
    """publish (with the changes kept beside it), archive or draft."""
    await service.move(db, actor, "article", article_id, step)
    return await service.get_article(db, article_id, reader_of(actor))
