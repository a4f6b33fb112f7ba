"""HTTP doors of blocking."""

from typing import Annotated, Literal
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Tx, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.blocking import service
from qiao.desk.blocking.schemas import (
    BlockBody,
    BlockView,
    HeldView,
    ReleaseBody,
    RuleBody,
    RuleView,
)
from qiao.desk.conversations import service as conversations
from qiao.people.accounts.access import Needs

router = Router(tags=["blocking"])
Viewer = Annotated[Actor, Needs("customers.view")]
Editor = Annotated[Actor, Needs("customers.edit")]
Keeper = Annotated[Actor, Needs("inboxes.manage", "conversations.monitor")]
Manager = Annotated[Actor, Needs("inboxes.manage")]
Handler = Annotated[Actor, Needs("conversations.handle")]


@router.get("/blocks")
async def list_blocks(
    actor: Viewer,
    db: Read,
    standing: bool = True,
    customer_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[BlockView]:
    """Who may not write (or might not, once), newest first."""
    before = decode_cursor(cursor, tuple[UUID])
    items = await service.listing(
        db, actor, standing=standing, customer_id=customer_id, before=before[0] if before else None, limit=limit + 1
    )
    more, items = len(items) > limit, items[:limit]
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if more else None)


@router.post("/blocks", status_code=201)
async def make_block(actor: Editor, db: Tx, body: BlockBody) -> BlockView:
    """Blocks a customer, an address, a mail domain or a phone prefix, with a reason and until when."""
    return await service.block(db, actor, body)


@router.post("/blocks/{block_id}/lift")
async def lift_block(actor: Editor, db: Tx, block_id: UUID) -> BlockView:
    return await service.lift(db, actor, block_id)


@router.get("/held-messages")
async def list_held(
    actor: Keeper, db: Read, why: Literal["blocked", "fast"] | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[HeldView]:
    """Messages kept apart or folded, newest first."""
    before = decode_cursor(cursor, tuple[UUID])
    items = await service.held(db, why=why, before=before[0] if before else None, limit=limit + 1)
    more, items = len(items) > limit, items[:limit]
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if more else None)


@router.post("/held-messages/release", status_code=204)
async def release_held(actor: Keeper, db: Tx, body: ReleaseBody) -> None:
    """Lets messages in: they stand in the customer's conversation from now on."""
    await service.release(db, actor, body.ids)


@router.get("/conversations/{conversation_id}/held")
async def list_folded(actor: Handler, db: Read, conversation_id: UUID) -> list[HeldView]:
    """What its customer wrote too fast."""
    await conversations.require_visible(db, actor, conversation_id)
    return await service.held(db, conversation_id=conversation_id, limit=100)


@router.post("/conversations/{conversation_id}/held/release", status_code=204)
async def release_folded(actor: Handler, db: Tx, conversation_id: UUID, body: ReleaseBody) -> None:
    """Unfolds messages into the conversation."""
    await conversations.require_visible(db, actor, conversation_id)
    await service.release(db, actor, body.ids, conversation_id=conversation_id)


@router.get("/intake-rules")
async def list_rules(actor: Keeper, db: Read) -> list[RuleView]:
    """What becomes of blocked senders, and how fast one may write: the company's rule, then inboxes with their own."""
    return await service.rules(db)


@router.put("/intake-rules")
async def set_company_rule(actor: Manager, db: Tx, body: RuleBody) -> RuleView:
    return await service.set_rule(db, actor, None, body)


@router.put("/intake-rules/{inbox_id}")
async def set_inbox_rule(actor: Manager, db: Tx, inbox_id: UUID, body: RuleBody) -> RuleView:
    return await service.set_rule(db, actor, inbox_id, body)
