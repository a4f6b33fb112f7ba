"""How fast the public pages may be used: per device and per site. Each process counts for itself."""

import time
from typing import Final

from qiao.core.errors import RateLimited

MOST_KEPT: Final = 20_000


class Gate:
    """`burst` at once for each key, then `rate` a second."""

    def __init__(self, rate: float, burst: float):
        self.rate = rate
        self.burst = burst
        self._left: dict[str, tuple[float, float]] = {}

    def pass_one(self, key: str) -> None:
        """Raises RateLimited with the time to wait."""
        now = time.monotonic()
        left, at = self._left.pop(key, (self.burst, now))
        left = min(self.burst, left + (now - at) * self.rate)
        if len(self._left) >= MOST_KEPT:
            del self._left[next(iter(self._left))]
        if left < 1:
            self._left[key] = (left, now)
            seconds = max(1, round((1 - left) / self.rate + 0.5))
            raise RateLimited("walkin.too_fast", headers={"Retry-After": str(seconds)}, seconds=seconds)
        self._left[key] = (left - 1, now)


class Gates:
    """The gates of a process. A kiosk stands for many people, a phone for one."""

    def __init__(self) -> None:
        self.site = Gate(2.0, 60)
        """Numbers and bookings of one site, whoever takes them."""
        self.kiosk = Gate(0.5, 20)
        self.device = Gate(1 / 60, 4)
        self.address = Gate(0.5, 30)
        """One network address: a shop's guests share one."""
        self.guess = Gate(0.2, 10)
        """Appointment codes typed in at one place."""
