"""Periodic work of the channel contract."""

from datetime import timedelta
from typing import Final

import structlog

from qiao.channels.contract import letters, switching
from qiao.channels.contract.channel import DeliveryFailed
from qiao.core import clock
from qiao.core.jobs import every
from qiao.core.runtime import Runtime

logger = structlog.get_logger(__name__)
KEPT: Final = timedelta(days=7)
"""How long the ids of what was taken in keep repeats away. Providers repeat for a day or three."""


@every(3600, name="channels.forget_arrivals")
async def forget_arrivals(runtime: Runtime) -> None:
    await runtime.db.run(lambda db: letters.forget(db, clock.now() - KEPT))


@every(60, name="channels.switch_after_quiet_hours")
async def switch_after_quiet_hours(runtime: Runtime) -> None:
    async with runtime.db.read() as db:
        waiting = await switching.due(db)
    for message_id in waiting:
        try:
            await switching.carry_out(runtime, message_id)
        except DeliveryFailed as failed:
            logger.info("channel_switch_waits", message_id=str(message_id), error=str(failed))
