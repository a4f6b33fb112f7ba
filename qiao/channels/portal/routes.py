"""The pages, and what the company wants to know of them."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from qiao.channels.portal import calling, entering, pages, repository
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.errors import NotFound
from qiao.core.mail import can_send
from qiao.core.web import Read, Runtime_
from qiao.core.web.routing import Router
from qiao.desk.tickets.types import service as types
from qiao.knowledge.helpcenter.look import Looks
from qiao.people.accounts.access import Needs

router = Router(prefix="/portal", tags=["portal"])
DAYS: Final = 30
SETTLED: Final = timedelta(hours=24)
"""A form that was not sent for this long will not be."""
STATIC: Final = Path(__file__).parent / "static"
_NAMES: Final = frozenset({"portal.css", "portal.js"})


class PortalStatus(msgspec.Struct, frozen=True):
    """Whether customers can get in, and what the help texts in the form are worth.

    `mail`: codes can be sent. `suggested`: forms of the last thirty days from which a help text was opened; `deflected`:
    those of them that were never sent.
    """

    open: bool
    mail: bool
    types: int
    suggested: int
    deflected: int


@router.get("/status", response_model=None)
async def read_status(
    actor: Annotated[Actor, Needs("settings.manage", "tickets.manage", "knowledge.edit", "reports.view")],
    db: Read,
    runtime: Runtime_,
) -> Response:
    """Whether customers can sign in and open requests, and how many were answered by a help text instead."""
    now = clock.now()
    suggested, deflected = await repository.suggestions(db, now - timedelta(days=DAYS), now - SETTLED)
    look = await runtime.get(Looks).get(db)
    status = PortalStatus(
        open=look.settings.enabled,
        mail=can_send(runtime.settings),
        types=len(await types.summaries(db, for_customers=True)),
        suggested=suggested,
        deflected=deflected,
    )
    return Response(msgspec.json.encode(status), media_type="application/json")


async def static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _NAMES:
        raise NotFound("route_not_found")
    # Their addresses carry no digest of their own, so browsers ask whether they are still good.
    return FileResponse(STATIC / name, headers={"cache-control": "public, max-age=300"})


_MY: Final = "/help/{locale}/my"
plain_routes = [
    Route("/help/portal/{name}", static),
    Route(_MY, pages.overview),
    Route(f"{_MY}/sign-in", entering.sign_in, methods=["GET", "POST"]),
    Route(f"{_MY}/code", entering.code, methods=["GET", "POST"]),
    Route(f"{_MY}/call", calling.call, methods=["GET", "POST"]),
    Route(f"{_MY}/new", pages.choose),
    Route(f"{_MY}/new/{{type}}", pages.new, methods=["GET", "POST"]),
    Route(f"{_MY}/new/{{type}}/shape", pages.shape, methods=["POST"]),
    Route(f"{_MY}/suggest", pages.suggest),
    Route(f"{_MY}/suggested/{{form}}/{{item}}", pages.suggested),
    Route(f"{_MY}/requests/{{id}}", pages.request),
    Route(f"{_MY}/requests/{{id}}/reply", pages.reply, methods=["POST"]),
    Route(f"{_MY}/requests/{{id}}/rate", pages.rate, methods=["POST"]),
    Route(f"{_MY}/requests/{{id}}/move", pages.move, methods=["POST"]),
    Route(f"{_MY}/conversations/{{id}}", pages.talk, methods=["GET", "POST"]),
]
