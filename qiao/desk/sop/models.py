"""Tables of procedures: documents and their versions, runs, and every step of every run."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

STATES = ("active", "paused", "finished", "stopped")
ACTS = (
    "answered", "skipped", "against", "jumped", "back", "paused", "resumed", "handed_over", "stopped", "noted",
)  # fmt: skip


class ProcedureRow(Base):
    """A procedure as it is edited. Only the published version is started. `revision` guards against lost edits."""

    __tablename__ = "sop_procedures"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    draft: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1)
    published_id: Mapped[UUID | None]
    """The version in use; none: it is not started any more."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]


class VersionRow(Base):
    """A published document; never changed. Runs keep the one they started with."""

    __tablename__ = "sop_versions"
    __table_args__ = (UniqueConstraint("procedure_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    procedure_id: Mapped[UUID] = mapped_column(ForeignKey("sop_procedures.id"))
    number: Mapped[int]
    document: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_by: Mapped[UUID | None]


class RunRow(Base):
    """One walk through a procedure for a ticket or a conversation.

    `position` is a stack of [version, step]; `origin` the first one. `version` counts changes, so that the second of two
    people is told. What was found out stands in the steps.
    """

    __tablename__ = "sop_runs"
    __table_args__ = (
        CheckConstraint("subject_kind IN ('ticket','conversation')", name="subject_kind"),
        CheckConstraint(f"state IN {STATES!r}", name="state"),
        Index(
            "uq_sop_runs_open", "subject_kind", "subject_id", "procedure_id", unique=True,
            postgresql_where=text("state IN ('active','paused')"),
        ),
        Index("ix_sop_runs_subject", "subject_kind", "subject_id", text("started_at DESC")),
        Index("ix_sop_runs_procedure", "procedure_id", text("started_at DESC"), text("id DESC")),
        Index("ix_sop_runs_remind", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
        Index("ix_sop_runs_owner", "owner_id", postgresql_where=text("state IN ('active','paused')")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    procedure_id: Mapped[UUID] = mapped_column(ForeignKey("sop_procedures.id"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("sop_versions.id"))
    subject_kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(String(10), default="active")
    origin: Mapped[list[Any]]
    position: Mapped[list[Any]]
    step: Mapped[str | None] = mapped_column(String(40))
    """The step stood on (of the innermost procedure)."""
    step_version_id: Mapped[UUID | None]
    outcome: Mapped[str | None] = mapped_column(String(40))
    good: Mapped[bool | None]
    owner_id: Mapped[UUID | None]
    """Whose turn it is."""
    start_reason: Mapped[str] = mapped_column(String(12))
    """hand, intent, type or automation."""
    started_by_kind: Mapped[str] = mapped_column(String(10))
    started_by: Mapped[UUID | None]
    deviations: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    last_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    started_at: Mapped[datetime]
    entered_at: Mapped[datetime]
    """When the present step was reached."""
    remind_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class StepRow(Base):
    """One thing done in a run. Rows that move say from where and to where; with `undone_at` they count no more."""

    __tablename__ = "sop_run_steps"
    __table_args__ = (
        CheckConstraint(f"act IN {ACTS!r}", name="act"),
        Index("uq_sop_run_steps_seq", "run_id", "seq", unique=True),
        Index(
            "uq_sop_run_steps_client_id", "run_id", "client_id", unique=True,
            postgresql_where=text("client_id IS NOT NULL"),
        ),
        Index("ix_sop_run_steps_step", "version_id", "step"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("sop_runs.id"))
    seq: Mapped[int]
    act: Mapped[str] = mapped_column(String(12))
    moved: Mapped[bool] = mapped_column(default=True)
    version_id: Mapped[UUID | None]
    step: Mapped[str | None] = mapped_column(String(40))
    came_from: Mapped[list[Any]]
    went_to: Mapped[list[Any]]
    to_version_id: Mapped[UUID | None]
    to_step: Mapped[str | None] = mapped_column(String(40))
    """None: it was over."""
    via: Mapped[list[Any]]
    answer: Mapped[dict[str, Any]] = mapped_column(info={"personal": "text"})
    """As it was given; `answers` are the values it made known."""
    answers: Mapped[dict[str, Any]] = mapped_column(info={"personal": "text"})
    note: Mapped[str] = mapped_column(String(2000), default="", server_default="", info={"personal": "text"})
    deviation: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(1000), info={"personal": "text"})
    done: Mapped[dict[str, Any] | None]
    """What the product did: a message sent, a field set, a task made."""
    by_kind: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[UUID | None]
    client_id: Mapped[str | None] = mapped_column(String(80))
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
