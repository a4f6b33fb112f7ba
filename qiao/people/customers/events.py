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


@event("customer.merged")
class CustomerMerged(Event, frozen=True, kw_only=True):
    """Two records became one. The rooms that hold `merged_id` change it to `survivor_id` in the same transaction."""

    merge_id: UUID
    survivor_id: UUID
    merged_id: UUID


@event("customer.unmerged")
class CustomerUnmerged(Event, frozen=True, kw_only=True):
    """A merge was undone: `merged_id` is a record of its own again."""

    merge_id: UUID
    survivor_id: UUID
    merged_id: UUID


@event("customer.consented")
class CustomerConsented(Event, frozen=True, kw_only=True):
    """Somebody allowed (`in`) or forbade (`out`) us to write to one of a customer's addresses."""

    customer_id: UUID
    identity_id: UUID
    state: str
    source: str
