"""What crosses the border of tools."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from qiao.bot.tools.http import HttpSettings
from qiao.bot.tools.ports import InputSpec, Key, ToolName, ToolSpec, Words
from qiao.bot.tools.sql import SqlSettings


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ToolBody(Body):
    """A connected tool. `secrets`: values to keep; a name with null forgets it; names left out stay as they are."""

    kind: Literal["http", "sql"]
    name: ToolName
    title: Words
    description: Words
    effect: Literal["read", "write"] = "read"
    inputs: dict[Key, InputSpec] = Field(default_factory=dict, max_length=30)
    errors: list[Key] = Field(default_factory=list, max_length=20)
    sample: Any = None
    http: HttpSettings | None = None
    sql: SqlSettings | None = None
    secrets: dict[Key, Annotated[str, Field(max_length=4000)] | None] = Field(default_factory=dict, max_length=20)
    active: bool = True


class ToolView(BaseModel):
    """A tool as the console shows it: shipped ones have no id and cannot be changed. Secrets are named, never shown."""

    id: UUID | None
    kind: Literal["python", "http", "sql"]
    spec: ToolSpec
    http: HttpSettings | None = None
    sql: SqlSettings | None = None
    secret_names: list[str] = []
    active: bool = True
    updated_at: datetime | None = None


class TryBody(Body):
    """Inputs to try a tool with, before or after it is saved. `customer_number`: for whom shipped tools look."""

    inputs: dict[str, Any] = Field(default_factory=dict, max_length=30)
    customer_number: int | None = Field(None, ge=1)
    locale: Literal["zh-CN", "en"] = "zh-CN"


class TryView(BaseModel):
    output: Any
    error: str | None
    detail: str
    ms: int


class CallView(BaseModel):
    """One entry of the log of calls."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    tool: str
    conversation_id: UUID | None
    inputs: dict[str, Any]
    error: str | None
    detail: str
    output_bytes: int
    ms: int
    at: datetime


class OpenApiBody(Body):
    """An OpenAPI 3 document (JSON or YAML)."""

    text: str = Field(min_length=2, max_length=2 * 1024 * 1024)


class OpenApiView(BaseModel):
    """Its operations as tools that can be saved as they are, or after a change; and why others cannot."""

    tools: list[ToolBody]
    skipped: list[str]
