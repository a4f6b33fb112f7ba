"""Identifiers: UUIDv7, so that keys sort by the time they were made and indexes stay compact."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last_ms = 0
_counter = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7), strictly increasing within this process.

    The 12 bits after the version are a counter (method 1 of §6.2), so ids made in one millisecond still sort.
    """
    global _last_ms, _counter
    with _lock:
        ms = time.time_ns() // 1_000_000
        if ms <= _last_ms:
            _counter += 1
            if _counter > 0xFFF:
                _last_ms += 1
                _counter = 0
        else:
            _last_ms = ms
            _counter = 0
        ms, counter = _last_ms, _counter
    tail = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=(ms << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | tail)
