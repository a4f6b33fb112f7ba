"""The facts procedures announce. In the log each stands under the id of the ticket or conversation it is walked for."""

from uuid import UUID

from qiao.core.events import Event, event


@event("sop.published")
class ProcedurePublished(Event, frozen=True, kw_only=True):
    """Another version of a procedure, or none, is started from now on."""

    procedure_id: UUID
    procedure: str


@event("sop.started")
class RunStarted(Event, frozen=True, kw_only=True):
    """Somebody, or a rule, began a procedure for a ticket or a conversation."""

    run_id: UUID
    procedure: str
    subject_kind: str
    subject_id: UUID
    reason: str


@event("sop.moved")
class RunMoved(Event, frozen=True, kw_only=True):
    """A run stands elsewhere, waits, or has another owner."""

    run_id: UUID
    subject_kind: str
    subject_id: UUID
    version: int
    act: str


@event("sop.deviated")
class RunDeviated(Event, frozen=True, kw_only=True):
    """Somebody passed a step over, went on against a check, too early or too late, or elsewhere."""

    run_id: UUID
    procedure: str
    subject_kind: str
    subject_id: UUID
    step: str
    deviation: str


@event("sop.finished")
class RunFinished(Event, frozen=True, kw_only=True):
    """A run is over. Without an outcome it was stopped."""

    run_id: UUID
    procedure: str
    subject_kind: str
    subject_id: UUID
    outcome: str | None
    good: bool
    deviations: int
