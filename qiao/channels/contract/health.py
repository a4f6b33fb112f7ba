"""How inboxes are doing: when they last worked, and what troubles them."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.contract import wire
from qiao.channels.contract.models import Arrival, Delivery, Health
from qiao.core import clock, i18n
from qiao.core.db import Session
from qiao.core.runtime import Runtime

NOTED_EVERY: Final = timedelta(seconds=10)
SILENT: Final = timedelta(hours=1)
"""Where nothing has come in for this long, what is refused at the door may be the provider's."""
REFUSED: Final = "channel_signature_invalid"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class HealthView(msgspec.Struct, frozen=True):
    """`state`: `quiet` (nothing yet), `fine`, or `failing` with the reason in the reader's words."""

    inbox_id: UUID
    state: str
    last_in_at: datetime | None
    last_out_at: datetime | None
    failing_since: datetime | None
    failed_at: datetime | None
    reason: str | None
    waiting: int
    dead: int
    failed: int


def heard_lately(inbox_id: UUID) -> ScalarSelect[Any]:
    """Whether `came_in` would change nothing now; NULL for an inbox that has heard nothing yet."""
    return select(Health.last_in_at >= clock.now() - NOTED_EVERY).where(Health.inbox_id == inbox_id).scalar_subquery()


async def came_in(db: Session, inbox_id: UUID) -> None:
    """Something arrived. Written down every few seconds at most: a busy inbox would rewrite its row all day."""
    now = clock.now()
    statement = insert(Health).values(inbox_id=inbox_id, last_in_at=now)
    long_ago = func.coalesce(Health.last_in_at, _NEVER) < now - NOTED_EVERY
    values = {"last_in_at": now, **_let_in()}
    await db.execute(statement.on_conflict_do_update(index_elements=["inbox_id"], set_=values, where=long_ago))


class _Heard:
    """When this process last noted that something came in, and that something was refused, by inbox."""

    def __init__(self) -> None:
        self.at: dict[UUID, float] = {}
        self.refused: dict[UUID, float] = {}

    @classmethod
    def of(cls, runtime: Runtime) -> "_Heard":
        return runtime.once(cls, cls)


async def heard(runtime: Runtime, inbox_id: UUID) -> None:
    """`came_in` for a door of our own, through which messages come one by one and fast."""
    if _noted(_Heard.of(runtime).at, inbox_id, time.monotonic()):
        await runtime.db.run(lambda db: came_in(db, inbox_id))


async def refused(runtime: Runtime, inbox_id: UUID) -> None:
    """Somebody was not let in: whoever sets the channel up reads why. Where messages come in, strangers change nothing."""
    if _noted(_Heard.of(runtime).refused, inbox_id, clock.now().timestamp()):
        silent = func.coalesce(Health.last_in_at, _NEVER) < clock.now() - SILENT
        untroubled = or_(Health.failing_since.is_(None), Health.error["code"].astext == REFUSED)
        await runtime.db.run(lambda db: failing(db, inbox_id, REFUSED, {}, where=and_(silent, untroubled)))


async def let_in(runtime: Runtime, inbox_id: UUID) -> None:
    """Somebody was let in, even if they brought nothing: the check of an address, say."""
    if _Heard.of(runtime).refused.pop(inbox_id, None) is not None:
        await runtime.db.run(
            lambda db: db.execute(update(Health).where(Health.inbox_id == inbox_id).values(**_let_in()))
        )


def _noted(at: dict[UUID, float], inbox_id: UUID, now: float) -> bool:
    """Whether it is time to note it again; then it counts as noted."""
    if now - at.get(inbox_id, -NOTED_EVERY.total_seconds()) < NOTED_EVERY.total_seconds():
        return False
    at[inbox_id] = now
    return True


def _let_in() -> dict[str, Any]:
    was = Health.error["code"].astext == REFUSED
    return {
        "failing_since": case((was, null()), else_=Health.failing_since),
        "error": case((was, null()), else_=Health.error),
    }


async def went_out(db: Session, inbox_id: UUID) -> None:
    """A delivery worked: whatever troubled the way out is over."""
    now = clock.now()
    await _note(db, inbox_id, {"last_out_at": now, "fine_at": now, "failing_since": None, "error": None})


