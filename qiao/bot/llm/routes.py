"""REST of the language model: settings, a try, and the log of its calls."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.bot.llm import service
from qiao.bot.llm.schemas import (
    CallDetail,
    CallView,
    LlmSettingsBody,
    LlmSettingsView,
    StateView,
    Task,
    TestBody,
    TestResult,
)
from qiao.core.actor import Actor
from qiao.core.web import Cursor, Locale, Page, Read, Runtime_, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(prefix="/bot/llm", tags=["language model"])
Manager = Annotated[Actor, Needs("settings.manage")]


@router.get("/settings")
async def read_settings(actor: Manager, db: Read) -> LlmSettingsView:
    return await service.get_settings(db)


@router.put("/settings")
async def write_settings(body: LlmSettingsBody, actor: Manager, db: Tx) -> LlmSettingsView:
    """Replaces the settings. The key is written, never read: `has_key` tells whether there is one."""
    return await service.put_settings(db, actor, body)


@router.post("/test")
async def test_endpoint(body: TestBody, actor: Manager, runtime: Runtime_, locale: Locale) -> TestResult:
    """Tries an endpoint before or after it is saved."""
    return await service.test(runtime, body, locale)


@router.get("/state")
async def read_state(actor: Manager, runtime: Runtime_, days: Annotated[int, Query(ge=1, le=366)] = 14) -> StateView:
    """Whether it works now, what today has cost, and the sums of the last days."""
    return await service.state(runtime, days)


@router.get("/calls")
async def list_calls(
    actor: Manager,
    db: Read,
    task: Task | None = None,
    failed: bool = False,
    conversation_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CallView]:
    items, following = await service.calls(
        db, task=task, failed=failed, conversation_id=conversation_id, cursor=cursor, limit=limit
    )
    return Page(items=items, next_cursor=following)


@router.get("/calls/{call_id}")
async def read_call(call_id: UUID, actor: Manager, db: Read) -> CallDetail:
    """One call; its texts only where the company stores them, for people who may read every conversation."""
    return await service.call(db, actor, call_id)
