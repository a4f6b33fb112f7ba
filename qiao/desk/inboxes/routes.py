"""HTTP doors of inboxes. Deleting one is switching it off: its conversations stay."""

from typing import Annotated
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.web import Read, Runtime_, Tx
from qiao.core.web.routing import Router
from qiao.desk.inboxes import service
from qiao.desk.inboxes.schemas import InboxCreate, InboxPatch, InboxView, Snippet
from qiao.people.accounts.access import Needs, SignedIn

router = Router(prefix="/inboxes", tags=["inboxes"])
Manager = Annotated[Actor, Needs("inboxes.manage")]


@router.get("")
async def list_inboxes(actor: SignedIn, db: Read) -> list[InboxView]:
    """All inboxes; `secret` only for those who manage them."""
    return await service.list_inboxes(db, actor)


@router.post("", status_code=201)
async def create_inbox(actor: Manager, db: Tx, body: InboxCreate) -> InboxView:
    return await service.create(db, actor, body)


@router.get("/{inbox_id}")
async def get_inbox(actor: SignedIn, db: Read, inbox_id: UUID) -> InboxView:
    return await service.show(db, actor, inbox_id)


@router.patch("/{inbox_id}")
async def update_inbox(actor: Manager, db: Tx, inbox_id: UUID, body: InboxPatch) -> InboxView:
    return await service.update(db, actor, inbox_id, body)


@router.delete("/{inbox_id}", status_code=204)
async def delete_inbox(actor: Manager, db: Tx, inbox_id: UUID) -> None:
    """Switches an inbox off: it takes nothing new, what is there stays."""
    await service.update(db, actor, inbox_id, InboxPatch(active=False))


@router.post("/{inbox_id}/rotate-secret")
async def rotate_secret(actor: Manager, db: Tx, inbox_id: UUID) -> InboxView:
    """A new signing secret; the old one stops working at once."""
    return await service.rotate_secret(db, actor, inbox_id)


@router.get("/{inbox_id}/snippet")
async def get_snippet(actor: Manager, db: Read, runtime: Runtime_, inbox_id: UUID) -> Snippet:
    """What to put into the web page."""
    return await service.snippet(db, inbox_id, runtime.settings.public_url)
