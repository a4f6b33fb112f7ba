"""Facts about flows."""

from uuid import UUID

from qiao.core.events import Event, event


@event("bot.flow_started")
class FlowStarted(Event, frozen=True, kw_only=True):
    """The bot began a flow with a customer."""

    run_id: UUID
    flow: str


@event("bot.flow_ended")
class FlowEnded(Event, frozen=True, kw_only=True):
    """A flow is over: completed, cancelled, handoff, failed, timed_out or abandoned."""

    run_id: UUID
    flow: str
    outcome: str


@event("bot.flow_published")
class FlowPublished(Event, frozen=True, kw_only=True):
    """Another version of a flow, or none, is in use now."""

    flow_id: UUID
    flow: str
