"""The engine as the product uses it: fed from the knowledge base, following its changes, asked from the event loop."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import structlog

from qiao.core import clock
from qiao.core.events import Envelope
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.events import KnowledgeChanged
from qiao.knowledge.articles.schemas import SearchableText
from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.document import Decision, Document, Hit
from qiao.knowledge.search.engine import Engine

logger = structlog.get_logger(__name__)

PUBLIC: Final = frozenset({"public"})
STAFF: Final = frozenset({"public", "internal"})


def document_of(text: SearchableText) -> Document:
    """A published text as the engine takes it."""
    return Document(
        id=str(text.id),
        kind="faq" if text.source == "faq" else "article",
        title=text.title,
        variants=text.variants,
        body=text.body,
        locale=text.locale,
        audience=frozenset({text.audience}),
        group=str(text.group_id),
        valid_from=text.valid_from.timestamp() if text.valid_from else None,
        valid_until=text.valid_until.timestamp() if text.valid_until else None,
    )


class SearchService:
    """Each process has one: an index in memory, complete a moment after start, kept true by the event log."""

    def __init__(self, runtime: Runtime, engine: Engine):
        self.runtime = runtime
        self.engine = engine
        self.loaded = asyncio.Event()
        self._changes: asyncio.Queue[list[KnowledgeChanged]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins loading; questions asked before it is done wait for it."""
        self.runtime.tailer.listen(self._on_batch)
        self._task = asyncio.create_task(self._follow(), name="knowledge-index")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def settled(self) -> None:
        """Waits until every change handed over so far is in the index."""
        await self.loaded.wait()
        await self._changes.join()

    async def ask(
        self, question: str, *, audience: frozenset[str], context: str | None = None, locale: str | None = None,
        policy: Policy | None = None,
    ) -> Decision:  # fmt: skip
        """What the knowledge base has to say to a reader of `audience`: answer, choices or none."""
        await self.loaded.wait()
        at = clock.now().timestamp()
        return await asyncio.to_thread(
            self.engine.ask, question, allowed=audience, context=context, locale=locale, policy=policy, at=at
        )

    async def search(
        self, question: str, *, audience: frozenset[str], locale: str | None = None, limit: int = 10
    ) -> list[Hit]:
        """The best documents for a reader of `audience`, best first."""
        await self.loaded.wait()
        at = clock.now().timestamp()
        return await asyncio.to_thread(
            self.engine.search, question, allowed=audience, locale=locale, limit=limit, at=at
        )

    async def _on_batch(self, batch: Sequence[Envelope]) -> None:
        changes = [e.event() for e in batch if e.kind == KnowledgeChanged.kind]
        if changes:
            self._changes.put_nowait([c for c in changes if isinstance(c, KnowledgeChanged)])

    async def _follow(self) -> None:
        while not self.loaded.is_set():
            try:
                await self._load()
                self.loaded.set()
            except Exception:
                logger.exception("knowledge_index_not_loaded")
                await asyncio.sleep(2)
        while True:
            changes = await self._changes.get()
            try:
                await self._apply(changes)
            except Exception:
                logger.exception("knowledge_index_change_failed")
                await asyncio.sleep(1)
                self._changes.put_nowait(changes)
            finally:
                self._changes.task_done()

    async def _load(self) -> None:
        async with self.runtime.db.read() as db:
            texts = [*await articles.searchable(db, "faq"), *await articles.searchable(db, "article")]
        await asyncio.to_thread(self.engine.warm_up)
        await asyncio.to_thread(self.engine.replace, [document_of(text) for text in texts])
        logger.info("knowledge_index_loaded", documents=len(texts))

    async def _apply(self, changes: Iterable[KnowledgeChanged]) -> None:
        wanted: dict[str, list[UUID]] = {"faq": [], "article": []}
        for change in changes:
            wanted[change.source].extend(change.items)
        found: list[SearchableText] = []
        async with self.runtime.db.read() as db:
            for source, ids in wanted.items():
                if ids:
                    found.extend(await articles.searchable(db, source, ids))
        gone = {str(key) for ids in wanted.values() for key in ids} - {str(text.id) for text in found}
        if found:
            await asyncio.to_thread(self.engine.upsert, [document_of(text) for text in found])
        if gone:
            await asyncio.to_thread(self.engine.remove, gone)
