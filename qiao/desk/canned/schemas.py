"""What crosses the border of canned replies."""

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

LocaleName = Literal["zh-CN", "en"]
Sort = Literal["shortcut", "used"]
BODY_LIMIT = 10_000


def _line(value: str) -> str:
    return " ".join(value.split())


def _shortcut(value: str) -> str:
    """What follows the slash: no slash, no blanks, one case."""
    cleaned = re.sub(r"\s+", "-", value.strip().lstrip("/").strip()).lower()
    if not cleaned:
        raise PydanticCustomError("canned.shortcut_empty", "empty")
    return cleaned


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("canned.text_empty", "empty")
    return value


def _nul_free(value: str) -> str:
    return value.replace("\x00", "")


Shortcut = Annotated[str, Field(max_length=40), AfterValidator(_nul_free), AfterValidator(_shortcut)]
Title = Annotated[
    str, Field(max_length=120), AfterValidator(_nul_free), AfterValidator(_line), AfterValidator(_not_blank)
]
Body_ = Annotated[str, Field(max_length=BODY_LIMIT), AfterValidator(_nul_free), AfterValidator(_not_blank)]
Folder = Annotated[str, Field(max_length=60), AfterValidator(_nul_free), AfterValidator(_line)]


class CannedView(BaseModel):
    """`owner_user_id` is null for a shared reply. `shortcut` is without the slash."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    shortcut: str
    title: str
    body: str
    folder: str | None
    locale: str
    owner_user_id: UUID | None
    usage_count: int


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CannedCreate(Body):
    """A personal reply unless `shared`."""

    shortcut: Shortcut
    title: Title
    body: Body_
    folder: Folder | None = None
    locale: LocaleName = "zh-CN"
    shared: bool = False


class CannedPatch(Body):
    """Only what is given changes."""

    shortcut: Shortcut | None = None
    title: Title | None = None
    body: Body_ | None = None
    folder: Folder | None = None
    locale: LocaleName | None = None


class RenderBody(Body):
    """For a conversation, or for a ticket."""

    conversation_id: UUID | None = None
    ticket_id: UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> "RenderBody":
        if (self.conversation_id is None) == (self.ticket_id is None):
            raise PydanticCustomError("canned.render_for", "one of both")
        return self


class Gap(BaseModel):
    """A variable for which this conversation has no value; `text` stands in its place in the body."""

    variable: str
    text: str


class Rendered(BaseModel):
    body: str
    missing: list[Gap]


class VariableView(BaseModel):
    """A variable replies may use, with its name in the reader's language."""

    name: str
    label: str
