"""The published flows as one process knows them: documents by version, and the matcher of their phrases."""

import asyncio
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from qiao.bot.flows.document import Flow
from qiao.bot.flows.matching import Match, Matcher, Vectors
from qiao.bot.flows.models import FlowRow, FlowVersionRow
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.knowledge.search.service import SearchService

MOST_KEPT = 200


class _EngineMeaning:
    """Sentences as the answering engine sees them, with its cache of vectors."""

    def __init__(self, search: SearchService):
        self._search = search

    def vectors(self, texts: Sequence[str]) -> Vectors:
        return self._search.engine.vectors_for(list(texts))

    def floor(self) -> float:
        return self._search.engine.embedder.floor


class FlowBook:
    """One per process. Which versions are published is asked of the database each time (a handful of rows), so that
    every process obeys a publication at once; a version itself never changes and is read once."""

    def __init__(self, runtime: Runtime):
        self._runtime = runtime
        self._versions: dict[UUID, Flow] = {}
        self._matcher: tuple[frozenset[UUID], Matcher] | None = None

    async def published(self, db: Session) -> dict[str, tuple[UUID, Flow]]:
        """Flow key → version in use."""
        query = select(FlowRow.key, FlowRow.published_id).where(FlowRow.published_id.is_not(None))
        rows = [(key, version_id) for key, version_id in (await db.execute(query)).all() if version_id is not None]
        flows = await self.versions(db, [version_id for _, version_id in rows])
        return {key: (version_id, flows[version_id]) for key, version_id in rows if version_id in flows}

    async def versions(self, db: Session, ids: Iterable[UUID]) -> dict[UUID, Flow]:
        """Documents by version, as far as they exist."""
        wanted = set(ids)
        missing = wanted - set(self._versions)
        if missing:
            query = select(FlowVersionRow.id, FlowVersionRow.document).where(FlowVersionRow.id.in_(missing))
            for version_id, document in (await db.execute(query)).all():
                self._versions[version_id] = Flow.model_validate(document)
            while len(self._versions) > MOST_KEPT + len(wanted):
                self._versions.pop(next(key for key in self._versions if key not in wanted))
        return {key: self._versions[key] for key in wanted if key in self._versions}

    async def match(self, published: dict[str, tuple[UUID, Flow]], text: str) -> list[Match]:
        """Published flows by how well a sentence asks for them."""
        if not published:
            return []
        key = frozenset(version_id for version_id, _ in published.values())
        if self._matcher is None or self._matcher[0] != key:
            meaning = _EngineMeaning(self._runtime.get(SearchService))
            self._matcher = (key, Matcher({name: flow for name, (_, flow) in published.items()}, meaning))
        return await asyncio.to_thread(self._matcher[1].match, text)
