"""The pages, and the REST of those who set them up."""

from typing import Annotated

from fastapi import Request
from starlette.routing import Route

from qiao.core.actor import Actor
from qiao.core.errors import TooLarge
from qiao.core.web import Read, Tx
from qiao.core.web.routing import Router
from qiao.knowledge.helpcenter import feeds, pages, preview, service
from qiao.knowledge.helpcenter.schemas import (
    LOGO_LIMIT,
    HelpSettings,
    HelpSettingsView,
    Preview,
    PreviewBody,
)
from qiao.people.accounts.access import Needs

router = Router(prefix="/helpcenter", tags=["knowledge"])
Reader = Annotated[Actor, Needs("settings.manage", "knowledge.edit")]
Manager = Annotated[Actor, Needs("settings.manage")]


@router.get("/settings")
async def read_settings(actor: Reader, db: Read) -> HelpSettingsView:
    """How the help centre looks, and where it is."""
    return await service.get_settings(db)


@router.put("/settings")
async def write_settings(actor: Manager, db: Tx, body: HelpSettings) -> HelpSettingsView:
    return await service.put_settings(db, actor, body)


@router.put("/logo")
async def write_logo(actor: Manager, db: Tx, request: Request) -> HelpSettingsView:
    """The picture itself as the body: PNG, JPEG, GIF or WebP, at most 512 KB."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LOGO_LIMIT:
            raise TooLarge("help.logo_too_large", kilobytes=LOGO_LIMIT // 1024)
    return await service.put_logo(db, actor, content)


@router.delete("/logo")
async def delete_logo(actor: Manager, db: Tx) -> HelpSettingsView:
    return await service.remove_logo(db, actor)


@router.post("/preview")
async def show_preview(actor: Reader, db: Read, request: Request, body: PreviewBody) -> Preview:
    """The home page as it would be with these settings; nothing is stored."""
    return Preview(html=await preview.home(request, db, body))


plain_routes = [
    Route("/robots.txt", feeds.robots),
    Route("/sitemap.xml", feeds.sitemap),
    Route("/help", pages.start),
    Route("/help/", pages.start),
    Route("/help/robots.txt", feeds.robots),
    Route("/help/sitemap.xml", feeds.sitemap),
    Route("/help/theme.css", feeds.colours),
    Route("/help/logo", feeds.logo),
    Route("/help/static/{name}", feeds.static),
    Route("/help/{locale}", pages.home),
    Route("/help/{locale}/", pages.with_slash),
    Route("/help/{locale}/search", pages.search),
    Route("/help/{locale}/suggest", pages.suggest),
    Route("/help/{locale}/categories/{slug}", pages.category),
    Route("/help/{locale}/articles/{slug}", pages.article),
    Route("/help/{locale}/questions/{slug}", pages.question),
    Route("/help/{locale}/go/{id}", pages.go),
    Route("/help/{locale}/feedback", pages.refused(pages.feedback), methods=["POST"]),
    Route("/help/{locale}/sign-in", pages.refused(pages.sign_in), methods=["POST"]),
    Route("/help/{locale}/sign-out", pages.refused(pages.sign_out), methods=["POST"]),
]
last_routes = [Route("/help/{path:path}", pages.nothing_here)]
