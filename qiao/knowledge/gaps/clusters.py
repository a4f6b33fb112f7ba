"""Which gap a question belongs to: the middles of all gaps in one matrix, and the clustering of small sets."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.knowledge.gaps.models import GapRow
from qiao.knowledge.search.service import SearchService

HELD: Final = 10_000
"""Gaps a question is compared with, those asked about last: 4 KB each."""
Vector = NDArray[np.float32]


async def embedded(runtime: Runtime, texts: Sequence[str]) -> tuple[str, list[Vector]]:
    """(the model's name, a unit vector per text), by the model the search uses. Keep no transaction that writes open."""
    service = runtime.get(SearchService)

    def work() -> tuple[str, list[Vector]]:
        embedder = service.engine.embedder
        vectors = embedder.questions(list(texts))
        # On one scale whatever the model: what two unrelated texts have in common is taken away as a share.
        return embedder.name, [np.asarray(vector, np.float32) for vector in vectors]

    return await asyncio.to_thread(work)


def floor_of(runtime: Runtime) -> float:
    return runtime.get(SearchService).engine.embedder.floor


def packed(vector: Vector) -> bytes:
    return vector.astype(np.float16).tobytes()


def unpacked(value: bytes) -> Vector:
    return np.frombuffer(value, np.float16).astype(np.float32)


def packed_sum(vector: Vector) -> bytes:
    """In full precision: a sum of thousands moves by small steps."""
    return vector.astype(np.float32).tobytes()


def unpacked_sum(value: bytes) -> Vector:
    return np.frombuffer(value, np.float32)


def unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector


def scaled(cosines: Any, floor: float) -> Any:
    return (cosines - floor) / (1 - floor)


class Middles:
    """The middles of the gaps as of the last `refresh`; each process keeps its own."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self.ids: list[UUID] = []
        self._seen: dict[UUID, datetime] = {}
        self._sums: dict[UUID, Vector] = {}
        self._matrix: Vector = np.empty((0, 0), np.float32)
        self._room = 0

    async def refresh(self, db: Session, embedder: str) -> None:
        """Takes in what changed since; gaps of another embedding model wait until they are embedded again."""
        query = select(GapRow.id, GapRow.updated_at).where(GapRow.embedder == embedder)
        found = {row[0]: row[1] for row in await db.execute(query.order_by(GapRow.last_at.desc()).limit(HELD))}
        changed = [key for key, at in found.items() if self._seen.get(key) != at]
        for start in range(0, len(changed), 1000):
            rows = await db.execute(
                select(GapRow.id, GapRow.centroid).where(GapRow.id.in_(changed[start : start + 1000]))
            )
            for key, centroid in rows:
                self._sums[key] = unpacked_sum(centroid)
        gone = self._sums.keys() - found.keys()
        for key in gone:
            del self._sums[key]
        self._seen = found
        if changed or gone:
            self._rebuild()

    def _rebuild(self) -> None:
        # In the order of keys: they grow with time, so of two equally close gaps the older one wins, everywhere.
        self.ids = sorted(self._sums, key=lambda key: key.bytes)
        size = len(next(iter(self._sums.values()))) if self._sums else 0
        self._room = len(self.ids)
        self._matrix = np.empty((self._room + 64, size), np.float32)
        for place, key in enumerate(self.ids):
            self._matrix[place] = unit(self._sums[key])

    def nearest(self, vector: Vector) -> tuple[UUID, float] | None:
        """The gap whose middle is closest, and how close on the scale from 0 to 1."""
        if not self.ids:
            return None
        scores = self._matrix[: self._room] @ vector
        best = int(np.argmax(scores))
        return self.ids[best], float(scaled(scores[best], floor_of(self.runtime)))

    def add(self, gap_id: UUID, vector: Vector) -> None:
        """Moves a gap's middle towards one more question, or begins it. The next refresh reads it again: the transaction may
        yet fail."""
        self._seen.pop(gap_id, None)
        if gap_id in self._sums:
            self._sums[gap_id] = self._sums[gap_id] + vector
            self._matrix[self.ids.index(gap_id)] = unit(self._sums[gap_id])
            return
        self._sums[gap_id] = vector
        if not self.ids or self._room >= len(self._matrix):
            self._rebuild()
            return
        self._matrix[self._room] = unit(vector)
        self.ids.append(gap_id)
        self._room += 1

    def middle(self, gap_id: UUID) -> Vector:
        return unit(self._sums[gap_id])

    def sum_of(self, gap_id: UUID) -> Vector:
        return self._sums[gap_id]


def grouped(vectors: Sequence[Vector], weights: Sequence[int], least: float, floor: float) -> list[list[int]]:
    """Groups of places whose average closeness to each other is at least `least`: agglomerative, average linkage, so the
    same vectors in the same order always make the same groups. Heaviest group first. For a few thousand at most."""
    if len(vectors) < 2:
        return [[place] for place in range(len(vectors))]
    from sklearn.cluster import AgglomerativeClustering  # loading it takes a moment, and only this needs it

    matrix = np.stack([unit(vector) for vector in vectors])
    distance = np.clip(1 - scaled(matrix @ matrix.T, floor), 0, 2)
    np.fill_diagonal(distance, 0)
    model = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1 - least
    )
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(model.fit_predict(distance)):
        groups.setdefault(int(label), []).append(place)
    return sorted(groups.values(), key=lambda group: (-sum(weights[i] for i in group), group[0]))
