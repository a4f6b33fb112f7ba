"""Tables of the portal: codes sent by mail, and help texts opened while somebody wrote a request."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, String, func
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class PortalCodeRow(Base):
    """A request to sign in. The digits are computed from the id and the installation's key and stand nowhere."""

    __tablename__ = "portal_codes"
    __table_args__ = (Index("ix_portal_codes_email", "email", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), info={"personal": "email"})
    locale: Mapped[str] = mapped_column(String(10))
    tries: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    used_at: Mapped[datetime | None]


class PortalSuggestionRow(Base):
    """A help text somebody opened from the form of a new request; `sent_at` when the form was sent all the same."""

    __tablename__ = "portal_suggestions"
    __table_args__ = (Index("ix_portal_suggestions_opened", "opened_at"),)

    form: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
