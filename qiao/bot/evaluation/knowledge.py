"""The knowledge a configuration speaks of, ready to be asked: the live index itself, or one built beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final
from uuid import UUID

from qiao.bot.evaluation.schemas import Config
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.core.text import normalize
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import SearchableText
from qiao.knowledge.importing.outlook import outlook
from qiao.knowledge.search.cache import SqliteVectorCache
from qiao.knowledge.search.engine import Engine
from qiao.knowledge.search.service import SearchService, document_of

# One index beside the live one at a time in a process: it may take as much memory again.
_ONE: Final = asyncio.Semaphore(1)
_WORKING: Final = {"scheduled": ("scheduled",), "drafts": ("draft", "review", "scheduled")}
Progress = Callable[[int, int], None]


async def texts_of(db: Session, config: Config) -> list[SearchableText]:
    """The texts a configuration speaks of."""
    if config.knowledge == "at" and config.at is not None:
        return await articles.as_of(db, config.at)
    if config.knowledge == "import" and config.import_id is not None:
        return await outlook(db, config.import_id, config.duplicates)
    if config.knowledge in _WORKING:
        return await articles.with_work(db, _WORKING[config.knowledge])
    return [text for source in ("faq", "article") for text in await articles.searchable(db, source)]


def without(texts: Iterable[SearchableText], held_out: Mapping[UUID, set[str]]) -> list[SearchableText]:
    """The texts without the phrasings that are asked of them. The question itself stays: a text needs one."""
    found = []
    for text in texts:
        gone = held_out.get(text.id)
        if gone:
            text = replace(text, variants=tuple(v for v in text.variants if normalize(v) not in gone))
        found.append(text)
    return found


async def index_of(
    runtime: Runtime, texts: Sequence[SearchableText], progress: Progress | None = None
) -> SearchService:
    """A search service like the live one over other texts, with the company's words. Follows no changes."""
    live = runtime.get(SearchService)
    await live.loaded.wait()
    async with runtime.db.read() as db:
        words = await articles.groups(db)

    def build() -> Engine:
        # The live engine's models, and its cache of vectors: what it has read is never read again.
        cache = SqliteVectorCache(runtime.settings.data / "search" / "vectors.sqlite")
        engine = Engine(live.engine.embedder, cache, live.engine.second)
        engine.set_synonyms(words)
        engine.replace([document_of(text) for text in texts], progress=progress)
        while engine.deepen():
            continue  # the second model reads what it has not read yet
        engine.close()  # all is read
        return engine

    service = SearchService(runtime, await asyncio.to_thread(build))
    service.loaded.set()
    return service


@asynccontextmanager
async def opened(
    runtime: Runtime, config: Config, held_out: Mapping[UUID, set[str]], progress: Progress | None = None
) -> AsyncIterator[tuple[SearchService, dict[UUID, UUID | None]]]:
    """The knowledge of a configuration to ask, and where each of its texts stands. Its own index goes with the block."""
    live = runtime.get(SearchService)
    await live.settled()
    async with runtime.db.read() as db:
        texts = await texts_of(db, config)
    spaces = {text.id: text.space_id for text in texts}
    if config.knowledge == "live" and not held_out:
        yield live, spaces
        return
    async with _ONE:
        service = await index_of(runtime, without(texts, held_out), progress)
        del texts
        yield service, spaces
