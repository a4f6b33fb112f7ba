"""What crosses the border of orders."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

OrderStatus = Literal[
    "pending_payment", "paid", "shipped", "delivered", "completed", "cancelled", "refunding", "refunded"
]
Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
Line = Annotated[str, StringConstraints(max_length=300)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OrderItem(Body):
    """One line of an order. Amounts are in the currency's smallest unit."""

    name: Line
    sku: Annotated[str, StringConstraints(max_length=80)] = ""
    quantity: int = Field(1, ge=0, le=1_000_000)
    unit_price_minor: int = Field(0, ge=0, le=10**15)
    image_url: Annotated[str, StringConstraints(max_length=1000)] | None = None
    url: Annotated[str, StringConstraints(max_length=1000)] | None = None


class TrackingEvent(Body):
    at: AwareDatetime
    text: Line


class Logistics(Body):
    """Where the parcel is; `events` from oldest to newest."""

    carrier: Annotated[str, StringConstraints(max_length=80)] = ""
    tracking_number: Annotated[str, StringConstraints(max_length=80)] = ""
    status: Annotated[str, StringConstraints(max_length=40)] = ""
    recipient: Annotated[str, StringConstraints(max_length=80)] = ""
    address: Line = ""
    events: list[TrackingEvent] = Field(default_factory=list, max_length=100)


class OrderBody(Body):
    """A whole order, as the shop knows it now. Whose it is: `customer_id` or `customer_number`."""

    customer_id: UUID | None = None
    customer_number: int | None = Field(None, ge=1)
    status: OrderStatus
    placed_at: AwareDatetime
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "CNY"
    total_minor: int = Field(ge=0, le=10**15)
    items: list[OrderItem] = Field(default_factory=list, max_length=200)
    logistics: Logistics = Field(default_factory=Logistics)


class OrderView(BaseModel):
    """An order as staff see it. Recipient and address are masked for those who may not reveal them."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    number: str
    customer_id: UUID
    status: str
    placed_at: datetime
    currency: str
    total_minor: int
    items: list[dict[str, Any]]
    logistics: dict[str, Any]
    updated_at: datetime


RequestKind = Literal["refund", "address", "invoice"]


class RefundDetails(Body):
    """Money back. `amount_minor` is at most what was paid."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    amount_minor: int = Field(ge=1, le=10**15)


class AddressDetails(Body):
    recipient: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=300)]


class InvoiceDetails(Body):
    """`tax_number` is needed for a company."""

    holder: Literal["person", "company"]
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    tax_number: Annotated[str, StringConstraints(strip_whitespace=True, max_length=30)] = ""
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)]


class OrderRequestView(BaseModel):
    """What a customer asked for about an order. Personal details are masked for those who may not reveal them."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    number: int
    order_number: str
    customer_id: UUID
    kind: str
    status: str
    details: dict[str, Any]
    conversation_id: UUID | None
    note: str
    created_at: datetime
    decided_at: datetime | None


class DecideBody(Body):
    status: Literal["done", "rejected"]
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
