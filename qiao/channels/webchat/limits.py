"""How fast visitors may do things: token buckets in memory, one process each."""

import ipaddress
import time
from functools import lru_cache
from typing import Final

from qiao.core.errors import RateLimited

MOST_KEPT: Final = 20_000


class Bucket:
    """Refills at `rate` per second up to `burst`."""

    __slots__ = ("at", "left")

    def __init__(self, burst: float):
        self.left = burst
        self.at = time.monotonic()

    def take(self, rate: float, burst: float, cost: float = 1.0) -> float:
        """0 when there was room, else the seconds until there is."""
        now = time.monotonic()
        self.left = min(burst, self.left + (now - self.at) * rate)
        self.at = now
        if self.left >= cost:
            self.left -= cost
            return 0.0
        return (cost - self.left) / rate


class Limiter:
    """Buckets by key (an address, a visitor); the longest unused are forgotten first."""

    def __init__(self, rate: float, burst: float):
        self.rate = rate
        self.burst = burst
        self._buckets: dict[object, Bucket] = {}

    def check(self, key: object, cost: float = 1.0) -> None:
        """Raises RateLimited with the time to wait."""
        bucket = self._buckets.pop(key, None) or Bucket(self.burst)
        self._buckets[key] = bucket
        if len(self._buckets) > MOST_KEPT:
            del self._buckets[next(iter(self._buckets))]
        wait = bucket.take(self.rate, self.burst, cost)
        if wait > 0:
            raise too_fast(wait)


def too_fast(wait: float) -> RateLimited:
    seconds = max(1, round(wait + 0.5))
    return RateLimited("widget.too_fast", headers={"Retry-After": str(seconds)}, seconds=seconds)


@lru_cache(maxsize=4096)
def exempt(ip: str | None) -> bool:
    """Whether an address stands for many people: this machine itself, or a proxy here that does not say whom it forwards."""
    if ip is None:
        return True
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False
