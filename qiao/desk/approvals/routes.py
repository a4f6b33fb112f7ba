"""REST of approvals, and the page a link in a mail leads to."""

from typing import Annotated
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.approvals import deputies, page, schemas, service
from qiao.desk.approvals.schemas import ApprovalCounts, ApprovalView, Deputies, DeputyView, Needed
from qiao.people.accounts.access import Needs, SignedIn

router = Router(prefix="/approvals", tags=["approvals"])
of_tickets = Router(prefix="/tickets/{ticket_id}/approvals", tags=["approvals"])
routers = [router, of_tickets]
plain_routes = page.routes
Reader = Annotated[Actor, Needs("tickets.handle", "tickets.view_all", "tasks.handle")]
Asker = Annotated[Actor, Needs("tickets.handle")]


@of_tickets.get("")
async def list_approvals_of_ticket(ticket_id: UUID, actor: Reader, db: Read) -> list[ApprovalView]:
    """What was asked for a ticket, newest first."""
    return await service.of_ticket(db, actor, ticket_id)


@of_tickets.get("/needed")
async def read_needed(ticket_id: UUID, actor: Reader, db: Read) -> Needed:
    """What the rules of its type ask of the ticket as it is now."""
    return await service.needed(db, actor, ticket_id)


@of_tickets.post("", status_code=201)
async def request_approval(ticket_id: UUID, body: schemas.RequestBody, actor: Asker, db: Tx) -> ApprovalView:
    """Asks by the rules of the ticket's type, for the present amount."""
    return await service.request(db, actor, ticket_id, body)


@of_tickets.post("/named", status_code=201)
async def ask_people(ticket_id: UUID, body: schemas.AskBody, actor: Asker, db: Tx) -> ApprovalView:
    """Asks named people."""
    return await service.ask(db, actor, ticket_id, body)


@router.get("")
async def list_approvals(
    actor: SignedIn, db: Read, view: schemas.View = "waiting", cursor: Cursor = None, limit: Limit = 50
) -> Page[ApprovalView]:
    """What waits for the caller, what they asked, what they decided. A page may be shorter than `limit`."""
    items, following = await service.listing(db, actor, view=view, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.get("/counts")
async def count_approvals(actor: SignedIn, db: Read) -> ApprovalCounts:
    """The badge."""
    return await service.counts(db, actor)


@router.get("/deputies")
async def list_deputies(actor: SignedIn, db: Read) -> Deputies:
    """Who stands in for the caller, and for whom the caller does."""
    return await deputies.listing(db, actor)


@router.post("/deputies", status_code=201)
async def name_deputy(body: schemas.DeputyBody, actor: SignedIn, db: Tx) -> DeputyView:
    """Names somebody who decides while the caller is away."""
    return await deputies.name(db, actor, body)


@router.delete("/deputies/{deputy_id}", status_code=204)
async def dismiss_deputy(deputy_id: UUID, actor: SignedIn, db: Tx) -> None:
    await deputies.dismiss(db, actor, deputy_id)


@router.get("/{approval_id}")
async def read_approval(approval_id: UUID, actor: SignedIn, db: Read) -> ApprovalView:
    """For who may see the ticket, who may decide or has, and who asked."""
    return await service.get(db, actor, approval_id)


@router.post("/{approval_id}/decide")
async def decide_approval(approval_id: UUID, body: schemas.DecideBody, actor: SignedIn, db: Tx) -> ApprovalView:
    """Agrees or refuses. When the amount has changed, the approval comes back void."""
    return await service.decide(db, actor, approval_id, body)


@router.post("/{approval_id}/cancel")
async def cancel_approval(approval_id: UUID, body: schemas.CancelBody, actor: SignedIn, db: Tx) -> ApprovalView:
    return await service.cancel(db, actor, approval_id, body.reason)
