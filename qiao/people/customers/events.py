"""Facts about customers."""

from uuid import UUID

from qiao.core.events import Event, event


@event("customer.created")
class CustomerCreated(Event, frozen=True, kw_only=True):
    customer_id: UUID


@event("customer.updated")
class CustomerUpdated(Event, frozen=True, kw_only=True):
    """Names of what changed; never the values."""

    customer_id: UUID
    fields: tuple[str, ...]
