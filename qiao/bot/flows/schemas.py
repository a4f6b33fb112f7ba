"""What crosses the border of flows."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class FaultView(BaseModel):
    """What is wrong: `step` and `field` say where, `text` in the reader's language. A warning does not hinder publishing."""

    code: str
    step: str
    field: str
    text: str
    warning: bool


class FlowItem(BaseModel):
    """A flow in the list. `runs` are those of the last 30 days by outcome."""

    id: UUID
    key: str
    name: dict[str, str]
    description: dict[str, str] | None
    published: int | None
    changed: bool
    faults: int
    updated_at: datetime
    runs: dict[str, int]


class FlowView(BaseModel):
    """A flow as it is edited: the draft, what is wrong with it, and which version customers meet."""

    id: UUID
    key: str
    revision: int
    document: dict[str, Any]
    yaml: str
    faults: list[FaultView]
    published: int | None
    changed: bool
    updated_at: datetime


class VersionView(BaseModel):
    id: UUID
    number: int
    note: str
    published_at: datetime
    published_by: UUID | None
    current: bool


class VersionDetail(VersionView):
    document: dict[str, Any]
    yaml: str


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FlowCreate(Body):
    """A flow out of a file (`yaml`, which may be JSON), or an empty one under `key`."""

    yaml: str | None = Field(None, max_length=512 * 1024)
    key: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: str | None = Field(None, min_length=1, max_length=80)


class FromProcedure(Body):
    """Makes a flow of the procedure of this key, under its own key or another."""

    procedure: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    key: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,39}$")


class DraftBody(Body):
    """The whole draft, as data or as a file's text; `revision` is the one it was made from."""

    revision: int
    document: dict[str, Any] | None = None
    yaml: str | None = Field(None, max_length=512 * 1024)


class PublishBody(Body):
    revision: int
    note: str = Field("", max_length=500)


class CheckBody(Body):
    document: dict[str, Any] | None = None
    yaml: str | None = Field(None, max_length=512 * 1024)


class CheckView(BaseModel):
    """The document in both forms, as far as it can be read."""

    document: dict[str, Any] | None
    yaml: str | None
    faults: list[FaultView]


class RehearseBody(Body):
    """One more message to a rehearsed conversation. `state` is what the last answer gave; none begins anew."""

    document: dict[str, Any]
    text: str = Field("", max_length=2000)
    choice: str | None = Field(None, max_length=200)
    state: dict[str, Any] | None = None
    locale: Literal["zh-CN", "en"] = "zh-CN"
    signed_in: bool = True
    customer_number: int | None = Field(None, ge=1)
    """Whose real orders tools that only read may look at; without, they answer with samples."""


class SaidView(BaseModel):
    text: str
    options: list[dict[str, str]]
    card: dict[str, Any] | None = None


class RehearseView(BaseModel):
    """What the bot would have said and done. `step` now waits; `path` is the way it went."""

    said: list[SaidView]
    step: str | None
    path: list[str]
    slots: dict[str, Any]
    calls: list[dict[str, Any]]
    ended: str | None
    state: dict[str, Any] | None


class TestView(BaseModel):
    name: str
    passed: bool
    misses: list[dict[str, Any]]
    transcript: list[dict[str, str]]


class RunView(BaseModel):
    """One run of a flow with a customer."""

    id: UUID
    conversation_id: UUID
    version: int | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    path: list[str]
