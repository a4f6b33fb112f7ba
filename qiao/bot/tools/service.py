"""Calling tools: inputs checked, time limited, answer limited, every call in the log."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import select

from qiao.bot.tools import connected, plugins
from qiao.bot.tools.inputs import checked
from qiao.bot.tools.models import ToolCallRow
from qiao.bot.tools.ports import LONGEST_OUTPUT, Call, Result, Tool, ToolFailed, ToolSpec
from qiao.core import clock
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.people.personal import mask_text

logger = structlog.get_logger(__name__)
_SECRET_WORDS: Final = ("password", "secret", "token", "card", "phone", "email", "address", "id_number")


async def specs(db: Session) -> dict[str, ToolSpec]:
    """Every tool that can be called now, by name."""
    known = {name: tool.spec for name, tool in plugins.registered().items()}
    return known | {tool.spec.name: tool.spec for tool in await connected.active(db) if tool.spec.name not in known}


async def find(db: Session, name: str) -> Tool | None:
    """The tool of that name. What the product ships cannot be replaced by a connected one."""
    return plugins.registered().get(name) or await connected.find(db, name)


class CallLog:
    """Entries of calls that wait for the caller's transaction to write them."""

    def __init__(self) -> None:
        self._rows: list[ToolCallRow] = []

    def add(self, row: ToolCallRow) -> None:
        self._rows.append(row)

    def write(self, db: Session) -> None:
        db.add_all(self._rows)
        self._rows = []


async def call(db: Session, wanted: Call, *, tried_by: UUID | None = None, log: CallLog | None = None) -> Result:
    """Calls a tool. Failures are results, not exceptions: a flow goes on with them.

    A local tool works inside this transaction (a failure undoes only what it did). A remote one is called with nothing
    written yet, so a slow service holds nobody up; one that changes something is remembered before the reply is.
    With `log`, the entry is put there for the caller to write when nothing remote is called any more.
    """
    tool = await find(db, wanted.tool)
    if tool is None:
        return Result(error="unknown_tool", detail=wanted.tool)
    once = tool.spec.effect == "write" and not tool.spec.local
    if once and tried_by is None:
        known = await db.scalar(
            select(ToolCallRow.output).where(ToolCallRow.key == wanted.key[:160], ToolCallRow.output.is_not(None))
        )
        if known is not None:
            return Result(output=known.get("value"), wrote=True)
    started = time.perf_counter()
    inputs: Mapping[str, Any] = wanted.inputs
    try:
        inputs = checked(tool.spec, wanted.inputs)
        output = await _limited(db, tool, replace(wanted, inputs=inputs))
        result, size = _fitting(output)
    except ToolFailed as failure:
        result, size = Result(error=failure.code, detail=failure.detail), 0
    except TimeoutError:
        result, size = Result(error="timeout"), 0
    except Exception as error:  # a tool is somebody else's code: its failure must not silence the bot
        logger.exception("tool_failed", tool=wanted.tool)
        result, size = Result(error="unavailable", detail=f"broken: {type(error).__name__}"), 0
    result = replace(result, wrote=result.ok and tool.spec.effect == "write")
    row = ToolCallRow(
        id=new_id(),
        tool=wanted.tool,
        key=wanted.key[:160],
        conversation_id=wanted.conversation_id,
        inputs=masked(tool.spec, inputs),
        error=result.error,
        detail=result.detail[:500],
        output_bytes=size,
        output={"value": result.output} if once and result.ok and tried_by is None else None,
        ms=int((time.perf_counter() - started) * 1000),
        tried_by=tried_by,
        at=clock.now(),
    )
    if once:
        # In a transaction of its own: what has happened outside stays known even if the reply is never written.
        async with runtime_of(db).db.transaction() as own:
            own.add(row)
    elif log is not None:
        log.add(row)
    else:
        db.add(row)
    return result


async def _limited(db: Session, tool: Tool, wanted: Call) -> Any:
    async with asyncio.timeout(wanted.timeout_s):
        if not tool.spec.local:
            return await tool.call(db, wanted)
        async with db.begin_nested():
            return await tool.call(db, wanted)


def _fitting(output: Any) -> tuple[Result, int]:
    encoded = msgspec.json.encode(output)
    if len(encoded) > LONGEST_OUTPUT:
        return Result(error="invalid_output", detail=f"too_large: {LONGEST_OUTPUT // 1024} KB"), len(encoded)
    return Result(output=msgspec.json.decode(encoded)), len(encoded)


def masked(spec: ToolSpec, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs as the log may keep them."""
    shown: dict[str, Any] = {}
    for key, value in list(inputs.items())[:30]:
        wanted = spec.inputs.get(key)
        personal = wanted is None or wanted.personal or any(word in key.lower() for word in _SECRET_WORDS)
        text = str(value)[:200]
        shown[str(key)[:40]] = mask_text(text) if personal else text
    return shown
