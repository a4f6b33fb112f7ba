"""Reading one run."""

from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.sop.schemas import RunView
from qiao.desk.sop.service import showing, walking


async def get_run(db: Session, actor: Actor, run_id: UUID, locale: str) -> RunView:
    """A run for whoever may see what it is walked for."""
    return await showing.view(db, actor, await walking.load(db, actor, run_id), locale)
