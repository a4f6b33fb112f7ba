"""What time does to promises."""

from datetime import timedelta
from typing import Final

from qiao.core import clock
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.desk.sla.service import sweeping, talk_sweeping

AT_ONCE: Final = 20_000
TOLD_BY: Final = timedelta(seconds=5)
"""What happened to a conversation reaches its clocks a moment later: time is not ahead of it."""


@every(5, name="sla.sweep")
async def sweep(runtime: Runtime) -> None:
    """Warns of promises that run out and marks those that have."""
    await sweeping.sweep(runtime, clock.now(), AT_ONCE)
    await talk_sweeping.sweep(runtime, clock.now() - TOLD_BY, AT_ONCE)
