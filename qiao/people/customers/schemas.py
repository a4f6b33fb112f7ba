"""What crosses the border of customers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

IdentityKind = str
"""`visitor`, `external`, `phone`, `email`, `union`, or the kind a channel names in its manifest."""
Level = Literal["standard", "silver", "gold", "vip"]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a channel knows about who writes. Empty fields say nothing; they never erase what is known."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    locale: str | None = None
    city: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


class View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class CustomerRef(View):
    """A customer in a list or on a conversation."""

    id: UUID
    number: int
    name: str
    level: str
    avatar_color: str
    locale: str | None = None
    blocked: bool = False


class IdentityView(View):
    id: UUID
    kind: str
    inbox_id: UUID | None
    value: str
    verified: bool
    created_at: datetime


class CustomerView(CustomerRef):
    """A customer as staff see them. `masked`: phone, e-mail and identities are not shown whole."""

    tags: list[str]
    attributes: dict[str, Any]
    notes: str
    phone: str | None
    email: str | None
    city: str | None
    blocked_at: datetime | None
    last_seen_at: datetime
    created_at: datetime
    identities: list[IdentityView]
    masked: bool


class Revealed(View):
    """Personal data in full, once, on the record."""

    phone: str | None
    email: str | None
    identities: list[IdentityView]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CustomerCreate(Body):
    name: str = Field("", max_length=80)
    level: Level = "standard"
    tags: list[Tag] = Field(default_factory=list, max_length=50)
    locale: Literal["zh-CN", "en"] | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)
    notes: str = Field("", max_length=10_000)
    phone: str | None = Field(None, max_length=40)
    email: str | None = Field(None, max_length=254)
    city: str | None = Field(None, max_length=80)


class CustomerPatch(Body):
    """Fields left out stay; null clears what may be empty."""

    name: str | None = Field(None, max_length=80)
    level: Level | None = None
    tags: list[Tag] | None = Field(None, max_length=50)
    locale: Literal["zh-CN", "en"] | None = None
    attributes: dict[str, Any] | None = None
    notes: str | None = Field(None, max_length=10_000)
    phone: str | None = Field(None, max_length=40)
    email: str | None = Field(None, max_length=254)
    city: str | None = Field(None, max_length=80)
