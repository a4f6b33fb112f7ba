"""The facts of promises. In the log each stands under the id of its ticket, or of its conversation: then there is no
`ticket_id`."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from qiao.core.events import Event, event


@event("sla.warned")
class SlaWarned(Event, frozen=True, kw_only=True):
    """A step of the ladder was reached before the promise ran out. `steps` are those that change the ticket
    or conversation."""

    hot: ClassVar[bool] = True
    ticket_id: UUID | None
    clock_id: UUID
    clock_kind: str
    policy_id: UUID | None
    due_at: datetime | None
    steps: tuple[str, ...] = ()


@event("sla.breached")
class SlaBreached(Event, frozen=True, kw_only=True):
    """A promise was not kept. With `again`, further steps of the ladder were reached since. `steps` are those that change
    the ticket or conversation."""

    hot: ClassVar[bool] = True
    ticket_id: UUID | None
    clock_id: UUID
    clock_kind: str
    policy_id: UUID | None
    breached_at: datetime
    steps: tuple[str, ...] = ()
    again: bool = False


@event("sla.met")
class SlaMet(Event, frozen=True, kw_only=True):
    """What was promised has been done, in time or `late`."""

    ticket_id: UUID | None
    clock_id: UUID
    clock_kind: str
    policy_id: UUID | None
    late: bool


@event("sla.explained")
class SlaExplained(Event, frozen=True, kw_only=True):
    """Somebody said why a promise was not kept."""

    ticket_id: UUID | None
    clock_id: UUID
    reason_key: str | None


@event("sla.policies_changed")
class PoliciesChanged(Event, frozen=True, kw_only=True):
    """Policies, or a calendar they count in, are not what they were: open clocks are counted anew."""

    policy_ids: tuple[UUID, ...] = ()
    calendar_id: UUID | None = None
