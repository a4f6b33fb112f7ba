"""The facts tickets announce. In the log each stands under its ticket's id, so what happens to one ticket stays in order."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from qiao.core.events import Event, event


@event("ticket.created")
class TicketCreated(Event, frozen=True, kw_only=True):
    ticket_id: UUID
    type_id: UUID
    status: str
    source: str
    customer_id: UUID | None = None
    department_id: UUID | None = None
    assignee_id: UUID | None = None
    conversation_id: UUID | None = None


@event("ticket.moved")
class TicketMoved(Event, frozen=True, kw_only=True):
    """Went from one state of its workflow to another. `status` is the shared word for `state`."""

    ticket_id: UUID
    previous_status: str
    status: str
    previous_state: str
    state: str
    transition: str | None = None
    reason: str | None = None


@event("ticket.assigned")
class TicketAssigned(Event, frozen=True, kw_only=True):
    """Somebody else, or another department, is responsible. None: nobody."""

    ticket_id: UUID
    department_id: UUID | None
    user_id: UUID | None
    previous_department_id: UUID | None
    previous_user_id: UUID | None
    reason: str | None = None


@event("ticket.commented")
class TicketCommented(Event, frozen=True, kw_only=True):
    """Somebody wrote. `first_response`: the first public words of staff to the customer."""

    ticket_id: UUID
    entry_id: UUID
    public: bool
    author_kind: str
    author_id: UUID | None = None
    first_response: bool = False
    mentions: tuple[UUID, ...] = ()


@event("ticket.answered")
class TicketAnswered(Event, frozen=True, kw_only=True):
    """The customer was answered in the conversation the ticket came from. `first_response` as in `TicketCommented`."""

    ticket_id: UUID
    user_id: UUID
    answered_at: datetime
    first_response: bool = False


@event("ticket.changed")
class TicketChanged(Event, frozen=True, kw_only=True):
    """Fields have other values: `title`, `priority`, `tags`, `due_at`, `fields.<key>`, `customer_id`, `type_id` …"""

    ticket_id: UUID
    fields: tuple[str, ...]


@event("ticket.escalated")
class TicketEscalated(Event, frozen=True, kw_only=True):
    ticket_id: UUID
    previous_tier: int
    tier: int
    reason: str


@event("ticket.merged")
class TicketMerged(Event, frozen=True, kw_only=True):
    """`ticket_id` went into `into_id`, with everything that was in it."""

    ticket_id: UUID
    into_id: UUID


@event("ticket.linked")
class TicketLinked(Event, frozen=True, kw_only=True):
    """A link was made or taken away (`gone`), parents included (`kind` is `parent`)."""

    ticket_id: UUID
    other_id: UUID
    kind_of_link: str
    gone: bool = False


@event("ticket.rated")
class TicketRated(Event, frozen=True, kw_only=True):
    ticket_id: UUID
    rating: int


@event("ticket.noted")
class TicketNoted(Event, frozen=True, kw_only=True):
    """Another room wrote a line into the timeline (`entry_type`: task.handed_back, approval.granted, sla.breached …)."""

    hot: ClassVar[bool] = True
    ticket_id: UUID
    entry_id: UUID
    entry_type: str
    at: datetime


@event("ticket_type.changed")
class TicketTypeChanged(Event, frozen=True, kw_only=True):
    """A type has another definition; `found_otherwise`: its tickets are found by other things than before."""

    type_id: UUID
    found_otherwise: bool
