"""REST of tools."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.bot.tools import admin, schemas
from qiao.bot.tools.openapi import Unfit, operations
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.errors import Invalid
from qiao.core.web import Cursor, Locale, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(prefix="/bot/tools", tags=["tools"])
Viewer = Annotated[Actor, Needs("flows.manage", "settings.manage")]
Manager = Annotated[Actor, Needs("settings.manage")]


@router.get("")
async def list_tools(actor: Viewer, db: Read) -> list[schemas.ToolView]:
    """What flows may call: shipped tools and connected ones."""
    return await admin.listing(db)


@router.post("", status_code=201)
async def create_tool(body: schemas.ToolBody, actor: Manager, db: Tx) -> schemas.ToolView:
    return await admin.save(db, actor, body)


@router.post("/openapi")
async def read_openapi(body: schemas.OpenApiBody, actor: Manager, locale: Locale) -> schemas.OpenApiView:
    """The operations of an OpenAPI document as tools; nothing is saved or fetched."""
    colon = ": " if locale == "en" else "："

    def words(reason: Unfit) -> str:
        return i18n.t(f"tools.openapi.{reason.key}", locale, **reason.params)

    try:
        tools, skipped = operations(admin.parsed(body.text, locale))
    except Unfit as reason:
        raise Invalid.field("text", "tools.not_openapi", problem=words(reason)) from None
    return schemas.OpenApiView(tools=tools, skipped=[f"{one.operation}{colon}{words(one.reason)}" for one in skipped])


@router.get("/calls")
async def list_tool_calls(
    actor: Viewer,
    db: Read,
    locale: Locale,
    tool: Annotated[str | None, Query(max_length=81)] = None,
    failed: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[schemas.CallView]:
    """Every call, newest first; personal inputs are masked."""
    items, following = await admin.calls(db, locale, tool=tool, failed=failed, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.put("/{tool_id}")
async def update_tool(tool_id: UUID, body: schemas.ToolBody, actor: Manager, db: Tx) -> schemas.ToolView:
    """Replaces a connected tool; secrets that are not named stay."""
    return await admin.save(db, actor, body, tool_id)


@router.delete("/{tool_id}", status_code=204)
async def delete_tool(tool_id: UUID, actor: Manager, db: Tx) -> None:
    await admin.delete(db, actor, tool_id)


@router.post("/{name}/try")
async def try_tool(name: str, body: schemas.TryBody, actor: Manager, db: Tx, locale: Locale) -> schemas.TryView:
    """Really calls a tool; one that writes does write."""
    return await admin.attempt(db, actor, name, body, locale)
