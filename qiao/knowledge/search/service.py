"""The engine as the product uses it: fed from the knowledge base, following its changes, asked from the event loop."""

import asyncio
import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final
from uuid import UUID

import structlog

from qiao.core import clock, memory
from qiao.core.events import Envelope
from qiao.core.log import EVER, newest
from qiao.core.runtime import Runtime
from qiao.core.text import normalize
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import ANONYMOUS, STAFF, Reader
from qiao.knowledge.articles.conditions import Conditions, Situation
from qiao.knowledge.articles.events import KnowledgeChanged, WordsChanged
from qiao.knowledge.articles.schemas import SearchableText
from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.document import Decision, Document, Hit
from qiao.knowledge.search.engine import Engine
from qiao.knowledge.search.twins import Twins

logger = structlog.get_logger(__name__)

PUBLIC: Final = ANONYMOUS
__all__ = ["PUBLIC", "STAFF", "SearchService", "document_of"]

# What makes a question the same as a known one: 怎么申请退货 / 如何申请退货 (meaning 0.98, words 0.80, 0.89 sure) lie above,
# 专用发票 / 普通发票 (0.92) and 退货 / 换货 (0.77) below.
_SAME_MEANING: Final = 0.95
_SAME_WORDS: Final = 0.75
_SURE: Final = 0.85
# After how many seconds of quiet the second model begins to read, and how many texts at a time: 0.1 to 1 s of a core.
_SETTLED: Final = 15.0
_AT_ONCE: Final = 8
# How many seconds what has been committed may take to be heard of.
_HEARD_WITHIN: Final = 10.0


def document_of(text: SearchableText) -> Document:
    """A published text as the engine takes it."""
    return Document(
        id=str(text.id),
        kind="faq" if text.source == "faq" else "article",
        title=text.title,
        variants=text.variants,
        body=text.body,
        locale=text.locale,
        audience=text.readers,
        group=str(text.group_id),
        valid_from=text.valid_from.timestamp() if text.valid_from else None,
        valid_until=text.valid_until.timestamp() if text.valid_until else None,
        conditions=Conditions.of(text.conditions),
    )


