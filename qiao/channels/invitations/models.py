"""Tables of invitations and their figures."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class Invitation(Base):
    """One rule: when to speak to a visitor of a site, what to say, and how often."""

    __tablename__ = "invitations"
    __table_args__ = (Index("ix_invitations_inbox", "inbox_id", "position", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    position: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    """Lower ones are tried first."""
    conditions: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    text_zh: Mapped[str] = mapped_column(String(300), default="", server_default="")
    text_en: Mapped[str] = mapped_column(String(300), default="", server_default="")
    caps: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class InvitationDay(Base):
    """What came of a rule on one day (of the company's calendar)."""

    __tablename__ = "invitation_days"

    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    shown: Mapped[int] = mapped_column(default=0, server_default="0")
    accepted: Mapped[int] = mapped_column(default=0, server_default="0")
    dismissed: Mapped[int] = mapped_column(default=0, server_default="0")
    conversations: Mapped[int] = mapped_column(default=0, server_default="0")
