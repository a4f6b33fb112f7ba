"""The facts automation announces."""

from uuid import UUID

from qiao.core.events import Event, event


@event("automation.outgoing")
class OutgoingAsked(Event, frozen=True, kw_only=True):
    """A rule asked for a mail or a call to another program; it leaves after commit."""

    outbox_id: UUID


@event("automation.rules_changed")
class RulesChanged(Event, frozen=True, kw_only=True):
    """A rule was made, changed, switched or moved: every process reads the rules anew."""
