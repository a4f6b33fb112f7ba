"""Progress of background jobs, for whoever asked for them."""

from collections.abc import Sequence

from qiao.core.events import Envelope
from qiao.core.jobs import JobProgressed
from qiao.core.realtime import Push, Target, enrich
from qiao.core.runtime import Runtime


@enrich(JobProgressed.kind)
async def push_progress(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """One frame a step; only the newest of each job in a batch."""
    newest = {envelope.payload["job_id"]: envelope for envelope in envelopes}
    return [
        (
            envelope,
            Push(Target(users=frozenset(envelope.audience.users)), "job.progress", {"job": envelope.payload}),
        )
        for envelope in newest.values()
    ]
