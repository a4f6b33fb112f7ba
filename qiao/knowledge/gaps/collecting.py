"""Taking questions in: each joins the gap it is nearest to, or begins one; what is known only has its fate moved on."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy import delete, select

from qiao.core import clock
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime, runtime_of
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import EVERYTHING
from qiao.knowledge.gaps import policy, repository
from qiao.knowledge.gaps.clusters import Middles, Vector, embedded, floor_of, packed, packed_sum, scaled, unpacked
from qiao.knowledge.gaps.models import GapQuestionRow, GapRow
from qiao.knowledge.gaps.schemas import Noted
from qiao.knowledge.search.service import SearchService

NAMED_BY: Final = 60
"""Questions among which the most central one is looked for: a gap's newest."""


async def note(db: Session, questions: Sequence[Noted], *, placed: bool = True) -> None:
    """Takes questions in. Telling one twice changes nothing but what became of it. `placed`: look up which space each
    belongs to, which takes a running index.

    What takes long (meanings, the closest text) comes before the first write: a transaction that writes holds up the log.
    """
    by_key = {one.key: one for one in questions}
    known = await repository.known(db, list(by_key))
    fresh = [one for key, one in by_key.items() if key not in known and one.text.strip()]
    runtime = runtime_of(db)
    embedder, vectors = await embedded(runtime, [one.text for one in fresh]) if fresh else ("", [])
    spaces = await _spaces(db, runtime, fresh) if placed else [None] * len(fresh)
    await repository.lock(db)
    await repository.refresh_known(db, [one for key, one in by_key.items() if key in known])
    if fresh:
        await _assign(db, runtime, embedder, list(zip(fresh, vectors, spaces, strict=True)))
    spent = {one.conversation_id: one.minutes for one in by_key.values() if one.conversation_id is not None}
    await repository.share_minutes(db, spent)


async def _spaces(db: Session, runtime: Runtime, fresh: Sequence[Noted]) -> list[UUID | None]:
    """Where each question would have its answer: the space of the text that answered it, else of the closest one."""
    search = runtime.get(SearchService)
    closest: list[UUID | None] = []
    for one in fresh:
        if one.items:
            closest.append(one.items[0])
            continue
        hits = await search.search(one.text, audience=EVERYTHING, limit=1)
        closest.append(UUID(hits[0].id) if hits else None)
    wanted = [key for key in closest if key is not None]
    if not wanted:
        return closest
    found = [*await articles.searchable(db, "faq", wanted), *await articles.searchable(db, "article", wanted)]
    space = {text.id: text.space_id for text in found}
    return [space.get(key) if key is not None else None for key in closest]


async def _assign(
    db: Session, runtime: Runtime, embedder: str, fresh: Sequence[tuple[Noted, Vector, UUID | None]]
) -> None:
    middles = runtime.get(Middles)
    await middles.refresh(db, embedder)
    await _join(db, middles, embedder, fresh)


async def _join(
    db: Session, middles: Middles, embedder: str, fresh: Sequence[tuple[Noted, Vector, UUID | None]]
) -> None:
    now = clock.now()
    asked = await repository.twice_asked(db, [one.conversation_id for one, _, _ in fresh if one.conversation_id])
    answers = await _answers(db, {item for one, _, _ in fresh for item in one.items})
    made: dict[UUID, GapRow] = {}
    moved: dict[UUID, tuple[int, datetime]] = {}
    rows: list[dict[str, object]] = []
    for one, vector, space_id in fresh:
        near = middles.nearest(vector)
        gap_id = near[0] if near is not None and near[1] >= policy.JOIN else None
        if gap_id is None and one.kind == "answered":
            gap_id = next((answers[item] for item in one.items if item in answers), None)
            if gap_id is None:
                continue  # a good answer is no gap; it counts where one is being closed
        again = one.conversation_id is not None and (one.conversation_id, gap_id) in asked
        if gap_id is not None and again:
            continue
        if gap_id is None:
            gap_id = new_id()
            made[gap_id] = GapRow(
                id=gap_id, name=policy.named_after(one.text)[:200], embedder=embedder, centroid=packed_sum(vector),
                weight=0, last_at=one.asked_at, updated_at=now, created_at=now,
            )  # fmt: skip
        if one.conversation_id is not None:
            asked.add((one.conversation_id, gap_id))
        if one.kind != "answered":
            middles.add(gap_id, vector)
            weight, last = moved.get(gap_id, (0, one.asked_at))
            moved[gap_id] = (weight + one.times, max(last, one.asked_at))
        rows.append(_row(one, gap_id, embedder, vector, space_id))
    db.add_all(made.values())
    await db.flush()
    await repository.add_questions(db, rows)
    for gap in await _rows(db, moved):
        weight, last = moved[gap.id]
        gap.centroid = packed_sum(middles.sum_of(gap.id))
        gap.weight += weight
        gap.last_at, gap.updated_at = max(gap.last_at, last), now
        if gap.status == "dismissed" and policy.returns(gap.weight, gap.dismissed_weight):
            gap.status, gap.returned_at = "open", now
    await name(db, list(moved))


