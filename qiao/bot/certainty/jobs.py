"""What certainty does in the background."""

from datetime import timedelta
from functools import partial
from typing import Final

from qiao.bot.certainty import collecting, repository, service
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.knowledge.search.service import SearchService

# Feedback on a suggestion is settled up to half an hour after it was taken; twice as much and some for late reactions.
_LOOKED_BACK: Final = timedelta(hours=2)


@every(300, name="certainty.fit")
async def keep_fitted(runtime: Runtime) -> None:
    """Takes in what agents made of suggestions, renews examples of an older engine, and fits when there is enough new."""
    if not runtime.get(SearchService).loaded.is_set():
        return
    await runtime.db.run(partial(collecting.take_verdicts, since=clock.now() - _LOOKED_BACK))
    await collecting.renew(runtime)
    async with runtime.db.read() as db:
        due = await service.due(db)
    if due:
        await runtime.db.run(partial(service.fit_if_possible, actor=Actor.system()))


@every(86_400, name="certainty.forget")
async def forget(runtime: Runtime) -> None:
    """Removes decisions too old to be examples."""
    await runtime.db.run(repository.forget)
