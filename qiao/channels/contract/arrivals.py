"""Keeping what arrives: before a provider hears that we have it, it is stored."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from qiao.core.db import Db
from qiao.core.ids import new_id

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of one payload."""
_KEY_LIMIT: Final = 100

_KEEP: Final = """
INSERT INTO channel_arrivals (id, inbox_id, remote_key, raw)
SELECT id, $1, remote_key, raw FROM unnest($2::uuid[], $3::text[], $4::bytea[]) AS i(id, remote_key, raw)
ON CONFLICT (inbox_id, remote_key) WHERE remote_key IS NOT NULL DO NOTHING
"""
_KEEP_WITH_CURSOR: Final = """
WITH moved AS (
  INSERT INTO channel_sources (inbox_id, cursor, updated_at) VALUES ($1, $5, now())
  ON CONFLICT (inbox_id) DO UPDATE SET cursor = excluded.cursor, updated_at = now()
)
INSERT INTO channel_arrivals (id, inbox_id, remote_key, raw)
SELECT id, $1, remote_key, raw FROM unnest($2::uuid[], $3::text[], $4::bytea[]) AS i(id, remote_key, raw)
ON CONFLICT (inbox_id, remote_key) WHERE remote_key IS NOT NULL DO NOTHING
"""


async def keep(
    db: Db, inbox_id: UUID, payloads: Sequence[tuple[str | None, bytes]], cursor: dict[str, Any] | None = None
) -> None:
    """Stores payloads, and where their source has got to, in one transaction. Repeats (same id) are dropped."""
    ids = [new_id() for _ in payloads]
    keys = [remote_key(key) for key, _ in payloads]
    raws = [raw for _, raw in payloads]
    pool = await db.raw()
    if cursor is None:
        await pool.execute(_KEEP, inbox_id, ids, keys, raws)
    else:
        await pool.execute(_KEEP_WITH_CURSOR, inbox_id, ids, keys, raws, cursor)


def remote_key(key: str | None) -> str | None:
    """The provider's id as it is stored: long ones by their fingerprint."""
    if not key:
        return None
    key = key.replace("\x00", "")
    return key if len(key) <= _KEY_LIMIT else short(key)


def short(text: str) -> str:
    """A fingerprint of 64 characters, for ids that are too long to keep."""
    import hashlib

    return hashlib.sha256(msgspec.json.encode(text)).hexdigest()
