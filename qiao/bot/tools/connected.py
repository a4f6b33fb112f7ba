"""Tools the company has connected itself, out of the database."""

from sqlalchemy import select

from qiao.bot.tools.models import ToolRow
from qiao.bot.tools.ports import Tool, ToolSpec
from qiao.core.db import Session


async def active(db: Session) -> list[Tool]:
    """Every connected tool that is switched on."""
    rows = (await db.execute(select(ToolRow).where(ToolRow.active).order_by(ToolRow.name))).scalars()
    return [tool_of(row) for row in rows]


async def find(db: Session, name: str) -> Tool | None:
    row = (await db.execute(select(ToolRow).where(ToolRow.name == name, ToolRow.active))).scalar_one_or_none()
    return tool_of(row) if row is not None else None


def tool_of(row: ToolRow) -> Tool:
    """The row as something that can be called."""
    from qiao.bot.tools.http import HttpSettings, HttpTool
    from qiao.bot.tools.sql import SqlSettings, SqlTool

    spec = ToolSpec.model_validate(row.spec)
    if row.kind == "http":
        return HttpTool(spec, HttpSettings.model_validate(row.settings), row.id, row.secret)
    return SqlTool(spec, SqlSettings.model_validate(row.settings), row.id, row.secret)
