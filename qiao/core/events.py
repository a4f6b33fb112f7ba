"""The event log: every state change writes its event in the same transaction.

Position in the log is `(xid, id)`: the writing transaction's id first, because commit order is not sequence order.
A reader stays below the oldest running transaction, so it never skips an event that commits late.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar, cast
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Identity, PrimaryKeyConstraint, String, Table, insert, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Base, Session

E = TypeVar("E", bound="Event")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact: small, frozen, ids instead of objects. `kind` is set by the `event` decorator.

    `hot` facts are also written by batched statements that bypass `emit`, so nothing may react inside their transaction.
    """

    kind: ClassVar[str] = ""
    hot: ClassVar[bool] = False


class Audience(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who may hear of an event over realtime. Nobody, unless said.

    `users`: these people. `queues`: members of these queues who may handle conversations. `departments`: people of these
    departments who may handle tickets. `permission`: everyone holding it. `customer`: the customer's side of the event's
    conversation.
    """

    users: tuple[UUID, ...] = ()
    queues: tuple[UUID, ...] = ()
    departments: tuple[UUID, ...] = ()
    permission: str | None = None
    customer: bool = False


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """An event as it stands in the log."""

    xid: int
    id: int
    kind: str
    conversation_id: UUID | None
    actor_kind: str
    actor_id: UUID | None
    audience: Audience
    payload: dict[str, Any]
    at: datetime

    @property
    def position(self) -> tuple[int, int]:
        return (self.xid, self.id)

    @property
    def cursor(self) -> str:
        return f"{self.xid}-{self.id}"

    def event(self) -> Event:
        """The typed event. Raises LookupError for a kind this version does not know."""
        return msgspec.convert(self.payload, REGISTRY[self.kind], strict=False)


class EventRow(Base):
    __tablename__ = "events"
    __table_args__ = (PrimaryKeyConstraint("xid", "id"),)

    xid: Mapped[int] = mapped_column(BigInteger, server_default=text("(pg_current_xact_id()::text::bigint)"))
    id: Mapped[int] = mapped_column(BigInteger, Identity(cache=1))
    kind: Mapped[str] = mapped_column(String(80))
    conversation_id: Mapped[UUID | None]
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None]
    audience: Mapped[dict[str, Any]]
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


# Into the table: by way of the mapper it takes more than twice as long, and this is the statement made most.
_TABLE: Final = cast(Table, EventRow.__table__)
_WRITE: Final = insert(_TABLE).returning(_TABLE.c.xid, _TABLE.c.id)
REGISTRY: dict[str, type[Event]] = {}
InTransaction = Callable[[Session, Any, Envelope], Awaitable[None]]
_in_transaction: dict[str, list[InTransaction]] = {}


def event(kind: str) -> Callable[[type[E]], type[E]]:
    """Names an event class, once in the whole product."""

    def mark(cls: type[E]) -> type[E]:
        if kind in REGISTRY:
            raise ValueError(f"event kind {kind!r} is defined twice")
        cls.kind = kind
        REGISTRY[kind] = cls
        return cls

    return mark


def in_transaction(*classes: type[Event]) -> Callable[[InTransaction], InTransaction]:
    """Registers a reaction that runs inside the emitting transaction: tiny, local, cannot fail for outside reasons."""

    def mark(reaction: InTransaction) -> InTransaction:
        for cls in classes:
            if cls.hot:
                raise ValueError(f"{cls.kind} is written in batches; react to it with on_commit")
            _in_transaction.setdefault(cls.kind, []).append(reaction)
        return reaction

    return mark


async def emit(
    db: Session,
    fact: Event,
    *,
    actor: Actor,
    conversation_id: UUID | None = None,
    audience: Audience | None = None,
) -> None:
    """Writes `fact` into the log of this transaction and runs the reactions that belong inside it, in order."""
    audience = audience or Audience()
    payload: dict[str, Any] = msgspec.to_builtins(fact)
    at = clock.now()
    values = {
        "kind": fact.kind,
        "conversation_id": conversation_id,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "audience": msgspec.to_builtins(audience),
        "payload": payload,
        "at": at,
    }
    await db.flush()  # what it tells of comes first
    row = (await db.execute(_WRITE, values)).one()
    db.info["events"] = (row.xid, row.id)
    envelope = Envelope(row.xid, row.id, fact.kind, conversation_id, actor.kind, actor.id, audience, payload, at)
    for reaction in _in_transaction.get(fact.kind, ()):
        await reaction(db, fact, envelope)
