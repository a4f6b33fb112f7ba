"""Puts tickets into a runtime: definitions in memory, and the types that ship where there are none yet."""

from qiao.core.runtime import Runtime
from qiao.desk.conversations.ports import Expectation
from qiao.desk.tickets.service.talking import Awaiting
from qiao.desk.tickets.types import service as types
from qiao.desk.tickets.types.known import KnownTypes


def provide(runtime: Runtime) -> None:
    runtime.provide(KnownTypes, KnownTypes())
    runtime.provide(Expectation, Awaiting())


async def start(runtime: Runtime) -> None:
    """A new database, and one from before there were tickets, begins with the shipped types."""
    await runtime.db.run(types.install)
