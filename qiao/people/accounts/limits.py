"""How often one may try to sign in. Kept in the database, so that a restart or a second process forgets nothing."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, text, update

from qiao.core import clock
from qiao.core.db import Session
from qiao.core.errors import RateLimited
from qiao.people.accounts.models import LoginAttemptRow

WINDOW: Final = timedelta(minutes=15)
PER_ACCOUNT_AND_ADDRESS: Final = 8
PER_ADDRESS: Final = 60

_COUNT: Final = text(
    "INSERT INTO login_attempts AS a (key, attempts, window_ends_at) VALUES (:key, 1, :ends)"
    " ON CONFLICT (key) DO UPDATE SET"
    " attempts = CASE WHEN a.window_ends_at <= :now THEN 1 ELSE a.attempts + 1 END,"
    " window_ends_at = CASE WHEN a.window_ends_at <= :now THEN :ends ELSE a.window_ends_at END"
    " RETURNING attempts, window_ends_at"
)


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).digest()


async def count(db: Session, email: str, ip: str | None) -> None:
    """Counts one try before the password is looked at, so that parallel guesses count too. Raises RateLimited.

    The caller must let this transaction commit even when the try fails.
    """
    now = clock.now()
    address = ip or "?"
    # Always in this order: two sign-ins from one address must not wait for each other in a circle.
    for key, limit in ((_key("ip", address), PER_ADDRESS), (_key("account", email, address), PER_ACCOUNT_AND_ADDRESS)):
        row = (await db.execute(_COUNT, {"key": key, "now": now, "ends": now + WINDOW})).one()
        if row.attempts > limit:
            raise _limited(row.window_ends_at, now)


def _limited(ends: datetime, now: datetime) -> RateLimited:
    seconds = max(1, int((ends - now).total_seconds()) + 1)
    return RateLimited("login_rate_limited", headers={"Retry-After": str(seconds)}, minutes=(seconds + 59) // 60)


async def forgive(db: Session, email: str, ip: str | None) -> None:
    """A successful sign-in: the account's tries from this address are forgotten, and its own does not count."""
    address = ip or "?"
    key = _key("ip", address)
    await db.execute(
        update(LoginAttemptRow)
        .where(LoginAttemptRow.key == key, LoginAttemptRow.attempts > 0)
        .values(attempts=LoginAttemptRow.attempts - 1)
    )
    await db.execute(delete(LoginAttemptRow).where(LoginAttemptRow.key == _key("account", email, address)))


async def tidy(db: Session) -> None:
    await db.execute(delete(LoginAttemptRow).where(LoginAttemptRow.window_ends_at < clock.now()))
