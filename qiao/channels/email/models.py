"""Table of e-mail: which addresses have had their automatic mail of the day."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base


class AutomaticMail(Base):
    """The last automatic mail to an address. The address itself is not kept, only its signature."""

    __tablename__ = "email_automatic"
    __table_args__ = (Index("ix_email_automatic_sent", "sent_at"),)

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    address_key: Mapped[str] = mapped_column(String(43), primary_key=True)
    message_id: Mapped[UUID]
    sent_at: Mapped[datetime]
