"""The one way to the language model: settings, budget, breaker, time-outs, safe retries, and a log of every call.

Never call it with a transaction open: a model takes seconds.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.bot.llm.breaker import Breaker
from qiao.bot.llm.models import LlmCall, LlmDay, LlmSettingsRow
from qiao.bot.llm.private import hide
from qiao.bot.llm.protocol import CallFailed, Chosen, Completion, Endpoint, OnText, Request, Said, Tool
from qiao.bot.llm.schemas import LlmSettings, Outcome, Task, Unused
from qiao.core import clock
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.core.secrets import Unsealable, unseal
from qiao.people.organization import service as organization

logger = structlog.get_logger(__name__)
T = TypeVar("T")

PURPOSE: Final = "llm.key"
BELIEVED_SECONDS: Final = 3.0
TRIES: Final = 3
LONGEST_WAIT: Final = 3.0
STORED_TEXT: Final = 20_000
# The endpoint is at fault: many in a row mean it is better left alone. (A refusal of one request is not its fault.)
_TROUBLE: Final[frozenset[Outcome]] = frozenset(
    ("timeout", "unreachable", "server_error", "rate_limited", "bad_reply", "truncated")
)
# Nothing was said yet, so nothing is said twice: a model call changes nothing in the world.
_AGAIN: Final[frozenset[Outcome]] = frozenset({"unreachable", "rate_limited", "server_error"})


class Unanswered(Exception):
    """There is no answer from the model, and `outcome` says why. Go on without."""

    def __init__(self, outcome: Outcome):
        super().__init__(outcome)
        self.outcome: Outcome = outcome


@dataclass(frozen=True, slots=True)
class Setup:
    settings: LlmSettings
    key: str | None
    zone: ZoneInfo

    def model(self, task: Task) -> str:
        """The model of a task; empty when it is done without."""
        settings = self.settings
        return settings.model_of(task) if settings.enabled and settings.address else ""

    def today(self) -> date:
        return clock.now().astimezone(self.zone).date()


@dataclass(slots=True)
class Receipt:
    """The entry of the log that a call becomes, for whoever judges afterwards what was answered."""

    call_id: UUID | None = None
    written: "asyncio.Task[None] | None" = None


@dataclass(slots=True)
class _Record:
    task: Task
    model: str
    conversation_id: UUID | None
    started: float
    prompt: str
    receipt: Receipt
    first_ms: int | None = None
    tries: int = 0
    status: int | None = None


async def stored(db: Session) -> tuple[LlmSettings, bytes | None]:
    """The settings as they are stored, and the sealed key."""
    row = (await db.execute(select(LlmSettingsRow.settings, LlmSettingsRow.key).where(LlmSettingsRow.id == 1))).first()
    if row is None:
        return LlmSettings(), None
    known = {key: value for key, value in row.settings.items() if key in LlmSettings.model_fields}
    return LlmSettings.model_validate(known), row.key


class Llm:
    """The gateway of this process."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self.breaker = Breaker()
        self._setup: tuple[float, Setup] | None = None
        self._http: httpx.AsyncClient | None = None
        self._plain: set[tuple[str, str]] = set()
        self._logging: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        await self.logged()
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def logged(self) -> None:
        """Waits until every finished call stands in the log."""
        await asyncio.gather(*self._logging, return_exceptions=True)

    # -- settings ------------------------------------------------------------------------------------------------------

    async def setup(self) -> Setup:
        """How things are set up, as of a few seconds ago at most."""
        if self._setup is not None and time.monotonic() - self._setup[0] < BELIEVED_SECONDS:
            return self._setup[1]
        async with self.runtime.db.read() as db:
            settings, sealed = await stored(db)
            key = None
            if sealed is not None and settings.enabled:
                try:
                    key = await unseal(db, PURPOSE, sealed)
                except Unsealable:
                    logger.warning("llm_key_not_readable")
            zone = ZoneInfo((await organization.get_workspace(db)).timezone)
        setup = Setup(settings, key, zone)
        self._setup = (time.monotonic(), setup)
        return setup

    def forget(self) -> None:
        """The settings have changed: reads them again, and gives the endpoint a fresh chance."""
        self._setup = None
        self._plain.clear()
        self.breaker.succeeded()

    async def ready(self, *tasks: Task) -> bool:
        """Whether any of these tasks has a model that may be asked now."""
        if self.breaker.paused:
            return False
        setup = await self.setup()
        return any(setup.model(task) for task in tasks)

    # -- calls ---------------------------------------------------------------------------------------------------------

    async def complete(
        self,
        task: Task,
        messages: Sequence[Said],
        *,
        conversation_id: UUID | None = None,
        receipt: Receipt | None = None,
    ) -> str:
        """What the model says. Raises Unanswered."""
        return (await self._chat(task, messages, None, conversation_id, receipt=receipt)).text

    async def stream(
        self,
        task: Task,
        messages: Sequence[Said],
        on_text: OnText,
        *,
        conversation_id: UUID | None = None,
        receipt: Receipt | None = None,
    ) -> Completion:
        """Like `complete`, while `on_text` hears all that is said so far. Raises Unanswered, also in the middle."""
        return await self._chat(task, messages, on_text, conversation_id, receipt=receipt)

    async def choose(
        self, task: Task, messages: Sequence[Said], tools: Sequence[Tool], *, conversation_id: UUID | None = None
    ) -> Chosen | None:
        """The tool the model chooses, or None where it wants none. Nothing is called here. Raises Unanswered."""
        return (await self._chat(task, messages, None, conversation_id, tools)).chosen

    async def _chat(
        self,
        task: Task,
        messages: Sequence[Said],
        on_text: OnText | None,
        conversation_id: UUID | None,
        tools: Sequence[Tool] = (),
        receipt: Receipt | None = None,
    ) -> Completion:
        setup = await self.setup()
        settings = setup.settings
        if settings.hide_personal:
            messages = [Said(said.role, hide(said.text)) for said in messages]
        prompt = "\n\n".join(f"[{m.role}]\n{m.text}" for m in messages)
        record = self._record(task, setup, conversation_id, prompt, receipt)
        asked = (settings.address, record.model)
        plain = asked in self._plain
        request = Request(record.model, messages, settings.temperature, settings.max_tokens, plain, tools)
        endpoint = self._endpoint(setup)

        async def heard(text: str) -> None:
            if record.first_ms is None:
                record.first_ms = _since(record.started)
            if on_text is not None:
                await on_text(text)

        async def once(request: Request) -> Completion:
            return await (endpoint.chat(request) if on_text is None else endpoint.stream(request, heard))

        async def call() -> Completion:
            try:
                return await once(request)
            except CallFailed as failure:
                if request.plain or failure.status not in (400, 422):
                    raise
                # Some models refuse a temperature, some servers an option: said once more in the plainest words.
                record.tries += 1
                completion = await once(replace(request, plain=True))
                self._plain.add(asked)
                return completion

        return await self._guarded(setup, record, call, lambda c: (c.tokens_in, c.tokens_out, c.text))

    async def _guarded(
        self,
        setup: Setup,
        record: _Record,
        call: Callable[[], Awaitable[T]],
        costs: Callable[[T], tuple[int, int, str]],
    ) -> T:
        if not record.model:
            raise Unanswered("refused")
        seconds = setup.settings.timeout_of(record.task)
        if await self._spent(setup):
            self._log(setup, record, "budget")
            raise Unanswered("budget")
        if not self.breaker.enter(seconds):
            self._log(setup, record, "paused")
            raise Unanswered("paused")
        outcome: Outcome = "timeout"
        try:
            async with asyncio.timeout(seconds):
                result = await self._tried(record, call)
        except TimeoutError:
            pass
        except CallFailed as failure:
            outcome, record.status = failure.outcome, failure.status
        except asyncio.CancelledError:
            self.breaker.failed()
            self._log(setup, record, "timeout")
            raise
        else:
            self.breaker.succeeded()
            tokens_in, tokens_out, text = costs(result)
            self._log(setup, record, "ok", tokens_in, tokens_out, text)
            return result
        if outcome in _TROUBLE:
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        logger.info("llm_unanswered", task=record.task, outcome=outcome, status=record.status)
        self._log(setup, record, outcome)
        raise Unanswered(outcome)

    async def _tried(self, record: _Record, call: Callable[[], Awaitable[T]]) -> T:
        """Again, where the endpoint had not begun to answer; the task's time-out bounds it all."""
        while True:
            record.tries += 1
            try:
                return await call()
            except CallFailed as failure:
                if failure.outcome not in _AGAIN or record.tries >= TRIES or record.first_ms is not None:
                    raise
                wait = failure.retry_after if failure.retry_after is not None else 0.1 * 2**record.tries
                if wait > LONGEST_WAIT:
                    raise
            await asyncio.sleep(wait)

    def _endpoint(self, setup: Setup) -> Endpoint:
        return Endpoint(self.http, setup.settings.address, setup.key)

    @property
    def http(self) -> httpx.AsyncClient:
        if self._http is None:
            # No redirects: the key goes where the company said. The proxy of the machine is respected.
            self._http = httpx.AsyncClient(
                timeout=httpx.Timeout(120, connect=5), follow_redirects=False, headers={"user-agent": "Qiao"}
            )
        return self._http

    # -- budget and log ------------------------------------------------------------------------------------------------

    async def _spent(self, setup: Setup) -> bool:
        settings = setup.settings
        if not settings.daily_calls and not settings.daily_tokens:
            return False
        async with self.runtime.db.read() as db:
            calls, tokens = await spent_on(db, setup.today())
        return settings.used_up(calls, tokens)

    def unused(self, receipt: Receipt, why: Unused) -> None:
        """The answer came and is not used: the log says so, instead of a success nobody ever sees."""
        if receipt.call_id is not None:
            self._later(self._mark(receipt, why))

    async def _mark(self, receipt: Receipt, why: Unused) -> None:
        if receipt.written is not None:
            await receipt.written
        try:
            async with self.runtime.db.transaction() as db:
                await db.execute(update(LlmCall).where(LlmCall.id == receipt.call_id).values(outcome=why))
        except Exception:
            logger.exception("llm_call_not_marked")

    def _later(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(work)
        self._logging.add(task)
        task.add_done_callback(self._logging.discard)
        return task

    def _record(
        self, task: Task, setup: Setup, conversation_id: UUID | None, prompt: str, receipt: Receipt | None = None
    ) -> _Record:
        return _Record(task, setup.model(task), conversation_id, time.monotonic(), prompt, receipt or Receipt())

    def _log(
        self, setup: Setup, record: _Record, outcome: Outcome, tokens_in: int = 0, tokens_out: int = 0, reply: str = ""
    ) -> None:
        keeps = setup.settings.store_texts
        row = LlmCall(
            id=new_id(), at=clock.now(), task=record.task, model=record.model, outcome=outcome, status=record.status,
            ms=_since(record.started), first_ms=record.first_ms, tries=max(1, record.tries), tokens_in=tokens_in,
            tokens_out=tokens_out, conversation_id=record.conversation_id,
            prompt=record.prompt[:STORED_TEXT].replace("\x00", "") if keeps else None,
            reply=reply[:STORED_TEXT].replace("\x00", "") if keeps else None,
        )  # fmt: skip
        record.receipt.call_id, record.receipt.written = row.id, self._later(self._write(row, setup.today()))

    async def _write(self, row: LlmCall, day: date) -> None:
        made = row.outcome not in ("paused", "budget")  # these never left the house
        values = {
            "calls": int(made), "failed": int(row.outcome != "ok"), "ms": row.ms,
            "tokens_in": row.tokens_in, "tokens_out": row.tokens_out,
        }  # fmt: skip
        add = insert(LlmDay).values(day=day, task=row.task, model=row.model, **values)
        grown = {key: getattr(LlmDay, key) + add.excluded[key] for key in values}
        try:
            async with self.runtime.db.transaction() as db:
                db.add(row)
                await db.execute(add.on_conflict_do_update(index_elements=["day", "task", "model"], set_=grown))
        except Exception:
            logger.exception("llm_call_not_logged", task=row.task, outcome=row.outcome)


async def spent_on(db: Session, day: date) -> tuple[int, int]:
    """Calls and tokens of a day."""
    sums = func.coalesce(func.sum(LlmDay.calls), 0), func.coalesce(func.sum(LlmDay.tokens_in + LlmDay.tokens_out), 0)
    row = (await db.execute(select(*sums).where(LlmDay.day == day))).one()
    return int(row[0]), int(row[1])


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
