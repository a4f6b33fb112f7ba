"""How often one address may vote or sign in: buckets in memory, one process each."""

import ipaddress
import time
from typing import Final

from qiao.core.errors import RateLimited

MOST_KEPT: Final = 10_000


class Limiter:
    """`burst` at once, then `rate` a second. This machine itself stands for many people and is let through."""

    def __init__(self, rate: float, burst: float):
        self.rate = rate
        self.burst = burst
        self._left: dict[str, tuple[float, float]] = {}

    def check(self, ip: str | None) -> None:
        """Raises RateLimited with the time to wait."""
        if ip is None or _here(ip):
            return
        now = time.monotonic()
        left, at = self._left.pop(ip, (self.burst, now))
        left = min(self.burst, left + (now - at) * self.rate)
        if len(self._left) >= MOST_KEPT:
            del self._left[next(iter(self._left))]
        if left < 1:
            self._left[ip] = (left, now)
            seconds = max(1, round((1 - left) / self.rate + 0.5))
            raise RateLimited("help.too_fast", headers={"Retry-After": str(seconds)}, seconds=seconds)
        self._left[ip] = (left - 1, now)


def _here(ip: str) -> bool:
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return True
