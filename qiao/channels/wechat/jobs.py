"""Periodic work of WeChat."""

from sqlalchemy import delete

from qiao.channels.wechat.models import VisitRow
from qiao.channels.wechat.service import REMEMBERED
from qiao.core import clock
from qiao.core.db import Session
from qiao.core.jobs import every
from qiao.core.runtime import Runtime


@every(3600, name="wechat.forget_visits")
async def forget_visits(runtime: Runtime) -> None:
    async def forget(db: Session) -> None:
        await db.execute(delete(VisitRow).where(VisitRow.at < clock.now() - REMEMBERED))

    await runtime.db.run(forget)
