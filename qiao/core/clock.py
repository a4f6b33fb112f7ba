"""The one source of the present moment, so that tests can hold time still."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_frozen: ContextVar[datetime | None] = ContextVar("qiao_frozen_clock", default=None)


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Holds `now()` at `at` (aware) inside the block and in tasks started there."""
    if at.tzinfo is None:
        raise ValueError("a frozen clock needs an aware datetime")
    token = _frozen.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