async def fine(db: Session, inbox_id: UUID) -> None:
    """A connection stands."""
    await _note(db, inbox_id, {"fine_at": clock.now(), "failing_since": None, "error": None})


async def failing(
    db: Session, inbox_id: UUID, code: str, params: Mapping[str, Any], *, where: ColumnElement[bool] | None = None
) -> None:
    """Something does not work. `where`: unless what is known of the inbox says otherwise."""
    now = clock.now()
    error = {"code": code, "params": {key: str(value)[:300] for key, value in params.items()}}
    statement = insert(Health).values(inbox_id=inbox_id, failing_since=now, failed_at=now, error=error)
    values = {
        "failing_since": func.coalesce(Health.failing_since, now),
        "failed_at": now,
        "error": error,
    }
    await db.execute(statement.on_conflict_do_update(index_elements=["inbox_id"], set_=values, where=where))


async def views(db: Session, locale: str) -> list[HealthView]:
    """All inboxes that channels have touched, with what waits and what failed."""
    rows = (await db.execute(select(Health))).scalars().all()
    arrivals = (
        await db.execute(
            select(Arrival.inbox_id, Arrival.state, func.count())
            .where(Arrival.state.in_(["waiting", "dead"]))
            .group_by(Arrival.inbox_id, Arrival.state)
        )
    ).all()
    failures = (
        await db.execute(
            select(Delivery.inbox_id, func.count()).where(Delivery.state == "failed").group_by(Delivery.inbox_id)
        )
    ).all()
    counts = {(inbox, state): number for inbox, state, number in arrivals}
    failed = {row[0]: row[1] for row in failures}
    known = {row.inbox_id: row for row in rows}
    return [
        _view(inbox_id, known.get(inbox_id), counts, failed, locale)
        for inbox_id in sorted({*known, *failed, *(inbox for inbox, _ in counts)}, key=str)
    ]


def reason(error: Mapping[str, Any] | None, locale: str) -> str | None:
    """What is wrong, in words."""
    if not error:
        return None
    code, params = str(error.get("code", "")), dict(error.get("params") or {})
    for name in ("detail", "reason"):
        if name in params:
            params[name] = wire.worded(str(params[name]), locale)
    detail = f"errors.{params.get('detail', '')}"
    unlike = f"channels.letter.because.{params.get('detail', '')}"
    if (
        said := i18n.t(unlike, locale)
    ) == unlike:  # what is said of a form's field is not always what is said of a payload
        said = i18n.t(detail, locale)
    if said != detail and "{" not in said:  # why a field was refused is kept as a code
        params["detail"] = said
        if params.get("field"):
            part = f"{params.get('channel', '')}.part.{params['field']}"
            name = i18n.t(part, locale)
            if name == part and params["field"] == "body":
                name = i18n.t("channels.letter.whole", locale)
            params["field"] = i18n.t("channels.letter.where", locale, name=name if name != part else params["field"])
    text = i18n.t(code, locale, **params)
    if text != code:
        return text
    text = i18n.t(f"errors.{code}", locale, **params)
    return text if text != f"errors.{code}" else i18n.t("channels.trouble", locale, code=code)


def _view(
    inbox_id: UUID, row: Health | None, counts: Mapping[tuple[UUID, str], int], failed: Mapping[UUID, int], locale: str
) -> HealthView:
    state = "quiet"
    if row is not None and row.failing_since is not None:
        state = "failing"
    elif row is not None and (row.last_in_at or row.last_out_at or row.fine_at):
        state = "fine"
    return HealthView(
        inbox_id=inbox_id,
        state=state,
        last_in_at=row.last_in_at if row else None,
        last_out_at=row.last_out_at if row else None,
        failing_since=row.failing_since if row else None,
        failed_at=row.failed_at if row else None,
        reason=reason(row.error, locale) if row else None,
        waiting=counts.get((inbox_id, "waiting"), 0),
        dead=counts.get((inbox_id, "dead"), 0),
        failed=failed.get(inbox_id, 0),
    )


async def _note(db: Session, inbox_id: UUID, values: Mapping[str, Any]) -> None:
    statement = insert(Health).values(inbox_id=inbox_id, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["inbox_id"], set_=dict(values)))
