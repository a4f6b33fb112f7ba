"""Leaves an endpoint alone that keeps failing. Pure but for the clock it is given."""

import time
from collections.abc import Callable
from typing import Final

FAILURES: Final = 4
PAUSE: Final = 15.0
LONGEST: Final = 300.0


class Breaker:
    """Closed until `FAILURES` in a row; then open for a while; then one call may try, and its outcome decides."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._failures = 0
        self._pause = PAUSE
        self._until = 0.0
        self._trying_until = 0.0

    @property
    def paused(self) -> float:
        """Seconds until the next try; 0 when calls may go."""
        return max(0.0, self._until - self._clock())

    def enter(self, longest: float) -> bool:
        """Whether a call that takes at most `longest` seconds may go now."""
        if self._failures < FAILURES:
            return True
        if self.paused or self._trying_until > self._clock():
            return False
        self._trying_until = self._clock() + longest
        return True

    def succeeded(self) -> None:
        self._failures, self._pause, self._until, self._trying_until = 0, PAUSE, 0.0, 0.0

    def failed(self) -> None:
        self._failures += 1
        self._trying_until = 0.0
        if self._failures >= FAILURES:
            self._until = self._clock() + self._pause
            self._pause = min(LONGEST, self._pause * 2)
