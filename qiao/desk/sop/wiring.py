"""Puts procedures into a runtime, and those that ship where there are none yet."""

from qiao.core.runtime import Runtime
from qiao.desk.sop import service
from qiao.desk.sop.book import SopBook


def provide(runtime: Runtime) -> None:
    runtime.provide(SopBook, SopBook())


async def start(runtime: Runtime) -> None:
    """A new database, and one from before there were procedures, begins with the shipped ones."""
    await runtime.db.run(service.install)
