"""Puts the help centre into a runtime."""

from qiao.core.runtime import Runtime
from qiao.knowledge.helpcenter import projection, repository
from qiao.knowledge.helpcenter.look import Looks
from qiao.knowledge.helpcenter.pages import SignIns, Votes
from qiao.knowledge.helpcenter.usage import Usage


def provide(runtime: Runtime) -> None:
    runtime.provide(Looks, Looks(runtime))
    runtime.provide(Usage, Usage(runtime))
    runtime.provide(Votes, Votes(1 / 30, 20.0))
    runtime.provide(SignIns, SignIns(0.2, 20.0))


async def start(runtime: Runtime) -> None:
    async with runtime.db.read() as db:
        empty = await repository.is_empty(db) and any((await repository.published(db)).values())
    if empty:
        await runtime.db.run(projection.rebuild)
    runtime.get(Usage).start()


async def stop(runtime: Runtime) -> None:
    await runtime.get(Usage).stop()
