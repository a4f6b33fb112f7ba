"""The audit log."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts import audit
from qiao.people.accounts.access import Needs
from qiao.people.accounts.schemas import AuditEntry

router = Router(tags=["audit"])


@router.get("/audit")
async def list_audit(
    actor: Annotated[Actor, Needs("audit.view")],
    db: Read,
    by: Annotated[UUID | None, Query(alias="actor", description="Id of the person.")] = None,
    subject: Annotated[
        str | None, Query(alias="object", max_length=130, description="A kind (`customer`) or one (`customer:<id>`).")
    ] = None,
    action: Annotated[
        str | None, Query(max_length=80, description="`customer.blocked`, or `customer` for all below.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AuditEntry]:
    """What people changed, newest first."""
    kind, _, object_id = (subject or "").partition(":")
    before = decode_cursor(cursor, tuple[UUID])
    items = await audit.page(
        db,
        actor_id=by,
        object_type=kind or None,
        object_id=object_id or None,
        action=action,
        before=before[0] if before else None,
        limit=limit + 1,
    )
    more = len(items) > limit
    items = items[:limit]
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if more else None)
