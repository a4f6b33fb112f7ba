"""What staff see live: that something at a site has moved. What it is, their screen reads anew."""

from collections.abc import Sequence
from uuid import UUID

from qiao.channels.walkin.events import AppointmentMoved, CounterChanged, SiteChanged, VisitMoved
from qiao.core.events import Envelope
from qiao.core.realtime import Push, Target, enrich
from qiao.core.runtime import Runtime


@enrich(VisitMoved.kind, CounterChanged.kind, SiteChanged.kind, AppointmentMoved.kind)
async def push_sites(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """One `counter.changed` per site and batch."""
    last = {UUID(str(envelope.payload["site_id"])): envelope for envelope in envelopes}
    target = Target(permission="conversations.handle")
    return [(envelope, Push(target, "counter.changed", {"site_id": site_id})) for site_id, envelope in last.items()]
