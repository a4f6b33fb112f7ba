"""What crosses the border of notifications."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class NotificationView(BaseModel):
    """One line. `link` is a path of the console; `count` says how often it happened since it was unread."""

    id: UUID
    kind: str
    text: str
    link: str
    params: dict[str, Any]
    count: int
    actor_name: str | None
    at: datetime
    read_at: datetime | None


class Unread(BaseModel):
    unread: int


class ReadBody(BaseModel):
    """Which to mark as read; without `ids` all."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[UUID], Field(max_length=200)] | None = None


class Choice(BaseModel):
    """How somebody hears of a kind."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(max_length=60)]
    console: bool
    mail: bool
    app: bool | None = None
    """By one's own ways (WeCom, DingTalk …); null: as by mail."""


class WayBody(BaseModel):
    """An empty account takes the way away."""

    model_config = ConfigDict(extra="forbid")

    account: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120, pattern=r"^[^\x00-\x1f|]*$")]
    active: bool


class WayView(BaseModel):
    """A way one can be reached by. `name` and `hint` (what the account is) in the reader's language; `problem` is why the
    last notice was refused."""

    way: str
    name: str
    hint: str
    account: str
    active: bool
    problem: str | None


class ChoiceView(Choice):
    """`name` is what the kind is called in the reader's language."""

    name: str


class Choices(BaseModel):
    """`mail_possible`: whether this installation sends mail at all. `ways` are those the company has set up."""

    mail_possible: bool
    kinds: list[ChoiceView]
    ways: list[WayView]


class ChoicesBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kinds: Annotated[list[Choice], Field(max_length=100)]
