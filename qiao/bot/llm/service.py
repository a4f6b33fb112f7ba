"""The verbs of setting up the language model and of looking at what it did."""

import time
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import defer

from qiao.bot.llm.gateway import PURPOSE, Llm, spent_on, stored
from qiao.bot.llm.models import LlmCall, LlmDay, LlmSettingsRow
from qiao.bot.llm.protocol import CallFailed, Endpoint, Request, Said
from qiao.bot.llm.schemas import (
    TASKS,
    CallDetail,
    CallView,
    DayView,
    LlmSettings,
    LlmSettingsBody,
    LlmSettingsView,
    Outcome,
    StateView,
    TestBody,
    TestResult,
)
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session, after_commit
from qiao.core.errors import Forbidden, Invalid, NotFound
from qiao.core.runtime import Runtime, runtime_of
from qiao.core.secrets import Unsealable, seal, unseal
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.people.accounts import audit

TEST_SECONDS = 20.0


def _host(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


async def get_settings(db: Session) -> LlmSettingsView:
    settings, key = await stored(db)
    return LlmSettingsView(**settings.model_dump(), has_key=key is not None)


async def put_settings(db: Session, actor: Actor, body: LlmSettingsBody) -> LlmSettingsView:
    """Replaces the settings. A key goes nowhere but to the host it was entered for: at another one it is gone."""
    if body.enabled and not body.address:
        raise Invalid.field("address", "llm.address_needed")
    before, sealed = await stored(db)
    had_key = sealed is not None
    if body.api_key is not None:
        key = body.api_key.strip()
        if key and (not key.isascii() or not key.isprintable()):
            raise Invalid.field("api_key", "llm.key_invalid")
        sealed = await seal(db, PURPOSE, key) if key else None
    elif _host(body.address) != _host(before.address):
        sealed = None
    settings = LlmSettings(**body.model_dump(exclude={"api_key"}))
    values = {"settings": settings.model_dump(), "key": sealed}
    await db.execute(
        insert(LlmSettingsRow).values(id=1, **values).on_conflict_do_update(index_elements=["id"], set_=values)
    )
    changes = audit.diff(_flat(before), _flat(settings))
    if body.api_key is not None or had_key != (sealed is not None):
        changes["key"] = [had_key, sealed is not None]
    await audit.record(db, actor, "llm.settings", "llm", 1, changes)
    after_commit(db, runtime_of(db).get(Llm).forget)
    return LlmSettingsView(**settings.model_dump(), has_key=sealed is not None)


def _flat(settings: LlmSettings) -> dict[str, object]:
    values = settings.model_dump()
    for group in ("models", "timeouts"):
        values.update({f"{group}.{key}": value for key, value in values.pop(group).items()})
    # "token" in a name makes the audit log hide a value; a limit is no secret.
    return {key.replace("tokens", "length"): value for key, value in values.items()}


async def test(runtime: Runtime, body: TestBody, locale: str) -> TestResult:
    """Says one sentence to an endpoint, saved or not, and tells how it went. Its words are not repeated here."""
    async with runtime.db.read() as db:
        settings, sealed = await stored(db)
        key = body.api_key
        if key is None and sealed is not None and _host(body.address) == _host(settings.address):
            try:
                key = await unseal(db, PURPOSE, sealed)
            except Unsealable:
                key = None
    if not body.address:
        raise Invalid.field("address", "llm.address_needed")
    if key and (not key.isascii() or not key.isprintable()):
        raise Invalid.field("api_key", "llm.key_invalid")
    endpoint = Endpoint(runtime.get(Llm).http, body.address, key)
    started = time.monotonic()
    models: list[str] = []
    outcome: Outcome = "ok"
    status: int | None = None
    try:
        models = await endpoint.models()
    except CallFailed as failure:
        if not body.model:  # else whether it lists its models is of no account
            outcome, status = failure.outcome, failure.status
    if body.model:
        try:
            said = [Said("user", "Reply with the single word: ready")]
            await endpoint.chat(Request(body.model, said, 0.0, 20, plain=True))
        except CallFailed as failure:
            outcome, status = failure.outcome, failure.status
    ms = round((time.monotonic() - started) * 1000)
    key_ = "ok" if body.model or outcome != "ok" else "reachable"
    if outcome != "ok":
        key_ = outcome if status not in (401, 403, 404) else f"status_{status}"
    message = i18n.t(f"llm.test.{key_}", locale, ms=ms, model=body.model, status=status or "")
    return TestResult(ok=outcome == "ok", outcome=outcome, status=status, ms=ms, message=message, models=models)


async def state(runtime: Runtime, days: int) -> StateView:
    """How it stands now, and the sums of the last days, newest first."""
    llm = runtime.get(Llm)
    setup = await llm.setup()
    today = setup.today()
    async with runtime.db.read() as db:
        calls, tokens = await spent_on(db, today)
        query = select(LlmDay).where(LlmDay.day > today - timedelta(days=days))
        rows = (await db.execute(query.order_by(LlmDay.day.desc(), LlmDay.task, LlmDay.model))).scalars().all()
    tasks = [task for task in TASKS if setup.model(task)]
    used_up = setup.settings.used_up(calls, tokens)
    return StateView(
        ready=bool(tasks) and not llm.breaker.paused and not used_up,
        used_up=used_up,
        tasks=tasks,
        paused_s=round(llm.breaker.paused, 1),
        calls_today=calls,
        tokens_today=tokens,
        days=[DayView.model_validate(row) for row in rows],
    )


async def calls(
    db: Session,
    *,
    task: str | None = None,
    failed: bool = False,
    conversation_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[CallView], str | None]:
    """Calls, newest first (their keys grow with time)."""
    query = select(LlmCall, LlmCall.prompt.is_not(None)).options(defer(LlmCall.prompt), defer(LlmCall.reply))
    query = query.order_by(LlmCall.id.desc()).limit(limit + 1)
    if task:
        query = query.where(LlmCall.task == task)
    if failed:
        query = query.where(LlmCall.outcome != "ok")
    if conversation_id is not None:
        query = query.where(LlmCall.conversation_id == conversation_id)
    before = decode_cursor(cursor, tuple[UUID])
    if before:
        query = query.where(LlmCall.id < before[0])
    rows = (await db.execute(query)).all()
    following = encode_cursor(rows[limit - 1][0].id) if len(rows) > limit else None
    views = [CallView.model_validate(row).model_copy(update={"has_text": has}) for row, has in rows[:limit]]
    return views, following


async def call(db: Session, actor: Actor, call_id: UUID) -> CallDetail:
    """One call with its texts. They are what customers wrote: who may not read every conversation may not read them."""
    row = await db.get(LlmCall, call_id)
    if row is None:
        raise NotFound("llm.call_not_found")
    if row.prompt is not None and not actor.may("conversations.view_all"):
        raise Forbidden("permission_missing", permission="conversations.view_all")
    return CallDetail.model_validate(row).model_copy(update={"has_text": row.prompt is not None})
