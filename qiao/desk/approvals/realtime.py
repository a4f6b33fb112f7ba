"""Who asked hears that their request moved; deciders hear by their notifications."""

from collections.abc import Sequence

from qiao.core.events import Envelope
from qiao.core.realtime import Push, Target, enrich
from qiao.core.runtime import Runtime
from qiao.desk.approvals.events import ApprovalClosed, ApprovalDecided, ApprovalRequested


@enrich(ApprovalRequested.kind, ApprovalDecided.kind, ApprovalClosed.kind)
async def moved(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    return [
        (
            envelope,
            Push(
                Target(users=frozenset(envelope.audience.users)),
                "approval.changed",
                {"approval_id": envelope.payload["approval_id"], "ticket_id": envelope.payload["ticket_id"]},
            ),
        )
        for envelope in envelopes
    ]