def _row(one: Noted, gap_id: UUID, embedder: str, vector: Vector, space_id: UUID | None) -> dict[str, object]:
    return {
        "id": new_id(), "key": one.key, "gap_id": gap_id, "kind": one.kind, "conversation_id": one.conversation_id,
        "seq": one.seq, "channel": one.channel, "locale": one.locale, "asked_at": one.asked_at, "text": one.text[:500],
        "times": one.times, "embedder": embedder, "vector": packed(vector), "space_id": space_id,
        "handed_over": one.handed_over, "ended": one.ended, "minutes": 0.0, "score": one.score,
    }  # fmt: skip


async def _rows(db: Session, ids: Iterable[UUID]) -> list[GapRow]:
    query = select(GapRow).where(GapRow.id.in_(list(ids))).order_by(GapRow.id).with_for_update()
    return list((await db.execute(query)).scalars())


async def _answers(db: Session, items: Iterable[UUID]) -> dict[UUID, UUID]:
    """Of texts that were drafted for a gap: which."""
    wanted = list(items)
    if not wanted:
        return {}
    query = select(GapRow.faq_id, GapRow.id).where(GapRow.faq_id.in_(wanted))
    return {row[0]: row[1] for row in await db.execute(query) if row[0] is not None}


async def name(db: Session, gap_ids: Sequence[UUID]) -> None:
    """Calls gaps nobody has named after their most central question."""
    if not gap_ids:
        return
    members = await repository.members(db, gap_ids, NAMED_BY)
    for gap in await _rows(db, gap_ids):
        if gap.named_by != "question" or not (own := members.get(gap.id)):
            continue
        vectors = np.stack([unpacked(vector) for _, _, vector in own])
        middle = vectors.sum(axis=0)
        scores = vectors @ (middle / max(float(np.linalg.norm(middle)), 1e-9))
        texts = [text for _, text, _ in own]
        gap.name = policy.named_after(texts[policy.central(scores.tolist(), texts)])[:200]
    await db.flush()


async def settle(db: Session, gap_ids: Sequence[UUID]) -> None:
    """Works out middles, weights and names of gaps whose questions were moved; one without questions goes."""
    now = clock.now()
    for gap in await _rows(db, gap_ids):
        own = await repository.vectors_of(db, gap.id, 20_000)
        if not own:
            await db.execute(delete(GapQuestionRow).where(GapQuestionRow.gap_id == gap.id))
            await db.delete(gap)
            continue
        gap.centroid = packed_sum(np.sum([unpacked(vector) for _, vector, _, _ in own], axis=0))
        gap.weight = sum(times for _, _, times, _ in own)
        gap.last_at = max(at for _, _, _, at in own)
        gap.updated_at = now
    await db.flush()
    await name(db, gap_ids)


async def forget(db: Session, conversation_ids: Sequence[UUID]) -> None:
    """Takes away all that was kept of some conversations: they are gone, or nobody's any more."""
    await repository.lock(db)
    query = (
        delete(GapQuestionRow)
        .where(GapQuestionRow.conversation_id.in_(list(conversation_ids)))
        .returning(GapQuestionRow.gap_id)
    )
    touched = {gap_id for gap_id in (await db.execute(query)).scalars() if gap_id is not None}
    await settle(db, sorted(touched, key=lambda key: key.bytes))


async def forget_question(db: Session, conversation_id: UUID, seq: int) -> None:
    """The same for one message that was taken back."""
    await repository.lock(db)
    mine = (GapQuestionRow.conversation_id == conversation_id, GapQuestionRow.seq == seq)
    query = delete(GapQuestionRow).where(*mine).returning(GapQuestionRow.gap_id)
    await settle(db, [gap_id for gap_id in (await db.execute(query)).scalars() if gap_id is not None])


def closeness(runtime: Runtime, one: Vector, two: Vector) -> float:
    return float(scaled(float(one @ two), floor_of(runtime)))
