"""What is read and searched, gathered in memory and told as one event every few seconds.

A page costs no write. A process that dies loses the last seconds of counting and nothing else.
"""

import asyncio
import re
import time
from collections import Counter
from typing import Final
from uuid import UUID

import structlog

from qiao.core.actor import Actor
from qiao.core.events import emit
from qiao.core.runtime import Runtime
from qiao.knowledge.helpcenter.events import HelpUsed

logger = structlog.get_logger(__name__)
EVERY_SECONDS: Final = 5.0
SAME_VIEW_SECONDS: Final = 1800.0
MOST_KEPT: Final = 5000
_ROBOT: Final = re.compile(r"bot|crawl|spider|slurp|preview|monitor|headlesschrome-lighthouse", re.IGNORECASE)


def is_robot(user_agent: str) -> bool:
    """Programs that read for themselves are no readers."""
    return not user_agent or _ROBOT.search(user_agent) is not None


class Usage:
    """One process's counts since they were last told."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._views: Counter[UUID] = Counter()
        self._cards: Counter[UUID] = Counter()
        self._searches: Counter[tuple[str, str, int]] = Counter()
        self._seen: dict[tuple[bytes, UUID], float] = {}
        self._task: asyncio.Task[None] | None = None

    def viewed(self, item_id: UUID, who: bytes, *also: bytes, from_chat: bool = False) -> None:
        """A reader opened a text; again within half an hour is the same view. `also`: as what else they may come back."""
        now = time.monotonic()
        before = self._seen.get((who, item_id))
        for known in (who, *also):
            self._seen.pop((known, item_id), None)
            self._seen[known, item_id] = now
        while len(self._seen) > MOST_KEPT:
            del self._seen[next(iter(self._seen))]
        if before is None or now - before > SAME_VIEW_SECONDS:
            (self._cards if from_chat else self._views)[item_id] += 1

    def searched(self, locale: str, words: str, found: int) -> None:
        if len(self._searches) < MOST_KEPT:
            self._searches[locale, words, found] += 1

    async def flush(self) -> None:
        """Tells what has been counted."""
        views, self._views = self._views, Counter()
        cards, self._cards = self._cards, Counter()
        searches, self._searches = self._searches, Counter()
        if not views and not cards and not searches:
            return
        fact = HelpUsed(
            views=tuple(views.items()),
            cards=tuple(cards.items()),
            searches=tuple((locale, words, found, count) for (locale, words, found), count in searches.items()),
        )
        try:
            async with self.runtime.db.transaction() as db:
                await emit(db, fact, actor=Actor.system())
        except Exception:
            logger.exception("help_usage_not_written")
            self._views.update(views)
            self._cards.update(cards)
            self._searches.update(searches)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="help-usage")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.flush()
