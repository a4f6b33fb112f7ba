"""The verbs on connected tools: list, save, delete, try, look at calls."""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from qiao.bot.tools import plugins, service
from qiao.bot.tools.http import purpose, secrets_of
from qiao.bot.tools.models import ToolCallRow, ToolRow
from qiao.bot.tools.ports import Call, Subject, ToolFailed, ToolSpec
from qiao.bot.tools.schemas import CallView, ToolBody, ToolView, TryBody, TryView
from qiao.bot.tools.sql import fault
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.documents import Unreadable, read_document
from qiao.core.errors import Conflict, Invalid, NotFound
from qiao.core.ids import new_id
from qiao.core.secrets import seal
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.people.accounts import audit
from qiao.people.customers import service as customers


def _view(row: ToolRow) -> ToolView:
    return ToolView.model_validate(
        {
            "id": row.id,
            "kind": row.kind,
            "spec": row.spec,
            row.kind: row.settings,
            "secret_names": row.secret_names,
            "active": row.active,
            "updated_at": row.updated_at,
        }
    )


async def listing(db: Session) -> list[ToolView]:
    """Shipped tools first, then the company's own, by name."""
    shipped = [ToolView(id=None, kind="python", spec=tool.spec) for _, tool in sorted(plugins.registered().items())]
    rows = (await db.execute(select(ToolRow).order_by(ToolRow.name))).scalars().all()
    return [*shipped, *(_view(row) for row in rows)]


async def _row(db: Session, tool_id: UUID) -> ToolRow:
    row = await db.get(ToolRow, tool_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("tools.not_found")
    return row


def _settings(body: ToolBody) -> dict[str, Any]:
    settings = body.http if body.kind == "http" else body.sql
    if settings is None:
        raise Invalid.field(body.kind, "field_missing")
    if body.sql is not None and body.kind == "sql":
        if body.effect != "read":
            raise Invalid.field("effect", "tools.sql_reads_only")
        wrong = fault(body.sql.statement, set(body.inputs))
        if wrong is not None:
            raise Invalid.field("sql.statement", wrong)
    return settings.model_dump(mode="json")


def _spec(body: ToolBody) -> dict[str, Any]:
    values = body.model_dump(by_alias=True, include=set(ToolSpec.model_fields) - {"local"})
    return ToolSpec.model_validate(values).model_dump(mode="json", by_alias=True)


async def save(db: Session, actor: Actor, body: ToolBody, tool_id: UUID | None = None) -> ToolView:
    """A new tool, or another state of one. Secrets given are sealed; those not named stay."""
    if body.name in plugins.registered() or body.name.startswith("orders."):
        raise Conflict("tools.name_taken", name=body.name)
    taken = await db.scalar(select(ToolRow.id).where(ToolRow.name == body.name))
    if taken is not None and taken != tool_id:
        raise Conflict("tools.name_taken", name=body.name)
    settings, spec = _settings(body), _spec(body)
    if tool_id is None:
        row = ToolRow(id=new_id(), created_at=clock.now(), secret_names=[])
        db.add(row)
    else:
        row = await _row(db, tool_id)
    row.name, row.kind, row.spec, row.settings, row.active = body.name, body.kind, spec, settings, body.active
    row.updated_at, row.updated_by = clock.now(), actor.id
    if body.secrets:
        try:
            kept = await secrets_of(db, row.id, row.secret) if tool_id is not None else {}
        except ToolFailed:  # sealed with a key that is gone: what is entered now replaces it
            kept = {}
        kept = {k: v for k, v in kept.items() if k not in body.secrets} | {k: v for k, v in body.secrets.items() if v}
        row.secret = await seal(db, purpose(row.id), json.dumps(kept)) if kept else None
        row.secret_names = sorted(kept)
    await db.flush()
    await audit.record(db, actor, "tool.updated" if tool_id is not None else "tool.created", "tool", body.name)
    return _view(row)


async def delete(db: Session, actor: Actor, tool_id: UUID) -> None:
    """Flows that call it fail there from now on, and say so in their checks."""
    row = await _row(db, tool_id)
    await audit.record(db, actor, "tool.deleted", "tool", row.name)
    await db.delete(row)
    await db.flush()


async def attempt(db: Session, actor: Actor, name: str, body: TryBody, locale: str) -> TryView:
    """Really calls a tool, on the record. One that writes does write."""
    tool = await service.find(db, name)
    if tool is None:
        raise NotFound("tools.not_found")
    subject = None
    if body.customer_number is not None:
        actor.require("customers.view")
        subject = Subject((await customers.ref_by_number(db, body.customer_number)).id)
    started = time.perf_counter()
    wanted = Call(name, body.inputs, key=f"try:{new_id()}", locale=body.locale, subject=subject)
    result = await service.call(db, wanted, tried_by=actor.id)
    await audit.record(db, actor, "tool.tried", "tool", name)
    ms = int((time.perf_counter() - started) * 1000)
    return TryView(output=result.output, error=result.error, detail=_in_words(result.detail, locale), ms=ms)


def _in_words(detail: str, locale: str) -> str:
    """What a call says of its failure, as people read it; what has no words stays as it is."""
    key, _, what = detail.partition(": ")
    known = i18n.catalogues()[i18n.DEFAULT_LOCALE]
    if f"tools.detail.{key}" in known:
        return i18n.t(f"tools.detail.{key}", locale, what=what)
    # A refusal of a room of the product. Words with gaps nobody can fill any more would say less than none.
    words = known.get(f"errors.{detail}", "{")
    return detail if "{" in words else i18n.t(f"errors.{detail}", locale)


async def calls(
    db: Session, locale: str, *, tool: str | None, failed: bool | None, cursor: str | None, limit: int
) -> tuple[list[CallView], str | None]:
    """The log of calls, newest first."""
    query = select(ToolCallRow)
    if tool is not None:
        query = query.where(ToolCallRow.tool == tool)
    if failed is not None:
        query = query.where(ToolCallRow.error.is_not(None) if failed else ToolCallRow.error.is_(None))
    after = decode_cursor(cursor, tuple[datetime, UUID])
    if after:
        query = query.where(func.row(ToolCallRow.at, ToolCallRow.id) < func.row(*after))
    rows = (await db.execute(query.order_by(ToolCallRow.at.desc(), ToolCallRow.id.desc()).limit(limit + 1))).scalars()
    found = [CallView.model_validate(row) for row in rows]
    found = [view.model_copy(update={"detail": _in_words(view.detail, locale)}) for view in found]
    return found[:limit], encode_cursor(found[limit - 1].at, found[limit - 1].id) if len(found) > limit else None


def parsed(text: str, locale: str) -> Mapping[str, Any]:
    """An OpenAPI document's text as data. Raises Invalid."""
    try:
        data = read_document(text)
    except Unreadable as error:
        words = i18n.t("tools.openapi.unreadable", locale, line=error.line, problem=error.problem[:200])
        raise Invalid.field("text", "tools.not_openapi", problem=words) from None
    if not isinstance(data, Mapping):
        raise Invalid.field("text", "tools.not_openapi", problem=i18n.t("tools.openapi.not_3", locale))
    return data
