"""REST of handing over."""

from typing import Annotated
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.web import Read, Tx
from qiao.core.web.routing import Router
from qiao.desk.handover import service
from qiao.desk.handover.schemas import HandedOver, HandOverBody, OpenWork
from qiao.people.accounts.access import Needs

router = Router(prefix="/users", tags=["users"])
Manager = Annotated[Actor, Needs("users.manage")]


@router.get("/{user_id}/open-work")
async def read_open_work(user_id: UUID, actor: Manager, db: Read) -> OpenWork:
    """How many tickets and tasks in somebody's name are not done."""
    return await service.open_work(db, actor, user_id)


@router.post("/{user_id}/open-work/hand-over", status_code=202)
async def hand_open_work_over(user_id: UUID, body: HandOverBody, actor: Manager, db: Tx) -> HandedOver:
    """To one colleague, or back to the departments. Tickets follow as a bulk operation."""
    return await service.hand_over(db, actor, user_id, body.to)
