"""Tidying, a few hours apart: what the order of arrival put apart is joined, what has drifted is parted, what is old goes."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import numpy as np
import structlog
from sqlalchemy import delete, select, update

from qiao.core import clock
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.knowledge.gaps import collecting, policy, repository
from qiao.knowledge.gaps.clusters import (
    embedded,
    floor_of,
    grouped,
    packed,
    packed_sum,
    scaled,
    unit,
    unpacked,
    unpacked_sum,
)
from qiao.knowledge.gaps.models import GapQuestionRow, GapRow
from qiao.knowledge.search.service import SearchService

logger = structlog.get_logger(__name__)
JOINED: Final = 2_000
"""Gaps looked at together: a square of them is held, 16 MB."""
PARTED: Final = 1_000
PARTED_LEAST: Final = 8
KEPT: Final = timedelta(days=400)
ALONE: Final = timedelta(days=90)
EMBEDDED: Final = 200


@every(6 * 3600, name="knowledge.gaps_tidy")
async def tidy(runtime: Runtime) -> None:
    """Each step in a transaction of its own; doing it twice changes nothing."""
    await runtime.db.run(forget_old)
    await embed_again(runtime)
    floor = await asyncio.to_thread(floor_of, runtime)
    joined = await _join(runtime, floor)
    parted = await _part(runtime, floor)
    if joined or parted:
        logger.info("gaps_tidied", joined=joined, parted=parted)


async def forget_old(db: Session) -> None:
    """Questions nobody looks at any more, and gaps of one question that stayed alone."""
    now = clock.now()
    await repository.lock(db)
    old = delete(GapQuestionRow).where(GapQuestionRow.asked_at < now - KEPT).returning(GapQuestionRow.gap_id)
    touched = {gap_id for gap_id in (await db.execute(old)).scalars() if gap_id is not None}
    alone = (GapRow.status == "open", GapRow.weight <= 1, GapRow.last_at < now - ALONE)
    single = list((await db.execute(select(GapRow.id).where(*alone).limit(5_000))).scalars())
    await db.execute(delete(GapQuestionRow).where(GapQuestionRow.gap_id.in_(single)))
    await db.execute(delete(GapRow).where(GapRow.id.in_(single)))
    await collecting.settle(db, sorted(touched - set(single), key=lambda key: key.bytes))


async def embed_again(runtime: Runtime) -> None:
    """Questions of an embedding model that is no longer used get vectors of the one that is."""
    name = await asyncio.to_thread(lambda: runtime.get(SearchService).engine.embedder.name)
    touched: set[UUID] = set()
    while True:
        async with runtime.db.read() as db:
            query = select(GapQuestionRow.id, GapQuestionRow.text, GapQuestionRow.gap_id)
            query = query.where(GapQuestionRow.embedder != name).order_by(GapQuestionRow.id).limit(EMBEDDED)
            rows = (await db.execute(query)).all()
        if not rows:
            break
        _, vectors = await embedded(runtime, [row.text for row in rows])
        async with runtime.db.transaction() as db:
            for row, vector in zip(rows, vectors, strict=True):
                await db.execute(
                    update(GapQuestionRow)
                    .where(GapQuestionRow.id == row.id)
                    .values(embedder=name, vector=packed(vector))
                )
        touched |= {row.gap_id for row in rows if row.gap_id is not None}
    if not touched:
        return
    async with runtime.db.transaction() as db:
        await repository.lock(db)
        ids = sorted(touched, key=lambda key: key.bytes)
        await db.execute(update(GapRow).where(GapRow.id.in_(ids)).values(embedder=name))
        await collecting.settle(db, ids)


async def _join(runtime: Runtime, floor: float) -> int:
    """Gaps whose middles are close on average are one: the heaviest takes the others in."""
    free = (GapRow.status == "open", ~GapRow.shaped)
    async with runtime.db.read() as db:
        query = select(GapRow.id, GapRow.centroid, GapRow.weight).where(*free)
        rows = (await db.execute(query.order_by(GapRow.weight.desc(), GapRow.id).limit(JOINED))).all()
    vectors = [unpacked_sum(row.centroid) for row in rows]
    if len({len(vector) for vector in vectors}) > 1:
        return 0  # in the middle of a change of models
    groups = await asyncio.to_thread(grouped, vectors, [row.weight for row in rows], policy.MERGE, floor)
    joined = 0
    for group in groups:
        if len(group) < 2:
            continue
        keep, *others = (rows[place].id for place in group)
        async with runtime.db.transaction() as db:
            await repository.lock(db)
            still = set((await db.execute(select(GapRow.id).where(GapRow.id.in_([keep, *others]), *free))).scalars())
            if keep not in still:
                continue
            for other in others:
                if other in still:
                    await repository.move(db, keep, of=other)
                    await db.execute(delete(GapRow).where(GapRow.id == other))
                    joined += 1
            await collecting.settle(db, [keep])
    return joined


async def _part(runtime: Runtime, floor: float) -> int:
    """A gap whose questions have little in common is clustered anew; its largest part stays what it was."""
    async with runtime.db.read() as db:
        query = select(GapRow.id, GapRow.centroid, GapRow.weight)
        query = query.where(GapRow.status == "open", ~GapRow.shaped, GapRow.weight >= PARTED_LEAST)
        rows = (await db.execute(query.order_by(GapRow.id))).all()
    parted = 0
    for row in rows:
        async with runtime.db.read() as db:
            own = await repository.vectors_of(db, row.id, PARTED)
        vectors = [unpacked(vector) for _, vector, _, _ in own]
        middle = unit(unpacked_sum(row.centroid))
        if len(vectors) < PARTED_LEAST or any(len(vector) != len(middle) for vector in vectors):
            continue
        if float(np.mean(scaled(np.stack(vectors) @ middle, floor))) >= policy.LOOSE:
            continue
        weights = [times for _, _, times, _ in own]
        groups = await asyncio.to_thread(grouped, vectors, weights, policy.JOIN, floor)
        if len(groups) > 1:
            async with runtime.db.transaction() as db:
                parted += await _apart(db, row.id, [[own[place][0] for place in group] for group in groups[1:]])
    return parted


async def _apart(db: Session, gap_id: UUID, groups: Sequence[Sequence[UUID]]) -> int:
    await repository.lock(db)
    gap = await db.get(GapRow, gap_id, with_for_update=True, populate_existing=True)
    if gap is None or gap.status != "open" or gap.shaped:
        return 0
    now, made = clock.now(), []
    for group in groups:
        row = GapRow(
            id=new_id(), name=gap.name, embedder=gap.embedder, centroid=packed_sum(unpacked_sum(gap.centroid)), weight=0,
            last_at=gap.last_at, updated_at=now, created_at=now,
        )  # fmt: skip
        db.add(row)
        await db.flush()
        await repository.move(db, row.id, ids=group)
        made.append(row.id)
    await collecting.settle(db, [*made, gap_id])
    return len(made)
