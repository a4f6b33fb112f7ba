"""REST of the wallboard."""

from typing import Annotated

from fastapi import Response

from qiao.core.actor import Actor
from qiao.core.web import Read
from qiao.core.web.routing import Router
from qiao.insight.wallboard import service
from qiao.people.accounts.access import Needs

router = Router(prefix="/wallboard", tags=["wallboard"])


@router.get("")
async def read_wallboard(actor: Annotated[Actor, Needs("wallboard.view")], db: Read) -> Response:
    """`{now, timezone, queues, agents, today, series}`: live, with today's figures in the company's time zone."""
    return Response(service.encode(await service.wallboard(db, actor)), media_type="application/json")
