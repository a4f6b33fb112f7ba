"""From a proof (session cookie, API token) or a user id to an `Actor`, in one query."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound, Unauthenticated
from qiao.core.i18n import DEFAULT_LOCALE
from qiao.core.runtime import Runtime, runtime_of
from qiao.people.accounts.credentials import TOKEN_PREFIX, hash_token
from qiao.people.accounts.ports import QueueMembership

# Recording every use would turn every read into a write.
TOUCH_EVERY: Final = timedelta(minutes=5)
LONGEST_SESSION: Final = timedelta(days=90)

_PERSON: Final = """
    u.id, u.name, u.locale, u.department_id, u.must_change_password,
    ARRAY(SELECT DISTINCT unnest(r.permissions) FROM user_roles ur JOIN roles r ON r.id = ur.role_id
        WHERE ur.user_id = u.id) AS permissions,
    {queues} AS queue_ids
"""
_BY_SESSION: Final = f"""
    SELECT {_PERSON}, s.id AS session_id, NULL::text[] AS scopes, s.id AS proof_id, s.last_seen_at AS used_at
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.active
"""  # noqa: S608 - put together from constants only
_BY_TOKEN: Final = f"""
    SELECT {_PERSON}, NULL::uuid AS session_id, t.scopes, t.id AS proof_id, t.last_used_at AS used_at
    FROM api_tokens t JOIN users u ON u.id = t.user_id
    WHERE t.token_hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND u.active
"""  # noqa: S608 - put together from constants only
_BY_ID: Final = f"""
    SELECT {_PERSON}, NULL::uuid AS session_id, NULL::text[] AS scopes
    FROM users u WHERE u.id = :id AND u.active
"""  # noqa: S608 - put together from constants only
_NO_QUEUES: Final = "ARRAY[]::uuid[]"


@dataclass(frozen=True, slots=True)
class Identified:
    """Who it is. `must_change_password`: may do nothing but choose a new password."""

    actor: Actor
    own_locale: str | None
    must_change_password: bool


def _queues_sql(runtime: Runtime) -> str:
    # The registry is keyed by the protocol itself.
    membership: QueueMembership | None = runtime.parts.get(QueueMembership)
    return membership.sql if membership is not None else _NO_QUEUES


def _identified(row: Any, ip: str | None) -> Identified:
    permissions = frozenset(row["permissions"])
    if row["scopes"] is not None:
        permissions &= frozenset(row["scopes"])
    blocked = bool(row["must_change_password"])
    actor = Actor(
        kind="user",
        id=UUID(str(row["id"])),
        name=row["name"],
        permissions=frozenset() if blocked else permissions,
        locale=row["locale"] or DEFAULT_LOCALE,
        queue_ids=frozenset(UUID(str(q)) for q in row["queue_ids"]),
        department_id=row["department_id"] and UUID(str(row["department_id"])),
        session_id=row["session_id"] and UUID(str(row["session_id"])),
        ip=ip,
    )
    return Identified(actor, row["locale"], blocked)


async def identify(runtime: Runtime, proof: str, *, ip: str | None = None) -> Identified | None:
    """Who holds `proof` (the value of a session cookie, or an API token); None when nobody does any more."""
    by_token = proof.startswith(TOKEN_PREFIX)
    pool = await runtime.db.raw()
    now = clock.now()
    query = (_BY_TOKEN if by_token else _BY_SESSION).format(queues=_queues_sql(runtime))
    row = await pool.fetchrow(query, hash_token(proof), now)
    if row is None:
        return None
    if row["used_at"] is None or row["used_at"] < now - TOUCH_EVERY:
        if by_token:
            await pool.execute("UPDATE api_tokens SET last_used_at = $2 WHERE id = $1", row["proof_id"], now)
        else:
            await pool.execute(
                "UPDATE sessions SET last_seen_at = $2::timestamptz,"
                " expires_at = LEAST($2::timestamptz + make_interval(secs => idle_seconds), created_at + $3::interval)"
                " WHERE id = $1",
                row["proof_id"],
                now,
                LONGEST_SESSION,
            )
    return _identified(row, ip)


async def actor_for(db: Session, user_id: UUID) -> Actor:
    """The actor of an active member of staff, as of this transaction. Raises NotFound."""
    query = _BY_ID.format(queues=_queues_sql(runtime_of(db)))
    row = (await db.execute(text(query), {"id": user_id})).mappings().one_or_none()
    if row is None:
        raise NotFound("user_not_found")
    return _identified(row, None).actor


def own_id(actor: Actor) -> UUID:
    """The id of the person who acts. Raises Unauthenticated for the system, the bot and customers."""
    if actor.kind != "user" or actor.id is None:
        raise Unauthenticated("sign_in_required")
    return actor.id
