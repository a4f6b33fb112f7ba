"""Tables of e-mail: which addresses have had their automatic mail of the day, and which tickets are held by mail."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
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


class EmailTicket(Base):
    """The latest letter of its customer in a ticket that is held by mail: what the next answer answers."""

    __tablename__ = "email_tickets"

    ticket_id: Mapped[UUID] = mapped_column(primary_key=True)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    address: Mapped[str] = mapped_column(String(254), info={"personal": "email"})
    name: Mapped[str] = mapped_column(String(120), info={"personal": "name"})
    subject: Mapped[str] = mapped_column(String(300), info={"personal": "text"})
    words: Mapped[str] = mapped_column(Text, info={"personal": "text"})
    message_id: Mapped[str] = mapped_column(String(200))
    received_as: Mapped[str | None] = mapped_column(String(254))
    answers_to: Mapped[list[str]] = mapped_column(ARRAY(String(254)), info={"personal": "text"})
    at: Mapped[datetime]


class EmailTicketThread(Base):
    """A name of an exchange (Message-ID, token) that means a ticket."""

    __tablename__ = "email_ticket_threads"
    __table_args__ = (Index("ix_email_ticket_threads_ticket", "ticket_id", "at"),)

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    ticket_id: Mapped[UUID]
    at: Mapped[datetime]
