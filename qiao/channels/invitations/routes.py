"""HTTP doors of invitations: for those who write the rules, and for pages."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from qiao.channels.invitations import service
from qiao.channels.invitations.schemas import (
    Allowed,
    DayFigures,
    InvitationBody,
    InvitationView,
    OrderBody,
    Published,
    SeenBody,
)
from qiao.channels.webchat.limits import Limiter, exempt
from qiao.channels.webchat.origins import check_page
from qiao.channels.webchat.pages import BUILD
from qiao.channels.webchat.visitors import Visitors
from qiao.core.actor import Actor
from qiao.core.errors import NotFound
from qiao.core.web import Locale, Read, Runtime_, Tx
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs, Public, client_ip

managed = Router(prefix="/invitations", tags=["invitations"])
pages = Router(prefix="/widget/{key}/invitations", tags=["widget"])
routers = [managed, pages]
Manager = Annotated[Actor, Needs("inboxes.manage")]
_by_address = Limiter(2.0, 60.0)


async def script(request: Request) -> Response:
    """`/widget/invite.js`: fetched by the loader of sites that have invitations, whatever their origin."""
    path = BUILD / "invite.js"
    if not path.is_file():
        raise NotFound("route_not_found")
    headers = {
        "cache-control": "public, max-age=300",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
    }
    return FileResponse(path, media_type="text/javascript", headers=headers)


plain_routes = [Route("/widget/invite.js", script)]


@managed.get("")
async def list_invitations(inbox_id: UUID, actor: Manager, db: Read) -> list[InvitationView]:
    """A site's rules in the order they are tried, with the figures of the last 30 days."""
    return await service.listing(db, inbox_id)


@managed.post("", status_code=201)
async def create_invitation(inbox_id: UUID, body: InvitationBody, actor: Manager, db: Tx) -> InvitationView:
    service.forget_rules(db)
    return await service.create(db, actor, inbox_id, body)


@managed.put("/order")
async def reorder_invitations(inbox_id: UUID, body: OrderBody, actor: Manager, db: Tx) -> list[InvitationView]:
    """The first rule that fits speaks."""
    service.forget_rules(db)
    return await service.reorder(db, inbox_id, body.ids)


@managed.put("/{invitation_id}")
async def change_invitation(invitation_id: UUID, body: InvitationBody, actor: Manager, db: Tx) -> InvitationView:
    service.forget_rules(db)
    return await service.change(db, actor, invitation_id, body)


@managed.delete("/{invitation_id}", status_code=204)
async def delete_invitation(invitation_id: UUID, actor: Manager, db: Tx) -> None:
    service.forget_rules(db)
    await service.remove(db, actor, invitation_id)


@managed.get("/{invitation_id}/days")
async def list_days(invitation_id: UUID, actor: Manager, db: Tx) -> list[DayFigures]:
    """What came of a rule, day by day."""
    return await service.days(db, invitation_id)


@pages.get("", dependencies=[Public("the site key stands in the host's page")])
async def read_invitations(
    key: str, request: Request, runtime: Runtime_, locale: Locale, memory: Annotated[str, Query(max_length=4000)] = ""
) -> Published:
    """The rules that may speak to this browser now."""
    inbox = await runtime.get(Visitors).inbox_by_key(key)
    check_page(request, inbox)
    return await service.published(runtime, inbox, locale, memory)


@pages.post("", dependencies=[Public("the site key stands in the host's page")])
async def tell_invitation(key: str, body: SeenBody, request: Request, runtime: Runtime_) -> Allowed:
    """A page asks to show an invitation, or says that it was accepted or dismissed."""
    inbox = await runtime.get(Visitors).inbox_by_key(key)
    check_page(request, inbox)
    ip = client_ip(request)
    if not exempt(ip):
        _by_address.check(ip)
    return await service.tell(runtime, inbox, body)
