"""What crosses the border of the language model."""

import ipaddress
from datetime import date, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Task = Literal["answer", "rewrite", "tools", "summary", "draft"]
TASKS: tuple[Task, ...] = ("answer", "rewrite", "tools", "summary", "draft")
Outcome = Literal[
    "ok",
    "timeout",
    "unreachable",
    "rate_limited",
    "refused",
    "server_error",
    "bad_reply",
    "truncated",
    "paused",
    "budget",
]
Unused = Literal["unsupported", "no_answer"]
"""Why an answer that came was not used: its sources do not say it, or the model found nothing in them."""


def _address(value: str) -> str:
    value = value.strip().rstrip("/")
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
        raise PydanticCustomError("llm.address_invalid", "invalid")
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return value
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        raise PydanticCustomError("llm.address_invalid", "invalid")
    return value


def _model(value: str) -> str:
    return "".join(character for character in value if character.isprintable()).strip()


Address = Annotated[str, Field(max_length=300), AfterValidator(_address)]
ModelName = Annotated[str, Field(max_length=120), AfterValidator(_model)]
Seconds = Annotated[float, Field(ge=1, le=120)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Models(_Body):
    """The model of each task; empty: the task is done without one."""

    answer: ModelName = ""
    rewrite: ModelName = ""
    tools: ModelName = ""
    summary: ModelName = ""
    draft: ModelName = ""


class Timeouts(_Body):
    """Seconds after which the product goes on without the model."""

    answer: Seconds = 12
    rewrite: Seconds = 4
    tools: Seconds = 6
    summary: Seconds = 20
    draft: Seconds = 20


class LlmSettings(_Body):
    """How the language model is reached. Budgets of 0 are none."""

    enabled: bool = False
    address: Address = ""
    models: Models = Models()
    timeouts: Timeouts = Timeouts()
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.2
    max_tokens: Annotated[int, Field(ge=50, le=8000)] = 800
    daily_calls: Annotated[int, Field(ge=0, le=10_000_000)] = 20_000
    daily_tokens: Annotated[int, Field(ge=0, le=10_000_000_000)] = 20_000_000
    streaming: bool = True
    """Customers see an answer while it is written, sentence by sentence, each after its check."""
    hide_personal: bool = True
    """Phone, ID and card numbers and mail addresses are replaced before a text leaves."""
    store_texts: bool = False
    retention_days: Annotated[int, Field(ge=1, le=730)] = 30

    def model_of(self, task: Task) -> str:
        return str(getattr(self.models, task))

    def used_up(self, calls: int, tokens: int) -> bool:
        """Whether a day with so much behind it may cost no more. 0: no limit."""
        return bool(
            (self.daily_calls and calls >= self.daily_calls) or (self.daily_tokens and tokens >= self.daily_tokens)
        )

    def timeout_of(self, task: Task) -> float:
        return float(getattr(self.timeouts, task))


class LlmSettingsView(LlmSettings):
    """`has_key`: a key is stored. The key itself is never shown."""

    has_key: bool = False


class LlmSettingsBody(LlmSettings):
    """`api_key`: left out keeps the stored one, as long as the address stays on its host; empty removes it."""

    api_key: Annotated[str | None, Field(max_length=500)] = None


class TestBody(_Body):
    """An endpoint to try, saved or not. Without `api_key` the stored key is used where it belongs: at its own host."""

    __test__ = False

    address: Address
    model: ModelName = ""
    api_key: Annotated[str | None, Field(max_length=500)] = None


class TestResult(BaseModel):
    """`models`: what the endpoint offers, where it says."""

    __test__ = False

    ok: bool
    outcome: Outcome
    status: int | None
    ms: int
    message: str
    models: list[str]


class CallView(BaseModel):
    """A call; `tries` counts the safe repeats."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    task: str
    model: str
    outcome: str
    status: int | None
    ms: int
    first_ms: int | None
    tries: int
    tokens_in: int
    tokens_out: int
    conversation_id: UUID | None
    has_text: bool = False


class CallDetail(CallView):
    prompt: str | None
    reply: str | None


class DayView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    day: date
    task: str
    model: str
    calls: int
    failed: int
    ms: int
    tokens_in: int
    tokens_out: int


class StateView(BaseModel):
    """How it stands now. `paused_s`: the endpoint failed too often and is left alone for so long. `used_up`: what a day may
    cost has been spent; it goes on tomorrow."""

    ready: bool
    tasks: list[Task]
    paused_s: float
    used_up: bool = False
    calls_today: int
    tokens_today: int
    days: list[DayView]
