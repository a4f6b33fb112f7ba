"""The facts approvals announce. In the log they stand under their ticket's id, in order with what happens to it."""

from uuid import UUID

from qiao.core.events import Event, event


@event("approval.requested")
class ApprovalRequested(Event, frozen=True, kw_only=True):
    approval_id: UUID
    ticket_id: UUID
    source: str
    transition: str | None = None
    amount_minor: int | None = None


@event("approval.decided")
class ApprovalDecided(Event, frozen=True, kw_only=True):
    """Somebody agreed or did not; the whole may still be open."""

    approval_id: UUID
    ticket_id: UUID
    verdict: str


@event("approval.closed")
class ApprovalClosed(Event, frozen=True, kw_only=True):
    """`state` is granted, rejected, cancelled, void or expired."""

    approval_id: UUID
    ticket_id: UUID
    state: str
    transition: str | None = None
