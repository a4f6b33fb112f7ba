"""Puts ticket lists into a runtime: the views that come with the product."""

from qiao.core.runtime import Runtime
from qiao.desk.ticketlists import saved


async def start(runtime: Runtime) -> None:
    async with runtime.db.transaction() as db:
        await saved.ensure_shipped(db)
