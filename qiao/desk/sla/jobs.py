"""What time does to promises."""

from qiao.core import clock
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.desk.sla.service import sweeping

AT_ONCE = 20_000


@every(5, name="sla.sweep")
async def sweep(runtime: Runtime) -> None:
    """Warns of promises that run out and marks those that have."""
    await sweeping.sweep(runtime, clock.now(), AT_ONCE)
