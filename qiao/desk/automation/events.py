"""The facts automation announces."""

from uuid import UUID

from qiao.core.events import Event, event


@event("automation.outgoing")
class OutgoingAsked(Event, frozen=True, kw_only=True):
    """A rule asked for a mail or a call to another program; it leaves after commit."""

    outbox_id: UUID


@event("automation.bot_asked")
class BotAsked(Event, frozen=True, kw_only=True):
    """A rule or macro wants the bot's answer to what the customer of a ticket or conversation asks.

    `reply`: the customer may get it. `client_id` makes what the bot then writes idempotent; `run_id` and `name` are the
    run's, in whose name it writes.
    """

    subject: str
    subject_id: UUID
    reply: bool
    client_id: str
    run_id: UUID
    name: str


@event("automation.rules_changed")
class RulesChanged(Event, frozen=True, kw_only=True):
    """A rule was made, changed, switched or moved: every process reads the rules anew."""
