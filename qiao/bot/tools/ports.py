"""What a tool is: a named thing with typed inputs that flows (and a language model) may call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from qiao.core.db import Session

ToolName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
InputType = Literal["text", "integer", "number", "boolean", "date"]

LONGEST_OUTPUT: Final = 64 * 1024
"""Bytes of JSON a tool may hand back."""


class Words(BaseModel):
    """One text in both languages."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)

    zh_cn: Annotated[str, Field(alias="zh-CN", min_length=1, max_length=2000)]
    en: Annotated[str, Field(min_length=1, max_length=2000)]

    def text(self, locale: str) -> str:
        return self.en if locale == "en" else self.zh_cn


class InputSpec(BaseModel):
    """One typed input."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: InputType = "text"
    required: bool = True
    description: Words | None = None
    choices: list[str] | None = Field(None, max_length=50)
    personal: bool = False
    """Masked in the log of calls."""


class ToolSpec(BaseModel):
    """What a tool says of itself. `errors` are the codes a flow may branch on; `sample` is what a rehearsal gets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ToolName
    title: Words
    description: Words
    effect: Literal["read", "write"] = "read"
    inputs: dict[Key, InputSpec] = Field(default_factory=dict, max_length=30)
    errors: list[Key] = Field(default_factory=list, max_length=20)
    sample: Any = None
    """The output that rehearsals and tests get instead of a real call."""
    local: bool = False
    """It works in our own database, in the transaction of the reply; others are called over the network."""

    def json_schema(self) -> dict[str, Any]:
        """The inputs as JSON Schema, for a language model."""
        kinds = {"text": "string", "date": "string"}
        properties: dict[str, Any] = {}
        for key, spec in self.inputs.items():
            entry: dict[str, Any] = {"type": kinds.get(spec.type, spec.type)}
            if spec.description:
                entry["description"] = spec.description.en
            if spec.choices:
                entry["enum"] = spec.choices
            properties[key] = entry
        required = [key for key, spec in self.inputs.items() if spec.required]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class Subject:
    """For whom a tool may speak: a customer whose identity is certain. `orders` limits it to what was proven; None: all."""

    customer_id: UUID
    orders: frozenset[str] | None = None

    def may_see(self, customer_id: UUID, order_number: str) -> bool:
        return customer_id == self.customer_id and (self.orders is None or order_number in self.orders)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `key` is the same when the same step is repeated after a crash: it makes writing idempotent."""

    tool: str
    inputs: Mapping[str, Any]
    key: str
    locale: str = "zh-CN"
    conversation_id: UUID | None = None
    subject: Subject | None = None
    bot_name: str = "bot"
    timeout_s: float = 8.0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call: an output, or the code of what went wrong."""

    output: Any = None
    error: str | None = None
    detail: str = ""
    wrote: bool = False
    """It changed something, so what led to it can no longer be taken back by the flow."""
    simulated: bool = False

    @property
    def ok(self) -> bool:
        return self.error is None


class ToolFailed(Exception):
    """A call that did not work, with a code that flows branch on."""

    def __init__(self, code: str, detail: str = ""):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Tool(Protocol):
    @property
    def spec(self) -> ToolSpec: ...

    async def call(self, db: Session, call: Call) -> Any:
        """The output, as JSON. `call.inputs` are checked already. Raises ToolFailed."""


COMMON_ERRORS: Final = (
    "not_found",
    "refused",
    "identity_needed",
    "timeout",
    "unavailable",
    "invalid_input",
    "unknown_tool",
)
"""Codes any tool may fail with."""
