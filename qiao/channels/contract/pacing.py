"""How fast messages of an inbox leave: as fast as its provider takes them, and not at all while it asks us to wait."""

import asyncio
import time
from typing import Final
from uuid import UUID

LONGEST: Final = 30.0
"""Seconds a message waits here; longer ones are tried again later."""


class TooSoon(Exception):
    """The provider's limit is used up for longer than is worth waiting. `after`: seconds."""

    def __init__(self, after: float):
        super().__init__(f"{after:.0f} s")
        self.after = after


class Pacing:
    """A token bucket per inbox. One process delivers for all (the reaction is held by one), so it needs no other's."""

    def __init__(self) -> None:
        self._next: dict[UUID, float] = {}
        self._until: dict[UUID, float] = {}

    async def turn(self, inbox_id: UUID, per_second: int, burst: int) -> None:
        """Returns when the next message may leave. Raises TooSoon."""
        now = time.monotonic()
        wait = self._until.get(inbox_id, now) - now
        if per_second > 0:
            step = 1.0 / per_second
            # The theoretical arrival time of the generic cell rate algorithm (ITU-T I.371).
            at = max(self._next.get(inbox_id, now), now)
            wait = max(wait, at - now - (max(burst, 1) - 1) * step)
            if wait <= LONGEST:
                self._next[inbox_id] = at + step
        if wait > LONGEST:
            raise TooSoon(wait)
        if wait > 0:
            await asyncio.sleep(wait)

    def pause(self, inbox_id: UUID, seconds: float) -> None:
        """The provider asks us to wait."""
        self._until[inbox_id] = max(self._until.get(inbox_id, 0.0), time.monotonic() + seconds)
