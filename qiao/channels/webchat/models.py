"""Table of visitor sessions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class VisitorSessionRow(Base):
    """A browser that may speak as a customer in an inbox. The token is this id, signed; it is not stored.

    `identity_digest` and `identified_until` belong to the identity token that vouched for the customer last.
    """

    __tablename__ = "visitor_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id", ondelete="CASCADE"), index=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    identified: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    identity_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    identified_until: Mapped[datetime | None]
    locale: Mapped[str] = mapped_column(String(10), default="zh-CN", server_default="zh-CN")
    context: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]
