"""Puts SLAs into a runtime: the rulebook, what conversations show of their promises, the policies a company starts with."""

from qiao.core.runtime import Runtime
from qiao.desk.conversations.ports import Promises
from qiao.desk.sla.book import Shelf
from qiao.desk.sla.service import policies, talks


def provide(runtime: Runtime) -> None:
    runtime.provide(Shelf, Shelf())
    shown = talks.Shown(runtime.db)
    runtime.provide(talks.Shown, shown)
    runtime.provide(Promises, shown)
    runtime.tailer.listen(shown.heard)


async def start(runtime: Runtime) -> None:
    await runtime.db.run(policies.ensure_shipped)
    await runtime.get(talks.Shown).read()
