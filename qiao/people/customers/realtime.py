"""What staff see live: that a customer's record has changed. Whoever shows it reads it anew."""

from collections.abc import Sequence
from typing import Any

from qiao.core.events import Envelope
from qiao.core.realtime import Push, Target, enrich
from qiao.core.runtime import Runtime
from qiao.people.customers.events import CustomerConsented, CustomerMerged, CustomerUnmerged, CustomerUpdated
from qiao.people.customers.service import AUDIENCE


@enrich(CustomerUpdated.kind, CustomerConsented.kind, CustomerMerged.kind, CustomerUnmerged.kind)
async def push_customers(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """One `customer.changed` per record and batch."""
    last: dict[Any, Envelope] = {}
    for envelope in envelopes:
        told = envelope.payload
        last.update((told[key], envelope) for key in ("customer_id", "survivor_id", "merged_id") if key in told)
    target = Target(permission=AUDIENCE.permission)
    return [(envelope, Push(target, "customer.changed", {"customer_id": str(key)})) for key, envelope in last.items()]