class SearchService:
    """Each process has one: an index in memory, complete a moment after start, kept true by the event log."""

    def __init__(self, runtime: Runtime, engine: Engine):
        self.runtime = runtime
        self.engine = engine
        self.loaded = asyncio.Event()
        self._changes: asyncio.Queue[list[KnowledgeChanged | WordsChanged]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._deepening: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Begins loading; questions asked before it is done wait for it."""
        self.runtime.tailer.listen(self._on_batch)
        self._task = asyncio.create_task(self._follow(), name="knowledge-index")
        self._deepening = asyncio.create_task(self._deepen(), name="knowledge-second-model")

    async def stop(self) -> None:
        running = [task for task in (self._task, self._deepening) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.to_thread(self.engine.close)

    async def settled(self) -> None:
        """Waits until every change committed so far is in the index."""
        await self.loaded.wait()
        if not await self.runtime.tailer.taken(await newest(self.runtime.db, EVER), _HEARD_WITHIN):
            logger.warning("knowledge_index_behind")  # a long transaction of somebody else's holds the log back
        await self._changes.join()

    async def ask(
        self, question: str, *, audience: Reader, context: str | None = None, locale: str | None = None,
        policy: Policy | None = None, situation: Situation | None = None,
    ) -> Decision:  # fmt: skip
        """What the knowledge base has to say to a reader of `audience`: answer, choices or none.

        With a `situation` only texts that hold in it count; customers are always in one, staff look at all of them.
        """
        await self.loaded.wait()
        at = clock.now().timestamp()
        return await asyncio.to_thread(
            self.engine.ask, question, allowed=audience, context=context, locale=locale, policy=policy, at=at,
            situation=situation,
        )  # fmt: skip

    async def search(
        self, question: str, *, audience: Reader, locale: str | None = None, limit: int = 10,
        situation: Situation | None = None,
    ) -> list[Hit]:  # fmt: skip
        """The best documents for a reader of `audience`, best first; with a `situation`, of those that hold in it."""
        await self.loaded.wait()
        at = clock.now().timestamp()
        return await asyncio.to_thread(
            self.engine.search, question, allowed=audience, locale=locale, limit=limit, at=at, situation=situation,
            forgiving=True,
        )  # fmt: skip

    async def meant(self, question: str) -> str | None:
        """The question without its slips, or out of pinyin; None when there is nothing to mend."""
        await self.loaded.wait()
        return await asyncio.to_thread(self.engine.meant, question)

    async def repeats(self, question: str, *, audience: Reader = STAFF) -> Hit | None:
        """The published FAQ that already has this question in other words, or None; internal ones count as well.

        Closeness is that of the phrasings alone, whatever the answer says; a number, a code, a 不 or another thing named in
        the same words makes another question.
        """
        hits = [hit for hit in await self.search(question, audience=audience, limit=3) if hit.document.kind == "faq"]
        return await asyncio.to_thread(self._repeated, question, hits) if hits else None

    def _repeated(self, question: str, hits: Sequence[Hit]) -> Hit | None:
        own = normalize(question)
        floor = self.engine.embedder.floor
        twins = Twins(self.engine.embedder)
        for hit in hits:
            if hit.score < _SAME_WORDS or hit.probability < _SURE:
                continue
            for phrasing in (hit.document.title, *hit.document.variants):
                one, two = self.engine.vectors_for([own, phrasing])
                alike = (float(one @ two) - floor) / (1 - floor) >= _SAME_MEANING
                if alike and not twins.apart(own, normalize(phrasing)):
                    return hit
        return None

    async def _on_batch(self, batch: Sequence[Envelope]) -> None:
        changes = [e.event() for e in batch if e.kind in (KnowledgeChanged.kind, WordsChanged.kind)]
        if changes:
            self._changes.put_nowait([c for c in changes if isinstance(c, KnowledgeChanged | WordsChanged)])

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

    async def _deepen(self) -> None:
        """Has the second model read what it has not, a few texts at a time and with a core to spare for questions."""
        quiet = ThreadPoolExecutor(1, "knowledge-second", initializer=_step_back)
        loop = asyncio.get_running_loop()
        try:
            await self.loaded.wait()
            while True:
                # Start and a burst of changes come first.
                await asyncio.sleep(_SETTLED)
                self._changed.clear()
                began, done = loop.time(), 1
                while done:
                    started = loop.time()
                    done = await loop.run_in_executor(quiet, self.engine.deepen, _AT_ONCE)
                    await asyncio.sleep(min(1.0, loop.time() - started))
                await asyncio.to_thread(memory.give_back)
                logger.info("knowledge_second_model_done", seconds=round(loop.time() - began, 1))
                await self._changed.wait()
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("knowledge_second_model_failed")
        finally:
            quiet.shutdown(wait=False, cancel_futures=True)

    async def _load(self) -> None:
        async with self.runtime.db.read() as db:
            texts = [*await articles.searchable(db, "faq"), *await articles.searchable(db, "article")]
        await self._load_words()
        if texts:  # an empty knowledge base needs no model; the first text that comes loads it
            await asyncio.to_thread(self.engine.warm_up)
            await asyncio.to_thread(self.engine.replace, [document_of(text) for text in texts])
            await asyncio.to_thread(
                memory.give_back
            )  # reading texts for the first time takes a hundred megabytes meanwhile
        logger.info("knowledge_index_loaded", documents=len(texts))

    async def _load_words(self) -> None:
        """Tells the engine the company's words."""
        async with self.runtime.db.read() as db:
            words = await articles.groups(db)
        await asyncio.to_thread(self.engine.set_synonyms, words)

    async def _apply(self, changes: Iterable[KnowledgeChanged | WordsChanged]) -> None:
        wanted: dict[str, list[UUID]] = {"faq": [], "article": []}
        for change in changes:
            if isinstance(change, WordsChanged):
                await self._load_words()
            else:
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
        self._changed.set()


def _step_back() -> None:
    """Makes this thread give way to all others, where the system can."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
