"""Facts about the company itself."""

from uuid import UUID

from qiao.core.events import Event, event


@event("workspace.set_up")
class WorkspaceSetUp(Event, frozen=True, kw_only=True):
    """The first administrator has set the company up. Rooms that need a first something (an inbox, a queue) make it in
    this transaction."""

    admin_id: UUID
    calendar_id: UUID
    locale: str
    inbox_name: str
    site_url: str | None = None


@event("workspace.updated")
class WorkspaceUpdated(Event, frozen=True, kw_only=True):
    fields: tuple[str, ...]


@event("calendar.changed")
class CalendarChanged(Event, frozen=True, kw_only=True):
    """A calendar was made, changed or removed: who is open may have changed with it."""

    calendar_id: UUID
