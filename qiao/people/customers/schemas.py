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
    """What a channel knows about who writes. Empty fields say nothing; they never erase what is known.

    `phone` and `email` are claims, unless named in `held` (the company's own systems hold them for this customer) or in
    `vouched` (the provider has checked that they are the sender's): what is vouched for identifies, like `union`, the
    provider's own name for the person across accounts.
    """

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    locale: str | None = None
    city: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    vouched: frozenset[str] = frozenset()
    union: str | None = None


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
    consent: Literal["in", "out"] | None = None


class FormerView(View):
    """A record that became part of another one."""

    id: UUID
    number: int
    name: str
    phone: str | None
    email: str | None


class CustomerView(CustomerRef):
    """A customer as staff see them. `masked`: phone, e-mail and identities are not shown whole.

    A phone or e-mail that is not `vouched` is a claim: it names nobody.
    """

    tags: list[str]
    attributes: dict[str, Any]
    notes: str
    phone: str | None
    email: str | None
    phone_vouched: bool
    email_vouched: bool
    city: str | None
    blocked_at: datetime | None
    last_seen_at: datetime
    created_at: datetime
    identities: list[IdentityView]
    formerly: list[FormerView] = []
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
    """Fields left out stay; null clears what may be empty. A phone or e-mail changed here is a claim unless vouched for."""

    name: str | None = Field(None, max_length=80)
    level: Level | None = None
    tags: list[Tag] | None = Field(None, max_length=50)
    locale: Literal["zh-CN", "en"] | None = None
    attributes: dict[str, Any] | None = None
    notes: str | None = Field(None, max_length=10_000)
    phone: str | None = Field(None, max_length=40)
    email: str | None = Field(None, max_length=254)
    city: str | None = Field(None, max_length=80)
    phone_vouched: bool | None = None
    email_vouched: bool | None = None


class SuggestionView(View):
    """Somebody who may be the same person. `evidence` are codes of what speaks for it; `score` is of 100.

    `decided_…` say who has refused it, and when.
    """

    customer: CustomerRef
    phone: str | None
    email: str | None
    score: int
    evidence: list[str]
    found_at: datetime
    decided_by_name: str | None = None
    decided_at: datetime | None = None


class MergePreview(View):
    """What would become of two records. `changes`: fields of the survivor, before and after. `moves`: how much of what
    goes over. `conflicts` forbid it, `warnings` are worth a look; both are codes."""

    survivor: CustomerView
    merged: CustomerView
    changes: dict[str, list[Any]]
    moves: dict[str, int]
    former: int
    conflicts: list[str]
    warnings: list[str]
    undo_days: int


class MergeView(View):
    """A merge as it is remembered."""

    id: UUID
    survivor_id: UUID
    survivor_number: int
    merged_id: UUID
    merged_number: int
    merged_name: str
    reason: str
    by_name: str
    at: datetime
    undo_until: datetime
    undone_at: datetime | None
    undone_by_name: str | None
    undoable: bool


class MergeBody(Body):
    """The record that becomes part of the one in the path."""

    other_id: UUID
    reason: str = Field("", max_length=500)


class OtherBody(Body):
    other_id: UUID


class ConsentBody(Body):
    """What was said, and what proves it (a form's number, a recording, the customer's words)."""

    state: Literal["in", "out"]
    source: Literal["agent", "form", "contract", "import"] = "agent"
    proof: str = Field("", max_length=1000)


class ConsentView(View):
    id: UUID
    state: Literal["in", "out"]
    source: str
    proof: str
    by_name: str
    at: datetime
