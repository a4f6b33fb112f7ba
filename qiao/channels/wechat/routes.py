"""REST of WeChat: entries and the menu, for those who manage inboxes."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from qiao.channels.wechat import service
from qiao.channels.wechat.schemas import EntryCreate, EntryPatch, EntryView, Menu
from qiao.core.actor import Actor
from qiao.core.web import Cursor, Locale, Page, Read, Runtime_, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(prefix="/wechat", tags=["wechat"])
Manager = Annotated[Actor, Needs("inboxes.manage")]


@router.get("/{inbox_id}/entries")
async def list_entries(
    inbox_id: UUID, actor: Manager, db: Read, cursor: Cursor = None, limit: Limit = 50
) -> Page[EntryView]:
    """QR codes of an account and where they lead, newest first."""
    items, following = await service.entries(db, inbox_id, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.post("/{inbox_id}/entries", status_code=201)
async def create_entry(
    inbox_id: UUID, body: EntryCreate, actor: Manager, runtime: Runtime_, locale: Locale
) -> EntryView:
    """Makes a QR code (of a mini program: a mini program code) that leads to a queue or an agent."""
    return await service.create(runtime, actor, inbox_id, body, locale)


@router.patch("/entries/{entry_id}")
async def update_entry(entry_id: UUID, body: EntryPatch, actor: Manager, db: Tx) -> EntryView:
    """Leads it elsewhere; printed codes go on working."""
    return await service.change(db, actor, entry_id, body)


@router.delete("/entries/{entry_id}", status_code=204)
async def delete_entry(entry_id: UUID, actor: Manager, db: Tx) -> None:
    """Forgets where it leads; who scans it still reaches the account."""
    await service.delete(db, actor, entry_id)


@router.get("/entries/{entry_id}/image", response_model=None)
async def entry_image(entry_id: UUID, actor: Manager, runtime: Runtime_, locale: Locale) -> Response:
    """The code as a picture."""
    content, kind = await service.picture(runtime, entry_id, locale)
    return Response(content, media_type=kind, headers={"cache-control": "private, max-age=3600"})


@router.get("/{inbox_id}/menu")
async def read_menu(inbox_id: UUID, actor: Manager, runtime: Runtime_, locale: Locale) -> Menu:
    """The menu of an official account as customers see it."""
    return await service.menu(runtime, inbox_id, locale)


@router.put("/{inbox_id}/menu")
async def write_menu(inbox_id: UUID, body: Menu, actor: Manager, runtime: Runtime_, locale: Locale) -> Menu:
    """Puts a menu in its place; without columns the account has none."""
    return await service.set_menu(runtime, actor, inbox_id, body, locale)
