"""The queries of certainty."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import aliased

from qiao.bot.certainty.models import CertaintyDecision, CertaintyEvidence, CertaintyFit
from qiao.bot.certainty.policy import Decided
from qiao.core import clock
from qiao.core.db import Session

MOST: Final = 5000
"""Examples a fit rests on: the newest."""
SEEN: Final = timedelta(days=365)
KEPT: Final = timedelta(days=730)

Evidence = dict[str, CertaintyEvidence]


def decided(row: Any) -> Decided:
    return Decided(
        row.question_id, row.conversation_id, row.seq, row.kind, tuple(row.items), tuple(row.shown), row.usable
    )


async def of_conversations(db: Session, ids: Iterable[UUID]) -> dict[UUID, list[CertaintyDecision]]:
    """The decisions in conversations, in order."""
    query = select(CertaintyDecision).where(CertaintyDecision.conversation_id.in_(list(ids)))
    found: dict[UUID, list[CertaintyDecision]] = {}
    for row in (await db.execute(query.order_by(CertaintyDecision.seq))).scalars():
        found.setdefault(row.conversation_id, []).append(row)
    return found


async def answered_with(db: Session, answer_ids: Sequence[UUID]) -> dict[UUID, CertaintyDecision]:
    """The decisions that led to these messages of the bot."""
    query = select(CertaintyDecision).where(CertaintyDecision.answer_id.in_(list(answer_ids)))
    return {row.answer_id: row for row in (await db.execute(query)).scalars() if row.answer_id is not None}


async def evidence_of(db: Session, ids: Sequence[UUID]) -> dict[UUID, Evidence]:
    found: dict[UUID, Evidence] = {}
    for start in range(0, len(ids), 1000):
        part = list(ids[start : start + 1000])
        query = select(CertaintyEvidence).where(CertaintyEvidence.question_id.in_(part))
        for row in (await db.execute(query)).scalars():
            found.setdefault(row.question_id, {})[row.kind] = row
    return found


async def marked(db: Session, limit: int) -> list[CertaintyDecision]:
    """Answers agents have marked as wrong that no editor has looked at since; the newest mark first."""
    later = aliased(CertaintyEvidence)
    looked = select(later.question_id).where(
        later.question_id == CertaintyDecision.question_id, later.kind.in_(("checked", "review"))
    )
    query = (
        select(CertaintyDecision)
        .join(CertaintyEvidence, CertaintyEvidence.question_id == CertaintyDecision.question_id)
        .where(CertaintyEvidence.kind == "marked", CertaintyDecision.usable, ~looked.exists())
        .order_by(CertaintyEvidence.noted_at.desc())
        .limit(limit)
    )
    return list((await db.execute(query)).scalars())


async def labelled(db: Session, engine: str) -> list[tuple[CertaintyDecision, Evidence]]:
    """Decisions of this engine that anything is known of, newest first. In the order of their lots, so that folds mix."""
    known = select(CertaintyEvidence.question_id).where(CertaintyEvidence.question_id == CertaintyDecision.question_id)
    query = (
        select(CertaintyDecision)
        .where(CertaintyDecision.usable, CertaintyDecision.engine == engine)
        .where(CertaintyDecision.at >= clock.now() - SEEN, known.exists())
        .order_by(CertaintyDecision.at.desc())
        .limit(MOST)
    )
    rows = sorted((await db.execute(query)).scalars(), key=lambda row: row.lot)
    evidence = await evidence_of(db, [row.question_id for row in rows])
    return [(row, evidence.get(row.question_id, {})) for row in rows]


async def of_other_engines(db: Session, engine: str, limit: int) -> list[CertaintyDecision]:
    """Decisions that something is known of, of an engine that is no longer in use; newest first."""
    known = select(CertaintyEvidence.question_id).where(CertaintyEvidence.question_id == CertaintyDecision.question_id)
    query = (
        select(CertaintyDecision)
        .where(CertaintyDecision.usable, CertaintyDecision.engine != engine, known.exists())
        .where(CertaintyDecision.at >= clock.now() - SEEN)
        .order_by(CertaintyDecision.at.desc())
        .limit(limit)
    )
    return list((await db.execute(query)).scalars())


async def recent(db: Session, days: int, engine: str) -> Sequence[Any]:
    """What the outlook is reckoned on: (locale, chances, known, topic, kind, usable) of the questions of some days."""
    query = select(
        CertaintyDecision.locale,
        CertaintyDecision.chances,
        CertaintyDecision.known,
        CertaintyDecision.topic,
    ).where(CertaintyDecision.at >= clock.now() - timedelta(days=days), CertaintyDecision.engine == engine)
    return (await db.execute(query.order_by(CertaintyDecision.at.desc()).limit(20_000))).all()


async def newest_fit(db: Session) -> CertaintyFit | None:
    found: CertaintyFit | None = await db.scalar(select(CertaintyFit).order_by(CertaintyFit.version.desc()).limit(1))
    return found


async def evidence_since(db: Session, since: datetime | None) -> int:
    query = select(func.count()).select_from(CertaintyEvidence)
    if since is not None:
        query = query.where(CertaintyEvidence.noted_at > since)
    return int(await db.scalar(query) or 0)


async def newest_evidence(db: Session) -> datetime | None:
    found: datetime | None = await db.scalar(select(func.max(CertaintyEvidence.noted_at)))
    return found


async def kinds(db: Session) -> Sequence[Any]:
    """(kind, right, useful, decisions) of the last year."""
    query = (
        select(CertaintyEvidence.kind, CertaintyEvidence.right, CertaintyEvidence.useful, func.count())
        .where(CertaintyEvidence.at >= clock.now() - SEEN)
        .group_by(CertaintyEvidence.kind, CertaintyEvidence.right, CertaintyEvidence.useful)
    )
    return (await db.execute(query)).all()


async def counted(db: Session) -> tuple[int, int]:
    """(decisions, those anything is known of) of the last year."""
    since = clock.now() - SEEN
    every = select(func.count()).select_from(CertaintyDecision).where(CertaintyDecision.at >= since)
    known = select(func.count(CertaintyEvidence.question_id.distinct())).where(CertaintyEvidence.at >= since)
    return int(await db.scalar(every) or 0), int(await db.scalar(known) or 0)


async def forget(db: Session) -> None:
    """Removes what is too old to be an example."""
    await db.execute(delete(CertaintyDecision).where(CertaintyDecision.at < clock.now() - KEPT))
