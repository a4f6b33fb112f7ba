"""Puts SLAs into a runtime: the rulebook, what conversations show of their promises, the policies a company starts with."""

from qiao.core.runtime import Runtime
from qiao.desk.conversations.ports import Promises
from qiao.desk.sla.book import Shelf
from qiao.desk.sla.service import policies, talks


def provide(runtime: Runtime) -> None:
    runtime.provide(Shelf, Shelf())
    runtime.provide(Promises, talks.Shown())  # type: ignore[type-abstract]  # a protocol is the key of its part


async def start(runtime: Runtime) -> None:
    await runtime.db.run(policies.ensure_shipped)
