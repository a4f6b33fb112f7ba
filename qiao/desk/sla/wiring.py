"""Puts SLAs into a runtime: the rulebook, and the policies a company starts with."""

from qiao.core.runtime import Runtime
from qiao.desk.sla.book import Shelf
from qiao.desk.sla.service import policies


def provide(runtime: Runtime) -> None:
    runtime.provide(Shelf, Shelf())


async def start(runtime: Runtime) -> None:
    await runtime.db.run(policies.ensure_shipped)
