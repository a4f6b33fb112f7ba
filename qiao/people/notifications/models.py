"""Tables of notifications."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class Notification(Base):
    """`at` is when it was last told, `count` how often since it was unread. `batch_id` is the telling it came with.

    `mail_at` is when it may go out by mail; None: it need not, or has.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_list", "user_id", text("at DESC"), text("id DESC"), postgresql_where=text("console")),
        Index(
            "ix_notifications_unread",
            "user_id",
            "kind",
            "link",
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_notifications_batch", "batch_id", "user_id"),
        Index("ix_notifications_mail", "mail_at", "user_id", postgresql_where=text("mail_at IS NOT NULL")),
        Index("ix_notifications_age", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(60))
    link: Mapped[str] = mapped_column(String(300))
    params: Mapped[dict[str, Any]]
    count: Mapped[int] = mapped_column(default=1, server_default="1")
    actor_name: Mapped[str | None] = mapped_column(String(120), info={"personal": "name"})
    batch_id: Mapped[UUID]
    console: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mail_at: Mapped[datetime | None]
    mail_tries: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")


class NotificationChoice(Base):
    """How somebody wants to hear of a kind, where it is not the usual way."""

    __tablename__ = "notification_choices"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(60), primary_key=True)
    console: Mapped[bool]
    mail: Mapped[bool]
    app: Mapped[bool | None]
    """By the ways of their own (`NotificationWay`); None: as by mail."""


class NotificationWay(Base):
    """Somebody's account with a provider that carries notices. `problem` is why the last one was refused."""

    __tablename__ = "notification_ways"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    way: Mapped[str] = mapped_column(String(20), primary_key=True)
    account: Mapped[str] = mapped_column(String(120), info={"personal": "identity"})
    active: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    problem: Mapped[str | None] = mapped_column(String(80))


class NotificationErrand(Base):
    """A line that has still to go out by a way."""

    __tablename__ = "notification_errands"
    __table_args__ = (
        Index("ix_notification_errands_due", "due_at"),
        Index("ix_notification_errands_person", "user_id", "way"),
    )

    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True)
    way: Mapped[str] = mapped_column(String(20), primary_key=True)
    user_id: Mapped[UUID]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
