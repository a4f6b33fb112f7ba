"""The home page with settings somebody is trying out."""

from starlette.requests import Request

from qiao.core.db import Session
from qiao.core.web import runtime_from
from qiao.knowledge.helpcenter import look, pages, repository, shelves
from qiao.knowledge.helpcenter.readers import ANYBODY
from qiao.knowledge.helpcenter.schemas import PreviewBody


async def home(request: Request, db: Session, body: PreviewBody) -> str:
    """HTML as an anonymous reader would see it, without the chat."""
    chosen = body.settings.model_copy(update={"theme": body.theme, "chat": False, "indexed": False})
    visit = pages.Visit(request, runtime_from(request), db, await look.load(db, chosen), body.locale, ANYBODY)
    found = shelves.shelves(visit.look, body.locale, await repository.counts(db, ANYBODY, body.locale))
    popular = await repository.recent(db, ANYBODY, body.locale, pages.POPULAR)
    title = visit.look.title(body.locale)
    response = visit.render(
        "home.html",
        title=title,
        canonical=None,
        alternates={},
        shelves=found,
        popular=popular,
        recent=[],
        scripts=False,
    )
    return bytes(response.body).decode()
