"""Facts about orders."""

from uuid import UUID

from qiao.core.events import Event, event


@event("order.stored")
class OrderStored(Event, frozen=True, kw_only=True):
    """An order was made or changed by the company's shop."""

    order_id: UUID
    customer_id: UUID
    status: str
