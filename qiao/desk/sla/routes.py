"""REST of promises."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.web import Cursor, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.sla import schemas, service
from qiao.desk.sla.schemas import Breaches, Clocks, PolicyView, Preview, ReasonItem
from qiao.people.accounts.access import Needs

router = Router(prefix="/sla", tags=["SLA"])
Manager = Annotated[Actor, Needs("sla.manage")]
Staff = Annotated[Actor, Needs("tickets.handle", "tickets.view_all", "tasks.handle")]
Handler = Annotated[Actor, Needs("tickets.handle", "conversations.handle", "sla.manage")]
Desk = Annotated[Actor, Needs("conversations.handle", "conversations.view_all")]
Reader = Annotated[Actor, Needs("sla.manage", "reports.view")]


@router.get("/policies")
async def list_policies(actor: Manager, db: Read) -> list[PolicyView]:
    """All policies in the order they are asked: the first active one whose conditions hold applies."""
    return await service.listing(db)


@router.post("/policies", status_code=201)
async def create_policy(body: schemas.PolicyBody, actor: Manager, db: Tx) -> PolicyView:
    """A new policy, asked last."""
    return await service.create(db, actor, body)


@router.put("/policies/order")
async def order_policies(body: schemas.Order, actor: Manager, db: Tx) -> list[PolicyView]:
    """Puts all policies in order."""
    return await service.reorder(db, actor, body)


@router.post("/policies/preview")
async def preview_policy(body: schemas.PreviewBody, actor: Manager, db: Read) -> Preview:
    """What a policy would promise one ticket, and which promises of late it would have seen broken."""
    return await service.preview(db, actor, body)


@router.get("/policies/{policy_id}")
async def read_policy(policy_id: UUID, actor: Manager, db: Read) -> PolicyView:
    return await service.get(db, policy_id)


@router.put("/policies/{policy_id}")
async def edit_policy(policy_id: UUID, body: schemas.PolicyEdit, actor: Manager, db: Tx) -> PolicyView:
    """Replaces a policy; refused when somebody else has changed it meanwhile. Open clocks are counted anew."""
    return await service.edit(db, actor, policy_id, body)


@router.delete("/policies/{policy_id}", status_code=204)
async def delete_policy(policy_id: UUID, actor: Manager, db: Tx) -> None:
    await service.delete(db, actor, policy_id)


@router.get("/reasons")
async def list_reasons(actor: Handler, db: Read) -> list[ReasonItem]:
    """What people choose from when a promise was not kept."""
    return await service.reasons(db)


@router.put("/reasons")
async def change_reasons(body: schemas.ReasonsBody, actor: Manager, db: Tx) -> list[ReasonItem]:
    return await service.put_reasons(db, actor, body)


@router.get("/tickets/{ticket_id}")
async def ticket_clocks(ticket_id: UUID, actor: Staff, db: Read) -> Clocks:
    """The promises made for a ticket, as they stand now."""
    return await service.of_ticket(db, actor, ticket_id)


@router.get("/conversations/{conversation_id}")
async def conversation_clocks(conversation_id: UUID, actor: Desk, db: Read) -> Clocks:
    """The promises made in a conversation, as they stand now."""
    return await service.of_conversation(db, actor, conversation_id)


@router.put("/clocks/{clock_id}/reason")
async def explain_breach(clock_id: UUID, body: schemas.ExplainBody, actor: Handler, db: Tx) -> Clocks:
    """Says why a promise was not kept."""
    return await service.explain(db, actor, clock_id, body)


@router.get("/breaches")
async def list_breaches(
    actor: Reader,
    db: Read,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    subject: schemas.Subject = "ticket",
    policy_id: UUID | None = None,
    kind: schemas.Kind | None = None,
    reason: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Breaches:
    """Promises that were not kept, counted by policy, kind and reason; of the last thirty days unless said otherwise."""
    end = until or clock.now()
    return await service.breaches(
        db,
        actor,
        since=since or end - timedelta(days=30),
        until=end,
        subject=subject,
        policy_id=policy_id,
        kind=kind,
        reason=reason,
        cursor=cursor,
        limit=limit,
    )
