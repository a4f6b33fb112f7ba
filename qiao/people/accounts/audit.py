"""The audit log: who changed what. Written in the transaction of the change, so neither exists without the other."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.people.accounts import repository
from qiao.people.accounts.models import AuditRow
from qiao.people.accounts.schemas import AuditEntry
from qiao.people.personal import marks, mask

Changes = dict[str, list[Any]]
_SECRET_WORDS: Final = ("password", "secret", "token", "credential")
_LONGEST: Final = 500


def snapshot(row: Any) -> dict[str, Any]:
    """The column values of a row now, to be compared later with `diff`."""
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}


def diff(before: Mapping[str, Any], after: Mapping[str, Any], *, model: type[Any] | None = None) -> Changes:
    """What differs, as `{field: [old, new]}`. Secrets and personal data (as `model` marks them) are masked."""
    personal = marks(model) if model is not None else {}
    changes: Changes = {}
    for key in after:
        old, new = before.get(key), after[key]
        if old != new:
            changes[key] = [_shown(key, old, personal), _shown(key, new, personal)]
    return changes


def _shown(key: str, value: Any, personal: Mapping[str, str]) -> Any:
    kind = personal.get(key)
    if kind is None and any(word in key.lower() for word in _SECRET_WORDS):
        kind = "secret"
    if kind is not None and not isinstance(value, bool):
        return mask(kind, value)
    if isinstance(value, Mapping):
        return {str(k): _shown(str(k), v, {}) for k, v in value.items()}
    if isinstance(value, str) and len(value) > _LONGEST:
        return value[:_LONGEST] + "…"
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown("", item, {}) for item in value]
    return value


async def record(
    db: Session,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: UUID | int | str,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Notes that `actor` did `action` (`customer.blocked`). `changes` must be free of secrets: make them with `diff`."""
    db.add(
        AuditRow(
            id=new_id(),
            at=clock.now(),
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name[:120],
            ip=actor.ip,
            action=action,
            object_type=object_type,
            object_id=str(object_id)[:80],
            changes=dict(changes or {}),
        )
    )


async def page(
    db: Session,
    *,
    actor_id: UUID | None,
    object_type: str | None,
    object_id: str | None,
    action: str | None,
    before: UUID | None,
    limit: int,
) -> list[AuditEntry]:
    """Entries, newest first. `action` also matches everything below it (`customer` finds `customer.blocked`)."""
    rows = await repository.audit_page(
        db, actor_id=actor_id, object_type=object_type, object_id=object_id, action=action, before=before, limit=limit
    )
    return [AuditEntry.model_validate(row) for row in rows]
