"""Tables of the counter: sites, services, counters, numbers, visits, appointments and their slots."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

STATES = ("waiting", "called", "serving", "parked", "served", "missed", "cancelled")
BOOKINGS = ("booked", "checked_in", "no_show", "cancelled")
SOURCES = ("kiosk", "phone", "staff", "appointment")


class SiteRow(Base):
    """What an inbox of channel `walkin` has beside its settings. The keys are in the addresses of public pages."""

    __tablename__ = "walkin_sites"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), unique=True)
    title: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    address: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    timezone: Mapped[str] = mapped_column(String(60))
    kiosk_key: Mapped[str] = mapped_column(String(40), unique=True)
    join_key: Mapped[str] = mapped_column(String(40), unique=True)
    display_key: Mapped[str] = mapped_column(String(40), unique=True)
    turn: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Counts every move at the site: what was worked out of the line is true as long as it stands."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ServiceRow(Base):
    """What people come for. `slot_capacity` 0: nothing can be booked."""

    __tablename__ = "walkin_services"
    __table_args__ = (
        Index("uq_walkin_services_prefix", "site_id", "prefix", unique=True, postgresql_where=text("active")),
        CheckConstraint("handle_s > 0", name="handle_s"),
        CheckConstraint("slot_minutes > 0 AND slot_capacity >= 0", name="slots"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("walkin_sites.id"), index=True)
    name: Mapped[dict[str, Any]]
    prefix: Mapped[str] = mapped_column(String(2))
    queue_id: Mapped[UUID]
    """A plain id: queues belong to routing."""
    calendar_id: Mapped[UUID | None]
    handle_s: Mapped[int] = mapped_column(default=600, server_default="600")
    slot_minutes: Mapped[int] = mapped_column(default=30, server_default="30")
    slot_capacity: Mapped[int] = mapped_column(default=0, server_default="0")
    days_ahead: Mapped[int] = mapped_column(default=14, server_default="14")
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))


class CounterRow(Base):
    """A window. `service_ids` is what it may take (empty: everything), `taking` what its person takes now."""

    __tablename__ = "walkin_counters"
    __table_args__ = (
        Index("uq_walkin_counters_name", "site_id", "name", unique=True, postgresql_where=text("active")),
        Index("uq_walkin_counters_staff", "staff_id", unique=True, postgresql_where=text("staff_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("walkin_sites.id"), index=True)
    name: Mapped[str] = mapped_column(String(12))
    service_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default=text("'{}'"))
    staff_id: Mapped[UUID | None]
    taking: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default=text("'{}'"))
    opened_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))


class NumberRow(Base):
    """The last number given under a prefix on a day."""

    __tablename__ = "walkin_numbers"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("walkin_sites.id"), primary_key=True)
    prefix: Mapped[str] = mapped_column(String(2), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class VisitRow(Base):
    """One number. `sort_at` is its place in line; `secret` is in the address of the visitor's page."""

    __tablename__ = "walkin_visits"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES!r}", name="state"),
        CheckConstraint(f"source IN {SOURCES!r}", name="source"),
        CheckConstraint("priority BETWEEN 1 AND 3", name="priority"),
        UniqueConstraint("site_id", "client_key"),
        Index("uq_walkin_visits_code", "site_id", "day", "code", unique=True),
        Index("ix_walkin_visits_line", "site_id", "sort_at", "id", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_walkin_visits_live",
            "site_id",
            "state",
            postgresql_where=text("state IN ('waiting', 'called', 'serving', 'parked') OR return_by IS NOT NULL"),
        ),
        Index("ix_walkin_visits_day", "site_id", "day", "id"),
        Index("ix_walkin_visits_ended", "service_id", "ended_at", postgresql_where=text("state = 'served'")),
        Index("ix_walkin_visits_return", "return_by", postgresql_where=text("return_by IS NOT NULL")),
        Index(
            "uq_walkin_visits_at_counter",
            "counter_id",
            unique=True,
            postgresql_where=text("state IN ('called', 'serving')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("walkin_sites.id"))
    service_id: Mapped[UUID] = mapped_column(ForeignKey("walkin_services.id"))
    first_service_id: Mapped[UUID]
    """The one the number was taken for; a transfer changes the other."""
    conversation_id: Mapped[UUID] = mapped_column(unique=True)
    appointment_id: Mapped[UUID | None] = mapped_column(index=True)
    day: Mapped[date]
    code: Mapped[str] = mapped_column(String(12))
    secret: Mapped[str] = mapped_column(String(40), unique=True)
    client_key: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(12))
    locale: Mapped[str] = mapped_column(String(10))
    priority: Mapped[int] = mapped_column(SmallInteger, default=1)
    sort_at: Mapped[datetime]
    counter_id: Mapped[UUID | None] = mapped_column(ForeignKey("walkin_counters.id"))
    wanted_counter_id: Mapped[UUID | None]
    """Passed on to this counter: nobody else calls it while that one is open."""
    staff_id: Mapped[UUID | None]
    calls: Mapped[int] = mapped_column(default=0, server_default="0")
    postponed: Mapped[int] = mapped_column(default=0, server_default="0")
    phone: Mapped[str | None] = mapped_column(String(32), info={"personal": "phone"})
    customer_id: Mapped[UUID | None] = mapped_column(index=True)
    """Who it is, once staff has verified it."""
    verified_by: Mapped[UUID | None]
    taken_at: Mapped[datetime]
    called_at: Mapped[datetime | None]
    """The last time it was called."""
    first_called_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    return_by: Mapped[datetime | None]
    """Missed, and welcome back until then."""
    near_at: Mapped[datetime | None]
    """When they were told that their turn is near."""
    served_s: Mapped[int] = mapped_column(default=0, server_default="0")
    """Seconds at counters so far, those before it was parked or passed on included."""


class AppointmentRow(Base):
    __tablename__ = "walkin_appointments"
    __table_args__ = (
        CheckConstraint(f"state IN {BOOKINGS!r}", name="state"),
        UniqueConstraint("site_id", "client_key"),
        Index("ix_walkin_appointments_day", "site_id", "starts_at", "id"),
        Index("ix_walkin_appointments_due", "starts_at", postgresql_where=text("state = 'booked'")),
        Index("uq_walkin_appointments_code", "site_id", "code", unique=True, postgresql_where=text("state = 'booked'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("walkin_sites.id"))
    service_id: Mapped[UUID] = mapped_column(ForeignKey("walkin_services.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(8))
    """Six digits, typed at the kiosk."""
    secret: Mapped[str] = mapped_column(String(40), unique=True)
    client_key: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(80), info={"personal": "name"})
    phone: Mapped[str | None] = mapped_column(String(32), info={"personal": "phone"})
    customer_id: Mapped[UUID | None] = mapped_column(index=True)
    """Known only where staff booked it for somebody they had before them."""
    locale: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(300), default="", server_default="", info={"personal": "text"})
    booked_by: Mapped[UUID | None]
    visit_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SlotRow(Base):
    """How many have booked a moment: one statement takes a place or finds none, however many try at once."""

    __tablename__ = "walkin_slots"

    service_id: Mapped[UUID] = mapped_column(ForeignKey("walkin_services.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    taken: Mapped[int]
