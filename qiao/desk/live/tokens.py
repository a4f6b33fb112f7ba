"""Sockets opened with personal API tokens: a token that is deleted takes its sockets with it."""

import asyncio
from collections import defaultdict
from uuid import UUID


class TokenSockets:
    """Those of this process, by person. Each one asks again who it is when a token of that person has gone."""

    def __init__(self) -> None:
        self._of: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)

    def add(self, user_id: UUID, doubt: asyncio.Event) -> None:
        self._of[user_id].add(doubt)

    def discard(self, user_id: UUID, doubt: asyncio.Event) -> None:
        if user_id in self._of:
            self._of[user_id].discard(doubt)
            if not self._of[user_id]:
                del self._of[user_id]

    def doubt(self, user_id: UUID) -> None:
        for event in self._of.get(user_id, ()):
            event.set()
