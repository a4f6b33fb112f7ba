"""REST of canned replies."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Locale, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.canned import schemas, service
from qiao.desk.canned.schemas import CannedView, Rendered, VariableView
from qiao.people.accounts.access import Needs

router = Router(prefix="/canned", tags=["canned replies"])
User = Annotated[Actor, Needs("conversations.handle", "tickets.handle", "canned.edit")]
Handler = Annotated[Actor, Needs("conversations.handle", "tickets.handle")]


@router.get("")
async def list_canned(
    actor: User,
    db: Read,
    q: Annotated[str | None, Query(max_length=100)] = None,
    locale: schemas.LocaleName | None = None,
    sort: schemas.Sort = "shortcut",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CannedView]:
    """Shared replies and the caller's own. With `q` the best matches: by shortcut, then by words of title and text."""
    items, following = await service.listing(db, actor, q=q, locale=locale, sort=sort, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.get("/variables")
async def list_variables(actor: User, locale: Locale) -> list[VariableView]:
    """What may stand in double braces."""
    return service.variables(locale)


@router.post("", status_code=201)
async def create_canned(body: schemas.CannedCreate, actor: User, db: Tx) -> CannedView:
    """A personal reply, or with `shared` one for everybody (takes the right to edit these)."""
    return await service.create(db, actor, body)


@router.get("/{canned_id}")
async def read_canned(canned_id: UUID, actor: User, db: Read) -> CannedView:
    return await service.get(db, actor, canned_id)


@router.patch("/{canned_id}")
async def update_canned(canned_id: UUID, body: schemas.CannedPatch, actor: User, db: Tx) -> CannedView:
    """Changes what is given."""
    return await service.update_reply(db, actor, canned_id, body)


@router.delete("/{canned_id}", status_code=204)
async def delete_canned(canned_id: UUID, actor: User, db: Tx) -> None:
    await service.delete(db, actor, canned_id)


@router.post("/{canned_id}/render")
async def render_canned(canned_id: UUID, body: schemas.RenderBody, actor: Handler, db: Tx) -> Rendered:
    """The reply filled for a conversation or ticket the caller may see; `missing` lists what is not known."""
    return await service.render(db, actor, canned_id, conversation_id=body.conversation_id, ticket_id=body.ticket_id)
