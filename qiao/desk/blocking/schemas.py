"""What crosses the border of blocking."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from qiao.people.customers.schemas import CustomerRef

Kind = Literal["customer", "address", "domain", "phone_prefix"]


class View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class BlockView(View):
    """A block. `value` is masked for those who may not see contact details."""

    id: UUID
    kind: Kind
    value: str
    customer: CustomerRef | None
    inbox_id: UUID | None
    reason: str
    expires_at: datetime | None
    created_by_name: str
    created_at: datetime
    lifted_at: datetime | None
    lifted_by_name: str | None
    standing: bool


class RuleView(View):
    """How an inbox takes messages in; None: as the company does. `inbox_id` None: the company's rule."""

    inbox_id: UUID | None
    handling: Literal["refuse", "keep"] | None
    per_minute: int | None
    per_hour: int | None


class HeldView(View):
    """A message that was held back."""

    id: UUID
    inbox_id: UUID
    conversation_id: UUID | None
    customer: CustomerRef | None
    why: Literal["blocked", "fast"]
    kind: str
    body: str
    at: datetime
    released_at: datetime | None
    released_by_name: str | None


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BlockBody(Body):
    """`value` for an address, a domain (`spam.example`) or a phone prefix (`+44`); `customer_id` for a customer."""

    kind: Kind
    value: str = Field("", max_length=254)
    customer_id: UUID | None = None
    inbox_id: UUID | None = None
    reason: str = Field("", max_length=500)
    expires_at: AwareDatetime | None = None


class RuleBody(Body):
    handling: Literal["refuse", "keep"] | None = None
    per_minute: int | None = Field(None, ge=1, le=1000)
    per_hour: int | None = Field(None, ge=1, le=10_000)


class ReleaseBody(Body):
    ids: list[UUID] = Field(min_length=1, max_length=100)


class Held(BaseModel):
    """What is needed to put a message where it belongs later."""

    inbox_id: UUID
    customer_id: UUID
    address: str
    client_id: str
    kind: str
    body: str
    payload: dict[str, Any]
    conversation_id: UUID | None = None
    locale: str = "zh-CN"
