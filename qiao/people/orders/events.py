"""Facts about orders."""

from uuid import UUID

from qiao.core.events import Event, event


@event("order.stored")
class OrderStored(Event, frozen=True, kw_only=True):
    """An order was made or changed by the company's shop."""

    order_id: UUID
    customer_id: UUID
    status: str


@event("order.requested")
class OrderRequested(Event, frozen=True, kw_only=True):
    """A customer asked for something about an order: a refund, another address, an invoice."""

    request_id: UUID
    order_id: UUID
    customer_id: UUID
    request_kind: str
    status: str


@event("order.request_decided")
class OrderRequestDecided(Event, frozen=True, kw_only=True):
    """Staff settled or refused what a customer asked for."""

    request_id: UUID
    order_id: UUID
    customer_id: UUID
    request_kind: str
    status: str
