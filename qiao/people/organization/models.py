"""Tables of the organization: the company itself, its departments, its business calendars."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class WorkspaceRow(Base):
    """The company. Exactly one row."""

    __tablename__ = "workspace"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=1)
    name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    locale: Mapped[str] = mapped_column(String(10), default="zh-CN", server_default="zh-CN")
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai", server_default="Asia/Shanghai")
    setup_done: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """Only what was changed from the defaults of `WorkspaceSettings`."""
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class DepartmentRow(Base):
    __tablename__ = "departments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(String(300), default="", server_default="")
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("departments.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CalendarRow(Base):
    """Business hours. `weekly` maps mon…sun to intervals; `exceptions` are dated days that replace everything else."""

    __tablename__ = "calendars"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    timezone: Mapped[str] = mapped_column(String(64))
    weekly: Mapped[dict[str, Any]]
    holidays_country: Mapped[str | None] = mapped_column(String(2))
    follow_makeup_workdays: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    exceptions: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
