"""What happens by itself: questions do not outlive their conversations, and with a language model gaps get better names."""

from typing import Final
from uuid import UUID

from qiao.core.db import Session
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.insight.gaps.writing import name as written_name
from qiao.insight.gaps.writing import ready
from qiao.knowledge.gaps import service as gaps

NAMED: Final = 10
PAGE: Final = 500


@every(3600, name="insight.gaps_forget")
async def forget_gone(runtime: Runtime) -> None:
    """Takes away the questions of conversations that are no more."""
    after: UUID | None = None
    while True:
        async with runtime.db.read() as db:
            ids = await gaps.conversations_kept(db, after, PAGE)
            known = await conversations.facts_many(db, ids)
        gone = [key for key in ids if key not in known]
        if gone:

            async def drop(db: Session, gone: list[UUID] = gone) -> None:
                await gaps.forget(db, gone)

            await runtime.db.run(drop)
        if len(ids) < PAGE:
            return
        after = ids[-1]


@every(1800, name="insight.gaps_names")
async def name_gaps(runtime: Runtime) -> None:
    """Asks the language model, when there is one, what the costliest gaps without a proper name are about."""
    if not await ready(runtime):
        return
    async with runtime.db.read() as db:
        wanted = await gaps.nameless(db, NAMED)
    for gap_id, locale, texts in wanted:
        name = await written_name(runtime, texts, locale)
        if name is not None:
            async with runtime.db.transaction() as db:
                await gaps.name_by_model(db, gap_id, name)
