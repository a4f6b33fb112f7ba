"""Tables of automation: rules and versions, what runs did, what time triggers watch, what leaves the house, macros."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class AutomationRule(Base):
    """`trigger`, `condition` and `actions` are `schemas.Trigger`, `schemas.When` and `schemas.Action` as data."""

    __tablename__ = "automation_rules"
    __table_args__ = (
        CheckConstraint("subject IN ('ticket','conversation','none')", name="subject"),
        Index("ix_automation_rules_position", "position", "id"),
        Index("uq_automation_rules_key", "key", unique=True, postgresql_where=text("key IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str | None] = mapped_column(String(40))
    """Of rules that ship, so that they are put in once; None for a company's own."""
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(500), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(12))
    trigger: Mapped[dict[str, Any]]
    condition: Mapped[dict[str, Any] | None]
    actions: Mapped[list[Any]]
    stop: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    enabled: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    active_from: Mapped[datetime | None]
    active_until: Mapped[datetime | None]
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    enabled_at: Mapped[datetime | None]
    planned_at: Mapped[datetime | None]
    """The last moment of its schedule that was carried out."""
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]


class AutomationRuleVersion(Base):
    """A rule as somebody left it."""

    __tablename__ = "automation_rule_versions"

    rule_id: Mapped[UUID] = mapped_column(ForeignKey("automation_rules.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]
    changes: Mapped[list[Any]]
    """Names of what differs from the version before."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]


class AutomationRun(Base):
    """One rule on one object on one occasion (an event, a moment reached, a date of a schedule): never twice.

    `reason` of an unmatched run is the first test that failed with the value seen. `depth` counts the rules that led here.
    """

    __tablename__ = "automation_runs"
    __table_args__ = (
        CheckConstraint("outcome IN ('done','unmatched','failed','limited')", name="outcome"),
        Index("uq_automation_runs_occasion", "rule_id", "subject_id", "occasion", unique=True),
        Index("ix_automation_runs_recent", text("at DESC"), text("id DESC")),
        Index("ix_automation_runs_rule", "rule_id", text("at DESC"), text("id DESC")),
        Index("ix_automation_runs_subject", "subject_id", text("at DESC"), text("id DESC")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("automation_rules.id"))
    revision: Mapped[int]
    subject: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[UUID]
    occasion: Mapped[str] = mapped_column(String(80))
    trigger: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[dict[str, Any] | None]
    actions: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    chain_id: Mapped[UUID]
    depth: Mapped[int] = mapped_column(SmallInteger)
    microseconds: Mapped[int]
    at: Mapped[datetime]


class AutomationWatch(Base):
    """What triggers on time look at: one row per living ticket or conversation, kept from its events."""

    __tablename__ = "automation_watch"
    __table_args__ = (
        CheckConstraint("subject IN ('ticket','conversation')", name="subject"),
        Index("ix_automation_watch_created", "subject", "created_at"),
        Index("ix_automation_watch_status", "subject", "status", "status_at"),
        Index(
            "ix_automation_watch_customer", "subject", "customer_at", postgresql_where=text("customer_at IS NOT NULL")
        ),
        Index("ix_automation_watch_staff", "subject", "staff_at", postgresql_where=text("staff_at IS NOT NULL")),
        Index("ix_automation_watch_due", "subject", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    status_at: Mapped[datetime]
    customer_at: Mapped[datetime | None]
    staff_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    touched_at: Mapped[datetime]
    """When anything happened to it: a rule that did not match looks again after that."""


class AutomationLook(Base):
    """A rule on time has looked at an object on an occasion: `anchor` is the moment it counts from."""

    __tablename__ = "automation_looks"
    __table_args__ = (Index("ix_automation_looks_subject", "subject_id"),)

    rule_id: Mapped[UUID] = mapped_column(ForeignKey("automation_rules.id"), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    anchor: Mapped[datetime] = mapped_column(primary_key=True)
    looked_at: Mapped[datetime]
    fired: Mapped[bool]


class AutomationOutbox(Base):
    """A mail or a call to another program that a rule asked for. The address is forgotten with the content, by retention."""

    __tablename__ = "automation_outbox"
    __table_args__ = (
        CheckConstraint("kind IN ('mail','webhook')", name="kind"),
        CheckConstraint("state IN ('queued','sent','refused')", name="state"),
        Index(
            "uq_automation_outbox_mail",
            "rule_id",
            "address_key",
            "day",
            unique=True,
            postgresql_where=text("kind = 'mail'"),
        ),
        Index("ix_automation_outbox_recent", "kind", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    rule_id: Mapped[UUID]
    run_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(Text, info={"personal": "email"})
    address_key: Mapped[str] = mapped_column(String(64))
    """A digest of the address, small letters: what "one a day" counts by."""
    day: Mapped[date]
    content: Mapped[dict[str, Any]] = mapped_column(info={"personal": "text"})
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class AutomationSettings(Base):
    """One row. `secret` (sealed) signs calls to other programs."""

    __tablename__ = "automation_settings"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    mails_per_hour: Mapped[int] = mapped_column(default=200, server_default="200")


class Macro(Base):
    """Actions for one click: a person's own (`owner_user_id`), a department's, or everybody's."""

    __tablename__ = "macros"
    __table_args__ = (
        Index("ix_macros_name", "name", "id"),
        Index("ix_macros_owner", "owner_user_id", postgresql_where=text("owner_user_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(300), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(12))
    actions: Mapped[list[Any]]
    owner_user_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    usage_count: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]


class MacroPress(Base):
    """A press of a macro's button: the same one acts once, however often it arrives. Kept for a day."""

    __tablename__ = "macro_presses"
    __table_args__ = (Index("ix_macro_presses_at", "at"),)

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    macro_id: Mapped[UUID]
    at: Mapped[datetime]
