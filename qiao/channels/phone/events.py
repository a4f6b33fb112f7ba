"""The facts calls and call-backs announce. Their ids only: who hears asks for the rest."""

from uuid import UUID

from qiao.core.events import Event, event


@event("call.changed")
class CallChanged(Event, frozen=True, kw_only=True):
    """A call began, moved on, or something was added to its record."""

    call_id: UUID
    inbox_id: UUID
    state: str
    previous: str | None
    direction: str
    user_id: UUID | None


@event("callback.changed")
class CallbackChanged(Event, frozen=True, kw_only=True):
    """A customer asked to be called, or something came of it."""

    callback_id: UUID
    inbox_id: UUID
    state: str
    change: str
    """`asked`, `queued`, `attempted`, `rescheduled`, `done`, `failed`, `cancelled`, `broken`."""
