"""What statistics learn from the help centre."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.jobs import every
from qiao.core.reactions import on_commit_batch
from qiao.core.runtime import Runtime
from qiao.knowledge.helpcenter.events import HelpUsed, TextVoted
from qiao.knowledge.statistics import service


@on_commit_batch(HelpUsed, TextVoted, name="knowledge.statistics", from_start=True, linger=0.5)
async def take_in(db: Session, batch: Sequence[tuple[HelpUsed | TextVoted, Envelope]]) -> None:
    """Views, searches and votes. The position in the log is saved with the counts, so each counts once."""
    happened: list[tuple[datetime, UUID, str, int]] = []
    searches: list[tuple[datetime, str, str, int, int]] = []
    for fact, envelope in batch:
        if isinstance(fact, TextVoted):
            happened += votes(envelope.at, fact.item_id, fact.helpful, fact.previous)
        else:
            happened += [(envelope.at, item, "views", number) for item, number in fact.views]
            happened += [(envelope.at, item, "cards", number) for item, number in fact.cards]
            searches += [(envelope.at, *search) for search in fact.searches]
    await service.count(db, happened)
    await service.note_searches(db, searches)


def votes(at: datetime, item: UUID, helpful: bool, previous: bool | None) -> list[tuple[datetime, UUID, str, int]]:
    """What a vote changes; a changed mind moves."""
    if helpful == previous:
        return []
    told = [(at, item, "useful" if helpful else "useless", 1)]
    return told if previous is None else [*told, (at, item, "useful" if previous else "useless", -1)]


@every(24 * 3600, name="knowledge.statistics_forget")
async def forget(runtime: Runtime) -> None:
    """Old searches and uses go."""
    await runtime.db.run(service.forget_old)
