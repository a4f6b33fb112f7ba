"""What customers do on their own events: follow merges, and look for records that may be one person."""

from collections.abc import Sequence
from uuid import UUID

from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit_batch
from qiao.people.customers import suggesting
from qiao.people.customers.events import CustomerCreated, CustomerMerged, CustomerUnmerged, CustomerUpdated
from qiao.people.customers.following import follow
from qiao.people.customers.models import IdentityRow

follow(IdentityRow.customer_id, shown="identities")

_TELLING = frozenset({"phone", "email", "phone_vouched", "email_vouched", "name", "city", "attributes", "identities"})


def _tells(envelope: Envelope) -> bool:
    return envelope.kind != CustomerUpdated.kind or not _TELLING.isdisjoint(envelope.payload["fields"])


@on_commit_batch(
    CustomerCreated,
    CustomerUpdated,
    CustomerMerged,
    CustomerUnmerged,
    name="customers.suggestions",
    when=_tells,
    from_start=True,
    linger=1.0,
    most=50,
)
async def look_for_the_same(
    db: Session,
    batch: Sequence[tuple[CustomerCreated | CustomerUpdated | CustomerMerged | CustomerUnmerged, Envelope]],
) -> None:
    """Compares records that have changed with those they share something telling with."""
    ids: set[UUID] = set()
    for fact, _ in batch:
        if isinstance(fact, CustomerMerged | CustomerUnmerged):
            ids |= {fact.survivor_id, fact.merged_id}
        else:
            ids.add(fact.customer_id)
    await suggesting.refresh(db, ids)
