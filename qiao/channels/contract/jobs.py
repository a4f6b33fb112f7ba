"""Periodic work of the channel contract."""

from datetime import timedelta
from typing import Final

from qiao.channels.contract import letters
from qiao.core import clock
from qiao.core.jobs import every
from qiao.core.runtime import Runtime

KEPT: Final = timedelta(days=7)
"""How long the ids of what was taken in keep repeats away. Providers repeat for a day or three."""


@every(3600, name="channels.forget_arrivals")
async def forget_arrivals(runtime: Runtime) -> None:
    await runtime.db.run(lambda db: letters.forget(db, clock.now() - KEPT))
