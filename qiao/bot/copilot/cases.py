"""Resolved conversations by the meaning of their first question. The newest are held as one matrix, loaded on first use."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from qiao.bot.copilot import policy
from qiao.bot.copilot.models import AssistCase
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.knowledge.search.service import SearchService

HELD: Final = 20_000
FRESH_SECONDS: Final = 5.0
FIRST_MESSAGES: Final = 30


class Cases:
    """The cases this process knows: 1 KB each."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._ids: list[UUID] = []
        self._rows: dict[UUID, int] = {}
        self._vectors: NDArray[np.float16] = np.empty((0, 0), np.float16)
        self._newest: datetime | None = None
        self._looked = 0.0
        self._lock = asyncio.Lock()

    async def similar(self, question: str, limit: int) -> list[tuple[UUID, float]]:
        """The closest cases and how close (0 to 1), best first. Who may see them is not decided here."""
        async with self._lock:
            await self._refresh()
            ids, vectors = self._ids, self._vectors
        if not ids:
            return []
        return await asyncio.to_thread(self._closest, question, ids, vectors, limit)

    def _closest(
        self, question: str, ids: Sequence[UUID], vectors: NDArray[np.float16], limit: int
    ) -> list[tuple[UUID, float]]:
        embedder = self.runtime.get(SearchService).engine.embedder
        asked = embedder.questions([question])[0]
        scores = np.concatenate(
            [vectors[at : at + 4096].astype(np.float32) @ asked for at in range(0, len(vectors), 4096)]
        )
        scores = (scores - embedder.floor) / (1 - embedder.floor)
        wanted = min(limit, len(ids))
        best = np.argpartition(-scores, wanted - 1)[:wanted]
        return [(ids[i], float(scores[i])) for i in best[np.argsort(-scores[best])].tolist()]

    async def _refresh(self) -> None:
        if time.monotonic() - self._looked < FRESH_SECONDS:
            return
        embedder = await asyncio.to_thread(lambda: self.runtime.get(SearchService).engine.embedder)
        query = select(AssistCase.conversation_id, AssistCase.vector, AssistCase.updated_at)
        query = query.where(AssistCase.embedder == embedder.name).order_by(AssistCase.updated_at.desc()).limit(HELD)
        if self._newest is not None:
            query = query.where(AssistCase.updated_at > self._newest)
        async with self.runtime.db.read() as db:
            found = (await db.execute(query)).all()
        self._looked = time.monotonic()
        if not found:
            return
        self._newest = found[0].updated_at
        fresh = {row.conversation_id: np.frombuffer(row.vector, np.float16) for row in found}
        kept = [i for i, key in enumerate(self._ids) if key not in fresh][-(HELD - len(fresh)) :] if self._ids else []
        old = self._vectors[kept] if kept else np.empty((0, embedder.dimensions), np.float16)
        self._ids = [*(self._ids[i] for i in kept), *reversed(fresh)]
        self._vectors = np.concatenate([old, np.stack(list(reversed(fresh.values())))])


async def remember(runtime: Runtime, conversation_ids: Sequence[UUID]) -> list[AssistCase]:
    """The cases of some resolved conversations, not yet stored. Reads and embeds; no transaction stays open meanwhile."""
    questions: dict[UUID, tuple[int, str]] = {}
    async with runtime.db.read() as db:
        for conversation_id in conversation_ids:
            messages, _ = await conversations.transcript(
                db, Actor.system(), conversation_id, after_seq=0, limit=FIRST_MESSAGES
            )
            first = policy.first_question(messages)
            if first is not None:
                questions[conversation_id] = (first.seq, first.body[:1000])
    if not questions:
        return []
    engine = runtime.get(SearchService).engine

    def embedded() -> tuple[str, NDArray[np.float32]]:
        return engine.embedder.name, engine.embedder.questions([text for _, text in questions.values()])

    name, vectors = await asyncio.to_thread(embedded)
    now = clock.now()
    return [
        AssistCase(
            conversation_id=key, seq=seq, embedder=name, vector=vector.astype(np.float16).tobytes(), updated_at=now
        )
        for (key, (seq, _)), vector in zip(questions.items(), vectors, strict=True)
    ]


async def store(db: Session, cases: Sequence[AssistCase]) -> None:
    """Stores cases, in place of what was known of the same conversations."""
    for case in cases:
        values = {
            "conversation_id": case.conversation_id, "seq": case.seq, "embedder": case.embedder,
            "vector": case.vector, "updated_at": case.updated_at,
        }  # fmt: skip
        query = insert(AssistCase).values(values)
        await db.execute(query.on_conflict_do_update(index_elements=["conversation_id"], set_=values))


async def missing(runtime: Runtime, ids: Sequence[UUID]) -> list[UUID]:
    """Those of `ids` that are no case yet, or one of another embedding model."""
    if not ids:
        return []
    embedder = await asyncio.to_thread(lambda: runtime.get(SearchService).engine.embedder.name)
    async with runtime.db.read() as db:
        query = select(AssistCase.conversation_id)
        known = set(
            (await db.execute(query.where(AssistCase.conversation_id.in_(ids), AssistCase.embedder == embedder)))
            .scalars()
            .all()
        )
    return [key for key in ids if key not in known]
