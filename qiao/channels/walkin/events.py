"""Facts about counters. They stand under the visit's conversation, in order with everything else that happened in it."""

from uuid import UUID

from qiao.core.events import Event, event


@event("walkin.visit_moved")
class VisitMoved(Event, frozen=True, kw_only=True):
    """A number was taken (`previous` is None) or went on. `move` is what happened to it."""

    visit_id: UUID
    site_id: UUID
    service_id: UUID
    move: str
    previous: str | None
    state: str
    counter_id: UUID | None = None


@event("walkin.visit_near")
class VisitNear(Event, frozen=True, kw_only=True):
    """Their turn is near, or has come (`ahead` 0): who left a number to be told is told, once for each."""

    visit_id: UUID
    site_id: UUID
    ahead: int


@event("walkin.counter_changed")
class CounterChanged(Event, frozen=True, kw_only=True):
    """Opened by `user_id`, or closed (None)."""

    site_id: UUID
    counter_id: UUID
    user_id: UUID | None


@event("walkin.site_changed")
class SiteChanged(Event, frozen=True, kw_only=True):
    """Its services, counters, keys or texts."""

    site_id: UUID


@event("walkin.appointment_moved")
class AppointmentMoved(Event, frozen=True, kw_only=True):
    """Booked (`previous` is None), checked in, cancelled, or they did not come."""

    appointment_id: UUID
    site_id: UUID
    service_id: UUID
    previous: str | None
    state: str
