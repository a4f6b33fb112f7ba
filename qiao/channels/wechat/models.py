"""Tables of WeChat: entries, and who came in through one lately."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class EntryRow(Base):
    """A QR code that leads to a queue or an agent; `scene` is what WeChat tells of a scan. `expires_at` null: it lasts.

    `ticket` is what the picture is had by from WeChat (official accounts); a mini program's code opens `page` instead.
    """

    __tablename__ = "wechat_entries"
    __table_args__ = (Index("uq_wechat_entries_scene", "inbox_id", "scene", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    scene: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(80))
    queue_id: Mapped[UUID | None] = mapped_column(ForeignKey("queues.id", ondelete="SET NULL"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    welcome: Mapped[str] = mapped_column(Text, default="", server_default="")
    ticket: Mapped[str] = mapped_column(String(300), default="", server_default="")
    url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    page: Mapped[str] = mapped_column(String(200), default="", server_default="")
    expires_at: Mapped[datetime | None]
    scans: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    scanned_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[UUID | None]


class VisitRow(Base):
    """Through which entry a customer came in last: their next conversation goes where it leads. Kept for a day.

    `event_id` is the scan's, so that one told twice counts once.
    """

    __tablename__ = "wechat_visits"

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("wechat_entries.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    used: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
